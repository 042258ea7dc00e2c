"""The small chain's files, read once."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

DATA: Final = Path(__file__).parent / "data"


@cache
def held(name: str) -> Any:
    """What a JSON file of the chain holds."""
    return json.loads((DATA / f"{name}.json").read_text("utf-8"))


@cache
def expected(name: str) -> tuple[Mapping[str, str], ...]:
    """The rows of a file of expected results."""
    with (DATA / f"expected_{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))

"""Rooms: each folder of the package says in its `__init__` what belongs there and what does not."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import aurora_pipeline

PACKAGE = Path(aurora_pipeline.__file__).parent
ROOMS = sorted(
    path.parent.relative_to(PACKAGE).as_posix()
    for path in PACKAGE.rglob("__init__.py")
    if path.parent != PACKAGE and "migrations" not in path.parts
)


@pytest.mark.parametrize("room", ROOMS)
def test_room__its_charter__says_what_belongs_and_what_does_not(room: str) -> None:
    charter = ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text("utf-8"))) or ""
    assert re.fullmatch(r"[^\n]+\.\n\nBelongs here: [^\n]+\.\nDoes not: [^\n]+\.", charter), charter
    named = set(re.findall(r"\b([a-z_/]+)/(?=\W|$)", charter))
    assert named <= set(ROOMS), f"{room} names rooms that are not there: {named - set(ROOMS)}"

"""JSON as the simulated providers write it."""

from __future__ import annotations

import json
from typing import Any


def compact_json(value: Any) -> str:
    """JSON as a node writes it: without a space."""
    return json.dumps(value, separators=(",", ":"))

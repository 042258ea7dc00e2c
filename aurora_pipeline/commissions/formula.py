"""A line's amount as one line of arithmetic that a person can redo with a calculator; derived when read, not stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def formula(line: Mapping[str, Any]) -> str:
    """How a row of partner_commission_lines came to its amount, like `floor(800000000 x 500 / 10000) = 40000000`."""
    base = line["component"] if line["base"] is None else str(int(line["base"]))
    text = f"floor({base} x {line['rate_bps']} / 10000)"
    if line["computed"] is None:
        return f"{text}: {line['reason']}"
    text += f" = {int(line['computed'])}"
    if line["override"] is not None:
        text += f", overridden with {int(line['override'])}"
    return f"{text}, held" if line["held"] else text

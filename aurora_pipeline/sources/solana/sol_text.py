"""Amounts that an API sends in SOL as JSON floats, read from their decimal text and rounded to the lamport."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.asking.reading import Node
from aurora_pipeline.foundation.money import MoneyError, shift_point_rounded
from aurora_pipeline.foundation.units import Lamports

_SOL_DECIMALS: Final = 9


def lamports(node: Node) -> Lamports:
    """The amount in lamports, half a lamport up: digits beyond are the noise of the sender's floats."""
    sol = node.decimal()
    try:
        return Lamports(shift_point_rounded(str(sol), _SOL_DECIMALS, "SOL", half_up=True))
    except MoneyError as error:
        node.refuse(str(error)[:200])

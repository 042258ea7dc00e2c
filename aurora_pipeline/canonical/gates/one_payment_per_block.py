"""Rule: a block pays its proposer once: in fees, or by its builder."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.store.frames import ints
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "one_payment_per_block"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """Blocks of which fees and tips would both be paid: there is no such block."""
    slots = frame.filter(pl.col("row_kind") == "SLOT")
    for key, slot, fees, mev in zip(
        slots["validator_key"], slots["slot"], ints(slots["fees"]), ints(slots["mev"]), strict=True
    ):
        if fees and mev:
            where = {"validator_key": key, "slot": slot}
            yield violation(NAME, f"{key}: the block of slot {slot} pays {fees} and {mev}", where, fees=fees, mev=mev)


RULE = GateRule(
    name=NAME,
    looks_at="fees and tips of every SLOT row",
    why="The same coins under two components are paid to partners twice.",
    when_it_fires="It is a fault of Aurora's, which decides for one of both: report it.",
    check=check,
)

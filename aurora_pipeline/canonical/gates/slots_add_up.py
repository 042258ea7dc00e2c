"""Rule: the slots that a validator led are its blocks and its confirmed skips."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.sources.contradictions import contradicting_counts
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "slots_add_up"
_COUNTS = ("leader_slots", "blocks_produced", "slots_skipped")


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The final rows whose counts contradict each other."""
    final = frame.filter(pl.col("state") == FigureState.FINAL.value)
    for key, *counts in final.select("validator_key", *_COUNTS).iter_rows():
        problem = contradicting_counts(*counts)
        if problem is not None:
            figures = dict(zip(_COUNTS, counts, strict=True))
            yield violation(NAME, f"{key}: {problem}", {"validator_key": key}, **figures)


RULE = GateRule(
    name=NAME,
    looks_at="slots led, blocks produced and slots skipped of every final row, as far as they are told",
    why="Fees are those of the blocks. A led slot that is neither a block nor a skip is a block nobody read.",
    when_it_fires="Ask another provider for the blocks of the period. Where the fees are known to be right and only a"
    " count is told otherwise than the chain has it, the snapshot may be released.",
    check=check,
    releasable=True,
)

"""Rule (warns): what the chain lets one check holds, or can be checked, for fewer than in any of the periods before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from aurora_pipeline.store.gate.earlier import EARLIER
from aurora_pipeline.store.gate.rule import Context, Effect, GateRule, Violation, violation
from aurora_pipeline.store.gate.series import PERIODS_MIN

NAME = "holds_less_often"
_PARTS = ("validator_tips", "protocol_tips", "staker_tips")
_INVARIANTS: Final[Mapping[str, tuple[str, pl.Expr]]] = {
    "canonical_validator_fees": (
        "slots led are blocks and skips",
        pl.col("leader_slots") == pl.col("blocks_produced") + pl.col("slots_skipped"),
    ),
    "canonical_validator_mev": (
        "the parts of tips are the whole",
        pl.col("total_tips") == sum((pl.col(name) for name in _PARTS[1:]), pl.col(_PARTS[0])),
    ),
    "canonical_validator_balances": (
        "rewards explain the balance",
        (pl.col("residual") == 0) | (pl.col("residual").is_not_null() & pl.col("residual_of").is_not_null()),
    ),
    "canonical_account_balances": (
        "blocks explain the balance",
        (pl.col("residual") == 0) & (pl.col("method") == "TRANSACTIONS"),
    ),
}
"""By table, what holds of a row where nothing is wrong and all of it is told."""


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """That it holds for a tenth of the rows fewer than in the worst period before; what is not told does not hold."""
    what, holds = _INVARIANTS[context.table.name]
    before = _shares(context.of(EARLIER).rows, holds)
    if len(before) < PERIODS_MIN:
        return
    least, of = min(before, key=lambda told: told[0] / told[1])
    for number, rows in _shares(frame, holds):
        # number / rows < least / of - 1/10, in whole numbers.
        if 10 * (least * rows - number * of) > rows * of:
            words = (
                f"{what}: for {number} of {rows} rows; in {len(before)} periods before it was so for {least} of {of}"
                " at least"
            )
            yield violation(NAME, words, {}, holds=number, rows=rows)


def _shares(frame: pl.DataFrame, holds: pl.Expr) -> list[tuple[int, int]]:
    """For how many rows it holds, and of how many, period by period."""
    told = frame.group_by("epoch").agg(holds.fill_null(value=False).sum().alias("n"), pl.len())
    return [(number, rows) for _, number, rows in told.sort("epoch").iter_rows()]


RULE = GateRule(
    name=NAME,
    looks_at="for how many rows the parts are the whole and could be compared at all, beside 8 to 30 periods before",
    why="A check that is made less often than it was finds less: a provider that leaves fields out is not seen by it.",
    when_it_fires="Compare the rows with those of the epoch before: `aurora snapshots diff`. Ask the provider that told"
    " more, or another node: `aurora backfill CHAIN EPOCH --refetch`.",
    check=check,
    effect=Effect.WARNS,
    needs=(EARLIER,),
)

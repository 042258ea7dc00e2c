"""Rule: a final list of stake accounts sums to the active stake that its validator has."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.foundation.money import stored_amount
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "stake_adds_up"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The validators that are final, and whose accounts hold something else."""
    is_whole = (pl.col("row_kind") == "VALIDATOR") & (pl.col("state") == FigureState.FINAL.value)
    accounts = frame.filter(pl.col("row_kind") == "ACCOUNT")
    sums = accounts.group_by("validator_key").agg(pl.col("active_stake").sum().alias("held"))
    whole = frame.filter(is_whole & pl.col("active_stake").is_not_null()).select("validator_key", "active_stake")
    beside = whole.join(sums, on="validator_key", how="left").with_columns(pl.col("held").fill_null(0))
    for key, active, held in beside.filter(pl.col("active_stake") != pl.col("held")).sort("validator_key").iter_rows():
        has, sums_to = stored_amount(active, "active_stake"), stored_amount(held, "active_stake")
        words = f"{key}: its stake accounts hold {sums_to} of active stake, and its final row says {has}"
        yield violation(NAME, words, {"validator_key": key}, validator=has, accounts=sums_to)


RULE = GateRule(
    name=NAME,
    looks_at="the active stake of every final VALIDATOR row, and the sum of its ACCOUNT rows",
    why="Who is paid by stake is paid from this list: an account that is left out takes its part of the others.",
    when_it_fires="Where the sums differ a row is PARTIAL: one that is final is a fault of Aurora's. Report it.",
    check=check,
)

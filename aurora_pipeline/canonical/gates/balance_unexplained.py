"""Rule (warns): a balance changed by more than all blocks of the period explain."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.store.gate.rule import Context, Effect, GateRule, Violation, violation

NAME = "balance_unexplained"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The accounts of which every transaction was read, and of which something is left over all the same."""
    left = frame.filter((pl.col("method") == "TRANSACTIONS") & (pl.col("residual") != 0))
    columns = ("validator_key", "account_kind", "account_key", "residual")
    for key, kind, account, residual in left.select(columns).sort("validator_key", "account_key").iter_rows():
        words = f"{key}: the balance of {account} ({kind}) moved by {int(residual)} that no block shows"
        yield violation(NAME, words, {"validator_key": key, "account_key": account}, residual=int(residual))


RULE = GateRule(
    name=NAME,
    looks_at="the residual of every account of which all transactions of the period were read",
    why="What no block shows was left out of an answer: income may have been left out as well.",
    when_it_fires="Ask another node: `aurora backfill CHAIN EPOCH --refetch`. Compare the account with an explorer.",
    check=check,
    effect=Effect.WARNS,
)

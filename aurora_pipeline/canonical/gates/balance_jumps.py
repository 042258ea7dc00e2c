"""Rule (warns): an account begins the period with another balance than it ended the one before with."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.store.gate.earlier import EARLIER
from aurora_pipeline.store.gate.rule import Context, Effect, GateRule, Violation, violation

NAME = "balance_jumps"
_ACCOUNT = ("validator_key", "account_kind", "account_key")


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The accounts of which all transactions of this period and of the newest before were read, and that jump."""
    if not isinstance(context.key, PeriodKey):
        return
    followed = context.of(EARLIER).last().filter(pl.col("epoch") == context.key.epoch - 1)
    both = pl.col("method") == "TRANSACTIONS"
    before = followed.filter(both).select(*_ACCOUNT, pl.col("balance_end").alias("before"))
    beside = frame.filter(both).select(*_ACCOUNT, "balance_start").join(before, on=_ACCOUNT).sort(*_ACCOUNT)
    for key, kind, account, start, then in beside.filter(pl.col("balance_start") != pl.col("before")).iter_rows():
        words = f"{key}: {account} ({kind}) begins with {int(start)}, and ended the epoch before with {int(then)}"
        where = {"validator_key": key, "account_key": account}
        yield violation(NAME, words, where, before=int(then), now=int(start))


RULE = GateRule(
    name=NAME,
    looks_at="the first balance of every account beside its last one in the epoch before, where both had all blocks",
    why="Between the last transaction of an epoch and the first of the next nothing moves: one was left out.",
    when_it_fires="Ask another node for both epochs: `aurora backfill CHAIN FROM..TO --refetch`.",
    check=check,
    effect=Effect.WARNS,
    needs=(EARLIER,),
)

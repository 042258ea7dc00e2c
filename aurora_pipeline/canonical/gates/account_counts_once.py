"""Rule: an account that can earn for one validator only does not count for two."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.canonical.gates.doubles import doubled
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "account_counts_once"
_EARNS = {"canonical_stake_rewards": "staker_rewards", "canonical_stake_positions": "active_stake"}
_SPLIT = "RECOMPUTED"
"""How the row of a collector that several validators share was divided: then each has its part."""


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """Stake accounts with stake or rewards on two validators, whole rows of a collector that two count, and numbers."""
    for column, what, rows in _looked_at(frame, context.table.name):
        for named, keys in doubled(rows, column):
            words = f"{what} {named} counts {len(keys)} times: for {' and '.join(keys)}"
            yield violation(NAME, words, {"validator_key": keys[0], column: named}, counted=len(keys))


def _looked_at(frame: pl.DataFrame, table: str) -> Iterator[tuple[str, str, pl.DataFrame]]:
    if "validator_index" in frame.columns:
        yield "validator_index", "the validator's number", frame
    if table in _EARNS:
        of_accounts = (pl.col("row_kind") == "ACCOUNT") & (pl.col(_EARNS[table]) > 0)
        yield "account_key", "the stake account", frame.filter(of_accounts)
    if "recipient_key" in frame.columns:
        whole = (pl.col("commission") > 0) & (pl.col("method") != _SPLIT)
        yield (
            "recipient_key",
            "the whole of what was received by",
            frame.filter(pl.col("row_kind") == "VALIDATOR", whole),
        )


RULE = GateRule(
    name=NAME,
    looks_at="stake accounts with active stake or rewards, accounts that received commission and whose row was not"
    " divided, and validators' numbers",
    why="A stake account has one validator, and a reward row is paid once: counted twice, it is paid twice.",
    when_it_fires="See with `aurora trace` which answer says it of both validators, and ask another provider. Where one"
    " validator is registered under two keys, give one of them an end with `aurora validators import`.",
    check=check,
)

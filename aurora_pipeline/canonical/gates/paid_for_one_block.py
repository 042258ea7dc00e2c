"""Rule: what a block paid is one validator's."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.canonical.gates.doubles import doubled
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "paid_for_one_block"
_NAMES = {"slot": "the slot", "block_hash": "the block", "payment_hash": "the payment in transaction"}


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """Slots, blocks and payments that several rows have, be they of one validator or of several."""
    slots = frame.filter(pl.col("row_kind") == "SLOT")
    for column, what in _NAMES.items():
        for named, keys in doubled(slots, column):
            whose = " and ".join(keys)
            words = f"{what} {named} is counted {len(keys)} times: for {whose}"
            yield violation(NAME, words, {"validator_key": keys[0], column: named}, counted=len(keys))


RULE = GateRule(
    name=NAME,
    looks_at="slot, block hash and payment hash of every SLOT row",
    why="A slot has one proposer and a payment is in one block: counted for two it is paid to partners twice.",
    when_it_fires="See with `aurora validators export` whether one validator is registered under two keys, and compare"
    " the block with an explorer; ask another node with `aurora backfill CHAIN EPOCH --refetch`.",
    check=check,
)

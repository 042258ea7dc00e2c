"""Rule: the parts of tips are the whole."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.store.frames import ints
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "tips_add_up"
_SPLIT = ("total_tips", "validator_tips", "protocol_tips", "staker_tips")


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """Validators whose parts do not add up to the total; not every source tells all of them."""
    for key, *split in zip(frame["validator_key"], *(ints(frame[name]) for name in _SPLIT), strict=True):
        whole, *parts = split
        known = [part for part in parts if part is not None]
        if whole is None or len(known) < len(parts) or whole == sum(known):
            continue
        validator, protocol, stakers = known
        words = f"{key}: validator {validator} + protocol {protocol} + stakers {stakers} is not the total {whole}"
        yield violation(NAME, words, {"validator_key": key}, **dict(zip(_SPLIT, split, strict=True)))


RULE = GateRule(
    name=NAME,
    looks_at="total, validator, protocol and staker tips of every row that has all four",
    why="A unit that is in no part, or in two, is paid to nobody, or twice.",
    when_it_fires="It is a fault of Aurora's, which makes the parts from the total: report it.",
    check=check,
)

"""Rule (warns): two validators have exactly the same income."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import polars as pl

from aurora_pipeline.pnl.gates.income import final_amounts
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.store.gate.earlier import EARLIER
from aurora_pipeline.store.gate.rule import Context, Effect, GateRule, Violation, violation

NAME = "same_income"
_OF_BLOCKS: Final = (Component.EXEC_FEES, Component.MEV_TIPS)
"""What blocks pay is never twice the same. Rewards for votes are, where two validators do their duty alike."""


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The validators that share an amount to the unit; amounts of less than a thousandth of a coin may be alike."""
    small = context.of(EARLIER).small
    for component in _OF_BLOCKS:
        sharing = defaultdict[int, list[str]](list)
        for key, amount in final_amounts(component, frame):
            if amount > small:
                sharing[amount].append(key)
        for amount, keys in sorted(sharing.items()):
            if len(keys) > 1:
                first, *others = sorted(keys)
                words = f"{first}: {component} is {amount}, and to the unit the same of {', '.join(others)}"
                yield violation(NAME, words, {"validator_key": first, "component": component}, amount=amount)


RULE = GateRule(
    name=NAME,
    looks_at="fees and tips of every validator beside those of the others",
    why="What blocks pay differs from validator to validator: the same amount twice may be one income counted twice.",
    when_it_fires="See with `aurora trace` which answers both figures are from. Where one answer stands for both, ask"
    " another provider; where a validator is registered under two keys, give one of them an end with"
    " `aurora validators import`.",
    check=check,
    effect=Effect.WARNS,
    needs=(EARLIER,),
)

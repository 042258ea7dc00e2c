"""Rule (warns): more figures are missing of a data type than in any of the periods before."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.gate.earlier import EARLIER
from aurora_pipeline.store.gate.rule import Context, Effect, GateRule, Violation, violation
from aurora_pipeline.store.gate.series import PERIODS_MIN

NAME = "missing_rate"
_LACKING = (FigureState.UNAVAILABLE.value, FigureState.PARTIAL.value)


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The data types that a tenth of the validators more than ever before lack, without waiting being of help."""
    before = _shares(context.of(EARLIER).rows)
    for (data_type, _), (lacking, validators) in sorted(_shares(frame).items()):
        shares = [told for (name, _), told in before.items() if name == data_type]
        if len(shares) < PERIODS_MIN:
            continue
        most, of = max(shares, key=lambda told: told[0] / told[1])
        # lacking / validators > most / of + 1/10, in whole numbers.
        if 10 * (lacking * of - most * validators) > validators * of:
            words = (
                f"{data_type}: {lacking} of {validators} validators lack it or part of it; in {len(shares)} periods"
                f" before it was {most} of {of} at most"
            )
            yield violation(NAME, words, {"data_type": data_type}, lacking=lacking, validators=validators)


def _shares(frame: pl.DataFrame) -> dict[tuple[str, int], tuple[int, int]]:
    """How many validators lack a data type, and of how many, by data type and epoch."""
    sums = frame.group_by("data_type", "epoch").agg(pl.col("state").is_in(_LACKING).sum().alias("n"), pl.len())
    return {(name, epoch): (n, count) for name, epoch, n, count in sums.iter_rows()}


RULE = GateRule(
    name=NAME,
    looks_at="the share of validators whose data type is unavailable or partial, beside 8 to 30 periods before",
    why="A provider that changed its answers lacks something of everybody, and each single gap looks harmless.",
    when_it_fires="`aurora status CHAIN EPOCH` groups the reasons; `aurora providers check` tells who answers how.",
    check=check,
    effect=Effect.WARNS,
    needs=(EARLIER,),
)

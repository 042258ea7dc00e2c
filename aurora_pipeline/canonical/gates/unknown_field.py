"""Rule (warns): a node's answers have a field that their reader was not written for."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.sources.unknown_fields import UNKNOWN_FIELDS
from aurora_pipeline.store.gate.rule import Context, Effect, GateRule, Violation, violation

NAME = "unknown_field"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """Each such field, and whose answer to what has it."""
    for one in context.of(UNKNOWN_FIELDS):
        words = f"{one.provider}: {one.question} has the field {one.field}, which is not known here and not read"
        yield violation(NAME, words, {"provider": one.provider, "question": one.question, "field": one.field})


RULE = GateRule(
    name=NAME,
    looks_at="the names of all fields of rewards, blocks, validators and their stake, as nodes of the"
    " chain itself answer them; a reward of a type that is not known is no figure at all",
    why="A fork or a new release brings income, or a deduction, in a field that nobody reads yet.",
    when_it_fires="See what the field says in the release notes of the chain and of the node. Where it is money, report"
    " it before the period is stated; where it is not, acknowledge the warning.",
    check=check,
    effect=Effect.WARNS,
    needs=(UNKNOWN_FIELDS,),
)

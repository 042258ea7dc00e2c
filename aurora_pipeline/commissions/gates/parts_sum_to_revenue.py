"""Rule: the parts of every component are the component, to the last unit."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.commissions.gates.grounds import REVENUES, parts_by_component
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.units import ZERO
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "parts_sum_to_revenue"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The components whose parts are something else, and the parts of what no P&L names."""
    parts = parts_by_component(frame)
    available = context.of(REVENUES)
    for revenue in available:
        amounts = parts.get((revenue.validator_key, revenue.component.value), [])
        name = f"{revenue.component} of {revenue.validator_key}"
        where = {"validator_key": revenue.validator_key, "component": revenue.component}
        if revenue.amount is None:
            if amounts != [None]:
                yield violation(NAME, f"{name} is not known, but is divided into {amounts}", where, parts=amounts)
        elif None in amounts or total(amount or ZERO for amount in amounts) != revenue.amount or not amounts:
            words = f"{name} is {revenue.amount}, but its parts are {amounts}"
            yield violation(NAME, words, where, component_amount=revenue.amount, parts=amounts)
    known = {(revenue.validator_key, revenue.component.value) for revenue in available}
    for key, component in parts:
        if (key, component) not in known:
            where = {"validator_key": key, "component": component}
            yield violation(NAME, f"{component} of {key} is divided, but has no P&L", where)


RULE = GateRule(
    name=NAME,
    looks_at="every component of every validator, and the sum of its parts",
    why="Conservation: every unit of revenue goes to exactly one party.",
    when_it_fires="It is a fault of Aurora's: report it with the validator and the component.",
    check=check,
    needs=(REVENUES,),
)

"""Asking the rules: what of a table's rows breaks which of them."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from aurora_pipeline.store.gate import keys_unique, own_period, schema_holds
from aurora_pipeline.store.gate.rule import Context, Effect, GateRule, Violation

EVERY_TABLE = (schema_holds.RULE, keys_unique.RULE, own_period.RULE)
"""The rules of the rows of any table."""


def blocking(rules: Iterable[GateRule], frame: pl.DataFrame, context: Context) -> tuple[Violation, ...]:
    """What holds a snapshot back. Where the columns are not as declared, no other rule can look at them."""
    misshapen = tuple(schema_holds.RULE.violations(frame, context))
    if misshapen:
        return misshapen
    return _found((*EVERY_TABLE[1:], *rules), Effect.BLOCKS, frame, context)


def warning(rules: Iterable[GateRule], frame: pl.DataFrame, context: Context) -> tuple[Violation, ...]:
    """What is odd and holds nothing back. Asked of rows that broke no rule which does."""
    return _found(rules, Effect.WARNS, frame, context)


def _found(rules: Iterable[GateRule], effect: Effect, frame: pl.DataFrame, context: Context) -> tuple[Violation, ...]:
    return tuple(found for rule in rules if rule.effect is effect for found in rule.violations(frame, context))

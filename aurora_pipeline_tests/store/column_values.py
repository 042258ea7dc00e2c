"""What a column's declared rules say of the values it takes, for tests that make some up."""

from __future__ import annotations

from aurora_pipeline.store.column_rules import OneOf, Range
from aurora_pipeline.store.declaration import Column


def choices(column: Column) -> tuple[str, ...]:
    """The texts a column takes; none: any."""
    return next((rule.values for rule in column.rules if isinstance(rule, OneOf)), ())


def ends(column: Column) -> Range:
    """The numbers a column takes."""
    return next((rule for rule in column.rules if isinstance(rule, Range)), Range())

"""Rows as the database hands them over, with their amounts as exact ints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aurora_pipeline.foundation.money import stored_amount_or_none


def with_amounts(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """A row whose amounts are ints; one that is null is not known, and stays None."""
    return {**row, **{name: stored_amount_or_none(row[name], name) for name in names}}

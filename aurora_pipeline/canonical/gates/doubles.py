"""What stands in several rows though it can stand in one: how rules that look for doubles find it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl


def doubled(rows: pl.DataFrame, column: str) -> Iterator[tuple[str, Sequence[str]]]:
    """The values that several rows have, in their order, with the validators of these rows; nulls are no value."""
    known = rows.filter(pl.col(column).is_not_null())
    counts = known.group_by(column).agg(pl.col("validator_key").sort()).filter(pl.col("validator_key").list.len() > 1)
    for value, keys in counts.sort(column).iter_rows():
        yield str(value), keys

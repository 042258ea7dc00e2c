"""What of a validator is another than in the newest period before, as rules that warn of changes look at it."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.store.gate.earlier import EarlierRows


def changed(column: str, frame: pl.DataFrame, earlier: EarlierRows) -> Iterator[tuple[str, object, object]]:
    """(validator, before, now) of those for whom a column says something else; what is not known is no change."""
    before = earlier.last()
    own = frame.filter(pl.col("row_kind") == "VALIDATOR") if "row_kind" in frame.columns else frame
    known = before.filter(pl.col(column).is_not_null()).select("validator_key", pl.col(column).alias("before"))
    beside = own.select("validator_key", column).join(known, on="validator_key").sort("validator_key")
    for key, now, then in beside.filter(pl.col(column) != pl.col("before")).iter_rows():
        yield key, then, now

"""Rule (warns): a second provider says something else, and no known difference explains it."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.store.gate.rule import Context, Effect, GateRule, Violation, violation

NAME = "providers_disagree"
_BY = ["data_type", "figure", "other_provider"]


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """Unexplained differences, counted by what is compared with whom, with the largest."""
    unexplained = frame.filter(pl.col("known_as").is_null())
    sums = unexplained.group_by(_BY).agg(pl.len(), pl.col("difference").abs().max(), pl.col("validator_key").n_unique())
    for row in sums.sort(_BY).iter_rows(named=True):
        where = {name: row[name] for name in _BY}
        largest = "" if row["difference"] is None else f", by {int(row['difference'])} at most"
        words = (
            f"{row['data_type']} {row['figure']}: {row['len']} differ from {row['other_provider']}, UNEXPLAINED"
            f" (of {row['validator_key']} validators{largest})"
        )
        yield violation(NAME, words, where, differences=row["len"], largest=row["difference"])


RULE = GateRule(
    name=NAME,
    looks_at="differences between the figures that count and what cross-checking providers say, without the known ones",
    why="Of two providers that disagree one is wrong, and it may be the one that counts.",
    when_it_fires="`cross_check_differences` has every one of them; docs/cross-checks.md says which are known and why.",
    check=check,
    effect=Effect.WARNS,
)

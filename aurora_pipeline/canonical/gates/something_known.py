"""Rule: something is known: not every figure of every row is missing without anybody having been asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from aurora_pipeline.sources.result import ANYTHING_TOLD
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "something_known"
_SHOWN = 3


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """That nothing is known of any row, with the first reasons."""
    if len(frame) and not context.of(ANYTHING_TOLD):
        yield violation(NAME, in_words(context.table.name, frame.to_dicts()), {}, rows=len(frame))


def in_words(table: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """What is said where every figure is missing."""
    reasons = list(dict.fromkeys(f"{row['state']}: {row['reason']}" for row in rows if row.get("reason")))
    return f"nothing is known of {table} for any of {len(rows)} rows ({'; '.join(reasons[:_SHOWN])})"


RULE = GateRule(
    name=NAME,
    looks_at="whether any row rests on an answer of a provider or on what the operator entered",
    why="Rows that say nothing would be taken for an answer, and take the place of one that may still come.",
    when_it_fires="See with `aurora providers check` who does not answer, and fetch again when they do. Where nobody"
    " will ever tell, the rows may be released: every figure of them stays missing, with its reason.",
    check=check,
    releasable=True,
    needs=(ANYTHING_TOLD,),
)

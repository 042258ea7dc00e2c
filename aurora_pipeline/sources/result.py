"""What a layer's pure function hands over: rows, whether they are complete, and what the checks found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from aurora_pipeline.store.declaration import Completeness, FigureState, Table
from aurora_pipeline.store.frames import frame_of

Row = dict[str, Any]


@dataclass(frozen=True)
class LayerResult:
    """A layer's rows for one period. Violations hold back publication; warnings do not."""

    frame: pl.DataFrame
    completeness: Completeness
    violations: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def layer_result(
    table: Table,
    rows: Sequence[Row],
    *,
    says_something: Iterable[bool],
    states: Iterable[str],
    violations: Sequence[str] = (),
    warnings: Sequence[str] = (),
) -> LayerResult:
    """Rows as a result: PARTIAL unless every state is final, rejected where no row says anything.

    `says_something` tells per row whether it is worth publishing; `states` are those whose figures have to be final.
    """
    found = list(violations)
    telling = list(says_something)
    if rows and not any(telling):
        found.append(nothing_known(table, rows))
    complete = all(state == FigureState.FINAL for state in states)
    return LayerResult(
        frame=frame_of(table, list(rows)),
        completeness=Completeness.FINAL if complete else Completeness.PARTIAL,
        violations=tuple(found),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def was_asked(row: Mapping[str, Any]) -> bool:
    """Whether a row rests on a fetch, be it one that says why a figure is missing, or on what the operator entered."""
    return row.get("source_fetch") is not None or row["state"] == FigureState.FINAL


def nothing_known(table: Table, rows: Sequence[Mapping[str, Any]]) -> str:
    """The violation of a result in which every figure is missing, with the first reasons."""
    reasons = list(dict.fromkeys(f"{row['state']}: {row['reason']}" for row in rows if row.get("reason")))
    return f"nothing is known of {table.name} for any of {len(rows)} rows ({'; '.join(reasons[:3])})"


def missing_rows(table: Table, expected: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The violation of leaving out an operated validator; a missing figure is a row with a reason, never no row."""
    present = {row["validator_key"] for row in rows}
    absent = [key for key in expected if key not in present]
    return [f"{table.name} has no row for {', '.join(absent)}"] if absent else []

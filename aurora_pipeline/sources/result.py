"""What a layer's pure function hands over: rows, whether they are complete, and what the gate needs to judge them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from aurora_pipeline.store.declaration import Completeness, FigureState, Table
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.gate.rule import Ground, Grounds

Row = dict[str, Any]

VALIDATORS_DUE: Final = Ground[tuple[str, ...]]("validators_due", "the validators operated in the period")
ANYTHING_TOLD: Final = Ground[bool]("anything_told", "whether anybody told anything of any row")


@dataclass(frozen=True)
class LayerResult:
    """A layer's rows for one period, and what the rules of its gate look at beside them. Warnings hold nothing back."""

    table: Table
    frame: pl.DataFrame
    completeness: Completeness
    grounds: Grounds = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def layer_result(
    table: Table,
    rows: Sequence[Row],
    *,
    due: Iterable[str],
    says_something: Iterable[bool],
    states: Iterable[str],
    warnings: Sequence[str] = (),
) -> LayerResult:
    """Rows as a result: PARTIAL unless every state is final.

    `due` are the validators that have to have a row; `says_something` tells per row whether it is worth publishing;
    `states` are those whose figures have to be final.
    """
    complete = all(state == FigureState.FINAL for state in states)
    return LayerResult(
        table,
        frame=frame_of(table, list(rows)),
        completeness=Completeness.FINAL if complete else Completeness.PARTIAL,
        grounds=grounds(due, says_something),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def grounds(due: Iterable[str], says_something: Iterable[bool]) -> Grounds:
    """What rules look at beside the rows of validators."""
    return {VALIDATORS_DUE: tuple(due), ANYTHING_TOLD: any(says_something)}


def was_asked(row: Mapping[str, Any]) -> bool:
    """Whether a row rests on a fetch, be it one that says why a figure is missing, or on what the operator entered."""
    return row.get("source_fetch") is not None or row["state"] == FigureState.FINAL

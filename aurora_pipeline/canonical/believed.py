"""Figures that cannot be: numbers that no column holds, amounts that nobody earns, counts that contradict each other.

Held off here, whoever says them: that validator's figure is not known, and why; those of others stay. What bounds an
amount is in sources/bounds.py, which counts contradict each other in sources/contradictions.py (sources refuse by both
before they call a fetch final); a doubt that only one data type has stands in its own module, as in canonical/fees.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.sources.contract import Bounds
from aurora_pipeline.sources.kinds import SOURCES
from aurora_pipeline.sources.result import Row
from aurora_pipeline.store.declaration import Column, ColumnKind, FigureState, Table
from aurora_pipeline.store.payloads.fetches import StagedFetch

_STAKES: Final = ("active_stake", "activating_stake", "deactivating_stake")
"""Amounts at stake; all others are earned or paid."""


def believed(
    table: Table,
    row: Row,
    figures: Sequence[str],
    fetch: StagedFetch | None,
    *,
    with_them: Sequence[str] = (),
    state: str = "state",
    reason: str = "reason",
) -> Row:
    """A row as it is, or without some of its figures (and what goes with them) where one of them cannot be."""
    bounds = _bounds(fetch)
    known = [(table.column(name), row[name]) for name in figures if row.get(name) is not None]
    problems = [problem for column, value in known if (problem := _problem(column, value, bounds)) is not None]
    if not problems:
        return row
    nothing = dict.fromkeys((*figures, *with_them))
    return row | nothing | {state: FigureState.UNAVAILABLE.value, reason: "; ".join(problems)}


def told_if_final(
    row: Row, figure: str, fetch: StagedFetch | None, *, state: str = "state", reason: str = "reason"
) -> Row:
    """A row as it is; where it is said to be final and has no figure, it is not known."""
    if row[state] != FigureState.FINAL or row[figure] is not None:
        return row
    said_by = "its source" if fetch is None else fetch.provider
    return row | {state: FigureState.UNAVAILABLE.value, reason: f"{said_by} calls it final, and tells no {figure}"}


def all_believed(table: Table, rows: list[Row], amounts: Sequence[str], fetch: StagedFetch | None) -> list[Row]:
    """As `believed`, of very many rows: where the smallest and the largest amounts can be, each of them can."""
    known = {name: [row[name] for row in rows if row[name] is not None] for name in amounts}
    if all(problem_of(table, name, values, fetch) is None for name, values in known.items()):
        return rows
    return [believed(table, row, amounts, fetch) for row in rows]


def problem_of(table: Table, name: str, values: Sequence[Amount], fetch: StagedFetch | None) -> str | None:
    """Why the smallest or the largest of some amounts cannot be; None where all of them can."""
    if not values:
        return None
    column, bounds = table.column(name), _bounds(fetch)
    return _problem(column, min(values), bounds) or _problem(column, max(values), bounds)


def _bounds(fetch: StagedFetch | None) -> Bounds | None:
    source = None if fetch is None else SOURCES.get(fetch.kind)
    if source is None or fetch is None:
        return None
    return source.bounds_of(fetch) if source.bounds_of else Bounds(source.too_much_paid, source.too_much_staked)


def _problem(column: Column, value: Any, bounds: Bounds | None) -> str | None:
    if column.kind is ColumnKind.AMOUNT and bounds is not None:
        bound = bounds.staked if column.name in _STAKES else bounds.paid
        problem = bound(Amount(value))
        if problem is not None:
            return f"{column.name} {problem}"
    return column.problem(value)

"""Amounts that nobody earns, pays or is paid: whoever says them, the figure is not known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aurora_pipeline.sources.kinds import SOURCES
from aurora_pipeline.sources.result import Row
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch


def believed(
    row: Row, amounts: Iterable[str], fetch: StagedFetch | None, state: str = "state", reason: str = "reason"
) -> Row:
    """A row as it is, or without some amounts where one of them is not believed: the wrong one is not known."""
    source = None if fetch is None else SOURCES.get(fetch.kind)
    if source is None:
        return row
    names = list(amounts)
    known = {name: row[name] for name in names if row.get(name) is not None}
    problems = [
        f"{name} {problem}" for name, amount in known.items() if (problem := source.too_much_paid(amount)) is not None
    ]
    if not problems:
        return row
    return row | dict.fromkeys(names) | {state: FigureState.UNAVAILABLE.value, reason: "; ".join(problems)}


def all_believed(rows: list[Row], amounts: Sequence[str], fetch: StagedFetch | None) -> list[Row]:
    """As `believed`, of very many rows: where the largest amount is believed, each of them is."""
    largest = max((row[name] for row in rows for name in amounts if row[name] is not None), default=None)
    if largest is None or believed({"largest": largest}, ["largest"], fetch)["largest"] is not None:
        return rows
    return [believed(row, amounts, fetch) for row in rows]

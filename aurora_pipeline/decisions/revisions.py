"""Dated facts with revisions: importing them from CSV, and which hold at an instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Any

from psycopg import sql

from aurora_pipeline.decisions.recording import Note, Recording
from aurora_pipeline.decisions.rows import is_decided
from aurora_pipeline.foundation.csv_file import CsvMistakes
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import instant_text

Row = dict[str, Any]


@dataclass(frozen=True)
class ImportReport:
    """What an import changed, in words, and how much it left as it was."""

    changed: tuple[str, ...]
    unchanged: int


def check_ranges(mistakes: CsvMistakes, rows: Sequence[tuple[int, Row]], subject: str) -> None:
    """Note ranges that run backwards and ranges of one subject that overlap. `rows` come with line numbers."""
    ordered = sorted(rows, key=lambda item: (item[1]["chain_id"], item[1][subject], item[1]["valid_from"]))
    for number, row in ordered:
        if row["valid_until"] is not None and row["valid_until"] <= row["valid_from"]:
            mistakes.add(number, f"{row[subject]}: valid_until must be later than valid_from")
    for (_, first), (number, second) in pairwise(ordered):
        same = (first["chain_id"], first[subject]) == (second["chain_id"], second[subject])
        if same and (first["valid_until"] is None or first["valid_until"] > second["valid_from"]):
            mistakes.add(number, f"{second[subject]}: its range overlaps another one of the same {subject}")


def newest_rows(connection: Connection, table: Table, subject: str, chain_id: str | None = None) -> list[Row]:
    """The rows of every subject's newest revision, sorted."""
    query = sql.SQL(
        """SELECT {columns} FROM {table} t
           WHERE (%s::text IS NULL OR chain_id = %s)
             AND revision = (SELECT max(revision) FROM {table} n
                             WHERE n.chain_id = t.chain_id AND n.{subject} = t.{subject})
           ORDER BY chain_id, {subject}, valid_from"""
    ).format(
        columns=sql.SQL(", ").join(sql.Identifier(name) for name in table.names),
        table=sql.Identifier(table.name),
        subject=sql.Identifier(subject),
    )
    return connection.execute(query, [chain_id, chain_id]).fetchall()


def record_revisions(recording: Recording, table: Table, subject: str, noun: str, rows: Sequence[Row]) -> ImportReport:
    """Append a revision for every subject whose rows differ from its newest revision; equal ones are left alone."""
    present = {
        key: list(group)
        for key, group in groupby(newest_rows(recording.connection, table, subject), _subject_of(subject))
    }
    decided = [column.name for column in table.columns if is_decided(column)]
    notes, unchanged = [], 0
    ordered = sorted(rows, key=lambda row: (row["chain_id"], row[subject], row["valid_from"]))
    for key, group in groupby(ordered, _subject_of(subject)):
        wanted = [{name: row[name] for name in decided} for row in group]
        before = present.get(key, [])
        was = [{name: row[name] for name in decided} for row in before]
        if was == wanted:
            unchanged += 1
            continue
        revision = max((row["revision"] for row in before), default=0) + 1
        notes.append(
            Note(
                f"{noun}/{'/'.join(key)}",
                f"{noun}.{'added' if revision == 1 else 'changed'}",
                {"revision": revision - 1, "rows_before": list(map(as_state, was))} if was else None,
                {"revision": revision, "rows_after": list(map(as_state, wanted))},
                ["new" if revision == 1 else f"revision {revision}"],
                [{**row, "revision": revision} for row in wanted],
            )
        )
    changes = recording.record_all(table, notes)
    said = [f"{one.subject.partition('/')[2].replace('/', ' ')}: {one.words[0]}" for one in changes]
    return ImportReport(tuple(said), unchanged)


def as_state(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row for the audit log: instants as text, amounts as integers."""
    return {name: _as_json(value) for name, value in row.items()}


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    return int(value) if isinstance(value, Decimal) else value


def _subject_of(subject: str) -> Any:
    return lambda row: (row["chain_id"], row[subject])


def holds_at(row: Mapping[str, Any], instant: datetime) -> bool:
    """Whether a dated row holds at an instant: [valid_from, valid_until)."""
    return bool(row["valid_from"] <= instant and (row["valid_until"] is None or instant < row["valid_until"]))

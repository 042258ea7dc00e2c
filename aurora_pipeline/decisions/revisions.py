"""Dated facts with revisions: importing them from CSV, and which hold at an instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any

from psycopg import sql

from aurora_pipeline.decisions.person import actor
from aurora_pipeline.foundation.csv_file import CsvProblems
from aurora_pipeline.store.database import Connection, copy_rows
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import Input, record_digest

DECISION_TAG = "aurora.decision.1"

Row = dict[str, Any]


@dataclass(frozen=True)
class ImportReport:
    """What an import changed, in words, and how much it left as it was."""

    changed: tuple[str, ...]
    unchanged: int


def check_ranges(problems: CsvProblems, rows: Sequence[tuple[int, Row]], subject: str) -> None:
    """Note ranges that run backwards and ranges of one subject that overlap. `rows` come with line numbers."""
    ordered = sorted(rows, key=lambda item: (item[1]["chain_id"], item[1][subject], item[1]["valid_from"]))
    for number, row in ordered:
        if row["valid_until"] is not None and row["valid_until"] <= row["valid_from"]:
            problems.add(number, f"{row[subject]}: valid_until must be later than valid_from")
    for (_, first), (number, second) in pairwise(ordered):
        same = (first["chain_id"], first[subject]) == (second["chain_id"], second[subject])
        if same and (first["valid_until"] is None or first["valid_until"] > second["valid_from"]):
            problems.add(number, f"{second[subject]}: its range overlaps another one of the same {subject}")


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


def store_revisions(connection: Connection, table: Table, subject: str, rows: Sequence[Row]) -> ImportReport:
    """Append a revision for every subject whose rows differ from its newest revision; equal ones are left alone."""
    connection.execute(
        sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(sql.Identifier(table.name))
    )  # two imports at once would give one revision number twice
    present = {
        key: list(group) for key, group in groupby(newest_rows(connection, table, subject), _subject_of(subject))
    }
    told = [name for name in table.names if name not in {"revision", "recorded_by", "recorded_at"}]
    changed, unchanged = [], 0
    written: list[Row] = []
    ordered = sorted(rows, key=lambda row: (row["chain_id"], row[subject], row["valid_from"]))
    for key, group in groupby(ordered, _subject_of(subject)):
        wanted = [{name: row[name] for name in told} for row in group]
        before = present.get(key, [])
        if [{name: row[name] for name in told} for row in before] == wanted:
            unchanged += 1
            continue
        revision = max((row["revision"] for row in before), default=0) + 1
        written += [{**row, "revision": revision, "recorded_by": actor()} for row in wanted]
        changed.append(f"{' '.join(key)}: {'new' if revision == 1 else f'revision {revision}'}")
    copy_rows(connection, table.name, written)
    return ImportReport(tuple(changed), unchanged)


def _subject_of(subject: str) -> Any:
    return lambda row: (row["chain_id"], row[subject])


def holds_at(row: Mapping[str, Any], instant: datetime) -> bool:
    """Whether a dated row holds at an instant: [valid_from, valid_until)."""
    return bool(row["valid_from"] <= instant and (row["valid_until"] is None or instant < row["valid_until"]))


def decision_input(table: Table, row: Mapping[str, Any]) -> Input:
    """How a lineage names a decision row: its key, and a digest of its digested columns in declared order."""
    name = f"{table.name}:{'/'.join(_text(row[column]) for column in table.key)}"
    values = [row[column.name] for column in table.digested]
    return Input("decision", name, record_digest(DECISION_TAG, table.name, *values))


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)

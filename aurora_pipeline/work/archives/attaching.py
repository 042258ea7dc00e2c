"""Bringing a range back into the database from its archive, whole or not at all."""

from __future__ import annotations

from typing import Any, Final

from psycopg import sql

from aurora_pipeline.decisions.range_tables import IN, RANGE_MOVES
from aurora_pipeline.decisions.recording import Change, Recording
from aurora_pipeline.store.database import Connection, Database, copy_frames
from aurora_pipeline.store.declaration import Table, TableKind
from aurora_pipeline.store.ranges import RANGE_SCHEMA
from aurora_pipeline.work.archives.detaching import require_mover
from aurora_pipeline.work.archives.errors import ArchiveDamaged
from aurora_pipeline.work.archives.ranges import RANGED, PeriodRange, claim
from aurora_pipeline.work.archives.reading import Archive
from aurora_pipeline.work.archives.writing import BODY_COLUMNS

_BODY_TYPES: Final = ("text", "int8", "text", "bytea", "int8")


def attach(database: Database, found: PeriodRange, person: str, reason: str, *, place: str | None = None) -> Change:
    """Put the rows of an archive back where they were, from its place or another where it is now. Its files stay."""
    archive = Archive.of(found, place)
    with database.connect() as connection:
        require_mover(connection, person)
        claim(connection, found)
        parents = _made(connection, found)
        for table in RANGED:
            _load(connection, table, f"{table.name}_{found.range_id}", archive)
        # Last, because a new part waits for those who publish, and they for it.
        for parent in parents:
            connection.execute("SELECT attach_range_table(%s::regclass, %s)", [parent, found.range_id])
        return _recorded(connection, found, archive, person, reason)


def _made(connection: Connection, found: PeriodRange) -> list[str]:
    rows = connection.execute(
        "SELECT parent::text AS name, make_range_table(parent, %s) FROM ranged_tables() parent", [found.range_id]
    ).fetchall()
    return [row["name"] for row in rows]


def _load(connection: Connection, table: Table, name: str, archive: Archive) -> None:
    into = sql.Identifier(RANGE_SCHEMA, name)
    for frame in archive.frames(table.name):
        if table.kind is TableKind.LAYER:
            copy_frames(connection, into, frame.columns, [frame])
        else:
            _copy_bodies(connection, into, frame.iter_rows())
    stored = connection.execute(sql.SQL("SELECT count(*) AS n FROM {}").format(into)).fetchone()
    if stored is None or stored["n"] != archive.manifest.rows_of(table.name):
        raise ArchiveDamaged(f"{archive.place.address}: {table.name} has other rows than its manifest says")


def _copy_bodies(connection: Connection, into: sql.Identifier, rows: Any) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, BODY_COLUMNS))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(into, columns)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(_BODY_TYPES)
        for row in rows:
            copy.write_row(row)


def _recorded(connection: Connection, found: PeriodRange, archive: Archive, person: str, reason: str) -> Change:
    recording = Recording.begin(connection, person, reason)
    recording.require_reason()
    row = {
        "range_id": found.range_id,
        "chain_id": found.chain_id,
        "number": found.moves + 1,
        "direction": IN,
        "place": archive.place.address,
        "manifest_hash": found.manifest_hash,
    }
    recording.write(RANGE_MOVES, row)
    words = [f"the evidence of {found.name} is in the database again, from {archive.place.address}"]
    return recording.note(f"range/{found.range_id}", "range.attached", None, row, words)

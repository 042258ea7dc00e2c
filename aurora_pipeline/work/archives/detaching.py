"""Moving a range out of the database: written as an archive, read back, checked, and only then detached."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import sql

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.decisions.range_tables import MOVING, OUT, RANGE_MOVES
from aurora_pipeline.decisions.recording import Change, Recording
from aurora_pipeline.foundation.listing import spans
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.gate.series import PERIODS_MAX
from aurora_pipeline.store.ranges import RANGE_SCHEMA
from aurora_pipeline.tables import layer_tables_of
from aurora_pipeline.work.archives.checking import check
from aurora_pipeline.work.archives.errors import ArchiveNotWhole, RangeElsewhere, RangeNeeded, RangeNotYours
from aurora_pipeline.work.archives.manifest import ArchiveManifest
from aurora_pipeline.work.archives.ranges import RANGED, PeriodRange, claim
from aurora_pipeline.work.archives.reading import Archive
from aurora_pipeline.work.archives.writing import Written, write

_SHOWN: Final = 5
_WAITS: Final = "300ms"
"""So long it waits for each lock. Shorter than what PostgreSQL takes for a deadlock: whoever reads or publishes at that
moment is delayed by it, and never ended in its place."""
_TRIES: Final = 60
_PAUSE_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Detached:
    """A range that is in an archive now."""

    range: PeriodRange
    place: str
    manifest: ArchiveManifest
    digest: str
    change: Change


def detach(database: Database, chain: Chain, found: PeriodRange, address: str, person: str, reason: str) -> Detached:
    """Move a range into an archive below a place. Whatever fails, its rows stay where they are."""
    with database.connect() as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        require_mover(connection, person)
        _require_unneeded(connection, chain, found)
        written = write(connection, found, address)
        try:
            _require_whole(connection, found, written)
        except BaseException:
            written.discard()
            raise
    try:
        change = _dropped(database, found, written, person, reason)
    except BaseException:
        written.discard()
        raise
    return Detached(found, written.place.address, written.manifest, written.digest, change)


def require_mover(connection: Connection, person: str) -> None:
    """Raise RangeNotYours for a person who may not have ranges moved, or a login that can't make and drop tables."""
    told = connection.execute("SELECT person_role(%s, clock_timestamp()) AS role", [person]).fetchone()
    if told is None or told["role"] not in MOVING:
        raise RangeNotYours(
            f"{person} is nobody who has ranges of periods moved",
            f"somebody of {' or '.join(MOVING)} has to: `aurora users list` names them",
        )
    row = connection.execute(
        "SELECT pg_has_role(relowner, 'USAGE') AS it FROM pg_class WHERE oid = 'staging_bodies'::regclass"
    ).fetchone()
    if row is None or not row["it"]:
        raise RangeNotYours("this login does not own the tables that would be moved")


def _require_unneeded(connection: Connection, chain: Chain, found: PeriodRange) -> None:
    """Later periods look back at it, figures in it are still awaited, or it was moved already."""
    if found.place is not None:
        raise RangeElsewhere(
            f"{found.name} was moved out already, to {found.place}", "`aurora archives verify` verifies it there"
        )
    row = connection.execute(
        "SELECT max(epoch) AS newest FROM canonical_periods WHERE chain_id = %s", [chain.chain_id]
    ).fetchone()
    newest = None if row is None else row["newest"]
    needed = found.to_epoch + (PERIODS_MAX - 1) * chain.period_step
    if newest is None or newest < needed:
        raise RangeNeeded(
            f"{found.name} is too new: checks look back at {PERIODS_MAX} periods,"
            f" and the newest of the chain is {'none' if newest is None else newest}",
            f"move it once epoch {needed} is final",
        )
    due = [table.name for table in layer_tables_of(chain.family.traits)]
    open_epochs = connection.execute(
        """SELECT p.epoch FROM canonical_periods p
           WHERE p.chain_id = %(chain)s AND p.epoch >= %(from)s AND p.epoch < %(to)s AND (
               (SELECT count(*) FROM in_force f WHERE f.asset = ANY(%(layers)s) AND f.chain_id = p.chain_id
                AND f.epoch = p.epoch) < cardinality(%(layers)s)
               OR EXISTS (SELECT FROM canonical_completeness c WHERE c.chain_id = p.chain_id AND c.epoch = p.epoch
                          AND c.state = 'pending'))
           ORDER BY p.epoch""",
        {"chain": chain.chain_id, "from": found.from_epoch, "to": found.to_epoch, "layers": due},
    ).fetchall()
    if open_epochs:
        epochs = [EpochNumber(one["epoch"]) for one in open_epochs]
        raise RangeNeeded(
            f"{found.name}: epoch {spans(epochs, chain.period_step)} is not whole, or figures of it are awaited",
            f"see `aurora status {chain.chain_id} {epochs[0]}`, and move the range when all of it is known",
        )


def _require_whole(connection: Connection, found: PeriodRange, written: Written) -> None:
    report = check(connection, found, Archive.at(written.place.address, written.digest))
    if not report.holds:
        problems = "\n  ".join(str(one) for one in report.failures[:_SHOWN])
        more = len(report.failures) - _SHOWN
        raise ArchiveNotWhole(
            f"{found.name} was not moved, the archive is not what is recorded:\n  {problems}"
            + (f"\n  and {more} more" if more > 0 else "")
        )


def _dropped(database: Database, found: PeriodRange, written: Written, person: str, reason: str) -> Change:
    """Take the tables away in one transaction, unless somebody wrote into them meanwhile, and record that."""
    with database.connect() as connection:
        claim(connection, found)
        connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(_WAITS))
        parents = {name: _parent(connection, name, found) for name in _names(found)}
        for table, name in zip(RANGED, parents, strict=True):
            _require_as_written(connection, name, written.manifest.rows_of(table.name), found)
        try:
            recording = _detach(connection, parents, person, reason)
        except psycopg.errors.InsufficientPrivilege as error:
            raise RangeNotYours(f"this login may not move tables: {error.diag.message_primary}") from None
        return _recorded(recording, found, written)


def _names(found: PeriodRange) -> list[str]:
    return [f"{table.name}_{found.range_id}" for table in RANGED]


def _parent(connection: Connection, name: str, found: PeriodRange) -> sql.Identifier:
    row = connection.execute(
        "SELECT inhparent::regclass::text AS name FROM pg_inherits WHERE inhrelid = to_regclass(%s)",
        [f"{RANGE_SCHEMA}.{name}"],
    ).fetchone()
    if row is None:
        raise RangeElsewhere(f"{found.name}: its table {RANGE_SCHEMA}.{name} is gone")
    return sql.Identifier(*row["name"].split("."))


def _require_as_written(connection: Connection, name: str, rows: int, found: PeriodRange) -> None:
    """Keep everybody from writing into a table, and raise where somebody did since it was read: rows only come."""
    part = sql.Identifier(RANGE_SCHEMA, name)
    connection.execute(sql.SQL("LOCK TABLE {} IN SHARE MODE").format(part))
    there = connection.execute(sql.SQL("SELECT count(*) AS n FROM {}").format(part)).fetchone()
    if there is None or there["n"] != rows:
        raise RangeNeeded(
            f"{found.name}: somebody wrote into {name} meanwhile", "run the command again when nothing works on it"
        )


def _detach(connection: Connection, parents: Mapping[str, sql.Identifier], person: str, reason: str) -> Recording:
    """Take all tables away, and the ledger's clock, at a moment when nobody holds it or any of their parents.

    While somebody does, what was taken away is put back and it is tried again: others wait for no command that waits.
    """
    for left in reversed(range(_TRIES)):
        try:
            with connection.transaction():
                for name, parent in parents.items():
                    part = sql.Identifier(RANGE_SCHEMA, name)
                    connection.execute(sql.SQL("ALTER TABLE {} DETACH PARTITION {}").format(parent, part))
                    connection.execute(sql.SQL("DROP TABLE {}").format(part))
                return Recording.begin(connection, person, reason)
        except psycopg.errors.LockNotAvailable:
            if not left:
                raise
            time.sleep(_PAUSE_SECONDS)
    raise AssertionError("the last try raises or returns")


def _recorded(recording: Recording, found: PeriodRange, written: Written) -> Change:
    recording.require_reason()
    place, digest = written.place.address, written.digest
    row = {"range_id": found.range_id, "chain_id": found.chain_id, "number": found.moves + 1, "direction": OUT}
    recording.write(RANGE_MOVES, {**row, "place": place, "manifest_hash": digest})
    return recording.note(
        f"range/{found.range_id}",
        "range.detached",
        None,
        {**row, "from_epoch": found.from_epoch, "to_epoch": found.to_epoch, "place": place, "manifest_hash": digest},
        [f"the evidence of {found.name} was moved to {place}"],
    )

"""Which snapshots and fetches of other periods a replayed period reads, as its recorded lineages name them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from aurora_pipeline.commissions.tables import COMMISSION_TABLES
from aurora_pipeline.foundation.period_key import PartitionKey, PeriodKey
from aurora_pipeline.proof.snapshot_records import Snapshot
from aurora_pipeline.proof.verifying.staged import fetch_place
from aurora_pipeline.statements.tables import STATEMENT_TABLES
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import Input
from aurora_pipeline.tables import LAYER_TABLES

NamedSnapshots = dict[Table, list[dict[str, Any]]]
_LAYERS: Final = {table.name: table for table in LAYER_TABLES}
_FOLLOWED: Final = {table.name for table in (*STATEMENT_TABLES, *COMMISSION_TABLES)}
"""What statements with balances read of the past reaches down to the lines of whatever was stated."""


def other_periods(keys: Sequence[PartitionKey], inputs: Iterable[tuple[PartitionKey, Input]]) -> set[PeriodKey]:
    """The periods beside some whose fetches inputs name."""
    named = {
        fetch_place(key, item.name)[0] for key, item in inputs if item.kind == "fetch" and isinstance(key, PeriodKey)
    }
    return named - {key for key in keys if isinstance(key, PeriodKey)}


def snapshots_named(connection: Connection, digests: Collection[str]) -> NamedSnapshots:
    """The snapshots with some first lineage digests, by their tables, with their inputs."""
    rows = connection.execute(
        "SELECT snapshot_id, asset, inputs FROM snapshots WHERE lineage_digest = ANY(%s)", [sorted(digests)]
    ).fetchall()
    return _by_table(rows)


def snapshots_read(
    connection: Connection, recorded: Iterable[Snapshot], *, follows: bool, chain_id: str
) -> dict[Table, list[int]]:
    """The snapshots that some were computed from; of balances, whatever was stated and its lines, too."""
    lineages = [lineage for one in recorded for lineage in one.lineages]
    wave = snapshots_named(
        connection, {item.digest for one in lineages for item in one.inputs or () if item.kind == "snapshot"}
    )
    if not follows:
        return numbers_of(wave)
    found: dict[Table, list[int]] = {}
    wave = _joined(wave, _stated(connection, chain_id))
    while wave:
        for table, numbers in numbers_of(wave).items():
            found.setdefault(table, []).extend(numbers)
        seen = {number for numbers in found.values() for number in numbers}
        wave = _unseen(snapshots_named(connection, _named_by(wave)), seen)
    return found


def numbers_of(found: Mapping[Table, Sequence[Mapping[str, Any]]]) -> dict[Table, list[int]]:
    """The numbers of snapshots by their tables."""
    return {table: [row["snapshot_id"] for row in rows] for table, rows in found.items()}


def _stated(connection: Connection, chain_id: str) -> NamedSnapshots:
    """The snapshots of every submission."""
    rows = connection.execute(
        """SELECT snapshot_id, asset, inputs FROM snapshots WHERE snapshot_id IN (
               SELECT unnest(ARRAY[snapshot_id, entries_snapshot_id])
               FROM statement_submissions WHERE chain_id = %s)""",
        [chain_id],
    ).fetchall()
    return _by_table(rows)


def _named_by(found: NamedSnapshots) -> set[str]:
    return {
        digest
        for rows in found.values()
        for row in rows
        for kind, name, digest in row["inputs"]
        if kind == "snapshot" and name.partition("@")[0] in _FOLLOWED
    }


def _by_table(rows: Iterable[dict[str, Any]]) -> NamedSnapshots:
    found: NamedSnapshots = {}
    for row in rows:
        found.setdefault(_LAYERS[row["asset"]], []).append(row)
    return found


def _joined(one: NamedSnapshots, other: NamedSnapshots) -> NamedSnapshots:
    return {table: [*one.get(table, []), *other.get(table, [])] for table in one.keys() | other.keys()}


def _unseen(found: NamedSnapshots, seen: Collection[int]) -> NamedSnapshots:
    left = {table: [row for row in rows if row["snapshot_id"] not in seen] for table, rows in found.items()}
    return {table: rows for table, rows in left.items() if rows}

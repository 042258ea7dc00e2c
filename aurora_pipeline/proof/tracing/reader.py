"""Reads what a trace shows: rows of given snapshots, the snapshots they rest on, fetches with payloads, decisions."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property
from operator import itemgetter
from typing import Any

from psycopg import sql

from aurora_pipeline.agreements.units import ChainUnits, chain_units
from aurora_pipeline.decisions.rows import decision_input
from aurora_pipeline.foundation.period_key import PartitionKey, PeriodKey
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.periods.record import find_period, told_by
from aurora_pipeline.proof.snapshot_records import Snapshot, snapshots_by_id, snapshots_by_lineage
from aurora_pipeline.proof.tracing.file_positions import file_name, place_in_file
from aurora_pipeline.proof.tracing.node import NodeKind, TraceNode
from aurora_pipeline.statements.errors import InputGone
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.ddl import LAYER_SCHEMA
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.file_bodies import is_file
from aurora_pipeline.store.ranges import require_here
from aurora_pipeline.tables import ALL_TABLES, LAYER_TABLES

Row = dict[str, Any]


class TraceReader:
    """Reads for one trace, each thing once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._upstream: dict[int, dict[tuple[str, PartitionKey], Snapshot]] = {}
        self._fetches: dict[int, TraceNode] = {}
        self._decisions: dict[str, dict[Input, TraceNode]] = {}

    def snapshot(self, number: int) -> Snapshot:
        """A snapshot by its number."""
        (found,) = snapshots_by_id(self._connection, [number], LAYER_TABLES)
        return found

    def upstream(self, snapshot: Snapshot, table: Table) -> Snapshot | None:
        """The snapshot of a layer, of the same period, that this one was computed from; None where it names none.

        Raises CheckFailed where the one it names is not there.
        """
        return self._named(snapshot).get((table.name, snapshot.key))

    def earlier(self, snapshot: Snapshot, table: Table) -> list[Snapshot]:
        """The snapshots of a layer, of earlier periods, that this one was computed from, oldest first."""
        found = [(key.period, one) for (name, key), one in self._named(snapshot).items() if name == table.name]
        return [one for period, one in sorted(found, key=itemgetter(0)) if one.key != snapshot.key]

    def named(self, snapshot: Snapshot, table: Table) -> list[Snapshot]:
        """The snapshots of a layer that this one was computed from, oldest first."""
        found = [(key.period, one) for (name, key), one in self._named(snapshot).items() if name == table.name]
        return [one for _, one in sorted(found, key=itemgetter(0))]

    def _named(self, snapshot: Snapshot) -> dict[tuple[str, PartitionKey], Snapshot]:
        if snapshot.snapshot_id not in self._upstream:
            named = snapshot.inputs("snapshot")
            found = {
                one.first.lineage_digest: one
                for one in snapshots_by_lineage(self._connection, [item.digest for item in named], LAYER_TABLES)
            }
            for item in named:
                if item.digest not in found:
                    raise InputGone(
                        f"{snapshot.name} was computed from {item.name} with lineage digest {item.digest},"
                        " and no snapshot has it",
                        f"run `{snapshot.verify_command}`: something was removed or changed",
                    )
            self._upstream[snapshot.snapshot_id] = {(one.table.name, one.key): one for one in found.values()}
        return self._upstream[snapshot.snapshot_id]

    def rows(self, snapshot: Snapshot, **equal: object) -> list[Row]:
        """The rows of a snapshot with these values, or any of a list of them, in key order, amounts as ints."""
        table = snapshot.table
        conditions = [
            sql.SQL("{} = ANY(%s)" if isinstance(value, list) else "{} = %s").format(sql.Identifier(name))
            for name, value in {"snapshot_id": snapshot.snapshot_id, **equal}.items()
        ]
        query = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY {}").format(
            sql.SQL(", ").join(map(sql.Identifier, table.names)),
            sql.Identifier(LAYER_SCHEMA, table.name),
            sql.SQL(" AND ").join(conditions),
            sql.SQL(", ").join(map(sql.Identifier, table.key)),
        )
        found = self._connection.execute(query, [snapshot.snapshot_id, *equal.values()]).fetchall()
        if table.in_ranges and not found and isinstance(snapshot.key, PeriodKey):
            require_here(self._connection, snapshot.key.chain_id, snapshot.key.epoch)
        return [_exact(row) for row in found]

    @cached_property
    def _units(self) -> dict[str, ChainUnits]:
        return chain_units(self._connection)

    def figure(self, chain_id: str, value: Amount | None) -> str:
        """An amount in base units and in whole coins."""
        if value is None:
            return "not known"
        units = self._units.get(chain_id)
        return str(value) if units is None else f"{value} ({units.in_coins(value)})"

    def unit(self, chain_id: str) -> str:
        """The base unit of a chain's amounts."""
        units = self._units.get(chain_id)
        return "" if units is None else units.base_unit

    def fetch(self, fetch_id: int | None) -> tuple[TraceNode, ...]:
        """A fetch with its payloads; nothing for rows that were read from none."""
        if fetch_id is None:
            return ()
        if fetch_id not in self._fetches:
            self._fetches[fetch_id] = self._fetch(fetch_id)
        return (self._fetches[fetch_id],)

    def place_in_file(self, fetch_id: int | None, validator_key: str) -> str | None:
        """Where the file of a fetch tells about a validator; None where the fetch is of no file."""
        return place_in_file(self._connection, fetch_id, validator_key)

    def _fetch(self, fetch_id: int) -> TraceNode:
        row = self._connection.execute("SELECT * FROM staging_fetches WHERE fetch_id = %s", [fetch_id]).fetchone()
        if row is None:
            return TraceNode(NodeKind.FETCH, f"fetch {fetch_id}", note="it is gone: run `aurora verify` on the period")
        return TraceNode(
            NodeKind.FETCH,
            f"fetch {fetch_id}: {row['data_type']} from {row['provider']} ({row['kind']}) about {row['subject']}",
            figure=f"{row['state']}, {_counted(len(row['payload_ids']), 'answer')}",
            note=row["reason"],
            digest=row["fetch_digest"],
            children=self.payloads(row["payload_ids"]),
        )

    def payloads(self, numbers: Sequence[int]) -> tuple[TraceNode, ...]:
        """Payloads in the given order: what was asked, what came, and the hash of the bytes."""
        rows = self._connection.execute(
            """SELECT p.payload_id, p.provider, p.request_key, p.status, p.response_hash, p.fetched_at,
                      p.request, p.chain_id, p.epoch,
                      coalesce(b.packed_from, octet_length(coalesce(b.body, f.body))) AS size
               FROM staging_payloads p LEFT JOIN staging_bodies b USING (chain_id, epoch, response_hash)
               LEFT JOIN staging_file_bodies f ON f.response_hash = p.response_hash AND b.body IS NULL
               WHERE p.payload_id = ANY(%s)""",
            [list(set(numbers))],
        ).fetchall()
        for row in rows:
            if row["size"] is None:
                require_here(self._connection, row["chain_id"], row["epoch"])
        found = {row["payload_id"]: row for row in rows}
        return tuple(_payload(number, found.get(number)) for number in numbers)

    def period(self, snapshot: Snapshot) -> tuple[TraceNode, ...]:
        """The bounds of a snapshot's period, with the answers they were read from; nothing where it is not recorded."""
        key = snapshot.key
        if not isinstance(key, PeriodKey):
            return ()
        period = find_period(self._connection, key)
        row = self._connection.execute(
            "SELECT payload_ids FROM canonical_periods WHERE chain_id = %s AND epoch = %s",
            [key.chain_id, key.epoch],
        ).fetchone()
        if period is None or row is None:
            return ()
        node = TraceNode(
            NodeKind.PERIOD,
            f"period {period.key}",
            figure=f"{period.started_at:%Y-%m-%d %H:%M:%S} to {period.ended_at:%Y-%m-%d %H:%M:%S} UTC",
            formula=f"slots {period.first_slot} to {period.last_slot}",
            note=None
            if (teller := told_by(self._connection, key.chain_id).get(key.epoch)) is None
            else f"as a file of {teller} tells it; no chain proved it",
            digest=period.digest,
            children=self.payloads(row["payload_ids"]),
        )
        return (node,)

    def decision(self, snapshot: Snapshot, item: Input) -> TraceNode:
        """A decision row that a snapshot was computed from, as it was read then."""
        table_name = item.name.partition(":")[0]
        if table_name not in self._decisions:
            self._decisions[table_name] = self._decisions_of(table_name)
        gone = f"its row is gone or changed: run `{snapshot.verify_command}`"
        missing = TraceNode(NodeKind.DECISION, item.name, note=gone, digest=item.digest)
        return self._decisions[table_name].get(item, missing)

    def decision_rows(self, snapshot: Snapshot, table: Table) -> list[Row]:
        """The rows of a decision table that a snapshot was computed from."""
        named = set(snapshot.inputs("decision"))
        return [row for row in self._all_rows(table) if decision_input(table, row) in named]

    def _decisions_of(self, table_name: str) -> dict[Input, TraceNode]:
        table = next((table for table in ALL_TABLES if table.name == table_name), None)
        if table is None:
            return {}
        found = {}
        for row in self._all_rows(table):
            item = decision_input(table, row)
            words = ", ".join(f"{c.name} {row[c.name]}" for c in table.digested if row[c.name] is not None)
            found[item] = TraceNode(NodeKind.DECISION, item.name, formula=words, digest=item.digest)
        return found

    def _all_rows(self, table: Table) -> list[Row]:
        columns = sql.SQL(", ").join(map(sql.Identifier, table.names))
        query = sql.SQL("SELECT {} FROM {}").format(columns, sql.Identifier(table.name))
        return [_exact(row) for row in self._connection.execute(query).fetchall()]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _payload(number: int, row: Row | None) -> TraceNode:
    if row is None:
        return TraceNode(NodeKind.PAYLOAD, f"payload {number}", note="it is gone: run `aurora verify` on the period")
    how = file_name(row["request"]) if is_file(row["request"]) else f"HTTP {row['status']}"
    size = "its body is gone" if row["size"] is None else _counted(row["size"], "byte")
    return TraceNode(
        NodeKind.PAYLOAD,
        f"payload {number}: {row['request_key']}",
        figure=f"{how}, {size}, {row['provider']}, {row['fetched_at']:%Y-%m-%d %H:%M:%S} UTC",
        digest=row["response_hash"],
    )


def _exact(row: Row) -> Row:
    """The row with the driver's Decimals, which hold integers only, as ints."""
    return {name: int(value) if isinstance(value, Decimal) else value for name, value in row.items()}

"""What a replay takes along into its scratch database: bytes, decisions, and what it reads of other periods."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from psycopg import sql

from aurora_pipeline.decisions.range_tables import RANGE_TABLES
from aurora_pipeline.foundation.period_key import PartitionKey, PeriodKey
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.ddl import LAYER_SCHEMA
from aurora_pipeline.store.declaration import Table, TableKind
from aurora_pipeline.store.ranges import require_here, room_for
from aurora_pipeline.tables import ALL_TABLES

_WHOLE: Final = (TableKind.REGISTRY, TableKind.DECISION)
_OF_THE_SOURCE: Final = RANGE_TABLES
"""Where the source keeps its rows is no decision that a replay rests on."""
_OF_CHAIN: Final = ("canonical_periods",)
_OF_PERIODS: Final = ("staging_fetches", "staging_payloads", "staging_bodies", "observations")


class Copying:
    """From a database that is only read into a scratch one, each thing once."""

    def __init__(self, source: Connection, target: Connection) -> None:
        self._source, self._target = source, target
        self._with_rows: set[int] = set()
        # Guards judge what is recorded anew; what was recorded before is taken as it is.
        target.execute("SET session_replication_role = replica")

    def basis(self, keys: Sequence[PartitionKey], others: Collection[PeriodKey]) -> None:
        """What nobody computes: registry, decisions and bounds of periods; and what was staged of some periods."""
        chain_id = keys[0].chain_id
        for table in ALL_TABLES:
            if table.kind in _WHOLE and table not in _OF_THE_SOURCE:
                self._copy(_named(table), sql.SQL("true"))
        for name in _OF_CHAIN:
            self._copy(sql.Identifier(name), sql.SQL("chain_id = {}").format(chain_id))
        self._target.execute("TRUNCATE ledger_clock")
        self._copy(sql.Identifier("ledger_clock"), sql.SQL("true"))
        for key in sorted({*(key for key in keys if isinstance(key, PeriodKey)), *others}):
            self._staged(key)

    def _staged(self, key: PeriodKey) -> None:
        require_here(self._source, key.chain_id, key.epoch)
        room_for(self._target, key.chain_id, key.epoch)
        of_period = sql.SQL("chain_id = {} AND epoch = {}").format(key.chain_id, key.epoch)
        for name in _OF_PERIODS:
            self._copy(sql.Identifier(name), of_period)
        hashes = sql.SQL("SELECT response_hash FROM staging_payloads WHERE {}").format(of_period)
        unseen = [
            row["response_hash"]
            for row in self._source.execute(
                sql.SQL("SELECT response_hash FROM staging_file_bodies WHERE response_hash IN ({})").format(hashes)
            ).fetchall()
            if not self._target.execute(
                "SELECT FROM staging_file_bodies WHERE response_hash = %s", [row["response_hash"]]
            ).rowcount
        ]
        self._copy(sql.Identifier("staging_file_bodies"), sql.SQL("response_hash = ANY({})").format(unseen))

    def index(self, keys: Sequence[PartitionKey]) -> None:
        """Which snapshots there are of the chain; those of the replayed periods are not in force here yet."""
        chain_id, periods = keys[0].chain_id, [key.period for key in keys]
        of_chain = sql.SQL("chain_id = {}").format(chain_id)
        of_snapshots = sql.SQL("snapshot_id IN (SELECT snapshot_id FROM snapshots WHERE {})").format(of_chain)
        self._copy(sql.Identifier("snapshots"), of_chain)
        self._copy(sql.Identifier("snapshot_reports"), of_snapshots)
        self._copy(
            sql.Identifier("publications"),
            sql.SQL("{} AND NOT period = ANY({})").format(of_chain, periods),
        )
        self._target.execute(
            "SELECT setval(pg_get_serial_sequence('snapshots', 'snapshot_id'),"
            " (SELECT coalesce(max(snapshot_id), 0) + 1 FROM snapshots), false)"
        )

    def rows(self, wanted: Mapping[Table, Collection[int]]) -> bool:
        """The rows of snapshots; whether any of them was not here before."""
        found = False
        for table, numbers in wanted.items():
            new = sorted(set(numbers) - self._with_rows)
            if new:
                self._make_room(table, new)
                self._copy(_named(table), sql.SQL("snapshot_id = ANY({})").format(new))
                self._with_rows.update(new)
                found = True
        return found

    def _make_room(self, table: Table, snapshots: Sequence[int]) -> None:
        """The source must still have the rows of a table in ranges, and here they need where to go."""
        if not table.in_ranges:
            return
        places = self._source.execute(
            "SELECT DISTINCT chain_id, epoch FROM snapshots WHERE snapshot_id = ANY(%s)", [snapshots]
        ).fetchall()
        for place in places:
            require_here(self._source, place["chain_id"], place["epoch"])
            room_for(self._target, place["chain_id"], place["epoch"])

    def adopt(self, table: Table, snapshot_id: int) -> None:
        """Bring a recorded snapshot into force here, as it is where it was recorded."""
        self.rows({table: [snapshot_id]})
        newest = sql.SQL("sequence = (SELECT max(sequence) FROM publications WHERE snapshot_id = {})").format(
            snapshot_id
        )
        self._copy(sql.Identifier("publications"), newest)

    def _copy(self, table: sql.Composable, condition: sql.Composable) -> None:
        """COPY rows from one database into the other, in binary: no value passes through Python."""
        shown = table.as_string(self._target)
        told = self._target.execute(
            """SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0
               AND NOT attisdropped AND attgenerated = '' ORDER BY attnum""",
            [shown],
        ).fetchall()
        columns = sql.SQL(", ").join(sql.Identifier(row["attname"]) for row in told)
        out = sql.SQL("COPY (SELECT {} FROM {} WHERE {}) TO STDOUT (FORMAT binary)").format(columns, table, condition)
        into = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(table, columns)
        with self._source.cursor().copy(out) as reading, self._target.cursor().copy(into) as writing:
            for piece in reading:
                writing.write(piece)


def _named(table: Table) -> sql.Identifier:
    return sql.Identifier(LAYER_SCHEMA, table.name) if table.kind is TableKind.LAYER else sql.Identifier(table.name)

"""Computes periods again with the code at hand, from what is stored, beside the database, layer by layer.

A layer that comes out as it is in force stands in the scratch database under its recorded digests, so that the next one
reads what it read then; one that does not is published there as it came out, and carries the difference upwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from aurora_pipeline.foundation.outages import explained
from aurora_pipeline.foundation.period_key import PartitionKey, PeriodKey
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.layers import GATE, LAYERS, MONTHLY_LAYERS, Layer
from aurora_pipeline.proof.findings import Findings
from aurora_pipeline.proof.replay.compared import ComparedLayer, Replayed, ReplayVerdict, compared
from aurora_pipeline.proof.replay.copying import Copying
from aurora_pipeline.proof.replay.needed import numbers_of, other_periods, snapshots_named, snapshots_read
from aurora_pipeline.proof.replay.scratch import scratch_database
from aurora_pipeline.proof.snapshot_records import Snapshot, rows_of, snapshots_by_id
from aurora_pipeline.proof.verifying.staged import verify_staged
from aurora_pipeline.proof.verifying.verify import read_as_of_one_moment, readable_secret
from aurora_pipeline.statements.tables import EPOCH_PAYABLE_TABLES, MONTHLY_TABLES
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.digests import content_digest, salts
from aurora_pipeline.store.drafts import Draft, Rejected
from aurora_pipeline.store.snapshots import write_check_publish
from aurora_pipeline.tables import LAYER_TABLES

_BALANCES: Final = {table.name for table in (*MONTHLY_TABLES, *EPOCH_PAYABLE_TABLES)}
_GOES: Final = 8
"""So often a draft is made again, because it asked for rows that nobody expected."""
Progress = Callable[[str], object]
InForce = Mapping[tuple[str, PartitionKey], Snapshot]


def replay(aurora: Aurora, *asked: PartitionKey, tell: Progress = lambda _: None) -> Replayed:
    """Periods of a chain computed again, a month with all of its own; nothing is written where the figures are."""
    with aurora.database.connect() as source:
        read_as_of_one_moment(source)
        keys = [key for one in asked for key in _keys(source, one)]
        in_force = _in_force(source, keys)
        named = [
            (one.key, item) for one in in_force.values() for lineage in one.lineages for item in lineage.inputs or ()
        ]
        others = other_periods(keys, named)
        findings = Findings()
        for key in sorted({*(key for key in keys if isinstance(key, PeriodKey)), *others}):
            tell(f"{key}: stored answers")
            verify_staged(source, key, findings)
        with scratch_database(aurora.workspace.data_dir) as database, database.autocommit() as target:
            copying = Copying(source, target)
            copying.basis(keys, others)
            copying.index(keys)
            walk = _Walk(aurora, source, database, copying, in_force, readable_secret(source))
            layers = [one for key in keys for layer in _layers(key) for one in walk.layer(layer, key, tell)]
            target.execute("RESET session_replication_role")
    return Replayed(tuple(layers), tuple(str(one) for one in findings.report("what was staged").failures))


def _layers(key: PartitionKey) -> Sequence[Layer]:
    return LAYERS if isinstance(key, PeriodKey) else MONTHLY_LAYERS


def _keys(source: Connection, asked: PartitionKey) -> list[PartitionKey]:
    if isinstance(asked, PeriodKey):
        return [asked]
    rows = source.execute(
        "SELECT epoch FROM period_months WHERE chain_id = %s AND month = %s ORDER BY epoch",
        [asked.chain_id, asked.period],
    ).fetchall()
    return [*(PeriodKey(asked.chain_id, row["epoch"]) for row in rows), asked]


def _in_force(source: Connection, keys: Sequence[PartitionKey]) -> dict[tuple[str, PartitionKey], Snapshot]:
    rows = source.execute(
        "SELECT snapshot_id FROM in_force WHERE chain_id = %s AND period = ANY(%s)",
        [keys[0].chain_id, [key.period for key in keys]],
    ).fetchall()
    found = snapshots_by_id(source, [row["snapshot_id"] for row in rows], LAYER_TABLES)
    return {(one.table.name, one.key): one for one in found}


@dataclass(frozen=True)
class _Walk:
    """One replay on its way up."""

    aurora: Aurora
    source: Connection
    database: Database
    copying: Copying
    in_force: InForce
    secret: bytes | None

    def layer(self, layer: Layer, key: PartitionKey, tell: Progress) -> list[ComparedLayer]:
        """One layer of one period or month, computed again and compared, and in force in the scratch database."""
        recorded = {t.name: self.in_force[t.name, key] for t in layer.tables if (t.name, key) in self.in_force}
        tell(f"{key}: {layer.name}")
        follows = layer.name in _BALANCES
        self.copying.rows(snapshots_read(self.source, recorded.values(), follows=follows, chain_id=key.chain_id))
        try:
            drafts = self._drafts(layer, key)
        # Whatever changed bytes or code do to what reads them, the rest still has to be told.
        except Exception as error:
            if explained(error) is not None:
                raise
            return [
                ComparedLayer(
                    name,
                    key,
                    ReplayVerdict.NOT_COMPUTED,
                    one.content_digest,
                    None,
                    (f"{type(error).__name__}: {error}",),
                )
                for name, one in recorded.items()
            ]
        told, differing = [], []
        for draft in drafts:
            one = self._compared(draft, recorded.get(draft.table.name))
            told.append(one)
            if one.holds:
                self.copying.adopt(draft.table, recorded[draft.table.name].snapshot_id)
            else:
                differing.append(draft)
        return [*told, *self._published(differing)]

    def _compared(self, draft: Draft, snapshot: Snapshot | None) -> ComparedLayer:
        if snapshot is None:
            digest = content_digest(draft.table, self._salted(draft, None))
            return ComparedLayer(draft.table.name, draft.key, ReplayVerdict.NOT_RECORDED, None, digest)
        stored = rows_of(self.source, snapshot.table, [snapshot.snapshot_id])[snapshot.snapshot_id]
        is_whole = content_digest(snapshot.table, stored) == snapshot.content_digest
        return compared(snapshot, stored, is_whole, draft, content_digest(draft.table, self._salted(draft, stored)))

    def _salted(self, draft: Draft, stored: pl.DataFrame | None) -> pl.DataFrame:
        """The rows with salts: made with the secret, or the stored ones where this login may not read it."""
        table, frame = draft.table, draft.frame
        if not table.salted:
            return frame
        if self.secret is not None:
            return frame.with_columns(pl.Series("salt", salts(table, frame, self.secret), pl.String))
        if stored is None:
            return frame.with_columns(pl.lit("").alias("salt"))
        key = list(table.key)
        return frame.join(stored.select(*key, "salt"), on=key, how="left").with_columns(pl.col("salt").fill_null(""))

    def _published(self, differing: Sequence[Draft]) -> list[ComparedLayer]:
        """What came out otherwise is what the layers above read; where a check refuses it, they read nothing."""
        try:
            write_check_publish(self.database, differing, GATE)
        except Rejected as error:
            first = differing[0]
            why = (f"a check refuses it now: {error.message}",)
            return [ComparedLayer(first.table.name, first.key, ReplayVerdict.NOT_COMPUTED, None, None, why)]
        return []

    def _drafts(self, layer: Layer, key: PartitionKey) -> list[Draft]:
        """The layer's drafts, once all rows that they name as inputs were there to be read."""
        for _ in range(_GOES):
            with self.database.connect() as connection:
                drafts = layer.draft(self.aurora.configuration, connection, key)
            read = {item.digest for draft in drafts for item in draft.inputs if item.kind == "snapshot"}
            if not self.copying.rows(numbers_of(snapshots_named(self.source, read))):
                return drafts
        raise RuntimeError(f"{layer.name} of {key} asks for other rows each time it is computed")

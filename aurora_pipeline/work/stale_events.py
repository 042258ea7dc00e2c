"""Stake events that rest on an epoch before as it no longer is: found by lineage."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from aurora_pipeline.canonical.tables import POSITIONS, REWARDS, STAKE_EVENTS
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.digests import Input, record_digest
from aurora_pipeline.store.lineages import recorded_inputs
from aurora_pipeline.store.published import snapshot_input

_STALE_TAG = "aurora.stale-events.1"
_READ = (POSITIONS, REWARDS)


@dataclass(frozen=True)
class StaleEvents:
    """A period whose stake events are to be computed again."""

    key: PeriodKey
    digest: str
    """Commits to what they would be computed from, and to what is in force instead: one request for each such case."""


def stale_stake_events(connection: Connection, chain: Chain) -> list[StaleEvents]:
    """Periods whose stake events no lineage derives from the positions and rewards in force, in the order of time."""
    chain_id = chain.chain_id
    rows = connection.execute(
        """SELECT f.asset, f.epoch, f.sequence, s.lineage_digest FROM in_force f JOIN snapshots s USING (snapshot_id)
           WHERE f.chain_id = %s AND f.asset = ANY(%s)""",
        [chain_id, [table.name for table in (*_READ, STAKE_EVENTS)]],
    ).fetchall()
    in_force: dict[str, dict[EpochNumber, str]] = defaultdict(dict)
    sequences = {row["epoch"]: row["sequence"] for row in rows if row["asset"] == STAKE_EVENTS.name}
    for row in rows:
        in_force[row["asset"]][row["epoch"]] = row["lineage_digest"]
    epochs = sorted(in_force[STAKE_EVENTS.name].keys() & in_force[POSITIONS.name].keys())
    recorded = recorded_inputs(connection, chain_id, STAKE_EVENTS, epochs)
    found = []
    for epoch in epochs:
        # As the asset reads them: its own positions, and what the period before has of both.
        read = [(POSITIONS, epoch), *((table, chain.period_before(epoch)) for table in _READ)]
        now = {
            snapshot_input(table, PeriodKey(chain_id, of), in_force[table.name][of])
            for table, of in read
            if of in in_force[table.name]
        }
        if not any(_snapshots(lineage) == now for lineage in recorded.get(epoch, ())):
            digests = [item.digest for item in sorted(now)]
            key = PeriodKey(chain_id, epoch)
            found.append(StaleEvents(key, record_digest(_STALE_TAG, str(key), sequences[epoch], *digests)))
    return found


def _snapshots(lineage: frozenset[Input]) -> set[Input]:
    return {item for item in lineage if item.kind == "snapshot"}

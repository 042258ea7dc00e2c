"""The asset canonical_stake_events: the positions in force of a period beside those of the one before."""

from collections.abc import Iterator

import dagster as dg

from aurora_pipeline.canonical.assets import draft_of
from aurora_pipeline.canonical.loading import load_reference
from aurora_pipeline.canonical.stake_events import canonical_stake_events
from aurora_pipeline.canonical.tables import POSITIONS, REWARDS, STAKE_EVENTS
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.orchestration.materialization import Event, as_failure, layer_asset, publish
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.snapshots import Draft, NotPublished, Published, load_published


def draft_stake_events(aurora: Aurora, connection: Connection, key: PeriodKey) -> Draft:
    """Stake events from the published positions of the period and, where there are any, of the one before."""
    loaded = load_reference(connection, key)
    positions = load_published(connection, POSITIONS, key.chain_id, key.epoch)
    before, rewards = (_of_period_before(connection, table, key) for table in (POSITIONS, REWARDS))
    result = canonical_stake_events(
        loaded.reference,
        positions.frame,
        None if before is None else before.frame,
        None if rewards is None else rewards.frame,
    )
    inputs = [layer.as_input for layer in (positions, before, rewards) if layer is not None]
    return draft_of(STAKE_EVENTS, loaded, result, *inputs)


def _of_period_before(connection: Connection, table: Table, key: PeriodKey) -> Published | None:
    try:
        return load_published(connection, table, key.chain_id, key.epoch - 1)
    except NotPublished:
        # The first period has none before it, and one computed out of order not yet.
        return None


@layer_asset(STAKE_EVENTS, group="canonical", owner="team:operations", deps=[POSITIONS.name])
def stake_events(context: dg.AssetExecutionContext, aurora: dg.ResourceParam[Aurora]) -> Iterator[Event]:
    """Compare two periods' positions and publish what changed."""
    with as_failure():
        with aurora.database.connect() as connection:
            draft = draft_stake_events(aurora, connection, PeriodKey.parse(context.partition_key))
        yield from publish(context, aurora, [draft])

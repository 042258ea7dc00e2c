"""The asset validator_pnl: components and costs of the published canonical layers, joined per validator."""

from collections.abc import Iterator

import dagster as dg

from aurora_pipeline.canonical.assets import draft_of
from aurora_pipeline.canonical.loading import config_inputs, load_reference
from aurora_pipeline.canonical.tables import COSTS, FEES, MEV, POSITIONS, REWARDS
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.orchestration.materialization import Event, as_failure, layer_asset, publish
from aurora_pipeline.pnl.compute import validator_pnl as compute_pnl
from aurora_pipeline.pnl.tables import VALIDATOR_PNL
from aurora_pipeline.registry.validators import own_stake_at
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.snapshots import Draft, load_published

_LAYERS = (FEES, MEV, REWARDS, POSITIONS, COSTS)


def draft_pnl(aurora: Aurora, connection: Connection, key: PeriodKey) -> Draft:
    """P&L from the published canonical snapshots of the period."""
    loaded = load_reference(connection, key)
    chain = aurora.configuration.chain(key.chain_id)
    fees, mev, rewards, positions, costs = below = [
        load_published(connection, table, key.chain_id, key.epoch) for table in _LAYERS
    ]
    own = own_stake_at(connection, key.chain_id, loaded.period.last_instant)
    result = compute_pnl(
        loaded.reference,
        fees.frame,
        mev.frame,
        rewards.frame,
        positions.frame,
        costs.frame,
        own.wallets,
        chain.costs_due,
    )
    inputs = [snapshot.as_input for snapshot in below]
    return draft_of(
        VALIDATOR_PNL, loaded, result, *inputs, *own.inputs, *config_inputs(chain, loaded.period, "costs_due")
    )


@layer_asset(VALIDATOR_PNL, group="pnl", owner="team:finance", deps=[table.name for table in _LAYERS])
def validator_pnl(context: dg.AssetExecutionContext, aurora: dg.ResourceParam[Aurora]) -> Iterator[Event]:
    """What each validator earned and cost, published where the checks hold."""
    with as_failure():
        with aurora.database.connect() as connection:
            draft = draft_pnl(aurora, connection, PeriodKey.parse(context.partition_key))
        yield from publish(context, aurora, [draft])

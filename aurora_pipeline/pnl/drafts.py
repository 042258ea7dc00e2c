"""The draft of validator_pnl: components and costs of the published canonical layers, joined per validator."""

from __future__ import annotations

from aurora_pipeline.canonical.drafts import draft_of
from aurora_pipeline.canonical.loading import config_inputs, load_reference
from aurora_pipeline.canonical.tables import COSTS, FEES, MEV, POSITIONS, REWARDS
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.pnl.compute import validator_pnl as compute_pnl
from aurora_pipeline.pnl.tables import VALIDATOR_PNL
from aurora_pipeline.registry.validators import own_stake_at
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.published import load_published

BELOW = (FEES, MEV, REWARDS, POSITIONS, COSTS)
"""The canonical layers it is computed from."""


def draft_pnl(configuration: Configuration, connection: Connection, key: PeriodKey) -> Draft:
    """P&L from the published canonical snapshots of the period."""
    loaded = load_reference(connection, key)
    chain = configuration.chain(key.chain_id)
    fees, mev, rewards, positions, costs = below = [load_published(connection, table, key) for table in BELOW]
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
        own_balances=chain.family.traits.own_balances,
    )
    inputs = [snapshot.as_input for snapshot in below]
    return draft_of(
        VALIDATOR_PNL, loaded, result, *inputs, *own.inputs, *config_inputs(chain, loaded.period, "costs_due")
    )

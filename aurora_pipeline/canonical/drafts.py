"""The drafts of the canonical layers: what was staged, normalised by a pure function, with everything it rests on."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from aurora_pipeline.canonical.balances import balance_rows, canonical_balances, penalties_told
from aurora_pipeline.canonical.costs import canonical_costs
from aurora_pipeline.canonical.fees import canonical_fees, fees_of_blocks
from aurora_pipeline.canonical.income_drafts import of_validators
from aurora_pipeline.canonical.loading import (
    LoadedFetches,
    config_inputs,
    glance_at,
    load_observed,
    load_reference,
    load_staged,
    load_with_balances,
    with_identities,
)
from aurora_pipeline.canonical.meta import canonical_meta
from aurora_pipeline.canonical.mev import canonical_mev, mev_of_blocks
from aurora_pipeline.canonical.positions import canonical_positions
from aurora_pipeline.canonical.promised_costs import NO_PROMISES, promises_of
from aurora_pipeline.canonical.rewards import canonical_rewards, stakes_needed
from aurora_pipeline.canonical.stake_events import canonical_stake_events
from aurora_pipeline.canonical.tables import (
    BALANCES,
    COSTS,
    EXECUTION_INCOME,
    FEES,
    META,
    MEV,
    POSITIONS,
    REWARDS,
    STAKE_EVENTS,
)
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.registry.cost_entries import entries_in_force
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.result import LayerResult, Row
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.payloads.fetches import fetch_identities, load_fetches_in_slices
from aurora_pipeline.store.snapshots import Draft, NotPublished, Published, load_published


def draft_of(table: Table, loaded: LoadedFetches, result: LayerResult, *more: Input) -> Draft:
    """A result with its lineage, ready to be published."""
    return Draft(
        table,
        loaded.period.key,
        result.frame,
        (*loaded.inputs, *more),
        result.completeness,
        result.violations,
        result.warnings,
    )


def draft_fees(
    configuration: Configuration, connection: Connection, key: PeriodKey, staged: str = DataType.FEES
) -> Draft:
    """Block fees per validator."""
    # What another provider says for comparison is told as it tells it.
    if configuration.chain(key.chain_id).family.traits.income_by_block and staged == DataType.FEES:
        loaded, income = load_reference(connection, key), load_published(connection, EXECUTION_INCOME, key)
        result = fees_of_blocks(loaded.reference, of_validators(income))
        return draft_of(FEES, loaded, result, income.as_input, *_fetches_named(connection, result.frame))
    loaded = _identified(connection, load_staged(connection, key, staged), key)
    return draft_of(FEES, loaded, canonical_fees(loaded.reference, loaded.fetches))


def draft_mev(
    configuration: Configuration, connection: Connection, key: PeriodKey, staged: str = DataType.MEV
) -> Draft:
    """MEV tips per validator."""
    # What another provider says for comparison is told as it tells it.
    if configuration.chain(key.chain_id).family.traits.income_by_block and staged == DataType.MEV:
        loaded, income = load_reference(connection, key), load_published(connection, EXECUTION_INCOME, key)
        result = mev_of_blocks(loaded.reference, of_validators(income))
        return draft_of(MEV, loaded, result, income.as_input, *_fetches_named(connection, result.frame))
    loaded = load_staged(connection, key, staged)
    chain = configuration.chain(key.chain_id)
    fee_bps = chain.protocol_fee_at(loaded.period.last_instant)
    result = canonical_mev(loaded.reference, loaded.fetches, fee_bps)
    return draft_of(MEV, loaded, result, *config_inputs(chain, loaded.period, "protocol_fee_bps"))


def draft_balances(
    configuration: Configuration, connection: Connection, key: PeriodKey, staged: str = DataType.REWARDS
) -> list[Draft]:
    """What validators' own balances did; none on chains whose validators have none."""
    if not configuration.chain(key.chain_id).family.traits.own_balances:
        return []
    loaded = load_staged(connection, key, staged, load_with_balances)
    return [draft_of(BALANCES, loaded, canonical_balances(loaded.reference, loaded.fetches))]


def draft_rewards(
    configuration: Configuration, connection: Connection, key: PeriodKey, staged: str = DataType.REWARDS
) -> Draft:
    """Rewards of a period per validator and stake account."""
    loaded = load_staged(connection, key, staged, load_with_balances)
    balances, of_balances = _balances(configuration, connection, key, staged)
    # The whole observation can be large: it is read where a source says that it cannot do without.
    epoch_before = configuration.chain(key.chain_id).period_before(key.epoch)
    observed = [glance_at(connection, loaded, DataType.POSITIONS, epoch) for epoch in (key.epoch, epoch_before)]
    if stakes_needed(loaded.reference, loaded.fetches, observed[0]).any:
        observed[0] = load_observed(connection, loaded, DataType.POSITIONS, key.epoch)
    result = canonical_rewards(loaded.reference, loaded.fetches, observed, balances)
    before = str(PeriodKey(key.chain_id, epoch_before))
    inputs = [fetch.as_input for fetch in observed[0]] + [fetch.as_input_of(before) for fetch in observed[1]]
    return draft_of(REWARDS, loaded, result, *inputs, *of_balances)


def draft_meta(
    configuration: Configuration, connection: Connection, key: PeriodKey, staged: str = DataType.META
) -> Draft:
    """What each validator was, as observed."""
    loaded = load_staged(connection, key, staged)
    return draft_of(META, loaded, canonical_meta(loaded.reference, loaded.fetches))


def draft_positions(
    configuration: Configuration, connection: Connection, key: PeriodKey, staged: str = DataType.POSITIONS
) -> Draft:
    """Stake per validator and stake account, as observed."""
    loaded = load_staged(connection, key, staged)
    return draft_of(POSITIONS, loaded, canonical_positions(loaded.reference, loaded.fetches))


def draft_costs(
    configuration: Configuration, connection: Connection, key: PeriodKey, staged: str = DataType.COSTS
) -> Draft:
    """Typed costs: what the chain says, what tips say of shared fees, and what the operator entered."""
    # Exact vote fees rest on every block of the epoch, with all its transactions.
    loaded = load_staged(connection, key, staged, load_fetches_in_slices)
    chain = configuration.chain(key.chain_id)
    entries = entries_in_force(connection, key.chain_id, key.epoch)
    tips = glance_at(connection, loaded, DataType.MEV, key.epoch)
    # What a provider says as a cross-check, nobody waits for.
    promises = promises_of(configuration, key.chain_id) if staged == DataType.COSTS else NO_PROMISES
    promised = [promises.as_input(key.chain_id)] if staged == DataType.COSTS else []
    penalties, of_balances = _penalties(configuration, connection, loaded.reference, key, staged)
    result = canonical_costs(
        loaded.reference, loaded.fetches, entries.frame, chain.costs_due, tips, promises, penalties
    )
    inputs = (*entries.inputs, *(fetch.as_input for fetch in tips), *promised, *of_balances)
    return draft_of(COSTS, loaded, result, *inputs, *config_inputs(chain, loaded.period, "costs_due"))


def draft_stake_events(configuration: Configuration, connection: Connection, key: PeriodKey) -> Draft:
    """Stake events from the published positions of the period and, where there are any, of the one before."""
    loaded = load_reference(connection, key)
    positions = load_published(connection, POSITIONS, key)
    key_before = PeriodKey(key.chain_id, configuration.chain(key.chain_id).period_before(key.epoch))
    before, rewards = (_published(connection, table, key_before) for table in (POSITIONS, REWARDS))
    result = canonical_stake_events(
        loaded.reference,
        positions.frame,
        None if before is None else before.frame,
        None if rewards is None else rewards.frame,
    )
    inputs = [layer.as_input for layer in (positions, before, rewards) if layer is not None]
    return draft_of(STAKE_EVENTS, loaded, result, *inputs)


DRAFTS = {
    FEES: draft_fees,
    MEV: draft_mev,
    REWARDS: draft_rewards,
    META: draft_meta,
    POSITIONS: draft_positions,
    COSTS: draft_costs,
}
"""How each canonical snapshot is computed from what is stored, without a network; proofs compute them again."""


def _balances(
    configuration: Configuration, connection: Connection, key: PeriodKey, staged: str
) -> tuple[Mapping[str, Row], tuple[Input, ...]]:
    """The rows of balances that rewards follow from: those in force, or what a cross-checker's answers say instead."""
    if not configuration.chain(key.chain_id).family.traits.own_balances:
        return {}, ()
    if staged != DataType.REWARDS:
        return balance_rows(draft_balances(configuration, connection, key, staged)[0].frame), ()
    published = load_published(connection, BALANCES, key)
    return balance_rows(published.frame), (published.as_input,)


def _penalties(
    configuration: Configuration, connection: Connection, reference: Reference, key: PeriodKey, staged: str
) -> tuple[Mapping[str, Mapping[str, Row]], tuple[Input, ...]]:
    """What validators lost of their balances; nothing on chains whose validators have none, or of a cross-checker."""
    if staged != DataType.COSTS or not configuration.chain(key.chain_id).family.traits.own_balances:
        return {}, ()
    published = load_published(connection, BALANCES, key)
    inputs = (published.as_input, *_fetches_named(connection, published.frame))
    return penalties_told(reference, balance_rows(published.frame)), inputs


def _fetches_named(connection: Connection, frame: pl.DataFrame) -> list[Input]:
    """The fetches that rows made of another layer's rows name: what a row names, its snapshot rests on."""
    numbers = frame["source_fetch"].drop_nulls().unique().to_list()
    return [fetch.as_input for fetch in fetch_identities(connection, numbers).values()]


def _identified(connection: Connection, loaded: LoadedFetches, key: PeriodKey) -> LoadedFetches:
    """The identities nobody registered, from what was observed in the period."""
    if all(validator.identities for validator in loaded.reference.validators):
        return loaded
    meta = load_staged(connection, key, DataType.META)
    observed = canonical_meta(load_reference(connection, key).reference, meta.fetches).frame
    identities = dict(zip(observed["validator_key"], observed["identity_key"], strict=True))
    return with_identities(loaded, identities, [fetch.as_input for fetch in meta.fetches])


def _published(connection: Connection, table: Table, key: PeriodKey) -> Published | None:
    try:
        return load_published(connection, table, key)
    except NotPublished:
        # The first period has none before it, and one computed out of order not yet.
        return None

"""The drafts of the canonical layers: what was staged, normalised by a pure function, with everything it rests on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from aurora_pipeline.canonical.account_balances import BalanceGrounds, canonical_account_balances, scans_in
from aurora_pipeline.canonical.balance_tables import ACCOUNT_BALANCES, BALANCES, EXECUTION_INCOME, OF_SOME_FAMILIES
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
from aurora_pipeline.canonical.tables import COSTS, FEES, META, MEV, POSITIONS, REWARDS, STAKE_EVENTS
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import Bps
from aurora_pipeline.registry.cost_entries import entries_in_force
from aurora_pipeline.registry.fee_recipients import recipients_of
from aurora_pipeline.sources.contract import Source
from aurora_pipeline.sources.kinds import SOURCES
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.result import LayerResult, Row
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.frames import exact_rows
from aurora_pipeline.store.payloads.fetches import (
    StagedFetch,
    fetch_identities,
    load_fetches_in_slices,
    load_named_in_slices,
)
from aurora_pipeline.store.published import NotPublished, Published, load_published


def draft_of(table: Table, loaded: LoadedFetches, result: LayerResult, *more: Input) -> Draft:
    """A result with its lineage, ready to be published."""
    return Draft(
        table,
        loaded.period.key,
        result.frame,
        (*loaded.inputs, *more),
        result.completeness,
        result.grounds,
        result.warnings,
    )


def draft_fees(
    configuration: Configuration, connection: Connection, key: PeriodKey, staged: str = DataType.FEES
) -> Draft:
    """Block fees per validator."""
    # What another provider says for comparison is told as it tells it.
    by_block = configuration.chain(key.chain_id).family.traits.income_by_block
    if by_block and staged == DataType.FEES:
        loaded, income = load_reference(connection, key), load_published(connection, EXECUTION_INCOME, key)
        own = _of_whole_periods(connection, loaded, DataType.FEES, lambda source: source.tells.fees is not None)
        result = fees_of_blocks(loaded.reference, of_validators(income), own)
        return draft_of(FEES, loaded, result, income.as_input, *_fetches_named(connection, result.frame))
    loaded = load_staged(connection, key, staged)
    # Where blocks pay their proposers, these sign with their own keys: no identity leads to their slots.
    loaded = loaded if by_block else _identified(connection, loaded, key)
    return draft_of(FEES, loaded, canonical_fees(loaded.reference, loaded.fetches))


def draft_mev(
    configuration: Configuration, connection: Connection, key: PeriodKey, staged: str = DataType.MEV
) -> Draft:
    """MEV tips per validator."""
    # What another provider says for comparison is told as it tells it.
    if configuration.chain(key.chain_id).family.traits.income_by_block and staged == DataType.MEV:
        loaded, income = load_reference(connection, key), load_published(connection, EXECUTION_INCOME, key)
        own = _of_whole_periods(connection, loaded, DataType.MEV, lambda source: source.tells.mev is not None)
        result = mev_of_blocks(loaded.reference, of_validators(income), own)
        return draft_of(MEV, loaded, result, income.as_input, *_fetches_named(connection, result.frame))
    loaded = load_staged(connection, key, staged)
    chain = configuration.chain(key.chain_id)
    if not chain.family.traits.shares_tips:
        return draft_of(MEV, loaded, canonical_mev(loaded.reference, loaded.fetches, Bps(0)))
    fee_bps = chain.protocol_fee_at(loaded.period.last_instant)
    result = canonical_mev(loaded.reference, loaded.fetches, fee_bps)
    return draft_of(MEV, loaded, result, *config_inputs(chain, loaded.period, "protocol_fee_bps"))


def draft_balances(
    configuration: Configuration, connection: Connection, key: PeriodKey, staged: str = DataType.REWARDS
) -> list[Draft]:
    """What validators' own balances did; none on chains whose validators have none."""
    if not OF_SOME_FAMILIES[BALANCES.name](configuration.chain(key.chain_id).family.traits):
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
    """What each validator was, as observed, or as the chain's states tell it."""
    loaded = load_staged(connection, key, staged)
    if not configuration.chain(key.chain_id).family.traits.income_by_block:
        return draft_of(META, loaded, canonical_meta(loaded.reference, loaded.fetches))
    registered, instant = recipients_of(connection, key.chain_id), loaded.period.last_instant
    own = {one: "|".join(sorted(registered.own(one, instant))) or None for one in loaded.reference.keys}
    return draft_of(META, loaded, canonical_meta(loaded.reference, loaded.fetches, own), *registered.inputs)


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
        loaded.reference,
        loaded.fetches,
        entries.frame,
        chain.costs_due,
        tips,
        promises,
        penalties,
        chain.family.traits.always_costs,
    )
    inputs = (*entries.inputs, *(fetch.as_input for fetch in tips), *promised, *of_balances)
    return draft_of(COSTS, loaded, result, *inputs, *config_inputs(chain, loaded.period, "costs_due"))


def draft_account_balances(configuration: Configuration, connection: Connection, key: PeriodKey) -> list[Draft]:
    """What validators' accounts held and what moved it; none on chains whose validators have balances of their own."""
    chain = configuration.chain(key.chain_id)
    if not OF_SOME_FAMILIES[ACCOUNT_BALANCES.name](chain.family.traits):
        return []
    loaded, before = load_reference(connection, key), chain.period_before(key.epoch)
    published = [load_published(connection, table, key) for table in (FEES, REWARDS, COSTS)]
    fees, rewards, costs = (one.frame for one in published)
    of_validators = rewards.filter(pl.col("row_kind") == "VALIDATOR")
    # Blocks that pay all stakers are of no use here, and large.
    paid, paid_before = (load_observed(connection, loaded, DataType.REWARDS, of, [""]) for of in (key.epoch, before))
    led, led_before = (load_observed(connection, loaded, DataType.FEES, of) for of in (key.epoch, before))
    # Those that the costs in force were added up from: that they are whole is proven of them.
    scans = scans_in(costs)
    scanned = load_named_in_slices(connection, scans.values())
    grounds = BalanceGrounds(
        rewards=paid,
        rewards_before=paid_before,
        fees=led,
        fees_before=led_before,
        costs=scanned,
        reward_rows={row["validator_key"]: row for row in exact_rows(REWARDS, of_validators)},
        fee_rows={row["validator_key"]: row for row in exact_rows(FEES, fees)},
        scans=scans,
    )
    result = canonical_account_balances(loaded.reference, grounds)
    inputs = [fetch.as_input for fetch in (*paid, *led, *scanned)]
    inputs += [fetch.as_input_of(str(PeriodKey(key.chain_id, before))) for fetch in (*paid_before, *led_before)]
    return [draft_of(ACCOUNT_BALANCES, loaded, result, *(one.as_input for one in published), *inputs)]


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


def _of_whole_periods(
    connection: Connection, loaded: LoadedFetches, data_type: DataType, tells: Callable[[Source], bool]
) -> list[StagedFetch]:
    """Fetches that tell fees or tips of validators themselves, and not the blocks that these are made of."""
    found = load_fetches_in_slices(connection, loaded.reference.chain_id, loaded.reference.epoch, data_type)
    return [
        fetch
        for fetch in found
        if fetch.subject in loaded.reference.operated and fetch.kind in SOURCES and tells(SOURCES[fetch.kind])
    ]


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

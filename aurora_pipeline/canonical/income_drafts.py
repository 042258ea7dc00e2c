"""The drafts of what blocks paid: every figure that is made block by block rests on the same inputs."""

from __future__ import annotations

from aurora_pipeline.canonical.balance_tables import EXECUTION_INCOME, OF_SOME_FAMILIES
from aurora_pipeline.canonical.block_income import Recipients
from aurora_pipeline.canonical.execution_income import RecipientsAt, execution_income, incomes
from aurora_pipeline.canonical.loading import config_inputs, load_staged
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.registry.fee_recipients import FeeRecipients, recipients_of
from aurora_pipeline.registry.validators import own_stake_at
from aurora_pipeline.sources.blocks_told import DeliveredTold
from aurora_pipeline.sources.kinds import SOURCES, adapter_for, knows_part
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.result import Row
from aurora_pipeline.sources.told import Missing
from aurora_pipeline.staging.plan import part_of
from aurora_pipeline.staging.proposals import proposals_in
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.frames import exact_rows
from aurora_pipeline.store.payloads.fetches import StagedFetch, load_fetches, load_fetches_in_slices
from aurora_pipeline.store.published import Published

_NOT_ASKED = Missing(FigureState.PENDING, "it was not asked yet")


def draft_execution_income(configuration: Configuration, connection: Connection, key: PeriodKey) -> list[Draft]:
    """What each block paid; nothing on chains whose blocks pay several."""
    chain = configuration.chain(key.chain_id)
    if not OF_SOME_FAMILIES[EXECUTION_INCOME.name](chain.family.traits):
        return []
    # Blocks with all their receipts, and every block of the period: they are gone through once.
    loaded = load_staged(connection, key, DataType.FEES, load_fetches_in_slices)
    rewards = load_staged(connection, key, DataType.REWARDS, load_fetches_in_slices)
    relays, of_relays = _relays(configuration, connection, key, loaded.reference)
    registered = recipients_of(connection, key.chain_id)
    wallets = own_stake_at(connection, key.chain_id, loaded.period.last_instant)
    found = incomes(
        loaded.reference,
        loaded.fetches,
        proposals_in(rewards.fetches, loaded.period),
        relays,
        _recipients(loaded.reference, registered, wallets.wallets),
    )
    inputs = (
        *loaded.inputs,
        *(fetch.as_input for fetch in (*rewards.fetches, *of_relays)),
        *registered.inputs,
        *wallets.inputs,
        *config_inputs(chain, loaded.period, "roles.mev"),
    )
    result = execution_income(loaded.reference, found)
    return [
        Draft(
            EXECUTION_INCOME,
            loaded.period.key,
            result.frame,
            tuple(dict.fromkeys(inputs)),
            result.completeness,
            result.grounds,
            result.warnings,
        )
    ]


def of_validators(income: Published) -> list[Row]:
    """The rows of what all blocks of each validator paid it."""
    return [dict(row) for row in exact_rows(EXECUTION_INCOME, income.frame) if row["row_kind"] == "VALIDATOR"]


def _relays(
    configuration: Configuration, connection: Connection, key: PeriodKey, reference: Reference
) -> tuple[list[DeliveredTold], list[StagedFetch]]:
    """What every configured relay delivered, or why that is not known, and the fetches that say so."""
    told: list[DeliveredTold] = []
    used: list[StagedFetch] = []
    for provider in configuration.providers_for(key.chain_id, DataType.MEV):
        tell = SOURCES[provider.kind].tells.delivered
        if tell is None or not knows_part(adapter_for(provider), DataType.MEV):
            continue
        fetches = load_fetches(connection, key.chain_id, key.epoch, part_of(DataType.MEV, provider.name))
        told += [tell(fetch, reference) for fetch in fetches] or [DeliveredTold(provider.name, _NOT_ASKED)]
        used += fetches
    return told, used


def _recipients(reference: Reference, registered: FeeRecipients, wallets: frozenset[str]) -> RecipientsAt:
    slots = reference.last_slot - reference.first_slot + 1
    lasts = reference.ended_at - reference.started_at
    ours = [one.validator_key for one in reference.validators if one.ownership == "OPERATOR"]
    operator = registered.ever(ours) | {address.lower() for address in wallets}

    def at(validator_key: str, slot: int) -> Recipients:
        instant = reference.started_at + lasts * (slot - reference.first_slot) / slots
        own = registered.own(validator_key, instant)
        return Recipients(own, (operator | registered.ever([validator_key])) - own)

    return at

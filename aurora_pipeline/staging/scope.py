"""What a question is about: the period's reference point, its validators, and what was observed of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from aurora_pipeline.asking.adapter import LEADER_SCHEDULE, FetchScope, SeesCollectors, ValidatorAsked
from aurora_pipeline.asking.proposals import Proposals
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.periods.networks import recorded_network, recorded_roots
from aurora_pipeline.periods.record import Period
from aurora_pipeline.sources.kinds import adapter_of
from aurora_pipeline.staging.proposals import staged_proposals
from aurora_pipeline.staging.samples import (
    Sample,
    archived_identities,
    archived_stake_accounts,
    observed_duties,
    observed_identities,
    observed_leader_schedule,
    observed_stake_accounts,
    samples,
    stakes_in_doubt,
    what_is_told,
)
from aurora_pipeline.store.database import Connection


def scope_of(
    connection: Connection,
    configuration: Configuration,
    period: Period,
    data_type: str,
    validators: Sequence[ValidatorAsked],
) -> FetchScope:
    """The reference point of a fetch, with what was observed of it: identities, stake accounts, leader schedule."""
    chain_id, epoch = period.key.chain_id, period.key.epoch

    def seen(what: str) -> dict[str, Sample]:
        slots = (period.first_slot, period.last_slot)
        return samples(connection, configuration, chain_id, epoch, what, slots)

    if any(one.identity_key is None for one in validators):
        archived = archived_identities(connection, chain_id, epoch) if data_type != DataType.META else {}
        identities = archived | observed_identities(seen(DataType.META))
        validators = [
            replace(one, identity_key=one.identity_key or identities.get(one.validator_key)) for one in validators
        ]
    keys = [one.validator_key for one in validators]
    is_rewards = data_type == DataType.REWARDS
    chain = configuration.chain(chain_id)
    schedules = seen(LEADER_SCHEDULE) if data_type == chain.family.traits.leaders_told_with else {}
    by_block = chain.family.traits.income_by_block and data_type in (DataType.FEES, DataType.MEV)
    proposed = staged_proposals(connection, period) if by_block else Proposals()
    stakes: dict[str, tuple[str, ...]] = {}
    collectors: dict[str, tuple[str, ...]] = {}
    doubts: dict[str, str] = {}
    if is_rewards:
        collectors = observed_collectors(connection, configuration, period)
        positions = seen(DataType.POSITIONS)
        stakes = observed_stake_accounts(positions, keys)
        doubts = stakes_in_doubt(positions, keys, epoch)
        stakes |= archived_stake_accounts(connection, chain_id, epoch, [key for key in keys if key not in stakes])
    return FetchScope(
        chain_id=chain_id,
        epoch=epoch,
        first_slot=period.first_slot,
        last_slot=period.last_slot,
        validators=tuple(validators),
        stake_accounts=stakes,
        stakes_in_doubt=doubts,
        leader_schedule=observed_leader_schedule(schedules),
        seen_duties=observed_duties(schedules),
        collectors=collectors,
        scan_blocks=chain.exact_vote_fees,
        split_fees=chain.split_fees,
        family=chain.family,
        network=recorded_network(connection, chain),
        roots=recorded_roots(connection, chain, period),
        proposals=proposed.slots,
        absent=proposed.absent,
    )


def observed_collectors(
    connection: Connection, configuration: Configuration, period: Period
) -> dict[str, tuple[str, ...]]:
    """Accounts that may have collected a validator's commission: seen in the period, or in the one before it."""
    size = period.last_slot - period.first_slot + 1
    before = configuration.chain(period.key.chain_id).period_before(period.key.epoch)
    found: dict[str, dict[str, None]] = {}
    for epoch, first_slot in ((period.key.epoch, period.first_slot), (before, period.first_slot - size)):
        slots = (first_slot, first_slot + size - 1)
        seen = samples(connection, configuration, period.key.chain_id, epoch, DataType.POSITIONS, slots)
        for keys, collectors in _collectors_seen(seen):
            for key in keys:
                if collectors.get(key, key) != key:
                    found.setdefault(key, {})[collectors[key]] = None
    return {key: tuple(collectors) for key, collectors in found.items()}


def _collectors_seen(seen: Mapping[str, Sample]) -> Iterator[tuple[list[str], Mapping[str, str]]]:
    """The collectors that each observation saw, and whose sample it is; what many samples share is read once."""
    by_moment: dict[tuple[str, str, int], list[str]] = {}
    for key, sample in seen.items():
        one = sample.observation
        by_moment.setdefault((one.kind, one.provider, one.slot), []).append(key)
    for (kind, provider, _), keys in by_moment.items():
        adapter = adapter_of(kind, provider)
        answers = {answer.payload_id: answer for key in keys for answer in seen[key].answers}
        sees = adapter.collectors if isinstance(adapter, SeesCollectors) else None
        yield keys, {} if sees is None else what_is_told(sees, list(answers.values())) or {}

"""What was observed while a period ran, read back: the sample that counts, and what later fetches need from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from aurora_pipeline.asking.adapter import EVERYONE, Answer, WeighsStake
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.log import logger
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.kinds import adapter_of
from aurora_pipeline.staging.observers import role_of
from aurora_pipeline.staging.plan import Observation, observations_that_count
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.answers import answers_by_id
from aurora_pipeline.store.payloads.fetches import StagedFetch, load_fetches

Value = TypeVar("Value")

_log = logger("staging")


@dataclass(frozen=True)
class Sample:
    """An observation with its answers, in the order of the plan."""

    observation: Observation
    answers: tuple[Answer, ...]


def samples(
    connection: Connection,
    configuration: Configuration,
    chain_id: str,
    epoch: EpochNumber,
    data_type: str,
    slots: tuple[int, int],
    observed_by: str | None = None,
) -> dict[str, Sample]:
    """Per subject the observation that counts, or that of one provider alone.

    Who only cross-checks a role is not among those whose samples count.
    """
    rows = connection.execute(
        """SELECT observation_id, provider, kind, subject, slot, payload_ids FROM observations
           WHERE chain_id = %s AND epoch = %s AND data_type = %s""",
        [chain_id, epoch, data_type],
    ).fetchall()
    role = role_of(data_type, configuration.chain(chain_id))
    providers = [provider.name for provider in configuration.providers_for(chain_id, role)]
    checkers = {provider.name for provider in configuration.cross_checkers_for(chain_id, role)} - set(providers)
    seen = [Observation(**{**row, "payload_ids": tuple(row["payload_ids"])}) for row in rows]
    wanted = [one for one in seen if (one.provider == observed_by if observed_by else one.provider not in checkers)]
    counting = observations_that_count(wanted, providers, *slots)
    answers = answers_by_id(connection, [number for one in counting.values() for number in one.payload_ids])
    return {
        subject: Sample(one, tuple(answers[number] for number in one.payload_ids)) for subject, one in counting.items()
    }


def observed_identities(meta: Mapping[str, Sample]) -> dict[str, str]:
    """Identity by validator."""
    identities: dict[str, str] = {}
    for sample in meta.values():
        adapter = adapter_of(sample.observation.kind, sample.observation.provider)
        identities |= what_is_told(adapter.identities, sample.answers) or {}
    return identities


def observed_stake_accounts(positions: Mapping[str, Sample], validators: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Stake accounts by validator; a validator that was not observed is left out, which is not the same as none."""
    told = {
        key: _accounts_told(sample.observation.kind, sample.observation.provider, sample.answers, key)
        for key in validators
        if (sample := positions.get(key)) is not None
    }
    return {key: accounts for key, accounts in told.items() if accounts is not None}


def stakes_in_doubt(positions: Mapping[str, Sample], validators: Sequence[str], epoch: EpochNumber) -> dict[str, str]:
    """Why the stake accounts that were observed are not all of a validator's, by validator."""
    doubts: dict[str, str] = {}
    for key in validators:
        sample = positions.get(key)
        adapter = None if sample is None else adapter_of(sample.observation.kind, sample.observation.provider)
        if sample is not None and isinstance(adapter, WeighsStake):
            try:
                doubt = adapter.stake_in_doubt(sample.answers, key, epoch)
            except UnreadableAnswer as error:
                doubt = error.problem
            doubts |= {} if doubt is None else {key: doubt}
    return doubts


def archived_identities(connection: Connection, chain_id: str, epoch: EpochNumber) -> dict[str, str]:
    """Identity by validator, from what was staged of a period's meta: archives tell what nobody observed."""
    identities: dict[str, str] = {}
    for fetch in _staged(connection, chain_id, epoch, DataType.META):
        identities |= what_is_told(adapter_of(fetch.kind, fetch.provider).identities, fetch.answers) or {}
    return identities


def archived_stake_accounts(
    connection: Connection, chain_id: str, epoch: EpochNumber, validators: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Stake accounts by validator, from what was staged of a period's positions; those not known are left out."""
    if not validators:
        return {}
    told = {
        fetch.subject: _accounts_told(fetch.kind, fetch.provider, fetch.answers, fetch.subject)
        for fetch in _staged(connection, chain_id, epoch, DataType.POSITIONS)
        if fetch.subject in validators
    }
    return {key: accounts for key, accounts in told.items() if accounts is not None}


def what_is_told(read: Callable[[Sequence[Answer]], Value], answers: Sequence[Answer]) -> Value | None:
    """What stored answers say; None where they cannot be read, which is then as if nobody had observed it.

    What is observed cannot be asked for again, so one bad sample must not stop what does not need it.
    """
    try:
        return read(answers)
    except UnreadableAnswer as error:
        _log.warning("what was observed is left out: %s", error.message)
        return None


def _accounts_told(kind: str, provider: str, answers: Sequence[Answer], key: str) -> tuple[str, ...] | None:
    return what_is_told(lambda told: adapter_of(kind, provider).stake_accounts(told, key), answers)


def _staged(connection: Connection, chain_id: str, epoch: EpochNumber, data_type: DataType) -> list[StagedFetch]:
    fetches = load_fetches(connection, chain_id, epoch, data_type)
    return [fetch for fetch in fetches if fetch.state is FigureState.FINAL]


def observed_leader_schedule(schedules: Mapping[str, Sample]) -> Answer | None:
    """The answer that holds the leader schedule, where one was observed."""
    sample = schedules.get(EVERYONE)
    return None if sample is None else sample.answers[-1]


def observed_duties(schedules: Mapping[str, Sample]) -> tuple[Answer, ...]:
    """The answers that tell who leads in parts of the period."""
    return tuple(sample.answers[-1] for subject, sample in schedules.items() if subject != EVERYONE)

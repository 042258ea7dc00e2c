"""Staging a data type of a final period: ask the role's providers in order, keep every byte, record how it ended."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import psycopg

from aurora_pipeline.asking.adapter import (
    EVERYONE,
    LEADER_SCHEDULE,
    Adapter,
    Fetched,
    FetchScope,
    ProviderDown,
    SeesCollectors,
    ValidatorAsked,
)
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.asking.recording import StoredUnder, asking
from aurora_pipeline.asking.verdict import Stumbled, down, final, not_understood
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.provider import Provider
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.log import logger
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.periods.networks import recorded_network
from aurora_pipeline.periods.record import Period, load_period
from aurora_pipeline.registry.validators import identities_between, operated_at
from aurora_pipeline.sources.kinds import adapter_for, adapter_of, knows_part, promised_costs
from aurora_pipeline.staging.changed_files import changed_subjects
from aurora_pipeline.staging.covered import leaves_out
from aurora_pipeline.staging.plan import (
    NOBODY,
    NOW_ONLY,
    ProviderOutcome,
    answered_anew,
    as_fallback,
    as_retraction,
    files_refused,
    kept,
    lacking,
    nobody_named,
    part_of,
    replaced,
    retracted_in_words,
    retractions,
    states_that_count,
    still_to_ask,
    subjects_of,
    tally,
    unresolved,
    with_not_observed,
    with_what_others_said,
    without,
    worth_recording,
)
from aurora_pipeline.staging.proposals import staged_proposals
from aurora_pipeline.staging.report import StagingReport, together
from aurora_pipeline.staging.samples import (
    Sample,
    archived_identities,
    archived_stake_accounts,
    observed_identities,
    observed_leader_schedule,
    observed_stake_accounts,
    samples,
    stakes_in_doubt,
    what_is_told,
)
from aurora_pipeline.store.database import Connection, Database, insert_rows
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import (
    fetch_states,
    fetches_in_force,
    record_fetch,
)
from aurora_pipeline.store.payloads.tables import INGESTION_RUNS

__all__ = ["StagingReport", "stage", "stage_period"]


_log = logger("staging")


@dataclass
class _Heard:
    """What a run has heard so far, and what it cost."""

    outcomes: list[ProviderOutcome] = field(default_factory=list)
    providers_down: list[str] = field(default_factory=list)
    requests: int = 0
    reused: int = 0
    body_bytes: int = 0


def stage_period(
    aurora: Aurora, key: PeriodKey, data_type: str, *, refetch: bool = False, dagster_run: str | None = None
) -> StagingReport:
    """Stage a data type of a recorded period for the validators operated at its last instant."""
    period, validators = period_and_validators(aurora.database, key)
    chain = aurora.configuration.chain(key.chain_id)
    return stage(aurora.database, aurora.configuration, chain, period, data_type, validators, refetch, dagster_run)


def period_and_validators(database: Database, key: PeriodKey) -> tuple[Period, tuple[ValidatorAsked, ...]]:
    """A recorded period and the validators operated at its last instant."""
    with database.connect() as connection:
        period = load_period(connection, key)
        operated = operated_at(connection, key.chain_id, period.last_instant)
        known = identities_between(connection, key.chain_id, period.schedule_drawn_from, period.ended_at)
    return period, tuple(
        ValidatorAsked(one.validator_key, one.identity_key, known.by_validator.get(one.validator_key, ()))
        for one in operated.validators
    )


def stage(
    database: Database,
    configuration: Configuration,
    chain: Chain,
    period: Period,
    data_type: str,
    validators: Sequence[ValidatorAsked],
    refetch: bool = False,
    dagster_run: str | None = None,
) -> StagingReport:
    """Fetch what is missing of a data type and record a fetch per subject. What is complete is not asked again.

    A file of the operator's that changed since is read again. What a provider was heard to have no longer is retracted.

    Now-only data is taken from observations; providers that keep an archive of it are asked about what nobody observed.
    Where no provider can be had, that is recorded as pending too: whoever reads the fetches learns why there is no
    figure, and the report says `nothing_heard`.
    """
    role = DataType(data_type)
    providers = configuration.providers_for(chain.chain_id, role)
    parts = [one for one in providers if knows_part(adapter_for(one), role)]
    others = tuple(one for one in providers if one not in parts)
    errands = [Errand(role, part_of(role, one.name), (one,)) for one in parts]
    if others or not parts:
        errands.append(Errand(role, data_type, others))
    return together(
        data_type,
        [run_errand(database, configuration, period, errand, validators, refetch, dagster_run) for errand in errands],
    )


@dataclass(frozen=True)
class Errand:
    """What to learn from whom, and under which data type it is stored."""

    role: DataType
    stored_as: str
    providers: tuple[Provider, ...]
    observed_by: str | None = None
    """Take what this provider observed, and nobody else's samples."""


def run_errand(
    database: Database,
    configuration: Configuration,
    period: Period,
    errand: Errand,
    validators: Sequence[ValidatorAsked],
    refetch: bool,
    dagster_run: str | None,
) -> StagingReport:
    """Ask an errand's providers in order about what is missing, and record how it ended."""
    started_at = datetime.now(UTC)
    chain_id, epoch = period.key.chain_id, period.key.epoch
    with database.connect() as connection:
        in_force = fetches_in_force(connection, chain_id, epoch, errand.stored_as)
        family = configuration.chain(chain_id).family
        changed = changed_subjects(
            connection, errand.providers, chain_id, epoch, errand.role, errand.stored_as, family, in_force
        )
        states = {subject: one.state for subject, one in in_force.items()}
        left_out = [EVERYONE] if leaves_out(connection, in_force, validators) else []
        todo = still_to_ask(validators, without(states, [*changed, *left_out]), refetch)
        heard = _Heard()
        if todo and errand.role in NOW_ONLY:
            heard.outcomes = _observed(connection, configuration, period, errand, todo)
        asked = [one for one in errand.providers if errand.role in adapter_for(one).serves]
        if todo and asked:
            scope = _scope(connection, configuration, period, errand.role, todo)
    if todo and asked:
        asyncio.run(_ask_in_order(database, asked, errand, scope, refetch, heard))
    if not errand.providers:
        heard.outcomes += nobody_named(errand.role, todo, heard.outcomes)
    if errand.role in NOW_ONLY:
        heard.outcomes = with_not_observed(errand.role, todo, heard.outcomes, _observers(errand))
    best = with_what_others_said(kept(heard.outcomes), heard.outcomes)
    withdrawn = retractions(heard.outcomes, in_force)
    states = without(states, [outcome.fetched.subject for outcome in withdrawn])
    with database.connect() as connection:
        with connection.pipeline():
            for outcome in withdrawn:
                _record(connection, period, errand.stored_as, as_retraction(outcome), dagster_run)
            for outcome in best.values():
                if worth_recording(outcome, states.get(outcome.fetched.subject)):
                    _record(connection, period, errand.stored_as, outcome, dagster_run)
        now = states_that_count(validators, fetch_states(connection, chain_id, epoch, errand.stored_as))
        refused = files_refused(heard.outcomes, in_force, refetch)
        report = _report(period, errand.stored_as, heard, best, now, retracted_in_words(withdrawn), refused)
        _record_run(connection, report, dagster_run, started_at)
    return report


def _scope(
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
    is_fees, is_rewards = data_type == DataType.FEES, data_type == DataType.REWARDS
    chain = configuration.chain(chain_id)
    by_block = is_fees and chain.family.traits.income_by_block
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
        leader_schedule=observed_leader_schedule(seen(LEADER_SCHEDULE)) if is_fees else None,
        collectors=collectors,
        scan_blocks=chain.exact_vote_fees,
        split_fees=chain.split_fees,
        family=chain.family,
        network=recorded_network(connection, chain),
        proposals=staged_proposals(connection, period).slots if by_block else {},
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


async def _ask_in_order(
    database: Database, providers: Sequence[Provider], errand: Errand, scope: FetchScope, refetch: bool, heard: _Heard
) -> None:
    """Ask the providers in order, each one about what those before it could not tell."""
    promises = {provider.name: promised_costs(provider, errand.role) for provider in providers}
    for provider in providers:
        left = unresolved(scope.validators, kept(heard.outcomes))
        if not left:
            return
        adapter = adapter_for(provider)
        place = StoredUnder(scope.chain_id, scope.epoch, errand.stored_as)
        asked = replace(scope, validators=left)
        try:
            fetched = await _fetch(database, provider, adapter, place, errand.role, asked, not refetch, heard)
        except Stumbled as stumbled:
            # Stored answers may be what it stumbled over: asked again, the provider may say something better.
            _log.warning("%s", stumbled)
            try:
                fetched = await _fetch(database, provider, adapter, place, errand.role, asked, False, heard)
            except Stumbled as again:
                fetched = [not_understood(subject, again) for subject in _subjects(adapter, errand.role, left)]
        outcomes = [
            as_fallback(ProviderOutcome(provider.name, adapter.kind, one), heard.outcomes, promises) for one in fetched
        ]
        heard.outcomes += outcomes
        unheard = outcomes and all(one.is_unheard and one.may_come_back for one in outcomes)
        if unheard and fetched[0].reason is not None:
            heard.providers_down.append(fetched[0].reason)


async def _fetch(
    database: Database,
    provider: Provider,
    adapter: Adapter,
    place: StoredUnder,
    role: DataType,
    scope: FetchScope,
    reuse: bool,
    heard: _Heard,
) -> list[Fetched]:
    """What one provider says about a scope. Raises Stumbled where its answers are more than the adapter can take."""
    async with asking(database, provider, adapter, place, reuse=reuse) as ask:
        told: list[Fetched] = []
        try:
            told = await adapter.fetch(role, scope, ask)
            if ask.doubt(frozenset().union(*(one.ask_again for one in told))):
                # What earlier runs stored did not serve.
                told = answered_anew(told, await adapter.fetch(role, scope, ask))
            return told
        except ProviderDown as error:
            heard.providers_down.append(str(error))
            return answered_anew(told, [down(subject, error) for subject in _subjects(adapter, role, scope.validators)])
        except UnreadableAnswer as error:
            raise Stumbled(provider.name, role, error) from error
        except (AuroraError, psycopg.Error, OSError):
            raise
        except Exception as error:
            raise Stumbled(provider.name, role, error) from error
        finally:
            heard.requests += ask.requests
            heard.reused += ask.reused
            heard.body_bytes += ask.body_bytes


def _subjects(adapter: Adapter, role: DataType, validators: Sequence[ValidatorAsked]) -> tuple[str, ...]:
    return subjects_of(role, validators, knows_part(adapter, role))


def _observed(
    connection: Connection,
    configuration: Configuration,
    period: Period,
    errand: Errand,
    validators: Sequence[ValidatorAsked],
) -> list[ProviderOutcome]:
    """What was observed of each validator, or of everyone at once."""
    slots = (period.first_slot, period.last_slot)
    chain_id, epoch = period.key.chain_id, period.key.epoch
    seen = samples(connection, configuration, chain_id, epoch, errand.role, slots, errand.observed_by)
    return [
        ProviderOutcome(sample.observation.provider, sample.observation.kind, final(subject, sample.answers))
        for subject in subjects_of(errand.role, validators)
        if (sample := seen.get(subject)) is not None
    ]


def _observers(errand: Errand) -> tuple[str, str]:
    """Name and kind of who should have observed, for the record of what nobody did."""
    observing = [provider for provider in errand.providers if errand.role in adapter_for(provider).observes]
    return (observing[0].name, observing[0].kind) if observing else NOBODY


def _record(
    connection: Connection, period: Period, data_type: str, outcome: ProviderOutcome, dagster_run: str | None
) -> None:
    fetched = outcome.fetched
    record_fetch(
        connection,
        period.key.chain_id,
        period.key.epoch,
        data_type,
        outcome.provider,
        outcome.kind,
        fetched.subject,
        fetched.state,
        fetched.verdict,
        fetched.reason,
        fetched.answers,
        dagster_run,
    )


def _report(
    period: Period,
    data_type: str,
    heard: _Heard,
    best: Mapping[str, ProviderOutcome],
    states: Mapping[str, FigureState],
    retracted: tuple[str, ...],
    refused: tuple[str, ...],
) -> StagingReport:
    return StagingReport(
        chain_id=period.key.chain_id,
        epoch=period.key.epoch,
        data_type=str(data_type),
        requests=heard.requests,
        reused=heard.reused,
        body_bytes=heard.body_bytes,
        states=tally(states.values()),
        reasons=lacking(best, states),
        providers_down=tuple(dict.fromkeys(heard.providers_down)),
        replaced=replaced(best, heard.outcomes),
        retracted=retracted,
        files_refused=refused,
        nothing_heard=bool(best) and all(one.is_unheard and one.may_come_back for one in best.values()),
    )


def _record_run(connection: Connection, report: StagingReport, dagster_run: str | None, started_at: datetime) -> None:
    insert_rows(
        connection,
        INGESTION_RUNS.name,
        [
            {
                "chain_id": report.chain_id,
                "epoch": report.epoch,
                "data_type": report.data_type,
                "dagster_run": dagster_run,
                "requests": report.requests,
                "reused": report.reused,
                "body_bytes": report.body_bytes,
                "states": json.dumps(dict(report.states)),
                "started_at": started_at,
            }
        ],
    )

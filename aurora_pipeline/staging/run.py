"""Staging a data type of a final period: ask the role's providers in order, keep every byte, record how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from aurora_pipeline.asking.adapter import EVERYONE, ValidatorAsked
from aurora_pipeline.asking.event_loop import ask_now
from aurora_pipeline.asking.verdict import final
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.provider import Provider
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.periods.record import Period, load_period
from aurora_pipeline.registry.validators import identities_between, operated_at
from aurora_pipeline.sources.kinds import adapter_for, knows_part
from aurora_pipeline.staging.asking_in_order import RunSoFar, ask_in_order
from aurora_pipeline.staging.changed_files import changed_subjects
from aurora_pipeline.staging.covered import leaves_out
from aurora_pipeline.staging.plan import (
    NOBODY,
    NOW_ONLY,
    ProviderOutcome,
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
    with_not_observed,
    with_what_others_said,
    without,
    worth_recording,
)
from aurora_pipeline.staging.report import StagingReport, together
from aurora_pipeline.staging.samples import samples
from aurora_pipeline.staging.scope import scope_of
from aurora_pipeline.store.database import Connection, Database, insert_rows
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import fetch_states, fetches_in_force, record_fetch
from aurora_pipeline.store.payloads.tables import INGESTION_RUNS

__all__ = ["StagingReport", "stage", "stage_period"]


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
        is_now_only = errand.role in NOW_ONLY and family.traits.forgets_states
        changed = changed_subjects(
            connection, errand.providers, chain_id, epoch, errand.role, errand.stored_as, family, in_force
        )
        states = {subject: one.state for subject, one in in_force.items()}
        left_out = [EVERYONE] if leaves_out(connection, in_force, validators) else []
        todo = still_to_ask(validators, without(states, [*changed, *left_out]), refetch)
        heard = RunSoFar()
        if todo and is_now_only:
            heard.outcomes = _observed(connection, configuration, period, errand, todo)
        asked = [one for one in errand.providers if errand.role in adapter_for(one).serves]
        if todo and asked:
            scope = scope_of(connection, configuration, period, errand.role, todo)
    if todo and asked:
        ask_now(ask_in_order(database, asked, errand.role, errand.stored_as, scope, refetch, heard))
    if not errand.providers:
        heard.outcomes += nobody_named(errand.role, todo, heard.outcomes)
    if is_now_only:
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
    heard: RunSoFar,
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

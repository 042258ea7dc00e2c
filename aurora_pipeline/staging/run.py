"""Staging a data type of a final period: ask the role's providers in order, keep every byte, record how it ended."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.provider import Provider
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.periods.key import PeriodKey
from aurora_pipeline.periods.record import Period, load_period
from aurora_pipeline.periods.validators import operated_at
from aurora_pipeline.providers.adapter import (
    LEADER_SCHEDULE,
    FetchScope,
    ProviderDown,
    ValidatorAsked,
)
from aurora_pipeline.providers.asking import Place, asking
from aurora_pipeline.providers.kinds import adapter_for
from aurora_pipeline.providers.verdict import down, final, unavailable
from aurora_pipeline.runtime import Aurora
from aurora_pipeline.staging.observed import (
    Sample,
    observed_identities,
    observed_leader_schedule,
    observed_stake_accounts,
    samples,
)
from aurora_pipeline.staging.plan import (
    NOT_OBSERVED,
    NOW_ONLY,
    Outcome,
    kept,
    still_to_ask,
    subjects_of,
    tally,
    unresolved,
    worth_recording,
)
from aurora_pipeline.staging.report import StagingReport
from aurora_pipeline.store.database import Connection, Database, insert_rows
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads import INGESTION_RUNS, fetch_states, record_fetch

__all__ = ["StagingReport", "stage", "stage_period"]

_REASONS_SHOWN: Final = 20


@dataclass
class _Heard:
    """What a run has heard so far, and what it cost."""

    outcomes: list[Outcome] = field(default_factory=list)
    providers_down: list[str] = field(default_factory=list)
    requests: int = 0
    reused: int = 0
    body_bytes: int = 0


def stage_period(
    aurora: Aurora, key: PeriodKey, data_type: str, *, refetch: bool = False, dagster_run: str | None = None
) -> StagingReport:
    """Stage a data type of a recorded period for the validators operated at its last instant."""
    database, configuration = aurora.database, aurora.configuration
    with database.connect() as connection:
        period = load_period(connection, key)
        operated = operated_at(connection, key.chain_id, period.last_instant)
    validators = tuple(ValidatorAsked(one.validator_key, one.identity_key) for one in operated.validators)
    chain = configuration.chain(key.chain_id)
    return stage(database, configuration, chain, period, data_type, validators, refetch, dagster_run)


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

    Now-only data is taken from observations. Where no provider can be had, that is recorded as pending too: whoever
    reads the fetches learns why there is no figure, and the report says `nothing_heard`.
    """
    started_at = datetime.now(UTC)
    providers = configuration.providers_for(chain.chain_id, DataType(data_type))
    with database.connect() as connection:
        states = fetch_states(connection, chain.chain_id, period.key.epoch, data_type)
        todo = still_to_ask(validators, states, refetch)
        heard = _Heard()
        if todo and data_type in NOW_ONLY:
            heard.outcomes = _observed(connection, configuration, period, data_type, todo, providers)
        elif todo:
            scope = _scope(connection, configuration, period, data_type, todo)
    if todo and data_type not in NOW_ONLY:
        asyncio.run(_ask_in_order(database, providers, data_type, scope, refetch, heard))
    best = kept(heard.outcomes)
    with database.connect() as connection:
        for outcome in best.values():
            if worth_recording(outcome, states.get(outcome.fetched.subject)):
                _record(connection, period, data_type, outcome, dagster_run)
        now = fetch_states(connection, chain.chain_id, period.key.epoch, data_type)
        report = _report(period, data_type, heard, best, now)
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

    def seen(what: str) -> dict[str, Sample]:
        slots = (period.first_slot, period.last_slot)
        return samples(connection, configuration, period.key.chain_id, period.key.epoch, what, slots)

    if any(one.identity_key is None for one in validators):
        identities = observed_identities(seen(DataType.META))
        validators = [
            replace(one, identity_key=one.identity_key or identities.get(one.validator_key)) for one in validators
        ]
    keys = [one.validator_key for one in validators]
    is_fees, is_rewards = data_type == DataType.FEES, data_type == DataType.REWARDS
    return FetchScope(
        chain_id=period.key.chain_id,
        epoch=period.key.epoch,
        first_slot=period.first_slot,
        last_slot=period.last_slot,
        validators=tuple(validators),
        stake_accounts=observed_stake_accounts(seen(DataType.POSITIONS), keys) if is_rewards else {},
        leader_schedule=observed_leader_schedule(seen(LEADER_SCHEDULE)) if is_fees else None,
    )


async def _ask_in_order(
    database: Database, providers: Sequence[Provider], data_type: str, scope: FetchScope, refetch: bool, heard: _Heard
) -> None:
    """Ask the role's providers in order, each one about what those before it could not tell."""
    for provider in providers:
        left = unresolved(scope.validators, kept(heard.outcomes))
        adapter = adapter_for(provider)
        if not left or data_type not in adapter.serves:
            continue
        place = Place(scope.chain_id, scope.epoch, data_type)
        async with asking(database, provider, adapter, place, reuse=not refetch) as ask:
            try:
                fetched = await adapter.fetch(data_type, replace(scope, validators=left), ask)
            except ProviderDown as error:
                heard.providers_down.append(str(error))
                fetched = [down(subject, error) for subject in subjects_of(data_type, left)]
            heard.requests += ask.requests
            heard.reused += ask.reused
            heard.body_bytes += ask.body_bytes
        outcomes = [Outcome(provider.name, adapter.kind, one) for one in fetched]
        heard.outcomes += outcomes
        if outcomes and all(outcome.is_unheard for outcome in outcomes) and fetched[0].reason is not None:
            heard.providers_down.append(fetched[0].reason)


def _observed(
    connection: Connection,
    configuration: Configuration,
    period: Period,
    data_type: str,
    validators: Sequence[ValidatorAsked],
    providers: Sequence[Provider],
) -> list[Outcome]:
    """What was observed of each validator, or of everyone at once; and who was not observed."""
    slots = (period.first_slot, period.last_slot)
    seen = samples(connection, configuration, period.key.chain_id, period.key.epoch, data_type, slots)
    observing = [provider for provider in providers if data_type in adapter_for(provider).observes]
    nobody = (observing[0].name, observing[0].kind) if observing else ("none", "none")
    outcomes = []
    for subject in subjects_of(data_type, validators):
        sample = seen.get(subject)
        if sample is None:
            outcomes.append(Outcome(*nobody, unavailable(subject, NOT_OBSERVED, other_may_know=False)))
        else:
            seen_by = sample.observation
            outcomes.append(Outcome(seen_by.provider, seen_by.kind, final(subject, sample.answers)))
    return outcomes


def _record(connection: Connection, period: Period, data_type: str, outcome: Outcome, dagster_run: str | None) -> None:
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
        fetched.reason,
        fetched.answers,
        dagster_run,
    )


def _report(
    period: Period, data_type: str, heard: _Heard, best: Mapping[str, Outcome], states: Mapping[str, FigureState]
) -> StagingReport:
    lacking = [one.fetched for one in best.values() if one.fetched.state is not FigureState.FINAL]
    return StagingReport(
        chain_id=period.key.chain_id,
        epoch=period.key.epoch,
        data_type=str(data_type),
        requests=heard.requests,
        reused=heard.reused,
        body_bytes=heard.body_bytes,
        states=tally(states.values()),
        reasons=dict(Counter(f"{one.state.value}: {one.reason}" for one in lacking).most_common(_REASONS_SHOWN)),
        providers_down=tuple(dict.fromkeys(heard.providers_down)),
        nothing_heard=bool(best) and all(outcome.is_unheard for outcome in best.values()),
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

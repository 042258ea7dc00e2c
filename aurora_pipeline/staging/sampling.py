"""A look at the running period: now-only data is sampled before the chain forgets it, and kept as observations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import psycopg

from aurora_pipeline.asking.adapter import EVERYONE, LEADER_SCHEDULE, Adapter, Fetched, FetchScope, ProviderDown
from aurora_pipeline.asking.event_loop import ask_now
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.asking.recording import StoredUnder, asking
from aurora_pipeline.asking.verdict import Stumbled
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.provider import Provider
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.sources.kinds import adapter_for
from aurora_pipeline.staging.observers import OBSERVED, observers, role_of
from aurora_pipeline.staging.report import NothingObserved, ObservationReport
from aurora_pipeline.staging.samples import samples
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.tables import OBSERVATIONS
from aurora_pipeline.store.row_chains import append_chained


@dataclass
class _Seen:
    """What a look has brought so far."""

    observed: dict[str, int] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    asked: set[tuple[str, str]] = field(default_factory=set)
    """Data types and the providers asked for them."""
    requests: int = 0
    answered: bool = False


def observe(
    database: Database, configuration: Configuration, chain: Chain, scope: FetchScope, slot: int
) -> ObservationReport:
    """Sample positions, meta and the leader schedule of the running epoch, also with those who cross-check them.

    `scope` is the running epoch with the validators operated now, `slot` the head's slot before this call. Subjects
    whose sample straddles the epoch's end are left out. Raises NothingObserved where no provider answered at all.
    """
    seen = _Seen()
    for data_type in OBSERVED:
        if data_type == LEADER_SCHEDULE and _has_schedule(database, configuration, scope):
            seen.answered = True
            continue
        providers = observers(configuration, chain, data_type)
        ask_now(_observe_in_order(database, providers, data_type, scope, slot, seen))
        for checker in configuration.cross_checkers_for(chain.chain_id, role_of(data_type, chain)):
            observes = data_type in adapter_for(checker).observes and data_type != LEADER_SCHEDULE
            if observes and (data_type, checker.name) not in seen.asked:
                ask_now(_observe_in_order(database, [checker], data_type, scope, slot, seen))
    if seen.left_out and not seen.answered:
        raise NothingObserved(
            f"{chain.chain_id} epoch {scope.epoch}: nothing could be observed ({'; '.join(seen.left_out)})",
            "look again before the epoch ends: what is not observed in time stays unavailable",
        )
    return ObservationReport(
        chain.chain_id, scope.epoch, slot, seen.requests, dict(seen.observed), tuple(seen.left_out)
    )


def _has_schedule(database: Database, configuration: Configuration, scope: FetchScope) -> bool:
    """Whether the leader schedule of the whole period was observed; it does not change while that runs."""
    slots = (scope.first_slot, scope.last_slot)
    with database.connect() as connection:
        return EVERYONE in samples(connection, configuration, scope.chain_id, scope.epoch, LEADER_SCHEDULE, slots)


async def _observe_in_order(
    database: Database, providers: Sequence[Provider], data_type: str, scope: FetchScope, slot: int, seen: _Seen
) -> None:
    """Ask the role's providers in order until every subject was sampled."""
    left = scope.validators
    for provider in providers:
        adapter = adapter_for(provider)
        seen.asked.add((data_type, provider.name))
        began_at = datetime.now(UTC)
        place = StoredUnder(scope.chain_id, scope.epoch, data_type)
        async with asking(database, provider, adapter, place, reuse=False, keep=False) as ask:
            try:
                sampled = await adapter.observe(data_type, replace(scope, validators=left), ask)
            except ProviderDown as error:
                seen.left_out.append(f"{data_type}: {error}")
                sampled = []
            except UnreadableAnswer as error:
                seen.left_out.append(f"{data_type}: {error.message}")
                sampled = []
            except (AuroraError, psycopg.Error, OSError):
                raise
            # One provider's odd answer must not cost the sample of the others: what is not observed now never is.
            except Exception as error:
                seen.left_out.append(f"{data_type}: {Stumbled(provider.name, data_type, error)}")
                sampled = []
            seen.requests += ask.requests
        seen.answered = seen.answered or bool(sampled)
        good = [one for one in sampled if one.state is FigureState.FINAL]
        seen.left_out += [
            f"{data_type} of {one.subject} ({provider.name}): {one.reason}"
            for one in sampled
            if one.state is not FigureState.FINAL
        ]
        _record(database, data_type, provider, adapter, scope, slot, began_at, good)
        seen.observed[data_type] = seen.observed.get(data_type, 0) + len(good)
        subjects = {one.subject for one in good}
        left = tuple(one for one in left if one.validator_key not in subjects)
        # What is about no single validator is about all of them.
        if not left or subjects - {one.validator_key for one in scope.validators}:
            return


def _record(
    database: Database,
    data_type: str,
    provider: Provider,
    adapter: Adapter,
    scope: FetchScope,
    slot: int,
    began_at: datetime,
    sampled: Sequence[Fetched],
) -> None:
    rows = [
        {
            "chain_id": scope.chain_id,
            "epoch": scope.epoch,
            "data_type": data_type,
            "provider": provider.name,
            "kind": adapter.kind,
            "subject": one.subject,
            "slot": slot,
            "observed_at": began_at,
            "payload_ids": [answer.payload_id for answer in one.answers],
        }
        for one in sampled
    ]
    with database.connect() as connection:
        append_chained(connection, OBSERVATIONS, rows)

"""Asking a role's providers in order, each one about what those before it could not tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import psycopg

from aurora_pipeline.asking.adapter import Adapter, Fetched, FetchScope, ProviderDown, ValidatorAsked
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.asking.recording import StoredUnder, asking
from aurora_pipeline.asking.verdict import Stumbled, down, not_understood
from aurora_pipeline.config.provider import Provider
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.log import logger
from aurora_pipeline.sources.kinds import adapter_for, knows_part, promised_costs
from aurora_pipeline.staging.plan import ProviderOutcome, answered_anew, as_fallback, kept, subjects_of, unresolved
from aurora_pipeline.store.database import Database

_log = logger("staging")


@dataclass
class RunSoFar:
    """What a run has heard so far, and what it cost."""

    outcomes: list[ProviderOutcome] = field(default_factory=list)
    providers_down: list[str] = field(default_factory=list)
    requests: int = 0
    reused: int = 0
    body_bytes: int = 0


async def ask_in_order(
    database: Database,
    providers: Sequence[Provider],
    role: DataType,
    stored_as: str,
    scope: FetchScope,
    refetch: bool,
    heard: RunSoFar,
) -> None:
    """Ask the providers in order, each one about what those before it could not tell."""
    promises = {provider.name: promised_costs(provider, role) for provider in providers}
    for provider in providers:
        left = unresolved(scope.validators, kept(heard.outcomes))
        if not left:
            return
        adapter = adapter_for(provider)
        place = StoredUnder(scope.chain_id, scope.epoch, stored_as)
        asked = replace(scope, validators=left)
        try:
            fetched = await _fetch(database, provider, adapter, place, role, asked, not refetch, heard)
        except Stumbled as stumbled:
            # Stored answers may be what it stumbled over: asked again, the provider may say something better.
            _log.warning("%s", stumbled)
            try:
                fetched = await _fetch(database, provider, adapter, place, role, asked, False, heard)
            except Stumbled as again:
                fetched = [not_understood(subject, again) for subject in _subjects(adapter, role, left)]
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
    heard: RunSoFar,
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

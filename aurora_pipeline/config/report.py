"""The configuration in rows for people: which chains, whom they ask for what, how providers are treated."""

from __future__ import annotations

from dataclasses import dataclass

from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.provider import Provider
from aurora_pipeline.config.vocabulary import ROLES


@dataclass(frozen=True)
class RoleRow:
    """One role of one chain and its providers in the order in which they are asked."""

    chain_id: str
    chain_enabled: bool
    role: str
    asked: tuple[str, ...]
    skipped: tuple[str, ...]
    """Named, but disabled (or, for a disabled chain, not described)."""


@dataclass(frozen=True)
class ProviderRow:
    """One provider as it may be shown: nothing in it is secret."""

    name: str
    kind: str
    enabled: bool
    url: str
    limits: str
    has_key: bool
    unset_variables: tuple[str, ...]


def config_report(configuration: Configuration) -> list[RoleRow]:
    """Every chain and role, in the order of the file."""
    rows: list[RoleRow] = []
    for chain in configuration.chains.values():
        for role in ROLES:
            named = chain.roles.get(role, ())
            asked = tuple(provider.name for provider in configuration.providers_for(chain.chain_id, role))
            skipped = tuple(name for name in named if name not in asked)
            rows.append(RoleRow(chain.chain_id, chain.enabled, role.value, asked, skipped))
    return rows


def provider_report(configuration: Configuration) -> list[ProviderRow]:
    """Every provider, in the order of the file."""
    return [
        ProviderRow(
            name=name,
            kind=provider.kind,
            enabled=provider.enabled,
            url=provider.shown_url,
            limits=_limits(provider),
            has_key=provider.api_key is not None,
            unset_variables=configuration.unset_variables.get(name, configuration.address_variables.get(name, ())),
        )
        for name, provider in configuration.providers.items()
    ]


def _limits(provider: Provider) -> str:
    at_once = f"{provider.concurrency} at once"
    if provider.rate_limit is None:
        return at_once
    return f"{provider.rate_limit.requests} in {provider.rate_limit.per_seconds:g} s, {at_once}"

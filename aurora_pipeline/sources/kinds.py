"""Which kinds of providers there are: the one place where a source is registered."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aurora_pipeline.asking.adapter import Adapter, KnowsPart, PromisesCosts
from aurora_pipeline.config.errors import ProviderKindUnknown
from aurora_pipeline.config.provider import FILE_KIND, Provider
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.beacon.source import BEACON_API
from aurora_pipeline.sources.beaconcha.source import BEACONCHA
from aurora_pipeline.sources.contract import Source
from aurora_pipeline.sources.evm.source import EVM_RPC
from aurora_pipeline.sources.files.ask import OwnFiles
from aurora_pipeline.sources.files.source import FILES
from aurora_pipeline.sources.jito.source import JITO
from aurora_pipeline.sources.relays.source import MEV_RELAY
from aurora_pipeline.sources.solana.source import SOLANA_RPC
from aurora_pipeline.sources.solanabeach.source import SOLANA_BEACH
from aurora_pipeline.sources.stakewiz.source import STAKEWIZ
from aurora_pipeline.sources.trillium.source import TRILLIUM

_sources: Final[dict[str, Source]] = {}
_roles: Final[dict[str, frozenset[DataType]]] = {}
SOURCES: Final[Mapping[str, Source]] = MappingProxyType(_sources)
"""The sources by kind."""
KINDS: Final[Mapping[str, frozenset[DataType]]] = MappingProxyType(_roles)
"""The roles that each kind can fill."""


def register(source: Source) -> None:
    """Make a kind known. One that does not tell just what it is asked for would lose figures, so it is refused."""
    kind = source.kind
    problems = source.broken_promises() + (["it is registered already"] if kind in _sources else [])
    if problems:
        raise ValueError(f"providers of kind {kind} can't be used: {'; '.join(problems)}")
    _sources[kind] = source
    _roles[kind] = source.roles


for _source in (SOLANA_RPC, JITO, STAKEWIZ, SOLANA_BEACH, TRILLIUM, BEACON_API, EVM_RPC, MEV_RELAY, BEACONCHA, FILES):
    register(_source)


def adapter_for(provider: Provider) -> Adapter:
    """The adapter that speaks a provider's API."""
    if provider.kind == FILE_KIND:
        return OwnFiles(provider.name, provider.files)
    return adapter_of(provider.kind, provider.name)


def promised_costs(provider: Provider, data_type: str) -> frozenset[str]:
    """The types of cost that a provider's answers about a data type tell."""
    adapter = adapter_for(provider)
    return adapter.promised_costs(data_type) if isinstance(adapter, PromisesCosts) else frozenset()


def knows_part(adapter: Adapter, data_type: str) -> bool:
    """Whether each provider of a kind knows only a part of a data type, so that all of them are asked."""
    return isinstance(adapter, KnowsPart) and data_type in adapter.parts


def adapter_of(kind: str, provider: str) -> Adapter:
    """The adapter of a kind, for answers of a provider that may not be configured any more."""
    if kind not in SOURCES:
        raise ProviderKindUnknown(
            f"provider {provider} is of the unknown kind {kind!r}", f"kinds are {', '.join(sorted(SOURCES))}"
        )
    return SOURCES[kind].adapter(provider)

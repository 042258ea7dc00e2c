"""Which kinds of providers there are: the one place where an adapter is registered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from aurora_pipeline.asking.adapter import Adapter, PromisesCosts
from aurora_pipeline.config.errors import ProviderKindUnknown
from aurora_pipeline.config.provider import FILE_KIND, Provider
from aurora_pipeline.config.vocabulary import ROLES
from aurora_pipeline.sources.files.ask import OwnFiles
from aurora_pipeline.sources.jito.ask import Jito
from aurora_pipeline.sources.solana.ask import SolanaRpc
from aurora_pipeline.sources.solanabeach.ask import SolanaBeach
from aurora_pipeline.sources.stakewiz.ask import Stakewiz
from aurora_pipeline.sources.trillium.ask import Trillium

_ADAPTERS: Final[Mapping[str, Callable[[str], Adapter]]] = MappingProxyType(
    {
        SolanaRpc.kind: SolanaRpc,
        Jito.kind: Jito,
        Stakewiz.kind: Stakewiz,
        SolanaBeach.kind: SolanaBeach,
        Trillium.kind: Trillium,
        OwnFiles.kind: OwnFiles,
    }
)

KINDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {kind: (make("").serves | make("").observes) & frozenset(ROLES) for kind, make in _ADAPTERS.items()}
)
"""The roles that each kind can fill."""


def adapter_for(provider: Provider) -> Adapter:
    """The adapter that speaks a provider's API."""
    if provider.kind == FILE_KIND:
        return OwnFiles(provider.name, provider.files)
    return adapter_of(provider.kind, provider.name)


def promised_costs(provider: Provider, data_type: str) -> frozenset[str]:
    """The types of cost that a provider's answers about a data type tell."""
    adapter = adapter_for(provider)
    return adapter.promised_costs(data_type) if isinstance(adapter, PromisesCosts) else frozenset()


def adapter_of(kind: str, provider: str) -> Adapter:
    """The adapter of a kind, for answers of a provider that may not be configured any more."""
    if kind not in _ADAPTERS:
        raise ProviderKindUnknown(
            f"provider {provider} is of the unknown kind {kind!r}", f"kinds are {', '.join(sorted(_ADAPTERS))}"
        )
    return _ADAPTERS[kind](provider)

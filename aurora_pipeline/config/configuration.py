"""The whole configuration: chains and providers that were checked together."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator, Field

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.errors import ChainDisabled, ChainUnknown
from aurora_pipeline.config.fields import FrozenModel
from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.config.provider import Provider
from aurora_pipeline.config.vocabulary import DataType


class Configuration(FrozenModel):
    """Chains by id and providers by name, in the order of the files."""

    chains: Annotated[Mapping[str, Chain], AfterValidator(MappingProxyType)]
    providers: Annotated[Mapping[str, Provider], AfterValidator(MappingProxyType)]
    unset_variables: Annotated[Mapping[str, tuple[str, ...]], AfterValidator(MappingProxyType)] = Field(
        default=MappingProxyType({})
    )
    """Per provider that nobody asks: the variables it would need."""

    def chain(self, chain_id: str) -> Chain:
        """The chain with this id, enabled or not."""
        if chain_id not in self.chains:
            raise ChainUnknown(f"there is no chain {chain_id!r}", did_you_mean(chain_id, self.chains, "chain"))
        return self.chains[chain_id]

    def usable_chain(self, chain_id: str) -> Chain:
        """The chain with this id, which must be enabled."""
        chain = self.chain(chain_id)
        if not chain.enabled:
            raise ChainDisabled(f"{chain_id} is disabled", "set `enabled: true` in chains.yaml")
        return chain

    def enabled_chains(self) -> tuple[Chain, ...]:
        """The chains that are computed."""
        return tuple(chain for chain in self.chains.values() if chain.enabled)

    def providers_for(self, chain_id: str, data_type: DataType) -> tuple[Provider, ...]:
        """The enabled providers of a role in the order in which they are asked."""
        names = self.chain(chain_id).roles.get(data_type, ())
        known = [self.providers[name] for name in names if name in self.providers]
        return tuple(provider for provider in known if provider.enabled)

    def period_files_of(self, chain_id: str) -> tuple[Provider, ...]:
        """The enabled providers whose files tell when a chain's epochs began and ended."""
        known = [self.providers[name] for name in self.chain(chain_id).periods if name in self.providers]
        return tuple(provider for provider in known if provider.enabled)

    def cross_checkers_for(self, chain_id: str, data_type: DataType) -> tuple[Provider, ...]:
        """The enabled providers whose figures of a data type are compared with those in force."""
        names = self.chain(chain_id).cross_checks.get(data_type, ())
        known = [self.providers[name] for name in names if name in self.providers]
        return tuple(provider for provider in known if provider.enabled)

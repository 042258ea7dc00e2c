"""The whole configuration: chains and providers that were checked together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator, Field

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.errors import ChainDisabled, ChainNotSetUp, ChainUnknown
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

    address_variables: Annotated[Mapping[str, tuple[str, ...]], AfterValidator(MappingProxyType)] = Field(
        default=MappingProxyType({})
    )
    """Per provider without an address: the variables that would give it one."""

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
        lacking = self.without_address(chain)
        if lacking:
            raise ChainNotSetUp(f"{chain_id} is not set up: {_have_no_address(lacking)}", self._how_to_set_up(lacking))
        return chain

    def enabled_chains(self) -> tuple[Chain, ...]:
        """The chains that are computed: those that are enabled and set up."""
        return tuple(chain for chain in self.chains.values() if chain.enabled and not self.without_address(chain))

    def without_address(self, chain: Chain) -> tuple[str, ...]:
        """The enabled providers for lack of whose address a chain is not set up: a role of it has no other."""
        found: dict[str, None] = {}
        for names in chain.roles.values():
            enabled = [
                self.providers[name] for name in names if name in self.providers and self.providers[name].enabled
            ]
            if not any(provider.is_asked for provider in enabled):
                found |= dict.fromkeys(provider.name for provider in enabled)
        return tuple(found)

    def not_set_up(self, chain_id: str | None = None) -> list[str]:
        """A sentence for each enabled chain, or for one of them, that is not computed because it is not set up."""
        chains = [chain for chain in self.chains.values() if chain.enabled and chain_id in (None, chain.chain_id)]
        lacking = {chain.chain_id: self.without_address(chain) for chain in chains}
        return [
            f"{name} is not set up: {_have_no_address(providers)}; {self._how_to_set_up(providers)}"
            for name, providers in lacking.items()
            if providers
        ]

    def _how_to_set_up(self, providers: Sequence[str]) -> str:
        variables = dict.fromkeys(name for one in providers for name in self.address_variables.get(one, ()))
        how = f"set {' and '.join(variables)}" if variables else "write its base_url into providers.yaml"
        return f"{how}, or `enabled: false` for the chain"

    def providers_for(self, chain_id: str, data_type: DataType) -> tuple[Provider, ...]:
        """The enabled providers of a role that have an address, in the order in which they are asked."""
        names = self.chain(chain_id).roles.get(data_type, ())
        known = [self.providers[name] for name in names if name in self.providers]
        return tuple(provider for provider in known if provider.is_asked)

    def period_files_of(self, chain_id: str) -> tuple[Provider, ...]:
        """The enabled providers whose files tell when a chain's epochs began and ended."""
        known = [self.providers[name] for name in self.chain(chain_id).periods if name in self.providers]
        return tuple(provider for provider in known if provider.enabled)

    def cross_checkers_for(self, chain_id: str, data_type: DataType) -> tuple[Provider, ...]:
        """The enabled providers whose figures of a data type are compared with those in force."""
        names = self.chain(chain_id).cross_checks.get(data_type, ())
        known = [self.providers[name] for name in names if name in self.providers]
        return tuple(provider for provider in known if provider.is_asked)


def _have_no_address(providers: Sequence[str]) -> str:
    return f"{', '.join(providers)} {'has' if len(providers) == 1 else 'have'} no address"

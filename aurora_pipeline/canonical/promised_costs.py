"""Costs that the configured sources promise to tell: where they do not, the cost is missing, and so is the net."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aurora_pipeline.canonical.loading import CONFIG_TAG
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.kinds import promised_costs
from aurora_pipeline.store.digests import Input, record_digest

COSTS_PROMISED: Final = "costs_promised"
_ROLES: Final = (DataType.COSTS, DataType.MEV)


@dataclass(frozen=True)
class Promises:
    """Types of cost by the role whose providers promise them."""

    by_role: Mapping[str, frozenset[str]]

    def of(self, role: DataType) -> frozenset[str]:
        """What the providers of a role promise."""
        return self.by_role.get(role, frozenset())

    @property
    def digest(self) -> str:
        """What commits to them in a lineage."""
        text = ";".join(f"{role}={','.join(sorted(types))}" for role, types in sorted(self.by_role.items()))
        return record_digest(CONFIG_TAG, COSTS_PROMISED, text)

    def as_input(self, chain_id: str) -> Input:
        """How a snapshot names them."""
        return Input("config", f"chains.{chain_id}.{COSTS_PROMISED}", self.digest)


NO_PROMISES: Final = Promises({})


def promises_of(configuration: Configuration, chain_id: str) -> Promises:
    """What a chain's enabled providers promise, the fallbacks among them."""
    return Promises(
        {
            str(role): frozenset().union(
                *(promised_costs(provider, role) for provider in configuration.providers_for(chain_id, role))
            )
            for role in _ROLES
        }
    )

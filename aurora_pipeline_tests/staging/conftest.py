"""A simulated chain and the demo's configuration of it, for tests that stage and observe."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import pytest

from aurora_pipeline.asking.adapter import FetchScope, ValidatorAsked
from aurora_pipeline.asking.recording import asking_unrecorded
from aurora_pipeline.config import Chain, Configuration, Retries, load_configuration
from aurora_pipeline.demo.process import SimulatorProcess
from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.demo.solana.truth import ValidatorTruth, truth, world_of
from aurora_pipeline.demo.solana.world import World as ChainWorld
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.periods.record import Period
from aurora_pipeline.sources.family import ChainHead, PeriodBounds
from aurora_pipeline.sources.kinds import KINDS, adapter_for
from aurora_pipeline.sources.solana.periods import bounds, head

FIRST_EPOCH = EpochNumber(850)
OPERATED = 8
_STAKE_ACCOUNTS = 200


def demo_configuration(url: str, providers: str | None = None, tmp_path: Path | None = None) -> Configuration:
    """The demo's configuration for a simulator; `providers` overrides providers.yaml, for Solana's chain alone."""
    demo = Path(str(files("aurora_pipeline.demo")))
    chains, path = demo / "chains.yaml", demo / "providers.yaml"
    if providers is not None and tmp_path is not None:
        path = tmp_path / "providers.yaml"
        path.write_text(providers, encoding="utf-8")
        first, _, _ = chains.read_text(encoding="utf-8").partition("\n  - chain_id: ethereum-demo")
        chains = tmp_path / "chains.yaml"
        chains.write_text(first, encoding="utf-8")
    return load_configuration(chains, path, {"AURORA_DEMO_URL": url}, KINDS)


def without_pauses(configuration: Configuration) -> Configuration:
    """The same, but retries do not wait."""
    at_once = Retries(attempts=3, wait_seconds_max=0)
    providers = {name: one.model_copy(update={"retries": at_once}) for name, one in configuration.providers.items()}
    return configuration.model_copy(update={"providers": providers})


@dataclass
class World:
    """A running simulator, in its first epoch until time is let pass, with some of its validators operated."""

    simulator: SimulatorProcess
    configuration: Configuration

    @property
    def truth(self) -> tuple[ValidatorTruth, ...]:
        """What the operated validators really did in the first epoch; those that skipped slots are among them."""
        everybody = truth(Parameters(stake_accounts=_STAKE_ACCOUNTS), FIRST_EPOCH).validators
        return tuple(sorted(everybody, key=lambda one: (-one.skipped, one.vote))[:OPERATED])

    @property
    def whole(self) -> ChainWorld:
        """The simulated chain itself."""
        return world_of(Parameters(stake_accounts=_STAKE_ACCOUNTS))

    @property
    def validators(self) -> tuple[ValidatorAsked, ...]:
        """The operated validators; identities are to be found out."""
        return tuple(ValidatorAsked(one.vote, None) for one in self.truth)

    @property
    def chain(self) -> Chain:
        return self.configuration.chain("solana-demo")

    def head(self) -> ChainHead:
        return self._asked("head", 0)  # type: ignore[return-value]  # told apart by the name

    def scope(self, info: ChainHead) -> FetchScope:
        return FetchScope(
            self.chain.chain_id, info.epoch, info.first_slot, info.last_slot, self.validators, family=self.chain.family
        )

    def period(self, epoch: int = FIRST_EPOCH) -> Period:
        found = self._asked("bounds", epoch)
        assert isinstance(found, PeriodBounds)
        return Period(
            PeriodKey(self.chain.chain_id, EpochNumber(epoch)),
            found.first_slot,
            found.last_slot,
            found.first_block_slot,
            found.last_block_slot,
            found.started_at,
            found.ended_at,
        )

    def _asked(self, what: str, epoch: int) -> ChainHead | PeriodBounds:
        provider = self.configuration.providers["demo-rpc"]

        async def go() -> ChainHead | PeriodBounds:
            async with asking_unrecorded(provider, adapter_for(provider)) as ask:
                return await (
                    head(ask, provider.name) if what == "head" else bounds(EpochNumber(epoch), ask, provider.name)
                )

        return asyncio.run(go())


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A small chain in its first epoch."""
    with SimulatorProcess(tmp_path / "chain" / "state.json", stake_accounts=_STAKE_ACCOUNTS) as simulator:
        yield World(simulator, without_pauses(demo_configuration(simulator.url)))

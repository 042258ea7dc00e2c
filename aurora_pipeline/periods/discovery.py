"""Finding finalized periods: ask the chain for its head, record the bounds of what has ended and is final."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.provider import Provider
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.errors import AuroraError
from aurora_pipeline.periods.key import PeriodKey
from aurora_pipeline.periods.record import Period, record_period, recorded_periods
from aurora_pipeline.providers.adapter import ProviderDown
from aurora_pipeline.providers.asking import Place, asking, asking_unrecorded
from aurora_pipeline.providers.kinds import adapter_for
from aurora_pipeline.providers.reading import UnreadableAnswer
from aurora_pipeline.providers.solana_answers import EpochInfo
from aurora_pipeline.providers.solana_periods import bounds, head
from aurora_pipeline.providers.solana_rpc import SolanaRpc
from aurora_pipeline.store.database import Database

Told = TypeVar("Told")

PERIODS_AT_ONCE = 50
"""How many periods one discovery records at most; the next one goes on."""


@dataclass(frozen=True)
class Discovered:
    """Where the chain is, and which final periods were recorded now."""

    chain_id: str
    head_epoch: int
    head_slot: int
    recorded: tuple[Period, ...]


def final_epochs(info: EpochInfo, first_period: int, finality_lag: int, recorded: Collection[int]) -> list[int]:
    """The epochs that are final and not recorded yet, oldest first.

    The epoch before the running one is final once the head is `finality_lag` slots beyond its last slot.
    """
    newest = info.epoch - 1 if info.slot_index >= finality_lag else info.epoch - 2
    return [epoch for epoch in range(first_period, newest + 1) if epoch not in recorded]


def discover_periods(
    database: Database,
    configuration: Configuration,
    chain: Chain,
    *,
    last: int | None = None,
    at_most: int = PERIODS_AT_ONCE,
) -> Discovered:
    """Record what has become final since the last time, up to epoch `last`; oldest first, `at_most` at once."""
    return asyncio.run(_discover(database, configuration, chain, last, at_most))


def chain_head(configuration: Configuration, chain: Chain) -> EpochInfo:
    """Where the chain's finalized head is."""
    return asyncio.run(_from_any(configuration, chain, _head))


async def _head(provider: Provider) -> EpochInfo:
    async with asking_unrecorded(provider, adapter_for(provider)) as ask:
        return await head(ask, provider.name)


async def _discover(
    database: Database, configuration: Configuration, chain: Chain, last: int | None, at_most: int
) -> Discovered:
    info = await _from_any(configuration, chain, _head)
    with database.connect() as connection:
        known = {period.key.epoch for period in recorded_periods(connection, chain.chain_id)}
    wanted = final_epochs(info, chain.first_period, chain.finality_lag, known)
    found = []
    for epoch in [epoch for epoch in wanted if last is None or epoch <= last][:at_most]:
        found.append(await _from_any(configuration, chain, _Recording(database, chain.chain_id, epoch)))
    return Discovered(chain.chain_id, info.epoch, info.absolute_slot, tuple(found))


@dataclass(frozen=True)
class _Recording:
    """Ask one provider for an epoch's bounds, its answers stored first, and record the period."""

    database: Database
    chain_id: str
    epoch: int

    async def __call__(self, provider: Provider) -> Period:
        place = Place(self.chain_id, self.epoch, DataType.PERIOD)
        async with asking(self.database, provider, adapter_for(provider), place) as ask:
            told = await bounds(self.epoch, ask, provider.name)
        period = Period(
            PeriodKey(self.chain_id, self.epoch),
            told.first_slot,
            told.last_slot,
            told.first_block_slot,
            told.last_block_slot,
            told.started_at,
            told.ended_at,
        )
        with self.database.connect() as connection:
            record_period(connection, period, [answer.payload_id for answer in told.answers])
        return period


async def _from_any(configuration: Configuration, chain: Chain, ask_one: Callable[[Provider], Awaitable[Told]]) -> Told:
    """The first answer of the chain's nodes, asked in the order of the fees role, which is served by nodes."""
    nodes = [
        provider
        for role in (DataType.FEES, DataType.REWARDS, DataType.POSITIONS)
        for provider in configuration.providers_for(chain.chain_id, role)
        if provider.kind == SolanaRpc.kind
    ]
    trouble = []
    for provider in {node.name: node for node in nodes}.values():
        try:
            return await ask_one(provider)
        except (ProviderDown, UnreadableAnswer) as error:
            trouble.append(str(error))
    if not nodes:
        raise AuroraError(
            f"{chain.chain_id} has no enabled node that knows its epochs",
            f"enable a provider of kind {SolanaRpc.kind} in its roles",
        )
    raise AuroraError(
        f"no node of {chain.chain_id} told where its epochs end: {'; '.join(dict.fromkeys(trouble))}",
        "see `aurora config check` for who is asked; try again later",
    )

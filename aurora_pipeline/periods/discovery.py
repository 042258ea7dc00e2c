"""Finding finalized periods: ask the chain for its head, record the bounds of what has ended and is final."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from aurora_pipeline.asking.adapter import Ask, ProviderDown
from aurora_pipeline.asking.event_loop import ask_now
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.asking.recording import StoredUnder, asking, asking_unrecorded
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.provider import FILE_KIND, Provider
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.listing import listed
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.periods.errors import NodeMissing, NodesAway, NodesTellNothing
from aurora_pipeline.periods.in_line import lock_chain, require_in_line
from aurora_pipeline.periods.networks import recorded_network
from aurora_pipeline.periods.record import Period, record_period, recorded_periods
from aurora_pipeline.sources.families import source_of
from aurora_pipeline.sources.family import ChainHead, PeriodBounds
from aurora_pipeline.sources.files.periods import epochs_told, told_bounds
from aurora_pipeline.sources.kinds import adapter_for
from aurora_pipeline.store.database import Database

Told = TypeVar("Told")

_HEAD: Final = "where it is"
_TROUBLES_MAX: Final = 2
"""One that is too old for its nodes, then one that is the newest but for these: beyond it nothing better is to come."""


@dataclass(frozen=True)
class Discovered:
    """Where the chain is, and which final periods were recorded now."""

    chain_id: str
    head_epoch: EpochNumber
    head_slot: int
    recorded: tuple[Period, ...]
    troubles: tuple[AuroraError, ...] = ()
    """Why some could not be recorded."""


def final_epochs(
    head: ChainHead, first_period: EpochNumber, finality_lag: int, recorded: Collection[EpochNumber], step: int = 1
) -> list[EpochNumber]:
    """The numbers of the periods that are final and not recorded yet, oldest first.

    A period is final once the head is `finality_lag` slots beyond its last slot, and what is credited late has been.
    Numbers rise by `step` from one period to the next.
    """
    short = max(0, max(finality_lag, head.settles_after) - head.slots_gone)
    newest = head.epoch - step * (1 + -(-short // head.slots_in_period))
    return [EpochNumber(epoch) for epoch in range(first_period, newest + 1, step) if epoch not in recorded]


def discover_periods(
    database: Database,
    configuration: Configuration,
    chain: Chain,
    *,
    wanted: Collection[EpochNumber] | None = None,
    at_most: int | None = None,
    tell: Callable[[Period], None] = lambda period: None,
) -> Discovered:
    """Record what is final and not recorded yet: everything, or of it what is `wanted`, whatever lies before that.

    Epochs of which no node tells hold up no others. `at_most` so many are asked about; the next call goes on.
    """
    return ask_now(_discover(database, configuration, chain, wanted, at_most, tell))


def chain_head(configuration: Configuration, chain: Chain) -> ChainHead:
    """Where the chain's finalized head is."""
    return ask_now(_head(configuration, chain))


def chain_now(configuration: Configuration, chain: Chain) -> ChainHead:
    """Where the chain is by now, final or not: what is observed, is observed there."""
    return ask_now(_asked(configuration, chain, source_of(chain).now))


async def _head(configuration: Configuration, chain: Chain) -> ChainHead:
    return await _asked(configuration, chain, source_of(chain).head)


async def _asked(
    configuration: Configuration, chain: Chain, place: Callable[[Ask, str], Awaitable[ChainHead]]
) -> ChainHead:
    async def told_by(provider: Provider) -> ChainHead:
        async with asking_unrecorded(provider, adapter_for(provider)) as ask:
            return await place(ask, provider.name)

    return await _from_any(configuration, chain, told_by, _HEAD)


async def _discover(
    database: Database,
    configuration: Configuration,
    chain: Chain,
    wanted: Collection[EpochNumber] | None,
    at_most: int | None,
    tell: Callable[[Period], None],
) -> Discovered:
    with database.connect() as connection:
        known = {period.key.epoch for period in recorded_periods(connection, chain.chain_id)}
    told = _epochs_told(configuration, chain)
    try:
        head = await _head(configuration, chain)
        left = final_epochs(head, chain.first_period, chain.finality_lag, known, chain.period_step)
        place = (head.epoch, head.slot)
    except AuroraError as error:
        # What files tell has ended; without them only a node knows what has.
        untold = set(wanted or ()) - {*told, *known}
        if told and untold and isinstance(error, NodeMissing):
            raise _told_by_nobody(configuration, chain, untold) from None
        if not told or untold:
            raise
        left, place = [], (max(told) + 1, 0)
    left = sorted({*left, *(epoch for epoch in told if epoch >= chain.first_period and epoch not in known)})
    left = [epoch for epoch in left if wanted is None or epoch in wanted]
    found: list[Period] = []
    troubles: list[AuroraError] = []
    while left and (at_most is None or len(found) + len(troubles) < at_most):
        # Oldest first, as figures build on earlier ones; but a node that has forgotten the oldest may know the newest.
        epoch = left.pop(-1 if troubles else 0)
        try:
            ask = _Recording(database, chain, epoch)
            what = f"where epoch {epoch} begins and ends"
            tellers = configuration.period_files_of(chain.chain_id) if epoch in told else ()
            found.append(await _from_any(configuration, chain, ask, what, tellers))
            tell(found[-1])
        except AuroraError as error:
            troubles.append(error)
            if len(troubles) == _TROUBLES_MAX:
                break
    return Discovered(chain.chain_id, *place, tuple(found), tuple(troubles))


def _told_by_nobody(configuration: Configuration, chain: Chain, epochs: Collection[EpochNumber]) -> NodeMissing:
    files = ", ".join(provider.name for provider in configuration.period_files_of(chain.chain_id))
    return NodeMissing(
        f"no file of {files} tells when epoch {listed(sorted(epochs))} of {chain.chain_id} began and ended,"
        " and no node is asked",
        "add it to the file (data_type: period), or enable a node in the chain's roles",
    )


def _epochs_told(configuration: Configuration, chain: Chain) -> set[EpochNumber]:
    """The epochs whose bounds files of the operator's tell."""
    tellers = configuration.period_files_of(chain.chain_id)
    return {epoch for provider in tellers for epoch in epochs_told(provider, chain.family)}


@dataclass(frozen=True)
class _Recording:
    """Ask one provider for an epoch's bounds, its answers stored first, and record the period."""

    database: Database
    chain: Chain
    epoch: EpochNumber

    async def __call__(self, provider: Provider) -> Period:
        place = StoredUnder(self.chain.chain_id, self.epoch, DataType.PERIOD)
        async with asking(self.database, provider, adapter_for(provider), place) as ask:
            try:
                told = await self._bounds(provider, ask)
            except UnreadableAnswer:
                # What earlier runs stored may be of a node that was not well, or had less history.
                if not ask.doubt(ask.from_earlier):
                    raise
                told = await self._bounds(provider, ask)
        period = Period(
            PeriodKey(self.chain.chain_id, self.epoch),
            told.first_slot,
            told.last_slot,
            told.first_block_slot,
            told.last_block_slot,
            told.started_at,
            told.ended_at,
        )
        with self.database.connect() as connection:
            lock_chain(connection, period.key.chain_id)
            require_in_line(period, recorded_periods(connection, period.key.chain_id), self.chain.period_step)
            record_period(connection, period, [answer.payload_id for answer in told.answers])
        return period

    async def _bounds(self, provider: Provider, ask: Ask) -> PeriodBounds:
        if provider.kind == FILE_KIND:
            return await told_bounds(self.epoch, ask, provider, self.chain.family)
        with self.database.connect() as connection:
            network = recorded_network(connection, self.chain)
        return await source_of(self.chain).bounds(self.epoch, ask, provider.name, network)


async def _from_any(
    configuration: Configuration,
    chain: Chain,
    ask_one: Callable[[Provider], Awaitable[Told]],
    what: str,
    after: Iterable[Provider] = (),
) -> Told:
    """The first answer of the chain's nodes, asked in the order of the fees role, which is served by nodes.

    `after` are asked after them.
    """
    kind = source_of(chain).kind
    nodes = [
        provider
        for role in (DataType.FEES, DataType.REWARDS, DataType.POSITIONS)
        for provider in configuration.providers_for(chain.chain_id, role)
        if provider.kind == kind
    ]
    nodes += after
    trouble = []
    may_pass = False
    for provider in {node.name: node for node in nodes}.values():
        try:
            return await ask_one(provider)
        except (ProviderDown, UnreadableAnswer) as error:
            trouble.append(error.message if isinstance(error, UnreadableAnswer) else str(error))
            may_pass = may_pass or (isinstance(error, ProviderDown) and error.may_pass)
    if not nodes:
        raise NodeMissing(
            f"{chain.chain_id} has no enabled node that knows its epochs",
            f"enable a provider of kind {kind} in its roles, or name one under periods whose files tell them",
        )
    error_class = NodesAway if may_pass else NodesTellNothing
    raise error_class(
        f"no node of {chain.chain_id} told {what}: {'; '.join(dict.fromkeys(trouble))}",
        "epochs a node forgot need one with full history, or a later first_period; see `aurora providers check`"
        if what != _HEAD
        else "see `aurora providers check` for what is wrong with it; try again later",
    )

"""What beaconcha.in says of fees and tips: the sums over the blocks that it was asked about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.money import total
from aurora_pipeline.sources.beaconcha.answers import BlockPaid, read_block_paid
from aurora_pipeline.sources.fetch_choice import missing
from aurora_pipeline.sources.told import FeesTold, Missing, StagedFetches, TipsTold, Told
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch

Item = TypeVar("Item")


def fees(staged: StagedFetches) -> Told[FeesTold]:
    """The tips of the blocks that were the proposer's own."""

    def of_one(told: list[BlockPaid] | Missing) -> FeesTold:
        if isinstance(told, Missing):
            return FeesTold(told.state, told.reason)
        # Which blocks there are, the beacon node told: without any there is nothing to earn.
        amount = total(one.fees for one in told)
        return FeesTold(FigureState.FINAL, blocks_produced=len(told), fees=amount, zero_is_proven=True)

    return Told(list(_each(staged, of_one)))


def tips(staged: StagedFetches) -> Told[TipsTold | Missing]:
    """What builders paid in the others."""

    def of_one(told: list[BlockPaid] | Missing) -> TipsTold | Missing:
        if isinstance(told, Missing):
            return told
        amount = total(one.payment for one in told)
        return TipsTold(amount, None, validator=amount)

    return Told(list(_each(staged, of_one)))


def _each(staged: StagedFetches, tell: Callable[[list[BlockPaid] | Missing], Item]) -> Iterator[tuple[str, Item]]:
    for key, fetch in staged.fetches.items():
        yield key, tell(_blocks(fetch))


def _blocks(fetch: StagedFetch) -> list[BlockPaid] | Missing:
    if fetch.state is not FigureState.FINAL:
        return missing(fetch)
    try:
        return [read_block_paid(answer, fetch.provider) for answer in fetch.answers]
    except UnreadableAnswer as error:
        return missing(fetch, error.problem)

"""What Tally tells: block fees, with the slots they are from."""

from __future__ import annotations

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.fetch_choice import missing
from aurora_pipeline.sources.once import Once
from aurora_pipeline.sources.third_party import their_fees
from aurora_pipeline.sources.told import FeesTold, StagedFetches, Told
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline_tests.sources.tally.answers import read_fees


def fees(staged: StagedFetches) -> Told[FeesTold]:
    """Each validator's fees; the list, which all of them share, is read once."""
    once, epoch = Once(), staged.reference.epoch
    return Told([(key, _fees(key, fetch, epoch, once)) for key, fetch in staged.fetches.items()])


def _fees(key: str, fetch: StagedFetch, epoch: EpochNumber, once: Once) -> FeesTold:
    lack = missing(fetch)
    if fetch.state is FigureState.FINAL:
        listed = once.of_epoch(read_fees, fetch.answers[0], fetch.provider, epoch)
        if isinstance(listed, UnreadableAnswer):
            lack = missing(fetch, listed.problem)
        elif (row := listed[key]).fees is not None:
            return their_fees(row.led, row.blocks, row.fees, fetch)
    return FeesTold(lack.state, lack.reason)

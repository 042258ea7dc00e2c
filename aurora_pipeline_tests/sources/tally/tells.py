"""What Tally tells: block fees, with the slots they are from."""

from __future__ import annotations

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.units import Amount, EpochNumber
from aurora_pipeline.sources.fetch_choice import missing
from aurora_pipeline.sources.told import FeesTold, StagedFetches, Told
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline_tests.sources.tally.answers import read_fees


def fees(staged: StagedFetches) -> Told[FeesTold]:
    """Each validator's fees."""
    return Told([(key, _fees(key, fetch, staged.reference.epoch)) for key, fetch in staged.fetches.items()])


def _fees(key: str, fetch: StagedFetch, epoch: EpochNumber) -> FeesTold:
    lack = missing(fetch)
    if fetch.state is FigureState.FINAL:
        try:
            told = read_fees(fetch.answers[0], fetch.provider, epoch)[key]
        except UnreadableAnswer as error:
            lack = missing(fetch, error.problem)
        else:
            return FeesTold(FigureState.FINAL, None, told.led, told.blocks, told.led - told.blocks, Amount(told.fees))
    return FeesTold(lack.state, lack.reason)

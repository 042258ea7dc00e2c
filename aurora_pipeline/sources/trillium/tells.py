"""What Trillium says of each data type; docs/providers.md tells how far it can be off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.config.vocabulary import CostType, DataType
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.contract import OwnWords
from aurora_pipeline.sources.fetch_choice import missing
from aurora_pipeline.sources.once import Once
from aurora_pipeline.sources.third_party import as_theirs, slots_counted, their_fees
from aurora_pipeline.sources.told import (
    ESTIMATE,
    CostsTold,
    CostTold,
    FeesTold,
    MetaTold,
    Missing,
    RewardsTold,
    StagedFetches,
    TipsTold,
    Told,
)
from aurora_pipeline.sources.trillium.answers import TrilliumValidator, read_validators
from aurora_pipeline.sources.trillium.lacking import lack_of
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline.store.payloads.fetches import StagedFetch

Item = TypeVar("Item")


def fees(staged: StagedFetches) -> Told[FeesTold]:
    """Fees and slots."""
    return _each(staged, _fees)


def _fees(told: TrilliumValidator | Missing, fetch: StagedFetch) -> FeesTold:
    if isinstance(told, Missing):
        return FeesTold(told.state, told.reason)
    if told.fees is None:
        lack = missing(fetch, lack_of(told, DataType.FEES, fetch.provider))
        counted = slots_counted(told.leader_slots, told.blocks_produced)
        return replace(counted, state=lack.state, reason=lack.reason)
    return their_fees(told.leader_slots, told.blocks_produced, told.fees, fetch)


def tips(staged: StagedFetches) -> Told[TipsTold | Missing]:
    """The total and the commission; what it says goes to the validator is not what the tip tree pays."""
    return _each(staged, _tips)


def _tips(told: TrilliumValidator | Missing, fetch: StagedFetch) -> TipsTold | Missing:
    if isinstance(told, Missing):
        return told
    if told.tips_total is None or told.mev_commission_bps is None:
        return missing(fetch, lack_of(told, DataType.MEV, fetch.provider))
    return TipsTold(told.tips_total, told.mev_commission_bps, absence=f"{fetch.provider} knows no tip tree")


def rewards(staged: StagedFetches) -> Told[RewardsTold]:
    """The commission. Stakers' rewards are extrapolated from one account there, which is no figure."""
    return _each(staged, _rewards)


def _rewards(told: TrilliumValidator | Missing, fetch: StagedFetch) -> RewardsTold:
    if isinstance(told, Missing):
        return RewardsTold.missing(told)
    stakers = missing(fetch, f"{fetch.provider} extrapolates stakers' rewards from one account")
    known = RewardsTold(FigureState.FINAL, stakers.state, as_theirs(fetch), stakers.reason, commission=told.commission)
    if told.commission is None:
        lack = missing(fetch, lack_of(told, DataType.REWARDS, fetch.provider))
        return replace(known, state=lack.state, reason=lack.reason)
    return known


def meta(staged: StagedFetches) -> Told[MetaTold | Missing]:
    """Names and commissions. Its stake is rounded to whole coins, which is no exact amount."""
    return _each(staged, lambda told, fetch: told if isinstance(told, Missing) else _meta(told))


def _meta(told: TrilliumValidator) -> MetaTold:
    return MetaTold(
        identity_key=told.identity_key,
        name=told.name,
        commission_bps=told.commission_bps,
        mev_commission_bps=told.mev_commission_bps,
    )


def costs(staged: StagedFetches) -> Told[CostsTold]:
    """Vote fees as votes times the fee of one signature."""
    return _each(staged, lambda told, fetch: CostsTold(_costs(told)))


def _costs(told: TrilliumValidator | Missing) -> Mapping[str, CostTold]:
    if isinstance(told, Missing):
        return {CostType.VOTE_FEES.value: CostTold.missing(told)}
    if told.vote_cost is None:
        return {}
    return {CostType.VOTE_FEES.value: CostTold(FigureState.FINAL, told.vote_cost, None, "PROVIDER", ESTIMATE)}


def _each(staged: StagedFetches, tell: Callable[[TrilliumValidator | Missing, StagedFetch], Item]) -> Told[Item]:
    return Told([(key, tell(told, staged.fetches[key])) for key, told in _rows(staged)])


def _rows(staged: StagedFetches) -> Iterator[tuple[str, TrilliumValidator | Missing]]:
    """Each validator's row of the epoch."""
    once, epoch = Once(), staged.reference.epoch
    answers = {fetch.subject: fetch.answers[:1] for fetch in staged.each}
    for key, fetch in staged.fetches.items():
        yield key, _row(key, fetch, answers[fetch.subject], epoch, once)


def _row(
    key: str, fetch: StagedFetch, answers: Sequence[Answer], epoch: EpochNumber, once: Once
) -> TrilliumValidator | Missing:
    for answer in answers:
        rows = once.of_epoch(read_validators, answer, fetch.provider, epoch)
        if isinstance(rows, UnreadableAnswer):
            return missing(fetch, rows.problem)
        if key in rows:
            return rows[key]
    return missing(fetch)


def _says(figure: str, told: Callable[[TrilliumValidator], int | None]) -> OwnWords:
    def figures(staged: StagedFetches) -> Mapping[str, Mapping[str, int | None]]:
        return {figure: {key: told(row) for key, row in _rows(staged) if not isinstance(row, Missing)}}

    return figures


OWN_WORDS: Mapping[DataType, OwnWords] = {
    DataType.MEV: _says("validator_tips", lambda row: row.tips_to_validator),
    DataType.REWARDS: _says("staker_rewards", lambda row: row.staker_rewards),
    DataType.META: _says("active_stake", lambda row: row.active_stake),
}
"""What it estimates: no layer takes that, a comparison is about just these."""

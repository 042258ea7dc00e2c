"""What the operator's own files tell of each data type: typed rows of a file in, what they say of a validator out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final, Generic, TypeVar

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.money import share_bps, total
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.sources.fetch_choice import missing
from aurora_pipeline.sources.files import answers as files
from aurora_pipeline.sources.files.answers import FileFees, FileMeta, FilePosition, FileReward, FileTips
from aurora_pipeline.sources.files.lacking import lack_of_commission, lack_of_fees, lack_of_tips
from aurora_pipeline.sources.files.listed import NOT_LISTED, Asked, Listed, NotFound
from aurora_pipeline.sources.solana.answers.accounts import NO_HISTORY
from aurora_pipeline.sources.solana.positions import VOTE_ACCOUNT, stake_of
from aurora_pipeline.sources.told import (
    AccountReward,
    CostsTold,
    CostTold,
    FeesTold,
    MetaTold,
    Missing,
    PositionsTold,
    RewardsTold,
    StagedFetches,
    StakeTotal,
    TipsTold,
    Told,
)
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline.store.payloads.fetches import StagedFetch

UPPER_BOUND: Final = "UPPER_BOUND"
"""The reason of a commission computed from a validator's total: each stake account's floor is not in it."""
CORRECTED: Final = "; a corrected file is read by the next `aurora backfill`"
Row = TypeVar("Row")
Item = TypeVar("Item")


class _File(Generic[Row]):
    """What the fetches of one data type read of their files, each file once."""

    def __init__(self, staged: StagedFetches, data_type: DataType, read: Callable[[Answer, str], Listed[Row]]) -> None:
        self._reference, self._data_type, self._read = staged.reference, data_type, read
        self._fetches = staged.fetches
        self._each = [(fetch, tuple(fetch.answers[:1])) for fetch in staged.each]
        self._answers = {fetch.subject: answers for fetch, answers in self._each}
        self._asked: Asked = {one.validator_key: one.identities for one in staged.reference.validators}

    def told(self, tell: Callable[[Row | Missing, StagedFetch, str | None], Item]) -> Told[Item]:
        """What `tell` makes of each validator's row, of its fetch, and of why its figures are 0, where they may be."""
        return Told(self._rows(tell), self._odd())

    def _rows(self, tell: Callable[[Row | Missing, StagedFetch, str | None], Item]) -> Iterator[tuple[str, Item]]:
        for key, fetch in self._fetches.items():
            answers = self._answers[fetch.subject]
            yield key, tell(self._row(key, fetch, answers), fetch, self._why_zero(key, fetch, answers))

    def _row(self, key: str, fetch: StagedFetch, answers: Sequence[Answer]) -> Row | Missing:
        """What the file says about a validator, or why it says nothing."""
        for answer in answers:
            if files.epoch_of(answer) != self._reference.epoch:
                return missing(fetch, f"{answer.request_key!r} was not read for epoch {self._reference.epoch}")
            try:
                found = self._read(answer, fetch.provider).find(key, self._asked[key])
            except UnreadableAnswer as error:
                return missing(fetch, error.problem)
            return missing(fetch, found.problem) if isinstance(found, NotFound) else found
        return missing(fetch)

    def _why_zero(self, key: str, fetch: StagedFetch, answers: Sequence[Answer]) -> str | None:
        """Why figures are 0 of a validator that the file does not list, which its mapping takes for 0."""
        with suppress(UnreadableAnswer):
            for answer in answers:
                listed = self._read(answer, fetch.provider)
                if listed.absent is not None and not listed.lists(key, self._asked[key]):
                    return NOT_LISTED
        return None

    def _odd(self) -> list[str]:
        """What looks odd in the files, once per file."""
        odd = dict[str, None]()
        for fetch, answers in self._each:
            for answer in answers:
                with suppress(UnreadableAnswer):
                    listed = files.read_listed(answer, fetch.provider, self._data_type)
                    path = answer.request.get("path")
                    odd |= dict.fromkeys(f"{fetch.provider}: {path}: {words}" for words in listed.warnings(self._asked))
        return list(odd)


def fees(staged: StagedFetches) -> Told[FeesTold]:
    """Fees, and slots where the file counts them."""
    return _File(staged, DataType.FEES, files.read_fees).told(_fees)


def _fees(row: FileFees | Missing, fetch: StagedFetch, why_zero: str | None) -> FeesTold:
    if isinstance(row, Missing):
        return FeesTold(row.state, row.reason)
    led, blocks = row.leader_slots, row.blocks_produced
    skipped = None if led is None or blocks is None else led - blocks
    counted = FeesTold(FigureState.FINAL, why_zero, led, blocks, skipped, row.fees, zero_is_proven=True)
    if row.fees is None:
        lack = missing(fetch, lack_of_fees(row))
        return replace(counted, state=lack.state, reason=lack.reason)
    return counted


def tips(staged: StagedFetches) -> Told[TipsTold | Missing]:
    """Tips as the file has them: at least the validator's own, or the total with the commission."""

    def tell(row: FileTips | Missing, fetch: StagedFetch, why_zero: str | None) -> TipsTold | Missing:
        told = _tips(row, fetch)
        return told if why_zero is None else replace(told, reason=why_zero)

    return _File(staged, DataType.MEV, files.read_tips).told(tell)


def _tips(row: FileTips | Missing, fetch: StagedFetch) -> TipsTold | Missing:
    if isinstance(row, Missing):
        return row
    problem = lack_of_tips(row)
    if problem is not None:
        return missing(fetch, problem)
    is_more_than_all = row.validator is not None and row.total is not None and row.validator > row.total
    if is_more_than_all and row.commission_bps is None:
        return missing(fetch, f"the file gives it {row.validator} of a total of {row.total}")
    return TipsTold(row.total, row.commission_bps, row.validator, "the file does not have it")


def rewards(staged: StagedFetches) -> Told[RewardsTold]:
    """The validator's commission and its stake accounts' rewards; a total with a rate is an upper bound."""
    return _File(staged, DataType.REWARDS, files.read_rewards).told(_rewards)


def _rewards(rows: Sequence[FileReward] | Missing, fetch: StagedFetch, why_zero: str | None) -> RewardsTold:
    if isinstance(rows, Missing):
        return RewardsTold.missing(rows)
    own = next((reward for reward in rows if reward.account_key is None), None)
    listed = [reward for reward in rows if reward.account_key is not None]
    commission, reason = _commission(own)
    problem = lack_of_commission(rows)
    lack = None if problem is None else missing(fetch, problem)
    told = _stakers(own, listed, fetch)
    return replace(
        told,
        state=FigureState.FINAL if lack is None else lack.state,
        reason=why_zero or (reason if lack is None else lack.reason),
        commission=commission,
        accounts=[_account(str(reward.account_key), reward, fetch) for reward in listed],
    )


def _commission(own: FileReward | None) -> tuple[Amount | None, str | None]:
    """The commission, and what has to be said of it."""
    if own is not None and own.commission is not None:
        return own.commission, None
    if own is None or own.total_rewards is None or own.commission_bps is None:
        return None, None
    return share_bps(own.total_rewards, own.commission_bps), UPPER_BOUND


def _stakers(own: FileReward | None, accounts: Sequence[FileReward], fetch: StagedFetch) -> RewardsTold:
    """The stakers' rewards: as the file has them, what its accounts have, or what is left of the total."""
    figure: Amount | None = None
    reason: str | None = None
    if own is not None and own.staker_rewards is not None:
        figure = own.staker_rewards
    elif accounts and None not in (known := [reward.staker_rewards for reward in accounts]):
        figure = total(reward for reward in known if reward is not None)
    elif own is not None and own.total_rewards is not None and own.commission_bps is not None:
        figure = own.total_rewards - share_bps(own.total_rewards, own.commission_bps)
        reason = UPPER_BOUND
    if figure is None:
        return RewardsTold.missing(missing(fetch, "the file does not have its stakers' rewards"))
    return RewardsTold(FigureState.FINAL, FigureState.FINAL, stakers_reason=reason, staker_rewards=figure)


def _account(key: str, reward: FileReward, fetch: StagedFetch) -> AccountReward:
    if reward.staker_rewards is None:
        lack = missing(fetch, "the file has no rewards in its row")
        return AccountReward(key, lack.state, lack.reason)
    return AccountReward(key, FigureState.FINAL, staker_rewards=reward.staker_rewards)


def meta(staged: StagedFetches) -> Told[MetaTold | Missing]:
    """What the file says of a validator; what it leaves out is not known."""
    return _File(staged, DataType.META, files.read_meta).told(_meta)


def _meta(row: FileMeta | Missing, fetch: StagedFetch, why_zero: str | None) -> MetaTold | Missing:
    if isinstance(row, Missing):
        return row
    return MetaTold(
        identity_key=row.identity_key,
        name=row.name,
        commission_bps=row.commission_bps,
        mev_commission_bps=row.mev_commission_bps,
        active_stake=row.active_stake,
    )


def positions(staged: StagedFetches) -> Told[PositionsTold]:
    """A validator's stake accounts, and its total where the file has one (the same in each of its rows)."""
    epoch = staged.reference.epoch

    def tell(rows: Sequence[FilePosition] | Missing, fetch: StagedFetch, why_zero: str | None) -> PositionsTold:
        if isinstance(rows, Missing):
            return PositionsTold(rows, None)
        totals = {position.validator_stake for position in rows}
        if len(totals) > 1:
            return PositionsTold(missing(fetch, f"the file has {len(totals)} different totals of it"), None)
        held = totals.pop() if totals else None
        listed = [stake_of(position.account, epoch, NO_HISTORY) for position in rows]
        return PositionsTold(listed, None if held is None else StakeTotal(held, VOTE_ACCOUNT))

    return _File(staged, DataType.POSITIONS, files.read_positions).told(tell)


def costs(staged: StagedFetches) -> Told[CostsTold]:
    """Costs and other income of a validator by type: each that the mapping names a column for."""
    epoch = staged.reference.epoch
    named = {fetch.subject: _cost_columns(fetch.answers[:1]) for fetch in staged.each}

    def tell(row: Mapping[str, Amount] | Missing, fetch: StagedFetch, why_zero: str | None) -> CostsTold:
        columns = named[fetch.subject]
        if isinstance(row, Missing):
            if row == missing(fetch):
                row = missing(fetch, f"the file has no row of epoch {epoch} about it{CORRECTED}")
            return CostsTold(dict.fromkeys(sorted(columns), CostTold.missing(row)), columns)
        empty = CostTold.missing(missing(fetch, f"its cell in the file is empty{CORRECTED}"))
        known = {name: CostTold(FigureState.FINAL, amount, why_zero, "FILE") for name, amount in row.items()}
        return CostsTold(dict.fromkeys(sorted(columns), empty) | known, columns)

    return _File(staged, DataType.COSTS, files.read_costs).told(tell)


def _cost_columns(answers: Sequence[Answer]) -> frozenset[str]:
    """The types of cost that the mapping names a column for by which a fetch's file was read."""
    mapping = answers[0].request.get("body") if answers else None
    columns = mapping.get("columns") if isinstance(mapping, Mapping) else None
    return frozenset(columns or ()) - {"validator", "identity", "epoch"}

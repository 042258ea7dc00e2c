"""Jito's Kobe API: the MEV tips of a final epoch, once its tip trees are published."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Final

from aurora_pipeline.asking.adapter import (
    NOT_PARTICIPATING,
    Answer,
    Ask,
    Fetched,
    FetchScope,
    ProviderDown,
    Question,
)
from aurora_pipeline.asking.reading import Node, UnreadableAnswer, parsed
from aurora_pipeline.asking.verdict import down, final, keys_of, pending, unreadable
from aurora_pipeline.config.vocabulary import CostType, DataType
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.jito.answers import (
    STAKER_REWARDS,
    VALIDATOR_REWARDS,
    ValidatorTips,
    page_rows,
    read_published_epochs,
    read_staker_rewards,
    read_validator_rewards,
    too_much_claimed,
    tree_in_spite_of_the_list,
)
from aurora_pipeline.store.declaration import FigureState

PAGE_ROWS: Final = 10_000
_PAGES_MAX: Final = 100
# The store behind the API failed: it says so with the default object, which is empty, and never means "nothing".
_STORE_FAILED: Final = 500
_NOT_PUBLISHED: Final = "tip trees not published yet"

QuestionOfPage = Callable[[int], Question]


class Jito:
    """The adapter of kind jito."""

    kind = "jito"
    serves = frozenset({DataType.MEV.value})
    observes: frozenset[str] = frozenset()

    def __init__(self, provider: str) -> None:
        self._provider = provider

    async def fetch(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """Fetch the tip trees of the scope's validators."""
        if data_type != DataType.MEV:
            raise ValueError(f"{self.kind} does not serve {data_type}")
        subjects = [validator.validator_key for validator in scope.validators]
        listing = await self._pages(lambda page: _validators_question(scope.epoch, page, subjects), ask)
        if listing[-1].status == _STORE_FAILED:
            return self._store_failed(subjects, listing)
        try:
            tips = read_validator_rewards(listing, self._provider, scope.epoch)
        except UnreadableAnswer as error:
            return [unreadable(subject, error, listing) for subject in subjects]
        if not tips:
            return [pending(subject, _NOT_PUBLISHED, listing) for subject in subjects]
        # All at once, so that no connection idles; where the API goes away, each validator ends for itself below.
        with suppress(ProviderDown):
            await ask([question for key in subjects for question in _first_questions(key, tips.get(key), scope.epoch)])
        return [
            await self._tip_tree(tips[subject], scope.epoch, listing, ask)
            if subject in tips
            else await self._no_tip_tree(subject, scope.epoch, listing, ask)
            for subject in subjects
        ]

    async def observe(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """Nothing: tip trees exist for ended epochs only."""
        raise ValueError(f"{self.kind} does not observe {data_type}")

    def passing_trouble(self, answer: Answer) -> str | None:
        """None: this API says what is wrong by HTTP status."""
        return None

    def promised_costs(self, data_type: str) -> frozenset[str]:
        """Priority-fee sharing, which is listed beside the tip trees."""
        return frozenset({CostType.PRIORITY_FEE_SHARING.value} if data_type == DataType.MEV else ())

    def identities(self, answers: Sequence[Answer]) -> Mapping[str, str]:
        """None: it observes no meta."""
        return {}

    def stake_accounts(self, answers: Sequence[Answer], validator_key: str) -> tuple[str, ...]:
        """None: it observes no positions."""
        return ()

    async def _pages(self, question: QuestionOfPage, ask: Ask) -> list[Answer]:
        """All pages of a list: a page that is not full, or not a page at all, is the last."""
        answers: list[Answer] = []
        for number in range(1, _PAGES_MAX + 1):
            answers += await ask([question(number)])
            try:
                is_full = answers[-1].status == 200 and page_rows(answers[-1], self._provider) >= PAGE_ROWS
            except UnreadableAnswer:
                # Its reader says what is wrong with it; there is no next page after such a one.
                is_full = False
            if not is_full:
                break
        return answers

    def _store_failed(self, subjects: Sequence[str], listing: Sequence[Answer]) -> list[Fetched]:
        try:
            rows = parsed(listing[-1], self._provider).get("rewards")
            is_default = rows is not None and rows.items() == []
        except UnreadableAnswer:
            is_default = False
        if not is_default:
            raise ProviderDown(self._provider, f"HTTP {_STORE_FAILED}")
        return [pending(subject, f"{_NOT_PUBLISHED} (HTTP {_STORE_FAILED})", listing) for subject in subjects]

    async def _no_tip_tree(self, subject: str, epoch: EpochNumber, listing: Sequence[Answer], ask: Ask) -> Fetched:
        """What a complete list without the validator means: nothing was earned, unless its own tree says otherwise."""
        try:
            answers = [*listing, *await ask([_nodes_question(epoch, subject, 1)])]
        except ProviderDown as error:
            return down(subject, error)
        try:
            contradiction = tree_in_spite_of_the_list(answers, self._provider, epoch, subject)
        except UnreadableAnswer as error:
            return unreadable(subject, error, answers)
        if contradiction is not None:
            return pending(subject, contradiction, answers, other_may_know=True)
        return final(subject, answers, NOT_PARTICIPATING)

    async def _tip_tree(self, tips: ValidatorTips, epoch: EpochNumber, listing: Sequence[Answer], ask: Ask) -> Fetched:
        subject = tips.vote_key
        try:
            history = await ask(_history_questions(tips, epoch))
            nodes = await self._pages(lambda page: _nodes_question(epoch, subject, page), ask)
        except ProviderDown as error:
            return down(subject, error)
        answers = [*listing, *nodes, *history]
        try:
            if history and epoch not in read_published_epochs(history[0], self._provider):
                reason = f"{_NOT_PUBLISHED}: its total reads 0, but its history has no epoch {epoch}"
                return pending(subject, reason, answers)
            claims = read_staker_rewards(nodes, self._provider, epoch, subject)
        except UnreadableAnswer as error:
            return unreadable(subject, error, answers)
        contradiction = too_much_claimed(claims, tips.total)
        if contradiction is not None:
            return pending(subject, contradiction, answers, other_may_know=True)
        if claims.own_node is not None:
            return final(subject, answers)
        reason = "the tip tree's total is known, but the validator's own node in it is not listed"
        retracts, again = bool(claims.claims), keys_of(nodes)
        return Fetched(subject, FigureState.PARTIAL, reason, tuple(answers), retracts=retracts, ask_again=again)


def _first_questions(vote_key: str, tips: ValidatorTips | None, epoch: EpochNumber) -> list[Question]:
    return [_nodes_question(epoch, vote_key, 1), *([] if tips is None else _history_questions(tips, epoch))]


def _history_questions(tips: ValidatorTips, epoch: EpochNumber) -> list[Question]:
    # Kobe writes 0 for what it does not know; only its history says whether the epoch is published.
    return [_history_question(tips.vote_key, epoch)] if tips.total == 0 else []


def _history_question(vote_key: str, epoch: EpochNumber) -> Question:
    """The epochs of a validator whose trees are published; asked anew while the epoch is not among them."""
    return Question(
        key=f"validators {vote_key}",
        path=f"/validators/{vote_key}",
        accepts=lambda answer: _lists_epoch(answer, epoch),
    )


def _lists_epoch(answer: Answer, epoch: EpochNumber) -> bool:
    try:
        return epoch in read_published_epochs(answer, "")
    except UnreadableAnswer:
        return False


def _validators_question(epoch: EpochNumber, page: int, validators: Collection[str] = ()) -> Question:
    return Question(
        key=f"validator_rewards {epoch} page {page}",
        path=VALIDATOR_REWARDS,
        kind=VALIDATOR_REWARDS,
        query={"epoch": epoch, "page": page, "limit": PAGE_ROWS},
        accepts=lambda answer: _is_known(answer, epoch, validators),
        final_statuses=frozenset({_STORE_FAILED}),
    )


def _nodes_question(epoch: EpochNumber, vote_key: str, page: int) -> Question:
    return Question(
        key=f"staker_rewards {epoch} {vote_key} page {page}",
        path=STAKER_REWARDS,
        query={"validator_vote_account": vote_key, "epoch": epoch, "page": page, "limit": PAGE_ROWS},
        accepts=lambda answer: _is_filled(answer, epoch),
    )


def _is_known(answer: Answer, epoch: EpochNumber, validators: Collection[str]) -> bool:
    """Whether a stored page of the list can serve again: it has rows, and no 0 of ours, which is what is not known."""
    with suppress(UnreadableAnswer):
        rows = _rows_of(answer, epoch)
        ours = [row for row in rows if row["vote_account"].value in validators]
        return bool(rows) and all(row["mev_revenue"].value != 0 for row in ours)
    return False


def _is_filled(answer: Answer, epoch: EpochNumber) -> bool:
    """Whether a stored page of a tip tree can serve again: one in which all claim 0 may be filled in by now."""
    with suppress(UnreadableAnswer):
        return any(row["amount"].value != 0 for row in _rows_of(answer, epoch))
    return False


def _rows_of(answer: Answer, epoch: EpochNumber) -> list[Node]:
    """The rows of a page where all are of the epoch. Whether pages agree is for whoever reads all of them."""
    rows = parsed(answer, "").get("rewards")
    items = [] if rows is None else rows.items()
    return items if answer.status == 200 and all(row["epoch"].value == epoch for row in items) else []

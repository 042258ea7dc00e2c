"""Rewards: what collectors and stake accounts received in the first blocks of the next epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from aurora_pipeline.asking.adapter import Answer, Ask, Fetched, FetchScope, ProviderDown, Question
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.asking.verdict import down, keys_of, pending, unreadable
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.json_rpc import asked_method
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.sources.solana.answers.accounts import StakeAccount, read_stake_states, read_vote_states
from aurora_pipeline.sources.solana.answers.epochs import read_blocks
from aurora_pipeline.sources.solana.answers.rewards import read_inflation_rewards
from aurora_pipeline.sources.solana.asks.judge import judge
from aurora_pipeline.sources.solana.asks.listing import each_once
from aurora_pipeline.sources.solana.errors import trouble_in
from aurora_pipeline.sources.solana.reward_rows import read_block_payments, read_paid_in_blocks
from aurora_pipeline.sources.solana.unpaid import Unpaid
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.tables import Verdict

_STILL_PAYING: Final = "rewards still being paid: the blocks that pay stakers are not all there"


@dataclass(frozen=True)
class _PaidTo:
    """What the blocks after an epoch say of everybody's rewards, and why not, where they don't."""

    boundary: tuple[Answer, ...]
    paying: tuple[Answer, ...]
    stakers: Mapping[str, int] | str | UnreadableAnswer | None
    """By stake account; why the blocks do not tell, or None where they were not asked for."""


class RewardsFetch:
    """Asks a node for the rewards of an ended epoch."""

    def __init__(self, provider: str) -> None:
        self._provider = provider

    async def fetch(self, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """The rows of each validator's collectors and stake accounts, by address or by the blocks that paid."""
        boundary = await self._boundary(scope, ask)
        recipients = _recipient_questions(scope)
        plans = {key: _account_questions(scope.epoch, accounts) for key, accounts in scope.stake_accounts.items()}
        paying = await self._paying_blocks(boundary, sum(map(len, plans.values())), scope, ask)
        if paying is not None:
            plans = {key: [] for key in plans}
        with suppress(ProviderDown):
            await ask(each_once([list(recipients.values()), *plans.values()]))
        paid = _PaidTo(boundary, paying or (), None if paying is None else self._stakers_paid(boundary, paying))
        return [
            await self._validator_rewards(subject, [question, *plans.get(subject, [])], paid, scope, ask)
            for subject, question in recipients.items()
        ]

    async def _boundary(self, scope: FetchScope, ask: Ask) -> tuple[Answer, ...]:
        """The first block after the epoch, which lists every commission; nothing where this node does not tell."""
        with suppress(ProviderDown, UnreadableAnswer):
            listed = (await ask([questions.first_block_from(scope.last_slot + 1)]))[0]
            if trouble_in([listed], self._provider) is not None:
                return ()
            slots = read_blocks(listed, self._provider)
            first = (await ask([questions.block(slot) for slot in slots[:1]]))[:1]
            if first and trouble_in(first, self._provider) is None:
                paid = read_block_payments(first[0], self._provider)
                return (listed, first[0]) if paid.parent_slot <= scope.last_slot else ()
        return ()

    async def _paying_blocks(
        self, boundary: Sequence[Answer], asked_otherwise: int, scope: FetchScope, ask: Ask
    ) -> tuple[Answer, ...] | None:
        """The blocks in which stakers are paid, where that takes fewer questions than asking about each of them."""
        if not boundary:
            return None
        first = read_block_payments(boundary[1], self._provider)
        if first.partitions is None or first.partitions + 1 >= asked_otherwise:
            return None
        try:
            listed = (await ask([questions.blocks_from(first.slot, first.partitions + 1)]))[0]
            if trouble_in([listed], self._provider) is not None:
                return None
            slots = read_blocks(listed, self._provider)[1:]
            return (listed, *await ask([questions.paying_block(slot) for slot in slots]))
        except (ProviderDown, UnreadableAnswer):
            return None

    def _stakers_paid(
        self, boundary: Sequence[Answer], paying: Sequence[Answer]
    ) -> Mapping[str, int] | str | UnreadableAnswer:
        """What everybody was paid, or why the blocks do not tell: still going on, or not readable."""
        try:
            last_slot = read_block_payments(boundary[1], self._provider).slot - 1
            paid = read_paid_in_blocks([boundary[1], *paying], self._provider, last_slot)
        except UnreadableAnswer as error:
            return error
        return _STILL_PAYING if paid is None or paid.stakers is None else paid.stakers

    async def _validator_rewards(
        self, subject: str, plan: Sequence[Question], paid: _PaidTo, scope: FetchScope, ask: Ask
    ) -> Fetched:
        accounts = scope.stake_accounts.get(subject, ())
        try:
            told = await ask(plan)
            if isinstance(paid.stakers, Mapping):
                # The node's own word about those that no block pays: a row that is cut off there shows here.
                unpaid = [address for address in accounts if address not in paid.stakers]
                told += await ask(_account_questions(scope.epoch, unpaid))
            told += await self._states_of_the_unpaid(subject, accounts, told, ask)
        except ProviderDown as error:
            return down(subject, error)
        answers = (*told, *paid.paying)

        def read() -> None:
            for answer in told:
                if asked_method(answer) == "getInflationReward":
                    read_inflation_rewards(answer, self._provider)
                elif answer.question == questions.STAKE_STATES:
                    read_stake_states(answer, self._provider)
                else:
                    read_vote_states(answer, self._provider)

        judged = judge(self._provider, subject, answers, read)
        if judged.state is not FigureState.FINAL:
            return judged
        if isinstance(paid.stakers, UnreadableAnswer):
            return unreadable(subject, paid.stakers, answers, keys_of((*paid.boundary, *paid.paying)))
        if isinstance(paid.stakers, str):
            return pending(subject, paid.stakers, answers, ask_again=keys_of((*paid.boundary, *paid.paying)))
        judged = replace(judged, answers=(*answers, *paid.boundary))
        left_out = self._contradicted(told, paid) or self._left_out(subject, told, scope)
        if left_out is not None:
            again = keys_of((*told, *paid.boundary, *paid.paying))
            return replace(judged, state=FigureState.PARTIAL, reason=left_out, other_may_know=True, ask_again=again)
        doubt = scope.stakes_in_doubt.get(subject)
        if doubt is not None:
            reason, verdict = f"STAKES_IN_DOUBT: {doubt}", Verdict.STAKES_IN_DOUBT
            return replace(judged, state=FigureState.PARTIAL, verdict=verdict, reason=reason)
        if subject in scope.stake_accounts:
            return judged
        reason = "only its commission was asked about: positions were not observed, so no stake account is known"
        return replace(judged, state=FigureState.PARTIAL, reason=reason)

    async def _states_of_the_unpaid(
        self, subject: str, accounts: Sequence[str], told: Sequence[Answer], ask: Ask
    ) -> list[Answer]:
        """What stake accounts without a reward row are now, and how much the validator voted: whether they earned."""
        of_it, unpaid = set(accounts), list[str]()
        for answer in told:
            # Whoever judges the answers says what is wrong with one that cannot be read.
            with suppress(UnreadableAnswer):
                rows = read_inflation_rewards(answer, self._provider)
                unpaid += [address for address, row in rows.items() if row is None and address in of_it]
        if not unpaid:
            return []
        size = questions.ACCOUNTS_MAX
        batches = [questions.stake_states(unpaid[start : start + size]) for start in range(0, len(unpaid), size)]
        return await ask([questions.vote_states([subject]), *batches])

    def _contradicted(self, told: Sequence[Answer], paid: _PaidTo) -> str | None:
        """Which stake account was paid by the node's answer, and by no block."""
        if not isinstance(paid.stakers, Mapping):
            return None
        for answer in told[1:]:
            if asked_method(answer) == "getInflationReward":
                for address, row in read_inflation_rewards(answer, self._provider).items():
                    if row is not None and row.lamports and address not in paid.stakers:
                        return f"the node says {address} received {row.lamports}, no block that paid stakers has it"
        return None

    def _left_out(self, subject: str, told: Sequence[Answer], scope: FetchScope) -> str | None:
        """Why a stake account without a reward row cannot have received nothing: then another provider is asked."""
        shown: dict[str, StakeAccount | None] = {}
        vote_state = None
        for answer in told:
            if answer.question == questions.STAKE_STATES:
                shown |= read_stake_states(answer, self._provider)
            elif answer.question == questions.VOTE_STATES:
                vote_state = read_vote_states(answer, self._provider).get(subject)
        rates = () if vote_state is None else (vote_state.commission_bps,)
        unpaid = Unpaid(subject, scope.epoch, scope.first_slot, scope.last_slot, shown, vote_state, rates)
        problems = (unpaid.problem(address) for address in shown)
        return next((problem for problem in problems if problem is not None), None)


def _recipient_questions(scope: FetchScope) -> dict[str, Question]:
    """Per validator the question about its vote account and the collectors it may have named; many share one."""
    found: dict[str, Question] = {}
    batch: list[str] = []
    subjects: list[str] = []

    def close() -> None:
        if batch:
            question = questions.inflation_rewards(scope.epoch, list(dict.fromkeys(batch)))
            found.update(dict.fromkeys(subjects, question))
        batch.clear()
        subjects.clear()

    for validator in scope.validators:
        key = validator.validator_key
        wanted = [key, *scope.collectors.get(key, ())]
        if len({*batch, *wanted}) > questions.REWARD_ADDRESSES_MAX:
            close()
        batch += wanted
        subjects.append(key)
    close()
    return found


def _account_questions(epoch: EpochNumber, stake_accounts: Sequence[str]) -> list[Question]:
    """The questions about stake accounts, a hundred at a time."""
    addresses, size = sorted(set(stake_accounts)), questions.REWARD_ADDRESSES_MAX
    return [
        questions.inflation_rewards(epoch, addresses[start : start + size]) for start in range(0, len(addresses), size)
    ]

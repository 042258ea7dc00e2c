"""A Solana node (JSON-RPC): fees, rewards and costs of final epochs; positions, meta and leaders of the running one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from aurora_pipeline.asking.adapter import (
    EVERYONE,
    LEADER_SCHEDULE,
    Answer,
    Ask,
    AskMany,
    Fetched,
    FetchScope,
    ProviderDown,
    Question,
    ValidatorAsked,
)
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.asking.verdict import down, final, pending, unavailable, unreadable
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.money import total
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.sources.solana.accounts import (
    NO_HISTORY,
    StakeAccount,
    VoteState,
    read_stake_accounts,
    read_stake_history,
    read_stake_states,
    read_vote_states,
)
from aurora_pipeline.sources.solana.answers import (
    asked_method,
    read_block,
    read_blocks,
    read_epoch_info,
    read_inflation_rewards,
    read_leader_schedule,
    read_vote_accounts,
)
from aurora_pipeline.sources.solana.blocks import EpochVotes, Listing, listing
from aurora_pipeline.sources.solana.errors import Trouble, passing_trouble, trouble_in
from aurora_pipeline.sources.solana.led_blocks import (
    LedFees,
    Shown,
    led_fees,
    led_slots,
    schedule_problem,
    witnesses,
)
from aurora_pipeline.sources.solana.reward_rows import (
    account_questions,
    read_block_payments,
    read_paid_in_blocks,
    recipient_questions,
)
from aurora_pipeline.sources.solana.stake_activation import activation
from aurora_pipeline.sources.solana.unpaid import Unpaid
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads import RecordedAnswer, Verdict

_STILL_PAYING: Final = "rewards still being paid: the blocks that pay stakers are not all there"
_NO_BLOCKS: Final = "history missing: the node lists no block of the epoch"


@dataclass(frozen=True)
class _Epoch:
    """What a fees fetch knows before it asks for blocks: the answers so far, leaders, slots with a block."""

    answers: tuple[Answer, ...]
    leaders: Mapping[str, Sequence[int]]
    listed: Sequence[int]

    @cached_property
    def listing(self) -> Listing:
        """The slots that have a block, for looking up."""
        return listing(self.listed)


@dataclass(frozen=True)
class _PaidTo:
    """What the blocks after an epoch say of everybody's rewards, and why not, where they don't."""

    boundary: tuple[Answer, ...]
    paying: tuple[Answer, ...]
    stakers: Mapping[str, int] | str | UnreadableAnswer | None
    """By stake account; why the blocks do not tell, or None where they were not asked for."""


class SolanaRpc:
    """The adapter of kind solana_rpc."""

    kind = "solana_rpc"
    serves = frozenset({DataType.FEES.value, DataType.REWARDS.value, DataType.COSTS.value})
    observes = frozenset({DataType.POSITIONS.value, DataType.META.value, LEADER_SCHEDULE})

    def __init__(self, provider: str) -> None:
        self._provider = provider

    async def fetch(self, data_type: str, scope: FetchScope, ask: AskMany) -> list[Fetched]:
        """Fetch fees, rewards (per validator) or costs (for everyone at once)."""
        match data_type:
            case DataType.FEES:
                return await self._fees(scope, ask)
            case DataType.REWARDS:
                return await self._rewards(scope, ask)
            case DataType.COSTS:
                return [await self._costs(scope, ask)]
        raise ValueError(f"{self.kind} does not serve {data_type}")

    async def observe(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """Sample positions (per validator), meta or the leader schedule (for everyone at once)."""
        match data_type:
            case DataType.POSITIONS:
                return await self._positions(scope, ask)
            case DataType.META:
                return [await self._meta(scope, ask)]
            case _ if data_type == LEADER_SCHEDULE:
                answers = await ask([questions.leader_schedule(scope.first_slot)])
                return [self._judged(EVERYONE, answers, lambda: self._schedule_problem(answers[0], scope))]
        raise ValueError(f"{self.kind} does not observe {data_type}")

    def passing_trouble(self, answer: Answer) -> str | None:
        """Why an answer should be asked again after a pause, or None."""
        return passing_trouble(answer, self._provider)

    def identities(self, answers: Sequence[Answer]) -> Mapping[str, str]:
        """Identity by vote account, from a meta observation."""
        listed = [answer for answer in answers if asked_method(answer) == "getVoteAccounts"]
        accounts = read_vote_accounts(listed[0], self._provider) if listed else {}
        return {vote_key: account.identity_key for vote_key, account in accounts.items()}

    def stake_accounts(self, answers: Sequence[Answer], validator_key: str) -> tuple[str, ...]:
        """The stake accounts of a validator, from a positions observation."""
        listed = [answer for answer in answers if asked_method(answer) == "getProgramAccounts"]
        accounts = read_stake_accounts(listed[0], self._provider) if listed else ()
        return tuple(account.stake_key for account in accounts)

    def stake_in_doubt(self, answers: Sequence[Answer], validator_key: str, epoch: int) -> str | None:
        """Why the stake accounts of a positions observation do not add up to what the vote account says."""
        votes, listed = (
            [answer for answer in answers if asked_method(answer) == method]
            for method in ("getVoteAccounts", "getProgramAccounts")
        )
        history = [answer for answer in answers if answer.question == questions.STAKE_PAST]
        account = read_vote_accounts(votes[0], self._provider).get(validator_key) if votes else None
        if account is None or not listed:
            return None
        cluster = read_stake_history(history[0], self._provider) if history else NO_HISTORY
        held = total(
            [
                activation(one.stake, one.activation_epoch, one.deactivation_epoch, epoch, cluster).active
                for one in read_stake_accounts(listed[0], self._provider)
                if one.voter_key == validator_key
            ]
        )
        if held == account.active_stake:
            return None
        return f"its stake accounts hold {held} of active stake, the vote account says {account.active_stake}"

    def collectors(self, answers: Sequence[Answer]) -> Mapping[str, str]:
        """Where commission goes by vote account, from a positions observation."""
        states = self._vote_states(answers)
        return {vote_key: state.collector_key for vote_key, state in states.items() if state is not None}

    def _vote_states(self, answers: Sequence[Answer]) -> dict[str, VoteState | None]:
        listed = [answer for answer in answers if answer.question == questions.VOTE_STATES]
        return {key: state for answer in listed for key, state in read_vote_states(answer, self._provider).items()}

    def _judged(self, subject: str, answers: Sequence[Answer], read: Callable[[], str | None]) -> Fetched:
        """Final if `read` finds nothing wrong; it returns why not, or raises UnreadableAnswer."""
        try:
            trouble = trouble_in(answers, self._provider)
            if trouble is not None:
                return Fetched(subject, trouble.state, trouble.reason, tuple(answers), trouble.other_may_know)
            problem = read()
        except UnreadableAnswer as error:
            return unreadable(subject, error, answers)
        return final(subject, answers) if problem is None else unavailable(subject, problem, answers)

    # Fees: the blocks of the slots a validator led.

    async def _fees(self, scope: FetchScope, ask: AskMany) -> list[Fetched]:
        schedule = self._observed_schedule(scope) or (await ask([questions.leader_schedule(scope.first_slot)]))[0]
        listed = (await ask([questions.blocks(scope.first_slot, scope.last_slot)]))[0]
        answers = (schedule, listed)
        judged = self._judged(EVERYONE, answers, lambda: self._listing_problem(schedule, listed, scope))
        if judged.state is not FigureState.FINAL:
            return [replace(judged, subject=validator.validator_key) for validator in scope.validators]
        leaders = read_leader_schedule(schedule, self._provider) or {}
        epoch = _Epoch(answers, leaders, read_blocks(listed, self._provider))
        if any((_led(validator, epoch, scope) or [0])[-1] > epoch.listed[-1] for validator in scope.validators):
            epoch = await self._with_block_beyond(epoch, scope, ask)
        plans = {
            validator.validator_key: _block_questions(_led(validator, epoch, scope), epoch, scope.split_fees)
            for validator in scope.validators
        }
        # All in a row, so that no connection idles; where the provider goes away, each validator ends for itself below.
        with suppress(ProviderDown):
            async with aclosing(ask.each(_each_once(plans.values()))) as blocks:
                async for _ in blocks:
                    pass
        told = [
            await self._validator_fees(validator, plans[validator.validator_key], epoch, scope, ask)
            for validator in scope.validators
        ]
        return _without_any_fee_row(told)

    def _observed_schedule(self, scope: FetchScope) -> Answer | None:
        """The leader schedule that was observed, unless it is not the whole epoch's: then the node is asked again."""
        observed = scope.leader_schedule
        with suppress(UnreadableAnswer):
            return observed if observed and self._schedule_problem(observed, scope) is None else None
        return None

    def _schedule_problem(self, answer: Answer, scope: FetchScope) -> str | None:
        known = read_leader_schedule(answer, self._provider)
        if known is None:
            return "the node does not know the epoch's leader schedule, and it was not observed in time"
        return schedule_problem(known, scope.first_slot, scope.last_slot)

    def _listing_problem(self, schedule: Answer, listed: Answer, scope: FetchScope) -> str | None:
        problem = self._schedule_problem(schedule, scope)
        if problem is not None:
            return problem
        return None if read_blocks(listed, self._provider) else _NO_BLOCKS

    async def _with_block_beyond(self, epoch: _Epoch, scope: FetchScope, ask: Ask) -> _Epoch:
        """Add the first block after the epoch, whose parent proves that the epoch's last slots were skipped."""
        answer = (await ask([questions.first_block_from(scope.last_slot + 1)]))[0]
        try:
            beyond = () if trouble_in([answer], self._provider) else read_blocks(answer, self._provider)
        except UnreadableAnswer:
            beyond = ()
        return epoch if not beyond else _Epoch((*epoch.answers, answer), epoch.leaders, (*epoch.listed, *beyond))

    async def _validator_fees(
        self, validator: ValidatorAsked, plan: Sequence[Question], epoch: _Epoch, scope: FetchScope, ask: Ask
    ) -> tuple[Fetched, LedFees | None]:
        subject = validator.validator_key
        if not validator.identities:
            reason = "the validator's identity is not known: meta was not observed, and no identity is registered"
            return unavailable(subject, reason, epoch.answers, other_may_know=False), None
        led = _led(validator, epoch, scope)
        try:
            blocks = await ask(plan)
            blocks += await self._proofs_of_emptiness(led, blocks, epoch, scope, ask)
        except ProviderDown as error:
            return down(subject, error), None
        found: list[LedFees] = []

        def unproven() -> str | None:
            fees = led_fees(led, epoch.listing, self._shown(blocks).blocks, scope.first_slot)
            if fees.contradiction is not None:
                raise UnreadableAnswer(self._provider, epoch.answers[1].request_key, fees.contradiction)
            found.append(fees)
            return "; ".join(fees.problems) or None

        judged = self._judged(subject, (*epoch.answers, *blocks), unproven)
        # Of all validators' blocks together only what commits to them is kept.
        recorded: tuple[RecordedAnswer, ...] = (*epoch.answers, *(block.kept for block in blocks))
        return replace(judged, answers=recorded), found[0] if found else None

    async def _proofs_of_emptiness(
        self, led: Sequence[int], blocks: Sequence[Answer], epoch: _Epoch, scope: FetchScope, ask: Ask
    ) -> list[Answer]:
        """For led blocks without a Fee row, whether they have transactions; the first that has some decides for all."""
        proofs: list[Answer] = []
        try:
            silent = led_fees(led, epoch.listing, self._shown(blocks).blocks, scope.first_slot).silent
            for block in silent:
                if block.transactions is not None:
                    break
                proofs += await ask([questions.block_signatures(block.slot)])
                if not read_block(proofs[-1], self._provider).tells_fees:
                    break
        except UnreadableAnswer:
            # Whoever judges the answers says what is wrong with them.
            return proofs
        return proofs

    def _shown(self, answers: Sequence[Answer]) -> Shown:
        shown = Shown()
        for answer in answers:
            shown.add(read_block(answer, self._provider))
        return shown

    # Rewards: what collectors and stake accounts received in the first blocks of the next epoch.

    async def _rewards(self, scope: FetchScope, ask: Ask) -> list[Fetched]:
        boundary = await self._boundary(scope, ask)
        recipients = recipient_questions(scope)
        plans = {key: account_questions(scope.epoch, accounts) for key, accounts in scope.stake_accounts.items()}
        paying = await self._paying_blocks(boundary, sum(map(len, plans.values())), scope, ask)
        if paying is not None:
            plans = {key: [] for key in plans}
        with suppress(ProviderDown):
            await ask(_each_once([list(recipients.values()), *plans.values()]))
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
                told += await ask(account_questions(scope.epoch, unpaid))
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

        judged = self._judged(subject, answers, read)
        if judged.state is not FigureState.FINAL:
            return judged
        if isinstance(paid.stakers, UnreadableAnswer):
            return unreadable(subject, paid.stakers, answers)
        if isinstance(paid.stakers, str):
            return pending(subject, paid.stakers, answers)
        judged = replace(judged, answers=(*answers, *paid.boundary))
        left_out = self._contradicted(told, paid) or self._left_out(subject, told, scope)
        if left_out is not None:
            return replace(judged, state=FigureState.PARTIAL, reason=left_out, other_may_know=True)
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

    # Costs: vote fees of everybody, from every block of the epoch or from vote credits; admission from its first block.

    async def _costs(self, scope: FetchScope, ask: AskMany) -> Fetched:
        judged = await (self._scanned_costs(scope, ask) if scope.scan_blocks else self._estimated_costs(scope, ask))
        if judged.state is not FigureState.FINAL:
            return judged
        return replace(judged, answers=(*judged.answers, *await self._first_block(scope, ask)))

    async def _first_block(self, scope: FetchScope, ask: Ask) -> tuple[Answer, ...]:
        """The epoch's first block: what validators were charged for taking part stands there."""
        with suppress(ProviderDown, UnreadableAnswer):
            listed = (await ask([questions.first_block_from(scope.first_slot)]))[0]
            if trouble_in([listed], self._provider) is not None:
                return ()
            slots = [slot for slot in read_blocks(listed, self._provider) if slot <= scope.last_slot]
            first = await ask([questions.block(slot) for slot in slots[:1]])
            if first and trouble_in(first, self._provider) is None:
                read_block_payments(first[0], self._provider)
                return (first[0],)
        return ()

    async def _estimated_costs(self, scope: FetchScope, ask: Ask) -> Fetched:
        keys, size = [validator.validator_key for validator in scope.validators], questions.ACCOUNTS_MAX
        plan = [questions.vote_states(keys[start : start + size]) for start in range(0, len(keys), size)]
        answers = await ask(plan)

        def read() -> None:
            for answer in answers:
                read_vote_states(answer, self._provider)

        return self._judged(EVERYONE, answers, read)

    async def _scanned_costs(self, scope: FetchScope, ask: AskMany) -> Fetched:
        listing = (await ask([questions.blocks(scope.first_slot, scope.last_slot)]))[0]
        judged = self._judged(EVERYONE, [listing], lambda: None if read_blocks(listing, self._provider) else _NO_BLOCKS)
        if judged.state is not FigureState.FINAL:
            return judged
        epoch = _Epoch((listing,), {}, read_blocks(listing, self._provider))
        if epoch.listed[-1] < scope.last_slot:
            epoch = await self._with_block_beyond(epoch, scope, ask)
        plan = (
            questions.block_accounts(slot) if slot <= scope.last_slot else questions.block(slot)
            for slot in epoch.listed
        )
        votes = EpochVotes(self._provider, scope.first_slot, scope.last_slot)
        for answer in epoch.answers:
            votes.add(answer)
        kept: list[RecordedAnswer] = list(epoch.answers)
        trouble = None
        # Together the blocks are larger than memory: each is judged as it comes, and let go.
        async with aclosing(ask.each(plan)) as blocks:
            async for block in blocks:
                kept.append(block.kept)
                trouble = trouble or self._trouble(block)
                votes.add(block)
        if trouble is not None:
            return Fetched(EVERYONE, trouble.state, trouble.reason, tuple(kept), trouble.other_may_know)
        try:
            votes.fees()
        except UnreadableAnswer as error:
            return unreadable(EVERYONE, error, kept)
        return final(EVERYONE, kept)

    def _trouble(self, answer: Answer) -> Trouble | None:
        try:
            return trouble_in([answer], self._provider)
        except UnreadableAnswer:
            # It is no JSON-RPC at all; whoever reads it will say so.
            return None

    # Observations: what a node only tells about now, between two looks at the epoch.

    async def _positions(self, scope: FetchScope, ask: Ask) -> list[Fetched]:
        before, votes = await ask([questions.epoch_info()]), await ask([questions.vote_accounts()])
        keys, size = [validator.validator_key for validator in scope.validators], questions.ACCOUNTS_MAX
        history = (await ask([questions.stake_history()]))[0]
        batches = [questions.vote_states(keys[start : start + size]) for start in range(0, len(keys), size)]
        states = await ask(batches)
        stakes = await ask([questions.stake_accounts(key) for key in keys])
        after = await ask([questions.epoch_info()])
        return [
            self._observed(
                key, scope, (before[0], votes[0], history, states[number // size], stake, after[0]), self._read_stakes
            )
            for number, (key, stake) in enumerate(zip(keys, stakes, strict=True))
        ]

    def _read_stakes(self, answers: Sequence[Answer]) -> None:
        _, votes, history, states, stakes, _ = answers
        read_vote_accounts(votes, self._provider)
        read_stake_history(history, self._provider)
        read_vote_states(states, self._provider)
        read_stake_accounts(stakes, self._provider)

    async def _meta(self, scope: FetchScope, ask: Ask) -> Fetched:
        before, votes = await ask([questions.epoch_info()]), await ask([questions.vote_accounts()])
        after = await ask([questions.epoch_info()])
        answers = (before[0], votes[0], after[0])
        return self._observed(EVERYONE, scope, answers, lambda seen: read_vote_accounts(seen[1], self._provider))

    def _observed(
        self, subject: str, scope: FetchScope, answers: Sequence[Answer], read: Callable[[Sequence[Answer]], object]
    ) -> Fetched:
        """Final if first and last answer both show the scope's epoch, and those between can be read."""

        def straddles() -> str | None:
            read(answers)
            shown = [read_epoch_info(answer, self._provider).epoch for answer in (answers[0], answers[-1])]
            if shown == [scope.epoch, scope.epoch]:
                return None
            return f"the sample is of epochs {shown[0]} to {shown[1]}, not of {scope.epoch} alone"

        return self._judged(subject, answers, straddles)


def _without_any_fee_row(told: Sequence[tuple[Fetched, LedFees | None]]) -> list[Fetched]:
    """The fetches, not final where none of all validators' blocks has a Fee row, however empty each seems to be."""
    led = [found for _, found in told if found is not None and found.produced]
    if not led or any(found.paid for found in led):
        return [fetched for fetched, _ in told]
    blocks = sum(len(found.produced) for found in led)
    reason = f"none of the {blocks} led blocks of all validators has a Fee row"
    return [
        unavailable(fetched.subject, reason, fetched.answers)
        if fetched.state is FigureState.FINAL and found is not None and found.produced
        else fetched
        for fetched, found in told
    ]


def _led(validator: ValidatorAsked, epoch: _Epoch, scope: FetchScope) -> list[int]:
    """The slots a validator led; none while its identity is not known."""
    return led_slots(epoch.leaders, validator.identities, scope.first_slot)


def _block_questions(led: Sequence[int], epoch: _Epoch, split_fees: bool) -> list[Question]:
    """The blocks of led slots; for those without one the next block, which proves the skip."""
    asked = questions.block_split if split_fees else questions.block
    plan = {slot: questions.block(slot) for slot in witnesses(led, epoch.listing)}
    plan |= {slot: asked(slot) for slot in led if slot in epoch.listing.positions}
    return [plan[slot] for slot in sorted(plan)]


def _each_once(plans: Iterable[Sequence[Question]]) -> list[Question]:
    """The questions of all plans, each key once, in order."""
    return list({question.key: question for plan in plans for question in plan}.values())

"""Fees: the blocks of the slots a validator led."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import replace

from aurora_pipeline.asking.adapter import (
    EVERYONE,
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
from aurora_pipeline.asking.verdict import down, keys_of, unavailable
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.sources.solana.answers.blocks import read_block
from aurora_pipeline.sources.solana.answers.epochs import read_blocks, read_leader_schedule
from aurora_pipeline.sources.solana.asks.judge import judge
from aurora_pipeline.sources.solana.asks.listing import (
    NO_BLOCKS,
    EpochListing,
    each_once,
    unknown_schedule,
    with_block_beyond,
)
from aurora_pipeline.sources.solana.led_blocks import LedFees, Shown, led_fees, led_slots, witnesses
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import RecordedAnswer


class FeesFetch:
    """Asks a node for the fees of an ended epoch."""

    def __init__(self, provider: str) -> None:
        self._provider = provider

    async def fetch(self, scope: FetchScope, ask: AskMany) -> list[Fetched]:
        """Led blocks of every validator, and what proves that its other slots were skipped."""
        schedule = self._observed_schedule(scope) or (await ask([questions.leader_schedule(scope.first_slot)]))[0]
        listed = (await ask([questions.blocks(scope.first_slot, scope.last_slot)]))[0]
        answers = (schedule, listed)
        judged = judge(self._provider, EVERYONE, answers, lambda: self._listing_problem(schedule, listed, scope))
        if judged.state is not FigureState.FINAL:
            return [replace(judged, subject=validator.validator_key) for validator in scope.validators]
        leaders = read_leader_schedule(schedule, self._provider) or {}
        epoch = EpochListing(answers, leaders, read_blocks(listed, self._provider))
        if any((_led(validator, epoch, scope) or [0])[-1] > epoch.listed[-1] for validator in scope.validators):
            epoch = await with_block_beyond(self._provider, epoch, scope, ask)
        plans = {
            validator.validator_key: _block_questions(_led(validator, epoch, scope), epoch, scope.split_fees)
            for validator in scope.validators
        }
        # All in a row, so that no connection idles; where the provider goes away, each validator ends for itself below.
        with suppress(ProviderDown):
            async with aclosing(ask.each(each_once(plans.values()))) as blocks:
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
            return observed if observed and unknown_schedule(self._provider, observed, scope) is None else None
        return None

    def _listing_problem(self, schedule: Answer, listed: Answer, scope: FetchScope) -> str | None:
        problem = unknown_schedule(self._provider, schedule, scope)
        if problem is not None:
            return problem
        return None if read_blocks(listed, self._provider) else NO_BLOCKS

    async def _validator_fees(
        self, validator: ValidatorAsked, plan: Sequence[Question], epoch: EpochListing, scope: FetchScope, ask: Ask
    ) -> tuple[Fetched, LedFees | None]:
        subject = validator.validator_key
        if not validator.identities:
            reason = "the validator's identity is not known: meta was not observed, and no identity is registered"
            return unavailable(subject, reason, epoch.answers, other_may_know=False, ask_again=frozenset()), None
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

        judged = judge(self._provider, subject, (*epoch.answers, *blocks), unproven)
        # Of all validators' blocks together only what commits to them is kept.
        recorded: tuple[RecordedAnswer, ...] = (*epoch.answers, *(block.kept for block in blocks))
        # A block that proves nothing is not served again anyway; where they contradict the list, all may be to blame.
        again = keys_of(recorded) if judged.state is FigureState.PENDING else frozenset[str]()
        return replace(judged, answers=recorded, ask_again=again), found[0] if found else None

    async def _proofs_of_emptiness(
        self, led: Sequence[int], blocks: Sequence[Answer], epoch: EpochListing, scope: FetchScope, ask: Ask
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


def _without_any_fee_row(told: Sequence[tuple[Fetched, LedFees | None]]) -> list[Fetched]:
    """The fetches, not final where none of all validators' blocks has a Fee row, however empty each seems to be."""
    led = [found for _, found in told if found is not None and found.produced]
    if not led or any(found.paid for found in led):
        return [fetched for fetched, _ in told]
    blocks = sum(len(found.produced) for found in led)
    reason = f"none of the {blocks} led blocks of all validators has a Fee row"
    return [
        unavailable(fetched.subject, reason, fetched.answers, ask_again=frozenset())
        if fetched.state is FigureState.FINAL and found is not None and found.produced
        else fetched
        for fetched, found in told
    ]


def _led(validator: ValidatorAsked, epoch: EpochListing, scope: FetchScope) -> list[int]:
    """The slots a validator led; none while its identity is not known."""
    return led_slots(epoch.leaders, validator.identities, scope.first_slot)


def _block_questions(led: Sequence[int], epoch: EpochListing, split_fees: bool) -> list[Question]:
    """The blocks of led slots; for those without one the next block, which proves the skip."""
    asked = questions.block_split if split_fees else questions.block
    plan = {slot: questions.block(slot) for slot in witnesses(led, epoch.listing)}
    plan |= {slot: asked(slot) for slot in led if slot in epoch.listing.positions}
    return [plan[slot] for slot in sorted(plan)]

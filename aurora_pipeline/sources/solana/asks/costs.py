"""Costs: vote fees of everybody, from every block of the epoch or from vote credits; admission from its first block."""

from __future__ import annotations

from contextlib import aclosing, suppress
from dataclasses import replace

from aurora_pipeline.asking.adapter import EVERYONE, Answer, Ask, AskMany, Fetched, FetchScope, ProviderDown
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.asking.verdict import final, keys_of, unreadable
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.sources.solana.answers.accounts import read_vote_states
from aurora_pipeline.sources.solana.answers.epochs import read_blocks
from aurora_pipeline.sources.solana.asks.judge import judge
from aurora_pipeline.sources.solana.asks.listing import NO_BLOCKS, EpochListing, with_block_beyond
from aurora_pipeline.sources.solana.blocks import EpochVotes
from aurora_pipeline.sources.solana.errors import Trouble, trouble_in
from aurora_pipeline.sources.solana.reward_rows import read_block_payments
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import RecordedAnswer


class CostsFetch:
    """Asks a node for the costs of an ended epoch."""

    def __init__(self, provider: str) -> None:
        self._provider = provider

    async def fetch(self, scope: FetchScope, ask: AskMany) -> Fetched:
        """The costs of all validators at once."""
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

        return judge(self._provider, EVERYONE, answers, read)

    async def _scanned_costs(self, scope: FetchScope, ask: AskMany) -> Fetched:
        listing = (await ask([questions.blocks(scope.first_slot, scope.last_slot)]))[0]
        judged = judge(
            self._provider, EVERYONE, [listing], lambda: None if read_blocks(listing, self._provider) else NO_BLOCKS
        )
        if judged.state is not FigureState.FINAL:
            return judged
        epoch = EpochListing((listing,), {}, read_blocks(listing, self._provider))
        if epoch.listed[-1] < scope.last_slot:
            epoch = await with_block_beyond(self._provider, epoch, scope, ask)
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
            # A block that does not read is not served again anyway; all the others are too many to ask for twice.
            return unreadable(EVERYONE, error, kept, keys_of(epoch.answers) | {error.request_key})
        return final(EVERYONE, kept)

    def _trouble(self, answer: Answer) -> Trouble | None:
        try:
            return trouble_in([answer], self._provider)
        except UnreadableAnswer:
            # It is no JSON-RPC at all; whoever reads it will say so.
            return None

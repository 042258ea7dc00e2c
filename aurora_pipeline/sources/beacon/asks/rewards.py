"""What validators earned in a window: states at both ends, rewards of its epochs and slots, and all its blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import aclosing
from typing import Final

from aurora_pipeline.asking.adapter import EVERYONE, Answer, AskMany, Fetched, FetchScope, Question
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.asking.verdict import final, unavailable, unreadable
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.beacon import questions
from aurora_pipeline.sources.beacon.answers.envelope import refuse_status
from aurora_pipeline.sources.beacon.asks.standing import standing
from aurora_pipeline.sources.beacon.asks.states import StateGone, validators_at
from aurora_pipeline.sources.beacon.last_read import remember
from aurora_pipeline.sources.beacon.ledger import WindowLedger, epoch_asked
from aurora_pipeline.sources.beacon.truth import Earned, earned, needs_more
from aurora_pipeline.store.payloads.fetches import RecordedAnswer

_SOUGHT_MAX: Final = 256
"""So many slots are looked through for a block before the window, and after it."""


class EarnedFetch:
    """One fetch of rewards; everything that was asked, and what it adds up to so far."""

    def __init__(self, kind: str, provider: str, scope: FetchScope, ask: AskMany) -> None:
        self._kind = kind
        self._provider = provider
        self._scope = scope
        self._ask = ask
        self._ledger = WindowLedger(provider, scope.first_slot, scope.last_slot)
        self._answers: list[RecordedAnswer] = []

    async def fetch(self) -> list[Fetched]:
        """Everything about everyone at once, or why this node cannot tell it."""
        try:
            await self._chain()
            await self._states()
            await self._attestations()
            await self._blocks()
            await self._of_slots()
            await self._duties()
            found = earned(self._ledger)
            if needs_more(found, self._ledger):
                await self._waiting(found)
        except StateGone as gone:
            return [unavailable(EVERYONE, str(gone), self._answers)]
        except UnreadableAnswer as error:
            return [unreadable(EVERYONE, error, self._answers)]
        remember(self._ledger, self._kind, self._answers)
        return [final(EVERYONE, self._answers)]

    async def _told(self, wanted: Sequence[Question]) -> list[Answer]:
        """Answers to some questions, each noted."""
        answers = await self._ask(wanted)
        for answer in answers:
            self._note(answer)
        return answers

    def _note(self, answer: Answer) -> None:
        self._answers.append(answer.kept)
        self._ledger.add(answer)

    async def _chain(self) -> None:
        """Whether the node can tell of the window now."""
        _, answers = await standing(self._ask, self._provider, self._scope)
        for answer in answers:
            self._note(answer)

    async def _states(self) -> None:
        keys = [one.validator_key for one in self._scope.validators]
        spec = self._ledger.known_spec
        for slot, kind in (
            (max(0, self._scope.first_slot - 1), questions.START),
            (self._scope.last_slot, questions.END),
        ):
            for answer in await validators_at(self._ask, self._provider, slot, spec, keys, kind):
                self._note(answer)
        self._ledger.prove_states()

    async def _attestations(self) -> None:
        indices = [str(index) for index in sorted(self._ledger.indices)]
        if indices:
            wanted = [questions.attestation_rewards(epoch, indices) for epoch in self._ledger.attestation_epochs]
            await self._each(wanted, "attestation rewards")

    async def _each(self, wanted: Iterable[Question], what: str) -> None:
        """Ask for many things that are all due; the first that the node does not have ends it."""
        async with aclosing(self._ask.each(wanted)) as answers:
            async for answer in answers:
                if answer.status in (404, 501):
                    self._answers.append(answer.kept)
                    raise StateGone(f"{what} ({answer.request_key.split(':')[0]})")
                if answer.status != 200:
                    refuse_status(answer, self._provider)
                self._note(answer)

    async def _blocks(self) -> None:
        """The window's blocks, with one before it and one after it, which show that none is missing at its ends."""
        first, last = self._scope.first_slot, self._scope.last_slot
        async with aclosing(self._ask.each(questions.block(slot) for slot in range(first, last + 1))) as answers:
            async for answer in answers:
                self._note(answer)
        if not self._ledger.window_blocks:
            raise StateGone(f"the blocks of slots {first} to {last}")
        for slots in (range(first - 1, max(-1, first - 1 - _SOUGHT_MAX), -1), range(last + 1, last + 1 + _SOUGHT_MAX)):
            for slot in slots:
                [answer] = await self._told([questions.block(slot)])
                if answer.status == 200:
                    break
            else:
                self._refuse_forgotten(slots)
        self._ledger.prove_blocks()
        self._ledger.prove_roots(self._scope.roots)

    def _refuse_forgotten(self, before: range) -> None:
        """Where a node has no block for so long before the window, it began to keep them within it."""
        first = self._ledger.window_blocks[0].slot
        if before and before.step < 0:
            raise StateGone(f"a block before slot {first}: its history begins there")

    async def _of_slots(self) -> None:
        """Rewards of one's own proposals, and of the sync committee where one sits in it."""
        await self._each([questions.block_rewards(block.slot) for block in self._ledger.own_blocks()], "block rewards")
        await self._committees()
        await self._each(self._sync_questions(), "sync rewards")

    async def _committees(self) -> None:
        """Who sits in the committee of each term; a node that does not say is asked about every slot."""
        terms: dict[int, EpochNumber] = {}
        if self._ledger.known_spec.epochs_per_sync_committee is not None:
            for epoch in self._ledger.duty_epochs_due:
                terms.setdefault(self._ledger.sync_period(epoch), epoch)
        for epoch in terms.values():
            state = min(self._ledger.known_spec.first_slot(epoch), self._scope.last_slot)
            [answer] = await self._told([questions.sync_committee(max(state, self._scope.first_slot), epoch)])
            if answer.status != 200:
                return

    def _sync_questions(self) -> Iterator[Question]:
        own = self._ledger.indices.keys()
        for block in self._ledger.earning_blocks:
            term = self._ledger.sync_period(self._ledger.known_spec.epoch_of(block.slot))
            sitting = sorted(own & self._ledger.committees.get(term, own))
            if sitting:
                yield questions.sync_rewards(block.slot, [str(index) for index in sitting])

    async def _duties(self) -> None:
        """Who had to propose: only to count what was missed, so a node that forgot it is left in peace.

        Many forget duties soon, the oldest first; since Fulu each state still tells them, for two epochs. Else it is
        known where it was seen while the period ran.
        """
        epochs = self._ledger.duty_epochs_due
        for build, of_epochs in ((questions.proposer_duties, epochs[::-1]), (self._lookahead, epochs)):
            for epoch in of_epochs:
                if epoch not in self._ledger.duty_epochs:
                    [answer] = await self._told([build(epoch)])
                    if answer.status != 200:
                        break
        for answer in self._scope.seen_duties:
            if epoch_asked(answer) in self._ledger.duties_unknown:
                self._note(answer)

    def _lookahead(self, epoch: EpochNumber) -> Question:
        return questions.proposer_lookahead(self._ledger.known_spec.first_slot(epoch))

    async def _waiting(self, found: dict[str, Earned]) -> None:
        """What waits to be credited at both ends, and whose balance was moved."""
        before, last = max(0, self._scope.first_slot - 1), self._scope.last_slot
        await self._told(
            [
                questions.pending_deposits(before, questions.DEPOSITS_START),
                questions.pending_deposits(last, questions.DEPOSITS_END),
                questions.pending_consolidations(before, questions.CONSOLIDATIONS_START),
                questions.pending_consolidations(last, questions.CONSOLIDATIONS_END),
            ]
        )
        own = self._ledger.indices
        sources = [one.source_index for one in self._ledger.consolidations_start or () if one.target_index in own]
        keys = set(own.values())
        asked = [source for source, target in self._ledger.consolidations_asked() if target in keys - {source}]
        others = sorted({str(index) for index in sources if index not in own} | {*asked} - keys)
        if others:
            spec = self._ledger.known_spec
            for answer in await validators_at(self._ask, self._provider, before, spec, others, questions.MOVED):
                self._note(answer)

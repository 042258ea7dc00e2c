"""What a window's answers add up to, validator by validator: gone through once, in any order, and none is kept.

Whoever leaves something out is found: every epoch, every block and every seat that is due has to have been told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import polars as pl

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.units import EpochNumber, Gwei
from aurora_pipeline.sources.beacon import questions
from aurora_pipeline.sources.beacon.answers.blocks import BeaconBlock, read_block
from aurora_pipeline.sources.beacon.answers.chain import Spec, read_spec
from aurora_pipeline.sources.beacon.answers.duties import lacking_slots, read_duties, read_lookahead
from aurora_pipeline.sources.beacon.answers.pending import (
    WaitingConsolidation,
    WaitingDeposit,
    read_pending_consolidations,
    read_pending_deposits,
)
from aurora_pipeline.sources.beacon.answers.rewards import (
    PARTS,
    BlockRewards,
    SyncReward,
    read_attestation_rewards,
    read_block_rewards,
    read_sync_committee,
    read_sync_rewards,
)
from aurora_pipeline.sources.beacon.answers.validators import ValidatorState, read_validators
from aurora_pipeline.store.payloads.answers import Answer

_INDEX: Final = "validator_index"
NOTHING: Final = Gwei(0)


@dataclass(frozen=True)
class AttestationSums:
    """What a validator's attestations came to: each part, and rewards and penalties apart."""

    parts: Mapping[str, Gwei]
    rewards: Gwei
    penalties: Gwei
    epochs: int
    """Of how many epochs there was a row."""


@dataclass
class WindowLedger:
    """The answers about one window of a chain, as they come."""

    provider: str
    first_slot: int
    last_slot: int
    spec: Spec | None = None
    start: dict[str, ValidatorState] = field(default_factory=dict)
    end: dict[str, ValidatorState] = field(default_factory=dict)
    moved: dict[str, ValidatorState] = field(default_factory=dict)
    """Other validators at the start, from which balance was moved."""
    asked: set[str] = field(default_factory=set)
    """The public keys that the state at the end was asked for."""
    asked_start: set[str] = field(default_factory=set)
    """Those that the state at the start was asked for; none where it was not."""
    blocks: dict[int, BeaconBlock] = field(default_factory=dict)
    """By slot; with the nearest ones before and after the window."""
    empty: set[int] = field(default_factory=set)
    """Slots of which the node has no block."""
    block_rewards: dict[int, BlockRewards] = field(default_factory=dict)
    committees: dict[int, frozenset[int]] = field(default_factory=dict)
    """By sync period."""
    sync_rewards: dict[int, tuple[SyncReward, ...]] = field(default_factory=dict)
    duties: dict[int, int] = field(default_factory=dict)
    """Who had to propose, by slot."""
    duty_epochs: set[EpochNumber] = field(default_factory=set)
    deposits_start: tuple[WaitingDeposit, ...] | None = None
    deposits_end: tuple[WaitingDeposit, ...] | None = None
    consolidations_start: tuple[WaitingConsolidation, ...] | None = None
    consolidations_end: tuple[WaitingConsolidation, ...] | None = None
    _attested: dict[int, pl.DataFrame] = field(default_factory=dict)

    def read(self, answers: Iterable[Answer]) -> WindowLedger:
        """Take note of several answers."""
        for answer in answers:
            self.add(answer)
        return self

    def add(self, answer: Answer) -> None:
        """Take note of one answer; raises UnreadableAnswer where it is not what its question is about."""
        match answer.question:
            case questions.SPEC:
                self.spec = read_spec(answer, self.provider)
            case questions.START:
                self.start |= read_validators(answer, self.provider)
                self.asked_start |= ids_asked(answer.request)
            case questions.END:
                self.end |= read_validators(answer, self.provider)
                self.asked |= ids_asked(answer.request)
            case questions.MOVED:
                self.moved |= read_validators(answer, self.provider)
            case questions.BLOCK:
                self._block(answer)
            case questions.ATTESTATIONS:
                self._attestations(answer)
            case questions.BLOCK_REWARDS:
                self.block_rewards[_number(answer)] = read_block_rewards(answer, self.provider)
            case questions.SYNC_REWARDS:
                self.sync_rewards[_number(answer)] = read_sync_rewards(answer, self.provider)
            case questions.SYNC_COMMITTEE if answer.status == 200:
                self._committee(answer)
            case questions.DUTIES if answer.status == 200:
                self._duties(EpochNumber(_number(answer)), read_duties(answer, self.provider))
            case questions.LOOKAHEAD if answer.status == 200:
                self._lookahead(answer)
            case _:
                self._waiting(answer)

    def _waiting(self, answer: Answer) -> None:
        if answer.status != 200:
            return
        match answer.question:
            case questions.DEPOSITS_START:
                self.deposits_start = read_pending_deposits(answer, self.provider)
            case questions.DEPOSITS_END:
                self.deposits_end = read_pending_deposits(answer, self.provider)
            case questions.CONSOLIDATIONS_START:
                self.consolidations_start = read_pending_consolidations(answer, self.provider)
            case questions.CONSOLIDATIONS_END:
                self.consolidations_end = read_pending_consolidations(answer, self.provider)

    def _block(self, answer: Answer) -> None:
        slot, block = _number(answer), read_block(answer, self.provider)
        if block is None:
            self.empty.add(slot)
        elif block.slot != slot:
            raise UnreadableAnswer(self.provider, answer.request_key, f"the block is of slot {block.slot}")
        else:
            self.blocks[slot] = block

    def _attestations(self, answer: Answer) -> None:
        frame, epoch = read_attestation_rewards(answer, self.provider), _number(answer)
        told = self._attested.get(epoch)
        self._attested[epoch] = frame if told is None else pl.concat([told, frame])

    def _duties(self, epoch: EpochNumber, told: Mapping[int, int]) -> None:
        """Whole epochs only: a slot that is left out would be one that nobody missed."""
        spec = self.known_spec
        if not lacking_slots(told, spec.first_slot(epoch), spec.slots_per_epoch):
            self.duties |= told
            self.duty_epochs.add(epoch)

    def _lookahead(self, answer: Answer) -> None:
        """Whole epochs only: what a client tells of one in part is no answer about its other slots."""
        spec, proposers = self.known_spec, read_lookahead(answer, self.provider)
        slot = int(str(answer.request["path"]).split("/")[-2])
        epoch, per_epoch = spec.epoch_of(slot), spec.slots_per_epoch
        for number in range(len(proposers) // per_epoch):
            first = spec.first_slot(epoch + number)
            of_epoch = proposers[number * per_epoch : (number + 1) * per_epoch]
            self.duties |= {first + place: one for place, one in enumerate(of_epoch)}
            self.duty_epochs.add(epoch + number)

    def _committee(self, answer: Answer) -> None:
        query = answer.request["query"]
        assert isinstance(query, dict)  # every question about a committee names its epoch
        self.committees[self.sync_period(EpochNumber(int(query["epoch"])))] = read_sync_committee(answer, self.provider)

    @property
    def known_spec(self) -> Spec:
        """The chain's own constants."""
        if self.spec is None:
            raise self.lacks("what the chain's spec is")
        return self.spec

    @property
    def duty_epochs_due(self) -> list[EpochNumber]:
        """Epochs whose slots lie in the window."""
        spec = self.known_spec
        return [EpochNumber(n) for n in range(spec.epoch_of(self.first_slot), spec.epoch_of(self.last_slot) + 1)]

    @property
    def attestation_epochs(self) -> list[EpochNumber]:
        """Epochs whose attestations are credited in the window: when the chain enters the second epoch after."""
        spec = self.known_spec
        first = -(-self.first_slot // spec.slots_per_epoch)
        credited = range(first, spec.epoch_of(self.last_slot) + 1)
        return [EpochNumber(number - 2) for number in credited if number >= 2]

    def sync_period(self, epoch: EpochNumber) -> int:
        """The term of a sync committee that an epoch lies in."""
        return epoch // (self.known_spec.epochs_per_sync_committee or 1)

    @property
    def indices(self) -> dict[int, str]:
        """Public keys of the validators asked about, by index."""
        return {one.index: key for key, one in self.end.items() if key in self.asked}

    def holds(self, slot: int) -> bool:
        """Whether a slot lies in the window."""
        return self.first_slot <= slot <= self.last_slot

    @property
    def window_blocks(self) -> list[BeaconBlock]:
        """The window's blocks in order."""
        return [self.blocks[slot] for slot in sorted(self.blocks) if self.first_slot <= slot <= self.last_slot]

    def consolidations_asked(self) -> list[tuple[str, str]]:
        """Source and target, by public key, of each consolidation that a block of the window asks for, once."""
        asked = [one for block in self.window_blocks for one in block.consolidation_requests]
        pairs = [(one.source_pubkey, one.target_pubkey) for one in asked if one.source_pubkey != one.target_pubkey]
        return list(dict(pairs).items())

    def state_before(self, key: str) -> ValidatorState | None:
        """A validator's state before the window, whoever's it is, as far as it was asked for."""
        return self.start.get(key) or self.moved.get(key)

    @property
    def earning_blocks(self) -> list[BeaconBlock]:
        """The same without the chain's first block of all, which nobody proposed, and nobody voted on."""
        return [block for block in self.window_blocks if block.slot > 0]

    def own_blocks(self) -> list[BeaconBlock]:
        """Those that the validators asked about proposed."""
        own = self.indices
        return [block for block in self.earning_blocks if block.proposer_index in own]

    def prove_states(self) -> None:
        """Raise where one state lacks a validator that the other shows to have been in it."""
        gone = [key for key in self.start if key not in self.end]
        if gone:
            raise self.lacks(f"of validator {gone[0]} at the end, though it was there at the start")
        before = self.known_spec.epoch_of(max(0, self.first_slot - 1))
        absent = self.asked_start - self.start.keys()
        late = [key for key, one in self.end.items() if key in absent and one.activation_epoch <= before]
        if late:
            raise self.lacks(f"of validator {late[0]} at the start, though it was active by then")

    def prove_blocks(self) -> None:
        """Raise where a block is missing: each one names the execution block of the one before it."""
        due = range(self.first_slot, self.last_slot + 1)
        untold = [slot for slot in due if slot not in self.blocks and slot not in self.empty]
        if untold:
            raise self.lacks(f"the block of slot {untold[0]} ({len(untold)} in all)")
        found = [self.blocks[slot] for slot in sorted(self.blocks)]
        if not self.window_blocks or found[-1].slot <= self.last_slot:
            raise self.lacks("a block after the window")
        if self.first_slot > 0 and found[0].slot >= self.first_slot:
            raise self.lacks("a block before the window")
        for before, block in pairwise(found):
            if before.payload is None or block.execution_parent is None:
                problem = f"what shows that no block is missing before slot {block.slot}: it has no execution payload"
                raise self.lacks(problem)
            if block.execution_parent != before.payload.block_hash:
                key = questions.block(block.slot).key
                problem = f"its execution block's parent is not that of slot {before.slot}: one between them is missing"
                raise UnreadableAnswer(self.provider, key, problem)

    def prove_roots(self, roots: Mapping[int, str]) -> None:
        """Raise where a block follows another one than that whose root is known: the node is on another fork."""
        for before, block in pairwise(self.blocks[slot] for slot in sorted(self.blocks)):
            known = roots.get(before.slot)
            if known is not None and block.parent_root != known:
                problem = (
                    f"its parent is {block.parent_root}, not the block of slot {before.slot} that the period was"
                    f" recorded by ({known}): the node follows another fork, or the chain was reorganised"
                )
                raise UnreadableAnswer(self.provider, questions.block(block.slot).key, problem)

    def attested(self) -> dict[int, AttestationSums]:
        """What attestations came to, by index; raises where an epoch was not told of."""
        untold = [epoch for epoch in self.attestation_epochs if epoch not in self._attested]
        if untold:
            raise self.lacks(f"attestation rewards of epoch {untold[0]} ({len(untold)} in all)")
        frames = [self._attested[epoch] for epoch in self.attestation_epochs]
        if not frames:
            return {}
        frame = pl.concat(frames)
        positive = pl.sum_horizontal(pl.col(part).clip(lower_bound=0) for part in PARTS)
        negative = pl.sum_horizontal(pl.col(part).clip(upper_bound=0) for part in PARTS)
        sums = frame.group_by(_INDEX).agg(
            *[pl.col(part).sum() for part in PARTS],
            positive.sum().alias("rewards"),
            (-negative.sum()).alias("penalties"),
            pl.len().alias("epochs"),
        )
        return {
            row[_INDEX]: AttestationSums(
                {part: Gwei(row[part]) for part in PARTS}, Gwei(row["rewards"]), Gwei(row["penalties"]), row["epochs"]
            )
            for row in sums.iter_rows(named=True)
        }

    def synced(self) -> dict[int, list[Gwei]]:
        """What each seat in the sync committee earned in each slot, by index; raises where one was not told of."""
        found: dict[int, list[Gwei]] = defaultdict(list)
        own = self.indices.keys()
        for block in self.earning_blocks:
            committee = self.committees.get(self.sync_period(self.known_spec.epoch_of(block.slot)))
            sitting = own if committee is None else own & committee
            if not sitting:
                continue
            if block.slot not in self.sync_rewards:
                raise self.lacks(f"sync rewards of slot {block.slot}")
            rows = self.sync_rewards[block.slot]
            told = {row.validator_index for row in rows}
            if committee is not None and not sitting <= told:
                absent = min(sitting - told)
                raise self.lacks(f"sync rewards of slot {block.slot} for validator {absent}, who sits in the committee")
            for row in rows:
                if row.validator_index in own:
                    found[row.validator_index].append(row.reward)
        return found

    def proposed(self) -> dict[int, list[tuple[int, Gwei]]]:
        """Slots and rewards of the blocks proposed, by index; raises where a block's rewards were not told."""
        found: dict[int, list[tuple[int, Gwei]]] = defaultdict(list)
        for block in self.own_blocks():
            told = self.block_rewards.get(block.slot)
            if told is None:
                raise self.lacks(f"rewards of the block of slot {block.slot}")
            if told.proposer_index != block.proposer_index:
                key, who = questions.block_rewards(block.slot).key, told.proposer_index
                raise UnreadableAnswer(self.provider, key, f"they are validator {who}'s, not {block.proposer_index}'s")
            found[block.proposer_index].append((block.slot, told.total))
        return found

    def missed(self) -> dict[int, list[int]] | None:
        """Slots with a duty and no block, by index; None where not all duties are known."""
        if self.duties_unknown:
            return None
        found: dict[int, list[int]] = defaultdict(list)
        for slot in sorted(self.empty):
            # Nobody proposes the first block of all.
            if self.first_slot <= slot <= self.last_slot and slot in self.duties and slot > 0:
                found[self.duties[slot]].append(slot)
        return found

    @property
    def duties_unknown(self) -> list[EpochNumber]:
        """Epochs of which nobody told who had to propose their blocks, or told it of another fork."""
        epoch_of = self.known_spec.epoch_of
        others = {
            epoch_of(block.slot)
            for block in self.earning_blocks
            if self.duties.get(block.slot, block.proposer_index) != block.proposer_index
        }
        return [epoch for epoch in self.duty_epochs_due if epoch not in self.duty_epochs or epoch in others]

    def withdrawn(self, keys: Collection[int]) -> dict[int, Gwei]:
        """What left each validator's balance for its address, by index."""
        found: dict[int, Gwei] = defaultdict(lambda: NOTHING)
        for block in self.window_blocks:
            for one in block.withdrawals:
                if one.validator_index in keys:
                    found[one.validator_index] += one.amount
        return found

    def lacks(self, what: str) -> UnreadableAnswer:
        """What to raise where something was not told."""
        return UnreadableAnswer(self.provider, "the window", f"it was not told {what}")


def ids_asked(request: Mapping[str, object]) -> frozenset[str]:
    """The ids that a question about validators named."""
    body, query = request.get("body"), request.get("query")
    named = body["ids"] if isinstance(body, dict) else query["id"] if isinstance(query, dict) else ()
    return frozenset(named)


def epoch_asked(answer: Answer) -> EpochNumber:
    """The epoch that a question about duties is about."""
    return EpochNumber(_number(answer))


def _number(answer: Answer) -> int:
    """The slot or epoch that a question's path ends with."""
    return int(str(answer.request["path"]).rsplit("/", 1)[1])

"""What the blocks of an epoch say together: fees of the slots a leader led, and vote fees of everybody.

getBlocks alone cannot prove a skip: a node that pruned its history, or jumped over a gap, lists fewer blocks and says
nothing. So a slot counts as skipped only where the block after it names a parent before it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aurora_pipeline.asking.reading import UnreadableAnswer, while_reading
from aurora_pipeline.sources.solana.answers import (
    Block,
    asked_method,
    asked_params,
    read_block,
    read_block_header,
    read_block_votes,
    read_blocks,
    read_leader_schedule,
)
from aurora_pipeline.store.payloads import Answer


@dataclass(frozen=True)
class LedBlocks:
    """The slots one validator led in an epoch: leader slots = blocks + skipped + unproven."""

    leader_slots: int
    blocks: tuple[Block, ...]
    skipped: tuple[int, ...]
    """Slots without a block, each proven by the parent of the block after it."""
    unproven: tuple[int, ...]
    """Slots without a block that no later block proves to be skipped."""

    @property
    def fees(self) -> int:
        """The sum of the Fee rewards of the blocks."""
        return sum(block.fees for block in self.blocks)


def read_led_blocks(
    answers: Sequence[Answer], provider: str, identities: Sequence[str], first_slot: int, last_slot: int
) -> LedBlocks:
    """Read the answers of a fees fetch: getLeaderSchedule, getBlocks, and getBlock of led and of proving slots.

    Refuses answers that lack a led block or contradict each other; which answer is which is told by its request.
    """
    by_method = _by_method(answers)
    schedules, lists = by_method.get("getLeaderSchedule", []), _block_lists(by_method)
    if not schedules or not lists:
        raise _incomplete(provider, answers, "the leader schedule or the list of blocks is missing")
    schedule = read_leader_schedule(schedules[0], provider)
    if schedule is None:
        raise UnreadableAnswer(provider, schedules[0].request_key, "the leader schedule is not known (null)")
    led = led_slots(schedule, identities, first_slot, last_slot)
    if led is None:
        problem = f"a slot of {', '.join(identities)} lies beyond the epoch"
        raise UnreadableAnswer(provider, schedules[0].request_key, problem)
    listed = _listed(lists, provider, by_method.get("getBlocksWithLimit", []))
    has_block = set(listed)
    read = {block.slot: block for block in (read_block(answer, provider) for answer in by_method.get("getBlock", []))}
    missing = [slot for slot in led if slot in has_block and slot not in read]
    if missing:
        raise _incomplete(provider, answers, f"the block of led slot {missing[0]} is missing ({len(missing)} in all)")
    check_parents(
        {block.slot: block.parent_slot for block in read.values()}, listed, first_slot, provider, lists[0].request_key
    )
    skipped: list[int] = []
    unproven: list[int] = []
    for slot in led:
        if slot not in has_block:
            witness = next_block(listed, slot)
            proven = witness in read and read[witness].parent_slot < slot
            (skipped if proven else unproven).append(slot)
    return LedBlocks(len(led), tuple(read[slot] for slot in led if slot in has_block), tuple(skipped), tuple(unproven))


@dataclass(frozen=True)
class VoteFees:
    """What one fee payer paid for the votes of one vote account."""

    transactions: int
    lamports: int


class EpochVotes:
    """Adds up the vote fees of an epoch, block by block; no answer is kept.

    What cannot be read is remembered, and raised where the sum is asked for.
    """

    def __init__(self, provider: str, first_slot: int, last_slot: int) -> None:
        self._provider = provider
        self._first_slot = first_slot
        self._last_slot = last_slot
        self._first_key = "nothing"
        self._list_key: str | None = None
        self._listed: set[int] = set()
        self._parents: dict[int, int] = {}
        self._read: set[int] = set()
        self._votes: dict[tuple[str, str], int] = {}
        self._lamports: dict[tuple[str, str], int] = {}
        self._problem: UnreadableAnswer | None = None

    def add(self, answer: Answer) -> None:
        """Take note of one answer of a costs fetch: getBlocks, getBlocksWithLimit, getBlock; others say nothing."""
        if self._first_key == "nothing":
            self._first_key = answer.request_key
        if self._problem is not None:
            return
        try:
            # What was read is dropped here too, so that the collector never sees it.
            with while_reading(len(answer.body)):
                self._add(answer)
        except UnreadableAnswer as error:
            self._problem = error

    def _add(self, answer: Answer) -> None:
        method = asked_method(answer)
        if method in ("getBlocks", "getBlocksWithLimit"):
            self._listed.update(read_blocks(answer, self._provider))
            if method == "getBlocks" and self._list_key is None:
                self._list_key = answer.request_key
        elif method == "getBlock" and has_transactions(answer):
            block = read_block_votes(answer, self._provider)
            self._read.add(block.slot)
            self._parents[block.slot] = block.parent_slot
            for voter, lamports in block.fees:
                self._votes[voter] = self._votes.get(voter, 0) + 1
                self._lamports[voter] = self._lamports.get(voter, 0) + lamports
        elif method == "getBlock":
            header = read_block_header(answer, self._provider)
            self._parents[header.slot] = header.parent_slot

    @property
    def is_scan(self) -> bool:
        """Whether the answers list the epoch's blocks, so that all of them were to be read."""
        return self._list_key is not None

    def fees(self) -> dict[tuple[str, str], VoteFees]:
        """What each fee payer paid for votes of each vote account in the whole epoch.

        Refuses answers that do not form one unbroken chain of blocks from the epoch's start to its end.
        """
        if self._problem is not None:
            raise self._problem
        if self._list_key is None:
            raise self._incomplete("the list of blocks is missing")
        listed = sorted(self._listed)
        slots = [slot for slot in listed if self._first_slot <= slot <= self._last_slot]
        if not slots:
            raise self._incomplete("there is no block")
        missing = [slot for slot in slots if slot not in self._read]
        if missing:
            raise self._incomplete(f"the block of slot {missing[0]} is missing ({len(missing)} in all)")
        check_parents(self._parents, listed, self._first_slot, self._provider, self._list_key)
        if slots[-1] < self._last_slot and next_block(listed, slots[-1]) not in self._parents:
            raise self._incomplete("no block after the epoch proves that its last slots were skipped")
        return {voter: VoteFees(votes, self._lamports[voter]) for voter, votes in self._votes.items()}

    def _incomplete(self, problem: str) -> UnreadableAnswer:
        return UnreadableAnswer(self._provider, self._first_key, problem)


def has_transactions(answer: Answer) -> bool:
    """Whether a getBlock asked for the block's transactions."""
    params = asked_params(answer)
    options = params[1] if len(params) > 1 and isinstance(params[1], Mapping) else {}
    return options.get("transactionDetails") != "none"


def led_slots(
    schedule: Mapping[str, Sequence[int]], identities: Sequence[str], first_slot: int, last_slot: int
) -> list[int] | None:
    """The slots a validator's identities lead, rising; None where the schedule names one beyond the epoch."""
    indices = sorted({index for identity in identities for index in schedule.get(identity, ())})
    if indices and indices[-1] > last_slot - first_slot:
        return None
    return [first_slot + index for index in indices]


def next_block(listed: Sequence[int], slot: int) -> int | None:
    """The first slot after `slot` that has a block, if any is listed."""
    position = bisect_right(listed, slot)
    return listed[position] if position < len(listed) else None


def check_parents(
    parents: Mapping[int, int], listed: Sequence[int], first_slot: int, provider: str, list_key: str
) -> None:
    """Refuse a list of blocks that lacks the parent of one of its own blocks: the node's ledger has a gap there."""
    before = dict(zip(listed[1:], listed, strict=False))
    for slot, parent_slot in parents.items():
        is_first = bool(listed) and slot == listed[0]
        if parent_slot == before.get(slot) or (slot not in before and not is_first):
            continue
        if is_first and parent_slot < first_slot:
            continue
        expected = "it is the first one listed" if is_first else f"the block listed before it is {before[slot]}"
        problem = f"block {slot} has the parent {parent_slot}, but {expected}: the node's ledger has a gap"
        raise UnreadableAnswer(provider, list_key, problem)


def _by_method(answers: Sequence[Answer]) -> dict[str, list[Answer]]:
    groups: dict[str, list[Answer]] = {}
    for answer in answers:
        groups.setdefault(asked_method(answer), []).append(answer)
    return groups


def _block_lists(by_method: Mapping[str, list[Answer]]) -> list[Answer]:
    return by_method.get("getBlocks", [])


def _listed(lists: Sequence[Answer], provider: str, beyond: Sequence[Answer]) -> list[int]:
    """Slots with a block, rising: the epoch's, and the first one after it where that was asked too."""
    return sorted({slot for answer in (*lists, *beyond) for slot in read_blocks(answer, provider)})


def _incomplete(provider: str, answers: Sequence[Answer], problem: str) -> UnreadableAnswer:
    return UnreadableAnswer(provider, answers[0].request_key if answers else "nothing", problem)

"""What all blocks of an epoch say together: one unbroken chain, and what everybody paid for votes in it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aurora_pipeline.asking.reading import UnreadableAnswer, while_reading
from aurora_pipeline.foundation.units import Lamports
from aurora_pipeline.sources.json_rpc import asked_method, asked_params
from aurora_pipeline.sources.solana.amounts import NOTHING
from aurora_pipeline.sources.solana.answers.blocks import read_block_header
from aurora_pipeline.sources.solana.answers.epochs import read_blocks
from aurora_pipeline.sources.solana.answers.votes import read_block_votes
from aurora_pipeline.store.payloads.answers import Answer


@dataclass(frozen=True)
class Listing:
    """Slots with a block, rising, and where each stands; what was listed beyond the epoch serves as witness."""

    slots: Sequence[int]
    positions: Mapping[int, int]

    def before(self, slot: int) -> int | None:
        """The slot of the block listed before that of `slot`."""
        position = self.positions[slot]
        return self.slots[position - 1] if position > 0 else None

    def after(self, slot: int) -> int | None:
        """The first slot after `slot` that has a block, if any is listed."""
        position = bisect_right(self.slots, slot)
        return self.slots[position] if position < len(self.slots) else None


def listing(slots: Iterable[int]) -> Listing:
    """Slots with a block from one or several lists."""
    rising = sorted(set(slots))
    return Listing(rising, {slot: number for number, slot in enumerate(rising)})


def parent_problem(slot: int, parent_slot: int, listed: Listing, first_slot: int) -> str | None:
    """What is wrong with the parent a block names: it is not the block listed before it, or lies in the epoch though
    the block is the first one listed."""
    before = listed.before(slot)
    if parent_slot == before if before is not None else parent_slot < first_slot:
        return None
    expected = f"the block before it is {before}" if before is not None else "it is the first one listed"
    return f"the block of slot {slot} has the parent {parent_slot}, but {expected}: another block, or a gap"


@dataclass(frozen=True)
class VoteFees:
    """What one fee payer paid for the votes of one vote account."""

    transactions: int
    lamports: Lamports


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
        self._transactions = 0
        # Blocks whose rewards were not asked for cannot be held against the node.
        self._tells_fees = False
        self._votes: dict[tuple[str, str], int] = {}
        self._lamports: dict[tuple[str, str], Lamports] = {}
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
            self._transactions += block.transactions
            self._tells_fees = self._tells_fees or block.paid_out != 0
            self._parents[block.slot] = block.parent_slot
            for voter, lamports in block.fees:
                self._votes[voter] = self._votes.get(voter, 0) + 1
                self._lamports[voter] = self._lamports.get(voter, NOTHING) + lamports
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
        listed = listing(self._listed)
        slots = [slot for slot in listed.slots if self._first_slot <= slot <= self._last_slot]
        if not slots:
            raise self._incomplete("there is no block")
        missing = [slot for slot in slots if slot not in self._read]
        if missing:
            raise self._incomplete(f"the block of slot {missing[0]} is missing ({len(missing)} in all)")
        for slot in sorted(self._parents.keys() & listed.positions.keys()):
            problem = parent_problem(slot, self._parents[slot], listed, self._first_slot)
            if problem is not None:
                raise UnreadableAnswer(self._provider, self._list_key, problem)
        if not self._transactions:
            raise self._incomplete(f"none of the {len(slots)} blocks has a transaction: the node keeps none")
        if not self._tells_fees:
            problem = (
                f"none of the {len(slots)} blocks has a Fee row, which would prove that no transaction is left out"
            )
            raise self._incomplete(problem)
        if slots[-1] < self._last_slot and listed.after(slots[-1]) not in self._parents:
            raise self._incomplete("no block after the epoch proves that its last slots were skipped")
        return {voter: VoteFees(votes, self._lamports[voter]) for voter, votes in self._votes.items()}

    def _incomplete(self, problem: str) -> UnreadableAnswer:
        return UnreadableAnswer(self._provider, self._first_key, problem)


def has_transactions(answer: Answer) -> bool:
    """Whether a getBlock asked for the block's transactions."""
    params = asked_params(answer)
    options = params[1] if len(params) > 1 and isinstance(params[1], Mapping) else {}
    return options.get("transactionDetails") != "none"

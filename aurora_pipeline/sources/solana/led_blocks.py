"""What the blocks of the slots a leader led say of its fees: the one rule, for who asks and for who computes.

Nothing counts that is not proven. getBlocks alone cannot prove a skip: a node that pruned its history, or jumped over
a gap, lists fewer blocks and says nothing. So a slot counts as skipped only where the block after it names a parent
before it, and a block only where its parent is the block listed before it. A block without a Fee row may be one whose
rewards the node does not keep. So it counts as one without fees only where it is shown to have no transactions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise

from aurora_pipeline.foundation.listing import listed as named
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.units import Lamports
from aurora_pipeline.sources.solana.answers.blocks import Block
from aurora_pipeline.sources.solana.blocks import Listing, parent_problem


def schedule_problem(schedule: Mapping[str, Sequence[int]], first_slot: int, last_slot: int) -> str | None:
    """Why a schedule that was read is not the whole epoch's; reading it proved that it has no gap and no slot twice."""
    given, slots = sum(map(len, schedule.values())), last_slot - first_slot + 1
    if given > slots:
        return "the schedule names a slot beyond the epoch"
    if given < slots:
        return (
            f"the schedule gives {given} of the epoch's {slots} slots; slot {first_slot + given} is the first without"
        )
    return None


def led_slots(schedule: Mapping[str, Sequence[int]], identities: Sequence[str], first_slot: int) -> list[int]:
    """The slots a validator's identities lead, rising."""
    return sorted(first_slot + index for index in chain(*(schedule.get(identity, ()) for identity in identities)))


@dataclass
class Shown:
    """The blocks that were read, by slot; one that was asked about twice counts as what both answers say together."""

    blocks: dict[int, Block] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    """What was wrong with the others."""

    def add(self, block: Block) -> None:
        """Take note of a block. A second answer proves what the first left open; it must not contradict it."""
        known = self.blocks.get(block.slot)
        if known is None or not known.tells_fees:
            self.blocks[block.slot] = block
        elif block.tells_fees and known.fees != block.fees:
            problem = f"the block of slot {block.slot} paid {known.fees} by one answer, {block.fees} by another"
            self.problems.append(problem)
            del self.blocks[block.slot]


@dataclass(frozen=True)
class LedFees:
    """What a leader's blocks say: leader slots = produced + empty, each proven, or why not."""

    produced: Sequence[int]
    empty: Sequence[int]
    """Slots without a block."""
    unproven: Sequence[int]
    """Those of them that no later block proves to be skipped."""
    lacking: Sequence[int]
    """Slots whose block was not read."""
    silent: Sequence[Block]
    """Blocks that do not tell their fees."""
    blocks: Sequence[Block]
    """The others, rising."""
    contradiction: str | None

    @property
    def paid(self) -> Lamports:
        """What the blocks paid that tell their fees."""
        return total([block.fees for block in self.blocks])

    @property
    def problems(self) -> list[str]:
        """Why `paid` is not all that the leader's blocks paid; none where it is."""
        if self.contradiction is not None:
            return [self.contradiction]
        lacking = (
            f"{len(self.lacking)} of {len(self.produced)} led blocks not known (slot {named(self.lacking)})"
            if self.lacking
            else ""
        )
        unproven = f"no later block proves that slot {named(self.unproven)} was skipped" if self.unproven else ""
        return [text for text in (lacking, unproven, _silence(self.silent, len(self.produced))) if text]


def _silence(silent: Sequence[Block], produced: int) -> str:
    if not silent:
        return ""
    slots = named([block.slot for block in silent])
    shown = silent[0].transactions
    why = (
        f"that of slot {silent[0].slot} has {shown} transactions: the node does not tell its fees, or they were burned"
        if shown
        else "a node that keeps no rewards answers like this"
    )
    return f"{len(silent)} of {produced} led blocks have no Fee row and are not proven empty (slot {slots}); {why}"


def witnesses(led: Iterable[int], listed: Listing) -> set[int]:
    """The slots of blocks that prove, by their parents, that led slots without a block were skipped."""
    found = {listed.after(slot) for slot in led if slot not in listed.positions}
    return {slot for slot in found if slot is not None}


def led_fees(led: Sequence[int], listed: Listing, blocks: Mapping[int, Block], first_slot: int) -> LedFees:
    """Judge the blocks that were read of led slots, and of those that prove skips; others are passed over."""
    produced = [slot for slot in led if slot in listed.positions]
    empty = [slot for slot in led if slot not in listed.positions]
    wanted = {*produced, *witnesses(empty, listed)}
    read = [blocks[slot] for slot in produced if slot in blocks]
    return LedFees(
        produced=produced,
        empty=empty,
        unproven=[slot for slot in empty if listed.after(slot) not in blocks],
        lacking=[slot for slot in produced if slot not in blocks],
        silent=[block for block in read if not block.tells_fees],
        blocks=[block for block in read if block.tells_fees],
        contradiction=_contradiction([blocks[slot] for slot in sorted(wanted) if slot in blocks], listed, first_slot),
    )


def _contradiction(blocks: Sequence[Block], listed: Listing, first_slot: int) -> str | None:
    problems = chain(
        (parent_problem(block.slot, block.parent_slot, listed, first_slot) for block in blocks),
        (_hash_problem(before, block) for before, block in pairwise(blocks)),
    )
    return next((problem for problem in problems if problem is not None), None)


def _hash_problem(before: Block, block: Block) -> str | None:
    """What is wrong with a block that the next one names by its hash: of an epoch's first block no parent is listed."""
    if block.parent_slot != before.slot or None in (before.block_hash, block.parent_hash):
        return None
    if before.block_hash == block.parent_hash:
        return None
    return (
        f"the block of slot {before.slot} has the hash {before.block_hash}, but that of slot {block.slot} follows"
        f" {block.parent_hash}: another block"
    )

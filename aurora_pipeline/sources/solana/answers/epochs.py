"""Answers about epochs: where the head is, how slots map to epochs, who leads them and which have a block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from aurora_pipeline.asking.reading import reader
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.json_rpc import asked_method, asked_params, rpc_result
from aurora_pipeline.store.payloads.answers import Answer

SLOT_MAX: Final = 2**63 - 1


@dataclass(frozen=True)
class EpochInfo:
    """Where the chain's finalized head stands."""

    epoch: EpochNumber
    absolute_slot: int
    slot_index: int
    slots_in_epoch: int

    @property
    def first_slot(self) -> int:
        """The first slot of the running epoch."""
        return self.absolute_slot - self.slot_index

    @property
    def last_slot(self) -> int:
        """The last slot of the running epoch."""
        return self.first_slot + self.slots_in_epoch - 1


@dataclass(frozen=True)
class EpochSchedule:
    """How slots map to epochs."""

    slots_per_epoch: int
    first_normal_epoch: int
    first_normal_slot: int


@reader
def read_epoch_info(answer: Answer, provider: str) -> EpochInfo:
    """getEpochInfo."""
    result = rpc_result(answer, provider)
    info = EpochInfo(
        epoch=EpochNumber(result["epoch"].whole()),
        absolute_slot=result["absoluteSlot"].whole(0, SLOT_MAX),
        slot_index=result["slotIndex"].whole(0, SLOT_MAX),
        slots_in_epoch=result["slotsInEpoch"].whole(1, SLOT_MAX),
    )
    if info.slot_index >= info.slots_in_epoch or info.slot_index > info.absolute_slot:
        result.refuse(f"slot index {info.slot_index} lies outside the epoch")
    return info


@reader
def read_epoch_schedule(answer: Answer, provider: str) -> EpochSchedule:
    """getEpochSchedule."""
    result = rpc_result(answer, provider)
    return EpochSchedule(
        slots_per_epoch=result["slotsPerEpoch"].whole(1, SLOT_MAX),
        first_normal_epoch=result["firstNormalEpoch"].whole(),
        first_normal_slot=result["firstNormalSlot"].whole(0, SLOT_MAX),
    )


@reader
def read_leader_schedule(answer: Answer, provider: str) -> dict[str, tuple[int, ...]] | None:
    """getLeaderSchedule: slot indices relative to the epoch's first slot by identity; None when not known.

    Refuses a schedule in which an index stands twice or one is missing below the last: a leader's slots were left out.
    """
    result = rpc_result(answer, provider)
    if result.value is None:
        return None
    if not isinstance(result.value, dict) or not result.value:
        result.refuse("expected an object of identities")
    schedule = {}
    for identity, slots in result.value.items():
        # One type test per list, not one Node per slot: a schedule has 432,000 of them.
        if not isinstance(slots, list) or not all(type(slot) is int and 0 <= slot <= SLOT_MAX for slot in slots):
            result[identity].refuse("expected a list of slot indices")
        schedule[identity] = tuple(slots)
    problem = _gap_in(schedule)
    if problem is not None:
        result.refuse(problem)
    return schedule


def _gap_in(schedule: Mapping[str, Sequence[int]]) -> str | None:
    """Which slot index has no leader, or two; None where each from 0 to the last has one."""
    indices = sorted(index for slots in schedule.values() for index in slots)
    # Rising from 0 without a gap, each index stands in its own place.
    for place, index in enumerate(indices):
        if index > place:
            return f"slot index {place} has no leader, {indices[-1]} has one ({len(indices)} in all)"
        if index < place:
            return f"slot index {index} is given twice ({len(indices)} in all)"
    return None


@reader
def read_blocks(answer: Answer, provider: str) -> tuple[int, ...]:
    """getBlocks or getBlocksWithLimit: the slots that have a block, rising, inside what was asked for."""
    result = rpc_result(answer, provider)
    slots = result.value
    if not isinstance(slots, list) or not all(type(slot) is int for slot in slots):
        result.refuse("expected a list of slots")
    if any(later <= earlier for earlier, later in pairwise(slots)):
        result.refuse("the slots do not rise")
    params = asked_params(answer)
    first = params[0] if params and type(params[0]) is int else 0
    is_range = asked_method(answer) == "getBlocks" and len(params) > 1 and type(params[1]) is int
    last = params[1] if is_range else SLOT_MAX
    if slots and not first <= slots[0] <= slots[-1] <= last:
        result.refuse(f"slots from {slots[0]} to {slots[-1]} were not asked for (asked: {first} to {last})")
    return tuple(slots)

"""What a node tells of block fees: led slots from the leader schedule, blocks that exist, and the Fee rows of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.money import mul_div, total
from aurora_pipeline.foundation.units import Lamports
from aurora_pipeline.sources.fetch_choice import because, missing, unknown_identity
from aurora_pipeline.sources.json_rpc import answers_to, asked_params
from aurora_pipeline.sources.once import Once
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.solana.amounts import NOTHING
from aurora_pipeline.sources.solana.answers.blocks import Block, read_block
from aurora_pipeline.sources.solana.answers.epochs import read_blocks, read_leader_schedule
from aurora_pipeline.sources.solana.blocks import Listing, listing
from aurora_pipeline.sources.solana.led_blocks import Shown, led_fees, led_slots, schedule_problem, witnesses
from aurora_pipeline.sources.told import FeesTold, Missing, StagedFetches, Told
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline.store.payloads.fetches import StagedFetch

NO_LEADER_SLOTS = "NO_LEADER_SLOTS"
"""The schedule gives the validator no slot in the period, so it earned no fees: a small validator's ordinary epoch."""


_NOTHING_LED = FeesTold(FigureState.FINAL, NO_LEADER_SLOTS, 0, 0, 0, NOTHING, NOTHING, NOTHING)


def fees(staged: StagedFetches) -> Told[FeesTold]:
    """Each validator's slots, blocks and fees."""
    once, reference = Once(), staged.reference
    told = {
        validator.validator_key: _validator_fees(reference, validator, fetch, once)
        for validator in reference.validators
        if (fetch := staged.fetches.get(validator.validator_key)) is not None
    }
    return Told(_without_any_fee_row(told).items())


def _validator_fees(reference: Reference, validator: OperatedValidator, fetch: StagedFetch, once: Once) -> FeesTold:
    lack = unknown_identity(validator, fetch)
    led = lack or _led_slots(reference, validator, fetch, once)
    if isinstance(led, Missing):
        return FeesTold(led.state, led.reason)
    if not led:
        return _NOTHING_LED
    shared = reference.identity_problem(validator)
    if shared is not None:
        # Only where its identities lead nothing does the schedule tell two vote accounts of one identity apart.
        return FeesTold(FigureState.UNAVAILABLE, shared)
    slots = _slots_with_blocks(fetch, once)
    if isinstance(slots, Missing):
        return FeesTold(slots.state, slots.reason, leader_slots=len(led))
    return _fees(reference, led, slots, fetch, once)


def _led_slots(
    reference: Reference, validator: OperatedValidator, fetch: StagedFetch, once: Once
) -> list[int] | Missing:
    """The absolute slots the schedule gives the validator's identity."""
    problems: list[str] = []
    for answer in answers_to(fetch.answers, "getLeaderSchedule"):
        params = asked_params(answer)
        # The answer does not name its epoch; only the slot that was asked about does.
        if not (params and type(params[0]) is int and reference.first_slot <= params[0] <= reference.last_slot):
            problems.append(f"{answer.request_key!r} is not about a slot of this epoch")
            continue
        schedule = once.read(read_leader_schedule, answer, fetch.provider)
        if isinstance(schedule, UnreadableAnswer):
            problems.append(schedule.problem)
        elif schedule is None:
            problems.append("the node did not know the epoch's schedule any more")
        else:
            problem = schedule_problem(schedule, reference.first_slot, reference.last_slot)
            if problem is None:
                return led_slots(schedule, validator.identities, reference.first_slot)
            problems.append(problem)
    return missing(fetch, f"leader schedule not known{because(problems)}")


def _slots_with_blocks(fetch: StagedFetch, once: Once) -> Listing | Missing:
    answers = [*answers_to(fetch.answers, "getBlocks"), *answers_to(fetch.answers, "getBlocksWithLimit")]
    for answer in answers:
        slots = once.read(read_blocks, answer, fetch.provider)
        if isinstance(slots, UnreadableAnswer):
            return missing(fetch, f"{answer.request_key}: {slots.problem}")
    listed_slots = once.made(_listing, answers)
    return listed_slots if listed_slots.slots else missing(fetch, "not known which slots have blocks")


def _listing(answers: Sequence[Answer]) -> Listing:
    return listing(slot for answer in answers for slot in read_blocks(answer, ""))


def _fees(reference: Reference, led: Sequence[int], slots: Listing, fetch: StagedFetch, once: Once) -> FeesTold:
    """Counts and the sum of the blocks' fees; null unless each led slot is a proven skip or a block that tells them."""
    shown = _blocks({*led, *witnesses(led, slots)}, fetch, once)
    found = led_fees(led, slots, shown.blocks, reference.first_slot)
    if found.contradiction is not None:
        return FeesTold(FigureState.UNAVAILABLE, found.contradiction, leader_slots=len(led))
    skipped = None if found.unproven else len(found.empty)
    counted = FeesTold(FigureState.FINAL, None, len(led), len(found.produced), skipped, zero_is_proven=True)
    if not found.problems:
        base = _base_fees(found.blocks)
        return replace(
            counted, fees=found.paid, base_fees=base, priority_fees=None if base is None else found.paid - base
        )
    if found.silent and not found.lacking and not found.unproven:
        lack = missing(fetch, f"{'; '.join(found.problems)}; the other blocks paid {found.paid}")
        return replace(counted, state=lack.state, reason=lack.reason)
    details = [*found.problems, f"the other blocks paid {found.paid}", *([fetch.reason] if fetch.reason else [])]
    state = FigureState.PARTIAL if fetch.state is FigureState.FINAL else fetch.state
    return replace(counted, state=state, reason="; ".join(details) + because(shown.problems[:3]))


def _base_fees(blocks: Sequence[Block]) -> Lamports | None:
    """The part of the blocks' fees from signatures; None where a block was read without its transactions."""
    base = NOTHING
    for block in blocks:
        if block.transactions == 0:
            continue
        if block.base_fees is None:
            return None
        base += block.base_fees - mul_div(block.base_fees, 1, 2)
    return base


def _blocks(wanted: set[int], fetch: StagedFetch, once: Once) -> Shown:
    """The wanted blocks that could be read."""
    shown = Shown()
    for answer in answers_to(fetch.answers, "getBlock"):
        params = asked_params(answer)
        if not params or params[0] not in wanted:
            continue
        block = once.read(read_block, answer, fetch.provider)
        if isinstance(block, UnreadableAnswer):
            shown.problems.append(f"{block.request_key}: {block.problem}")
        else:
            shown.add(block)
    return shown


def _without_any_fee_row(told: Mapping[str, FeesTold]) -> Mapping[str, FeesTold]:
    """What is told, of led blocks not as final where none of all validators' blocks has a Fee row: no node keeps an
    epoch of empty blocks, and one that keeps no rewards looks like that."""
    led = {key: one for key, one in told.items() if one.blocks_produced}
    if not led or any(one.fees for one in led.values()):
        return told
    blocks = total([one.blocks_produced or 0 for one in led.values()])
    reason = f"none of the {blocks} led blocks of all validators has a Fee row"
    unsure = {
        key: replace(one, state=FigureState.UNAVAILABLE, reason=reason, fees=None, base_fees=None, priority_fees=None)
        for key, one in led.items()
        if one.state is FigureState.FINAL
    }
    return {**told, **unsure}

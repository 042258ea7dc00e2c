"""What a node tells of block fees: led slots from the leader schedule, blocks that exist, and the Fee rows of each."""

from __future__ import annotations

from collections.abc import Sequence

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.money import mul_div, total
from aurora_pipeline.sources.fetch_choice import Missing, Once, answers_to, because, missing
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.result import Row
from aurora_pipeline.sources.solana.answers import (
    Block,
    asked_params,
    read_block,
    read_blocks,
    read_leader_schedule,
)
from aurora_pipeline.sources.solana.blocks import Listing, listing
from aurora_pipeline.sources.solana.led_blocks import (
    Shown,
    led_fees,
    led_slots,
    schedule_problem,
    witnesses,
)
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads import Answer, StagedFetch

NO_LEADER_SLOTS = "NO_LEADER_SLOTS"
"""The schedule gives the validator no slot in the period, so it earned no fees: a small validator's ordinary epoch."""


def fees_from_node(reference: Reference, validator: OperatedValidator, fetch: StagedFetch, once: Once) -> Row:
    """A validator's slots, blocks and fees."""
    led = _led_slots(reference, validator, fetch, once)
    if isinstance(led, Missing):
        return led.columns
    row: Row = {"leader_slots": len(led)}
    if not led:
        none = {
            "blocks_produced": 0,
            "slots_skipped": 0,
            "fees": 0,
            "base_fees": 0,
            "priority_fees": 0,
            "reason": NO_LEADER_SLOTS,
        }
        return row | none | {"state": FigureState.FINAL.value}
    shared = reference.identity_problem(validator)
    if shared is not None:
        # Only where its identities lead nothing does the schedule tell two vote accounts of one identity apart.
        return Missing(FigureState.UNAVAILABLE, shared).columns
    slots = _slots_with_blocks(fetch, once)
    if isinstance(slots, Missing):
        return row | slots.columns
    return row | _fees(reference, led, slots, fetch, once)


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


def _fees(reference: Reference, led: Sequence[int], slots: Listing, fetch: StagedFetch, once: Once) -> Row:
    """Counts and the sum of the blocks' fees; null unless each led slot is a proven skip or a block that tells them."""
    shown = _blocks({*led, *witnesses(led, slots)}, fetch, once)
    found = led_fees(led, slots, shown.blocks, reference.first_slot)
    if found.contradiction is not None:
        return Missing(FigureState.UNAVAILABLE, found.contradiction).columns
    row: Row = {"blocks_produced": len(found.produced)}
    if not found.unproven:
        row["slots_skipped"] = len(found.empty)
    if not found.problems:
        return row | {"fees": found.paid} | _split(found.blocks) | {"state": FigureState.FINAL.value}
    if found.silent and not found.lacking and not found.unproven:
        return row | missing(fetch, f"{'; '.join(found.problems)}; the other blocks paid {found.paid}").columns
    details = [*found.problems, f"the other blocks paid {found.paid}", *([fetch.reason] if fetch.reason else [])]
    state = FigureState.PARTIAL if fetch.state is FigureState.FINAL else fetch.state
    return row | Missing(state, "; ".join(details) + because(shown.problems[:3])).columns


def _split(blocks: Sequence[Block]) -> Row:
    """Base and priority part of the blocks' fees; nulls where a block was read without its transactions."""
    base = 0
    for block in blocks:
        if block.transactions == 0:
            continue
        if block.base_fees is None:
            return {"base_fees": None, "priority_fees": None}
        base += block.base_fees - mul_div(block.base_fees, 1, 2)
    return {"base_fees": base, "priority_fees": total([block.fees for block in blocks]) - base}


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


def without_any_fee_row(rows: Sequence[Row], from_nodes: set[str]) -> list[Row]:
    """The rows, those of led blocks not final where none of all validators' blocks has a Fee row: no node keeps an
    epoch of empty blocks, and one that keeps no rewards looks like that."""
    led = {
        row["validator_key"]: row for row in rows if row["validator_key"] in from_nodes and row.get("blocks_produced")
    }
    if not led or any(row.get("fees") for row in led.values()):
        return list(rows)
    blocks = sum(row["blocks_produced"] for row in led.values())
    lack = Missing(FigureState.UNAVAILABLE, f"none of the {blocks} led blocks of all validators has a Fee row").columns
    nulls = {"fees": None, "base_fees": None, "priority_fees": None}
    return [
        row | nulls | lack if row["validator_key"] in led and row["state"] == FigureState.FINAL else row for row in rows
    ]

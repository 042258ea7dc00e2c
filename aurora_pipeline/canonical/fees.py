"""Block fees per validator: led slots from the leader schedule, blocks from getBlocks, Fee rewards from each block."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.canonical.from_apis import fees_from_solanabeach, fees_from_trillium
from aurora_pipeline.canonical.tables import FEES
from aurora_pipeline.foundation.money import mul_div, total
from aurora_pipeline.sources.files.tells import fees_from_file
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.result import LayerResult, Row, layer_result, listed, missing_rows, was_asked
from aurora_pipeline.sources.solana.answers import (
    Block,
    asked_params,
    read_block,
    read_blocks,
    read_leader_schedule,
)
from aurora_pipeline.sources.solana.blocks import led_slots, next_block
from aurora_pipeline.sources.told import Missing, Once, answers_to, because, fetch_about, missing, unknown_kind
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads import Answer, StagedFetch

NO_LEADER_SLOTS = "NO_LEADER_SLOTS"
"""The schedule gives the validator no slot in the period, so it earned no fees: a small validator's ordinary epoch."""

Reader = Callable[[Reference, OperatedValidator, StagedFetch, Once], Row]


def canonical_fees(reference: Reference, fetches: Sequence[StagedFetch]) -> LayerResult:
    """One row per operated validator. Fees are those of the blocks it led, whoever received them."""
    once = Once()
    rows = [_row(reference, validator, fetches, once) for validator in reference.validators]
    return layer_result(
        FEES,
        rows,
        says_something=map(was_asked, rows),
        states=[row["state"] for row in rows],
        violations=[*missing_rows(FEES, reference.keys, rows), *_uncounted_slots(rows)],
    )


def _row(reference: Reference, validator: OperatedValidator, fetches: Sequence[StagedFetch], once: Once) -> Row:
    row = {**reference.row(validator.validator_key), "identity_key": validator.identity_key}
    fetch = fetch_about(fetches, validator.validator_key)
    if fetch is None:
        return row | missing(None).columns
    row["source_fetch"] = fetch.fetch_id
    reader = _READERS.get(fetch.kind)
    if reader is None:
        return row | unknown_kind(fetch, _READERS).columns
    return row | reader(reference, validator, fetch, once)


def _by_identity(reader: Reader) -> Reader:
    """A reader of answers that name validators by their identities, which have to be known."""

    def read(reference: Reference, validator: OperatedValidator, fetch: StagedFetch, once: Once) -> Row:
        if not validator.identities:
            # Why nobody could be asked by it, and what the providers before this one said, stands in the fetch.
            return missing(fetch, None if fetch.reason else "its identity is not known").columns
        return reader(reference, validator, fetch, once)

    return read


def _from_solana_rpc(reference: Reference, validator: OperatedValidator, fetch: StagedFetch, once: Once) -> Row:
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
    listing = _slots_with_blocks(fetch, once)
    if isinstance(listing, Missing):
        return row | listing.columns
    return row | _fees(reference, led, listing, fetch, once)


_READERS: dict[str, Reader] = {
    "solana_rpc": _by_identity(_from_solana_rpc),
    "solanabeach": _by_identity(fees_from_solanabeach),
    "trillium": fees_from_trillium,
    "file": fees_from_file,
}


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
            led = led_slots(schedule, validator.identities, reference.first_slot, reference.last_slot)
            if led is not None:
                return led
            problems.append("the schedule names a slot beyond the epoch")
    return missing(fetch, f"leader schedule not known{because(problems)}")


@dataclass(frozen=True)
class _Listing:
    """Slots with a block, rising, and where each stands; what was listed beyond the epoch serves as witness."""

    slots: Sequence[int]
    positions: Mapping[int, int]

    def before(self, slot: int) -> int | None:
        """The slot of the block listed before that of `slot`."""
        position = self.positions[slot]
        return self.slots[position - 1] if position > 0 else None


def _slots_with_blocks(fetch: StagedFetch, once: Once) -> _Listing | Missing:
    answers = [*answers_to(fetch.answers, "getBlocks"), *answers_to(fetch.answers, "getBlocksWithLimit")]
    for answer in answers:
        slots = once.read(read_blocks, answer, fetch.provider)
        if isinstance(slots, UnreadableAnswer):
            return missing(fetch, f"{answer.request_key}: {slots.problem}")
    listing = once.made(_listing, answers)
    return listing if listing.slots else missing(fetch, "not known which slots have blocks")


def _listing(answers: Sequence[Answer]) -> _Listing:
    slots = sorted({slot for answer in answers for slot in read_blocks(answer, "")})
    return _Listing(slots, {slot: number for number, slot in enumerate(slots)})


def _fees(reference: Reference, led: Sequence[int], listing: _Listing, fetch: StagedFetch, once: Once) -> Row:
    """Counts and the sum of the blocks' fees; null unless every led slot is a block that was read or a proven skip.

    A node that lost part of its ledger lists fewer blocks and says nothing. So a skip counts only where the block
    after it names a parent before it, and a block only where its parent is the block listed before it.
    """
    produced = [slot for slot in led if slot in listing.positions]
    empty = [slot for slot in led if slot not in listing.positions]
    witnesses = {slot: next_block(listing.slots, slot) for slot in empty}
    wanted = {*produced, *(slot for slot in witnesses.values() if slot is not None)}
    blocks, problems = _blocks(wanted, fetch, once)
    for slot, block in sorted(blocks.items()):
        before = listing.before(slot)
        if block.parent_slot != before if before is not None else block.parent_slot >= reference.first_slot:
            expected = f"the block before it is {before}" if before is not None else "it is the first one listed"
            reason = (
                f"the block of slot {slot} has the parent {block.parent_slot}, but {expected}: another block, or a gap"
            )
            return Missing(FigureState.UNAVAILABLE, reason).columns
    row: Row = {"blocks_produced": len(produced)}
    lacking = [slot for slot in produced if slot not in blocks]
    unproven = [slot for slot, witness in witnesses.items() if witness is None or witness not in blocks]
    if not unproven:
        row["slots_skipped"] = len(empty)
    known = total([blocks[slot].fees for slot in produced if slot in blocks])
    if not lacking and not unproven:
        split = _split([blocks[slot] for slot in produced])
        if isinstance(split, Missing):
            return row | split.columns
        return row | {"fees": known} | split | {"state": FigureState.FINAL.value}
    lack = f"{len(lacking)} of {len(produced)} led blocks not known (slot {listed(lacking)})" if lacking else ""
    unsure = f"no later block proves that slot {listed(unproven)} was skipped" if unproven else ""
    details = [text for text in (lack, unsure, f"the other blocks paid {known}", fetch.reason) if text]
    state = FigureState.PARTIAL if fetch.state is FigureState.FINAL else fetch.state
    return row | Missing(state, "; ".join(details) + because(problems[:3])).columns


def _split(blocks: Sequence[Block]) -> Row | Missing:
    """Base and priority part of the blocks' fees; nulls where a block was read without its transactions."""
    base = 0
    for block in blocks:
        if block.base_fees is None:
            return {"base_fees": None, "priority_fees": None}
        if block.fees == 0:
            # Nothing was paid, or the collector could not take it and it was burned.
            continue
        kept = block.base_fees - mul_div(block.base_fees, 1, 2)
        if kept > block.fees:
            reason = f"the block of slot {block.slot} paid {block.fees}, less than its signatures' part {kept}"
            return Missing(FigureState.UNAVAILABLE, reason)
        base += kept
    return {"base_fees": base, "priority_fees": total([block.fees for block in blocks]) - base}


def _blocks(wanted: set[int], fetch: StagedFetch, once: Once) -> tuple[dict[int, Block], list[str]]:
    """The wanted blocks that could be read, by slot, and what was wrong with the others."""
    blocks: dict[int, Block] = {}
    problems: list[str] = []
    for answer in answers_to(fetch.answers, "getBlock"):
        params = asked_params(answer)
        if not params or params[0] not in wanted:
            continue
        block = once.read(read_block, answer, fetch.provider)
        if isinstance(block, UnreadableAnswer):
            problems.append(f"{block.request_key}: {block.problem}")
        else:
            blocks[block.slot] = block
    return blocks, problems


def _adds_up(row: Row) -> bool:
    counts: list[Any] = [row.get(name) for name in ("blocks_produced", "slots_skipped", "leader_slots")]
    return None in counts or sum(counts[:2]) == counts[2]


def _uncounted_slots(rows: Sequence[Row]) -> list[str]:
    """Validators whose led slots are neither blocks nor confirmed skips; not every source counts slots."""
    return [
        f"{row['validator_key']}: {row['leader_slots']} slots led, but {row['blocks_produced']} blocks and"
        f" {row['slots_skipped']} skips"
        for row in rows
        if row["state"] == FigureState.FINAL and not _adds_up(row)
    ]

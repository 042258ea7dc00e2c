"""The answers of a fees fetch, judged as staging and the canonical layer judge them."""

from __future__ import annotations

from collections.abc import Sequence

from aurora_pipeline.asking.adapter import Answer
from aurora_pipeline.sources.json_rpc import asked_method
from aurora_pipeline.sources.solana.answers.blocks import read_block
from aurora_pipeline.sources.solana.answers.epochs import read_blocks, read_leader_schedule
from aurora_pipeline.sources.solana.blocks import listing
from aurora_pipeline.sources.solana.led_blocks import LedFees, Shown, led_fees, led_slots, schedule_problem


def judged(answers: Sequence[Answer], identities: Sequence[str], first_slot: int, last_slot: int) -> LedFees:
    """What the answers say of the slots that some identities lead."""

    def to(method: str) -> list[Answer]:
        return [answer for answer in answers if asked_method(answer) == method]

    schedule = read_leader_schedule(to("getLeaderSchedule")[0], "node") or {}
    assert schedule_problem(schedule, first_slot, last_slot) is None
    lists = [*to("getBlocks"), *to("getBlocksWithLimit")]
    listed = listing(slot for answer in lists for slot in read_blocks(answer, "node"))
    shown = Shown()
    for answer in to("getBlock"):
        shown.add(read_block(answer, "node"))
    return led_fees(led_slots(schedule, identities, first_slot), listed, shown.blocks, first_slot)

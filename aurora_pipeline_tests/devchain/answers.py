"""The small chain's answers as they are stored: what its nodes and relays would say to a question."""

from __future__ import annotations

from typing import Any, Final

from aurora_pipeline.asking.adapter import Answer, Question
from aurora_pipeline.asking.proposals import Payload, ProposedSlot
from aurora_pipeline.foundation.units import Wei
from aurora_pipeline.sources.evm import questions as evm
from aurora_pipeline.sources.relays import questions as relays
from aurora_pipeline.sources.relays.answers import next_cursor, read_page
from aurora_pipeline_tests.asking.asked import NODE, answer_to, result_of
from aurora_pipeline_tests.devchain.files import held

RELAYS: Final = ("a", "b")
PAGE_ROWS: Final = 200


def executed_at(slot: int) -> Any:
    """The execution block of a slot, with its receipts."""
    return held("execution_by_slot")[str(slot)]


def slots() -> list[int]:
    """The slots that have a block."""
    return sorted(map(int, held("execution_by_slot")))


def number_at(slot: int) -> int:
    """The number of a slot's execution block."""
    return int(executed_at(slot)["block"]["number"], 16)


def block_at(slot: int) -> Answer:
    """The answer about the block of a slot."""
    return result_of(evm.block(number_at(slot)), executed_at(slot)["block"])


def receipts_at(slot: int) -> Answer:
    """The answer about its receipts."""
    return result_of(evm.receipts(number_at(slot)), executed_at(slot)["receipts"])


def delivered(relay: str, cursor: int | None, limit: int = PAGE_ROWS) -> list[Any]:
    """What a relay answers: its newest rows up to a slot."""
    rows = held(f"relay_{relay}_proposer_payload_delivered")
    return [row for row in rows if cursor is None or int(row["slot"]) <= cursor][:limit]


def page_of(relay: str, cursor: int, limit: int = PAGE_ROWS) -> Answer:
    """A page of what a relay delivered."""
    question: Question = relays.delivered_up_to(cursor)
    return answer_to(question, delivered(relay, cursor, limit))


def pages_of_period(relay: str, first_slot: int, last_slot: int, limit: int = PAGE_ROWS) -> list[Answer]:
    """All pages of a period, asked for as the adapter does."""
    asked: list[Answer] = []
    cursor: int | None = last_slot
    while cursor is not None:
        asked.append(page_of(relay, cursor, limit))
        cursor = next_cursor(read_page(asked[-1], NODE), cursor, first_slot)
    return asked


def proposed() -> dict[int, tuple[int, ProposedSlot]]:
    """Who had to propose in each slot, and the block's payload where there is one; by slot."""
    found = {}
    for duties in held("proposer_duties_by_epoch").values():
        for duty in duties:
            slot = int(duty["slot"])
            found[slot] = (int(duty["validator_index"]), ProposedSlot(slot, payload_at(slot)))
    return found


def payload_at(slot: int) -> Payload | None:
    """The payload of a slot's beacon block."""
    block = held("blocks_by_slot").get(str(slot))
    if block is None:
        return None
    payload = block["data"]["message"]["body"]["execution_payload"]
    return Payload(
        number=int(payload["block_number"]),
        block_hash=payload["block_hash"],
        fee_recipient=payload["fee_recipient"].lower(),
        base_fee=Wei(int(payload["base_fee_per_gas"])),
        gas_used=int(payload["gas_used"]),
    )

"""The small chain's answers as they are stored: what its nodes and relays would say to a question."""

from __future__ import annotations

from typing import Any, Final

from aurora_pipeline.asking.adapter import Answer, Question
from aurora_pipeline.sources.evm import questions as evm
from aurora_pipeline.sources.relays import questions as relays
from aurora_pipeline_tests.asking.asked import answer_to, result_of
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

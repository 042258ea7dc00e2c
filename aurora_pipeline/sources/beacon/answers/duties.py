"""Reading who had to propose which slot."""

from __future__ import annotations

from collections.abc import Mapping

from aurora_pipeline.asking.reading import reader
from aurora_pipeline.sources.beacon.answers.envelope import data
from aurora_pipeline.store.payloads.answers import Answer


@reader
def read_duties(answer: Answer, provider: str) -> dict[int, int]:
    """/eth/v1/validator/duties/proposer/{epoch}: the index of who had to propose, by slot."""
    told = data(answer, provider)
    found: dict[int, int] = {}
    for row in told.items():
        slot = row["slot"].whole_text()
        if slot in found:
            row.refuse(f"slot {slot} is listed twice")
        found[slot] = row["validator_index"].whole_text()
    return found


def lacking_slots(told: Mapping[int, int], first_slot: int, slots: int) -> list[int]:
    """The slots of an epoch that duties leave out. Nobody proposes the first block of all."""
    return [slot for slot in range(max(first_slot, 1), first_slot + slots) if slot not in told]


@reader
def read_lookahead(answer: Answer, provider: str) -> tuple[int, ...]:
    """/eth/v1/beacon/states/{slot}/proposer_lookahead: who has to propose, slot by slot from the epoch's first on."""
    return tuple(one.whole_text() for one in data(answer, provider).items())

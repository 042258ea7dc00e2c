"""Reading what a relay says it delivered: rows of decimal texts, amounts in wei."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from aurora_pipeline.asking.reading import Node, UnreadableAnswer, parsed, reader
from aurora_pipeline.foundation.printable import printable
from aurora_pipeline.foundation.units import Wei
from aurora_pipeline.sources.evm.amounts import believed
from aurora_pipeline.sources.hex_values import U256_MAX, address_of, hash_of, public_key_of
from aurora_pipeline.store.payloads.answers import Answer

DELIVERED: Final = "/relay/v1/data/bidtraces/proposer_payload_delivered"
_SAID_LENGTH_MAX: Final = 200
_NOT_UNDERSTOOD: Final = frozenset((400, 404, 422))
"""Statuses of a relay that does not take the question that way."""


@dataclass(frozen=True)
class DeliveredRow:
    """A block that a relay says it delivered, and what it says its proposer was paid."""

    slot: int
    block_hash: str
    block_number: int
    builder_key: str
    proposer_key: str
    proposer_recipient: str
    """The address that the proposer had registered for its payment."""
    claim: Wei


@reader
def read_page(answer: Answer, provider: str) -> tuple[DeliveredRow, ...]:
    """One page, newest first: rows of the slot, or of slots up to the cursor, that was asked; each block once."""
    page = _page(answer, provider)
    rows = tuple(_row(row) for row in page.items())
    if len({(one.slot, one.block_hash) for one in rows}) < len(rows):
        page.refuse("a block is listed twice")
    cursor, slot = asked_cursor(answer), asked_slot(answer)
    others = [one.slot for one in rows if slot not in (None, one.slot)]
    if others:
        page.refuse(f"slot {others[0]} was answered where slot {slot} was asked")
    if cursor is not None and any(one.slot > cursor for one in rows):
        page.refuse(f"slot {max(one.slot for one in rows)} was answered where slots up to {cursor} were asked")
    if any(later.slot > earlier.slot for earlier, later in pairwise(rows)):
        page.refuse("its slots do not fall: what lies between them may have been left out")
    return rows


def _row(row: Node) -> DeliveredRow:
    return DeliveredRow(
        slot=row["slot"].whole_text(),
        block_hash=hash_of(row["block_hash"]),
        block_number=row["block_number"].whole_text(),
        builder_key=public_key_of(row["builder_pubkey"]),
        proposer_key=public_key_of(row["proposer_pubkey"]),
        proposer_recipient=address_of(row["proposer_fee_recipient"]),
        claim=believed(row["value"], Wei(row["value"].whole_text(U256_MAX))),
    )


def asked_cursor(answer: Answer) -> int | None:
    """The slot from which on backward a page was asked."""
    return _asked(answer, "cursor")


def asked_slot(answer: Answer) -> int | None:
    """The one slot that was asked about."""
    return _asked(answer, "slot")


def _asked(answer: Answer, name: str) -> int | None:
    query = answer.request.get("query")
    number = query.get(name) if isinstance(query, Mapping) else None
    return number if type(number) is int else None


def pages_by_cursor(answer: Answer, provider: str) -> bool:
    """Whether a relay understood that it was asked for a page: some refuse the cursor, or send the newest rows."""
    cursor = asked_cursor(answer)
    if answer.status in _NOT_UNDERSTOOD or cursor is None:
        return False
    page = parsed(answer, provider)
    rows = page.items() if isinstance(page.value, list) else []
    return all(row["slot"].whole_text() <= cursor for row in rows)


def read_slots(answers: Sequence[Answer], provider: str) -> dict[int, tuple[DeliveredRow, ...]]:
    """What a relay delivered in each of the slots that it was asked about one by one."""
    told = ((asked_slot(answer), answer) for answer in pages_of(answers))
    return {slot: read_page(answer, provider) for slot, answer in told if slot is not None}


def is_by_slot(answers: Sequence[Answer], provider: str) -> bool:
    """Whether it was asked slot by slot, because it gives no pages: the question that shows so comes first."""
    pages = pages_of(answers)
    return bool(pages) and not pages_by_cursor(pages[0], provider)


def read_pages(answers: Sequence[Answer], provider: str, first_slot: int, last_slot: int) -> tuple[DeliveredRow, ...]:
    """What a relay delivered in the slots of a period; refuses pages that do not join, or end before its first slot.

    A page says nothing about where the list ends: relays cut it where they like. It ends with a row from before the
    period, or with an empty page.
    """
    pages = pages_of(answers)
    if not pages:
        raise UnreadableAnswer(provider, DELIVERED, "no page of what it delivered is there")
    found: dict[tuple[int, str], DeliveredRow] = {}
    cursor: int | None = last_slot
    for answer in pages:
        if cursor is None or asked_cursor(answer) != cursor:
            raise UnreadableAnswer(provider, answer.request_key, f"the page of slots up to {cursor} should stand here")
        rows = read_page(answer, provider)
        found |= {(one.slot, one.block_hash): one for one in rows}
        cursor = next_cursor(rows, cursor, first_slot)
    if cursor is not None:
        raise UnreadableAnswer(provider, pages[-1].request_key, f"the page of slots up to {cursor} is missing")
    return tuple(row for row in found.values() if row.slot >= first_slot)


def pages_of(answers: Sequence[Answer]) -> list[Answer]:
    """The answers of a fetch that are such pages."""
    return [answer for answer in answers if answer.request.get("path") == DELIVERED]


def next_cursor(rows: Sequence[DeliveredRow], cursor: int, first_slot: int) -> int | None:
    """Where the next page begins; None where there is nothing more of a period that begins with `first_slot`.

    A page may be cut between two blocks of one slot, so its lowest slot is asked for again, unless it holds no other.
    """
    if not rows:
        return None
    lowest = min(one.slot for one in rows)
    following = lowest if lowest < cursor else lowest - 1
    return following if min(lowest, following) >= first_slot else None


def _page(answer: Answer, provider: str) -> Node:
    page = parsed(answer, provider)
    if answer.status != 200:
        page.refuse(f"HTTP {answer.status}: {refusal_of(page)}")
    return page


def refusal_of(page: Node) -> str:
    """What a relay says is wrong with a question, as far as it says something."""
    said = page.value.get("message") if isinstance(page.value, dict) else None
    return printable(str(said)[:_SAID_LENGTH_MAX]) if said else "no message"

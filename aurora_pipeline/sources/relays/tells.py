"""What a relay tells: the blocks that it says it delivered, and its claims."""

from __future__ import annotations

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.sources.blocks_told import Delivered, DeliveredTold
from aurora_pipeline.sources.fetch_choice import missing
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.relays.answers import is_by_slot, read_pages, read_slots
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch


def delivered(fetch: StagedFetch, reference: Reference) -> DeliveredTold:
    """What one relay delivered in a period; rows count only where its list is whole."""
    if fetch.state is not FigureState.FINAL:
        return DeliveredTold(fetch.provider, missing(fetch))
    slots: frozenset[int] | None = None
    try:
        if is_by_slot(fetch.answers, fetch.provider):
            by_slot = read_slots(fetch.answers, fetch.provider)
            rows, slots = tuple(row for one in by_slot.values() for row in one), frozenset(by_slot)
        else:
            rows = read_pages(fetch.answers, fetch.provider, reference.first_slot, reference.last_slot)
    except UnreadableAnswer as error:
        return DeliveredTold(fetch.provider, missing(fetch, f"{error.request_key}: {error.problem}"))
    return DeliveredTold(
        fetch.provider,
        [
            Delivered(
                fetch.provider,
                one.slot,
                one.block_hash,
                one.builder_key,
                one.proposer_key,
                one.proposer_recipient,
                one.claim,
            )
            for one in rows
        ],
        slots,
    )

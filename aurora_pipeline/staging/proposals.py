"""Which blocks were proposed where each pays one proposer, as the staged answers about rewards tell it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from aurora_pipeline.asking.proposals import Proposals
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.periods.record import Period
from aurora_pipeline.sources.kinds import SOURCES
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.payloads.fetches import StagedFetch, load_fetches_in_slices


def staged_proposals(connection: Connection, period: Period) -> Proposals:
    """The slots that validators had to propose blocks in."""
    key = period.key
    return proposals_in(load_fetches_in_slices(connection, key.chain_id, key.epoch, DataType.REWARDS), period)


def proposals_in(fetches: Sequence[StagedFetch], period: Period) -> Proposals:
    """The same in fetches of rewards; each is gone through once."""
    told = [one for fetch in fetches if (one := _told(fetch, period.first_slot, period.last_slot)) is not None]
    slots = {key: listed for one in told for key, listed in one.slots.items()}
    absent = frozenset().union(*(one.absent for one in told)) - slots.keys()
    return Proposals(slots, bool(slots) and all(one.tells_missed for one in told if one.slots), absent)


def _told(fetch: StagedFetch, first_slot: int, last_slot: int) -> Proposals | None:
    """What a fetch tells. Who stages the blocks, and who adds up what they paid, both ask: it is read once for them.

    It is every block of a period. The fetch's digest commits to all its answers and to how they are read.
    """
    tell = SOURCES[fetch.kind].proposals if fetch.kind in SOURCES else None
    if tell is None:
        return None
    name = (fetch.fetch_digest, first_slot, last_slot)
    if not fetch.fetch_digest or name not in _read:
        _read[name] = tell(fetch, first_slot, last_slot)
        while len(_read) > _READ_MAX:
            _read.popitem(last=False)
    return _read[name]


_read: OrderedDict[tuple[str, int, int], Proposals] = OrderedDict()
_READ_MAX: Final = 4

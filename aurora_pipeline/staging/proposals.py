"""Which blocks were proposed where each pays one proposer, as the staged answers about rewards tell it."""

from __future__ import annotations

from collections.abc import Sequence

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
    told = [
        tell(fetch, period.first_slot, period.last_slot)
        for fetch in fetches
        if fetch.kind in SOURCES and (tell := SOURCES[fetch.kind].proposals) is not None
    ]
    slots = {key: listed for one in told for key, listed in one.slots.items()}
    return Proposals(slots, bool(slots) and all(one.tells_missed for one in told if one.slots))

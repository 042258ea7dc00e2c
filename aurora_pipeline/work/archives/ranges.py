"""The ranges of periods that an instance has, where each is, and which of them somebody names by their epochs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.decisions.range_tables import OUT
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.tables import ALL_TABLES
from aurora_pipeline.work.archives.errors import RangeElsewhere, RangeUnknown

RANGED: Final[tuple[Table, ...]] = tuple(table for table in ALL_TABLES if table.in_ranges)
"""The tables whose rows move with their range."""
_RANGES: Final = """
SELECT r.range_id, r.chain_id, r.from_epoch, r.to_epoch, m.number, m.direction, m.place, m.manifest_hash,
       m.recorded_at, m.recorded_by, m.reason
FROM period_ranges r LEFT JOIN LATERAL
     (SELECT * FROM range_moves m WHERE m.range_id = r.range_id ORDER BY m.number DESC LIMIT 1) m ON true
WHERE %(chain)s::text IS NULL OR r.chain_id = %(chain)s
ORDER BY r.chain_id, r.from_epoch
"""


@dataclass(frozen=True)
class PeriodRange:
    """A range of periods of one chain and where its rows are."""

    range_id: int
    chain_id: str
    from_epoch: EpochNumber
    to_epoch: EpochNumber
    """The first epoch that no longer belongs to it."""
    moves: int
    place: str | None
    """Where its rows are; None: in the database."""
    archive: str | None
    """The place of its newest archive, also where the rows are in the database again."""
    manifest_hash: str | None
    moved_at: datetime | None
    moved_by: str | None
    reason: str | None

    @property
    def name(self) -> str:
        """As people read it."""
        return f"{self.chain_id} {self.from_epoch}..{self.to_epoch - 1}"


def ranges(connection: Connection, chain_id: str | None = None) -> list[PeriodRange]:
    """All ranges, or those of one chain."""
    return [_range(row) for row in connection.execute(_RANGES, {"chain": chain_id}).fetchall()]


def claim(connection: Connection, found: PeriodRange) -> None:
    """Be the only one who moves ranges until the transaction ends; raises where somebody else does, or just did."""
    row = connection.execute("SELECT pg_try_advisory_xact_lock(4717, 4) AS mine").fetchone()
    if row is None or not row["mine"]:
        raise RangeElsewhere("somebody else is moving a range at this moment", "try again when that is done")
    (now,) = [one for one in ranges(connection, found.chain_id) if one.range_id == found.range_id]
    if now.moves != found.moves:
        raise RangeElsewhere(
            f"{found.name} was moved by somebody else meanwhile, and is now in {now.place or 'the database'}",
            "`aurora archives list` shows where each range is",
        )


def ranges_within(connection: Connection, chain: Chain, first: int, last: int) -> list[PeriodRange]:
    """The ranges that lie between two epochs, both included, or the one that holds an epoch; raises where none does."""
    known = ranges(connection, chain.chain_id)
    if first == last:
        found = [one for one in known if one.from_epoch <= first < one.to_epoch]
    else:
        found = [one for one in known if first <= one.from_epoch and one.to_epoch - chain.period_step <= last]
    if not found:
        listed = ", ".join(f"{one.from_epoch}..{one.to_epoch - 1}" for one in known) or "none yet"
        raise RangeUnknown(
            f"no range of {chain.chain_id} lies within {first}..{last}; its ranges: {listed}"
            if first != last
            else f"no range of {chain.chain_id} holds epoch {first}; its ranges: {listed}",
            "`aurora archives list` shows all of them",
        )
    return found


def _range(row: dict[str, Any]) -> PeriodRange:
    return PeriodRange(
        range_id=row["range_id"],
        chain_id=row["chain_id"],
        from_epoch=EpochNumber(row["from_epoch"]),
        to_epoch=EpochNumber(row["to_epoch"]),
        moves=row["number"] or 0,
        place=row["place"] if row["direction"] == OUT else None,
        archive=row["place"],
        manifest_hash=row["manifest_hash"],
        moved_at=row["recorded_at"],
        moved_by=row["recorded_by"],
        reason=row["reason"],
    )

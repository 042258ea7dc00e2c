"""Finalized periods as recorded: their slots and instants, and the digest by which lineages name them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.periods.errors import PeriodChanged, PeriodUnknown
from aurora_pipeline.store.database import Connection, insert_rows
from aurora_pipeline.store.digests import Input, record_digest
from aurora_pipeline.store.file_bodies import READ_VERB

PERIOD_TAG = "aurora.period.1"


@dataclass(frozen=True)
class Period:
    """A finalized period: [started_at, ended_at), and the slots it spans."""

    key: PeriodKey
    first_slot: int
    last_slot: int
    first_block_slot: int
    last_block_slot: int
    started_at: datetime
    ended_at: datetime

    @property
    def schedule_drawn_from(self) -> datetime:
        """Since when an identity may matter to the period: leaders are drawn up one period ahead."""
        return self.started_at - (self.ended_at - self.started_at)

    @property
    def last_instant(self) -> datetime:
        """The last instant before the end, at which wallets, versions, status and registrations hold."""
        return self.ended_at - timedelta(microseconds=1)

    @property
    def digest(self) -> str:
        """Commits to the period's slots and instants."""
        return record_digest(
            PERIOD_TAG,
            self.key.chain_id,
            self.key.epoch,
            self.first_slot,
            self.last_slot,
            self.first_block_slot,
            self.last_block_slot,
            self.started_at,
            self.ended_at,
        )

    @property
    def as_input(self) -> Input:
        """How a lineage names this period's bounds."""
        return Input("period", str(self.key), self.digest)


def record_period(connection: Connection, period: Period, payload_ids: Sequence[int]) -> bool:
    """Record a finalized period; False if it was known. A period that reads differently than before is refused."""
    known = find_period(connection, period.key)
    if known is None:
        insert_rows(
            connection,
            "canonical_periods",
            [
                {
                    "chain_id": period.key.chain_id,
                    "epoch": period.key.epoch,
                    "period_key": str(period.key),
                    "first_slot": period.first_slot,
                    "last_slot": period.last_slot,
                    "first_block_slot": period.first_block_slot,
                    "last_block_slot": period.last_block_slot,
                    "started_at": period.started_at,
                    "ended_at": period.ended_at,
                    "period_digest": period.digest,
                    "payload_ids": list(payload_ids),
                }
            ],
        )
        return True
    if known != period:
        raise PeriodChanged(
            f"{period.key} was recorded as {known.started_at} to {known.ended_at}, now the provider says"
            f" {period.started_at} to {period.ended_at}; a finalized period does not change",
            "check which chain the provider in providers.yaml serves",
        )
    return False


def find_period(connection: Connection, key: PeriodKey) -> Period | None:
    """The recorded period of a key, if there is one."""
    row = connection.execute(
        "SELECT * FROM canonical_periods WHERE chain_id = %s AND epoch = %s", [key.chain_id, key.epoch]
    ).fetchone()
    return None if row is None else _period(row)


def load_period(connection: Connection, key: PeriodKey) -> Period:
    """The recorded period of a key; raises where it is not known to be final."""
    period = find_period(connection, key)
    if period is None:
        raise PeriodUnknown(
            f"{key} is not a known finalized period",
            f"run `aurora periods list {key.chain_id} --discover` to see which are",
        )
    return period


def recorded_periods(connection: Connection, chain_id: str) -> list[Period]:
    """All recorded periods of a chain in order."""
    rows = connection.execute(
        "SELECT * FROM canonical_periods WHERE chain_id = %s ORDER BY epoch", [chain_id]
    ).fetchall()
    return [_period(row) for row in rows]


def told_by(connection: Connection, chain_id: str) -> dict[int, str]:
    """Who told the bounds of periods that no chain proved, by epoch: providers whose files say them."""
    rows = connection.execute(
        """SELECT c.epoch, p.provider FROM canonical_periods c
           JOIN staging_payloads p ON p.payload_id = c.payload_ids[1]
           WHERE c.chain_id = %s AND p.request ->> 'verb' = %s""",
        [chain_id, READ_VERB],
    ).fetchall()
    return {row["epoch"]: row["provider"] for row in rows}


def _period(row: dict[str, Any]) -> Period:
    return Period(
        PeriodKey(row["chain_id"], row["epoch"]),
        row["first_slot"],
        row["last_slot"],
        row["first_block_slot"],
        row["last_block_slot"],
        row["started_at"],
        row["ended_at"],
    )

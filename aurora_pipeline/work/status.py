"""What is known of each period: how many layers are in force, whether they are complete, and what they miss."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.store.database import Connection
from aurora_pipeline.tables import LAYER_TABLES


@dataclass(frozen=True)
class ChainStatus:
    """A chain in one line."""

    chain_id: str
    recorded: int
    complete: int
    partial: int
    unpublished: int
    last_ended_at: datetime | None

    @property
    def in_words(self) -> str:
        """For people."""
        if not self.recorded:
            return "no finalized period is known yet"
        parts = [f"{self.recorded} finalized period(s)", f"{self.complete} complete"]
        if self.partial:
            parts.append(f"{self.partial} with missing figures")
        if self.unpublished:
            parts.append(f"{self.unpublished} not fully published")
        return ", ".join(parts)


@dataclass(frozen=True)
class PeriodStatus:
    """A period in one line."""

    period: str
    epoch: int
    ended_at: datetime
    published: str
    completeness: str
    missing: str | None
    lacking: str | None
    """What is not final, counted by data type and state."""

    @property
    def is_published(self) -> bool:
        """Whether anything of it is."""
        return not self.published.startswith("0/")


def period_statuses(connection: Connection, chain: Chain) -> list[PeriodStatus]:
    """Every recorded period of a chain in order."""
    rows = connection.execute(
        """SELECT p.period_key, p.epoch, p.ended_at,
                  count(f.asset) FILTER (WHERE f.asset = ANY(%s)) AS published,
                  bool_or(f.completeness = 'PARTIAL') AS is_partial,
                  (SELECT string_agg(DISTINCT v.reason, '; ') FROM validator_pnl v
                   WHERE v.chain_id = p.chain_id AND v.epoch = p.epoch AND v.state <> 'final') AS missing,
                  (SELECT string_agg(told, '; ' ORDER BY told) FROM (
                       SELECT c.data_type || ' ' || count(*) || ' ' || c.state AS told FROM canonical_completeness c
                       WHERE c.chain_id = p.chain_id AND c.epoch = p.epoch AND c.state <> 'final'
                       GROUP BY c.data_type, c.state) counts) AS lacking
           FROM canonical_periods p LEFT JOIN in_force f USING (chain_id, epoch)
           WHERE p.chain_id = %s GROUP BY p.chain_id, p.epoch, p.period_key, p.ended_at ORDER BY p.epoch""",
        [[table.name for table in LAYER_TABLES], chain.chain_id],
    ).fetchall()
    return [
        PeriodStatus(
            row["period_key"],
            row["epoch"],
            row["ended_at"],
            f"{row['published']}/{len(LAYER_TABLES)}",
            "-" if not row["published"] else "PARTIAL" if row["is_partial"] else "FINAL",
            row["missing"],
            row["lacking"],
        )
        for row in rows
    ]


def chain_status(connection: Connection, chain: Chain) -> ChainStatus:
    """A chain's periods counted."""
    periods = period_statuses(connection, chain)
    whole = f"{len(LAYER_TABLES)}/{len(LAYER_TABLES)}"
    full = [period for period in periods if period.published == whole]
    return ChainStatus(
        chain.chain_id,
        len(periods),
        sum(period.completeness == "FINAL" for period in full),
        sum(period.completeness == "PARTIAL" for period in full),
        len(periods) - len(full),
        periods[-1].ended_at if periods else None,
    )

"""What is known of each period: how many layers are in force, whether they are complete, stale, and what they miss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aurora_pipeline.canonical.balance_tables import ACCOUNT_BALANCES
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.database import Connection
from aurora_pipeline.tables import layer_tables_of
from aurora_pipeline.work.condition import Lag, Whereabouts, lag_of
from aurora_pipeline.work.grouped_sentences import alike
from aurora_pipeline.work.health import Seen, last_seen
from aurora_pipeline.work.stale_lines import present_periods, stale_periods
from aurora_pipeline.work.what_is_next import outdated_entries, outdated_events, outdated_evidence

_REASONS_SHOWN: Final = 3


@dataclass(frozen=True)
class PeriodStatus:
    """A period in one line."""

    period: str
    epoch: EpochNumber
    ended_at: datetime
    recorded_at: datetime
    layers: int
    """How many its chain's periods have."""
    layers_published: int
    completeness: str | None
    """FINAL or PARTIAL; None where nothing is published."""
    stale: str | None
    """Why it is to be computed again; None where it rests on what counts."""
    missing: str | None
    lacking: str | None
    """What is not final, counted by data type and state."""

    @property
    def is_whole(self) -> bool:
        """Whether every layer is."""
        return self.layers_published == self.layers


@dataclass(frozen=True)
class ChainStatus:
    """A chain in one line."""

    chain_id: str
    recorded: int
    complete: int
    partial: int
    unpublished: int
    last_ended_at: datetime | None
    period_lasts: timedelta | None
    """How long its newest period was."""
    head_epoch: EpochNumber | None
    """The newest epoch that was seen running, or began when the newest recorded one ended."""
    lag: Lag
    seen: Seen | None
    """The newest sample of the running epoch."""


def period_statuses(connection: Connection, chain: Chain) -> list[PeriodStatus]:
    """Every recorded period of a chain in order."""
    due = [table.name for table in layer_tables_of(chain.family.traits)]
    rows = connection.execute(
        """SELECT p.period_key, p.epoch, p.ended_at, p.recorded_at,
                  count(f.asset) FILTER (WHERE f.asset = ANY(%s)) AS published,
                  bool_or(f.completeness = 'PARTIAL' AND f.asset <> %s) AS is_partial,
                  (SELECT array_agg(DISTINCT v.reason ORDER BY v.reason) FROM validator_pnl v
                   WHERE v.chain_id = p.chain_id AND v.epoch = p.epoch AND v.state <> 'final') AS missing,
                  (SELECT string_agg(told, '; ' ORDER BY told) FROM (
                       SELECT c.data_type || ' ' || count(*) || ' ' || c.state AS told FROM canonical_completeness c
                       WHERE c.chain_id = p.chain_id AND c.epoch = p.epoch AND c.state <> 'final'
                       GROUP BY c.data_type, c.state) counts) AS lacking
           FROM canonical_periods p LEFT JOIN in_force f USING (chain_id, epoch)
           WHERE p.chain_id = %s GROUP BY p.chain_id, p.epoch, p.period_key, p.ended_at, p.recorded_at
           ORDER BY p.epoch""",
        # Balances are held against figures: where an edge of one is not told, no figure is missing.
        [due, ACCOUNT_BALANCES.name, chain.chain_id],
    ).fetchall()
    stale = _stale(connection, chain)
    return [
        PeriodStatus(
            row["period_key"],
            row["epoch"],
            row["ended_at"],
            row["recorded_at"],
            len(due),
            row["published"],
            None if not row["published"] else "PARTIAL" if row["is_partial"] else "FINAL",
            stale.get(row["epoch"]),
            _reasons(row["missing"]),
            row["lacking"],
        )
        for row in rows
    ]


def chain_status(
    connection: Connection, chain: Chain, periods: Sequence[PeriodStatus], now: datetime | None = None
) -> ChainStatus:
    """A chain's periods counted, where the chain is, and how far behind; without `now` only what was seen counts."""
    seen = last_seen(connection, chain.chain_id)
    whole = [period for period in periods if period.is_whole]
    newest = connection.execute(
        """SELECT epoch, ended_at, ended_at - started_at AS lasts FROM canonical_periods WHERE chain_id = %s
           ORDER BY epoch DESC LIMIT 1""",
        [chain.chain_id],
    ).fetchone()
    running = None if seen is None else seen.epoch
    known = None
    if newest is not None:
        known = Whereabouts(newest["epoch"], newest["ended_at"], newest["lasts"], chain.period_step, running)
    begun = [*([] if running is None else [running]), *([] if known is None else [chain.period_after(known.newest)])]
    return ChainStatus(
        chain.chain_id,
        len(periods),
        sum(period.completeness == "FINAL" for period in whole),
        sum(period.completeness == "PARTIAL" for period in whole),
        len(periods) - len(whole),
        periods[-1].ended_at if periods else None,
        None if known is None else known.lasts,
        max(begun, default=None),
        lag_of(known, whole[-1].epoch if whole else None, len(periods), now),
        seen,
    )


def _stale(connection: Connection, chain: Chain) -> Mapping[EpochNumber, str]:
    """The epochs that `recompute --stale` would compute again, and why."""
    events = {one.epoch: one.why for one in outdated_events(connection, chain)}
    present = present_periods(connection, chain)
    # What has no lines yet is not stale but unpublished.
    stated = {one.key.epoch for one in present if one.sequence is not None}
    lines = {one.key.epoch: one.why for one in stale_periods(present) if one.key.epoch in stated}
    evidence = {one.epoch: one.why for one in outdated_evidence(connection, chain)}
    return events | lines | evidence | {one.epoch: one.why for one in outdated_entries(connection, chain)}


def _reasons(told: Sequence[str | None] | None) -> str | None:
    kinds = alike([reason for reason in told or () if reason])
    shown = [one.text for one in kinds[:_REASONS_SHOWN]]
    more = len(kinds) - len(shown)
    return "; ".join([*shown, *([f"and {more} more reasons"] if more > 0 else [])]) or None

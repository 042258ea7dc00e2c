"""The books of one chain whose lines the engine computes: from hand-made P&L, by the terms, overrides and dates of now.

What changes makes lines stale by the rule of the sensor, and they are drafted and published as the asset does it. A
partner's lines are the whole of one component of validators of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from aurora_pipeline.canonical.tables import POSITIONS, REWARDS
from aurora_pipeline.commissions.drafts import draft_lines
from aurora_pipeline.foundation.period_key import PartitionKey, PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.pnl.tables import VALIDATOR_PNL, Component
from aurora_pipeline.statements.drafts import draft_statements
from aurora_pipeline.store.declaration import Completeness, Table
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.work.stale_lines import present_periods, ready, stale_periods
from aurora_pipeline_tests.gated import write_check_publish
from aurora_pipeline_tests.statements.books import CHAIN, Books

_KNOWN = {name: pl.lit(0).cast(pl.Decimal(38, 0)) for name in ("known_revenue", "known_costs", "known_net")}


@dataclass
class ComputedBooks(Books):
    """Books that publish P&L, and compute whatever is stale."""

    computes: bool = True
    _with_stake: set[int] = field(default_factory=set)

    def rule(self, partner: str) -> dict[str, Any]:
        """All of the tips of the partner's own validators."""
        own = {"validator_key": f"{partner[0]}*", "commission_rate_bps": 10_000}
        return {**super().rule(partner), **own}

    def publish(self, epoch: int, override: Mapping[tuple[str, str], int] | None = None, version: int = 1) -> None:
        """Publish the P&L of an epoch as it is now, and compute what is stale then."""
        self.tell(epoch)
        self.recompute()

    def tell(self, epoch: int) -> None:
        """Publish the P&L of an epoch; its lines are behind then."""
        rows = [_row(epoch, validator, amount) for (_, validator), amount in self.lines[epoch].items()]
        frame = frame_of(VALIDATOR_PNL, rows).with_columns(**_KNOWN, state=pl.lit("final"))
        self._written += 1
        self._published[EpochNumber(epoch)] = ()
        drafts = [self._draft(VALIDATOR_PNL, epoch, frame)]
        if epoch not in self._with_stake:
            drafts += [self._draft(table, epoch, frame_of(table, [])) for table in (POSITIONS, REWARDS)]
            self._with_stake.add(epoch)
        write_check_publish(self.database, drafts)

    def _draft(self, table: Table, epoch: int, frame: pl.DataFrame) -> Draft:
        told = (Input("fetch", f"{table.name}/{epoch}", f"{self._written:064x}"),)
        return Draft(table, PeriodKey(CHAIN, EpochNumber(epoch)), frame, told, Completeness.FINAL)

    def recompute(self) -> None:
        """Compute the lines and EPOCH statements that are stale, in the order in which they read each other."""
        chain = self.configuration.chain(CHAIN)
        while True:
            with self.database.connect() as connection:
                due = ready(stale_periods(present_periods(connection, chain)))
            if not due:
                return
            for one in due:
                with self.database.connect() as connection:
                    drafts = draft_lines(self.configuration, connection, one.key)
                write_check_publish(self.database, drafts)
                with self.database.connect() as connection:
                    draft = draft_statements(self.configuration, connection, one.key)
                write_check_publish(self.database, [draft])

    def settle(self) -> list[PartitionKey]:
        """Compute stale lines, and then whatever statements are stale."""
        self.recompute()
        return super().settle()


def _row(epoch: int, validator: str, amount: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"chain_id": CHAIN, "epoch": epoch, "validator_key": validator, "name": validator}
    for component in Component:
        row |= {component.column: 0, f"{component.column}_state": "final", f"{component.column}_reason": None}
    if amount is None:
        row |= {"mev_tips": None, "mev_tips_state": "pending", "mev_tips_reason": "not answered yet"}
    else:
        row |= {"mev_tips": amount}
    return row

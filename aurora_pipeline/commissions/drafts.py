"""The drafts of commission lines, rule results and revenue allocation, published together or not at all."""

from __future__ import annotations

from aurora_pipeline.commissions.compute import commission_lines
from aurora_pipeline.commissions.loading import load
from aurora_pipeline.commissions.tables import COMMISSION_TABLES
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.drafts import Draft


def draft_lines(configuration: Configuration, connection: Connection, key: PeriodKey) -> list[Draft]:
    """Lines, rule results and allocation from what is in force: P&L, stake, terms, overrides, earlier periods."""
    chain = configuration.chain(key.chain_id)
    loaded = load(connection, chain, key)
    result = commission_lines(
        key.chain_id,
        key.epoch,
        loaded.pnl.frame,
        loaded.positions.frame,
        loaded.rewards.frame,
        loaded.terms,
        loaded.back.windows,
    )
    return [
        Draft(table, key, part.frame, loaded.inputs, part.completeness, part.grounds, part.warnings)
        for table, part in zip(COMMISSION_TABLES, (result.lines, result.results, result.allocation), strict=True)
    ]

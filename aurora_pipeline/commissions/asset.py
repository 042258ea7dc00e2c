"""The asset partner_commission_lines; rule results and revenue allocation are published with it or not at all."""

from collections.abc import Iterator

import dagster as dg

from aurora_pipeline.commissions.compute import commission_lines
from aurora_pipeline.commissions.loading import BELOW, load
from aurora_pipeline.commissions.tables import COMMISSION_TABLES
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.orchestration.materialization import Event, as_failure, drift, gate, layer, publish
from aurora_pipeline.periods.partitions import ONE_PERIOD_PER_RUN, PERIODS
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.snapshots import Draft

_DEPS = [table.name for table in BELOW]


def draft_lines(aurora: Aurora, connection: Connection, key: PeriodKey) -> list[Draft]:
    """Lines, rule results and allocation from what is in force: P&L, stake, terms, overrides, earlier periods."""
    chain = aurora.configuration.chain(key.chain_id)
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
        Draft(
            table, key.chain_id, key.epoch, part.frame, loaded.inputs, part.completeness, part.violations, part.warnings
        )
        for table, part in zip(COMMISSION_TABLES, (result.lines, result.results, result.allocation), strict=True)
    ]


@dg.multi_asset(
    specs=[
        dg.AssetSpec(**layer(table, "commissions", "team:finance"), deps=_DEPS, partitions_def=PERIODS)
        for table in COMMISSION_TABLES
    ],
    backfill_policy=ONE_PERIOD_PER_RUN,
    check_specs=[check for table in COMMISSION_TABLES for check in (gate(table), drift(table))],
)
def partner_commission_lines(context: dg.AssetExecutionContext, aurora: dg.ResourceParam[Aurora]) -> Iterator[Event]:
    """What each partner is owed under which clause, and who gets every unit of each component."""
    with as_failure():
        with aurora.database.connect() as connection:
            drafts = draft_lines(aurora, connection, PeriodKey.parse(context.partition_key))
        yield from publish(context, aurora, drafts)

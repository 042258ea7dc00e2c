"""The sensor that has periods computed again when costs, own wallets or fee recipients were entered since."""

import dagster as dg

from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.orchestration.requests import requested
from aurora_pipeline.periods.partitions import PERIODS
from aurora_pipeline.registry.tables import COST_ENTRIES, FEE_RECIPIENTS, OPERATOR_WALLETS
from aurora_pipeline.work.runs import Job
from aurora_pipeline.work.stale_lines import ledger_mark
from aurora_pipeline.work.what_is_next import outdated_entries

_TABLES = [table.name for table in (COST_ENTRIES, FEE_RECIPIENTS, OPERATOR_WALLETS)]


@dg.sensor(
    job_name=Job.RECOMPUTE.value,
    minimum_interval_seconds=120,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Requests periods, from what is stored, for which costs, wallets of the operator's own or fee"
    " recipients were entered, changed or withdrawn since they were computed.",
)
def entries_changed(context: dg.SensorEvaluationContext, aurora: dg.ResourceParam[Aurora]) -> dg.SensorResult:
    """One look at what was published or entered since the last one."""
    registered = set(context.instance.get_dynamic_partitions(str(PERIODS.name)))
    with aurora.database.connect() as connection:
        mark = ledger_mark(connection, _TABLES)
        if mark == context.cursor:
            return dg.SensorResult(skip_reason="nothing was published or entered since the last look")
        stale = [
            one
            for chain in aurora.configuration.enabled_chains()
            for one in outdated_entries(connection, chain)
            if one.period in registered
        ]
    return dg.SensorResult(run_requests=[requested(one) for one in stale], cursor=mark)

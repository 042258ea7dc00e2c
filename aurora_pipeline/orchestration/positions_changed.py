"""The sensor that has stake events computed again when positions of their period, or the one before, changed."""

import dagster as dg

from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.orchestration.requests import requested
from aurora_pipeline.periods.partitions import PERIODS
from aurora_pipeline.work.runs import Job
from aurora_pipeline.work.what_is_next import outdated_events


@dg.sensor(
    job_name=Job.STAKE_EVENTS.value,
    minimum_interval_seconds=120,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Requests the stake events of periods whose positions, or those of the period before, were published"
    " anew since.",
)
def positions_changed(context: dg.SensorEvaluationContext, aurora: dg.ResourceParam[Aurora]) -> dg.SensorResult:
    """One look at what was published since the last one."""
    registered = set(context.instance.get_dynamic_partitions(str(PERIODS.name)))
    with aurora.database.connect() as connection:
        row = connection.execute("SELECT max(sequence) AS published FROM publications").fetchone()
        mark = str(None if row is None else row["published"])
        if mark == context.cursor:
            return dg.SensorResult(skip_reason="nothing was published since the last look")
        stale = [
            one
            for chain in aurora.configuration.enabled_chains()
            for one in outdated_events(connection, chain)
            if one.period in registered
        ]
    return dg.SensorResult(run_requests=[requested(one) for one in stale], cursor=mark)

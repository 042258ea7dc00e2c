"""The sensor that comes back for late figures: it only requests, and says so loudly when it gives up."""

from datetime import UTC, datetime

import dagster as dg

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.orchestration.requests import requested
from aurora_pipeline.periods.partitions import PERIODS
from aurora_pipeline.work.late import in_words, load_pending, plan_late
from aurora_pipeline.work.runs import Job
from aurora_pipeline.work.what_is_next import late_figures

LATE_TAG = "aurora/late_data"
"""On runs requested for late figures: which attempt it is, and for what."""


@dg.sensor(
    job_name=Job.PERIOD.value,
    minimum_interval_seconds=120,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Comes back for pending figures with growing pauses (15 min, 1 h, 3 h, 6 h, 12 h, then daily, ten days"
    " in all). The run asks only for what is missing; what is complete is never asked for again.",
)
def late_data(context: dg.SensorEvaluationContext, aurora: dg.ResourceParam[Aurora]) -> dg.SensorResult:
    """One look at what every enabled chain lacks; it asks no provider anything."""
    now = datetime.now(UTC)
    registered = set(context.instance.get_dynamic_partitions(str(PERIODS.name)))
    requests: list[dg.RunRequest] = []
    told: list[str] = []
    for chain in aurora.configuration.enabled_chains():
        try:
            with aurora.database.connect() as connection:
                plan = plan_late(load_pending(connection, chain.chain_id), now)
        except AuroraError as error:
            context.log.error("%s: %s", chain.chain_id, error)
            continue
        for one in plan.given_up:
            context.log.warning("%s", in_words(one, now))
        due = [one for one in late_figures(plan) if one.period in registered]
        requests += [requested(one, **{LATE_TAG: one.why}) for one in due]
        told += [in_words(one, now) for one in (*plan.given_up, *plan.waiting)]
    if requests:
        return dg.SensorResult(run_requests=requests)
    return dg.SensorResult(skip_reason=dg.SkipReason("; ".join(told[:20]) or "nothing is pending"))

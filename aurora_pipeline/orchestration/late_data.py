"""The sensor that comes back for late figures: it only requests, and says so loudly when it gives up."""

from datetime import UTC, datetime

import dagster as dg

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.orchestration.period_sensors import CHAIN_TAG, PERIOD_JOB
from aurora_pipeline.periods.partitions import PERIODS
from aurora_pipeline.staging.late import LatePlan, in_words, load_pending, plan_late

LATE_TAG = "aurora/late_data"
"""On runs requested for late figures: which attempt it is, and for what."""


@dg.sensor(
    job_name=PERIOD_JOB,
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
        requests += _requests(plan, registered)
        told += [in_words(one, now) for one in (*plan.given_up, *plan.waiting)]
    if requests:
        return dg.SensorResult(run_requests=requests)
    return dg.SensorResult(skip_reason=dg.SkipReason("; ".join(told[:20]) or "nothing is pending"))


def _requests(plan: LatePlan, registered: set[str]) -> list[dg.RunRequest]:
    return [
        dg.RunRequest(
            run_key=attempt.run_key,
            partition_key=str(attempt.key),
            tags={CHAIN_TAG: attempt.key.chain_id, LATE_TAG: f"attempt {attempt.number}: {attempt.data_types}"},
        )
        for attempt in plan.attempts
        if str(attempt.key) in registered
    ]

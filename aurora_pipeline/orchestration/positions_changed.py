"""The sensor that has computed again what rests on the period before, when that was published or answered anew."""

import dagster as dg

from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.orchestration.jobs import RECOMPUTE_JOB, STAKE_EVENTS_JOB_DEFINITION
from aurora_pipeline.orchestration.requests import requested
from aurora_pipeline.periods.partitions import PERIODS
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.what_is_next import DueRun, outdated_events, outdated_evidence


@dg.sensor(
    jobs=[STAKE_EVENTS_JOB_DEFINITION, RECOMPUTE_JOB],
    minimum_interval_seconds=120,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Requests the stake events of periods whose positions, or those of the period before, were published"
    " anew since; and all layers, from what is stored, of periods that rest on answers about the period before that do"
    " not count now, as when it was computed later.",
)
def positions_changed(context: dg.SensorEvaluationContext, aurora: dg.ResourceParam[Aurora]) -> dg.SensorResult:
    """One look at what was published or answered since the last one."""
    registered = set(context.instance.get_dynamic_partitions(str(PERIODS.name)))
    with aurora.database.connect() as connection:
        mark = _mark(connection)
        if mark == context.cursor:
            return dg.SensorResult(skip_reason="nothing was published or answered since the last look")
        due: dict[str, DueRun] = {}
        for chain in aurora.configuration.enabled_chains():
            # All layers of a period hold its stake events too.
            for one in (*outdated_evidence(connection, chain), *outdated_events(connection, chain)):
                due.setdefault(one.period, one)
    return dg.SensorResult(
        run_requests=[requested(one) for period, one in due.items() if period in registered], cursor=mark
    )


def _mark(connection: Connection) -> str:
    """Where publications and fetches stand."""
    row = connection.execute(
        """SELECT (SELECT max(sequence) FROM publications) AS published,
                  (SELECT max(fetch_id) FROM staging_fetches) AS fetched"""
    ).fetchone()
    return "" if row is None else f"{row['published']} {row['fetched']}"

"""The sensor that has lines computed again when terms, wallets, overrides or earlier periods changed, in order."""

from __future__ import annotations

import dagster as dg

from aurora_pipeline.agreements.tables import AGREEMENT_TABLES
from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.orchestration.requests import requested
from aurora_pipeline.periods.partitions import PARTITION_TAG
from aurora_pipeline.statements.tables import PARTNER_COMMISSION_STATEMENTS
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.runs import Job
from aurora_pipeline.work.stale_lines import ledger_mark
from aurora_pipeline.work.what_is_next import DueRun, outdated_lines

REQUESTS_PER_TICK = 100
_NOT_ENDED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dg.sensor(
    job_name=Job.COMMISSIONS.value,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Requests every period, frozen or not, whose lines rest on what no longer counts: terms, wallets,"
    " overrides or earlier periods, or are not what its statements were made from. First come those that others read,"
    " and these once they are done.",
)
def terms_changed(context: dg.SensorEvaluationContext, aurora: dg.ResourceParam[Aurora]) -> dg.SensorResult:
    """One look at what was published and decided since the last one; a chain in trouble does not hold up the others."""
    chains = aurora.configuration.enabled_chains()
    # Asked before the ledger is read: what a run publishes after that changes the mark.
    running = running_partitions(context.instance)
    with aurora.database.connect() as connection:
        mark = _mark(connection, [f"{chain.chain_id}/{chain.first_period}" for chain in chains])
        if mark == context.cursor:
            return dg.SensorResult(skip_reason="nothing was published or decided since the last look")
        due: list[DueRun] = []
        for chain in chains:
            try:
                outdated = outdated_lines(connection, chain)
            except AuroraError as error:
                context.log.error("%s: %s", chain.chain_id, error)
                continue
            for one in outdated:
                context.log.info("%s: %s", one.period, one.why)
            due += [one for one in outdated if one.is_ready]
    # A run that is under way may be about to settle it; then look again, also if it fails without a trace.
    wanted = [one for one in due if one.period not in running][:REQUESTS_PER_TICK]
    return dg.SensorResult(
        run_requests=[requested(one) for one in wanted],
        cursor=mark if len(wanted) == len(due) else context.cursor,
    )


def running_partitions(instance: dg.DagsterInstance) -> set[str]:
    """The partitions of runs that have not ended."""
    found = instance.get_runs(dg.RunsFilter(statuses=_NOT_ENDED))
    return {run.tags[PARTITION_TAG] for run in found if PARTITION_TAG in run.tags}


def _mark(connection: Connection, chains: list[str]) -> str:
    decided = [table.name for table in AGREEMENT_TABLES if "recorded_at" in table.names]
    versions = (str(table.version) for table in (PARTNER_COMMISSION_LINES, PARTNER_COMMISSION_STATEMENTS))
    return " ".join([*versions, *chains, ledger_mark(connection, decided)])

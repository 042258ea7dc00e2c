"""The sensor that has statements computed: of months that are over, and again where what they rest on changed."""

from __future__ import annotations

import dagster as dg

from aurora_pipeline.agreements.tables import AGREEMENT_TABLES
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.period_key import MonthKey
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.orchestration.jobs import COMMISSIONS_JOB_DEFINITION, MONTH_JOB_DEFINITION
from aurora_pipeline.orchestration.period_sensors import CHAIN_TAG
from aurora_pipeline.orchestration.terms_changed import running_partitions
from aurora_pipeline.periods.partitions import register_months
from aurora_pipeline.statements.decided import STATEMENT_DECISIONS
from aurora_pipeline.statements.due import load_chain_accounts
from aurora_pipeline.statements.staleness import closed_months, first_stale
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.runs import Job
from aurora_pipeline.work.stale_lines import ledger_mark


@dg.sensor(
    jobs=[MONTH_JOB_DEFINITION, COMMISSIONS_JOB_DEFINITION],
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Registers months that are over, and requests the earliest statements of each chain that are to be"
    " computed: later ones open with what it closes with.",
)
def month_closed(context: dg.SensorEvaluationContext, aurora: dg.ResourceParam[Aurora]) -> dg.SensorResult:
    """One look at what was published and decided since the last one; a chain in trouble does not hold up the others."""
    chains = aurora.configuration.enabled_chains()
    running = running_partitions(context.instance)
    requests: list[dg.RunRequest] = []
    is_done = True
    with aurora.database.connect() as connection:
        mark = _mark(connection, [f"{chain.chain_id}/{chain.first_period}" for chain in chains])
        if mark == context.cursor:
            return dg.SensorResult(skip_reason="nothing was published or decided since the last look")
        for chain in chains:
            try:
                accounts = load_chain_accounts(connection, chain)
                register_months(context.instance, closed_months(accounts))
                stale = first_stale(aurora.configuration, connection, chain.chain_id)
            except AuroraError as error:
                context.log.error("%s: %s", chain.chain_id, error)
                continue
            if stale is None:
                continue
            is_done = False
            context.log.info("%s: %s", stale.key, stale.why)
            if str(stale.key) not in running:
                job = Job.MONTH if isinstance(stale.key, MonthKey) else Job.COMMISSIONS
                requests.append(
                    dg.RunRequest(
                        run_key=f"statements:{stale.key}:{stale.digest}",
                        partition_key=str(stale.key),
                        job_name=job.value,
                        tags={CHAIN_TAG: chain.chain_id},
                    )
                )
    # What is requested changes the mark when it is done; until then the next look finds it under way.
    return dg.SensorResult(run_requests=requests, cursor=mark if is_done else context.cursor)


def _mark(connection: Connection, chains: list[str]) -> str:
    decided = [table.name for table in (*AGREEMENT_TABLES, *STATEMENT_DECISIONS) if "recorded_at" in table.names]
    return " ".join([*chains, ledger_mark(connection, decided)])

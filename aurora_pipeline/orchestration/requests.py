"""What is due as Dagster is asked for it: one run per case, however often a tick sees it due."""

from __future__ import annotations

import dagster as dg

from aurora_pipeline.orchestration.period_sensors import CHAIN_TAG
from aurora_pipeline.work.what_is_next import DueRun


def requested(due: DueRun, **tags: str) -> dg.RunRequest:
    """The request for a run that is due."""
    return dg.RunRequest(
        run_key=due.request,
        job_name=due.job.value,
        partition_key=due.period,
        tags={CHAIN_TAG: due.chain_id, **tags},
    )

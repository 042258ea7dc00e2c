"""Runs on several machines: each is a task of Celery, whatever worker takes it, and one that died is noticed.

Needs the extra `celery`. The launcher that comes with dagster-celery takes a run for alive as long as nobody said that
it ended; who is killed says nothing.
"""

from __future__ import annotations

from typing import Final

from celery import Celery
from dagster import DagsterRun
from dagster._core.launcher import CheckRunHealthResult, WorkerStatus
from dagster_celery.launcher import CeleryRunLauncher
from dagster_celery.make_app import make_app
from dagster_celery.tags import DAGSTER_CELERY_TASK_ID_TAG
from dagster_celery.tasks import create_execute_job_task, create_resume_job_task

from aurora_pipeline.orchestration.spread import CELERY_SETTINGS, QUEUE

_ANSWER_SECONDS: Final = 3.0
_STARTED: Final = "STARTED"


class CeleryRuns(CeleryRunLauncher):
    """Starts each run as a task, and finds the runs whose worker is gone."""

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether a run is worked on. Where no worker answers at all nothing is concluded: they may be restarted."""
        told: CheckRunHealthResult = super().check_run_worker_health(run)
        if told.status is not WorkerStatus.RUNNING:
            return told
        task = run.tags[DAGSTER_CELERY_TASK_ID_TAG]
        active = self.celery.control.inspect(timeout=_ANSWER_SECONDS).active()
        is_known = active is None or any(one["id"] == task for tasks in active.values() for one in tasks)
        # It may have ended while workers were asked.
        if is_known or self.celery.AsyncResult(task).state != _STARTED:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, "no worker of Celery works on it: the one that did is gone")


def worker_app(broker: str) -> Celery:
    """What a worker is: it knows how to execute a run of Dagster."""
    app: Celery = make_app(  # type: ignore[no-untyped-call]
        {"broker": broker, "backend": broker, "config_source": CELERY_SETTINGS, "task_default_queue": QUEUE}
    )
    create_execute_job_task(app)
    create_resume_job_task(app)
    return app

"""How Dagster is set up where workers of Celery compute the runs. Nothing here needs Celery to be installed."""

from __future__ import annotations

from typing import Any, Final

import yaml

QUEUE: Final = "dagster"
CELERY_SETTINGS: Final = {
    # A worker takes no more than it works on: what it had taken besides would be lost with it for an hour.
    "worker_prefetch_multiplier": 1,
    "worker_disable_prefetch": True,
    # What a run leaves in memory goes with the process.
    "worker_max_tasks_per_child": 50,
    "broker_connection_retry_on_startup": True,
    "worker_hijack_root_logger": False,
}
_RUNS_MAX: Final = 64
"""Runs that are given to workers at once; those that find none free wait in the broker."""
_START_SECONDS: Final = 3600
_LOOK_SECONDS: Final = 15


def spread(shipped: str, broker_variable: str) -> str:
    """The configuration as shipped, for runs that workers take; the address of the broker is not in it."""
    settings: dict[str, Any] = yaml.safe_load(shipped)
    address = {"env": broker_variable}
    config = {"broker": address, "backend": address, "default_queue": QUEUE, "config_source": CELERY_SETTINGS}
    launcher = {"module": "aurora_pipeline.orchestration.celery_runs", "class": "CeleryRuns", "config": config}
    settings["run_launcher"] = launcher
    settings["concurrency"]["runs"]["max_concurrent_runs"] = _RUNS_MAX
    settings["run_monitoring"] |= {"poll_interval_seconds": _LOOK_SECONDS, "start_timeout_seconds": _START_SECONDS}
    return "# Written by Aurora: as shipped, with the launcher of runs for Celery.\n" + yaml.safe_dump(settings)

"""Dagster's parts as services of their own: which command each is, and how they find one another."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from aurora_pipeline.orchestration.spread import QUEUE

_MODULE: Final = "aurora_pipeline.orchestration.definitions"
_WORKER: Final = "aurora_pipeline.orchestration.celery_worker"
_LOCATION: Final = "aurora"
_FILE: Final = "services.yaml"


class Service(StrEnum):
    """A part that runs as a process, on one machine or several."""

    CODE = "code"
    """Knows Aurora's code, and starts the runs: where it is, figures are computed."""
    WEB = "web"
    AUDIT = "audit"
    """The UI in which nothing can be started or changed."""
    DAEMON = "daemon"
    """Sensors, the queue of runs, backfills."""
    WORKER = "worker"
    """Takes runs from Celery's broker; as many of them as there are machines."""


PORTS: Final = {Service.CODE: 4000, Service.WEB: 3000, Service.AUDIT: 3001, Service.DAEMON: 0, Service.WORKER: 0}
"""Where each listens unless it is told otherwise; daemon and workers listen nowhere."""


@dataclass(frozen=True)
class CodeAt:
    """Where the code server listens."""

    host: str
    port: int


def workspace_text(code: CodeAt) -> str:
    """The file by which web server and daemon find the code server."""
    return (
        "# Written by `aurora service run`.\n"
        f"load_from:\n  - grpc_server:\n      host: {code.host}\n      port: {code.port}\n"
        f"      location_name: {_LOCATION}\n"
    )


def workspace_file(dagster_home: Path) -> Path:
    """Where that file stands."""
    return dagster_home / _FILE


def command(service: Service, host: str, port: int, workspace: Path, at_once: int = 1) -> list[str]:
    """The process that a service is; a worker takes so many runs at once."""
    python = [sys.executable, "-m"]
    match service:
        case Service.CODE:
            listen = ["--host", host, "--port", str(port)]
            return [
                *(*python, "dagster", "code-server", "start", *listen, "--module-name", _MODULE),
                *("--location-name", _LOCATION, "--use-python-environment-entry-point"),
            ]
        case Service.WEB | Service.AUDIT:
            listen = ["--host", host, "--port", str(port), "--workspace", str(workspace)]
            return [*python, "dagster_webserver", *listen, *(["--read-only"] if service is Service.AUDIT else [])]
        case Service.DAEMON:
            return [*python, "dagster._daemon", "run", "--workspace", str(workspace)]
        case Service.WORKER:
            return [
                *(*python, "celery", "--app", _WORKER, "worker", "--queues", QUEUE, "--concurrency", str(at_once)),
                *("--hostname", f"aurora-{os.getpid()}@%h", "--loglevel", "WARNING", "-O", "fair"),
            ]

"""Answering scrapes: everything is read anew for each, and a scrape that cannot read says so instead of old numbers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import psycopg
from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.log import event, logger
from aurora_pipeline.foundation.outages import explained
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.work.errors import MetricsPortTaken
from aurora_pipeline.work.metrics.facts import gather
from aurora_pipeline.work.metrics.families import families, up

_log: Final = logger("metrics")


class Reading(Collector):
    """Reads the instance for every scrape, one at a time."""

    def __init__(self, aurora: Aurora) -> None:
        self._aurora = aurora
        self._one_at_a_time = threading.Lock()

    def describe(self) -> list[Metric]:
        """Nothing: registering reads nothing."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All metrics, or `aurora_up 0` alone where they could not be read."""
        try:
            with self._one_at_a_time:
                found = list(families(gather(self._aurora, datetime.now(UTC))))
        except (AuroraError, psycopg.Error, OSError) as error:
            event(_log, logging.ERROR, "metrics could not be read", reason=str(explained(error) or error))
            found = []
        yield up(bool(found))
        yield from found


def registry(aurora: Aurora) -> CollectorRegistry:
    """The registry of an instance."""
    made = CollectorRegistry(auto_describe=False)
    made.register(Reading(aurora))
    return made


def written(aurora: Aurora) -> bytes:
    """One scrape, as Prometheus reads it."""
    return generate_latest(registry(aurora))


class Served:
    """A server that answers scrapes until it is closed."""

    def __init__(self, aurora: Aurora, host: str, port: int) -> None:
        try:
            self._server, self._thread = start_http_server(port, host, registry(aurora))
        except OSError as error:
            raise MetricsPortTaken(
                f"metrics cannot be served at {host}:{port}: {error.strerror}", "choose another port"
            ) from None

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_port)

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

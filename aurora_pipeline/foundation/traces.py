"""Traces for whoever asks for them: spans of steps, publications and requests, handed to an OpenTelemetry collector.

Off, they cost nothing and load nothing. A trace's number is that of its run, so that a run's page leads to its trace.
"""

from __future__ import annotations

import importlib.metadata
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final
from uuid import UUID

from aurora_pipeline.foundation.errors import SettingRefused
from aurora_pipeline.foundation.log import event, logger, redacted

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

VARIABLE: Final = "AURORA_TRACES"
"""The address of a collector that takes OTLP over HTTP."""
_SECONDS_MAX: Final = 3.0
"""So long a collector that does not answer may hold up the end of a command."""
_LOUDER: Final = "opentelemetry"

_log = logger("traces")
_tracer: Tracer | None = None
_run: ContextVar[str | None] = ContextVar("run", default=None)


def set_up(environment: Mapping[str, str]) -> None:
    """Hand spans to the collector that the environment names, if it names one; repeated, it changes nothing."""
    global _tracer
    address = environment.get(VARIABLE)
    if not address or _tracer is not None:
        return
    if not address.startswith(("http://", "https://")):
        raise SettingRefused(
            f"{VARIABLE} is no address of a collector", "write it like http://127.0.0.1:4318, or leave it out"
        )
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
    except ModuleNotFoundError as missing:
        raise SettingRefused(
            f"{VARIABLE} asks for traces, and {missing.name} is not installed",
            "install Aurora with the extra traces, or leave the variable out",
        ) from None

    class OfTheRun(RandomIdGenerator):
        """Numbers of traces: the run's, where there is one."""

        def generate_trace_id(self) -> int:
            run = _run.get()
            return super().generate_trace_id() if run is None else UUID(run).int

    version = importlib.metadata.version("aurora-pipeline")
    named = Resource.create({"service.name": "aurora", "service.version": version})
    provider = TracerProvider(resource=named, id_generator=OfTheRun())
    exporter = OTLPSpanExporter(endpoint=f"{address.rstrip('/')}/v1/traces", timeout=_SECONDS_MAX)
    provider.add_span_processor(BatchSpanProcessor(exporter, export_timeout_millis=_SECONDS_MAX * 1000))
    _tracer = provider.get_tracer("aurora", version)
    loud = logging.getLogger(_LOUDER)
    loud.handlers, loud.propagate = [_SaidOnce()], False


@contextmanager
def span(name: str, **about: str | int) -> Iterator[None]:
    """What happens in this block is a span of its own; one that breaks off says with what, without any secret."""
    if _tracer is None:
        yield
        return
    from opentelemetry.trace import StatusCode

    told = {key: redacted(value) if isinstance(value, str) else value for key, value in about.items()}
    with _tracer.start_as_current_span(
        redacted(name), attributes=told, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield
        except BaseException as error:
            current.set_status(StatusCode.ERROR, redacted(f"{type(error).__name__}: {error}"))
            raise


@contextmanager
def span_of_run(name: str, run_id: str, **about: str | int) -> Iterator[None]:
    """A span of a run, whichever process works on it."""
    if _tracer is None:
        yield
        return
    from opentelemetry.context import Context, attach, detach

    chosen, outermost = _run.set(run_id), attach(Context())
    try:
        with span(name, run=run_id, **about):
            yield
    finally:
        detach(outermost)
        _run.reset(chosen)


class _SaidOnce(logging.Handler):
    """What the library complains of, as one warning of ours: spans are lost, and nothing else."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._is_said = False

    def emit(self, record: logging.LogRecord) -> None:
        if not self._is_said:
            self._is_said = True
            event(_log, logging.WARNING, f"the collector of {VARIABLE} does not take spans", reason=record.getMessage())

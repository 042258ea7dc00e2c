"""Running a period's job in this process, with Dagster's records as if the UI had started it."""

from __future__ import annotations

import signal
import socket
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, suppress
from typing import Any, TextIO, cast

import dagster as dg
from dagster._core.execution.plan.objects import StepFailureData
from dagster_shared.error import SerializableErrorInfo

from aurora_pipeline.foundation.errors import AuroraError, Outage
from aurora_pipeline.foundation.log import redacted
from aurora_pipeline.foundation.outages import named
from aurora_pipeline.foundation.period_key import MonthKey, PartitionKey
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.orchestration.dagster_home import FOREGROUND_CONFIGURATION, enter_dagster_home
from aurora_pipeline.orchestration.failing import MAY_PASS, tells_outage
from aurora_pipeline.orchestration.staging_assets import REFETCH_TAG
from aurora_pipeline.periods.partitions import register, register_months
from aurora_pipeline.periods.record import recorded_periods
from aurora_pipeline.work.runs import AssetEnd, Job, RunEnd

# Dagster's console log would drown what a person wants to see; the event log in its database has everything.
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}

_CRY = "Exception while writing logger call to event log"


class JobRunner:
    """Runs jobs of one instance; building it loads the definitions once."""

    def __init__(self, aurora: Aurora, definitions: dg.Definitions) -> None:
        enter_dagster_home(aurora)
        self._aurora = aurora
        self._definitions = definitions
        self.instance = dg.DagsterInstance.from_config(str(aurora.workspace.dagster_home), FOREGROUND_CONFIGURATION)

    def register_periods(self, chain_id: str) -> list[str]:
        """Make every recorded period of a chain a partition; returns the new keys."""
        with self._aurora.database.connect() as connection:
            recorded = [period.key for period in recorded_periods(connection, chain_id)]
        return register(self.instance, recorded)

    def register_month(self, key: MonthKey) -> None:
        """Make a month a partition, if it is none yet."""
        register_months(self.instance, [key])

    def run(self, job: Job, key: PartitionKey, *, refetch: bool = False) -> RunEnd:
        """Run a job for one period or month and say how each asset ended."""
        with heeding_interrupts(), _unrepeated(), warnings.catch_warnings():
            warnings.simplefilter("ignore", dg.BetaWarning)
            definition = self._definitions.resolve_job_def(job.value)
            result = definition.execute_in_process(
                instance=self.instance,
                partition_key=str(key),
                run_config=_QUIET,
                raise_on_error=False,
                tags={"chain": key.chain_id, **({REFETCH_TAG: "true"} if refetch else {})},
            )
        events = result.all_events
        return RunEnd.of(key, result.run_id, _ended(events), failures(events), _may_pass(events))


@contextmanager
def heeding_interrupts() -> Iterator[None]:
    """Make Ctrl-C end the command, at the latest after the run.

    Dagster takes over the signal while it runs, drops it between steps, and raises it inside event loops, which may
    swallow it. The wakeup descriptor hears every signal all the same.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reading, writing = socket.socketpair()
    with reading, writing:
        reading.setblocking(False)
        writing.setblocking(False)
        before = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        heard = b""
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            with suppress(BlockingIOError):
                heard = reading.recv(4096)
            if signal.SIGINT in heard:
                raise KeyboardInterrupt


class _Unrepeated:
    """Standard error without Dagster's cries about its event log: what comes of it is said once, at the end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return len(text) if text.startswith(_CRY) else self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def _unrepeated() -> Iterator[None]:
    with redirect_stderr(cast(TextIO, _Unrepeated(sys.stderr))):
        yield


def _ended(events: Sequence[dg.DagsterEvent]) -> list[AssetEnd]:
    ended = []
    for event in events:
        if event.is_step_materialization:
            materialized = event.step_materialization_data.materialization
            told = {name: value.value for name, value in materialized.metadata.items()}
            ended.append(
                AssetEnd(
                    materialized.asset_key.to_user_string(),
                    str(told.get("standing", "staged")),
                    _text(told.get("completeness")),
                    _whole(told.get("dagster/partition_row_count")),
                    _lacking(told),
                    None if told.get("files_refused", "none") == "none" else _text(told["files_refused"]),
                )
            )
    return ended


def failures(events: Sequence[dg.DagsterEvent]) -> list[str]:
    """What each failed step said; of an error that nobody expected its innermost cause, and that it is a defect."""
    steps = [f"{event.step_key}: {_said(event.step_failure_data)}" for event in events if event.is_step_failure]
    return steps or [str(_outage(error) or error.message.strip()) for error in _of_the_run(events)]


def _may_pass(events: Sequence[dg.DagsterEvent]) -> bool:
    """Whether something failed, and nothing but what may pass by itself."""
    told = [event.step_failure_data for event in events if event.is_step_failure]
    if told:
        return all(_passes(one) for one in told)
    return any(tells_outage(error) or isinstance(_outage(error), Outage) for error in _of_the_run(events))


def _of_the_run(events: Sequence[dg.DagsterEvent]) -> list[SerializableErrorInfo]:
    """Why a run failed before its first step, or between two of them."""
    told = [event.job_failure_data.error for event in events if event.is_job_failure]
    return [error for error in told if error is not None]


def _said(failure: StepFailureData) -> str:
    told = failure.user_failure_data
    if told is not None and told.description is not None:
        return told.description
    outage = _outage(failure.error)
    if outage is not None:
        return str(outage)
    causes = _causes(failure.error)
    return _unexpected(causes[-1].message if causes else "failed")


def _passes(failure: StepFailureData) -> bool:
    told = failure.user_failure_data
    if told is not None:
        return MAY_PASS in told.metadata and told.metadata[MAY_PASS].value is True
    return isinstance(_outage(failure.error), Outage)


def _outage(error: SerializableErrorInfo | None) -> AuroraError | None:
    """What Dagster met when it wrote its own records, of which it keeps the name and the words."""
    found = (named(one.cls_name or "", one.message) for one in _causes(error))
    return next((one for one in found if one is not None), None)


def _causes(error: SerializableErrorInfo | None) -> list[SerializableErrorInfo]:
    """An error and what it wraps; the outer ones are Dagster's, and say only that a step failed."""
    causes = []
    while error is not None:
        causes.append(error)
        error = error.cause
    return causes


def _unexpected(message: str) -> str:
    return redacted(
        f"{message.strip()} (unexpected: this is a defect, please report it; `aurora up` shows the traceback among the"
        " run's events)"
    )


def _lacking(told: Mapping[str, Any]) -> str | None:
    """What is late or cannot be had, who was down, and who was replaced by whom; nothing of it twice."""
    words = ""
    for name in ("retracted", "reasons", "replaced", "providers_down"):
        said = str(told.get(name, "none"))
        new = [text for text in said.split("; ") if said != "none" and text not in words]
        if new:
            words = "; ".join([words, *new]) if words else "; ".join(new)
    return words or None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) else None

"""Running jobs in this process: what a failed step says, and Ctrl-C is heeded even where somebody swallows it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import dagster as dg
import psycopg
import pytest

from aurora_pipeline.foundation.errors import AuroraError, DatabaseLost, FileUnreadable
from aurora_pipeline.orchestration.failing import CODE, as_failure
from aurora_pipeline.orchestration.runs import _lacking, _may_pass, failures, heeding_interrupts


@pytest.fixture(autouse=True)
def swallowing() -> Iterator[list[int]]:
    """A handler that drops the signal, as Dagster's does between steps."""
    dropped: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: dropped.append(number))
    yield dropped
    signal.signal(signal.SIGINT, before)


def test_interrupt__swallowed_by_another_handler__ends_the_block_after_all(swallowing: list[int]) -> None:
    with pytest.raises(KeyboardInterrupt), heeding_interrupts():
        os.kill(os.getpid(), signal.SIGINT)
    assert swallowing == [signal.SIGINT]


def test_interrupt__raised_as_something_else__is_an_interrupt() -> None:
    def step() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        raise ValueError("what a step made of it")

    with pytest.raises(KeyboardInterrupt), heeding_interrupts():
        step()


def test_no_interrupt__results_and_errors_pass_as_they_are() -> None:
    with heeding_interrupts():
        pass
    with pytest.raises(ValueError, match="a real one"), heeding_interrupts():
        raise ValueError("a real one")


def test_descriptor__after_the_block__is_put_back() -> None:
    before = signal.set_wakeup_fd(-1)
    try:
        with heeding_interrupts():
            pass
        assert signal.set_wakeup_fd(-1) == -1
    finally:
        signal.set_wakeup_fd(before)


def test_another_thread__which_hears_no_signals__just_runs() -> None:
    ran: list[bool] = []

    def work() -> None:
        with heeding_interrupts():
            ran.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ran == [True]


def events_of(error: Exception) -> list[dg.DagsterEvent]:
    @dg.asset(name="canonical_of_something")
    def failing() -> None:
        try:
            raise error
        except KeyError as cause:
            raise RuntimeError("on the way up") from cause

    result = dg.materialize([failing], raise_on_error=False)
    return list(result.all_events)


def test_failures__error_nobody_expected__innermost_cause_and_that_it_is_a_defect() -> None:
    (said,) = failures(events_of(KeyError("protocol_tips")))
    assert said.startswith("canonical_of_something: KeyError: 'protocol_tips' (unexpected: ")
    assert "Traceback" not in said
    assert "Dagster" not in said


def test_failures__error_people_can_act_on__its_own_words_alone() -> None:
    assert failures(events_of(dg.Failure("no such file; name another"))) == [
        "canonical_of_something: no such file; name another"
    ]


@pytest.mark.parametrize(
    ("error", "may_pass"), [(FileUnreadable("no file", "name it"), False), (DatabaseLost("away"), True)]
)
def test_failure__of_what_people_can_act_on__is_recorded_without_a_stack_trace(
    error: AuroraError, may_pass: bool
) -> None:
    @dg.asset(retry_policy=dg.RetryPolicy(max_retries=3))
    def failing() -> None:
        with as_failure():
            raise error

    result = dg.materialize([failing], raise_on_error=False)
    (failure,) = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    assert failure.error is not None
    assert (failure.error.message, failure.error.stack, failure.error.cause) == (f"{error}\n", [], None)
    assert failures(result.all_events) == [f"failing: {error}"]
    assert _may_pass(result.all_events) is may_pass
    assert failure.user_failure_data is not None
    assert failure.user_failure_data.metadata[CODE].value == error.code


def test_failure__outage_with_tries_left__is_tried_again() -> None:
    tries: list[int] = []

    @dg.asset(retry_policy=dg.RetryPolicy(max_retries=1))
    def failing() -> None:
        tries.append(len(tries))
        with as_failure(tries_left=len(tries) < 2):
            raise DatabaseLost("away")

    result = dg.materialize([failing], raise_on_error=False)
    assert tries == [0, 1]
    assert failures(result.all_events) == ["failing: away"]


def test_failures__run_that_did_not_begin__are_not_none() -> None:
    @dg.resource
    def needed(context: dg.InitResourceContext) -> None:
        with as_failure():
            raise DatabaseLost("the database is away")

    @dg.asset(required_resource_keys={"needed"})
    def unreached() -> None: ...

    result = dg.materialize([unreached], resources={"needed": needed}, raise_on_error=False)
    assert failures(result.all_events) == ["the database is away"]
    assert _may_pass(result.all_events)


def test_failures__run_whose_own_records_could_not_be_written__an_outage_in_one_sentence() -> None:
    @dg.resource
    def needed(context: dg.InitResourceContext) -> None:
        raise psycopg.errors.DiskFull('could not extend file "base/1/2": No space left on device')

    @dg.asset(required_resource_keys={"needed"})
    def unreached() -> None: ...

    result = dg.materialize([unreached], resources={"needed": needed}, raise_on_error=False)
    (said,) = failures(result.all_events)
    assert said.startswith("the disk of the database is full")
    assert "\n" not in said.partition("\n  -> ")[0]
    assert _may_pass(result.all_events)


def test_lacking__said_by_a_reason_and_by_who_was_down__told_once() -> None:
    down = "archive: there is no file fees842.csv in file:books"
    told = {"reasons": f"2 unavailable: {down}", "providers_down": down, "replaced": "none", "states": "x"}
    assert _lacking(told) == f"2 unavailable: {down}"
    replaced = {"reasons": "none", "providers_down": down, "replaced": f"node instead of archive ({down}): 2"}
    assert _lacking(replaced) == f"node instead of archive ({down}): 2"
    assert _lacking({"reasons": "none", "providers_down": down}) == down
    assert _lacking({"reasons": "none"}) is None

"""How an error becomes a failure in Dagster: its sentence and remedy, said first, without a stack trace of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dagster as dg
from dagster._core.errors import DagsterUserCodeProcessError
from dagster_shared.error import SerializableErrorInfo

from aurora_pipeline.foundation.errors import AuroraError, Outage
from aurora_pipeline.foundation.log import about
from aurora_pipeline.foundation.period_key import PartitionKey
from aurora_pipeline.foundation.traces import span_of_run

MAY_PASS = "may_pass"
"""The metadata of a step's failure that says whether it may pass by itself."""
CODE = "code"
"""The metadata of a step's failure that says which error it was: docs/errors.md lists them."""


class Said(dg.Failure, DagsterUserCodeProcessError):
    """A failure that is its sentence: Dagster records it as it is, in steps, run starts and ticks alike.

    Of any other exception it keeps every line of code on the way. An error from a process of its own it hands on as it
    was told: that is why this counts as such an error. It is never tried again.
    """

    def __init__(self, sentence: str, may_pass: bool = False, metadata: Mapping[str, Any] | None = None) -> None:
        told = SerializableErrorInfo(message=f"{sentence}\n", stack=[], cls_name=_OUTAGE if may_pass else None)
        Exception.__init__(self, sentence)
        self.user_code_process_error_infos = [told]
        kept = dg.Failure(sentence, {MAY_PASS: may_pass, **(metadata or {})}, allow_retries=False)
        self.description, self.metadata, self.allow_retries = kept.description, kept.metadata, kept.allow_retries


_OUTAGE = Outage.__name__


def tells_outage(error: SerializableErrorInfo | None) -> bool:
    """Whether a recorded error is one that may pass by itself, of a failure that has no metadata."""
    return error is not None and error.cls_name == _OUTAGE


@contextmanager
def told_of(what: str, run_id: str, key: PartitionKey) -> Iterator[None]:
    """What is logged and traced meanwhile names run, chain and period: by these it is found again."""
    place = {"chain": key.chain_id, "period": str(key)}
    with about(run=run_id, **place), span_of_run(what, run_id, **place):
        yield


@contextmanager
def as_failure(tries_left: bool = False) -> Iterator[None]:
    """An error people can act on fails the step with its remedy; only what may pass by itself is tried again."""
    try:
        yield
    except AuroraError as error:
        may_pass = isinstance(error, Outage)
        if may_pass and tries_left:
            raise dg.Failure(description=str(error), metadata={MAY_PASS: True, CODE: error.code}) from None
        raise Said(str(error), may_pass, {CODE: error.code}) from None

"""Faults of the ground: found under whatever wraps them, worded in one sentence, and told from mistakes and defects."""

from __future__ import annotations

import errno
import os

import psycopg
import psycopg2
import pytest
from dagster_postgres.utils import DagsterPostgresException
from sqlalchemy.exc import DBAPIError, OperationalError

from aurora_pipeline.foundation.errors import (
    AuroraError,
    DatabaseFull,
    DatabaseLost,
    DatabaseReadOnly,
    NoRoomOnDisk,
    NotUnderstood,
)
from aurora_pipeline.foundation.outages import explained, named

LOST = "the database was lost while it was needed"


def caused(outer: BaseException, inner: BaseException) -> BaseException:
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    ("error", "words", "code"),
    [
        (psycopg.errors.AdminShutdown("terminating connection"), LOST, 75),
        (psycopg.errors.CrashShutdown("terminating connection"), LOST, 75),
        (psycopg.errors.CannotConnectNow("the database system is in recovery mode"), LOST, 75),
        (psycopg.errors.TooManyConnections("sorry, too many clients already"), LOST, 75),
        (psycopg.errors.IdleInTransactionSessionTimeout("terminating connection"), LOST, 75),
        (psycopg.OperationalError("consuming input failed: server closed the connection"), LOST, 75),
        (psycopg.InterfaceError("the cursor is closed"), LOST, 75),
        (psycopg2.OperationalError("server closed the connection unexpectedly\n\tThis means"), LOST, 75),
        (psycopg2.InterfaceError("connection already closed"), LOST, 75),
        (OperationalError("SELECT 1", {}, psycopg2.OperationalError("server closed the connection")), LOST, 75),
        (psycopg.errors.QueryCanceled("canceling statement due to user request"), "broke off", 75),
        (psycopg.errors.DeadlockDetected("deadlock detected"), "broke off", 75),
        (psycopg.errors.DiskFull("could not extend file"), "the disk of the database is full", 75),
        (psycopg.errors.ReadOnlySqlTransaction("cannot execute INSERT"), "the database is read-only", 2),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/some/file"), "no room left on the disk for /some/file", 75),
        (OSError(errno.EROFS, os.strerror(errno.EROFS)), "the disk can only be read", 2),
        (caused(DagsterPostgresException("too many retries"), psycopg2.OperationalError("it is gone")), LOST, 75),
        (ExceptionGroup("two", [ValueError("x"), psycopg.errors.DiskFull("could not write")]), "is full", 75),
    ],
)
def test_explained__a_fault_of_the_ground__one_sentence_and_its_code(
    error: BaseException, words: str, code: int
) -> None:
    told = explained(error)
    assert told is not None
    assert words in told.message
    assert "\n" not in told.message
    assert told.exit_code == code
    assert told.remedy


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a defect"),
        psycopg.errors.UniqueViolation("duplicate key"),
        psycopg.errors.UndefinedColumn("column x does not exist"),
        psycopg.ProgrammingError("the query has 0 placeholders"),
        DBAPIError("SELECT", {}, psycopg2.ProgrammingError("no results to fetch")),
        FileNotFoundError(errno.ENOENT, "No such file"),
        NotUnderstood("a mistake"),
    ],
)
def test_explained__a_mistake_or_a_defect__is_none_of_it(error: BaseException) -> None:
    assert explained(error) is None


def test_explained__an_outage_that_was_worded__stays_as_it_is() -> None:
    outage = DatabaseLost("the node is away", "wait")
    assert explained(caused(RuntimeError("the step failed"), outage)) is outage


@pytest.mark.parametrize(
    ("kind", "said", "expected"),
    [
        ("OperationalError", "psycopg2.OperationalError: server closed the connection unexpectedly\n", DatabaseLost),
        ("AdminShutdown", "psycopg2.errors.AdminShutdown: terminating connection", DatabaseLost),
        ("DiskFull", "psycopg2.errors.DiskFull: could not extend file", DatabaseFull),
        ("OSError", "OSError: [Errno 28] No space left on device\n", NoRoomOnDisk),
        ("OSError", "OSError: [Errno 5] Input/output error\n", None),
        ("ReadOnlySqlTransaction", "psycopg2.errors.ReadOnlySqlTransaction: cannot execute INSERT", DatabaseReadOnly),
        ("DatabaseLost", "aurora_pipeline.foundation.errors.DatabaseLost: it went\n", DatabaseLost),
        ("UniqueViolation", "psycopg2.errors.UniqueViolation: duplicate key", None),
        ("KeyError", "KeyError: 'x'", None),
        ("Jsonb", "Jsonb: nothing of the kind", None),
    ],
)
def test_named__what_dagster_keeps_of_an_error__is_known_all_the_same(
    kind: str, said: str, expected: type[AuroraError] | None
) -> None:
    told = named(kind, said)
    assert (None if told is None else type(told)) is expected

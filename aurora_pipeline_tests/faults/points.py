"""Named places where a crash could split what belongs together, and the ways to strike there.

They are put in from outside, around functions of the package: in production there is nothing of them at all.
"""

from __future__ import annotations

import functools
import importlib
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import psycopg

from aurora_pipeline.local_postgres.cluster import SUPERUSER
from aurora_pipeline.local_postgres.postmaster import PORT, running_postmaster

LINES, STATEMENTS = "partner_commission_lines", "partner_commission_statements"


class When(StrEnum):
    """On which side of the function."""

    BEFORE = "before"
    AFTER = "after"


class Strike(StrEnum):
    """What happens at a point."""

    EXIT = "exit"
    EXCEPTION = "exception"
    FREEZE = "freeze"
    LOST_CONNECTION = "lost connection"
    LOST_SERVER = "lost server"


class Struck(Exception):
    """What is raised at a point."""


@dataclass(frozen=True)
class Point:
    """A side of a function, the first time it is called, or is called with the draft of a layer."""

    name: str
    module: str
    function: str
    when: When
    layer: str | None = None


def _around(name: str, module: str, function: str, layer: str | None = None) -> tuple[Point, Point]:
    return (
        Point(f"{name}, before", module, function, When.BEFORE, layer),
        Point(f"{name}, after", module, function, When.AFTER, layer),
    )


POINTS: Final[tuple[Point, ...]] = (
    *_around("sample appended", "store.row_chains", "append_chained"),
    *_around("period recorded", "periods.record", "record_period"),
    *_around("partition registered", "periods.partitions", "register"),
    *_around("answers stored", "store.payloads.answers", "store_answers"),
    Point("answers committed", "asking.recording", "_Recorder._store", When.AFTER),
    *_around("fetch recorded", "store.payloads.fetches", "record_fetch"),
    *_around("ingestion run recorded", "staging.run", "_record_run"),
    Point("layer begun", "store.snapshots", "write_check_publish", When.BEFORE),
    Point("partition locked", "store.snapshots", "_lock_partition", When.AFTER),
    *_around("rows written", "store.layer_rows", "LayerRows.load"),
    *_around("snapshot recorded", "store.snapshots", "_record"),
    Point("snapshot written", "store.snapshots", "_write", When.AFTER),
    *_around("published, not committed", "store.snapshots", "_publish"),
    Point("published, Dagster knows nothing", "store.snapshots", "write_check_publish", When.AFTER),
    Point("lines published, no statement", "store.snapshots", "write_check_publish", When.AFTER, LINES),
    Point("statement published", "store.snapshots", "write_check_publish", When.AFTER, STATEMENTS),
    *_around("decision written", "decisions.recording", "Recording._append"),
    *_around("decision logged", "decisions.log", "append_all"),
    Point("transaction committed", "store.idle_sessions", "keep", When.BEFORE),
)


def put_in(point: Point, strike: Callable[[], None]) -> None:
    """Have a point struck the first time this process comes to it, whatever module calls the function by its name."""
    module = importlib.import_module(f"aurora_pipeline.{point.module}")
    owner_name, _, name = point.function.rpartition(".")
    owner = getattr(module, owner_name) if owner_name else module
    original = getattr(owner, name)
    left = [strike]

    @functools.wraps(original)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        is_it = bool(left) and (point.layer is None or _is_of(point.layer, arguments))
        if is_it and point.when is When.BEFORE:
            left.pop()()
        result = original(*arguments, **named)
        if is_it and point.when is When.AFTER:
            left.pop()()
        return result

    setattr(owner, name, wrapped)
    for other in [found for key, found in sys.modules.items() if key.startswith("aurora_pipeline.")]:
        if not owner_name and getattr(other, name, None) is original:
            setattr(other, name, wrapped)


def _is_of(layer: str, arguments: tuple[Any, ...]) -> bool:
    drafts = next((one for one in arguments if isinstance(one, (list, tuple))), ())
    return any(draft.table.name == layer for draft in drafts)


def striking(how: Strike, data_dir: Path, mark: Path) -> Callable[[], None]:
    """The strike, which first leaves a mark: a point that was never come to proves nothing."""

    def strike() -> None:
        mark.touch()
        match how:
            case Strike.EXIT:
                os._exit(137)
            case Strike.EXCEPTION:
                raise Struck("struck")
            case Strike.FREEZE:
                os.kill(os.getpid(), signal.SIGSTOP)
            case Strike.LOST_CONNECTION:
                cut_connections(data_dir)
            case Strike.LOST_SERVER:
                kill_server(data_dir)

    return strike


def cut_connections(data_dir: Path, condition: str = "true") -> int:
    """End every session of the instance's databases that a condition holds for; says how many."""
    where = f"datname IN ('aurora', 'dagster') AND ({condition})"
    query = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {where}"
    try:
        with psycopg.connect(
            host=str(data_dir / "postgres" / "socket"), port=PORT, user=SUPERUSER, dbname="postgres", autocommit=True
        ) as session:
            return session.execute(query.encode()).rowcount
    except psycopg.OperationalError:
        return 0


def kill_server(data_dir: Path) -> bool:
    """Kill the postmaster, whose other processes end with it; whether there was one.

    A number that was left behind by a server that ended is somebody else's by now.
    """
    server = running_postmaster(data_dir / "postgres" / "cluster")
    if server is None:
        return False
    try:
        os.kill(server.pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True

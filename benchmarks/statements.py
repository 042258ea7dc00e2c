"""What monthly statements cost: a month of a million lines, the same restated in all lines, and a long list.

`python -m benchmarks.statements [lines] [partners]`. Raw beside it: the same rows out of the database and into another
table by COPY, and one pass of Python over them; beside the list, the same command where there is nothing to list. The
processor's seconds are those of this process and of the server: on a busy machine they say more than the clock.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import polars as pl
from rich.console import Console

from aurora_pipeline.foundation.period_key import MonthKey
from aurora_pipeline.instance.workspace import DATABASE_VARIABLE, DEMO_URL_VARIABLE, HOME_VARIABLE
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.statements.documents import payable_statements
from aurora_pipeline.statements.transitions.approve import approve
from aurora_pipeline.statements.transitions.submit import submit
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline_tests.statements.books import CHAIN, MONTHS, Books
from benchmarks.run import scratch

_PERIODS = 15
_LISTED, _MONTHS_LISTED, _TIMES = 1_000, 5, 3
_LINES = """COPY (SELECT l.* FROM partner_commission_lines v
      JOIN layers.partner_commission_lines l USING (snapshot_id, line_id)
      JOIN period_months m ON m.epoch = l.epoch WHERE m.month = '{}') TO STDOUT"""


@dataclass(frozen=True)
class Took:
    """What something took: by the clock, and of the processor."""

    seconds: float
    processor: float


def measured(server: Path, action: Callable[[], object]) -> Took:
    """The seconds of one call, and the processor's in this process and in those of the server in a folder."""
    before, own, started = _processor(server), time.process_time(), time.perf_counter()
    action()
    took = time.perf_counter() - started
    return Took(took, time.process_time() - own + _processor(server) - before)


def _processor(server: Path) -> float:
    """What the processes of a server took so far, those that ended included: their parent keeps the account."""
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").resolve().is_relative_to(server.resolve()):
                fields = (process / "stat").read_text().rpartition(")")[2].split()
                ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def timed(action: Callable[[], object]) -> float:
    """The wall seconds of one call."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def raw(database: Database, month: str) -> None:
    """The month's lines out by COPY, one pass of Python over their amounts, and into a table without an index."""

    with database.connect() as connection:
        connection.execute("CREATE TEMP TABLE again (LIKE layers.partner_commission_lines) ON COMMIT DROP")
        told = io.BytesIO()
        query = _LINES.format(month)
        with connection.cursor() as cursor, cursor.copy(query.encode()) as out:
            for block in out:
                told.write(block)
        total = sum(len(row) for row in told.getvalue().split(b"\n"))
        assert total
        with connection.cursor() as cursor, cursor.copy(b"COPY again FROM STDIN") as into:
            into.write(told.getbuffer())


def listed(server: EmbeddedPostgres, folder: Path) -> tuple[Took, Took]:
    """The list of a thousand statements, and the same command where there are none."""
    demo = files("aurora_pipeline.demo")
    for name in ("chains.yaml", "providers.yaml"):
        (folder / name).write_text((demo / name).read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("many", "none"):
        server.ensure_database(name)
        upgrade(Database(server.dsn(name)))
    names = [f"partner{number:03d}" for number in range(_LISTED // _MONTHS_LISTED)]
    books = Books(Database(server.dsn("many")), names, per_month=1).begin()
    for month in MONTHS[:_MONTHS_LISTED]:
        for epoch in books.epochs(month):
            books.lines[epoch] = {(name, "v1"): 1_000 for name in names}
    books.live(*MONTHS[:_MONTHS_LISTED])
    for month in MONTHS[:_MONTHS_LISTED]:
        books.compute(MonthKey(CHAIN, month))
    return _command(server.dsn("many"), folder, _LISTED), _command(server.dsn("none"), folder, 0)


def _command(address: str, folder: Path, statements: int) -> Took:
    variables = {**os.environ, HOME_VARIABLE: str(folder), DATABASE_VARIABLE: address, DEMO_URL_VARIABLE: "http://x"}
    command = [sys.executable, "-m", "aurora_pipeline", "statements", "list"]
    took = []
    for _ in range(_TIMES):
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        told = subprocess.run(command, env=variables, cwd=folder, check=True, capture_output=True, text=True).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert told.count("DRAFT") == statements
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        took.append(Took(time.perf_counter() - started, used))
    return min(took, key=lambda one: one.processor)


def tell(console: Console, what: str, ours: Took, beside: Took) -> None:
    """Print a measure when it is taken: a run of many minutes that is ended tells what it knows by then."""
    by = (("by the clock", ours.seconds, beside.seconds), ("processor", ours.processor, beside.processor))
    told = [f"{kind} {one:.1f} s, raw {other:.1f} s, {one / other:.2f} times" for kind, one, other in by]
    console.print(f"{what}: {'; '.join(told)}; load {os.getloadavg()[0]:.1f}")


def main() -> None:
    """Build the month, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", nargs="?", type=int, default=1_000_000)
    parser.add_argument("partners", nargs="?", type=int, default=200)
    asked = parser.parse_args()
    console = Console()
    each = max(asked.lines // (_PERIODS * asked.partners), 1)
    with scratch() as folder, EmbeddedPostgres.start(folder / "postgres") as server:
        server.ensure_database("bench")
        database = Database(server.dsn("bench"))
        upgrade(database)
        names = [f"partner{number:03d}" for number in range(asked.partners)]
        books = Books(database, names, per_month=_PERIODS).begin()
        month, following = (MonthKey(CHAIN, one) for one in MONTHS[:2])
        for epoch in books.epochs(month.month):
            books.lines[epoch] = {(name, f"v{place:05d}"): 1_000 + place for name in names for place in range(each)}
        setup = timed(lambda: books.live(month.month))
        console.print(
            f"{each * _PERIODS * asked.partners} lines of {asked.partners} partners published in {setup:.1f} s"
        )
        data = folder / "postgres"
        baseline = measured(data, lambda: raw(database, month.month))
        tell(console, "statements of the month", measured(data, lambda: books.compute(month)), baseline)
        with database.connect() as connection:
            every = payable_statements(connection, CHAIN)
        for one in every:
            submit(database, one.statement_id, [CHAIN], (), "sam", "bench")
            approve(database, one.statement_id, [CHAIN], "ann", "bench")
        for epoch in books.epochs(month.month):
            books.lines[epoch] = {key: int(str(amount)) + 1 for key, amount in books.lines[epoch].items()}
            books.publish(epoch)
        for epoch in books.epochs(following.month):
            books.lines[epoch] = {}
        books.live(month.month, following.month)
        took = measured(data, lambda: books.compute(following))
        tell(console, "all lines restated: adjustments", took, measured(data, lambda: raw(database, month.month)))
        tell(console, f"list of {_LISTED} statements", *listed(server, folder))
        found = pl.DataFrame(books.rows("SELECT count(*) AS n FROM monthly_statement_entries"))
        console.print(f"{found.item()} adjustments")


if __name__ == "__main__":
    main()

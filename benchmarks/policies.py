"""What row-level security costs: queries of an analyst and a partner, with policies and past them.

Past policies the same is asked by the superuser, of a partner's rows by its key. The budget is 1.5 times as long,
or 0.25 ms longer (docs/decisions/092).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

import psycopg
from rich.console import Console

from aurora_pipeline.agreements.tables import PARTNERS
from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES
from aurora_pipeline.decisions.recording import Recording
from aurora_pipeline.decisions.tables import UserRole
from aurora_pipeline.decisions.users import record_user
from aurora_pipeline.instance.tables import CHAINS
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.periods.tables import CANONICAL_PERIODS
from aurora_pipeline.pnl.tables import VALIDATOR_PNL
from aurora_pipeline.statements.released import RELEASED_SNAPSHOTS
from aurora_pipeline.statements.tables import MONTHLY_STATEMENTS
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from benchmarks.filled import fill, publish
from benchmarks.measured import Budget, Measured, program, tell
from benchmarks.taken import scratch

ANALYST, PARTNER, OF = "anna", "p_7f3a", "partner-7"
EPOCHS_OF_MONTH: Final = 10
_BUDGET: Final = Budget(times=1.5, longer=0.25)
"""In milliseconds: what is asked of the person costs as much where a query takes no time itself."""
_WARM: Final = 3
"""Runs that do not count: caches are filled."""


@dataclass(frozen=True)
class Size:
    """How much there is."""

    epochs: int
    validators: int
    partners: int
    lines: int
    """Of each epoch."""


@dataclass(frozen=True)
class Asked:
    """A query as somebody asks it, and as it is asked past policies."""

    who: str
    what: str
    query: str
    past: str


def make(database: Database, size: Size) -> None:
    """A chain of so many epochs, whose statements are released but for the last month."""
    months = max(1, size.epochs // EPOCHS_OF_MONTH)
    epochs, partners = f"generate_series(1, {size.epochs}) e", f"generate_series(1, {size.partners}) p"
    with database.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        fill(connection, CHAINS, "(SELECT) x", {"chain_id": "'c'", "native_decimals": "9"})
        began = f"(date '2020-01-01' + ((e - 1) / {EPOCHS_OF_MONTH}) * interval '1 month')::timestamptz"
        bounds = {"chain_id": "'c'", "epoch": "e", "started_at": began, "ended_at": f"{began} + interval '2 days'"}
        fill(connection, CANONICAL_PERIODS, epochs, {**bounds, "period_key": "'c:' || lpad(e::text, 7, '0')"})
        for place, asset in enumerate((VALIDATOR_PNL, PARTNER_COMMISSION_LINES)):
            number = f"e + {place * size.epochs}"
            publish(connection, asset.name, number, "lpad(e::text, 7, '0')", epochs)
        statements = 2 * size.epochs
        publish(
            connection, MONTHLY_STATEMENTS.name, f"m + {statements}", _month("m"), f"generate_series(1, {months}) m"
        )
        keys = {"chain_id": "'c'", "epoch": "e", "validator_key": "'v' || v"}
        every = f"{epochs}, generate_series(1, {size.validators}) v"
        fill(connection, VALIDATOR_PNL, every, {**keys, "snapshot_id": "e", "state": "'final'"})
        lines = {
            **keys,
            "validator_key": f"'v' || 1 + l % {size.validators}",
            "snapshot_id": f"e + {size.epochs}",
            "partner_id": f"'partner-' || 1 + l % {size.partners}",
            "final": "l",
            "rule_key": "l::text",
        }
        fill(connection, PARTNER_COMMISSION_LINES, f"{epochs}, generate_series(1, {size.lines}) l", lines)
        stated = {
            "snapshot_id": f"m + {statements}",
            "chain_id": "'c'",
            "month": _month("m"),
            "partner_id": "'partner-' || p",
            "statement_id": _statement("m"),
        }
        fill(connection, MONTHLY_STATEMENTS, f"generate_series(1, {months}) m, {partners}", stated)
        own = {"partner_id": "'partner-' || p", "chain_id": "'c'"}
        released = {**own, "statement_id": _statement("m"), "snapshot_id": f"m + {statements}", "part": "'STATEMENT'"}
        fill(connection, RELEASED_SNAPSHOTS, f"generate_series(1, {months - 1}) m, {partners}", released)
        shown = {**own, "statement_id": _statement(f"(1 + (e - 1) / {EPOCHS_OF_MONTH})"), "part": "'LINES'"}
        before = f"generate_series(1, {(months - 1) * EPOCHS_OF_MONTH}) e, {partners}"
        fill(connection, RELEASED_SNAPSHOTS, before, {**shown, "snapshot_id": f"e + {size.epochs}"})
    with database.connect() as connection:
        recording = Recording.begin(connection, "bench", "measured")
        recording.write(PARTNERS, {"partner_id": OF, "revision": 1, "name": "Seven"})
        recording.note("partner/x", "partner.added", None, {}, [])
    since = datetime(2020, 1, 1, tzinfo=UTC)
    for login, role, partner in ((ANALYST, UserRole.ANALYST, None), (PARTNER, UserRole.PARTNER, OF)):
        told = (login, "Any One", role, partner, since, None, "bench", "measured")
        record_user(database, *told, password="not used by the embedded server")
    with database.autocommit() as connection:
        connection.execute("VACUUM ANALYZE")


def _month(number: str) -> str:
    return f"to_char(date '2020-01-01' + ({number} - 1) * interval '1 month', 'YYYY-MM')"


def _statement(month: str) -> str:
    return f"md5('partner-' || p || '/' || {month})::uuid"


def queries(size: Size) -> Iterable[Asked]:
    """What is asked all day."""
    last, year = size.epochs - 5, size.epochs - 12 * EPOCHS_OF_MONTH
    of_all = {
        "P&L of every validator, by epoch": "SELECT epoch, sum(known_net) AS n FROM validator_pnl GROUP BY 1",
        "all lines, by partner": "SELECT partner_id, sum(final) AS n FROM partner_commission_lines GROUP BY 1",
        "lines of one epoch": f"SELECT * FROM partner_commission_lines WHERE chain_id = 'c' AND epoch = {last}",
        "lines of one epoch, named": f"SELECT * FROM partner_commission_lines_named WHERE epoch = {last}",
        "a validator's year": f"SELECT * FROM validator_pnl WHERE validator_key = 'v1' AND epoch > {year}",
        "lines of an epoch, as of a moment": (
            f"SELECT * FROM partner_commission_lines_as_of(now() - interval '1 microsecond', 'c', {last}, {last})"
        ),
        "what is in force": "SELECT count(*) FROM in_force",
    }
    yield from (Asked(ANALYST, what, query, query) for what, query in of_all.items())
    statement = f"md5('{OF}/2')::uuid"
    of_partner = {
        "its statements": "SELECT * FROM released_statements{}",
        "lines of a statement": f"SELECT * FROM released_statement_lines{{}} AND statement_id = {statement}",
        "all its lines, by epoch": "SELECT epoch, sum(final) FROM released_statement_lines{} GROUP BY 1",
        "its lines of a validator": "SELECT * FROM released_statement_lines{} AND validator_key = 'v8'",
    }
    for what, query in of_partner.items():
        yield Asked(PARTNER, what, query.format(" WHERE true"), query.format(f" WHERE partner_id = '{OF}'"))


@dataclass(frozen=True)
class Took:
    """The median of many runs in milliseconds, as a client waits."""

    whole: float
    rows: int


class Asking:
    """One session that asks one query again and again; it becomes somebody once."""

    def __init__(self, connection: psycopg.Connection, who: str | None, query: str) -> None:
        self.connection, self.query, self.rows = connection, query, 0
        self.whole: list[float] = []
        if who is not None:
            connection.execute(f"SET ROLE {who}".encode())

    def once(self) -> None:
        """Ask it; the plan is not kept, as a pool of many people would keep none."""
        started = time.perf_counter()
        self.rows = len(self.connection.execute(self.query.encode()).fetchall())
        self.whole.append((time.perf_counter() - started) * 1000)

    def took(self) -> Took:
        """What it took."""
        return Took(median(self.whole), self.rows)


def measured(database: Database, asked: Asked, repeat: int) -> tuple[Took, Took]:
    """Past policies and with them, by turns, so that whatever else the machine does meets both."""
    with (
        psycopg.connect(database.conninfo, autocommit=True, prepare_threshold=None) as one,
        psycopg.connect(database.conninfo, autocommit=True, prepare_threshold=None) as other,
    ):
        past, with_policies = Asking(one, None, asked.past), Asking(other, asked.who, asked.query)
        for _ in range(repeat + _WARM):
            past.once()
            with_policies.once()
        for session in (past, with_policies):
            del session.whole[:_WARM]
        return past.took(), with_policies.took()


def _made(folder: Path, size: Size) -> Iterator[Database]:
    """The database in a folder: made, if it is not there."""
    is_new = not folder.exists()
    with EmbeddedPostgres.start(folder) as server:
        server.ensure_database("bench")
        database = Database(server.dsn("bench"))
        upgrade(database)
        if is_new:
            make(database, size)
        yield database
        database.let_go()


def rows(options: argparse.Namespace, folder: Path) -> Iterator[Measured]:
    """Each query on a database of its own, or on one that is kept."""
    size = Size(options.epochs, options.validators, options.partners, options.lines)
    many = f"{size.epochs * size.lines:,} lines"
    with contextmanager(_made)(options.folder or folder / "postgres", size) as database:
        for asked in queries(size):
            if options.only not in asked.what:
                continue
            past, took = measured(database, asked, options.repeat)
            what = f"{many}, {asked.who}: {asked.what}, {took.rows} rows"
            yield Measured(what, took.whole, "ms", past.whole, "the same past policies", _BUDGET)
            if options.plans:
                _show_plan(database, asked)


def main() -> None:
    """Measure, and keep the database where that is asked for."""
    parser = program(__doc__)
    parser.add_argument("--epochs", type=int, default=1_000)
    parser.add_argument("--validators", type=int, default=50)
    parser.add_argument("--partners", type=int, default=200)
    parser.add_argument("--lines", type=int, default=1_000, help="of each epoch")
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--only", default="", help="queries whose description holds this")
    parser.add_argument("--plans", action="store_true", help="show the plans with policies too")
    parser.add_argument("--folder", type=Path, help="make the database here if it is not, and keep it")
    options = parser.parse_args()
    with scratch() as folder:
        tell(rows(options, folder), options)


def _show_plan(database: Database, asked: Asked) -> None:
    with database.connect() as connection:
        connection.execute(f"SET LOCAL ROLE {asked.who}".encode())
        for row in connection.execute(f"EXPLAIN (ANALYZE, BUFFERS) {asked.query}".encode()):
            Console(soft_wrap=True).print(row["QUERY PLAN"], highlight=False, markup=False)


if __name__ == "__main__":
    main()

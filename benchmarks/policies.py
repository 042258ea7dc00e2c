"""What row-level security costs: queries of an analyst and a partner, with policies and past them.

Past policies the same is asked by the superuser, of a partner's rows by its key. The budget is 1.5 times as long.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

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
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.declaration import ColumnKind, Table, TableKind
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline.store.tables import PUBLICATIONS, SNAPSHOTS
from aurora_pipeline_tests.store.column_values import choices

ANALYST, PARTNER, OF = "anna", "p_7f3a", "partner-7"
EPOCHS_OF_MONTH: Final = 10
_FILL: Final = {
    ColumnKind.TEXT: "''",
    ColumnKind.AMOUNT: "1000",
    ColumnKind.INTEGER: "1",
    ColumnKind.BOOLEAN: "false",
    ColumnKind.INSTANT: "timestamptz '2020-01-01'",
    ColumnKind.UUID: "gen_random_uuid()",
    ColumnKind.DIGEST: "repeat('a', 64)",
    ColumnKind.JSON: "'[]'::jsonb",
    ColumnKind.INTEGERS: "'{}'::bigint[]",
}


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


def fill(connection: Connection, table: Table, source: str, given: Mapping[str, str], more: str = "") -> None:
    """Rows of a table from a FROM clause: some columns as given, every other one with any value of its kind."""
    told = dict(given)
    for column in table.columns:
        if column.nullable or column.name in told or "GENERATED" in (column.default or ""):
            continue
        allowed = choices(column)
        told[column.name] = f"'{allowed[0]}'" if allowed else _FILL[column.kind]
    if table.salted:
        told["salt"] = "repeat('a', 64)"
    name = f"layers.{table.name}" if table.kind is TableKind.LAYER else table.name
    values = ", ".join(told.values())
    connection.execute(f"INSERT INTO {name} ({', '.join(told)}) {more} SELECT {values} FROM {source}".encode())


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
            _publish(connection, asset.name, number, "lpad(e::text, 7, '0')", epochs)
        statements = 2 * size.epochs
        _publish(
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


def _publish(connection: Connection, asset: str, number: str, period: str, source: str) -> None:
    of = {"asset": f"'{asset}'", "chain_id": "'c'", "period": period, "snapshot_id": number}
    fill(connection, SNAPSHOTS, source, of, "OVERRIDING SYSTEM VALUE")
    told = {**of, "sequence": number, "published_at": "now()", "entry_hash": f"lpad(to_hex({number}), 64, '0')"}
    fill(connection, PUBLICATIONS, source, told)


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


def best(database: Database, who: str | None, query: str, repeat: int) -> tuple[float, int]:
    """The fastest of some runs in milliseconds, and the number of rows."""
    seconds, count = [], 0
    with database.connect() as connection:
        if who is not None:
            connection.execute(f"SET LOCAL ROLE {who}".encode())
        for _ in range(repeat):
            started = time.perf_counter()
            count = len(connection.execute(query.encode()).fetchall())
            seconds.append(time.perf_counter() - started)
    return min(seconds) * 1000, count


def main() -> None:
    """Measure each query on a database of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=1_000)
    parser.add_argument("--validators", type=int, default=50)
    parser.add_argument("--partners", type=int, default=200)
    parser.add_argument("--lines", type=int, default=1_000, help="of each epoch")
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    size = Size(options.epochs, options.validators, options.partners, options.lines)
    with (
        tempfile.TemporaryDirectory(prefix="aurora-bench-") as folder,
        EmbeddedPostgres.start(Path(folder) / "postgres") as server,
    ):
        server.ensure_database("bench")
        database = Database(server.dsn("bench"))
        upgrade(database)
        make(database, size)
        for asked in queries(size):
            past, rows = best(database, None, asked.past, options.repeat)
            took, seen = best(database, asked.who, asked.query, options.repeat)
            told = (
                f"{asked.who:<8} {asked.what:<36} {past:9.1f} ms past, {took:9.1f} ms with policies, x{took / past:.2f}"
            )
            Console().print(f"{told}  {seen} rows" + ("" if seen == rows else f", and not {rows}"), highlight=False)
        database.let_go()


if __name__ == "__main__":
    main()

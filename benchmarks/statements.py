"""What monthly statements cost: a month of a million lines, the same restated in all lines, and a long list.

`python -m benchmarks.statements [--lines 1000000] [--partners 200]`. Raw beside it: the same rows out of the database
and into another table by COPY, and one pass of Python over them; beside the list, the same command where there is
nothing to list.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Final

from aurora_pipeline.foundation.period_key import MonthKey
from aurora_pipeline.instance.workspace import DATABASE_VARIABLE, DEMO_URL_VARIABLE, HOME_VARIABLE
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.statements.documents import payable_statements
from aurora_pipeline.statements.transitions.approve import approve
from aurora_pipeline.statements.transitions.submit import submit
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline_tests.statements.books import CHAIN, MONTHS, Books
from benchmarks.measured import Measured, program, tell
from benchmarks.taken import Took, fastest, scratch, took

_RAW: Final = "COPY of the same rows out and in again"
_PERIODS = 15
_LISTED, _MONTHS_LISTED, _TIMES = 1_000, 5, 3
_LINES = """COPY (SELECT l.* FROM partner_commission_lines v
      JOIN layers.partner_commission_lines l USING (snapshot_id, line_id)
      JOIN period_months m ON m.epoch = l.epoch WHERE m.month = '{}') TO STDOUT"""


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
    commands = [
        partial(_command, server.dsn("many"), folder, _LISTED),
        partial(_command, server.dsn("none"), folder, 0),
    ]
    many, none = fastest(_TIMES, commands, folder / "postgres")
    return many, none


def _command(address: str, folder: Path, statements: int) -> None:
    variables = {**os.environ, HOME_VARIABLE: str(folder), DATABASE_VARIABLE: address, DEMO_URL_VARIABLE: "http://x"}
    command = [sys.executable, "-m", "aurora_pipeline", "statements", "list"]
    told = subprocess.run(command, env=variables, cwd=folder, check=True, capture_output=True, text=True).stdout
    assert told.count("DRAFT") == statements


def rows(folder: Path, lines: int, partners: int) -> Iterator[Measured]:
    """A month stated, the same restated in the next, and a long list."""
    each = max(lines // (_PERIODS * partners), 1)
    many = f"{each * _PERIODS * partners:,} lines of {partners} partners"
    with EmbeddedPostgres.start(folder / "postgres") as server:
        server.ensure_database("bench")
        database = Database(server.dsn("bench"))
        upgrade(database)
        names = [f"partner{number:03d}" for number in range(partners)]
        books = Books(database, names, per_month=_PERIODS).begin()
        month, following = (MonthKey(CHAIN, one) for one in MONTHS[:2])
        for epoch in books.epochs(month.month):
            books.lines[epoch] = {(name, f"v{place:05d}"): 1_000 + place for name in names for place in range(each)}
        books.live(month.month)
        data = folder / "postgres"
        beside = took(lambda: raw(database, month.month), data)
        ours = took(lambda: books.compute(month), data)
        yield Measured.of(f"statements of a month of {many}", ours, beside, _RAW)
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
        ours = took(lambda: books.compute(following), data)
        beside = took(lambda: raw(database, month.month), data)
        found = books.rows("SELECT count(*) AS n FROM monthly_statement_entries")
        yield Measured.of(f"{many}, all of them restated: {found[0]['n']:,} adjustments", ours, beside, _RAW)
        many_listed, none_listed = listed(server, folder)
        what = f"`aurora statements list`, {_LISTED:,} of them"
        yield Measured.of(what, many_listed, none_listed, "the same command where there are none")


def main() -> None:
    """Build the month, measure, print."""
    parser = program(__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--partners", type=int, default=200)
    options = parser.parse_args()
    with scratch() as folder:
        tell(rows(folder, options.lines, options.partners), options)


if __name__ == "__main__":
    main()

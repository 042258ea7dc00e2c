"""What monthly statements cost: a month of a million lines, the same restated in all lines, and a long list.

`python -m benchmarks.statements [lines] [partners]`. Raw beside it: the same rows out of the database and into another
table by COPY, and one pass of Python over them.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable

import polars as pl
from rich.console import Console
from rich.table import Table

from aurora_pipeline.foundation.period_key import MonthKey
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.statements.documents import payable_statements
from aurora_pipeline.statements.transitions.approve import approve
from aurora_pipeline.statements.transitions.submit import submit
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline_tests.statements.books import CHAIN, MONTHS, Books
from benchmarks.run import scratch

_PERIODS = 15
_LINES = """COPY (SELECT l.* FROM partner_commission_lines v
      JOIN layers.partner_commission_lines l USING (snapshot_id, line_id)
      JOIN period_months m ON m.epoch = l.epoch WHERE m.month = '{}') TO STDOUT"""


def timed(action: Callable[[], object]) -> float:
    """The wall seconds of one call."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def raw(database: Database, month: str) -> float:
    """The month's lines out by COPY, one pass of Python over their amounts, and into a table without an index."""

    def copy() -> None:
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

    return timed(copy)


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
        rows: list[tuple[str, float, float]] = []
        baseline = raw(database, month.month)
        rows.append(("statements of the month", timed(lambda: books.compute(month)), baseline))
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
        rows.append(
            ("all lines restated: adjustments", timed(lambda: books.compute(following)), raw(database, month.month))
        )
        table = Table("what", "seconds", "raw, seconds", "times raw")
        for what, seconds, beside in rows:
            table.add_row(what, f"{seconds:.1f}", f"{beside:.1f}", f"{seconds / beside:.1f}")
        console.print(table)
        found = pl.DataFrame(books.rows("SELECT count(*) AS n FROM monthly_statement_entries"))
        console.print(f"{found.item()} adjustments")


if __name__ == "__main__":
    main()

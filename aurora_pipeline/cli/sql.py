"""`aurora sql`: the ledger's own database, read only unless --write is given."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import psycopg
import typer
from psycopg.rows import tuple_row

from aurora_pipeline.cli.errors import ArgumentsNotFit, QueryMissing, QueryRefused, RowsNotFit
from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.terminal import err, opened, out, print_table
from aurora_pipeline.foundation.csv_file import csv_text
from aurora_pipeline.foundation.errors import AuroraError, FileUnwritable, PeriodsMovedOut
from aurora_pipeline.foundation.outages import explained
from aurora_pipeline.foundation.printable import printable
from aurora_pipeline.store.access.reading import reader
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.work.json_form import instant
from aurora_pipeline.work.reads.documents import SqlResult

_PROMPT = "aurora> "
SqlRow = tuple[Any, ...]


def sql(
    query: Annotated[str | None, typer.Argument(help="One SQL statement; else a prompt.", show_default=False)] = None,
    write: Annotated[bool, typer.Option("--write", help="Let the statement change data; triggers still hold.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="The rows as CSV.")] = False,
    parquet: Annotated[Path | None, typer.Option("--parquet", help="Write the rows to this Parquet file.")] = None,
    dsn: Annotated[
        bool, typer.Option("--dsn", help="Print how other programs connect, and keep the server up.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Ask the database in SQL: it is started if need be, and nothing is changed unless --write is given."""
    if sum([as_csv, as_json, parquet is not None]) > 1:
        raise ArgumentsNotFit("--csv, --json and --parquet are forms of the same answer", "give one of them")
    with opened(reads_only=not write) as aurora:
        database = aurora.database if write else _reader(aurora.database)
        try:
            if dsn:
                _stay(database, is_ours=aurora.workspace.database_url is None)
            elif query is None:
                _prompt(database)
            else:
                names, rows = _asked(database, query)
                _show(names, rows, as_csv, parquet, as_json)
        finally:
            database.let_go()


def _asked(database: Database, query: str) -> tuple[list[str], list[SqlRow]]:
    """The answer to a statement; some triggers refuse what it wrote only when its transaction ends."""
    try:
        with database.connect() as connection:
            return _run(connection, query)
    except psycopg.Error as error:
        raise _refused(error, "") from None


def _reader(database: Database) -> Database:
    """The database through the login that can only read; where there is none, people are told what that means."""
    reading, why_not = reader(database)
    if why_not is not None:
        said = f"Aurora's own login is used, in sessions that begin read only and can be set to write: {why_not}"
        err.print(said, markup=False)
    return reading


def _run(connection: Connection, query: str) -> tuple[list[str], list[SqlRow]]:
    """The columns and rows of one statement; several in one text are refused by the server."""
    if not query.strip():
        raise QueryMissing("there is no statement", 'give one: `aurora sql "SELECT * FROM chains"`')
    try:
        # By place: two columns may have one name.
        with connection.cursor(row_factory=tuple_row) as cursor:
            cursor.execute(query.encode(), prepare=True)
            return [one.name for one in cursor.description or ()], cursor.fetchall() if cursor.description else []
    except psycopg.Error as error:
        moved = explained(error)
        if isinstance(moved, PeriodsMovedOut):
            raise moved from None
        place = error.diag.statement_position
        where = f" at character {place}: ...{query[max(0, int(place) - 1) :][:40]}" if place else ""
        raise _refused(error, where) from None


def _refused(error: psycopg.Error, where: str) -> QueryRefused:
    said = (error.diag.message_primary or str(error)).strip().splitlines()[0]
    remedy = error.diag.message_hint or "docs/tables.md names every table and column"
    return QueryRefused(f"the database refuses this: {said}{where}", remedy)


def _show(names: Sequence[str], rows: Sequence[SqlRow], as_csv: bool, parquet: Path | None, as_json: bool) -> None:
    if parquet is not None:
        _write_parquet(names, rows, parquet)
        out.print(f"{len(rows)} rows written to {parquet}", markup=False)
        return
    cells = [[_cell(value) for value in row] for row in rows]
    if as_json:
        print_json("sql", SqlResult(list(names), cells))
    elif as_csv:
        shown = [[None if cell is None else printable(cell) for cell in row] for row in cells]
        sys.stdout.write(csv_text([printable(name) for name in names], shown))
    elif names:
        places = range(len(names))
        numbers = [names[at] for at in places if all(isinstance(row[at], int | Decimal | None) for row in rows)]
        print_table(f"{len(rows)} row(s)", names, cells, right=numbers)
    else:
        out.print("done")


def _write_parquet(names: Sequence[str], rows: Sequence[SqlRow], path: Path) -> None:
    """The whole file or nothing of it."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RowsNotFit(f"two columns are called {twice[0]!r}, and a Parquet file needs a name for each", "use AS")
    buffer = io.BytesIO()
    values = [[_stored(value) for value in row] for row in rows]
    try:
        pl.DataFrame(values, schema=list(names), orient="row", infer_schema_length=None).write_parquet(buffer)
    except (pl.exceptions.PolarsError, TypeError, RuntimeError, OverflowError) as error:
        said = str(error).strip().splitlines()[0]
        raise RowsNotFit(f"these rows fit no Parquet file: {said}", "cast the column to text, like net::text") from None
    try:
        path.write_bytes(buffer.getvalue())
    except OSError as error:
        raise FileUnwritable(f"{path} cannot be written: {error.strerror}", "choose another file") from None


def _stored(value: Any) -> Any:
    """A value as Parquet has it; what it has no type for as text."""
    return value if isinstance(value, None | str | bool | int | float | Decimal | bytes | date) else _cell(value)


def _cell(value: Any) -> str | None:
    """A value as text, exactly."""
    match value:
        case None | str():
            return value
        case bytes() | memoryview():
            return bytes(value).hex()
        case Decimal():
            return f"{value:f}"
        case bool():
            return str(value).lower()
        case dict() | list():
            return json.dumps(value, default=_cell, ensure_ascii=False)
        case datetime():
            # Without a zone it is no instant: it stands as it was told.
            return value.isoformat() if value.tzinfo is None else instant(value)
    return str(value)


def _prompt(database: Database) -> None:
    """psql where it is installed, else a plain prompt; statements end with a semicolon."""
    psql = shutil.which("psql")
    if psql is not None and sys.stdin.isatty():
        options = {"PGOPTIONS": "-c default_transaction_read_only=on"} if database.reads_only else {}
        subprocess.run([psql, database.conninfo], check=False, env={**os.environ, **options})
        return
    _hear_ctrl_c()
    waiting = ""
    while True:
        try:
            waiting += input(_PROMPT if sys.stdin.isatty() else "") + "\n"
        except EOFError:
            break
        if waiting.strip().endswith(";"):
            _answer(database, waiting)
            waiting = ""
    if waiting.strip():
        _answer(database, waiting)


def _answer(database: Database, query: str) -> None:
    try:
        with database.connect() as connection:
            names, rows = _run(connection, query.strip().rstrip(";"))
        _show(names, rows, False, None, False)
    except AuroraError as error:
        if not sys.stdin.isatty():
            raise
        err.print(str(error), markup=False)


def _stay(database: Database, *, is_ours: bool) -> None:
    """Say how to connect, and hold the server up where it is ours: until it is ended, or what is piped in ends."""
    with database.connect():
        pass
    out.print(database.shown, markup=False, soft_wrap=True)
    if not is_ours:
        return
    is_fed = _is_fed()
    ends = "standard input ends" if is_fed else "Ctrl-C" if _is_typed() else f"`kill {os.getpid()}`"
    out.print(f"  psql, DuckDB, polars and others take this as it is; the server runs until {ends}", markup=False)
    _hear_ctrl_c()
    # In the background of a shell Ctrl-C is not heard; whoever ends it there lets go of the server as well.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        if is_fed or _is_typed():
            sys.stdin.read()
        else:
            signal.pause()


def _is_typed() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _is_fed() -> bool:
    """Whether standard input is a pipe or a file, whose end means something; /dev/null has ended before it begins."""
    return sys.stdin is not None and not stat.S_ISCHR(os.fstat(sys.stdin.fileno()).st_mode)


def _hear_ctrl_c() -> None:
    """Let Ctrl-C end a wait for what is typed: polars' own handler has the system take the wait up again."""
    signal.siginterrupt(signal.SIGINT, True)

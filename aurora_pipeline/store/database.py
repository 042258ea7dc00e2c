"""A connection to Aurora's database: bulk load by COPY, bulk read into frames, and errors that say what to do."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import polars as pl
import psycopg
from psycopg import sql
from psycopg.copy import QueuedLibpqWriter
from psycopg.pq import PGconn, Ping

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.outages import explained
from aurora_pipeline.store import idle_sessions
from aurora_pipeline.store.declaration import ColumnKind, Table
from aurora_pipeline.store.errors import DatabaseAway, DatabaseRefuses
from aurora_pipeline.store.frames import FRAME_TYPES
from aurora_pipeline.store.session import begin

# A control character that no provider's text holds; unlike the empty string it can't be mistaken for a value.
_NULL = "\x01"
_PING_SECONDS_MAX = 10
_RECOVERY_SECONDS_MAX = 10
_POLL_SECONDS = 0.1
_ROWS_SENT = 10_000

Connection = psycopg.Connection[dict[str, Any]]


@dataclass(frozen=True)
class Database:
    """Where the database is. `shown` is the same without a password, for messages and logs."""

    conninfo: str
    reads_only: bool = False
    """Whether its sessions are refused any write."""

    @property
    def shown(self) -> str:
        """The address without secrets."""
        parts = psycopg.conninfo.conninfo_to_dict(self.conninfo)
        return " ".join(f"{key}={value}" for key, value in parts.items() if key in {"host", "port", "dbname", "user"})

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection in one transaction: committed when the block ends, rolled back when it raises."""
        with self._session(autocommit=False) as connection:
            yield connection

    @contextmanager
    def autocommit(self) -> Iterator[Connection]:
        """A connection on which every statement is its own transaction."""
        with self._session(autocommit=True) as connection:
            yield connection

    def let_go(self) -> None:
        """End the sessions that wait for their next use, as whoever stops or drops the database wants it."""
        idle_sessions.let_go(self.kind)

    @property
    def kind(self) -> str:
        """What a session that waits can be used for again."""
        return f"{self.conninfo} {self.reads_only}"

    @contextmanager
    def _session(self, autocommit: bool) -> Iterator[Connection]:
        connection = idle_sessions.taken(self.kind) or self._opened()
        connection.autocommit = autocommit
        # Of every transaction anew: a statement may have changed what the session's next ones begin with.
        connection.read_only = self.reads_only or None
        try:
            yield connection
            connection.commit()
        except AuroraError:
            # What Aurora refuses is no fault of the session's.
            _roll_back(connection)
            idle_sessions.keep(connection, self.kind)
            raise
        except BaseException as error:
            # Ends the transaction too. Whatever went wrong may have been the session's own doing.
            connection.close()
            told = explained(error)
            if told is None:
                raise
            raise told from error
        idle_sessions.keep(connection, self.kind)

    def _opened(self) -> Connection:
        deadline = time.monotonic() + _RECOVERY_SECONDS_MAX
        refusals = 0
        while True:
            try:
                return begin(self.conninfo, reads_only=self.reads_only)
            except psycopg.OperationalError as error:
                presence = _presence(self.conninfo)
                refusals += presence is Ping.OK
                # Refused by a server that takes others, a session may have been ended while it began: once.
                may_pass = presence is Ping.REJECT or (presence is Ping.OK and refusals == 1)
                if not may_pass or time.monotonic() > deadline:
                    raise self._unanswered(error, presence) from None
            # It starts, or recovers from the end of one of its processes, which takes a moment.
            time.sleep(_POLL_SECONDS)

    def _unanswered(self, error: psycopg.OperationalError, presence: Ping) -> AuroraError:
        said = str(error).strip().splitlines()[0]
        # A server that is there refuses this address, unless it has no more sessions to give.
        passing = ("too many", "connection slots", "terminating connection")
        refused = presence is Ping.OK and not any(words in said for words in passing)
        kind = DatabaseRefuses if refused else DatabaseAway
        return kind(
            f"the database at {self.shown} does not answer: {said}",
            "start it, or correct AURORA_DATABASE_URL; without that variable Aurora runs its own",
        )


def _roll_back(connection: Connection) -> None:
    """End a transaction without a trace; a session that cannot is closed."""
    try:
        connection.rollback()
    except psycopg.Error:
        connection.close()


def _presence(conninfo: str) -> Ping:
    """Whether a server is there and takes connections, whoever asks."""
    parts = psycopg.conninfo.make_conninfo(conninfo, connect_timeout=_PING_SECONDS_MAX)
    return Ping(PGconn.ping(parts.encode()))


def read_frame(
    connection: Connection,
    query: str | sql.Composable,
    schema: Mapping[str, ColumnKind],
    parameters: Sequence[Any] = (),
) -> pl.DataFrame:
    """The result of a query as a frame whose columns have exactly the given kinds, exact at any size."""
    text = query if isinstance(query, str) else query.as_string(connection)
    # COPY takes no parameters, so they are bound as literals by the driver's own quoting.
    bound = psycopg.ClientCursor(connection).mogrify(text.encode(), parameters) if parameters else text
    statement = f"COPY ({bound}) TO STDOUT (FORMAT csv, HEADER false, NULL '{_NULL}')"
    buffer = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for block in copy:
            buffer.write(block)
    texts = dict.fromkeys(schema, pl.String)
    if buffer.tell() == 0:
        return pl.DataFrame(schema={name: FRAME_TYPES[kind] for name, kind in schema.items()})
    buffer.seek(0)
    frame = pl.read_csv(
        buffer, has_header=False, schema=texts, null_values=[_NULL], empty_string_is_null=False, quote_char='"'
    )
    return frame.with_columns([_parsed(name, kind) for name, kind in schema.items()])


def _parsed(name: str, kind: ColumnKind) -> pl.Expr:
    value = pl.col(name)
    match kind:
        case ColumnKind.AMOUNT:
            # Exact: the domain `amount` holds integers only, so no digit is ever behind a point here.
            return value.cast(pl.Decimal(38, 0), strict=True)
        case ColumnKind.INTEGER:
            return value.cast(pl.Int64, strict=True)
        case ColumnKind.BOOLEAN:
            return pl.when(value.is_null()).then(None).otherwise(value == "t").alias(name)
        case ColumnKind.INSTANT:
            return value.str.to_datetime("%Y-%m-%d %H:%M:%S%.f%#z", time_unit="us", time_zone="UTC", strict=True)
        case ColumnKind.TEXT | ColumnKind.UUID | ColumnKind.DIGEST | ColumnKind.JSON:
            return value
        case _:
            raise TypeError(f"column {name}: kind {kind} is not read into frames")


def table_kinds(table: Table, *extra: str) -> dict[str, ColumnKind]:
    """Names and kinds of a declared table's columns, for `read_frame`; `extra` names of DIGEST kind are appended."""
    return {column.name: column.kind for column in table.columns} | dict.fromkeys(extra, ColumnKind.DIGEST)


def copy_frames(
    connection: Connection,
    table: sql.Composable,
    columns: Sequence[str],
    frames: Iterable[pl.DataFrame],
    is_long: bool = False,
) -> None:
    """COPY frames of these columns into a table as they come; where it is long, one is sent while the next is made."""
    names = sql.SQL(", ").join(sql.Identifier(name) for name in columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, NULL {})").format(table, names, sql.Literal(_NULL))
    with (
        connection.cursor() as cursor,
        cursor.copy(statement, writer=QueuedLibpqWriter(cursor) if is_long else None) as copy,
    ):
        for frame in frames:
            for part in frame.select(columns).iter_slices(_ROWS_SENT):
                block = io.BytesIO()
                part.write_csv(
                    block, include_header=False, null_value=_NULL, datetime_format="%Y-%m-%d %H:%M:%S%.6f+00"
                )
                copy.write(block.getbuffer())


def insert_rows(connection: Connection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """INSERT some rows given as mappings that share their keys."""
    if not rows:
        return
    names = list(rows[0])
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(sql.Identifier(name) for name in names),
        sql.SQL(", ").join([sql.Placeholder()] * len(names)),
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, [[row[name] for name in names] for row in rows])


def write_rows(connection: Connection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """As `insert_rows`, all in one statement: a hundred thousand rows take seconds. COPY is refused under policies."""
    if not rows:
        return
    names = sql.SQL(", ").join(map(sql.Identifier, rows[0]))
    statement = sql.SQL("INSERT INTO {table} ({names}) SELECT {names} FROM json_populate_recordset(NULL::{table}, %s)")
    document = json.dumps(rows, default=str)
    connection.execute(statement.format(table=sql.Identifier(table), names=names), [document])

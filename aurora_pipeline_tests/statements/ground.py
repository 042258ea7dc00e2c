"""The ground that lives begin on: a few databases of one server, each put back to its beginning before a life."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from psycopg import sql
from psycopg.conninfo import make_conninfo

from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline_tests.statements.books import Books
from aurora_pipeline_tests.statements.computed_books import ComputedBooks
from aurora_pipeline_tests.statements.life import PARTNERS, Life

FLOOR: Final = 500
_LIVES_BEFORE_TRUNCATE: Final = 25
"""Rows that were deleted still cost who reads a table."""


class Kind(NamedTuple):
    """What lives have in common from the beginning: a floor per MONTH, and whether lines are computed."""

    has_floor: bool
    is_computed: bool

    @classmethod
    def of(cls, seed: int) -> Kind:
        """The kind of a life."""
        return cls(seed % 3 == 0, seed % 4 == 1)

    def books(self, database: Database) -> Books:
        """Its books, not begun."""
        made = ComputedBooks if self.is_computed else Books
        return made(database, PARTNERS, floor=FLOOR if self.has_floor else None)


@dataclass
class _Begun:
    """A database, and the rows of its tables at the beginning."""

    life: Life
    """Two months of it are over."""
    tables: tuple[sql.Composed, ...]
    rows: dict[int, bytes]
    lived: int = 0


@dataclass
class Ground:
    """The databases of one process, by kind, made when they are needed."""

    conninfo: str
    """Of a database of the server from which others can be made."""
    folder: Path
    prefix: str = "life"
    """Of its databases' names."""
    _begun: dict[Kind, _Begun] = field(default_factory=dict)

    @contextmanager
    def life(self, seed: int) -> Iterator[Life]:
        """A life at its beginning."""
        kind = Kind.of(seed)
        if kind not in self._begun:
            self._begun[kind] = self._made(kind)
        begun = self._begun[kind]
        _put_back(begun)
        yield deepcopy(begun.life)

    def close(self) -> None:
        """End the sessions that wait for their next use."""
        for begun in self._begun.values():
            begun.life.books.database.let_go()

    def _made(self, kind: Kind) -> _Begun:
        name = f"{self.prefix}_{'floor' if kind.has_floor else 'plain'}_{'computed' if kind.is_computed else 'made'}"
        with Database(self.conninfo).autocommit() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        database = Database(make_conninfo(self.conninfo, dbname=name))
        upgrade(database)
        life = Life(kind.books(database).begin(), self.folder)
        life.begin()
        with database.connect() as connection:
            tables = tuple(_tables(connection))
            rows = {place: told for place, table in enumerate(tables) if (told := _copied(connection, table))}
        return _Begun(life, tables, rows)


def _tables(connection: Connection) -> Iterator[sql.Composed]:
    """Every table that holds rows, with the columns that are written."""
    found = connection.execute(
        """SELECT c.oid::regclass::text AS name,
                  array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attgenerated = '') AS columns
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('public', 'layers') GROUP BY c.oid ORDER BY 1"""
    ).fetchall()
    for row in found:
        columns = sql.SQL(", ").join(map(sql.Identifier, row["columns"]))
        yield sql.SQL("{} ({})").format(sql.SQL(row["name"]), columns)


def _copied(connection: Connection, table: sql.Composed) -> bytes:
    # A partitioned table is copied by a query alone.
    name, _, columns = table.as_string(None).rstrip(")").partition(" (")
    query = f"COPY (SELECT {columns} FROM {name}) TO STDOUT".encode()
    with connection.cursor() as cursor, cursor.copy(query) as out:
        return b"".join(bytes(block) for block in out)


def _put_back(begun: _Begun) -> None:
    """Give every table the rows of the beginning, past triggers that let nobody take a row away."""
    names = [table.as_string(None).partition(" (")[0] for table in begun.tables]
    with begun.life.books.database.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        if begun.lived % _LIVES_BEFORE_TRUNCATE == _LIVES_BEFORE_TRUNCATE - 1:
            connection.execute(f"TRUNCATE {', '.join(names)}".encode())
        else:
            connection.execute("; ".join(f"DELETE FROM {name}" for name in names).encode())
        for place, told in begun.rows.items():
            query = sql.SQL("COPY {} FROM STDIN").format(begun.tables[place])
            with connection.cursor() as cursor, cursor.copy(query) as into:
                into.write(told)
    begun.lived += 1

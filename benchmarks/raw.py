"""What the same bytes and rows cost without a pipeline: parsed, and copied into tables that are like theirs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Final

from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.payloads.packing import unpacked
from benchmarks.taken import Took, took

BYTES_AND_ROWS: Final = "json.loads of the same bytes and COPY of the same rows into indexed tables"


def bodies(connection: Connection) -> Iterator[bytes]:
    """Every body as it came."""
    with connection.cursor() as cursor:
        for row in cursor.stream("SELECT body, packed_from FROM staging_bodies", binary=True):
            yield unpacked(row["body"], row["packed_from"])


def parsed(database: Database) -> Took:
    """json.loads of every stored body, and nothing else."""
    taken = []
    with database.connect() as connection:
        for body in bodies(connection):
            taken.append(took(partial(json.loads, body)))
    return together(taken)


def copied(database: Database, queries: Mapping[str, str], *folders: Path) -> Took:
    """COPY of the rows of queries into new tables, each with the columns and indexes of the table it is named by."""
    return together(_copied(database, table, query, folders) for table, query in queries.items())


def _copied(database: Database, table: str, query: str, folders: Sequence[Path]) -> Took:
    with database.connect() as connection, tempfile.TemporaryFile() as kept:
        connection.execute(f"CREATE TEMP TABLE again (LIKE {table} INCLUDING INDEXES) ON COMMIT DROP".encode())
        with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)".encode()) as out:
            for block in out:
                kept.write(block)
        kept.seek(0)
        return took(lambda: _into(connection, kept), *folders)


def _into(connection: Connection, kept: IO[bytes]) -> None:
    with connection.cursor() as cursor, cursor.copy(b"COPY again FROM STDIN (FORMAT binary)") as into:
        while block := kept.read(1 << 20):
            into.write(block)


def together(taken: Iterable[Took]) -> Took:
    """One after the other."""
    every = list(taken)
    return Took(sum(one.seconds for one in every), sum(one.processor for one in every))

"""A whole database as one file, so that data of an older schema can be put back and upgraded.

`python -m aurora_pipeline_tests.store.kept_data FILE` lives through two months of a small simulated chain, as the demo
does, and writes its database. It is done once for a schema, when that is closed: the file then stands for everybody's
data, and is never written again.
"""

from __future__ import annotations

import argparse
import io
import json
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from psycopg import sql

from aurora_pipeline.cli.demo import close_months
from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline_tests.end_to_end.world import world

_SMALL, _EPOCHS = Parameters(seed=21, validators=3, stake_accounts=60, slots_per_epoch=120), 7
_REVISION, _PLACES = "revision.json", "sequences.json"
_TABLES = """
SELECT n.nspname AS schema, c.relname AS name,
       (SELECT array_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname IN ('public', 'layers')
  AND c.relname <> 'alembic_version'
ORDER BY 1, 2
"""
_SEQUENCES = """
SELECT schemaname AS schema, sequencename AS name, last_value FROM pg_sequences
WHERE schemaname IN ('public', 'layers') AND last_value IS NOT NULL ORDER BY 1, 2
"""


def keep(database: Database, target: Path) -> None:
    """Write every row of every table, what comes next in each sequence, and the schema's revision."""
    with database.connect() as connection, tarfile.open(target, "w:xz", preset=9) as kept:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        (row,) = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        _add(kept, _REVISION, json.dumps(row["version_num"]).encode())
        _add(kept, _PLACES, json.dumps(connection.execute(_SEQUENCES).fetchall()).encode())
        for table in connection.execute(_TABLES).fetchall():
            columns = json.dumps(table["columns"]).encode()
            _add(kept, f"{table['schema']}.{table['name']}", columns + b"\n" + _copied(connection, table))


def put_back(connection: Connection, kept: Path) -> None:
    """Fill an empty database of the same revision. Checks and triggers saw these rows when they were first written."""
    connection.execute("SET LOCAL session_replication_role = replica")
    with tarfile.open(kept) as archive:
        for member in archive:
            content = archive.extractfile(member)
            assert content is not None  # it holds files only
            if member.name == _PLACES:
                for place in json.load(content):
                    name = sql.Identifier(place["schema"], place["name"]).as_string()
                    connection.execute("SELECT setval(%s, %s)", [name, place["last_value"]])
            elif member.name != _REVISION:
                names = [sql.Identifier(name) for name in json.loads(content.readline())]
                table = sql.Identifier(*member.name.split("."))
                connection.execute(sql.SQL("DELETE FROM {}").format(table))
                into = sql.SQL("COPY {} ({}) FROM STDIN").format(table, sql.SQL(", ").join(names))
                with connection.cursor().copy(into) as copy:
                    copy.write(content.read())
    connection.execute("SET LOCAL session_replication_role = origin")


def revision_of(kept: Path) -> str:
    """The revision of the schema that the file's rows are of."""
    with tarfile.open(kept) as archive:
        content = archive.extractfile(_REVISION)
        assert content is not None  # `keep` wrote it
        return str(json.load(content))


def _copied(connection: Connection, table: dict[str, Any]) -> bytes:
    names = sql.SQL(", ").join(map(sql.Identifier, table["columns"]))
    rows = sql.SQL("COPY {} ({}) TO STDOUT").format(sql.Identifier(table["schema"], table["name"]), names)
    with connection.cursor().copy(rows) as copy:
        return b"".join(bytes(part) for part in copy)


def _add(kept: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    kept.addfile(member, io.BytesIO(content))


def main() -> None:
    """Live through two months, with a correction, a dispute and payments, and write the file of the database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path)
    target = parser.parse_args().target
    epochs = range(_SMALL.first_epoch, _SMALL.first_epoch + _EPOCHS)
    with tempfile.TemporaryDirectory() as home, world(Path(home), epochs, _SMALL) as demo:
        for epoch in epochs:
            demo.live(epoch)
            close_months(demo.aurora, demo.parameters)
        keep(demo.aurora.database, target)


if __name__ == "__main__":
    main()

"""The schema: what migrations build is what the declarations say, and every migration can be taken back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from aurora_pipeline.decisions.tables import UserRole
from aurora_pipeline.decisions.users import record_user
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.proof.verifying.verify import verify_audit
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.ddl import create_statements
from aurora_pipeline.store.errors import SchemaNotMoved
from aurora_pipeline.store.migrate import downgrade, upgrade
from aurora_pipeline.store.revision import revision, wanted_revision
from aurora_pipeline.tables import ALL_TABLES
from aurora_pipeline_tests.gated import write_check_publish
from aurora_pipeline_tests.store.as_of_storm import drafts

_SCHEMAS = "('public', 'layers')"
# What belongs to an extension or to Alembic is not ours to compare.
_OURS = f"n.nspname IN {_SCHEMAS} AND c.relname NOT LIKE 'alembic_version%'"
_CATALOG = {
    "schemas": "SELECT nspname FROM pg_namespace n WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'",
    "relations": f"""SELECT n.nspname, c.relname, c.relkind, c.reloptions,
               obj_description(c.oid, 'pg_class') AS comment
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS} AND c.relkind <> 't'""",
    "columns": f"""SELECT n.nspname, c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod) AS type,
               a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid) AS default_value,
               col_description(c.oid, a.attnum) AS comment
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE {_OURS} AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v', 'p')""",
    "constraints": f"""SELECT n.nspname, c.relname, o.conname, pg_get_constraintdef(o.oid) AS definition
        FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {_OURS}""",
    "indexes": f"""SELECT n.nspname, c.relname, pg_get_indexdef(i.indexrelid) AS definition
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {_OURS} AND c.relkind IN ('r', 'p')""",
    "triggers": f"""SELECT n.nspname, c.relname, pg_get_triggerdef(t.oid) AS definition, t.tgenabled
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {_OURS} AND NOT t.tgisinternal""",
    "views": f"""SELECT n.nspname, c.relname, pg_get_viewdef(c.oid) AS definition
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS} AND c.relkind = 'v'""",
    "functions": f"""SELECT n.nspname, p.oid::regprocedure::text AS name, pg_get_functiondef(p.oid) AS definition,
               obj_description(p.oid, 'pg_proc') AS comment
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN {_SCHEMAS}""",
    "domains": f"""SELECT n.nspname, t.typname, format_type(t.typbasetype, t.typtypmod) AS base, t.typnotnull,
               obj_description(t.oid, 'pg_type') AS comment,
               (SELECT array_agg(pg_get_constraintdef(o.oid) ORDER BY o.conname)
                FROM pg_constraint o WHERE o.contypid = t.oid) AS checks
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
        WHERE n.nspname IN {_SCHEMAS} AND t.typtype = 'd'""",
}
_names = count(1)


def catalog(database: Database) -> dict[str, list[Any]]:
    """Everything the database's catalog says about Aurora's schema, without object numbers."""
    with database.connect() as connection:
        return {
            aspect: sorted(tuple(map(str, row.values())) for row in connection.execute(query.encode()).fetchall())
            for aspect, query in _CATALOG.items()
        }


@pytest.fixture
def empty(server: EmbeddedPostgres) -> Iterator[Database]:
    """A database with nothing in it."""
    name = f"empty_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{next(_names)}"
    admin = Database(server.dsn("postgres"))
    with admin.autocommit() as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}".encode())
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
    yield Database(server.dsn(name))
    with admin.autocommit() as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def test_schema__migrated__equals_what_is_declared(database: Database, empty: Database) -> None:
    with empty.connect() as connection:
        for statement in create_statements(ALL_TABLES):
            connection.execute(statement.encode())
    migrated, declared = catalog(database), catalog(empty)
    for aspect, found in declared.items():
        assert found, f"the catalog query about {aspect} finds nothing"
        assert migrated[aspect] == found, f"{aspect} differ: write a migration for what was declared"


def test_downgrade__to_base__leaves_nothing_behind(empty: Database) -> None:
    untouched = catalog(empty)
    upgrade(empty)
    full = catalog(empty)
    assert full != untouched
    assert downgrade(empty, "base").present is None
    assert catalog(empty) == untouched
    assert upgrade(empty).is_current
    assert catalog(empty) == full


def test_downgrade__of_a_database_with_figures_and_decisions__leaves_none_and_works_again(empty: Database) -> None:
    def live() -> None:
        """Publish a figure and record a person."""
        write_check_publish(empty, drafts(10, 7))
        since = datetime(2026, 1, 1, tzinfo=UTC)
        assert record_user(empty, "ada", "Ada", UserRole.ADMIN, None, since, None, "ada", "the first")

    untouched = catalog(empty)
    upgrade(empty)
    live()
    downgrade(empty, "base")
    assert catalog(empty) == untouched
    upgrade(empty)
    live()
    with empty.connect() as connection:
        assert len(connection.execute("SELECT * FROM canonical_validator_fees").fetchall()) == 1
        assert verify_audit(connection).holds


def rights(database: Database) -> list[tuple[str, ...]]:
    """Who may do what with each table."""
    with database.connect() as connection:
        found = connection.execute(
            """SELECT c.relname, a.grantee::regrole::text AS who, a.privilege_type
               FROM pg_class c, aclexplode(c.relacl) a
               WHERE c.relnamespace IN ('public'::regnamespace, 'layers'::regnamespace)"""
        ).fetchall()
    return sorted(tuple(row.values()) for row in found)


def test_downgrade__below_what_is_there__refused_as_a_whole(empty: Database) -> None:
    """Neither a step of it is left, nor are people's rights gone."""
    upgrade(empty)
    write_check_publish(empty, drafts(10, 7))
    before = catalog(empty), rights(empty)
    assert before[1]
    with pytest.raises(SchemaNotMoved, match="snapshots of canonical_validator_meta that the older schema cannot hold"):
        downgrade(empty, "0015")
    assert (catalog(empty), rights(empty)) == before
    assert revision(empty).is_current
    downgrade(empty, "base")


def test_downgrade__what_somebody_else_keeps_in_the_database__stays(empty: Database) -> None:
    with empty.connect() as connection:
        connection.execute("CREATE TABLE public.theirs (note text)")
        connection.execute("INSERT INTO public.theirs VALUES ('keep')")
    upgrade(empty)
    downgrade(empty, "base")
    with empty.connect() as connection:
        rows = connection.execute("SELECT note FROM public.theirs").fetchall()
    assert [row["note"] for row in rows] == ["keep"]


def test_upgrade__current_schema__changes_nothing(database: Database) -> None:
    before = catalog(database)
    assert upgrade(database).is_current
    assert catalog(database) == before
    assert revision(database).is_current


def test_wanted_revision__read_from_file_names__is_the_head_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", "aurora_pipeline:store/migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == wanted_revision()

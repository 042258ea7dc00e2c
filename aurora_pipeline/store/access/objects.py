"""What there is to be granted: the objects that are declared, and those that a database has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from psycopg import sql

from aurora_pipeline.store.access.declared import FILLED, FUNCTIONS, LAYERS, TABLES, VIEWS, Role, TableAccess
from aurora_pipeline.store.database import Connection

LAYER_SCHEMA: Final = "layers"
_RELATIONS: Final = """
SELECT n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
       (SELECT array_agg(a.attname::text) FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('public', 'layers') AND c.relkind IN ('r', 'v', 'p') AND pg_has_role(c.relowner, 'USAGE')
"""
_FUNCTIONS: Final = """
SELECT p.proname AS name, p.oid::regprocedure::text AS signature FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND pg_has_role(p.proowner, 'USAGE')
"""
SECRETS: Final = ["instance_secret"]
OURS: Final = "n.nspname IN ('public', 'layers') AND c.relkind IN ('r', 'v', 'p', 'm')"


@dataclass(frozen=True)
class Objects:
    """What is there to be granted."""

    columns: Mapping[tuple[str, str], frozenset[str]]
    """Of each table and view, by its schema and name."""
    signatures: Mapping[str, str]
    """Of each function, by its name."""

    @classmethod
    def of(cls, connection: Connection) -> Objects:
        """That of the database at hand."""
        relations = connection.execute(_RELATIONS.encode()).fetchall()
        functions = connection.execute(_FUNCTIONS.encode()).fetchall()
        return cls(
            {(row["schema"], row["name"]): frozenset(row["columns"] or ()) for row in relations},
            {row["name"]: row["signature"] for row in functions},
        )


def named(template: str, *names: str) -> sql.Composed:
    """A statement with names in their quotes."""
    return sql.SQL(template).format(*map(sql.Identifier, names))


def views_of(layer: str) -> tuple[str, ...]:
    """The views that show a layer; one without amounts has none in coins."""
    return (layer, f"{layer}_named", f"{layer}_in_coins")


def functions_declared() -> dict[str, frozenset[Role]]:
    """Every function, those of the layers among them, and who may call it."""
    return {**FUNCTIONS, **{f"{name}_as_of": access.reads for name, access in LAYERS.items()}}


def views_declared() -> dict[str, frozenset[Role]]:
    """Every view, those of the layers among them, and who may read it."""
    of_layers = {view: access.reads for name, access in LAYERS.items() for view in views_of(name)}
    return {**{name: view.reads for name, view in VIEWS.items()}, **of_layers}


def tables_declared() -> Iterator[tuple[str, str, TableAccess]]:
    """Every table with its schema and what may be done on it."""
    yield from ((LAYER_SCHEMA, name, access) for name, access in LAYERS.items())
    yield from (("public", name, access) for name, access in TABLES.items())


def insert_columns(access: TableAccess, columns: frozenset[str]) -> frozenset[str] | None:
    """Which columns those who insert may fill; None: every one, since the rows say nothing of who decided."""
    if Role.WORKER in access.adds or not columns & FILLED:
        return None
    return columns - FILLED

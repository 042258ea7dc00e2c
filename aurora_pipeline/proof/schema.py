"""Compares the live schema with what this version creates: tables, constraints, views, functions and triggers.

Figures are read through views and functions, and guarded by triggers; whoever replaces one changes no row. What should
be there is created on the same server in a transaction that is rolled back, so both sides are written by one server.
"""

from __future__ import annotations

from collections.abc import Mapping

import psycopg

from aurora_pipeline.proof.findings import Checked, Findings
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.ddl import create_statements
from aurora_pipeline.tables import ALL_TABLES

Catalog = Mapping[tuple[str, str], str]
"""Definitions by kind and name; names begin with the schema, and with the relation where they belong to one."""

_OURS = "n.nspname IN ('public', 'layers')"
_RELATION = "n.nspname || '.' || c.relname"
_OF_RELATION = f"JOIN pg_class c ON c.oid = %s JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS}"
_CATALOG = f"""
SELECT 'relation' AS kind, {_RELATION} AS name,
       concat_ws(' ', c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.relpersistence, c.reloptions) AS definition
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS} AND c.relkind IN ('r', 'v', 'p', 'm', 'f')
UNION ALL
SELECT 'column', {_RELATION} || '.' || a.attname,
       concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
                 pg_get_expr(d.adbin, d.adrelid))
FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     {_OF_RELATION % "a.attrelid"} AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v', 'p')
UNION ALL
SELECT 'constraint', {_RELATION} || '.' || o.conname, pg_get_constraintdef(o.oid)
FROM pg_constraint o {_OF_RELATION % "o.conrelid"}
UNION ALL
SELECT 'trigger', {_RELATION} || '.' || t.tgname, pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text
FROM pg_trigger t {_OF_RELATION % "t.tgrelid"} AND NOT t.tgisinternal
UNION ALL
SELECT 'rule', {_RELATION} || '.' || r.rulename, pg_get_ruledef(r.oid)
FROM pg_rewrite r {_OF_RELATION % "r.ev_class"} AND r.rulename <> '_RETURN'
UNION ALL
SELECT 'view', {_RELATION}, pg_get_viewdef(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS} AND c.relkind = 'v'
UNION ALL
SELECT 'function', n.nspname || '.' || p.proname,
       string_agg(pg_get_functiondef(p.oid), '' ORDER BY p.oid::regprocedure::text)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {_OURS} AND p.prokind = 'f' GROUP BY 2
UNION ALL
SELECT 'domain', n.nspname || '.' || t.typname,
       concat_ws(' ', format_type(t.typbasetype, t.typtypmod), t.typnotnull,
                 (SELECT string_agg(pg_get_constraintdef(o.oid), ' ' ORDER BY o.conname)
                  FROM pg_constraint o WHERE o.contypid = t.oid))
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE {_OURS} AND t.typtype = 'd'
"""
_PARTS = frozenset({"column", "constraint", "trigger", "rule"})
"""What belongs to a relation; one too many on ours is found too."""
_MOVED_AWAY = """
ALTER SCHEMA layers RENAME TO layers_in_use;
ALTER SCHEMA public RENAME TO public_in_use;
CREATE SCHEMA public;
"""


def verify_schema(connection: Connection, database: Database, findings: Findings) -> None:
    """Compare the schema that a connection sees with what this version creates on the same server."""
    try:
        wanted = declared(database)
    except (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.InsufficientPrivilege) as error:
        said = str(error).splitlines()[0]
        problem = f"not compared with what this version creates: it can't be created here to compare ({said})"
        findings.note(Checked.SCHEMA, "schema", problem)
        return
    compare(present(connection), wanted, findings)


def present(connection: Connection) -> Catalog:
    """What there is, as a connection sees it."""
    rows = connection.execute(_CATALOG.encode()).fetchall()
    return {(row["kind"], row["name"]): row["definition"] for row in rows}


def declared(database: Database) -> Catalog:
    """What this version creates, as the database's server writes it; nothing of it stays."""
    # A session of its own, so that whatever becomes of it, nobody works in it afterwards.
    with psycopg.connect(database.conninfo, options="-c search_path=public") as session:
        try:
            session.execute(_MOVED_AWAY.encode())
            for statement in create_statements(ALL_TABLES):
                session.execute(statement.encode())
            rows = session.execute(_CATALOG.encode()).fetchall()
        finally:
            session.rollback()
    return {(kind, name): definition for kind, name, definition in rows}


def compare(found: Catalog, wanted: Catalog, findings: Findings) -> None:
    """Name what is missing, changed, or hung onto a relation of ours; what others keep beside it is theirs."""
    ours = {name for kind, name in wanted if kind == "relation"}
    for (kind, name), definition in wanted.items():
        there = found.get((kind, name))
        if there is None:
            findings.fail(Checked.SCHEMA, f"{kind} {name}", "it is gone from the schema")
        elif there != definition:
            findings.fail(Checked.SCHEMA, f"{kind} {name}", "it is not what this version creates: it was replaced")
        else:
            findings.ok(Checked.SCHEMA)
    for kind, name in sorted(found.keys() - wanted.keys()):
        if kind in _PARTS and name.rpartition(".")[0] in ours:
            findings.fail(Checked.SCHEMA, f"{kind} {name}", "this version creates none: somebody added it")

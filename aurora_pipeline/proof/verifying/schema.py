"""Compares the live schema with what this version creates: tables, constraints, views, functions and triggers.

Figures are read through views and functions, and guarded by triggers; whoever replaces one changes no row. What should
be there is created on the same server in a transaction that is rolled back, so both sides are written by one server.
"""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
from psycopg.rows import dict_row

from aurora_pipeline.proof.findings import Checked, Findings
from aurora_pipeline.store.access.applying import grant_whole, is_granted
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
       concat_ws(' ', c.relkind, c.relpersistence, c.reloptions) AS definition
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
# What is granted and which rows are shown: compared where the database's roles were made.
_ACCESS = f"""
SELECT 'row security' AS kind, {_RELATION} AS name,
       concat_ws(' ', c.relrowsecurity, c.relforcerowsecurity) AS definition
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS} AND c.relkind IN ('r', 'p')
UNION ALL
SELECT 'policy', {_RELATION} || '.' || p.polname,
       concat_ws(' ', p.polcmd, p.polpermissive, (SELECT string_agg(r::regrole::text, ',' ORDER BY r::regrole::text)
                                                  FROM unnest(p.polroles) r),
                 pg_get_expr(p.polqual, p.polrelid), '/', pg_get_expr(p.polwithcheck, p.polrelid))
FROM pg_policy p {_OF_RELATION % "p.polrelid"}
UNION ALL
SELECT 'right', {_RELATION} || '.' || concat_ws(' ', g.who, g.what, g.attname), ''
FROM (SELECT c.oid AS place, NULL AS attname, a.privilege_type AS what, coalesce(r.rolname, 'everybody') AS who
      FROM pg_class c, aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee WHERE a.grantee <> c.relowner
      UNION ALL
      SELECT t.attrelid, t.attname, a.privilege_type, coalesce(r.rolname, 'everybody')
      FROM pg_attribute t, aclexplode(t.attacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee) g
     {_OF_RELATION % "g.place"} AND c.relkind IN ('r', 'p', 'v')
UNION ALL
SELECT 'right', n.nspname || '.' || p.proname || '.' || coalesce(r.rolname, 'everybody') || ' calls', ''
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace,
     aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a LEFT JOIN pg_roles r ON r.oid = a.grantee
WHERE {_OURS} AND a.grantee <> p.proowner
"""
_PARTS = frozenset({"column", "constraint", "trigger", "rule", "policy", "right"})
"""What belongs to a relation or function; one too many on ours is found too."""
_WHOLES = frozenset({"relation", "function"})
_MOVED_AWAY = """
ALTER SCHEMA layers RENAME TO layers_in_use;
ALTER SCHEMA public RENAME TO public_in_use;
ALTER SCHEMA ranges RENAME TO ranges_in_use;
CREATE SCHEMA public;
"""


def verify_schema(connection: Connection, database: Database, findings: Findings) -> None:
    """Compare the schema that a connection sees with what this version creates on the same server."""
    granted = is_granted(connection)
    try:
        wanted = declared(database, with_access=granted)
    except (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.InsufficientPrivilege) as error:
        said = str(error).splitlines()[0]
        problem = f"not compared with what this version creates: it can't be created here to compare ({said})"
        findings.note(Checked.SCHEMA, "schema", problem)
        return
    compare(present(connection, with_access=granted), wanted, findings)


def present(connection: Connection, *, with_access: bool = False) -> Catalog:
    """What there is, as a connection sees it; what is granted too, where that is asked for."""
    query = f"{_CATALOG} UNION ALL {_ACCESS}" if with_access else _CATALOG
    rows = connection.execute(query.encode()).fetchall()
    return {(row["kind"], row["name"]): row["definition"] for row in rows}


def declared(database: Database, *, with_access: bool = False) -> Catalog:
    """What this version creates, as the database's server writes it; nothing of it stays."""
    # A session of its own, so that whatever becomes of it, nobody works in it afterwards.
    with psycopg.connect(database.conninfo, options="-c search_path=public", row_factory=dict_row) as session:
        try:
            session.execute(_MOVED_AWAY.encode())
            for statement in create_statements(ALL_TABLES):
                session.execute(statement.encode())
            if with_access:
                grant_whole(session)
            return present(session, with_access=with_access)
        finally:
            session.rollback()


def compare(found: Catalog, wanted: Catalog, findings: Findings) -> None:
    """Name what is missing, changed, or hung onto a relation of ours; what others keep beside it is theirs."""
    ours = {name for kind, name in wanted if kind in _WHOLES}
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

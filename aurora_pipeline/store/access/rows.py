"""Which rows each role sees and adds: policies as SQL, made from the declaration.

What a policy asks of the person is asked once per query, in a subquery of its own: asked row by row it costs seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from psycopg import sql

from aurora_pipeline.store.access.declared import COLUMNS, DECIDING, PARTNER_SEES, Narrowing, Own, Role, TableAccess
from aurora_pipeline.store.access.names import Roles
from aurora_pipeline.store.access.objects import Objects, named, tables_declared
from aurora_pipeline.store.column_rules import quoted
from aurora_pipeline.store.database import Connection

_PRESENT: Final = """
SELECT n.nspname AS schema, c.relname AS name, p.polname AS policy
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('public', 'layers')
"""
_CHAINS: Final = "((SELECT access_chains()) IS NULL OR chain_id = ANY ((SELECT access_chains())::text[]))"
_VALIDATORS: Final = (
    "((SELECT access_validators()) IS NULL OR validator_key = ANY ((SELECT access_validators())::text[]))"
)
# A rule names validators by a pattern of the shell. One with brackets is shown: it may name some of the person's.
_PATTERN: Final = (
    r"replace(replace(regexp_replace(validator_key, '([^a-zA-Z0-9*?])', '\\\1', 'g'), '*', '.*'), '?', '.')"
)
_RULES: Final = f"""
    ((SELECT access_chains()) IS NULL OR chain_id IS NULL OR chain_id = ANY ((SELECT access_chains())::text[]))
    AND ((SELECT access_validators()) IS NULL OR validator_key IS NULL OR validator_key ~ '[][]'
         OR EXISTS (SELECT FROM unnest((SELECT access_validators())::text[]) v
                    WHERE v = validator_key OR v ~ ('^(?:' || {_PATTERN} || ')$')))"""
_RULES_SEEN: Final = "(SELECT r.agreement_id, r.version, r.rule_key FROM public.agreement_rules r)"
_ONLY_READ: Final = frozenset({Narrowing.RULE, Narrowing.TIER, Narrowing.AGREEMENT})
"""What touches other chains and validators too is not decided by who sees a part of it."""
_NARROWED: Final = {
    Narrowing.RULE: _RULES,
    Narrowing.TIER: f"(agreement_id, version, rule_key) IN {_RULES_SEEN}",
    Narrowing.AGREEMENT: "agreement_id = ANY (ARRAY(SELECT r.agreement_id FROM public.agreement_rules r))",
    Narrowing.CHAIN: _CHAINS,
    Narrowing.WHOLE_CHAIN: f"(SELECT access_validators()) IS NULL AND {_CHAINS}",
    Narrowing.VALIDATOR: f"{_CHAINS} AND {_VALIDATORS}",
    Narrowing.STATEMENT: "statement_id = ANY (ARRAY(SELECT s.statement_id FROM public.statement_submissions s))",
}
_OWN: Final = {
    Own.PARTNER: "partner_id = (SELECT access_partner())",
    Own.AGREEMENT: "agreement_id = ANY (ARRAY(SELECT a.agreement_id FROM public.agreements a))",
    Own.RELEASED: "partner_id = (SELECT access_partner())"
    " AND snapshot_id IN (SELECT r.snapshot_id FROM public.released_snapshots r)",
    Own.STATEMENT: "statement_id = ANY (ARRAY(SELECT r.statement_id FROM public.released_snapshots r))",
    Own.CHAIN: "chain_id = ANY (ARRAY(SELECT r.chain_id FROM public.released_snapshots r))",
}


def secure_rows(connection: Connection, roles: Roles, schema: Objects, *, forced: bool) -> None:
    """Put the policies of every declared table in place of those that are there, in one round trip.

    Where it is `forced`, the tables' owner sees no rows either, unless it may pass policies: then it could not COPY.
    """
    statements: list[sql.Composable] = []
    drop_policies(connection)
    for place, name, access in tables_declared():
        if (place, name) not in schema.columns:
            continue
        where = sql.Identifier(place, name)
        force = "FORCE" if forced else "NO FORCE"
        statements.append(
            sql.SQL(f"ALTER TABLE {{}} ENABLE ROW LEVEL SECURITY, {force} ROW LEVEL SECURITY").format(where)
        )
        statements += _policies(where, name, access, roles)
    connection.execute(sql.SQL(";\n").join(statements))


def drop_policies(connection: Connection) -> None:
    """Take the policies of declared tables away. As long as there is none, only who passes policies sees a row."""
    ours = {(place, name) for place, name, _ in tables_declared()}
    there = connection.execute(_PRESENT.encode()).fetchall()
    dropped = [
        named("DROP POLICY {} ON {}.{}", row["policy"], row["schema"], row["name"])
        for row in there
        if (row["schema"], row["name"]) in ours
    ]
    if dropped:
        connection.execute(sql.SQL(";\n").join(dropped))


def lay_rows_open(connection: Connection, schema: Objects) -> None:
    """Show rows to everybody who holds a grant, as before there were policies: take the grants back first."""
    drop_policies(connection)
    statements = [
        named("ALTER TABLE {}.{} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY", place, name)
        for place, name, _ in tables_declared()
        if (place, name) in schema.columns
    ]
    if statements:
        connection.execute(sql.SQL(";\n").join(statements))


def people_see(access: TableAccess, roles: Iterable[Role]) -> str:
    """What must be true of a row that people see or add who are narrowed to nothing. It looks at no column."""
    listed = _array(roles)
    if access.narrowing is Narrowing.ALL:
        return f"(SELECT access_granted({listed}))"
    if access.narrowing is Narrowing.LOG:
        deciding = _array(DECIDING & frozenset(roles))
        return f"(SELECT access_whole({listed}) OR access_granted({deciding}))"
    return f"(SELECT access_whole({listed}))"


def narrowed_see(access: TableAccess, roles: Iterable[Role]) -> str | None:
    """The same of people who are narrowed; None where they see nothing, or as much as the others."""
    narrowed = _NARROWED.get(access.narrowing)
    return None if narrowed is None else f"(SELECT access_granted({_array(roles)})) AND {narrowed}"


def _array(roles: Iterable[Role]) -> str:
    return f"ARRAY[{', '.join(quoted(role) for role in sorted(roles))}]"


def partner_sees(own: Own) -> str:
    """What must be true of a row that a partner sees."""
    return _OWN[own]


def _policies(where: sql.Identifier, name: str, access: TableAccess, roles: Roles) -> Iterator[sql.Composable]:
    people = (access.reads | frozenset(COLUMNS.get(name, ()))) - {Role.WORKER}
    adding = access.adds - {Role.WORKER}
    actions = [("read", "SELECT", "USING", people), ("add", "INSERT", "WITH CHECK", adding)]
    actions += [("delete", "DELETE", "USING", adding)] if access.is_mirror else []
    for verb, action, clause, who in actions:
        if not who:
            continue
        yield from _policy(f"people_{verb}", where, action, who, roles, f"{clause} ({people_see(access, who)})")
        narrowed = narrowed_see(access, who)
        if narrowed is not None and not (action == "INSERT" and access.narrowing in _ONLY_READ):
            yield named_policy(f"narrowed_{verb}", where, action, [roles.narrowed], f"{clause} ({narrowed})")
    if name in PARTNER_SEES:
        own = partner_sees(PARTNER_SEES[name].own)
        yield from _policy("partner_reads", where, "SELECT", {Role.PARTNER}, roles, f"USING ({own})")
    if Role.WORKER in access.reads | access.adds and not people:
        return
    yield named_policy("login_reads", where, "SELECT", [roles.group], "USING (true)")


def _policy(
    policy: str, where: sql.Identifier, action: str, to: Iterable[Role], roles: Roles, rest: str
) -> Iterator[sql.Composable]:
    yield named_policy(policy, where, action, [roles.of_role(role) for role in sorted(to)], rest)


def named_policy(policy: str, where: sql.Identifier, action: str, to: Iterable[str], rest: str) -> sql.Composable:
    """One policy for some roles."""
    listed = sql.SQL(", ").join(map(sql.Identifier, to))
    return sql.SQL(f"CREATE POLICY {policy} ON {{}} FOR {action} TO {{}} {rest}").format(where, listed)

"""Every column changed, a row deleted, a copy inserted, of every table but decisions: found, or listed with why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from aurora_pipeline.proof.findings import VerifyReport
from aurora_pipeline.proof.surroundings import verify_surroundings
from aurora_pipeline.proof.verify import Heads, heads, verify_audit
from aurora_pipeline.statements.tables import EPOCH_PAYABLE_TABLES, MONTHLY_TABLES
from aurora_pipeline.store.ddl import LAYER_SCHEMA
from aurora_pipeline.store.declaration import Column, ColumnKind, Table, TableKind
from aurora_pipeline.tables import ALL_TABLES
from aurora_pipeline_tests.proof.conftest import Proven
from aurora_pipeline_tests.store.column_values import choices

TABLES = [
    table
    for table in ALL_TABLES
    if table.kind is not TableKind.DECISION and table.name not in {"audit_log", "audit_rows"}
]
"""All but what people decided, which test_decisions.py changes in the same way."""
CHANGED = {
    ColumnKind.TEXT: "coalesce({0}, '') || 'x'",
    ColumnKind.AMOUNT: "coalesce({0}, 0) + 1",
    ColumnKind.INTEGER: "coalesce({0}, 0) + 1",
    ColumnKind.BOOLEAN: "NOT coalesce({0}, false)",
    ColumnKind.INSTANT: "{0} - interval '1 hour'",
    ColumnKind.UUID: "gen_random_uuid()",
    ColumnKind.DIGEST: "repeat('a', 64)",
    ColumnKind.BYTES: "{0} || '\\x00'::bytea",
    ColumnKind.JSON: """CASE jsonb_typeof({0}) WHEN 'array' THEN {0} || '["x"]' ELSE {0} || '{{"x": "x"}}' END""",
    ColumnKind.INTEGERS: "{0}[2:]",
}
STATEMENT_LAYERS = (*MONTHLY_TABLES, *EPOCH_PAYABLE_TABLES)
EMPTY = {
    "staging_file_bodies": "this world has no files; end_to_end/test_own_books.py changes theirs",
    **{table.name: "nobody is paid by EPOCH in this world, and no month is over" for table in STATEMENT_LAYERS},
    "later_warnings": "nothing is computed again with other warnings in this world; no figure rests on a warning",
    "released_snapshots": "no statement is released in this world; store/access/test_audited.py changes those",
    "canonical_validator_balances": "validators of Solana have none; canonical/test_balances.py verifies those",
    "canonical_execution_income": "on Solana no block pays its proposer alone; its rows are verified as every layer's",
    "cross_check_differences": "nobody differs in this world; its rows are verified as every layer's",
}
DELETED, COPIED = "a row deleted", "a copy inserted"


def changed(column: Column) -> str:
    """SQL: another value of a column, one that its CHECK allows where it names some."""
    values = choices(column)
    if values:
        others = " ".join(f"WHEN '{value}' THEN '{values[place - 1]}'" for place, value in enumerate(values))
        return f"CASE coalesce({column.name}, '{values[0]}') {others} END"
    return CHANGED[column.kind].format(column.name)


def tamperings(table: Table) -> Iterator[tuple[str, str]]:
    """What is done to a table, and the statement that does it; each hits one row."""
    name = f"{LAYER_SCHEMA}.{table.name}" if table.kind is TableKind.LAYER else table.name
    first = f"ctid = (SELECT min(ctid) FROM {name})"
    for column in table.columns:
        yield column.name, f"UPDATE {name} SET {column.name} = {changed(column)} WHERE {first}"
    yield DELETED, f"DELETE FROM {name} WHERE {first}"
    first_names = ["snapshot_id"] if table.kind is TableKind.LAYER else []
    names = [*first_names, *table.names, *(["salt"] if table.salted else [])]
    unique = {table.row_id or table.key[-1], *(column for columns in table.unique for column in columns[-1:])}
    values = [_copy(table, one, name) if one in unique else one for one in names]
    yield (
        COPIED,
        f"INSERT INTO {name} ({', '.join(names)}) OVERRIDING SYSTEM VALUE"
        f" SELECT {', '.join(values)} FROM {name} WHERE {first}",
    )


def _copy(table: Table, name: str, place: str) -> str:
    column = table.column(name)
    if column.kind is ColumnKind.INTEGER:
        return f"(SELECT max({name}) + 1 FROM {place})"
    return "repeat('b', 64)" if column.kind is ColumnKind.DIGEST else changed(column)


def listed() -> dict[tuple[str, str], str]:
    """What docs/digests.md says nothing rests on: the reason, by table and column."""
    text = (Path(__file__).parents[2] / "docs" / "digests.md").read_text(encoding="utf-8")
    section = text.partition("## 11. What nothing rests on")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", section, re.MULTILINE)
    return {(table, what.strip(" `")): why for table, whats, why in rows for what in whats.split(",")}


def is_found(proven: Proven, witness: Heads) -> bool:
    """Whether verify or audit say anything of the database as it is."""
    checks: tuple[Callable[[], VerifyReport], ...] = (
        proven.verify,
        lambda: verify_audit(proven.connection, witness),
        lambda: verify_surroundings(proven.aurora, proven.connection),
    )
    return any(report.failures or report.notes for report in (check() for check in checks))


def _cases() -> list[object]:
    """Every table; of the layers, which one piece of code writes and verifies, all but one are slow."""
    quick = {table.name for table in TABLES if table.kind is not TableKind.LAYER} | {"canonical_validator_costs"}
    marks = {name: () if name in quick else (pytest.mark.slow,) for name in (table.name for table in TABLES)}
    return [pytest.param(table, id=table.name, marks=marks[table.name]) for table in TABLES]


@pytest.mark.parametrize("table", _cases())
def test_matrix__any_column_row_or_copy__is_found_or_listed_with_a_reason(proven: Proven, table: Table) -> None:
    witness, unseen = heads(proven.connection), set()
    if table.name in EMPTY:
        pytest.skip(EMPTY[table.name])
    for what, statement in tamperings(table):
        with proven.connection.transaction(force_rollback=True):
            proven.connection.execute("SET LOCAL session_replication_role = replica")
            try:
                hit = proven.connection.execute(statement.encode()).rowcount
            except (psycopg.errors.IntegrityError, psycopg.errors.GeneratedAlways):
                continue  # the database refuses it, and the schema's check finds a dropped constraint
            assert hit == 1, f"{what}: no row to tamper with"
            if not is_found(proven, witness):
                unseen.add(what)
    assert unseen == {what for name, what in listed() if name == table.name}

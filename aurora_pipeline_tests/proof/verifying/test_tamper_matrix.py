"""Every column changed, a row deleted, a copy inserted, of every table but decisions: found, or listed with why."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from aurora_pipeline.instance.alert_tables import ALERT_TELLINGS
from aurora_pipeline.proof.findings import VerifyReport
from aurora_pipeline.proof.verifying.surroundings import verify_surroundings
from aurora_pipeline.proof.verifying.verify import Heads, heads, verify_audit
from aurora_pipeline.statements.tables import EPOCH_PAYABLE_TABLES, MONTHLY_TABLES
from aurora_pipeline.store.declaration import Table, TableKind
from aurora_pipeline.store.errors import SecretMissing
from aurora_pipeline.tables import ALL_TABLES
from aurora_pipeline_tests.proof.conftest import Proven
from aurora_pipeline_tests.proof.verifying.tampering import listed, tamperings

TABLES = [table for table in ALL_TABLES if table.kind is not TableKind.DECISION]
"""All but what people decided, which test_decisions.py changes in the same way."""
STATEMENT_LAYERS = (*MONTHLY_TABLES, *EPOCH_PAYABLE_TABLES)
EMPTY = {
    "staging_file_bodies": "this world has no files; end_to_end/test_own_books.py changes theirs",
    **{table.name: "nobody is paid here; test_tamper_statements.py changes those" for table in STATEMENT_LAYERS},
    "later_warnings": "nothing is computed again with other warnings; test_tamper_statements.py changes those",
    "released_snapshots": "no statement is released here; test_tamper_statements.py changes those",
    "evidence": "no statement is released in this world; proof/signing/test_evidence.py changes its rows",
    "canonical_validator_balances": "validators of Solana have none; test_tamper_ethereum.py changes those",
    "canonical_execution_income": "on Solana no block pays its proposer alone; test_tamper_ethereum.py changes those",
    "cross_check_differences": "nobody differs in this world; test_tamper_statements.py changes those",
}


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
    if table == ALERT_TELLINGS:
        proven.connection.execute(
            "INSERT INTO alert_tellings (channel, cause, happening, what) VALUES ('mail', 'disk', 'OPEN', 'it is full')"
        )
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


def test_catalog__of_a_database__has_no_table_that_neither_matrix_changes(proven: Proven) -> None:
    """What is not declared as a table of its own is named here, with who looks after it."""
    others = {
        "alembic_version": "which schema it is: compared with the schema that is there, object by object",
        "instance_secret": "the salts of every salted row are made with it, and verify makes them again",
        "ledger_clock": "the clock, which verify compares with the newest instant that anything carries",
    }
    rows = proven.run(
        """SELECT relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname IN ('public', 'layers') AND c.relkind IN ('r', 'p') AND NOT c.relispartition"""
    )
    assert {row["name"] for row in rows} == {table.name for table in ALL_TABLES} | others.keys()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE instance_secret SET secret = sha256(secret)",
        "UPDATE ledger_clock SET last_instant = last_instant - interval '1 hour'",
        "UPDATE ledger_clock SET last_instant = last_instant + interval '1 day'",
        "DELETE FROM ledger_clock",
    ],
)
def test_matrix__secret_and_clock__are_found(proven: Proven, statement: str) -> None:
    witness = heads(proven.connection)
    proven.run(statement)
    assert is_found(proven, witness)


def test_matrix__a_secret_that_is_gone__is_said(proven: Proven) -> None:
    proven.run("DELETE FROM instance_secret")
    with pytest.raises(SecretMissing):
        proven.verify()

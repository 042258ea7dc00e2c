"""What was decided is what the audit log says, row by row: whatever is slipped in, changed or removed is named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from aurora_pipeline.agreements.tables import COMMISSION_OVERRIDES, PARTNER_MINIMUMS, PARTNER_SERIES
from aurora_pipeline.decisions import unlogged_rows
from aurora_pipeline.decisions.gate_tables import GATE_TABLES
from aurora_pipeline.decisions.range_tables import RANGE_TABLES
from aurora_pipeline.decisions.rows import logged_row, row_digests
from aurora_pipeline.decisions.unlogged_rows import differences, not_logged, require_logged
from aurora_pipeline.demo.solana.cast import Cast
from aurora_pipeline.demo.solana.parameters import CHAIN_ID
from aurora_pipeline.foundation.errors import CheckFailed
from aurora_pipeline.layers import LAYERS
from aurora_pipeline.proof.findings import Checked
from aurora_pipeline.proof.verifying.decisions import DECISIONS
from aurora_pipeline.proof.verifying.verify import verify_audit
from aurora_pipeline.registry.tables import FEE_RECIPIENTS
from aurora_pipeline.statements.decided import STATEMENT_DECISIONS
from aurora_pipeline.store.database import read_frame, table_kinds
from aurora_pipeline.store.declaration import Column, ColumnKind, Table
from aurora_pipeline_tests.decided import decide
from aurora_pipeline_tests.proof.conftest import EPOCH, KEY, PARAMETERS, Proven
from aurora_pipeline_tests.store.column_values import choices, ends

_OTHER = {
    ColumnKind.TEXT: "coalesce({0}, '') || 'x'",
    ColumnKind.INTEGER: "coalesce({0}, 0) + 1",
    ColumnKind.AMOUNT: "coalesce({0}, 0) + 1",
    ColumnKind.BOOLEAN: "NOT {0}",
    ColumnKind.INSTANT: "coalesce({0}, now()) + interval '1 second'",
    ColumnKind.DIGEST: "repeat('a', 64)",
    ColumnKind.UUID: "gen_random_uuid()",
}
_ANY: dict[ColumnKind, Any] = {
    ColumnKind.TEXT: "[]",
    ColumnKind.INTEGER: 1,
    ColumnKind.AMOUNT: 0,
    ColumnKind.INSTANT: datetime(2026, 9, 1, tzinfo=UTC),
    ColumnKind.DIGEST: "b" * 64,
    ColumnKind.UUID: "5c0f7c1e-5b0e-5f39-9a2d-6a1f0f2f7a11",
}


@pytest.fixture
def decided(proven: Proven) -> Proven:
    """The computed epoch, with an override, a change of series, and a row of every step of statements."""
    override: dict[str, Any] = {
        "target": "LINE",
        "agreement_id": "northwind-2026",
        "rule_key": "tips",
        "chain_id": CHAIN_ID,
    }
    override |= {"epoch": EPOCH, "validator_key": Cast(PARAMETERS).operated[0].vote, "wallet_address": ""}
    decide(proven.connection, COMMISSION_OVERRIDES, {**override, "revision": 1, "amount": 5, "computed_seen": 4})
    series: dict[str, Any] = {
        "partner_id": "northwind",
        "chain_id": CHAIN_ID,
        "change_number": 1,
        "payable_series": "EPOCH",
    }
    decide(proven.connection, PARTNER_SERIES, {**series, "effective_from": datetime(2027, 1, 1, tzinfo=UTC)})
    proven.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    # What makes a step possible is of no interest here: any row will do.
    proven.connection.execute("SET LOCAL session_replication_role = replica")
    for table in (PARTNER_MINIMUMS, FEE_RECIPIENTS, *STATEMENT_DECISIONS, *GATE_TABLES, *RANGE_TABLES):
        decide(proven.connection, table, {column.name: _any(column) for column in table.columns})
    proven.connection.execute(
        "INSERT INTO released_snapshots SELECT f.*, r.recorded_at FROM statement_releases r,"
        " LATERAL statement_released_from(r.statement_id) f"
    )
    proven.connection.execute("SET LOCAL session_replication_role = origin")
    return proven


def _any(column: Column) -> Any:
    if column.name in {"previous_number", "paid_through"}:
        return None
    if column.name == "range_id":
        return 4711  # not the one that holds the epoch, which would then count as moved away
    if choices(column):
        return choices(column)[0]
    low = ends(column).low
    return _ANY[column.kind] if low is None else max(low, _ANY[column.kind])


def audited(proven: Proven) -> list[str]:
    return [str(failure) for failure in verify_audit(proven.connection).failures]


def _unguarded(proven: Proven, table: Table) -> None:
    """What only the owner of the database can do: take keys and checks away too."""
    for row in proven.run(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'p', 'u')", table.name
    ):
        proven.connection.execute(f'ALTER TABLE {table.name} DROP CONSTRAINT "{row["conname"]}" CASCADE'.encode())


def test_decisions__as_recorded__hold(decided: Proven) -> None:
    report = verify_audit(decided.connection)
    assert [str(failure) for failure in report.failures] == []
    assert {kind.value for kind in report.held} == {
        "decisions",
        "audit entries",
        "publications",
        "attestations",
        "observations",
        "leaves of the log",
        "checkpoints",
    }


@pytest.mark.parametrize(
    ("table", "column"),
    [(table, column) for table in DECISIONS for column in table.columns],
    ids=lambda value: value.name,
)
def test_decisions__any_column_changed__named(decided: Proven, table: Table, column: Column) -> None:
    _unguarded(decided, table)
    value = _OTHER[column.kind].format(column.name)
    decided.run(f"UPDATE {table.name} SET {column.name} = {value} WHERE ctid = (SELECT min(ctid) FROM {table.name})")
    assert any(failure.startswith(f"{table.name}:") for failure in audited(decided))


@pytest.mark.parametrize("table", DECISIONS, ids=lambda table: table.name)
def test_decisions__row_removed_or_doubled__named(decided: Proven, table: Table) -> None:
    _unguarded(decided, table)
    one = f"(SELECT min(ctid) FROM {table.name})"
    decided.run(f"INSERT INTO {table.name} SELECT * FROM {table.name} WHERE ctid = {one}")
    assert any("it is there 2 time(s)" in failure for failure in audited(decided))
    decided.run(f"DELETE FROM {table.name} WHERE ctid = {one}")
    assert audited(decided) == []
    decided.run(f"DELETE FROM {table.name} WHERE ctid = {one}")
    assert any(failure.startswith(f"{table.name}:") and "it is not there" in failure for failure in audited(decided))


@pytest.mark.parametrize("table", DECISIONS, ids=lambda table: table.name)
def test_decisions__another_row_that_copies_who_when_and_why__named_and_refused(decided: Proven, table: Table) -> None:
    """What somebody does who forges a decision: all else may be as in a true one."""
    _unguarded(decided, table)
    forged = next(column for column in table.columns if column.name not in ("reason", "recorded_by", "recorded_at"))
    values = (_OTHER[forged.kind].format(forged.name) if column is forged else column.name for column in table.columns)
    decided.run(
        f"INSERT INTO {table.name} ({', '.join(table.names)}) SELECT {', '.join(values)} FROM {table.name} LIMIT 1"
    )
    assert any(failure.startswith(f"{table.name}:") for failure in audited(decided))
    unlogged, gone = differences(decided.connection, [table])
    assert (len(unlogged), gone) == (1, [])


def test_decisions__every_table_of_them__takes_no_row_without_an_entry(proven: Proven) -> None:
    guarded = proven.run(
        """SELECT c.relname AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
           WHERE t.tgname = 'logged' AND t.tgdeferrable AND t.tgenabled = 'O'"""
    )
    assert {row["name"] for row in guarded} >= {table.name for table in DECISIONS}


FORGED = {
    "another's pay": """INSERT INTO commission_overrides
        SELECT target, agreement_id, rule_key, chain_id, epoch, validator_key, wallet_address, revision + 1,
               amount + 1000000000000, computed_seen, reason, recorded_by, recorded_at FROM commission_overrides""",
    "a whale's wallet": f"""INSERT INTO partner_wallets
        (chain_id, wallet_address, revision, introduced_at, ended_at, partner_id, notes, reason,
         recorded_by, recorded_at)
        SELECT DISTINCT ON (1) '{CHAIN_ID}', withdrawer_key, 1, w.introduced_at, NULL::timestamptz, w.partner_id, NULL,
               w.reason, w.recorded_by, w.recorded_at
        FROM layers.canonical_stake_positions, (SELECT * FROM partner_wallets LIMIT 1) w
        WHERE withdrawer_key IS NOT NULL
          AND withdrawer_key NOT IN (SELECT wallet_address FROM partner_wallets)""",
    "a suspension": """INSERT INTO agreement_events
        SELECT agreement_id, event_number + 1, 'SUSPENDED', effective_from, reason, recorded_by, recorded_at
        FROM agreement_events WHERE status = 'ACTIVE' LIMIT 1""",
    "an own wallet": f"""INSERT INTO operator_wallets
        (chain_id, wallet_address, revision, valid_from, reason, recorded_by, recorded_at)
        SELECT '{CHAIN_ID}', 'x' || wallet_address, 1, valid_from, reason, recorded_by, recorded_at
        FROM operator_wallets LIMIT 1""",
    "a cost": """INSERT INTO cost_entries
        (chain_id, epoch, validator_key, entry_type, revision, amount, file_hash, reason, recorded_by, recorded_at)
        SELECT chain_id, epoch, validator_key, entry_type, revision + 1, 0, file_hash, reason, recorded_by, recorded_at
        FROM cost_entries LIMIT 1""",
    "a better rate": "UPDATE agreement_rules SET commission_rate_bps = 9500 WHERE commission_rate_bps IS NOT NULL",
}
"""Decisions that copy who, when and why from true ones."""

_SAME = "reason, recorded_by, recorded_at"
HIDING = {
    "an override withdrawn": f"""INSERT INTO commission_overrides
        SELECT target, agreement_id, rule_key, chain_id, epoch, validator_key, wallet_address, revision + 1,
               NULL, computed_seen, {_SAME} FROM commission_overrides""",
    "a wallet that ended": f"""INSERT INTO partner_wallets
        SELECT chain_id, wallet_address, revision + 1, introduced_at, introduced_at + interval '1 day', partner_id,
               notes, {_SAME} FROM partner_wallets LIMIT 1""",
    "a validator that went": f"""INSERT INTO canonical_validator_identities
        SELECT chain_id, validator_key, revision + 1, valid_from, valid_from + interval '1 day', identity_key, name,
               ownership, operator_fee_bps, {_SAME} FROM canonical_validator_identities LIMIT 1""",
    "an own wallet that ended": f"""INSERT INTO operator_wallets
        SELECT chain_id, wallet_address, revision + 1, valid_from, valid_from + interval '1 day', notes, {_SAME}
        FROM operator_wallets LIMIT 1""",
    "back to a draft": f"""INSERT INTO agreement_events
        SELECT agreement_id, event_number + 1, 'DRAFT', effective_from, {_SAME}
        FROM agreement_events WHERE status = 'ACTIVE' LIMIT 1""",
    "an override removed": "DELETE FROM commission_overrides",
    "a wallet removed": "DELETE FROM partner_wallets",
    "a cost removed": "DELETE FROM cost_entries",
    "a wallet ended in place": "UPDATE partner_wallets SET ended_at = introduced_at + interval '1 day'",
}
"""Rows, or the lack of them, by which a decision no longer counts; no figure's inputs would name them."""


@pytest.mark.parametrize("forged", FORGED)
def test_decision__forged__named_and_nothing_is_computed_from_it(decided: Proven, forged: str) -> None:
    decided.run(FORGED[forged])
    assert audited(decided)
    inputs = [
        item
        for layer in LAYERS
        for draft in layer.draft(decided.aurora.configuration, decided.connection, KEY)
        for item in draft.inputs
    ]
    assert not_logged(decided.connection, inputs)
    with pytest.raises(CheckFailed, match="stand in no entry of the audit log"):
        require_logged(decided.connection, inputs)
    assert any("stands in no entry of the audit log" in str(failure) for failure in decided.verify(deep=True).failures)


@pytest.mark.parametrize("rows_of_a_long_table", [0, 500])
@pytest.mark.parametrize("forged", [*FORGED, *HIDING])
def test_decision__forged_or_hidden__its_whole_table_is_refused(
    decided: Proven, forged: str, rows_of_a_long_table: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unlogged_rows, "_LONG", rows_of_a_long_table)
    assert differences(decided.connection, DECISIONS) == ([], [])
    decided.run({**FORGED, **HIDING}[forged])
    assert any(differences(decided.connection, DECISIONS))
    assert any(finding.kind is Checked.DECISION for finding in decided.verify(deep=True).failures)


def test_row_digests__of_whole_tables__those_of_each_row(decided: Proven) -> None:
    for table in DECISIONS:
        query = f"SELECT {', '.join(table.names)} FROM {table.name}"
        rows = decided.run(query)
        frame = read_frame(decided.connection, query, table_kinds(table))
        assert row_digests(table, frame) == [logged_row(table, row).row_digest for row in rows]
        assert rows


def test_forged_row__listed_under_a_true_entry__still_named(proven: Proven) -> None:
    proven.run(
        """INSERT INTO audit_rows SELECT sequence, place + 100, row_name || 'x', decision_digest, row_digest
           FROM audit_rows ORDER BY sequence LIMIT 1"""
    )
    failures = audited(proven)
    assert any("does not commit to the rows under it" in failure for failure in failures)


@pytest.mark.parametrize("table", ["users", "operator_wallets", "cost_entries"])
def test_decision__plain_insert_that_copies_a_true_row__refused_by_the_database(proven: Proven, table: str) -> None:
    key = {"users": "login", "operator_wallets": "wallet_address"}
    column = key.get(table, "validator_key")
    row = proven.run(f"SELECT * FROM {table} LIMIT 1")[0]
    copied = {**row, column: f"{row[column]}x"}
    names, marks = ", ".join(copied), ", ".join(["%s"] * len(copied))
    proven.connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})".encode(), list(copied.values()))
    with pytest.raises(psycopg.errors.RaiseException, match="comes without an entry of the audit log"):
        proven.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")

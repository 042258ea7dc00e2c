"""Evidence of released statements: written once, recomputed by verifying, and whoever changes it is named."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import pytest

from aurora_pipeline.foundation.period_key import MonthKey, PartitionKey, PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.proof.findings import Checked, Finding
from aurora_pipeline.proof.signing.evidence import evidence_of, write_evidence
from aurora_pipeline.proof.snapshot_records import snapshots_by_id
from aurora_pipeline.proof.verifying.verify import verify_audit, verify_period
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.digests import encode_value
from aurora_pipeline.store.evidence import evidence_record, evidence_rows
from aurora_pipeline.tables import LAYER_TABLES
from aurora_pipeline_tests.statements.books import CHAIN
from aurora_pipeline_tests.statements.computed_books import ComputedBooks

AUGUST = MonthKey(CHAIN, "2026-08")
EPOCH = PeriodKey(CHAIN, EpochNumber(850))
OF_LINES = """(SELECT min(snapshot_id) FROM evidence JOIN snapshots USING (snapshot_id)
               WHERE asset = 'partner_commission_lines' AND period = '0000850')"""
OF_THE_STATEMENT = OF_LINES.replace("partner_commission_lines", "monthly_statements").replace("0000850", "2026-08")


def released(database: Database) -> ComputedBooks:
    """Acme's statement of August is released; brook's is a draft."""
    made = ComputedBooks(database)
    made.begin()
    made.set(850, "acme", "a1", 100)
    made.set(851, "acme", "a1", 50)
    made.live("2026-08")
    made.settle()
    made.freeze("acme", "2026-08")
    return made


@pytest.fixture(scope="module")
def written(shared_database: Database) -> Database:
    """A database in which the evidence of a released statement is written."""
    books = released(shared_database)
    with books.database.connect() as connection:
        assert write_evidence(connection) == 11
    return shared_database


@pytest.fixture
def connection(written: Database) -> Iterator[Connection]:
    """A connection that is rolled back."""
    with written.connect() as connection, connection.transaction(force_rollback=True):
        yield connection


def found(connection: Connection, key: PartitionKey) -> list[Finding]:
    report = verify_period(connection, key)
    assert Checked.EVIDENCE in report.held
    return [failure for failure in report.failures if failure.kind is Checked.EVIDENCE]


def change(connection: Connection, statement: str) -> None:
    connection.execute("SET LOCAL session_replication_role = replica")
    assert connection.execute(statement.encode()).rowcount == 1


def test_write_evidence__nothing_released__writes_none(database: Database) -> None:
    with database.connect() as connection:
        assert write_evidence(connection) == 0


def test_write_evidence__twice__is_written_once_and_holds(connection: Connection) -> None:
    assert write_evidence(connection) == 0
    assert found(connection, AUGUST) == found(connection, EPOCH) == []
    assert verify_audit(connection).failures == ()


def test_write_evidence__a_second_month__adds_its_own_and_keeps_the_first(database: Database) -> None:
    books = released(database)
    with books.database.connect() as connection:
        first = write_evidence(connection)
    books.set(852, "acme", "a1", 7)
    books.live("2026-08", "2026-09")
    books.settle()
    books.freeze("acme", "2026-09")
    with books.database.connect() as connection:
        before = connection.execute("SELECT * FROM evidence ORDER BY snapshot_id").fetchall()
        assert write_evidence(connection) > 0
        after = connection.execute("SELECT * FROM evidence ORDER BY snapshot_id").fetchall()
    assert [row for row in after if row in before] == before
    assert len(before) == first < len(after)


@pytest.mark.parametrize("column", ["salt", "inputs_root", "cells_root", "entry_hash"])
def test_verify__evidence_was_changed__is_named(connection: Connection, column: str) -> None:
    change(connection, f"UPDATE evidence SET {column} = repeat('a', 64) WHERE snapshot_id = {OF_LINES}")
    assert {failure.where.partition(",")[0] for failure in found(connection, EPOCH)} == {
        "evidence of partner_commission_lines of solana-demo:0000850"
    }
    assert found(connection, AUGUST) == []
    assert verify_audit(connection).failures


def test_verify__evidence_was_put_to_another_snapshot__is_named(connection: Connection) -> None:
    draft = "(SELECT max(snapshot_id) FROM snapshots WHERE asset = 'monthly_statement_entries')"
    change(connection, f"UPDATE evidence SET snapshot_id = {draft} WHERE snapshot_id = {OF_THE_STATEMENT}")
    assert found(connection, AUGUST)
    assert verify_audit(connection).failures


def test_verify__a_figure_below_was_changed__its_evidence_is_named_too(connection: Connection) -> None:
    change(connection, "UPDATE layers.validator_pnl SET mev_tips = mev_tips + 1 WHERE epoch = 850")
    (failure,) = found(connection, EPOCH)
    assert "other figures" in failure.problem


def test_audit__evidence_was_removed_or_renumbered__is_named(connection: Connection) -> None:
    with connection.transaction(force_rollback=True):
        change(connection, "DELETE FROM evidence WHERE evidence_id = 4")
        assert verify_audit(connection).failures
    change(connection, "UPDATE evidence SET evidence_id = 12 WHERE evidence_id = 11")
    assert verify_audit(connection).failures


def test_evidence_record__what_the_log_has__is_as_the_page_says(connection: Connection) -> None:
    rows = list(evidence_rows(connection, 3))
    assert [row["evidence_id"] for row in rows] == list(range(4, 12))
    row = rows[0]
    texts = ("aurora.evidence.1", row["asset"], CHAIN, row["period"], row["content_digest"])
    roots = (row["lineage_digest"], row["inputs_root"], row["cells_root"])
    assert evidence_record(row) == b"".join(map(encode_value, (*texts, *roots)))
    assert sha256(evidence_record(row)).hexdigest() == row["entry_hash"]


def test_evidence_of__equal_snapshots_under_another_salt__share_no_leaf(connection: Connection) -> None:
    number = connection.execute(f"SELECT {OF_LINES} AS n".encode()).fetchone()
    assert number is not None
    (lines,) = snapshots_by_id(connection, [number["n"]], LAYER_TABLES)
    one, other = (evidence_of(connection, lines, digit * 64) for digit in "12")
    assert not {*one.inputs, *one.cells} & {*other.inputs, *other.cells}
    assert [leaf.salt for leaf in one.inputs] != [leaf.salt for leaf in other.inputs]
    assert one.roots["cells_root"] != other.roots["cells_root"]

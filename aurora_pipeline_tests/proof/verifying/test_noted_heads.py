"""The chains as a whole: what is changed in them is found, and what is cut off where heads were noted outside."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aurora_pipeline.agreements.partners import known_partner, read_partners, record_name
from aurora_pipeline.decisions.recording import Recording
from aurora_pipeline.proof.findings import Checked
from aurora_pipeline.proof.verifying.verify import heads, verify_audit
from aurora_pipeline.store.declaration import TableKind
from aurora_pipeline.tables import ALL_TABLES
from aurora_pipeline_tests.proof.conftest import KEY, Proven


def test_verify_audit__entry_edited__is_found(proven: Proven) -> None:
    assert verify_audit(proven.connection).holds
    witness = heads(proven.connection)
    proven.tamper("UPDATE audit_log SET actor = 'nobody' WHERE sequence = 2 RETURNING 1 AS n")
    report = verify_audit(proven.connection, witness)
    assert [failure.where for failure in report.failures] == ["audit_log entry 2"]


def test_verify_audit__newest_publications_cut_with_all_that_was_written__witness_finds_it(proven: Proven) -> None:
    witness = heads(proven.connection)
    assert verify_audit(proven.connection, witness).holds
    (last,) = proven.run("SELECT snapshot_id, asset FROM publications ORDER BY sequence DESC LIMIT 1")
    for table in ("publications", "snapshot_reports", f"layers.{last['asset']}", "snapshots"):
        proven.run(f"DELETE FROM {table} WHERE snapshot_id = %s", last["snapshot_id"])
    assert proven.verify().holds
    (missed,) = verify_audit(proven.connection).failures
    assert missed.problem.startswith("there is no publication")
    proven.run("DELETE FROM log_checkpoints")
    proven.run("DELETE FROM log_leaves")
    assert verify_audit(proven.connection).holds
    (failure,) = verify_audit(proven.connection, witness).failures
    assert failure.problem.endswith("was seen: they were cut")


def test_verify_audit__a_whole_period_cut_from_every_table__witness_finds_it(proven: Proven) -> None:
    """Nothing of the period is left, nor of the log that signed it: only what was noted outside tells."""
    witness = heads(proven.connection)
    place = "chain_id = %s AND epoch = %s"
    for table in ALL_TABLES:
        if table.kind is not TableKind.DECISION and "epoch" in table.names:
            name = f"layers.{table.name}" if table.kind is TableKind.LAYER else table.name
            proven.run(f"DELETE FROM {name} WHERE {place}", KEY.chain_id, KEY.epoch)
    for table_name in ("snapshot_reports", "attestations"):
        proven.run(f"DELETE FROM {table_name} WHERE snapshot_id NOT IN (SELECT snapshot_id FROM snapshots)")
    for table_name in ("log_checkpoints", "log_leaves"):
        proven.run(f"DELETE FROM {table_name}")
    assert proven.run("SELECT * FROM in_force") == []
    assert proven.verify().holds
    assert verify_audit(proven.connection).holds
    failures = verify_audit(proven.connection, witness).failures
    assert {failure.kind for failure in failures} == {Checked.PUBLICATION, Checked.ATTESTATION, Checked.OBSERVATION}
    assert all(failure.problem.endswith("was seen: they were cut") for failure in failures)


def test_verify_audit__a_decision_cut_with_its_entries__witness_finds_it(proven: Proven) -> None:
    witness = heads(proven.connection)
    known = known_partner(read_partners(proven.connection), "northwind")
    record_name(Recording.begin(proven.connection, "ada", "renamed"), "northwind", "Renamed", known)
    later = heads(proven.connection)
    assert verify_audit(proven.connection, witness).holds
    (entry,) = proven.run("SELECT sequence FROM audit_log ORDER BY sequence DESC LIMIT 1")
    proven.run("DELETE FROM partners WHERE partner_id = 'northwind' AND revision = 2")
    for table_name in ("audit_rows", "audit_log"):
        proven.run(f"DELETE FROM {table_name} WHERE sequence = %s", entry["sequence"])
    # As if it had never been decided: the database by itself cannot tell, nor can heads noted before.
    assert verify_audit(proven.connection, witness).holds
    (failure,) = verify_audit(proven.connection, later).failures
    assert failure.problem.endswith("was seen: it was cut")


def test_verify_audit__publications_rewritten_as_a_whole__witness_finds_it(proven: Proven) -> None:
    seen = heads(proven.connection)
    assert seen.publications is not None
    witness = replace(seen, publications=replace(seen.publications, entry_hash="e" * 64))
    (failure,) = verify_audit(proven.connection, witness).failures
    assert "was rewritten" in failure.problem


@pytest.mark.parametrize(
    "change",
    [
        "snapshots SET written_at = written_at - interval '1 day'",
        "snapshots SET dagster_run = 'another'",
        "snapshot_reports SET accepted = false",
        """snapshot_reports SET warnings = '["none of this was said"]'""",
        """snapshot_reports SET totals = totals || '{"added": "1"}'""",
    ],
)
def test_verify_audit__how_a_snapshot_was_written_is_edited__is_found(proven: Proven, change: str) -> None:
    table, _, assigned = change.partition(" SET ")
    proven.tamper(
        f"UPDATE {table} SET {assigned} WHERE snapshot_id = (SELECT max(snapshot_id) FROM snapshots) RETURNING 1 AS n"
    )
    (failure,) = verify_audit(proven.connection).failures
    assert "or that one's report, was changed" in failure.problem

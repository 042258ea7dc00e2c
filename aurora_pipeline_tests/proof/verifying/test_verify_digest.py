"""Verifying what a digest names, and everything below it and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aurora_pipeline.foundation.errors import AuroraError, CheckFailed
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.pnl.drafts import draft_pnl
from aurora_pipeline.proof.findings import Checked
from aurora_pipeline.proof.verifying.verify import verify_digest
from aurora_pipeline_tests.gated import write_check_publish
from aurora_pipeline_tests.proof.conftest import KEY, Proven

SNAPSHOT_DIGESTS = {
    "content": "SELECT content_digest AS digest FROM snapshots WHERE asset = 'partner_commission_statements'",
    "lineage": "SELECT lineage_digest AS digest FROM snapshots WHERE asset = 'partner_commission_statements'",
    "a statement's lines": "SELECT lines_digest AS digest FROM partner_commission_statements LIMIT 1",
}
STAGED_DIGESTS = {
    "body": ("SELECT response_hash AS digest FROM staging_payloads WHERE data_type = 'mev' LIMIT 1", Checked.BODY),
    "fetch": ("SELECT fetch_digest AS digest FROM staging_fetches WHERE data_type = 'mev' LIMIT 1", Checked.FETCH),
    "period": ("SELECT period_digest AS digest FROM canonical_periods", Checked.PERIOD),
    "audit entry": ("SELECT entry_hash AS digest FROM audit_log LIMIT 1", Checked.AUDIT),
}
FLIP_A_TIP = """UPDATE staging_bodies SET body = set_byte(body, 10, get_byte(body, 10) # 1)
    WHERE response_hash = (SELECT response_hash FROM staging_payloads WHERE payload_id =
        (SELECT payload_ids[1] FROM staging_fetches WHERE data_type = 'mev' LIMIT 1)) RETURNING 1 AS n"""


@pytest.mark.parametrize("query", SNAPSHOT_DIGESTS.values(), ids=SNAPSHOT_DIGESTS)
def test_verify_digest__of_statements__goes_down_to_the_bytes(proven: Proven, query: str) -> None:
    (row,) = proven.run(query)
    report = verify_digest(proven.connection, row["digest"], aurora=proven.aurora)
    assert [str(finding) for finding in report.failures + report.notes] == []
    assert report.subject == row["digest"]
    # Statements rest on lines, these on the P&L, this on five canonical layers; nothing on meta or the allocation.
    assert report.held[Checked.CONTENT] == 8
    proven.tamper(FLIP_A_TIP)
    (failure,) = verify_digest(proven.connection, row["digest"], aurora=proven.aurora).failures
    assert failure.kind is Checked.BODY


def test_verify_digest__of_a_layer__does_not_look_at_what_it_does_not_rest_on(proven: Proven) -> None:
    (row,) = proven.run("SELECT lineage_digest AS digest FROM snapshots WHERE asset = 'canonical_validator_fees'")
    proven.tamper(FLIP_A_TIP)
    report = verify_digest(proven.connection, row["digest"], aurora=proven.aurora)
    assert report.holds
    assert report.held[Checked.CONTENT] == 1
    assert report.held[Checked.BODY] > 0


def test_verify_digest__of_an_attestation__verifies_its_snapshot(copied: Aurora) -> None:
    with copied.database.connect() as connection:
        draft = draft_pnl(copied.configuration, connection, KEY)
    write_check_publish(copied.database, [replace(draft, inputs=draft.inputs[1:])])
    with copied.database.connect() as connection:
        row = connection.execute("SELECT lineage_digest FROM attestations ORDER BY attestation_id DESC").fetchone()
        assert row is not None
        report = verify_digest(connection, row["lineage_digest"], aurora=copied)
    assert report.holds
    assert report.held[Checked.CONTENT] == 6


@pytest.mark.parametrize(("query", "kind"), STAGED_DIGESTS.values(), ids=STAGED_DIGESTS)
def test_verify_digest__of_what_was_staged_or_logged__holds(proven: Proven, query: str, kind: Checked) -> None:
    (row,) = proven.run(query)
    report = verify_digest(proven.connection, row["digest"])
    assert report.holds
    assert report.held[kind] > 0


def test_verify_digest__of_a_changed_body__names_it(proven: Proven) -> None:
    (row,) = proven.run(
        """SELECT response_hash AS digest FROM staging_payloads
           WHERE payload_id = (SELECT payload_ids[1] FROM staging_fetches WHERE data_type = 'mev' LIMIT 1)"""
    )
    proven.tamper(FLIP_A_TIP)
    (failure,) = verify_digest(proven.connection, row["digest"]).failures
    assert failure.recorded == row["digest"]
    assert "demo-kobe" in failure.where


def test_verify_digest__nothing_has_it__is_a_failed_check(proven: Proven) -> None:
    with pytest.raises(CheckFailed, match="nothing recorded here has the digest"):
        verify_digest(proven.connection, "0" * 64)


@pytest.mark.parametrize("text", ["", "abc", "G" * 64, "A" * 64, "a" * 65])
def test_verify_digest__what_is_none__is_refused(proven: Proven, text: str) -> None:
    with pytest.raises(AuroraError, match="is no digest"):
        verify_digest(proven.connection, text)

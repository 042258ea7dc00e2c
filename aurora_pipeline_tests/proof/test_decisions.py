"""Who decided, why and when: what the decisions' rows say is what the audit log says, or it is found."""

from __future__ import annotations

import pytest

from aurora_pipeline.proof.verify import verify_audit
from aurora_pipeline_tests.proof.conftest import Proven


def test_deciders__as_recorded__hold(proven: Proven) -> None:
    report = verify_audit(proven.connection)
    assert [str(failure) for failure in report.failures] == []
    assert {kind.value for kind in report.held} == {"decisions", "audit entries", "publications"}


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("agreement_events", "recorded_by = 'mallory'"),
        ("agreement_versions", "reason = 'so it was agreed'"),
        ("agreement_versions", "recorded_at = recorded_at + interval '1 day'"),
        ("partners", "recorded_at = recorded_at - interval '1 day'"),
        ("cost_entries", "recorded_by = 'mallory'"),
    ],
)
def test_deciders__changed__found_and_named(proven: Proven, table: str, change: str) -> None:
    proven.tamper(f"UPDATE {table} SET {change} WHERE ctid = (SELECT min(ctid) FROM {table}) RETURNING recorded_by")
    failures = [str(failure) for failure in verify_audit(proven.connection).failures]
    assert failures
    assert all(failure.startswith(table) and "no entry of the audit log says so" in failure for failure in failures)

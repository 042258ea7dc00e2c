"""The tables of ranges: whatever is taken from, added to or changed about them is named."""

from __future__ import annotations

import pytest

from aurora_pipeline.proof.findings import Findings
from aurora_pipeline.proof.verifying.ranges import verify_ranges
from aurora_pipeline_tests.proof.conftest import Proven

PART = "ranges.canonical_stake_positions_1"


def found(proven: Proven) -> list[str]:
    """What is wrong with the ranges."""
    findings = Findings()
    verify_ranges(proven.connection, findings)
    return [str(one) for one in findings.report("ranges").failures]


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (
            f"ALTER TABLE layers.canonical_stake_positions DETACH PARTITION {PART}",
            "no part of canonical_stake_positions",
        ),
        (f"DROP TABLE {PART}", "no part of canonical_stake_positions"),
        (f"DROP TRIGGER append_only ON {PART}", "its guard against changes is gone"),
        (f"ALTER TABLE {PART} DISABLE TRIGGER append_only", "its guard against changes is gone"),
        ("CREATE TABLE ranges.other (a int)", "belongs to no range"),
        ("DELETE FROM period_ranges", "belongs to no range"),
        ("UPDATE period_ranges SET to_epoch = to_epoch + 1", "holds other periods than are listed"),
        (
            "INSERT INTO range_moves (range_id, chain_id, number, direction, place, manifest_hash, reason)"
            " VALUES (1, 'solana-demo', 1, 'OUT', 'file:///nowhere', repeat('a', 64), 'mine')",
            "recorded as moved out",
        ),
    ],
)
def test_ranges__changed_by_hand__are_named(proven: Proven, statement: str, problem: str) -> None:
    assert not found(proven)
    proven.connection.execute("SET LOCAL session_replication_role = replica")
    proven.connection.execute(statement.encode())
    assert problem in " ".join(found(proven))

"""Corrections of the past: a version that covers an earlier one's time again, and both times that are kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from aurora_pipeline.agreements.file.document import AgreementsRefused
from aurora_pipeline.agreements.in_force import terms_in_force
from aurora_pipeline.agreements.ledger import read_ledger
from aurora_pipeline.decisions.log import entries
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.agreements.conftest import Apply, agreement, written

RULE = "- {rule: tips, chain: solana-demo, component: MEV_TIPS, method: FIXED_SHARE, rate_bps: %d}"


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _rates(database: Database, *days: str, as_of: datetime | None = None) -> list[int | None]:
    with database.connect() as connection:
        terms = [terms_in_force(connection, "solana-demo", _day(day), as_of=as_of) for day in days]
    return [rule.commission_rate_bps for found in terms for held in found.agreements for rule in held.rules]


def _from(day: str, rate: int) -> str:
    return agreement(RULE % rate, f"agreement: acme-2026, partner: acme, valid_from: {day}")


def _correcting(version: int, rate: int, more: str = "") -> str:
    return agreement(RULE % rate, f"agreement: acme-2026, partner: acme, corrects: {version}{more}")


@pytest.fixture
def three_versions(ledger: Database, apply_text: Apply) -> Database:
    apply_text(agreement(RULE % 100))
    apply_text(_from("2026-03-01", 200))
    apply_text(_from("2026-06-01", 300))
    return ledger


DAYS = ("2026-01-01", "2026-02-28", "2026-03-01", "2026-05-31", "2026-06-01", "2027-01-01")


@pytest.mark.parametrize(
    ("version", "rates"),
    [
        (1, [9, 9, 200, 200, 300, 300]),
        (2, [100, 100, 9, 9, 300, 300]),
        (3, [100, 100, 200, 200, 9, 9]),
    ],
)
def test_apply__correction__covers_the_time_of_the_corrected_version_again(
    three_versions: Database, apply_text: Apply, version: int, rates: list[int]
) -> None:
    (change,) = apply_text(_correcting(version, 9), reason="the contract says 0.09 %").changes
    assert change.action == "agreement.version_corrected"
    assert change.words[0].startswith(f"version 4 corrects version {version}: it holds from 2026-0")
    assert _rates(three_versions, *DAYS) == rates


def test_apply__correction__as_of_before_it_what_was_answered_then(three_versions: Database, apply_text: Apply) -> None:
    with three_versions.connect() as connection:
        row = connection.execute("SELECT record_instant() AS instant").fetchone()
    assert row is not None
    apply_text(_correcting(2, 9))
    assert _rates(three_versions, *DAYS, as_of=row["instant"]) == [100, 100, 200, 200, 300, 300]


def test_apply__correction__audited_with_the_terms_it_takes_the_place_of(
    three_versions: Database, apply_text: Apply
) -> None:
    apply_text(_correcting(1, 9), reason="typo")
    with three_versions.connect() as connection:
        last = list(entries(connection))[-1]
    assert last.before is not None
    assert last.after is not None
    before, after = json.loads(last.before), json.loads(last.after)
    assert (before["version"], after["version"], after["corrects"], after["reason"]) == (1, 4, 1, "typo")
    assert (after["valid_from"][:10], after["valid_until"][:10]) == ("2026-01-01", "2026-03-01")


def test_apply__correction_again__of_either_number_the_newest_wins(three_versions: Database, apply_text: Apply) -> None:
    apply_text(_correcting(2, 8))
    apply_text(_correcting(4, 7))
    assert _rates(three_versions, *DAYS) == [100, 100, 7, 7, 300, 300]
    apply_text(_correcting(2, 6))
    assert _rates(three_versions, *DAYS) == [100, 100, 6, 6, 300, 300]
    with three_versions.connect() as connection:
        known = read_ledger(connection).agreements["acme-2026"]
    assert [known.governing(number).version for number in range(1, 7)] == [1, 6, 3, 6, 6, 6]
    assert [known.root(number).version for number in range(1, 7)] == [1, 2, 3, 2, 2, 2]


def test_apply__same_correction_again__changes_nothing(three_versions: Database, apply_text: Apply) -> None:
    apply_text(_correcting(2, 8))
    before = written(three_versions)
    assert apply_text(_correcting(2, 8)).changes == []
    assert written(three_versions) == before


def test_apply__terms_after_a_correction_of_the_newest__a_version_from_a_later_day_on(
    three_versions: Database, apply_text: Apply
) -> None:
    apply_text(_correcting(3, 9))
    assert apply_text(_from("2026-06-01", 9)).changes == []
    apply_text(_from("2026-08-01", 300))
    assert _rates(three_versions, *DAYS, "2026-07-31", "2026-08-01") == [100, 100, 200, 200, 9, 300, 9, 300]
    apply_text(_correcting(3, 11))
    assert _rates(three_versions, "2026-07-31", "2026-08-01") == [11, 300]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (_correcting(9, 1), r"\.corrects: \"acme-2026\" has no version 9\n.*versions of it: 1, 2, 3"),
        (_correcting(2, 1, ", valid_from: 2026-04-01"), r"version 2 does not begin on 2026-04-01\n.*from 2026-03-01"),
        (_correcting(0, 1), "must be at least 1"),
        (_from("2026-04-01", 1), r"rewrite version 3, which holds from 2026-06-01 on\n.*write corrects: 2"),
        (_from("2026-01-01", 1), r"rewrite version 3(.|\n)*write corrects: 1"),
        (_from("2025-01-01", 1), r"rewrite version 3(.|\n)*a day after 2026-06-01$"),
        (agreement(RULE % 1, "agreement: acme-2026, partner: acme"), r"not from when on\n.*corrects: 3"),
        (_correcting(1, 9).replace("acme-2026", "acme-2027"), 'there is no agreement "acme-2027" to correct'),
    ],
)
def test_apply__past_changed_without_saying_which_version_was_wrong__refused(
    three_versions: Database, apply_text: Apply, text: str, words: str
) -> None:
    before = written(three_versions)
    with pytest.raises(AgreementsRefused, match=words):
        apply_text(text)
    assert written(three_versions) == before


def test_apply__correction_without_a_reason__refused(three_versions: Database, apply_text: Apply) -> None:
    with pytest.raises(AuroraError, match="who did it and why"):
        apply_text(_correcting(1, 9), reason="")
    assert _rates(three_versions, "2026-01-01") == [100]


def test_apply__correction__names_only_the_finalized_periods_it_covers(
    three_versions: Database, apply_text: Apply
) -> None:
    with three_versions.connect() as connection:
        for epoch, end in ((850, "2026-02-27"), (851, "2026-03-01"), (852, "2026-04-01"), (853, "2026-06-02")):
            connection.execute(
                """INSERT INTO canonical_periods
                   (chain_id, epoch, period_key, first_slot, last_slot, first_block_slot, last_block_slot,
                    started_at, ended_at, period_digest, payload_ids)
                   VALUES ('solana-demo', %s, %s, 0, 1, 0, 1, '2025-12-30', %s, %s, '{}')""",
                [epoch, f"solana-demo:{epoch:07d}", end, "0" * 64],
            )
    assert (
        "solana-demo:0000850 to solana-demo:0000851 are computed already" in apply_text(_correcting(1, 9)).warnings[-1]
    )
    assert "if solana-demo:0000852 is computed already" in apply_text(_correcting(2, 9)).warnings[-1]
    assert "if solana-demo:0000853 is computed already" in apply_text(_correcting(3, 9)).warnings[-1]


def test_apply__preview__tells_everything_and_writes_nothing(ledger: Database, apply_text: Apply) -> None:
    previewed = apply_text(agreement(), reason="", preview=True)
    assert written(ledger) == 0
    done = apply_text(agreement())
    assert previewed == done

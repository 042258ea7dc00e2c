"""Partners: names with their history, the payable series from a month's start on, and the people who work here."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aurora_pipeline.agreements.file.document import AgreementsRefused
from aurora_pipeline.agreements.partners import read_partners, rename
from aurora_pipeline.agreements.tables import Series
from aurora_pipeline.decisions.tables import UserRole
from aurora_pipeline.decisions.users import record_user, users
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.agreements.conftest import Apply, agreement, audited, written

JANUARY, MARCH = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)


def _partner(series: str = "", since: str = "") -> str:
    series = f", payable_series: {series}" if series else ""
    since = f", payable_from: {since}" if since else ""
    return f"partners: [{{partner: acme, name: Acme{series}{since}}}]"


def _series(database: Database, instant: datetime, chain: str = "solana-demo") -> Series:
    with database.connect() as connection:
        return read_partners(connection)["acme"].series_at(chain, instant)


def test_rename__another_name__a_revision_in_the_audit_log(ledger: Database, apply_text: Apply) -> None:
    apply_text(_partner())
    change = rename(ledger, "acme", "Acme Ltd", "ada", "merger")
    assert change is not None
    assert change.words == ("name Acme -> Acme Ltd",)
    assert rename(ledger, "acme", "Acme Ltd", "ada", "") is None
    assert audited(ledger) == [("partner.created", "partner/acme"), ("partner.renamed", "partner/acme")]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "is no name"),
        ("A\nB", "it has a line break"),
        ("x" * 201, "is no name"),
        ("\u202eA", "U.202E"),
        ("A\0", "U.0000"),
        ("\udcff", "is no name"),
    ],
)
def test_rename__to_no_name__refused(ledger: Database, apply_text: Apply, name: str, words: str) -> None:
    apply_text(_partner())
    with pytest.raises(AuroraError, match=words):
        rename(ledger, "acme", name, "ada", "why")


def test_apply__new_partner_paid_by_epoch__from_the_beginning_on_that_chain(
    ledger: Database, apply_text: Apply
) -> None:
    apply_text(_partner("{solana-demo: EPOCH}"))
    assert _series(ledger, JANUARY) is Series.EPOCH
    assert _series(ledger, JANUARY, "ethereum-demo") is Series.MONTH
    before = written(ledger)
    assert apply_text(_partner("{solana-demo: EPOCH}")).changes == []
    assert apply_text(_partner()).changes == []
    assert written(ledger) == before


def test_apply__series_changed__from_a_months_start_on(ledger: Database, apply_text: Apply) -> None:
    apply_text(_partner())
    (change,) = apply_text(_partner("{solana-demo: EPOCH, ethereum-demo: MONTH}", "2026-03-01")).changes
    assert change.words == ("paid by EPOCH on solana-demo from 2026-03-01 on, not by MONTH",)
    assert [_series(ledger, JANUARY), _series(ledger, MARCH)] == [Series.MONTH, Series.EPOCH]
    apply_text(_partner("{solana-demo: MONTH}", "2026-05-01"))
    assert _series(ledger, datetime(2026, 4, 30, tzinfo=UTC)) is Series.EPOCH
    assert _series(ledger, datetime(2026, 5, 1, tzinfo=UTC)) is Series.MONTH


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (_partner("{solana-demo: MONTH}"), r"not paid by MONTH yet\n.*add payable_from"),
        (_partner("{solana-demo: MONTH}", "2026-05-02"), r"start of a month only\n.*write 2026-05-01"),
        (_partner("{solana-demo: MONTH}", "2026-03-01"), r"has changed on 2026-03-01.*\n.*a month after 2026-03-01"),
        (_partner("{solana-dmo: MONTH}", "2026-05-01"), r"unknown chain \"solana-dmo\"\n.*solana-demo"),
        (_partner("{solana-demo: WEEK}", "2026-05-01"), "expected one of MONTH, EPOCH"),
        (_partner("", "2026-05-01"), "a day without a payable_series"),
        (_partner("EPOCH"), "expected a map of keys"),
    ],
)
def test_apply__series_that_cannot_be__refused(ledger: Database, apply_text: Apply, text: str, words: str) -> None:
    apply_text(_partner())
    apply_text(_partner("{solana-demo: EPOCH}", "2026-03-01"))
    before = written(ledger)
    with pytest.raises(AgreementsRefused, match=words):
        apply_text(text)
    assert written(ledger) == before


FLOOR = (
    "- {rule: r, chain: solana-demo, component: MEV_TIPS, method: FIXED_SHARE, rate_bps: 1, floor: 1 SOL,"
    " floor_window: MONTH}"
)


def test_apply__partner_with_a_monthly_floor_comes_to_be_paid_by_epoch__refused(apply_text: Apply) -> None:
    apply_text(agreement(FLOOR))
    with pytest.raises(AgreementsRefused, match="acme-2026/r has a floor per month, which nothing pays"):
        apply_text(_partner("{solana-demo: EPOCH}", "2026-03-01"))
    apply_text(_partner("{ethereum-demo: EPOCH}", "2026-03-01"))


def test_apply__monthly_floor_that_ends_before_the_series_does__accepted(apply_text: Apply) -> None:
    apply_text(agreement(FLOOR))
    plain = FLOOR.replace(", floor: 1 SOL, floor_window: MONTH", "")
    apply_text(agreement(plain, "agreement: acme-2026, partner: acme, valid_from: 2026-03-01"))
    assert len(apply_text(_partner("{solana-demo: EPOCH}", "2026-03-01")).changes) == 1


def test_apply__monthly_floor_once_epochs_are_paid_no_more__accepted(apply_text: Apply) -> None:
    apply_text(_partner("{solana-demo: EPOCH}"))
    apply_text(_partner("{solana-demo: MONTH}", "2026-03-01"))
    with pytest.raises(AgreementsRefused, match="a floor per month for a partner who is paid by EPOCH"):
        apply_text(agreement(FLOOR, "agreement: acme-2026, partner: acme, active_from: 2026-02-28"))
    apply_text(agreement(FLOOR, "agreement: acme-2026, partner: acme, active_from: 2026-03-01"))


def test_apply__monthly_floor_over_time_that_was_paid_by_month__accepted_as_a_correction(apply_text: Apply) -> None:
    apply_text(agreement(FLOOR.replace("floor: 1 SOL, floor_window: MONTH", "floor: 1 SOL")))
    changed = FLOOR.replace("rate_bps: 1, floor: 1 SOL, floor_window: MONTH", "rate_bps: 2")
    apply_text(agreement(changed, "agreement: acme-2026, partner: acme, valid_from: 2026-03-01"))
    apply_text(_partner("{solana-demo: EPOCH}", "2026-03-01"))
    apply_text(agreement(FLOOR, "agreement: acme-2026, partner: acme, corrects: 1"))
    with pytest.raises(AgreementsRefused, match="a floor per month for a partner who is paid by EPOCH"):
        apply_text(agreement(FLOOR, "agreement: acme-2026, partner: acme, corrects: 2"))


def _user(database: Database, name: str = "Ada", role: UserRole = UserRole.FINANCE, partner: str | None = None) -> bool:
    return record_user(database, "ada", name, role, partner, JANUARY, None, "root", "hired") is not None


def test_record_user__new_changed_and_equal__revisions_in_the_audit_log(ledger: Database) -> None:
    assert [_user(ledger), _user(ledger), _user(ledger, role=UserRole.OPS)] == [True, False, True]
    with ledger.connect() as connection:
        (row,) = users(connection)
    assert (row["login"], row["revision"], row["role"]) == ("ada", 2, "OPS")
    assert audited(ledger) == [("user.added", "user/ada"), ("user.changed", "user/ada")]


@pytest.mark.parametrize(
    ("name", "role", "partner", "words"),
    [
        ("Ada", UserRole.PARTNER, None, "the role PARTNER needs --partner"),
        ("Ada", UserRole.OPS, "acme", "every other role goes without"),
        ("Ada", UserRole.PARTNER, "acne", 'did you mean "acme"'),
        (" ", UserRole.OPS, None, "is no name"),
    ],
)
def test_record_user__that_cannot_be__refused(
    ledger: Database, apply_text: Apply, name: str, role: UserRole, partner: str | None, words: str
) -> None:
    apply_text(_partner())
    before = written(ledger)
    with pytest.raises(AuroraError, match=words):
        _user(ledger, name, role, partner)
    assert written(ledger) == before


def _least(amount: str, since: str = "", more: str = "") -> str:
    since = f", payable_from: {since}" if since else ""
    return f"partners: [{{partner: acme, name: Acme, minimum_payout: {amount}{since}{more}}}]"


def _minimum(database: Database, instant: datetime, chain: str = "solana-demo") -> int:
    with database.connect() as connection:
        return read_partners(connection)["acme"].minimum_at(chain, instant)


def test_apply__minimum_payout_of_a_new_partner__from_the_beginning_on_that_chain(
    ledger: Database, apply_text: Apply
) -> None:
    (_, change) = apply_text(_least("{solana-demo: 1.5 SOL}")).changes
    assert change.words == ("paid nothing below 1.5 SOL on solana-demo from the beginning, not below 0 SOL",)
    assert _minimum(ledger, JANUARY) == 1_500_000_000
    assert _minimum(ledger, JANUARY, "ethereum-demo") == 0
    before = written(ledger)
    assert apply_text(_least("{solana-demo: 1500000000 lamports}")).changes == []
    assert apply_text(_partner()).changes == []
    assert written(ledger) == before
    assert audited(ledger)[-1] == ("partner.minimum_payout_changed", "partner/acme")


def test_apply__minimum_payout_changed_and_taken_back__each_from_a_months_start_on(
    ledger: Database, apply_text: Apply
) -> None:
    apply_text(_partner())
    both = _least("{solana-demo: 1 lamport}", "2026-03-01", ", payable_series: {solana-demo: EPOCH}")
    assert [change.action for change in apply_text(both).changes] == [
        "partner.series_changed",
        "partner.minimum_payout_changed",
    ]
    apply_text(_least("{solana-demo: 0 SOL}", "2026-05-01"))
    instants = (JANUARY, MARCH, datetime(2026, 4, 30, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))
    assert [_minimum(ledger, instant) for instant in instants] == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (_least("{solana-demo: 2 SOL}"), r"another minimum payout\n.*add payable_from"),
        (_least("{solana-demo: 2 SOL}", "2026-05-02"), r"start of a month only\n.*write 2026-05-01"),
        (_least("{solana-demo: 2 SOL}", "2026-03-01"), r"has changed on 2026-03-01.*\n.*a month after 2026-03-01"),
        (_least("{solana-dmo: 2 SOL}", "2026-05-01"), r"unknown chain \"solana-dmo\"\n.*solana-demo"),
        (_least("{solana-demo: -2 SOL}", "2026-05-01"), "negative"),
        (_least("{solana-demo: 2}", "2026-05-01"), "not an amount with a unit"),
        (_least("{solana-demo: 2 ETH}", "2026-05-01"), '"ETH" is not a unit of solana-demo'),
        (_least("{solana-demo: 0.5 lamports}", "2026-05-01"), "no part of a lamport"),
        (_least("{ethereum-demo: 9" + "0" * 60 + " ETH}", "2026-05-01"), "minimum_payout"),
        (_least("2 SOL", "2026-05-01"), "expected a map of keys"),
    ],
)
def test_apply__minimum_payout_that_cannot_be__refused(
    ledger: Database, apply_text: Apply, text: str, words: str
) -> None:
    apply_text(_partner())
    apply_text(_least("{solana-demo: 1 SOL}", "2026-03-01"))
    before = written(ledger)
    with pytest.raises(AgreementsRefused, match=words):
        apply_text(text)
    assert written(ledger) == before

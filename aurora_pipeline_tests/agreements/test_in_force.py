"""Terms in force: at which instant which version, as known when, and what lineage says of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aurora_pipeline.agreements.in_force import terms_in_force
from aurora_pipeline.agreements.ledger import write_version
from aurora_pipeline.agreements.tables import AGREEMENT_EVENTS, AgreementStatus
from aurora_pipeline.decisions.recording import Recording
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.units import Bps
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.agreements.conftest import Apply, agreement
from aurora_pipeline_tests.decided import decide

CHAIN = "solana-demo"
RULE = "- {rule: tips, chain: %s, component: MEV_TIPS, method: FIXED_SHARE, rate_bps: %d}"


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _rates(
    database: Database, instant: datetime, as_of: datetime | None = None, chain: str = CHAIN
) -> list[int | None]:
    with database.connect() as connection:
        terms = terms_in_force(connection, chain, instant, as_of=as_of)
    return [rule.commission_rate_bps for agreement in terms.agreements for rule in agreement.rules]


@pytest.fixture
def two_versions(ledger: Database, apply_text: Apply) -> Database:
    apply_text(agreement(RULE % (CHAIN, 500)))
    apply_text(agreement(RULE % (CHAIN, 600), "agreement: acme-2026, partner: acme, valid_from: 2026-03-01"))
    return ledger


@pytest.mark.parametrize(
    ("instant", "rates"),
    [
        (_day("2025-12-31"), []),
        (_day("2026-01-01") - timedelta(microseconds=1), []),
        (_day("2026-01-01"), [500]),
        (_day("2026-03-01") - timedelta(microseconds=1), [500]),
        (_day("2026-03-01"), [600]),
        (_day("2036-01-01"), [600]),
    ],
)
def test_terms_in_force__at_an_instant__ranges_include_their_start_only(
    two_versions: Database, instant: datetime, rates: list[int]
) -> None:
    assert _rates(two_versions, instant) == rates


def test_terms_in_force__as_of_a_past_moment__as_it_was_answered_then(ledger: Database, apply_text: Apply) -> None:
    def now() -> datetime:
        with ledger.connect() as connection:
            row = connection.execute("SELECT record_instant() AS instant").fetchone()
        assert row is not None
        instant: datetime = row["instant"]
        return instant

    before = now()
    apply_text(agreement(RULE % (CHAIN, 500)))
    between = now()
    apply_text(agreement(RULE % (CHAIN, 600), "agreement: acme-2026, partner: acme, valid_from: 2026-03-01"))
    at = _day("2026-05-01")
    assert [_rates(ledger, at, moment) for moment in (before, between, None)] == [[], [500], [600]]


@pytest.mark.parametrize("status", [AgreementStatus.SUSPENDED, AgreementStatus.TERMINATED, AgreementStatus.DRAFT])
def test_terms_in_force__status_other_than_active__accrues_nothing(
    two_versions: Database, status: AgreementStatus
) -> None:
    with two_versions.connect() as connection:
        event = {"agreement_id": "acme-2026", "event_number": 3, "status": status, "effective_from": _day("2026-04-01")}
        decide(connection, AGREEMENT_EVENTS, event)
    assert _rates(two_versions, _day("2026-03-31")) == [600]
    assert _rates(two_versions, _day("2026-04-01")) == []


def test_terms_in_force__other_chain__reads_neither_rules_nor_decisions_of_it(
    ledger: Database, apply_text: Apply
) -> None:
    apply_text(agreement(RULE % ("ethereum-demo", 500)))
    with ledger.connect() as connection:
        terms = terms_in_force(connection, CHAIN, _day("2026-05-01"))
    assert (terms.agreements, terms.partners, terms.inputs) == ((), (), ())
    assert _rates(ledger, _day("2026-05-01"), chain="ethereum-demo") == [500]


def test_terms_in_force__inputs__one_per_decision_row_and_stable(two_versions: Database) -> None:
    with two_versions.connect() as connection:
        early = terms_in_force(connection, CHAIN, _day("2026-02-01")).inputs
        late = terms_in_force(connection, CHAIN, _day("2026-05-01")).inputs
        again = terms_in_force(connection, CHAIN, _day("2026-06-01")).inputs
    assert [item.name for item in early] == [
        "partners:acme/1",
        "agreements:acme-2026",
        "agreement_versions:acme-2026/1",
        "agreement_events:acme-2026/2",
        "agreement_rules:acme-2026/1/tips",
    ]
    assert late == again
    changed = {a.name for a in late} ^ {b.name for b in early}
    assert all(name.startswith(("agreement_versions", "agreement_rules")) for name in changed)


def test_terms_in_force__rules__in_the_order_of_the_file(ledger: Database, apply_text: Apply) -> None:
    rules = [(RULE % (CHAIN, 10 * place)).replace("tips", name) for place, name in enumerate(["z", "a", "m"], start=1)]
    apply_text(agreement("\n".join(rules)))
    assert _rates(ledger, _day("2026-05-01")) == [10, 20, 30]


def test_terms_in_force__version_with_an_end__wins_until_then_only(two_versions: Database) -> None:
    with two_versions.connect() as connection:
        recording = Recording.begin(connection, "ada", "a correction of February")
        (first,) = terms_in_force(connection, CHAIN, _day("2026-02-01")).agreements
        corrected = replace(first.rules[0], commission_rate_bps=Bps(450))
        write_version(recording, "acme-2026", 3, _day("2026-02-01"), _day("2026-03-01"), 1, [corrected])
        recording.note("agreement/acme-2026", "agreement.version_corrected", None, {}, [])
    days = ["2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01", "2026-04-01"]
    assert [_rates(two_versions, _day(day)) for day in days] == [[500], [450], [450], [600], [600]]


def test_terms_in_force__as_of_the_future__refused(two_versions: Database) -> None:
    with pytest.raises(AuroraError, match="is not past"):
        _rates(two_versions, _day("2026-05-01"), as_of=datetime.now(UTC) + timedelta(days=1))

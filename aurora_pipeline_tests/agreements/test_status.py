"""Status events: the allowed transitions, forwards in time only, and what each means for accrual."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aurora_pipeline.agreements.in_force import terms_in_force
from aurora_pipeline.agreements.status import FOLLOWS, change_status
from aurora_pipeline.agreements.tables import AgreementStatus
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.agreements.conftest import Apply, agreement, audited, written

START = datetime(2026, 1, 1, tzinfo=UTC)
PATHS = {
    AgreementStatus.DRAFT: (),
    AgreementStatus.ACTIVE: (AgreementStatus.ACTIVE,),
    AgreementStatus.SUSPENDED: (AgreementStatus.ACTIVE, AgreementStatus.SUSPENDED),
    AgreementStatus.TERMINATED: (AgreementStatus.ACTIVE, AgreementStatus.TERMINATED),
}


def _day(number: int) -> datetime:
    return START + timedelta(days=number)


def _set(database: Database, status: AgreementStatus, effective: datetime, reason: str = "why") -> None:
    change_status(database, "acme-2026", status, effective, "ada", reason)


@pytest.fixture
def draft(ledger: Database, apply_text: Apply) -> Database:
    apply_text(agreement(head="agreement: acme-2026, partner: acme, valid_from: 2026-01-01"))
    return ledger


def _bring_to(database: Database, status: AgreementStatus) -> None:
    for number, step in enumerate(PATHS[status], start=1):
        _set(database, step, _day(number))


@pytest.mark.parametrize("present", list(AgreementStatus))
@pytest.mark.parametrize("wanted", [AgreementStatus.ACTIVE, AgreementStatus.SUSPENDED, AgreementStatus.TERMINATED])
def test_change_status__each_pair__allowed_as_declared_else_refused(
    draft: Database, present: AgreementStatus, wanted: AgreementStatus
) -> None:
    _bring_to(draft, present)
    if wanted in FOLLOWS[present]:
        _set(draft, wanted, _day(9))
        assert audited(draft)[-1][1] == "agreement/acme-2026"
    else:
        before = written(draft)
        with pytest.raises(AuroraError, match=f"is {present} since .* cannot become {wanted}"):
            _set(draft, wanted, _day(9))
        assert written(draft) == before


def test_change_status__suspended_and_activated_again__accrues_outside_of_it(draft: Database) -> None:
    _bring_to(draft, AgreementStatus.SUSPENDED)
    _set(draft, AgreementStatus.ACTIVE, _day(5))
    _set(draft, AgreementStatus.TERMINATED, _day(7))
    with draft.connect() as connection:
        found = [bool(terms_in_force(connection, "solana-demo", _day(day)).agreements) for day in range(9)]
    assert found == [False, True, False, False, False, True, True, False, False]
    assert [action for action, _ in audited(draft)[-4:]] == [
        "agreement.activated",
        "agreement.suspended",
        "agreement.activated",
        "agreement.terminated",
    ]


@pytest.mark.parametrize("day", [0, 1, 2])
def test_change_status__not_after_the_change_before__refused(draft: Database, day: int) -> None:
    _bring_to(draft, AgreementStatus.SUSPENDED)
    with pytest.raises(AuroraError, match=r"would go back behind that.*\n.*a day after 2026-01-03"):
        _set(draft, AgreementStatus.TERMINATED, _day(day))


def test_change_status__the_same_again__nothing_is_written(draft: Database) -> None:
    _bring_to(draft, AgreementStatus.ACTIVE)
    before = written(draft)
    assert change_status(draft, "acme-2026", AgreementStatus.ACTIVE, _day(1), "ada", "") == (None, [])
    assert written(draft) == before


def test_change_status__active_before_the_first_terms__refused(draft: Database) -> None:
    with pytest.raises(AuroraError, match="it has no terms before 2026-01-01"):
        _set(draft, AgreementStatus.ACTIVE, _day(-1))
    _set(draft, AgreementStatus.ACTIVE, _day(0))


def test_change_status__no_reason_or_no_such_agreement__refused(draft: Database) -> None:
    with pytest.raises(AuroraError, match="who did it and why"):
        _set(draft, AgreementStatus.ACTIVE, _day(1), reason=" ")
    with pytest.raises(AuroraError, match=r"no agreement 'acme-2062'\n.*did you mean \"acme-2026\""):
        change_status(draft, "acme-2062", AgreementStatus.ACTIVE, _day(1), "ada", "why")


def test_apply__active_from_of_a_terminated_draft__refused(draft: Database, apply_text: Apply) -> None:
    _set(draft, AgreementStatus.TERMINATED, _day(1))
    with pytest.raises(AuroraError, match='"acme-2026" is TERMINATED and stays so'):
        apply_text(agreement())

"""Drafts of before something was stated, opened or terminated: not submitted, and computed again just once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from aurora_pipeline.agreements.tables import AGREEMENT_EVENTS, Series
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.period_key import MonthKey
from aurora_pipeline.statements.transitions.opening import import_openings
from aurora_pipeline.store.database import Database
from aurora_pipeline.work.month_end import last_month
from aurora_pipeline_tests.decided import decide
from aurora_pipeline_tests.statements.books import CHAIN, Books

AUGUST, SEPTEMBER, OCTOBER = "2026-08", "2026-09", "2026-10"


@pytest.fixture
def books(database: Database) -> Books:
    """August with a line of 100."""
    made = Books(database).begin()
    made.set(850, "acme", "v1", 100)
    made.live(AUGUST)
    made.settle()
    return made


def test_submit__adjustment_that_an_earlier_statement_took_on_meanwhile__refused_and_stated_once(books: Books) -> None:
    books.freeze("acme", AUGUST)
    books.set(850, "acme", "v1", 110)
    books.publish(850)
    books.live(SEPTEMBER, OCTOBER)
    books.settle()
    books.submit("acme", SEPTEMBER)
    books.set(850, "acme", "v1", 115)
    books.publish(850)
    books.settle()
    assert books.entries("acme", OCTOBER) == [("0000850", 5, "DATA")]
    # Handed back and computed again, September takes on all of it; its number and closing balance are as they were.
    books.reject("acme", SEPTEMBER)
    books.compute(MonthKey(CHAIN, SEPTEMBER))
    books.submit("acme", SEPTEMBER)
    books.approve("acme", SEPTEMBER)
    assert books.entries("acme", SEPTEMBER) == [("0000850", 15, "DATA")]
    with pytest.raises(
        AuroraError, match="computed before something was agreed, opened, submitted, approved or rejected"
    ):
        books.submit("acme", OCTOBER)
    books.settle()
    assert books.entries("acme", OCTOBER) == []
    books.submit("acme", OCTOBER)


def test_submit__month_that_was_paid_elsewhere_by_an_opening_of_0__refused(books: Books, tmp_path: Path) -> None:
    file = tmp_path / "balances.csv"
    file.write_text(f"partner,chain_id,opening,paid_through\nacme,{CHAIN},0 lamports,{AUGUST}\n", encoding="utf-8")
    import_openings(books.database, file, "ann", "cut-over")
    with pytest.raises(AuroraError, match="computed before something was agreed"):
        books.submit("acme", AUGUST)
    books.settle()
    assert books.statement("acme", AUGUST).row["number"] is None


def test_submit__month_of_a_partner_who_is_paid_by_epoch_by_now__refused(books: Books) -> None:
    books.pay_by("acme", Series.EPOCH, AUGUST)
    with pytest.raises(AuroraError, match="computed before something was agreed"):
        books.submit("acme", AUGUST)
    books.settle()
    assert books.statement("acme", AUGUST).row["number"] is None
    books.submit("acme", "0000850")


def test_submit__below_a_minimum_that_was_agreed_meanwhile__refused(books: Books) -> None:
    books.minimum("acme", 500)
    with pytest.raises(AuroraError, match="computed before something was agreed"):
        books.submit("acme", AUGUST)
    books.settle()
    books.submit("acme", AUGUST)
    assert books.statement("acme", AUGUST).row["payable"] == 0


def test_submit__the_same_again_after_a_rejection__needs_no_new_computation(books: Books) -> None:
    books.submit("acme", AUGUST)
    books.reject("acme", AUGUST)
    books.submit("acme", AUGUST)
    books.settle()
    books.reject("acme", AUGUST)
    books.settle()
    books.submit("acme", AUGUST)
    books.approve("acme", AUGUST)


def test_stale__partner_who_is_gone_from_the_month__is_computed_once(books: Books) -> None:
    terminated = {"agreement_id": "acme-1", "event_number": 2, "status": "TERMINATED"}
    with books.database.connect() as connection:
        decide(connection, AGREEMENT_EVENTS, terminated | {"effective_from": datetime(2026, 8, 1, tzinfo=UTC)})
    books.remove(850, "acme", "v1")
    for epoch in books.epochs(AUGUST):
        books.publish(epoch)
    assert books.settle() == [MonthKey(CHAIN, AUGUST)]
    assert list(books.statements("acme")) == []
    assert books.settle() == []


def test_stale__epoch_of_a_partner_who_is_paid_by_month_again__hands_on_no_balance_and_goes(books: Books) -> None:
    books.pay_by("acme", Series.EPOCH, AUGUST)
    books.set(852, "acme", "v1", 30)
    books.live(AUGUST)
    books.publish(852)
    books.settle()
    assert books.statement("acme", "0000852").row["number"] == 3
    books.pay_by("acme", Series.MONTH, SEPTEMBER)
    books.live(SEPTEMBER)
    books.compute(MonthKey(CHAIN, SEPTEMBER))
    assert books.statement("acme", SEPTEMBER).row["number"] == 3
    books.settle()
    assert sorted(books.statements("acme")) == ["0000850", "0000851", AUGUST, SEPTEMBER]


def test_last_month__lines_that_changed_after_its_statements__says_that_they_are_to_be_computed(books: Books) -> None:
    books.live(SEPTEMBER)
    chain = books.configuration.chain(CHAIN)

    def to_compute() -> str | None:
        month = last_month(books.database, chain, datetime(2026, 9, 10, tzinfo=UTC))
        assert month is not None
        assert month.month == AUGUST
        return month.to_compute

    assert to_compute() is None
    books.set(850, "acme", "v1", 110)
    books.publish(850)
    assert to_compute() == "they rest on what no longer counts"
    books.settle()
    assert to_compute() is None

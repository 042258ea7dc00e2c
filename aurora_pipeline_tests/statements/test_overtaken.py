"""What is decided while a statement is computed, or under what is stated: never lost, and never shown otherwise."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aurora_pipeline.agreements.tables import Series
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.period_key import MonthKey, PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.statements.decided import STATEMENT_SUBMISSIONS
from aurora_pipeline.statements.payable_drafts import draft_epoch_payables, draft_month
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.errors import PublicationRefused
from aurora_pipeline_tests.gated import write_check_publish
from aurora_pipeline_tests.statements.books import CHAIN, Books
from aurora_pipeline_tests.statements.forging import AUGUST, SEPTEMBER, at_once, correct, override, refused, submission


@pytest.fixture
def books(database: Database) -> Books:
    """A month of 150 for acme, and one of 30."""
    made = Books(database).begin()
    made.set(850, "acme", "v1", 100)
    made.set(851, "acme", "v1", 50)
    made.set(852, "acme", "v1", 30)
    made.live(AUGUST, SEPTEMBER)
    made.settle()
    return made


def computed(books: Books, key: MonthKey | PeriodKey) -> list[Draft]:
    """The statements of a place as they are computed now, from lines that are worth 1 more; not published yet."""
    books.set(850, "acme", "v1", 101)
    books.publish(850)
    make = draft_month if isinstance(key, MonthKey) else draft_epoch_payables
    with books.database.connect() as connection:
        drafts = make(books.configuration, connection, key)
    books.set(850, "acme", "v1", 100)
    books.publish(850)
    return drafts


@pytest.mark.parametrize("approved", [False, True])
def test_publication__computed_before_the_submission__refused_and_nothing_else_is_shown(
    books: Books, approved: bool
) -> None:
    drafts = computed(books, MonthKey(CHAIN, AUGUST))
    books.settle()
    books.submit("acme", AUGUST)
    if approved:
        books.approve("acme", AUGUST)
    with pytest.raises(PublicationRefused, match="of 2026-08 do not repeat what was stated to acme; nothing was publ"):
        write_check_publish(books.database, drafts)
    assert books.statement("acme", AUGUST).row["payable"] == 150
    books.settle()
    if approved:
        books.release("acme", AUGUST)
        books.pay("acme", AUGUST, 150)


def test_publication__of_an_epoch_that_is_paid_computed_before_the_submission__refused(books: Books) -> None:
    books.pay_by("acme", Series.EPOCH, AUGUST)
    books.settle()
    drafts = computed(books, PeriodKey(CHAIN, EpochNumber(850)))
    books.settle()
    books.submit("acme", "0000850")
    with pytest.raises(PublicationRefused, match="of 0000850 do not repeat what was stated to acme"):
        write_check_publish(books.database, drafts)
    assert books.statement("acme", "0000850").row["payable"] == 100


@pytest.mark.parametrize("round_", range(3))
def test_publication__at_the_moment_of_the_submission__one_of_them_counts(books: Books, round_: int) -> None:
    drafts = computed(books, MonthKey(CHAIN, AUGUST))
    books.settle()
    identifier = books.statement("acme", AUGUST).row["statement_digest"]
    said = at_once(
        lambda: write_check_publish(books.database, drafts),
        lambda: books.submit("acme", AUGUST),
    )
    assert [bool(one) for one in sorted(said)] == [False, True], (round_, said)
    stated = books.rows("SELECT statement_digest FROM statement_submissions")
    shown = books.statement("acme", AUGUST).row
    assert shown["payable"] == (150 if stated else 151)
    assert not stated or stated[0]["statement_digest"] == identifier == shown["statement_digest"]


DECIDED: dict[str, Callable[[Books], None]] = {
    "an override": lambda books: override(books, "sam", 850, 120),
    "a correcting version": lambda books: correct(books, "sam", MonthKey(CHAIN, AUGUST).started_at),
}


@pytest.mark.parametrize("what", DECIDED)
def test_submit__lines_of_a_stated_period_are_behind__refused_until_they_are_adjusted(books: Books, what: str) -> None:
    books.freeze("acme", AUGUST)
    books.settle()
    DECIDED[what](books)
    refused(
        books,
        "sam",
        (STATEMENT_SUBMISSIONS, submission(books, SEPTEMBER)),
        match="the lines of epoch 85.* rest on what no longer counts",
    )
    with pytest.raises(AuroraError, match="rest on what no longer counts"):
        books.submit("acme", SEPTEMBER)
    books.follow()
    books.submit("acme", SEPTEMBER)


def test_submit__lines_of_another_partners_stated_period_are_behind__allowed(books: Books) -> None:
    books.freeze("brook", AUGUST)
    books.settle()
    override(books, "sam", 852, 7, partner="brook")
    books.freeze("acme", AUGUST)


def test_submit__computed_while_the_month_before_was_pending__refused_when_it_is_approved(books: Books) -> None:
    """What changed of the month while it was pending is adjusted from its approval on."""
    books.submit("acme", AUGUST)
    books.set(850, "acme", "v1", 101)
    books.publish(850)
    books.settle()
    books.approve("acme", AUGUST)
    refused(
        books,
        "sam",
        (STATEMENT_SUBMISSIONS, submission(books, SEPTEMBER)),
        match="computed before something was agreed, opened, submitted, approved or rejected",
    )
    books.settle()
    assert books.entries("acme", SEPTEMBER) == [("0000850", 1, "DATA")]
    books.submit("acme", SEPTEMBER)

"""What a forger could write of payments, disputes, answers and openings that only a command would refuse."""

from __future__ import annotations

import pytest

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.period_key import MonthKey
from aurora_pipeline.statements.decided import (
    STATEMENT_DISPUTED_PAYMENTS,
    STATEMENT_OPENINGS,
    DisputeVerdict,
)
from aurora_pipeline.statements.history import events_of
from aurora_pipeline.statements.transitions import answer
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.statements.books import CHAIN, Books, line_of
from aurora_pipeline_tests.statements.forging import (
    AUGUST,
    LINE,
    SEPTEMBER,
    Row,
    answered,
    at,
    correct,
    digest,
    disputed,
    forge,
    opened,
    override,
    paid,
    refused,
)


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


def test_payment__to_no_account_of_the_chain_or_not_to_be_found_again__is_refused(books: Books) -> None:
    at(books, 3)
    for address in ("0x52908400098527886E0F7030069857D2E4169EE7", "", "nobody", "0" * 40, "x" * 45):
        refused(books, "rob", *paid(books, payout_address=address), match="is no account of the statement's chain")
    for other in ({"reference": ""}, {"reference": " \n"}, {"transaction_id": ""}, {"transaction_id": "\t"}):
        refused(books, "rob", *paid(books, **other), match="lacks its reference or its transaction")
    forge(books, "rob", *paid(books))


def nevertheless(books: Books, **other: object) -> tuple[object, Row]:
    row: Row = {"statement_id": digest(books)["statement_id"], "payment_number": 1, "disputed": 100}
    return STATEMENT_DISPUTED_PAYMENTS, row | other


def test_payment__of_what_is_disputed__is_refused_unless_the_same_person_says_so(books: Books) -> None:
    at(books, 4)
    refused(books, "rob", *paid(books), match="100 of statement .* is disputed, and nobody said that it is paid")
    refused(books, "rob", *paid(books, amount=51), match="is disputed")
    for change in ({"disputed": 99}, {"payment_number": 2}):
        refused(books, "rob", nevertheless(books, **change), *paid(books), match="is disputed")  # type: ignore[arg-type]
    refused(books, "rob", nevertheless(books), match="foreign key")  # type: ignore[arg-type]
    forge(books, "rob", *paid(books, amount=50))
    again = {"payment_number": 2, "transaction_id": "U"}
    refused(books, "rob", *paid(books, amount=1, **again), match="is disputed")
    said = nevertheless(books, payment_number=2)
    forge(books, "rob", said, *paid(books, amount=100, **again))  # type: ignore[arg-type]


def test_payment__including_what_is_disputed__is_told_in_the_history(books: Books) -> None:
    at(books, 4)
    books.pay("acme", AUGUST, 50, is_part=True)
    books.pay("acme", AUGUST, 100, with_disputed=True)
    (row,) = books.rows("SELECT payment_number, disputed, recorded_by FROM statement_disputed_payments")
    assert (row["payment_number"], int(row["disputed"]), row["recorded_by"]) == (2, 100, "rob")
    with books.database.connect() as connection:
        told = [one.what for one in events_of(connection, str(digest(books)["statement_id"]))]
    assert sum("although 100 base units of it were disputed" in one for one in told) == 1


def test_payment__with_nothing_in_dispute__needs_nobody_to_say_so(books: Books) -> None:
    at(books, 3)
    books.pay("acme", AUGUST, 150, with_disputed=True)
    assert books.rows("SELECT FROM statement_disputed_payments") == []


def test_dispute__with_what_nobody_can_hold_for_right__is_refused(books: Books) -> None:
    at(books, 3)
    for claimed in (-1, 100):
        refused(books, "ann", *disputed(books, claimed=claimed), match="is nothing that line .* can be disputed with")
    forge(books, "ann", *disputed(books, claimed=0))


def test_answer__settled_by_what_settles_another_line__is_refused(books: Books) -> None:
    books.set(850, "acme", "v2", 10)
    books.publish(850)
    books.settle()
    override(books, "sam", 852, 7)
    correct(books, "sam", MonthKey(CHAIN, SEPTEMBER).started_at)
    at(books, 4)
    identifier = books.statement("acme", AUGUST).statement_id
    for settled_by in (f"commission_overrides:acme-1/r/{CHAIN}/852/LINE/v1//1", "agreement_versions:acme-1/2"):
        told = answered(books, verdict="ACCEPTED", settled_by=settled_by)
        refused(books, "sam", *told, match="is no override of the disputed line and no version that corrects its time")
        with pytest.raises(
            AuroraError, match=r"no override of line .* and no version that corrects its time is called"
        ):
            answer.answer(books.database, identifier, [CHAIN], LINE, DisputeVerdict.ACCEPTED, settled_by, "sam", "true")


def test_answer__about_an_adjustment__is_settled_by_an_override_of_the_line_that_it_adjusts(books: Books) -> None:
    books.freeze("acme", AUGUST)
    books.set(850, "acme", "v1", 90)
    books.publish(850)
    books.settle()
    books.freeze("acme", SEPTEMBER)
    one = books.statement("acme", SEPTEMBER)
    (entry,) = books.rows("SELECT entry_id::text AS id FROM monthly_statement_entries")
    answer.dispute(books.database, one.statement_id, [CHAIN], entry["id"], "5 lamports", "ann", "no", "acme")
    override(books, "sam", 850, 105)
    answer.answer(
        books.database, one.statement_id, [CHAIN], entry["id"], DisputeVerdict.ACCEPTED, "acme-1/r", "sam", "true"
    )
    (row,) = books.rows("SELECT settled_by FROM statement_dispute_answers")
    assert row["settled_by"] == f"commission_overrides:acme-1/r/{CHAIN}/850/LINE/v1//1"


def test_opening__through_a_month_that_is_not_over__is_refused(books: Books) -> None:
    (opening, balance) = opened(books)
    for month in ("2026-10", "2099-12"):
        refused(
            books,
            "ann",
            (STATEMENT_OPENINGS, opening[1] | {"paid_through": month}),
            balance,
            match=f"{month} is not over on {CHAIN}",
        )
    forge(books, "ann", (STATEMENT_OPENINGS, opening[1] | {"paid_through": "2026-07"}), balance)


@pytest.mark.parametrize("name", ["", " ", "a", line_of("acme", "v2", 850)[:3]])
def test_names__that_are_too_short_to_mean_one__name_nothing(books: Books, name: str) -> None:
    books.set(850, "acme", "v2", None)
    books.publish(850)
    books.settle()
    with pytest.raises(AuroraError, match="names none of the missing and held figures"):
        books.submit("acme", AUGUST, [name])
    books.submit("acme", AUGUST, [line_of("acme", "v2", 850)[:8]])
    books.approve("acme", AUGUST)
    books.release("acme", AUGUST)
    identifier = books.statement("acme", AUGUST).statement_id
    with pytest.raises(AuroraError, match=r"names no line\(s\) of statement"):
        answer.dispute(books.database, identifier, [CHAIN], name, "5 lamports", "ann", "no", "acme")
    answer.dispute(books.database, identifier, [CHAIN], LINE, "5 lamports", "ann", "no", "acme")
    with pytest.raises(AuroraError, match=r"names no dispute\(s\)"):
        answer.answer(books.database, identifier, [CHAIN], name, DisputeVerdict.REJECTED, None, "sam", "no")

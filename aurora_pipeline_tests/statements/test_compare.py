"""Two states of a statement compared, and a statement traced: line by line, with the inputs that differ."""

from __future__ import annotations

from datetime import datetime

import pytest

from aurora_pipeline.proof.tracing.trace import trace
from aurora_pipeline.statements.compare import Compared, compare
from aurora_pipeline.statements.documents import document, payable_statements
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.statements.books import CHAIN, Books, line_of

AUGUST = "2026-08"


@pytest.fixture
def books(database: Database) -> Books:
    made = Books(database).begin()
    made.set(850, "acme", "v1", 100)
    made.set(850, "acme", "v2", 5)
    made.set(851, "acme", "v1", 50)
    made.live(AUGUST)
    made.settle()
    return made


def now(books: Books) -> datetime:
    (row,) = books.rows("SELECT clock_timestamp() AS now")
    moment = row["now"]
    assert isinstance(moment, datetime)
    return moment


def compared(books: Books, since: datetime) -> Compared:
    with books.database.connect() as connection:
        then, today = (
            document(connection, next(one for one in found if one.key.period == AUGUST))
            for found in (
                payable_statements(connection, CHAIN, partner_id="acme", as_of=since),
                payable_statements(connection, CHAIN, partner_id="acme"),
            )
        )
        return compare(connection, then, today)


def test_compare__nothing_changed__nothing_differs(books: Books) -> None:
    found = compared(books, now(books))
    assert (found.steps, found.lines) == ({}, ())


def test_compare__a_line_changed_one_removed_one_overridden__each_with_its_reason_and_inputs(books: Books) -> None:
    since = now(books)
    books.set(850, "acme", "v1", 130)
    books.remove(850, "acme", "v2")
    books.publish(850)
    books.publish(851, override={("acme", "v1"): 70})
    books.settle()
    found = compared(books, since)
    assert found.steps["known_total"] == (155, 200)
    told = {one.line_id: (one.before, one.after, one.why) for one in found.lines}
    assert told[line_of("acme", "v1", 850)] == (100, 130, "revenue was 100, is 130, base was 100, is 130")
    assert told[line_of("acme", "v2", 850)] == (5, 0, "it is not there any more")
    assert told[line_of("acme", "v1", 851)] == (50, 70, "override was none, is 70")
    (input_of_v1,) = next(one for one in found.lines if one.line_id == line_of("acme", "v1", 850)).inputs
    assert (input_of_v1.kind, input_of_v1.name) == ("fetch", "lines/850")


def test_trace__of_a_statement_with_balances__leads_to_its_epochs_and_says_who_decided(books: Books) -> None:
    books.freeze("acme", AUGUST)
    with books.database.connect() as connection:
        node = trace(connection, books.statement("acme", AUGUST).statement_id[:8])
    assert node.amount == 155
    assert node.note is not None
    assert "submitted by sam" in node.note
    assert "released by rob" in node.note
    assert [child.amount for child in node.children] == [105, 50]

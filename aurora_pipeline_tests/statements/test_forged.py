"""What a forger could try with a statement who may INSERT: other people's names, other instants, other figures."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import IsolationLevel

from aurora_pipeline.decisions.recording import Recording
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.statements.decided import (
    STATEMENT_APPROVALS,
    STATEMENT_BALANCES,
    STATEMENT_OPENINGS,
    STATEMENT_PAYMENTS,
    STATEMENT_SUBMISSIONS,
    DisputeVerdict,
)
from aurora_pipeline.statements.transitions import answer
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import Table
from aurora_pipeline_tests.statements.books import CHAIN, Books, line_of
from aurora_pipeline_tests.statements.forging import (
    AUGUST,
    LINE,
    LONG_AGO,
    SEPTEMBER,
    Row,
    acknowledged,
    answered,
    approval,
    approved,
    at,
    at_once,
    correct,
    disputed,
    forge,
    opened,
    override,
    paid,
    refused,
    rejected,
    released,
    submission,
    submitted,
    user,
    write,
)

ACCEPTED = DisputeVerdict.ACCEPTED


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


Make = Callable[[Books], list[tuple[Table, Row]]]
LIFE: list[tuple[Make, str]] = [
    (opened, "rob"),
    (submitted, "sam"),
    (rejected, "ann"),
    (approved, "ann"),
    (released, "rob"),
    (acknowledged, "rob"),
    (disputed, "rob"),
    (answered, "ann"),
    (paid, "rob"),
]
"""Every step and somebody who may take it. All but the rejection are taken."""


def test_steps__of_a_whole_life_by_who_may_not_decide__are_refused(books: Books) -> None:
    user(books, "eve", "AUDITOR")
    user(books, "pia", "PARTNER", "brook")
    user(books, "pat", "PARTNER", "acme")
    user(books, "gus", "FINANCE")
    user(books, "gus", "FINANCE", until=LONG_AGO + timedelta(days=1))  # of whom only the newest revision counts
    for make, who in LIFE:
        rows = make(books)
        for other in ("eve", "pia", "gus", "nobody", who.upper(), ""):
            refused(books, other, *rows, match="nobody who decides|does not speak for")
        if make not in (acknowledged, disputed):
            refused(books, "pat", *rows, match="nobody who decides")
        go_on(books, make, who, rows)


def test_steps__of_a_whole_life_at_another_instant_or_signed_by_another__are_refused(books: Books) -> None:
    for make, who in LIFE:
        rows = make(books)
        with books.database.connect() as connection:
            now = connection.execute("SELECT clock_timestamp() AS now").fetchone()
        assert now is not None
        for moment in (LONG_AGO, now["now"], now["now"] + timedelta(days=1)):
            with pytest.raises(psycopg.DatabaseError, match="not the ledger's"):
                write(books, who, rows, moment=moment)
        with pytest.raises(psycopg.DatabaseError, match="no entry of the audit log says so"):
            write(books, who, rows, logged_by="ada")
        go_on(books, make, who, rows)


def go_on(books: Books, make: Make, who: str, rows: list[tuple[Table, Row]]) -> None:
    if make is not rejected:
        forge(books, who, *rows)
        books.settle()


def test_submission__accepting_a_line_that_is_not_on_it__is_refused(books: Books) -> None:
    for epoch, validator in ((850, "v2"), (852, "v3")):
        books.set(epoch, "acme", validator, None)
        books.publish(epoch)
    books.settle()
    of_september = submission(books, accepted=f'["{line_of("acme", "v3", 852)}"]')
    refused(books, "sam", (STATEMENT_SUBMISSIONS, of_september), match="is not what is missing")
    books.set(850, "acme", "v2", 9)
    books.set(851, "acme", "v4", None)
    for epoch in (850, 851):
        books.publish(epoch)
    books.settle()
    not_any_more = submission(books, accepted=f'["{line_of("acme", "v2", 850)}"]')
    refused(books, "sam", (STATEMENT_SUBMISSIONS, not_any_more), match="is not what is missing")
    forge(books, "sam", (STATEMENT_SUBMISSIONS, submission(books, accepted=f'["{line_of("acme", "v4", 851)}"]')))


def test_submission__accepting_an_entry_of_another_partner__is_refused(database: Database) -> None:
    books = Books(database, floor=1_000).begin()
    for partner in ("acme", "brook"):
        books.set(850, partner, "v1", 100)
        books.set(851, partner, "v1", None)
    books.live(AUGUST)
    books.settle()
    entries = {
        row["partner_id"]: row["id"]
        for row in books.rows("SELECT partner_id, entry_id::text AS id FROM monthly_statement_entries")
    }
    line = line_of("acme", "v1", 851)
    foreign = submission(books, accepted=f'["{line}", "{entries["brook"]}"]')
    refused(books, "sam", (STATEMENT_SUBMISSIONS, foreign), match="is not what is missing")
    forge(books, "sam", (STATEMENT_SUBMISSIONS, submission(books, accepted=f'["{line}", "{entries["acme"]}"]')))


def test_approval__of_a_correction_that_left_no_line__is_refused_to_who_corrected(books: Books) -> None:
    correct(books, "rob", LONG_AGO)
    for epoch in (850, 851):
        books.lines[epoch] = {}
        books.publish(epoch)
    books.settle()
    books.submit("acme", AUGUST)
    refused(books, "rob", *approval(books), match="corrected terms")
    forge(books, "ann", *approval(books))


def test_approval__of_a_correction_of_another_time_or_chain__is_allowed(books: Books) -> None:
    correct(books, "rob", datetime(2026, 9, 25, tzinfo=UTC))
    correct(books, "rob", LONG_AGO, datetime(2020, 6, 1, tzinfo=UTC), version=3)
    books.submit("acme", AUGUST)
    forge(books, "rob", *approval(books))


def test_approval__of_what_one_adjusts_by_an_override__is_refused_to_who_overrode(books: Books) -> None:
    books.freeze("acme", AUGUST)
    override(books, "ann", 850, 120)
    books.publish(850, override={("acme", "v1"): 120})
    books.settle()
    books.submit("acme", SEPTEMBER)
    (row,) = books.rows("SELECT * FROM statement_submissions WHERE period = %s", SEPTEMBER)
    same = {name: row[name] for name in ("statement_id", "attempt", "statement_digest")}
    names = ("partner_id", "chain_id", "number", "statement_id", "opening", "total", "payable", "closing")
    whole = (
        (STATEMENT_APPROVALS, same | {"submitter": "sam"}),
        (STATEMENT_BALANCES, {name: row[name] for name in names} | {"previous_number": 1}),
    )
    refused(books, "ann", *whole, match="overrode a figure")
    forge(books, "rob", *whole)


def test_approval__by_who_overrode_and_took_it_back__is_refused(books: Books) -> None:
    override(books, "rob", 850, 120)
    override(books, "rob", 850, None, revision=2)
    books.submit("acme", AUGUST)
    refused(books, "rob", *approval(books), match="overrode a figure")


def test_opening__with_a_payable_or_a_month_that_is_none__is_refused(books: Books) -> None:
    (opening, balance) = opened(books)
    forged = balance[1] | {"payable": 5, "total": 10}
    refused(books, "ann", opening, (STATEMENT_BALANCES, forged), match="check constraint")
    for month in ("2026-13", "9999", "2026-7", ""):
        refused(books, "ann", (STATEMENT_OPENINGS, opening[1] | {"paid_through": month}), balance, match="check")
    forge(books, "ann", opening, balance)
    refused(books, "ann", opening, balance, match="duplicate key")


def test_balances__of_nothing_or_out_of_the_chain__are_refused(books: Books) -> None:
    books.freeze("acme", AUGUST)
    other = books.statement("brook", AUGUST).statement_id
    row: Row = {"partner_id": "acme", "chain_id": CHAIN, "number": 2, "statement_id": other, "previous_number": 1}
    row |= {"opening": 0, "total": 7, "payable": 7, "closing": 0}
    for change in ({}, {"opening": 1}, {"previous_number": None}, {"previous_number": 3}, {"statement_id": None}):
        refused(books, "ann", (STATEMENT_BALANCES, row | change))


@pytest.mark.parametrize("late", ["another validator", "the same line, changed"])
def test_dispute__of_what_came_after_the_statement__is_refused(books: Books, late: str) -> None:
    at(books, 3)
    books.set(850, "acme", "v9" if late == "another validator" else "v1", 44)
    books.publish(850)
    books.settle()
    line = line_of("acme", "v9", 850) if late == "another validator" else LINE
    refused(books, "ann", *disputed(books, line_id=line, stated=44), match="is not on statement")
    forge(books, "ann", *disputed(books))


def test_dispute__with_words_that_the_statement_does_not_say__is_refused(books: Books) -> None:
    at(books, 3)
    for stated in (99, 0, None):
        refused(books, "ann", *disputed(books, stated=stated), match="or not with the amount")


def test_dispute_and_acknowledgement__for_whom__is_the_partner_of_the_statement(books: Books) -> None:
    user(books, "pat", "PARTNER", "acme")
    at(books, 3)
    for make in (acknowledged, disputed):
        refused(books, "ann", *make(books, on_behalf_of="brook"), match="on_behalf_of is brook")
        refused(books, "ann", *make(books, on_behalf_of=None), match="on_behalf_of is null")
        refused(books, "pat", *make(books, on_behalf_of="acme"), match="pat speaks for itself")
        forge(books, "pat", *make(books, on_behalf_of=None))


def test_answer__settled_by_what_settles_nothing__is_refused(books: Books) -> None:
    override(books, "sam", 850, 120, "brook")
    override(books, "sam", 850, 120)
    correct(books, "sam", LONG_AGO)
    at(books, 4)
    ours = f"commission_overrides:acme-1/r/{CHAIN}/850/LINE/v1//1"
    for settled_by in (
        ours.replace("acme", "brook"),
        ours.replace("//1", "//2"),
        "agreement_versions:acme-1/1",
        "agreement_versions:acme-1/3",
        "a promise",
        "",
    ):
        told = answered(books, verdict="ACCEPTED", settled_by=settled_by)
        refused(books, "sam", *told, match="is no override of the disputed line and no version that corrects its time")
    refused(books, "sam", *answered(books, settled_by=ours), match="check constraint")
    forge(books, "sam", *answered(books, verdict="ACCEPTED", settled_by=ours))


def test_answer__settled_by_a_rule__names_the_override_of_the_disputed_line(books: Books) -> None:
    for epoch in (850, 852):  # the newer one is of another line
        override(books, "sam", epoch, 120)
    at(books, 4)
    identifier = books.statement("acme", AUGUST).statement_id
    for called in ("acme-1/", "acme-", "acme-1/1", "brook-1/r"):
        with pytest.raises(AuroraError, match="is called"):
            answer.answer(books.database, identifier, [CHAIN], LINE, ACCEPTED, called, "sam", "true")
    answer.answer(books.database, identifier, [CHAIN], LINE, ACCEPTED, "acme-1/r", "sam", "true")
    (row,) = books.rows("SELECT settled_by FROM statement_dispute_answers")
    assert row["settled_by"] == f"commission_overrides:acme-1/r/{CHAIN}/850/LINE/v1//1"


@pytest.mark.parametrize("round_", range(3))
def test_steps__approved_and_rejected_at_once__one_of_them_counts(books: Books, round_: int) -> None:
    books.submit("acme", AUGUST)
    said = at_once(
        lambda: forge(books, "ann", *approved(books)),
        lambda: forge(books, "rob", *rejected(books)),
    )
    assert [bool(one) for one in sorted(said)] == [False, True], said
    rows = books.rows("SELECT FROM statement_approvals") + books.rows("SELECT FROM statement_rejections")
    assert len(rows) == 1, round_


def test_steps__paid_in_full_by_two_at_once__one_of_them_counts(books: Books) -> None:
    at(books, 3)
    said = at_once(
        lambda: books.pay("acme", AUGUST, 150, who="rob"),
        lambda: books.pay("acme", AUGUST, 150, who="ann"),
    )
    assert [bool(one) for one in sorted(said)] == [False, True]
    assert "is PAID, not RELEASED" in sorted(said)[1]
    assert books.rows("SELECT sum(amount) AS paid FROM statement_payments")[0]["paid"] == 150


def test_steps__opened_and_submitted_at_once__one_of_them_counts(books: Books) -> None:
    said = at_once(lambda: forge(books, "ann", *opened(books)), lambda: forge(books, "sam", *submitted(books)))
    assert [bool(one) for one in sorted(said)] == [False, True], said


@pytest.mark.parametrize(
    ("level", "words"),
    [
        (IsolationLevel.READ_COMMITTED, "would be paid 200 of 150"),
        (IsolationLevel.REPEATABLE_READ, "could not serialize"),
    ],
)
def test_payment__before_another_is_committed__waits_for_it(books: Books, level: IsolationLevel, words: str) -> None:
    """A forger who reads before the other commits pays nothing twice: the second INSERT waits and then looks."""
    at(books, 3)
    first = paid(books, amount=100)[0][1]
    second = paid(books, amount=100, payment_number=2, transaction_id="U")[0][1]
    waiting = threading.Event()
    said: list[str] = []

    def pay_too() -> None:
        with books.database.connect() as connection:
            connection.execute(f"SET TRANSACTION ISOLATION LEVEL {level.name.replace('_', ' ')}".encode())
            connection.execute("SELECT count(*) FROM statement_payments").fetchall()
            waiting.set()
            try:
                recording = Recording.begin(connection, "ann", "forged")
                recording.write(STATEMENT_PAYMENTS, second)
                recording.note("statement/forged", "forged", None, {}, [])
            except psycopg.DatabaseError as error:
                said.append(str(error))
                connection.rollback()

    with books.database.connect() as connection:
        recording = Recording.begin(connection, "rob", "forged")
        recording.write(STATEMENT_PAYMENTS, first)
        recording.note("statement/forged", "forged", None, {}, [])
        thread = threading.Thread(target=pay_too)
        thread.start()
        waiting.wait()
    thread.join()
    assert words in said[0]


def test_rows__of_every_table_of_decisions__are_never_changed_removed_or_emptied(books: Books) -> None:
    at(books, 4)
    forge(books, "sam", *answered(books))
    forge(books, "ann", *acknowledged(books))
    books.pay("acme", AUGUST, 150)
    tables = [
        row["name"]
        for row in books.rows("SELECT tablename AS name FROM pg_tables WHERE tablename LIKE 'statement_%%' ORDER BY 1")
    ]
    assert len(tables) == 11
    for name in tables:
        for change in (f"DELETE FROM {name}", f"UPDATE {name} SET recorded_at = now()", f"TRUNCATE {name} CASCADE"):
            with pytest.raises(psycopg.DatabaseError, match="append-only"), books.database.connect() as connection:
                connection.execute(change.encode())

"""What nobody may do with a statement: refused by the database itself, over plain SQL and with a forged log entry."""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg
import pytest

from aurora_pipeline.agreements.tables import COMMISSION_OVERRIDES
from aurora_pipeline.decisions.recording import Recording
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.statements.decided import (
    STATEMENT_ACKNOWLEDGEMENTS,
    STATEMENT_BALANCES,
    STATEMENT_DISPUTE_ANSWERS,
    STATEMENT_DISPUTES,
    STATEMENT_OPENINGS,
    STATEMENT_PAYMENTS,
    STATEMENT_REJECTIONS,
    STATEMENT_RELEASES,
    STATEMENT_SUBMISSIONS,
    DisputeVerdict,
)
from aurora_pipeline.statements.transitions import answer
from aurora_pipeline.statements.transitions.approve import approve
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.statements.books import ADDRESS, CHAIN, Books, line_of
from aurora_pipeline_tests.statements.forging import (
    AUGUST,
    SEPTEMBER,
    Row,
    approval,
    digest,
    forge,
    refused,
    submission,
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


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"payable": 160, "closing": -10}, "no statement of snapshot"),
        ({"lines": 151, "total": 151, "payable": 151}, "no statement of snapshot"),
        ({"total": 151}, "no statement of snapshot"),
        ({"closing": 5}, "no statement of snapshot"),
        ({"opening": 10, "lines": 140}, "does not follow"),
        ({"number": 2}, "does not follow"),
        ({"statement_digest": "c" * 64}, "no statement of snapshot"),
        ({"attempt": 2}, "pending"),
        ({"asset": "validator_pnl"}, "no statements that are paid"),
        ({"accepted": '["5c0f7c1e-5b0e-5f39-9a2d-6a1f0f2f7a11"]'}, "no statement of snapshot"),
        ({"lineage_digest": "d" * 64}, "not in force"),
        ({"partner_id": "brook"}, "no statement of snapshot"),
    ],
    ids=str,
)
def test_submission__that_says_something_else__is_refused(books: Books, other: Row, why: str) -> None:
    refused(books, "sam", (STATEMENT_SUBMISSIONS, submission(books, **other)), match=why)


def test_submission__out_of_turn_twice_or_of_an_old_snapshot__is_refused(books: Books) -> None:
    refused(books, "sam", (STATEMENT_SUBMISSIONS, submission(books, SEPTEMBER)), match="does not follow")
    old = submission(books)
    books.set(850, "acme", "v1", 101)
    books.publish(850)
    books.settle()
    refused(books, "sam", (STATEMENT_SUBMISSIONS, old), match="not in force")
    books.submit("acme", AUGUST)
    refused(books, "sam", (STATEMENT_SUBMISSIONS, submission(books, attempt=2)), match="pending")
    books.approve("acme", AUGUST)
    refused(books, "sam", (STATEMENT_SUBMISSIONS, submission(books, attempt=2)), match="approved already")


def test_submission__with_a_missing_figure_that_nobody_accepted__is_refused(books: Books) -> None:
    books.set(850, "acme", "v2", None)
    books.set(850, "brook", "v2", None)
    books.publish(850)
    books.settle()
    refused(books, "sam", (STATEMENT_SUBMISSIONS, submission(books)), match="no statement of snapshot")
    for line in (line_of("brook", "v2", 850), line_of("acme", "v1", 850)):
        accepted = submission(books, accepted=f'["{line}"]')
        refused(books, "sam", (STATEMENT_SUBMISSIONS, accepted), match="is not what is missing")
    forge(books, "sam", (STATEMENT_SUBMISSIONS, submission(books, accepted=f'["{line_of("acme", "v2", 850)}"]')))


def test_approval__by_who_submitted_of_another_digest_or_without_its_balance__is_refused(books: Books) -> None:
    books.submit("acme", AUGUST)
    whole = approval(books)
    refused(books, "sam", *whole, match="check constraint")
    refused(books, "ann", *approval(books, submitter="rob"), match="foreign key")
    refused(books, "ann", *approval(books, statement_digest="c" * 64), match="foreign key")
    refused(books, "ann", whole[0], match="do not belong together")
    refused(books, "ann", whole[1], match="do not belong together")
    for change in ({"payable": 140, "closing": 10}, {"opening": 1}, {"number": 2, "previous_number": 1}):
        refused(books, "ann", whole[0], (STATEMENT_BALANCES, whole[1][1] | change))
    forge(books, "ann", *whole)
    refused(books, "rob", *whole)


def test_approval__by_who_overrode_or_corrected__is_refused(books: Books) -> None:
    with books.database.connect() as connection:
        recording = Recording.begin(connection, "rob", "settled")
        override = {"target": "LINE", "agreement_id": "acme-1", "rule_key": "r", "chain_id": CHAIN, "epoch": 850}
        key = {**override, "validator_key": "v1", "wallet_address": "", "revision": 1}
        recording.write(COMMISSION_OVERRIDES, {**key, "amount": 120, "computed_seen": 100})
        recording.note("override/x", "override.set", None, {}, [])
    books.publish(850, override={("acme", "v1"): 120})
    books.settle()
    books.submit("acme", AUGUST)
    refused(books, "rob", *approval(books), match="overrode a figure")
    forge(books, "ann", *approval(books))


def test_approval__of_terms_that_one_corrected__is_refused(books: Books) -> None:
    books.correct("acme", 2)  # recorded by ada
    for epoch in (850, 851):
        books.publish(epoch, version=2)
    books.settle()
    books.submit("acme", AUGUST)
    refused(books, "ada", *approval(books), match="corrected terms")
    forge(books, "ann", *approval(books))


def test_rejection__after_the_approval_or_of_another_digest__is_refused(books: Books) -> None:
    books.submit("acme", AUGUST)
    one = digest(books)
    refused(books, "ann", (STATEMENT_REJECTIONS, one | {"attempt": 1, "statement_digest": "c" * 64}), match="foreign")
    refused(books, "ann", (STATEMENT_REJECTIONS, one | {"attempt": 2}), match="foreign")
    whole = approval(books)
    books.reject("acme", AUGUST)
    refused(books, "ann", *whole, match="was rejected")
    books.submit("acme", AUGUST)
    books.approve("acme", AUGUST)
    refused(books, "ann", (STATEMENT_REJECTIONS, one | {"attempt": 2}), match="approved already")


def test_release__before_the_approval_by_the_approver_or_of_another_digest__is_refused(books: Books) -> None:
    books.submit("acme", AUGUST)
    row = digest(books) | {"approver": "ann"}
    refused(books, "rob", (STATEMENT_RELEASES, row), match="foreign key")
    books.approve("acme", AUGUST)
    refused(books, "ann", (STATEMENT_RELEASES, row), match="approved statement")
    refused(books, "rob", (STATEMENT_RELEASES, row | {"approver": "sam"}), match="foreign key")
    refused(books, "rob", (STATEMENT_RELEASES, row | {"statement_digest": "c" * 64}), match="foreign key")
    forge(books, "sam", (STATEMENT_RELEASES, row))


def test_release__by_the_approver__is_allowed_where_the_chain_says_so(books: Books) -> None:
    books.submit("acme", AUGUST)
    books.approve("acme", AUGUST)
    with books.database.connect() as connection:
        connection.execute("UPDATE chains SET dual_approval = false")
    forge(books, "ann", (STATEMENT_RELEASES, digest(books) | {"approver": "ann"}))


def test_payment__before_the_release_above_what_is_payable_or_out_of_order__is_refused(books: Books) -> None:
    books.submit("acme", AUGUST)
    books.approve("acme", AUGUST)
    paid = digest(books) | {"payment_number": 1, "amount": 150, "payout_address": ADDRESS}
    paid |= {"reference": "R", "transaction_id": "T"}
    refused(books, "rob", (STATEMENT_PAYMENTS, paid), match="foreign key")
    books.release("acme", AUGUST)
    for change in ({"amount": 151}, {"amount": 0}, {"amount": -1}, {"payment_number": 2}):
        refused(books, "rob", (STATEMENT_PAYMENTS, paid | change))
    forge(books, "rob", (STATEMENT_PAYMENTS, paid | {"amount": 100}))
    second = paid | {"payment_number": 2, "transaction_id": "U"}
    refused(books, "rob", (STATEMENT_PAYMENTS, second | {"amount": 51}), match="would be paid")
    forge(books, "rob", (STATEMENT_PAYMENTS, second | {"amount": 50}))


def test_opening__after_a_submission_or_without_its_balance__is_refused(books: Books) -> None:
    opening = {"partner_id": "acme", "chain_id": CHAIN, "opening": 5, "paid_through": None, "evidence": "f.csv"}
    opening |= {"evidence_hash": "e" * 64}
    balance = {"partner_id": "acme", "chain_id": CHAIN, "number": 0, "statement_id": None, "previous_number": None}
    balance |= {"opening": 5, "total": 5, "payable": 0, "closing": 5}
    refused(books, "ann", (STATEMENT_OPENINGS, opening), match="do not belong together")
    refused(books, "ann", (STATEMENT_BALANCES, balance), match="do not belong together")
    refused(
        books,
        "ann",
        (STATEMENT_OPENINGS, opening),
        (STATEMENT_BALANCES, balance | {"opening": 6, "closing": 6, "total": 6}),
    )
    books.submit("acme", AUGUST)
    refused(books, "ann", (STATEMENT_OPENINGS, opening), (STATEMENT_BALANCES, balance), match="submitted already")


def test_dispute__before_the_release_of_another_line_or_twice__is_refused(books: Books) -> None:
    books.submit("acme", AUGUST)
    books.approve("acme", AUGUST)
    line = line_of("acme", "v1", 850)
    row = digest(books) | {"line_id": line, "stated": 100, "claimed": 120, "on_behalf_of": "acme"}
    refused(books, "ann", (STATEMENT_DISPUTES, row), match="foreign key")
    refused(books, "ann", (STATEMENT_ACKNOWLEDGEMENTS, digest(books) | {"on_behalf_of": "acme"}), match="foreign key")
    books.release("acme", AUGUST)
    for other in (line_of("brook", "v1", 850), line_of("acme", "v1", 852)):
        refused(books, "ann", (STATEMENT_DISPUTES, row | {"line_id": other}), match="is not on statement")
    forge(books, "ann", (STATEMENT_DISPUTES, row))
    refused(books, "ann", (STATEMENT_DISPUTES, row), match="duplicate key")
    said = {"statement_id": row["statement_id"], "line_id": line, "verdict": "ACCEPTED", "settled_by": None}
    refused(books, "sam", (STATEMENT_DISPUTE_ANSWERS, said), match="check constraint")
    refused(books, "ann", (STATEMENT_DISPUTE_ANSWERS, said | {"verdict": "REJECTED"}), match="raised the dispute")
    forge(books, "sam", (STATEMENT_DISPUTE_ANSWERS, said | {"verdict": "REJECTED"}))


def test_rows__of_every_step__are_neither_changed_nor_removed(books: Books) -> None:
    books.freeze("acme", AUGUST)
    books.pay("acme", AUGUST, 150)
    for name in ("submissions", "approvals", "balances", "releases", "payments"):
        for change in (f"DELETE FROM statement_{name}", f"UPDATE statement_{name} SET recorded_at = now()"):
            with pytest.raises(psycopg.DatabaseError, match="append-only"), books.database.connect() as connection:
                connection.execute(change.encode())


def test_dispute__open__is_left_out_of_the_payment_and_settled_by_an_adjustment_that_names_it(books: Books) -> None:
    books.freeze("acme", AUGUST)
    identifier, line = books.statement("acme", AUGUST).statement_id, line_of("acme", "v1", 850)
    with pytest.raises(AuroraError, match="is not of acme"):
        answer.dispute(books.database, identifier, [CHAIN], line, "120 lamports", "ann", "an outage")
    with pytest.raises(AuroraError, match="names no line"):
        answer.dispute(
            books.database, identifier, [CHAIN], line_of("brook", "v1", 850), "1 lamports", "ann", "x", "acme"
        )
    answer.dispute(books.database, identifier, [CHAIN], line, "120 lamports", "ann", "an outage", "acme")
    with pytest.raises(AuroraError, match=r"without 0\.000000100 SOL that is disputed"):
        books.pay("acme", AUGUST, 150)
    books.pay("acme", AUGUST, 50, is_part=True)
    for settling in ("acme-9", "acme-1/1", "acme-1/", "acme-1/r"):
        with pytest.raises(
            AuroraError, match=r"no override of line .* and no version that corrects its time is called"
        ):
            answer.answer(books.database, identifier, [CHAIN], line, DisputeVerdict.ACCEPTED, settling, "sam", "true")
    with books.database.connect() as connection:
        recording = Recording.begin(connection, "sam", "settled")
        override = {"target": "LINE", "agreement_id": "acme-1", "rule_key": "r", "chain_id": CHAIN, "epoch": 850}
        key = {**override, "validator_key": "v1", "wallet_address": "", "revision": 1}
        recording.write(COMMISSION_OVERRIDES, {**key, "amount": 120, "computed_seen": 100})
        recording.note("override/x", "override.set", None, {}, [])
    with pytest.raises(AuroraError, match="the reason names 'brook', and the partner acme will read it"):
        answer.answer(
            books.database, identifier, [CHAIN], line, DisputeVerdict.REJECTED, None, "sam", "Brook claims it too"
        )
    answer.answer(books.database, identifier, [CHAIN], line, DisputeVerdict.ACCEPTED, "acme-1/r", "sam", "true")
    with pytest.raises(AuroraError, match="ACCEPTED already"):
        answer.answer(books.database, identifier, [CHAIN], line, DisputeVerdict.REJECTED, None, "sam", "no")
    books.publish(850, override={("acme", "v1"): 120})
    books.settle()
    (entry,) = books.rows("SELECT amount, disputed_on::text AS on_statement FROM monthly_statement_entries")
    assert (int(entry["amount"]), entry["on_statement"]) == (20, identifier)
    books.pay("acme", AUGUST, 100)


def test_steps__of_two_people_at_once__one_of_them_counts(books: Books) -> None:
    books.submit("acme", AUGUST)
    identifier = books.statement("acme", AUGUST).statement_id
    barrier, said = threading.Barrier(2), []

    def act(step: Callable[[], object]) -> None:
        barrier.wait()
        try:
            step()
            said.append("done")
        except AuroraError as error:
            said.append(error.message)

    threads = [
        threading.Thread(target=act, args=(lambda who=who: approve(books.database, identifier, [CHAIN], who, "ok"),))
        for who in ("ann", "rob")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said, key=len)[0] == "done"
    assert "is APPROVED, not PENDING_APPROVAL" in sorted(said, key=len)[1]
    assert len(books.rows("SELECT FROM statement_balances")) == 1

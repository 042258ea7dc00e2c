"""A statement is submitted only while it rests on what counts now: by command and past it, refused by the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from aurora_pipeline.agreements.tables import (
    AGREEMENT_EVENTS,
    AGREEMENT_RULES,
    AGREEMENT_VERSIONS,
    AGREEMENTS,
    PARTNER_WALLETS,
)
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.statements.decided import STATEMENT_SUBMISSIONS
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import Table
from aurora_pipeline_tests.decided import decide
from aurora_pipeline_tests.statements.books import CHAIN, Books
from aurora_pipeline_tests.statements.forging import AUGUST, correct, forge, override, refused, submission, submitted

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
OUTDATED = "the lines of epoch 850.* rest on what no longer counts"


@pytest.fixture
def books(database: Database) -> Books:
    """August, computed: a line of 100 in each of its epochs, and one of the other partner."""
    made = Books(database).begin()
    for epoch in (850, 851):
        made.set(epoch, "acme", "v1", 100)
    made.set(850, "brook", "v1", 7)
    made.live(AUGUST)
    made.settle()
    return made


def record(books: Books, *rows: tuple[Table, dict[str, Any]]) -> None:
    with books.database.connect() as connection:
        for table, row in rows:
            decide(connection, table, row)


def suspend(books: Books) -> None:
    event = {"agreement_id": "brook-1", "event_number": 2, "status": "SUSPENDED"}
    books.remove(850, "brook", "v1")
    record(books, (AGREEMENT_EVENTS, {**event, "effective_from": datetime(2026, 8, 1, tzinfo=UTC)}))


def agree(books: Books, rate: int = 100, since: datetime = LONG_AGO, method: str = "FIXED_SHARE") -> None:
    """Another agreement with brook."""
    key = {"agreement_id": "brook-2", "version": 1}
    rule: dict[str, Any] = {"rule_key": "r", "rule_order": 1, "chain_id": CHAIN, "validator_key": None}
    rule |= {"revenue_component": "EXEC_FEES", "attribution_method": method, "commission_rate_bps": rate}
    rule |= {"basis": "GROSS", "stacks": False, "carry_losses": False, "funded_by": "EXEC_FEES", "floor": None}
    rule |= {"wallet_attribution": False, "tier_mode": None, "tier_metric": None, "cap": None, "cap_window": None}
    event = {"agreement_id": "brook-2", "event_number": 1, "status": "ACTIVE", "effective_from": since}
    record(
        books,
        (AGREEMENTS, {"agreement_id": "brook-2", "partner_id": "brook"}),
        (AGREEMENT_VERSIONS, {**key, "valid_from": since, "valid_until": None, "corrects": None}),
        (AGREEMENT_RULES, {**key, **rule, "floor_window": None}),
        (AGREEMENT_EVENTS, event),
    )


def introduce(books: Books, revision: int = 1, ended: datetime | None = None) -> None:
    row = {"chain_id": CHAIN, "wallet_address": "w1", "revision": revision, "partner_id": "brook", "notes": None}
    record(books, (PARTNER_WALLETS, {**row, "introduced_at": LONG_AGO, "ended_at": ended}))


def stake(books: Books) -> None:
    """A rule that looks at wallets; the lines know of it."""
    agree(books, method="STAKE_WEIGHT")
    books.follow()


def introduce_to_a_rule_that_looks(books: Books) -> None:
    stake(books)
    introduce(books)


def end_a_wallet(books: Books) -> None:
    stake(books)
    introduce(books)
    books.follow()
    introduce(books, 2, datetime(2026, 8, 15, tzinfo=UTC))


DECIDED: dict[str, Callable[[Books], None]] = {
    "an override": lambda books: override(books, "sam", 850, 120),
    "a correcting version": lambda books: correct(books, "sam", LONG_AGO),
    "a suspension": suspend,
    "another agreement": agree,
    "a wallet": introduce_to_a_rule_that_looks,
    "the end of a wallet": end_a_wallet,
}


@pytest.mark.parametrize("what", DECIDED)
def test_submit__decided_and_not_computed__refused_until_it_is(books: Books, what: str) -> None:
    DECIDED[what](books)
    rows = submitted(books)
    refused(books, "sam", *rows, match=OUTDATED)
    with pytest.raises(AuroraError, match=OUTDATED) as error:
        books.submit("acme", AUGUST)
    assert f"run `aurora recompute {CHAIN} --stale`" in (error.value.remedy or "")
    books.follow()
    books.submit("acme", AUGUST)


def withdraw(books: Books) -> None:
    override(books, "sam", 850, 120)
    override(books, "sam", 850, None, revision=2)


UNCONCERNED: dict[str, Callable[[Books], None]] = {
    "an override that was withdrawn": withdraw,
    "an override of another month": lambda books: override(books, "sam", 852, 120),
    "an agreement from later on": lambda books: agree(books, since=datetime(2026, 9, 1, tzinfo=UTC)),
    "a wallet that no rule looks at": introduce,
}


@pytest.mark.parametrize("what", UNCONCERNED)
def test_submit__decided_what_its_lines_do_not_rest_on__allowed(books: Books, what: str) -> None:
    UNCONCERNED[what](books)
    forge(books, "sam", *submitted(books))


@pytest.mark.parametrize(("partner", "amount"), [("acme", 110), ("brook", 8)])
def test_submit__lines_published_and_the_month_not_computed__refused_until_it_is(
    books: Books, partner: str, amount: int
) -> None:
    books.set(850, partner, "v1", amount)
    books.publish(850)
    match = "were computed from lines that are not in force any more"
    refused(books, "sam", *submitted(books), match=match)
    with pytest.raises(AuroraError, match=match) as error:
        books.submit("acme", AUGUST)
    assert f"run `aurora statements compute {CHAIN} {AUGUST}`" in (error.value.remedy or "")
    books.settle()
    books.submit("acme", AUGUST)


def test_submit__lines_published_again_as_they_were__allowed(books: Books) -> None:
    books.publish(850)
    books.submit("acme", AUGUST)


def test_submit__handed_back_after_its_lines_changed__refused_until_it_is_computed(books: Books) -> None:
    """While it was pending its month was computed from the new lines, and repeated it: that is not what it rests on."""
    books.submit("acme", AUGUST)
    books.set(850, "acme", "v1", 110)
    books.publish(850)
    books.settle()
    books.reject("acme", AUGUST)
    refused(books, "sam", (STATEMENT_SUBMISSIONS, submission(books, attempt=2)), match="not in force any more")
    books.settle()
    books.submit("acme", AUGUST)
    assert books.statement("acme", AUGUST).row["lines"] == 210

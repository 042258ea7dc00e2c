"""An account that is another partner's or the operator's own: refused by the command and by the database itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from aurora_pipeline.agreements.tables import PARTNER_WALLETS
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.registry.tables import FEE_RECIPIENTS, OPERATOR_WALLETS, VALIDATOR_IDENTITIES
from aurora_pipeline.statements.history import events_of
from aurora_pipeline.statements.shared_accounts import whose_else
from aurora_pipeline.statements.transitions.pay import Payment, pay
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import Table
from aurora_pipeline_tests.decided import decide
from aurora_pipeline_tests.statements.books import ADDRESS, CHAIN, Books, account_of
from aurora_pipeline_tests.statements.forging import AUGUST, LONG_AGO, Row, at, digest, forge, paid, refused

NOW = datetime.now(UTC)
_OPEN: Row = {"chain_id": CHAIN, "revision": 1, "valid_from": LONG_AGO, "valid_until": None, "notes": None}
_HELD: Row = {**_OPEN, "introduced_at": LONG_AGO, "ended_at": None, "partner_id": "brook", "wallet_address": ADDRESS}
_WALLET = {name: _HELD[name] for name in PARTNER_WALLETS.names if name in _HELD}
_OWN = {**_OPEN, "wallet_address": ADDRESS}
_RUN = {name: value for name, value in _OPEN.items() if name != "notes"} | {"name": "One", "operator_fee_bps": None}


@pytest.fixture
def books(database: Database) -> Books:
    """August is released: 150 for acme, and 10 for brook."""
    made = Books(database).begin()
    made.set(850, "acme", "v1", 150)
    made.set(850, "brook", "v1", 10)
    made.live(AUGUST)
    made.settle()
    return made


def _decided(books: Books, table: Table, *rows: Row) -> None:
    with books.database.connect() as connection:
        for row in rows:
            decide(connection, table, row)


def _pay(books: Books, why: str | None = None, address: str = ADDRESS) -> None:
    payment = Payment("150 lamports", address, "INV-1", "T", shared_account=why)
    identifier = books.statement("acme", AUGUST).statement_id
    pay(books.database, identifier, [CHAIN], payment, "rob", "paid")


def _wallet(books: Books) -> None:
    _decided(books, PARTNER_WALLETS, _WALLET)


def _paid_before(books: Books) -> None:
    books.freeze("brook", AUGUST)
    payment = Payment("10 lamports", ADDRESS, "INV-0", "S")
    pay(books.database, books.statement("brook", AUGUST).statement_id, [CHAIN], payment, "rob", "paid")


def _operator(books: Books) -> None:
    _decided(books, OPERATOR_WALLETS, _OWN)


def _identity(books: Books) -> None:
    keys = {"validator_key": account_of("a validator"), "identity_key": ADDRESS, "ownership": "OPERATOR"}
    _decided(books, VALIDATOR_IDENTITIES, {**_RUN, **keys})


def _recipient(books: Books) -> None:
    _decided(books, FEE_RECIPIENTS, {**_OPEN, "validator_key": "*", "fee_recipient": ADDRESS})


_SHARED = [
    (_wallet, "a wallet of brook"),
    (_paid_before, "an account that brook was paid to"),
    (_operator, "a wallet of the operator's own"),
    (_identity, "a key of the operator's validator One"),
    (_recipient, "a fee recipient of the operator's"),
]


@pytest.mark.parametrize(("shared", "whose"), _SHARED, ids=[whose for _, whose in _SHARED])
def test_payment__to_an_account_of_somebody_else__is_refused_unless_it_is_said_why(
    books: Books, shared: Callable[[Books], None], whose: str
) -> None:
    shared(books)
    at(books, 3)
    refused(books, "rob", *paid(books), match=f"{ADDRESS} is {whose}, and nobody said why statement")
    refused(books, "rob", *paid(books, shared_account=" \n"), match="nobody said why")
    before = len(books.rows("SELECT FROM audit_log"))
    for nothing in (None, " "):
        with pytest.raises(AuroraError, match=f"{ADDRESS} is {whose}; nothing was written") as told:
            _pay(books, nothing)
        assert (told.value.code, "--shared-account" in str(told.value.remedy)) == ("payment-account-of-another", True)
    assert len(books.rows("SELECT FROM audit_log")) == before
    _pay(books, "one treasury for both")
    (row,) = books.rows("SELECT shared_account FROM statement_payments WHERE transaction_id = 'T'")
    assert row["shared_account"] == "one treasury for both"
    with books.database.connect() as connection:
        told_since = [one.what for one in events_of(connection, str(digest(books)["statement_id"]))]
    assert any("an account that is shared: one treasury for both" in one for one in told_since)


def test_payment__to_what_is_nobody_elses_now__is_made_and_says_nothing(books: Books) -> None:
    ended = {"valid_until": NOW - timedelta(days=1)}
    client = {**_RUN, "validator_key": account_of("a validator"), "identity_key": ADDRESS, "ownership": "CLIENT"}
    _decided(books, OPERATOR_WALLETS, {**_OWN, **ended})
    _decided(books, VALIDATOR_IDENTITIES, client)
    _decided(books, FEE_RECIPIENTS, {**_OPEN, "validator_key": account_of("a validator"), "fee_recipient": ADDRESS})
    # Brook's until a correction said that it is acme's own.
    _decided(books, PARTNER_WALLETS, _WALLET, {**_WALLET, "revision": 2, "partner_id": "acme"})
    at(books, 3)
    _pay(books, "not needed")
    (row,) = books.rows("SELECT shared_account FROM statement_payments")
    assert row["shared_account"] is None


def test_payment__to_a_shared_account_with_a_reason__is_not_refused_by_the_database(books: Books) -> None:
    _wallet(books)
    at(books, 3)
    forge(books, "rob", *paid(books, shared_account="one treasury for both"))


def test_whose_else__hexadecimal_in_other_letters__is_the_same_account_and_base58_is_not(books: Books) -> None:
    hexadecimal = "0x52908400098527886E0F7030069857D2E4169EE7"
    _decided(books, OPERATOR_WALLETS, {**_OWN, "wallet_address": hexadecimal}, _OWN)
    with books.database.connect() as connection:
        assert whose_else(connection, "acme", hexadecimal.lower()) == "a wallet of the operator's own"
        assert whose_else(connection, "acme", ADDRESS.lower()) is None

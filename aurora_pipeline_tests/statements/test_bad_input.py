"""What people may get wrong in a statement's life: refused with what is allowed instead, and nothing written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.agreements.units import ChainUnits
from aurora_pipeline.config.families import Family
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.statements.transitions import answer, pay
from aurora_pipeline.statements.transitions.approve import approve, reject
from aurora_pipeline.statements.transitions.opening import import_openings
from aurora_pipeline.statements.transitions.pay import Payment
from aurora_pipeline.statements.transitions.release import release
from aurora_pipeline.statements.transitions.submit import submit
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.statements.books import ADDRESS, CHAIN, Books, line_of
from aurora_pipeline_tests.statements.forging import AUGUST, LINE, SEPTEMBER

ETHEREUM_ADDRESS = "0x52908400098527886E0F7030069857D2E4169EE7"


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


def logged(books: Books) -> int:
    return len(books.rows("SELECT FROM audit_log"))


def paying(books: Books, **other: Any) -> None:
    told = replace(Payment("150 lamports", ADDRESS, "INV-1", "T", is_part=True), **other)
    identifier = books.statement("acme", AUGUST).statement_id
    pay.pay(books.database, identifier, [CHAIN], told, "rob", "paid")


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"address": ETHEREUM_ADDRESS}, "is no Solana key"),
        ({"address": ADDRESS[:-1]}, "is no Solana key"),
        ({"address": ""}, "is no Solana key"),
        ({"amount": "151 lamports"}, "is not what is due .* 0.000000150 SOL"),
        ({"amount": "0 SOL"}, "is not what is due"),
        ({"amount": "-1 SOL"}, "is negative"),
        ({"amount": "150"}, "not an amount with a unit"),
        ({"amount": "150 ETH"}, "not a unit of"),
        ({"reference": " "}, "is no reference: it is empty"),
        ({"transaction_id": "T\n"}, "is no transaction"),
        ({"transaction_id": "\udcff"}, "is no transaction"),
    ],
    ids=str,
)
def test_pay__what_cannot_be__is_refused_and_nothing_written(books: Books, other: dict[str, str], words: str) -> None:
    books.freeze("acme", AUGUST)
    before = logged(books)
    with pytest.raises(AuroraError, match=words):
        paying(books, **other)
    assert (logged(books), books.rows("SELECT FROM statement_payments")) == (before, [])


def test_pay__where_nothing_is_payable__says_so(books: Books) -> None:
    books.minimum("acme", 1_000)
    books.settle()
    books.freeze("acme", AUGUST)
    with pytest.raises(AuroraError, match=r"nothing is payable on .*; nothing was written"):
        paying(books)


def test_pay__the_same_transaction_again__is_refused_by_its_number(books: Books) -> None:
    books.freeze("acme", AUGUST)
    paying(books, amount="100 lamports")
    with pytest.raises(AuroraError, match="transaction T is recorded already: payment 1 of this statement, by rob"):
        paying(books, amount="50 lamports", transaction_id=" T ")
    paying(books, amount="50 lamports", transaction_id="U")


def test_address__of_an_ethereum_chain__is_held_against_its_family() -> None:
    units = ChainUnits("ethereum-demo", Family.ETHEREUM, "ETH", 18)
    assert pay._address(ETHEREUM_ADDRESS.lower(), units.family) == ETHEREUM_ADDRESS
    for wrong in (ADDRESS, ETHEREUM_ADDRESS[:-1], ETHEREUM_ADDRESS.replace("E4169E", "e4169E")):
        with pytest.raises(AuroraError, match="nothing was written"):
            pay._address(wrong, units.family)


def test_digest__that_was_not_seen__is_refused_with_what_changed(books: Books) -> None:
    identifier, seen = (
        books.statement("acme", AUGUST).statement_id,
        books.statement("acme", AUGUST).row["statement_digest"],
    )
    books.set(850, "acme", "v1", 130)
    books.publish(850)
    books.settle()
    for digest in ("", " ", seen[:7], "0x" + seen, "zz" * 8):
        with pytest.raises(AuroraError, match="is no digest"):
            submit(books.database, identifier, [CHAIN], [], "sam", "month end", digest)
    with pytest.raises(
        AuroraError, match=r"since then lines 0\.000000150 SOL -> 0\.000000180 SOL, total 0\.000000150 SOL -> "
    ):
        submit(books.database, identifier, [CHAIN], [], "sam", "month end", seen[:12])
    with pytest.raises(AuroraError, match="none of its states had that one"):
        submit(books.database, identifier, [CHAIN], [], "sam", "month end", "0" * 64)
    now = str(books.statement("acme", AUGUST).row["statement_digest"])
    submit(books.database, identifier, [CHAIN], [], "sam", "month end", now[:8].upper())
    for step, who in ((reject, "ann"), (approve, "ann")):
        with pytest.raises(AuroraError, match=r"since then lines 0\.000000150 SOL -> 0\.000000180 SOL"):
            step(books.database, identifier, [CHAIN], who, "checked", seen)
    books.approve("acme", AUGUST)
    with pytest.raises(AuroraError, match=r"since then lines 0\.000000150 SOL -> 0\.000000180 SOL"):
        release(books.database, identifier, [CHAIN], "rob", "go", seen)


def test_steps__where_they_do_not_begin__are_refused_with_what_is_to_be_done(books: Books) -> None:
    august, september = (books.statement("acme", month).statement_id for month in (AUGUST, SEPTEMBER))
    before = logged(books)
    for step in (approve, reject, release):
        with pytest.raises(AuroraError, match="is DRAFT, not") as refused:
            step(books.database, august, [CHAIN], "ann", "x")
        assert refused.value.remedy == "what is to be done: submit it"
    with pytest.raises(AuroraError, match="next is number 1 with the opening 0"):
        submit(books.database, september, [CHAIN], [], "sam", "x")
    with pytest.raises(AuroraError, match="no statement whose id begins with"):
        submit(books.database, "0000", [CHAIN], [], "sam", "x")
    with pytest.raises(AuroraError, match="needs to be known who did it and why"):
        submit(books.database, august, [CHAIN], [], "sam", " ")
    assert logged(books) == before
    books.submit("acme", AUGUST)
    with pytest.raises(AuroraError, match="is PENDING_APPROVAL, not DRAFT") as refused:
        books.submit("acme", AUGUST)
    assert refused.value.remedy == "what is to be done: approve or reject it (not sam)"
    with pytest.raises(AuroraError, match="sam submitted"):
        books.approve("acme", AUGUST, who="sam")
    books.approve("acme", AUGUST)
    with pytest.raises(AuroraError, match="ann approved"):
        books.release("acme", AUGUST, who="ann")
    with pytest.raises(AuroraError, match="is APPROVED, not RELEASED"):
        paying(books)


def test_dispute_and_acknowledgement__said_twice_or_of_nothing__are_refused(books: Books) -> None:
    identifier = books.statement("acme", AUGUST).statement_id
    with pytest.raises(AuroraError, match="is DRAFT, not RELEASED or PAID"):
        answer.acknowledge(books.database, identifier, [CHAIN], "ann", "fine", None, "acme")
    books.freeze("acme", AUGUST)

    def dispute(claimed: str, line: str = LINE, behalf: str = "acme") -> None:
        answer.dispute(books.database, identifier, [CHAIN], line, claimed, "ann", "an outage", behalf)

    for claimed, words in (("100 lamports", "says 100 lamports already"), ("-1 SOL", "negative"), ("1", "unit")):
        with pytest.raises(AuroraError, match=words):
            dispute(claimed)
    for line in (line_of("brook", "v1", 850), line_of("acme", "v1", 852), "", "zz"):
        with pytest.raises(AuroraError, match="line\\(s\\) of statement"):
            dispute("1 SOL", line)
    with pytest.raises(AuroraError, match="this is the statement of acme"):
        dispute("1 SOL", behalf="brook")
    dispute("120 lamports")
    with pytest.raises(AuroraError, match="is disputed on this statement already, by ann"):
        dispute("130 lamports")
    for who in ("rob", "ann"):
        if who == "ann":
            with pytest.raises(AuroraError, match="is acknowledged already, by rob"):
                answer.acknowledge(books.database, identifier, [CHAIN], who, "fine", None, "acme")
        else:
            answer.acknowledge(books.database, identifier, [CHAIN], who, "fine", None, "acme")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nobody,solana-demo,1 SOL,", "no partner"),
        ("acme,solana-dmo,1 SOL,", "no chain"),
        ("acme,solana-demo,1,", "not an amount with a unit"),
        ("acme,solana-demo,1 ETH,", "not a unit"),
        ("acme,solana-demo,1 SOL,2026-13", "is no month"),
        ("acme,solana-demo,1 SOL,August", "is no month"),
        ("acme,solana-demo,1 SOL,2026-10", "2026-10 is not over on solana-demo"),
        ("acme,solana-demo,1 SOL,\nacme,solana-demo,2 SOL,", "already"),
        ("", "holds no opening"),
    ],
)
def test_open__what_cannot_be__is_refused_and_nothing_written(
    books: Books, tmp_path: Path, line: str, words: str
) -> None:
    file = tmp_path / "openings.csv"
    good = "brook,solana-demo,5 lamports,2026-07\n" if line else ""
    file.write_text(f"partner,chain_id,opening,paid_through\n{good}{line}\n", encoding="utf-8")
    before = logged(books)
    with pytest.raises(AuroraError, match=words):
        import_openings(books.database, file, "ann", "cut-over")
    assert (logged(books), books.rows("SELECT FROM statement_openings")) == (before, [])

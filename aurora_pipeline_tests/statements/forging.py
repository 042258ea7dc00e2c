"""Forged steps of a statement's life: rows and their entry in the log, written past every command."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from aurora_pipeline.agreements.tables import AGREEMENT_RULES, AGREEMENT_VERSIONS, COMMISSION_OVERRIDES
from aurora_pipeline.decisions.recording import Recording
from aurora_pipeline.decisions.signing import Signing
from aurora_pipeline.decisions.tables import USERS
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.statements.decided import (
    STATEMENT_ACKNOWLEDGEMENTS,
    STATEMENT_APPROVALS,
    STATEMENT_BALANCES,
    STATEMENT_DISPUTE_ANSWERS,
    STATEMENT_DISPUTES,
    STATEMENT_OPENINGS,
    STATEMENT_PAYMENTS,
    STATEMENT_REJECTIONS,
    STATEMENT_RELEASES,
    STATEMENT_SUBMISSIONS,
)
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline_tests.decided import decide
from aurora_pipeline_tests.statements.books import ADDRESS, CHAIN, Books, line_of

AUGUST, SEPTEMBER = "2026-08", "2026-09"
Row = dict[str, Any]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LINE = line_of("acme", "v1", 850)
"""A line of August, of 100."""


def forge(books: Books, who: str, *rows: tuple[Table, Row]) -> None:
    """Write rows with an entry of the log, as somebody with the right to INSERT could, past every command."""
    with books.database.connect() as connection:
        recording = Recording.begin(connection, who, "forged")
        for table, row in rows:
            recording.write(table, row)
        recording.note("statement/forged", "forged", None, {}, [])


def refused(books: Books, who: str, *rows: tuple[Table, Row], match: str | None = None) -> None:
    before = {table.name: books.rows(f"SELECT count(*) AS n FROM {table.name}") for table, _ in rows}
    with pytest.raises(psycopg.DatabaseError, match=match):
        forge(books, who, *rows)
    assert before == {table.name: books.rows(f"SELECT count(*) AS n FROM {table.name}") for table, _ in rows}


def submission(books: Books, period: str = AUGUST, **other: Any) -> Row:
    """What submitting a statement of acme's writes."""
    one = books.statement("acme", period)
    row = one.row
    (snapshot,) = books.rows("SELECT * FROM snapshots WHERE snapshot_id = %s", one.snapshot_id)
    same = ("statement_id", "partner_id", "chain_id", "number", "statement_digest", "opening", "lines", "top_ups")
    more = {name: row[name] for name in (*same, "adjustments", "payable", "closing")}
    more |= {"attempt": 1, "period": period, "asset": one.table.name, "snapshot_id": one.snapshot_id}
    more |= {"entries_snapshot_id": one.entries_snapshot_id, "total": row["known_total"], "accepted": "[]"}
    return more | {name: snapshot[name] for name in ("content_digest", "lineage_digest")} | other


def approval(books: Books, **other: Any) -> tuple[tuple[Table, Row], tuple[Table, Row]]:
    """What approving acme's August writes."""
    (row,) = books.rows("SELECT * FROM statement_submissions WHERE period = %s", AUGUST)
    own = {name: row[name] for name in ("statement_id", "attempt", "statement_digest")}
    balance = {name: row[name] for name in ("partner_id", "chain_id", "number", "statement_id", "opening", "total")}
    opened_before = books.rows("SELECT FROM statement_openings WHERE partner_id = %s", row["partner_id"])
    previous = 0 if opened_before else None
    balance |= {"payable": row["payable"], "closing": row["closing"], "previous_number": previous}
    return (
        (STATEMENT_APPROVALS, own | {"submitter": row["recorded_by"]} | other),
        (STATEMENT_BALANCES, balance),
    )


def digest(books: Books) -> Row:
    """What names acme's August, and what it says."""
    (row,) = books.rows(
        "SELECT statement_id, statement_digest FROM statement_submissions WHERE (period, partner_id) = (%s, 'acme')",
        AUGUST,
    )
    return row


def user(books: Books, login: str, role: str, partner: str | None = None, until: datetime | None = None) -> None:
    revision = len(books.rows("SELECT FROM users WHERE login = %s", login)) + 1
    row = {"login": login, "revision": revision, "name": login, "role": role, "partner_id": partner}
    with books.database.connect() as connection:
        decide(connection, USERS, {**row, "valid_from": LONG_AGO, "valid_until": until})


def submitted(books: Books) -> list[tuple[Table, Row]]:
    return [(STATEMENT_SUBMISSIONS, submission(books))]


def rejected(books: Books) -> list[tuple[Table, Row]]:
    return [(STATEMENT_REJECTIONS, digest(books) | {"attempt": 1})]


def approved(books: Books) -> list[tuple[Table, Row]]:
    return list(approval(books))


def released(books: Books) -> list[tuple[Table, Row]]:
    return [(STATEMENT_RELEASES, digest(books) | {"approver": "ann"})]


def paid(books: Books, **other: Any) -> list[tuple[Table, Row]]:
    row = digest(books) | {"payment_number": 1, "amount": 150, "payout_address": ADDRESS}
    return [(STATEMENT_PAYMENTS, row | {"reference": "R", "transaction_id": "T"} | other)]


def acknowledged(books: Books, **other: Any) -> list[tuple[Table, Row]]:
    return [(STATEMENT_ACKNOWLEDGEMENTS, digest(books) | {"on_behalf_of": "acme"} | other)]


def disputed(books: Books, **other: Any) -> list[tuple[Table, Row]]:
    row = digest(books) | {"line_id": LINE, "stated": 100, "claimed": 120, "on_behalf_of": "acme"}
    return [(STATEMENT_DISPUTES, row | other)]


def answered(books: Books, **other: Any) -> list[tuple[Table, Row]]:
    row = {"statement_id": digest(books)["statement_id"], "line_id": LINE, "verdict": "REJECTED", "settled_by": None}
    return [(STATEMENT_DISPUTE_ANSWERS, row | other)]


def opened(_: Books) -> list[tuple[Table, Row]]:
    opening = {"partner_id": "acme", "chain_id": CHAIN, "opening": 5, "paid_through": None, "evidence": "f.csv"}
    balance = {"partner_id": "acme", "chain_id": CHAIN, "number": 0, "statement_id": None, "previous_number": None}
    return [
        (STATEMENT_OPENINGS, opening | {"evidence_hash": "e" * 64}),
        (STATEMENT_BALANCES, balance | {"opening": 5, "total": 5, "payable": 0, "closing": 5}),
    ]


def at(books: Books, stage: int) -> None:
    """Bring acme's August to where a step begins: 0 a draft, 1 pending, 2 approved, 3 released, 4 disputed."""
    books.follow()
    steps = (books.submit, books.approve, books.release)
    for step in steps[:stage]:
        step("acme", AUGUST)
    if stage > len(steps):
        forge(books, "ann", *disputed(books))


def write(
    books: Books, who: str, rows: list[tuple[Table, Row]], moment: datetime | None = None, logged_by: str | None = None
) -> None:
    """Write rows as of a moment that the writer says, or with an entry of the log that names another person."""
    with books.database.connect() as connection:
        if moment is None:
            recording = Recording.begin(connection, who, "in another's name")
        else:
            recording = Recording(connection, _signing(connection, who, moment), "back-dated")
        for table, row in rows:
            recording.write(table, row)
        recording.by = _signing(connection, logged_by or who, recording.recorded_at)
        recording.note("statement/forged", "forged", None, {}, [])


def _signing(connection: Connection, who: str, moment: datetime) -> Signing:
    """As the owner signs who says who somebody is, and when; what that person was then, the database knows."""
    row = connection.execute("SELECT role_at(%s, %s) AS role", [who, moment]).fetchone()
    assert row is not None  # a function gives a row
    return Signing(who, "postgres", moment, row["role"], is_owner=True)


def correct(books: Books, who: str, since: datetime, until: datetime | None = None, version: int = 2) -> None:
    key = {"agreement_id": "acme-1", "version": version}
    rule: Row = {"rule_key": "r", "rule_order": 1, "chain_id": CHAIN, "validator_key": None}
    rule |= {"revenue_component": "MEV_TIPS", "attribution_method": "FIXED_SHARE", "commission_rate_bps": 0}
    rule |= {"basis": "GROSS", "stacks": False, "carry_losses": False, "funded_by": "MEV_TIPS", "floor": None}
    rule |= {"wallet_attribution": False, "tier_mode": None, "tier_metric": None, "cap": None, "cap_window": None}
    with books.database.connect() as connection:
        recording = Recording.begin(connection, who, "was wrong")
        recording.write(AGREEMENT_VERSIONS, {**key, "valid_from": since, "valid_until": until, "corrects": 1})
        recording.write(AGREEMENT_RULES, {**key, **rule, "floor_window": None})
        recording.note("agreement/acme-1", "agreement.version_corrected", None, {}, [])


def override(books: Books, who: str, epoch: int, amount: int | None, partner: str = "acme", revision: int = 1) -> None:
    key: Row = {"target": "LINE", "agreement_id": f"{partner}-1", "rule_key": "r", "chain_id": CHAIN, "epoch": epoch}
    key |= {"validator_key": "v1", "wallet_address": "", "revision": revision}
    with books.database.connect() as connection:
        recording = Recording.begin(connection, who, "settled")
        recording.write(COMMISSION_OVERRIDES, {**key, "amount": amount, "computed_seen": 100})
        recording.note("override/x", "override.set", None, {}, [])


def at_once(*steps: Callable[[], object]) -> list[str]:
    """What each of them says who begin at the same moment; empty: it was done."""
    barrier, said = threading.Barrier(len(steps)), list[str]()

    def act(step: Callable[[], object]) -> None:
        barrier.wait()
        try:
            step()
            said.append("")
        except (AuroraError, psycopg.DatabaseError) as error:
            said.append(str(error))

    threads = [threading.Thread(target=act, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said

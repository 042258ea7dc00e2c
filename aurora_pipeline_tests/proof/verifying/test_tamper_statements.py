"""Statements, and all that people decided about them, tampered with column by column: found, or listed with why.

The other world of the matrix: lines made by hand, and from there every real step to a payment, by the code itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest

from aurora_pipeline.agreements.tables import Series
from aurora_pipeline.canonical.judging.tables import CROSS_CHECKS
from aurora_pipeline.foundation.period_key import MonthKey, PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.layers import GATE
from aurora_pipeline.proof.verifying.verify import Heads, heads, verify_audit, verify_period
from aurora_pipeline.statements.decided import STATEMENT_DECISIONS, DisputeVerdict
from aurora_pipeline.statements.drafts import draft_statements
from aurora_pipeline.statements.released import RELEASED_TABLES
from aurora_pipeline.statements.tables import STATEMENT_TABLES
from aurora_pipeline.statements.transitions.answer import acknowledge, answer, dispute
from aurora_pipeline.statements.transitions.opening import import_openings
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.declaration import Completeness, Table, TableKind
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.snapshots import write_check_publish
from aurora_pipeline.tables import ALL_TABLES
from aurora_pipeline_tests.proof.verifying.tampering import listed, tamperings
from aurora_pipeline_tests.statements.books import CHAIN, Books
from aurora_pipeline_tests.statements.forging import AUGUST, LINE, SEPTEMBER, override

OTHERS = (
    "audit_log",
    "audit_rows",
    "later_warnings",
    "cross_check_differences",
    "publications",
    "snapshots",
    "snapshot_reports",
)
TABLES = [
    table
    for table in ALL_TABLES
    if table in (*STATEMENT_TABLES, *STATEMENT_DECISIONS, *RELEASED_TABLES) or table.name in OTHERS
]
QUICK = ("statement_balances", "released_snapshots")
KEYS = (
    MonthKey(CHAIN, AUGUST),
    MonthKey(CHAIN, SEPTEMBER),
    *(PeriodKey(CHAIN, EpochNumber(epoch)) for epoch in (850, 851)),
)


@dataclass(frozen=True)
class Stated:
    """A chain's statements, what verifying them says while nobody tampered, and the heads noted then."""

    connection: Connection
    witness: Heads

    def told(self) -> set[str]:
        """What verify says of every period and month, and audit."""
        reports = [verify_period(self.connection, key) for key in KEYS]
        reports.append(verify_audit(self.connection, self.witness))
        return {str(one) for report in reports for one in (*report.failures, *report.notes)}


@pytest.fixture(scope="module")
def books(shared_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Books:
    """Three partners, one of them paid by EPOCH: opened, submitted, rejected, approved, released, paid, disputed."""
    made = Books(shared_database, partners=("acme", "brook", "cedar"), floor=120).begin()
    for epoch, amount in ((850, 40), (851, 50), (852, 30)):
        for partner in made.partners:
            made.set(epoch, partner, "v1", amount)
    made.pay_by("cedar", Series.EPOCH, AUGUST)
    openings = tmp_path_factory.mktemp("openings") / "openings.csv"
    openings.write_text(f"partner,chain_id,opening,paid_through\nbrook,{CHAIN},5 lamports,\n", encoding="utf-8")
    import_openings(shared_database, Path(openings), "ann", "cut-over")
    made.live(AUGUST)
    made.settle()
    made.submit("brook", AUGUST)
    made.reject("brook", AUGUST)
    for partner, period in (("acme", AUGUST), ("brook", AUGUST), ("cedar", "0000850")):
        made.freeze(partner, period)
    _say(made)
    made.publish(850, override={("acme", "v1"): 175})
    made.set(850, "cedar", "v1", 90)
    made.publish(850)
    _warn(made)
    _differ(made)
    made.live(SEPTEMBER)
    made.settle()
    return made


def _warn(made: Books) -> None:
    """Come to the same statements again, and find something odd about them."""
    key = PeriodKey(CHAIN, EpochNumber(851))
    with made.database.connect() as connection:
        draft = draft_statements(made.configuration, connection, key)
    write_check_publish(made.database, [replace(draft, warnings=("odd",))], GATE)


def _differ(made: Books) -> None:
    """Two providers say different things of an epoch."""
    key = PeriodKey(CHAIN, EpochNumber(851))
    row = {**key.columns, "validator_key": "v1", "data_type": "fees", "subject": "v1", "figure": "fees"}
    row |= {"provider": "one", "other_provider": "two", "stated": "5", "other_stated": "7", "difference": 2}
    row |= {"known_as": "x", "fetch_digest": "c" * 64, "other_fetch_digest": "d" * 64, "other_fetch": 1}
    draft = Draft(CROSS_CHECKS, key, frame_of(CROSS_CHECKS, [row]), (), Completeness.FINAL)
    write_check_publish(made.database, [draft], GATE)


def _say(made: Books) -> None:
    """What partners say to their statements, what is answered, and what is paid."""
    identifier = made.statement("acme", AUGUST).statement_id
    dispute(made.database, identifier, [CHAIN], LINE, "175 lamports", "ann", "it was promised", "acme")
    made.pay("acme", AUGUST, 120, with_disputed=True)
    override(made, "sam", 850, 175)
    answer(made.database, identifier, [CHAIN], LINE, DisputeVerdict.ACCEPTED, "acme-1/r", "rob", "so it was")
    other = made.statement("brook", AUGUST).statement_id
    acknowledge(made.database, other, [CHAIN], "ann", "by mail", on_behalf_of="brook")
    made.pay("brook", AUGUST, 100, is_part=True)


@pytest.fixture
def stated(books: Books) -> Iterator[Stated]:
    """The statements; whatever a test does to them is rolled back."""
    with books.database.connect() as connection:
        yield Stated(connection, heads(connection))
        connection.rollback()


def _place(table: Table) -> str:
    return f"layers.{table.name}" if table.kind is TableKind.LAYER else table.name


def test_world__untouched__has_a_row_of_everything(stated: Stated) -> None:
    empty = [
        table.name
        for table in TABLES
        if not stated.connection.execute(f"SELECT FROM {_place(table)} LIMIT 1".encode()).rowcount
    ]
    assert empty == []


def _cases() -> list[object]:
    """Every table; the quick ones are two that money stands in."""
    marks = {one.name: () if one.name in QUICK else (pytest.mark.slow,) for one in TABLES}
    return [pytest.param(one, id=one.name, marks=marks[one.name]) for one in TABLES]


@pytest.mark.parametrize("table", _cases())
def test_matrix__any_column_row_or_copy__is_found_or_listed_with_a_reason(stated: Stated, table: Table) -> None:
    before, unseen = stated.told(), set()
    for what, statement in tamperings(table):
        with stated.connection.transaction(force_rollback=True):
            stated.connection.execute("SET LOCAL session_replication_role = replica")
            try:
                hit = stated.connection.execute(statement.encode()).rowcount
            except (psycopg.errors.IntegrityError, psycopg.errors.GeneratedAlways, psycopg.errors.RaiseException):
                continue  # the database refuses it, and the schema's check finds a dropped constraint
            assert hit == 1, f"{what}: no row to tamper with"
            if stated.told() <= before:
                unseen.add(what)
    assert unseen == {what for name, what in listed() if name == table.name}

"""The views for people: a period's month, newest names, whole coins to the last digit, a comment on each column."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.tables import LAYER_TABLES

_SECOND = timedelta(seconds=1)
_SEPTEMBER = datetime(2026, 9, 1, tzinfo=UTC)
_PERIOD = """INSERT INTO canonical_periods VALUES ('c', %s, %s, 1, 2, 1, 2, %s, %s, repeat('0', 64), '{}')"""
_PUBLICATION = """INSERT INTO publications (sequence, snapshot_id, asset, chain_id, period, previous_hash, entry_hash)
    SELECT 1, snapshot_id, asset, chain_id, period, repeat('0', 64), repeat('1', 64) FROM snapshots"""


@pytest.fixture
def forged(shared_database: Database) -> Iterator[Connection]:
    """A connection on which rows may be put anywhere; nothing of them stays."""
    with shared_database.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        yield connection
        connection.rollback()


def ask_one(connection: Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    (value,) = row.values()
    return value


@pytest.mark.parametrize(
    ("ended_at", "month"),
    [
        (_SEPTEMBER - _SECOND, "2026-08"),
        (_SEPTEMBER, "2026-08"),
        (_SEPTEMBER + timedelta(microseconds=1), "2026-09"),
        (datetime(2027, 1, 1, tzinfo=UTC), "2026-12"),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_month__at_its_edge__is_that_of_the_instant_before_the_end(
    forged: Connection, ended_at: datetime, month: str, zone: str
) -> None:
    forged.execute(f"SET LOCAL TIME ZONE '{zone}'".encode())
    forged.execute(_PERIOD, [7, "c:0000007", ended_at - timedelta(days=2), ended_at])
    assert ask_one(forged, "SELECT month FROM period_months") == month


def put_tips(connection: Connection, amount: int, decimals: int) -> None:
    """One row of revenue_allocation in force, on a chain whose coin has so many decimals."""
    connection.execute("INSERT INTO chains VALUES ('c', 'C', true, 'solana', 'EPOCH', 0, 'C', %s, 0, true)", [decimals])
    connection.execute(
        """INSERT INTO snapshots (asset, chain_id, period, content_digest, lineage_digest, inputs, layer_version,
                                  row_count, completeness)
           VALUES ('revenue_allocation', 'c', '0000007', repeat('0', 64), repeat('0', 64), '[]', 2, 1, 'FINAL')"""
    )
    connection.execute(
        """INSERT INTO layers.revenue_allocation
           (snapshot_id, chain_id, epoch, validator_key, component, part_id, party, partner_id, amount, state, salt)
           SELECT snapshot_id, 'c', 7, 'v', 'MEV_TIPS', gen_random_uuid(), 'LINE', 'p', %s, 'final', repeat('0', 64)
           FROM snapshots""",
        [Decimal(amount)],
    )
    connection.execute(_PUBLICATION)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amount=st.integers(0, 10**30), decimals=st.integers(0, 18))
def test_in_coins__any_amount_of_any_coin__exact_with_the_coins_own_digits(
    forged: Connection, amount: int, decimals: int
) -> None:
    with forged.transaction(force_rollback=True):
        put_tips(forged, amount, decimals)
        shown = ask_one(forged, "SELECT amount::text FROM revenue_allocation_in_coins")
    with localcontext() as context:
        context.prec = 60
        assert shown == f"{Decimal(amount).scaleb(-decimals):.{decimals}f}"


def test_named__a_row_of_a_validator_and_a_partner__has_month_and_newest_names(forged: Connection) -> None:
    put_tips(forged, 5, 9)
    forged.execute(_PERIOD, [7, "c:0000007", _SEPTEMBER - timedelta(days=2), _SEPTEMBER])
    for revision, name in ((1, "Old"), (2, "New")):
        forged.execute(
            """INSERT INTO canonical_validator_identities
               (chain_id, validator_key, revision, valid_from, name, ownership, reason, recorded_by)
               VALUES ('c', 'v', %s, '2026-01-01Z', %s, 'OPERATOR', 'test', 'test')""",
            [revision, name],
        )
        forged.execute(
            """INSERT INTO partners (partner_id, revision, name, reason, recorded_by)
               VALUES ('p', %s, %s, 'test', 'test')""",
            [revision, f"{name} Partner"],
        )
    for view in ("revenue_allocation_named", "revenue_allocation_in_coins"):
        row = forged.execute(f"SELECT * FROM {view}".encode()).fetchone()
        assert row is not None
        told = (row["month"], row["period_ended_at"], row["validator_name"], row["partner_name"])
        assert told == ("2026-08", _SEPTEMBER, "New", "New Partner"), view


def test_named__without_a_period_or_names__keeps_the_row(forged: Connection) -> None:
    put_tips(forged, 5, 9)
    row = forged.execute("SELECT * FROM revenue_allocation_named").fetchone()
    assert row is not None
    assert (row["amount"], row["month"], row["validator_name"], row["partner_name"]) == (5, None, None, None)


def test_columns__of_every_view__are_explained(shared_database: Database) -> None:
    with shared_database.connect() as connection:
        rows = connection.execute(
            """SELECT c.relname AS view, a.attname AS name, col_description(c.oid, a.attnum) AS comment
               FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
               WHERE c.relkind = 'v' AND c.relnamespace = 'public'::regnamespace"""
        ).fetchall()
    told = {(row["view"], row["name"]): row["comment"] for row in rows}
    assert {"in_force", "snapshot_states", "staging_payloads_json"} < {view for view, _ in told}
    assert [key for key, comment in told.items() if not comment] == []
    for table in LAYER_TABLES:
        unit = "month" if table.is_monthly else "epoch"
        assert told[table.name, unit] == table.column(unit).description
    assert told["partner_commission_lines_in_coins", "final"].endswith("In whole coins.")

"""Amounts of rows: exact ints from frames and from the database, null where they are not known."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.commissions.tables import REVENUE_ALLOCATION
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.frames import exact_rows, frame_of
from aurora_pipeline.store.row_amounts import with_amounts

AMOUNTS = st.none() | st.integers(-(10**30), 10**30)


@given(st.lists(AMOUNTS, max_size=5))
def test_exact_rows__any_amounts__to_the_unit_and_never_a_decimal(amounts: list[int | None]) -> None:
    frame = frame_of(REVENUE_ALLOCATION, [{"part_id": str(n), "amount": one} for n, one in enumerate(amounts)])
    rows = list(exact_rows(REVENUE_ALLOCATION, frame))
    assert [row["amount"] for row in rows] == amounts
    assert {type(row["amount"]) for row in rows} <= {int, type(None)}
    assert [row["part_id"] for row in rows] == [str(n) for n in range(len(amounts))]


def test_with_amounts__a_row_of_the_database__ints_and_nulls(shared_database: Database) -> None:
    query = "SELECT (10::numeric^30)::amount AS paid, -1::numeric AS owed, NULL::amount AS held, 1.5 AS share"
    with shared_database.connect() as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    assert with_amounts(row, ("paid", "owed", "held")) == {
        "paid": 10**30,
        "owed": -1,
        "held": None,
        "share": Decimal("1.5"),
    }

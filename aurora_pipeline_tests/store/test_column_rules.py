"""Every rule of every column: what the database's CHECK refuses, the gate and the column refuse, and nothing else."""

from __future__ import annotations

from typing import Any, Final

import polars as pl
import psycopg.errors
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aurora_pipeline.store.column_rules import ColumnRule, HexDigits, LengthMax, OneOf, Range, Within
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.ddl import create_table
from aurora_pipeline.store.declaration import KIND_RULES, Column, ColumnKind, Table, TableKind
from aurora_pipeline.store.frames import FRAME_TYPES, exact_series
from aurora_pipeline.tables import ALL_TABLES
from aurora_pipeline_tests.gated import schema_violations

LETTERS: Final = st.characters(codec="utf-8", exclude_characters="\0")
DECLARED: Final = {(column.kind, rule) for table in ALL_TABLES for column in table.columns for rule in column.rules}
CASES: Final = sorted(DECLARED | {(kind, rule) for kind, rule in KIND_RULES.items()}, key=repr)


def values(kind: ColumnKind, rule: ColumnRule) -> st.SearchStrategy[Any]:
    """Values on both sides of a rule's edge."""
    match rule:
        case OneOf(texts):
            known = st.sampled_from(texts)
            return known | known.map(str.swapcase) | known.map(lambda text: f"{text} ") | st.text(LETTERS, max_size=9)
        case Range(low, high):
            most = 10**30 if kind is ColumnKind.AMOUNT else 2**62
            ends = [end for end in (low, high) if end is not None]
            near = st.sampled_from(ends).flatmap(lambda end: st.integers(end - 2, end + 2))
            return near | st.integers(-most, most)
        case Within(power):
            return st.sampled_from((-1, 1)).flatmap(
                lambda sign: st.integers(-2, 2).map(lambda more: sign * 10**power + more)
            ) | st.integers(-(10 ** (power + 2)), 10 ** (power + 2))
        case HexDigits(count):
            digits = st.text("0123456789abcdef", min_size=count - 1, max_size=count + 1)
            return digits | st.builds(
                "{}{}".format, digits.map(lambda text: text[: count - 1]), LETTERS | st.just("\n")
            )
        case LengthMax(count):
            return st.text(LETTERS, min_size=max(0, count - 2), max_size=count + 2)
    raise TypeError(f"no values for {rule}")


def table_of(kind: ColumnKind, rule: ColumnRule) -> Table:
    """A table of one column with the rule; a rule of the kind is its domain's."""
    rules = () if KIND_RULES.get(kind) == rule else (rule,)
    columns = (Column("number", ColumnKind.INTEGER, "Its key."), Column("value", kind, "Its value.", True, rules=rules))
    return Table("tried", TableKind.LEDGER, "One value.", columns, ("number",))


def is_refused_by_the_database(connection: Connection, value: Any) -> bool:
    try:
        with connection.transaction():
            connection.execute("INSERT INTO tried VALUES (1, %s)", [value])
            connection.execute("TRUNCATE tried")
    except psycopg.errors.CheckViolation:
        return True
    return False


def is_refused_by_the_gate(table: Table, value: Any) -> bool:
    column = table.columns[1]
    series = (
        exact_series("value", [value])
        if column.kind is ColumnKind.AMOUNT
        else pl.Series("value", [value], dtype=FRAME_TYPES[column.kind])
    )
    return bool(schema_violations(table, pl.DataFrame([pl.Series("number", [1], dtype=pl.Int64), series])))


@pytest.mark.parametrize(("kind", "rule"), CASES, ids=repr)
def test_rule__any_value__database_and_gate_agree(
    shared_database: Database, kind: ColumnKind, rule: ColumnRule
) -> None:
    table = table_of(kind, rule)
    seen: set[bool] = set()

    with shared_database.connect() as connection:
        connection.execute(create_table(table).encode())

        @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
        @given(values(kind, rule) | st.none())
        def agree(value: Any) -> None:
            refused = is_refused_by_the_database(connection, value)
            assert is_refused_by_the_gate(table, value) is refused, (rule, value, refused)
            assert value is None or (table.columns[1].problem(value) is not None) is refused, (rule, value, refused)
            seen.add(refused)

        agree()
        connection.rollback()
    assert seen == {True, False}


@pytest.mark.parametrize(
    ("rule", "conditions", "words"),
    [
        (OneOf(("a", "it's")), ("x IN ('a', 'it''s')",), "one of `a`, `it's`"),
        (Range(0, 10_000), ("x >= 0", "x <= 10000"), "from 0 to 10000"),
        (Range(low=1), ("x >= 1",), "at least 1"),
        (Range(high=7), ("x <= 7",), "at most 7"),
        (LengthMax(9), ("char_length(x) <= 9",), "at most 9 characters"),
    ],
)
def test_rule__its_sql_and_its_words__from_one_declaration(
    rule: ColumnRule, conditions: tuple[str, ...], words: str
) -> None:
    assert (rule.sql("x"), rule.words(mark="`")) == (conditions, words)

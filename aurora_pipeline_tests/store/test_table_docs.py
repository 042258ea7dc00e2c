"""docs/tables.md says what the declarations say."""

from __future__ import annotations

from pathlib import Path

from aurora_pipeline.canonical.tables import FEES
from aurora_pipeline.store.payloads.tables import FETCHES
from aurora_pipeline.store.table_docs import described, digest_order
from aurora_pipeline.tables import ALL_TABLES

DOCUMENT = Path(__file__).parents[2] / "docs" / "tables.md"
RENDER = (
    "from aurora_pipeline.store.table_docs import described; from aurora_pipeline.tables import ALL_TABLES;"
    " print(described(ALL_TABLES), end='')"
)


def test_tables_document__declarations_as_they_are__is_up_to_date() -> None:
    assert DOCUMENT.read_text("utf-8") == described(ALL_TABLES), f'run: python -c "{RENDER}" > docs/tables.md'


def test_described__every_table__is_there_once_with_every_column() -> None:
    text = described(ALL_TABLES)
    for table in ALL_TABLES:
        (section,) = [part for part in text.split("\n### ") if part.split("\n")[0].split(".")[-1] == table.name]
        assert [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")] == table.names


def test_digest_order__column_that_says_where_a_row_came_from__has_no_number() -> None:
    order = digest_order(FEES)
    assert "source_fetch" not in order
    assert list(order) == [column.name for column in FEES.digested]
    assert list(order.values()) == list(range(1, len(order) + 1))


def test_digest_order__table_that_no_digest_reads_by_columns__has_none() -> None:
    assert digest_order(FETCHES) == {}

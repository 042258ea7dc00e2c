"""What somebody could do to a table who can switch off every guard, and what docs/digests.md says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from aurora_pipeline.store.ddl import LAYER_SCHEMA
from aurora_pipeline.store.declaration import Column, ColumnKind, Table, TableKind
from aurora_pipeline_tests.store.column_values import choices

CHANGED = {
    ColumnKind.TEXT: "coalesce({0}, '') || 'x'",
    ColumnKind.AMOUNT: "coalesce({0}, 0) + 1",
    ColumnKind.INTEGER: "coalesce({0}, 0) + 1",
    ColumnKind.BOOLEAN: "NOT coalesce({0}, false)",
    ColumnKind.INSTANT: "{0} - interval '1 hour'",
    ColumnKind.UUID: "gen_random_uuid()",
    ColumnKind.DIGEST: "repeat('a', 64)",
    ColumnKind.BYTES: "{0} || '\\x00'::bytea",
    ColumnKind.JSON: """CASE jsonb_typeof({0}) WHEN 'array' THEN {0} || '["x"]' ELSE {0} || '{{"x": "x"}}' END""",
    ColumnKind.INTEGERS: "{0}[2:]",
}
DELETED, COPIED = "a row deleted", "a copy inserted"


def changed(column: Column) -> str:
    """SQL: another value of a column, one that its CHECK allows where it names some."""
    values = choices(column)
    if values:
        others = " ".join(f"WHEN '{value}' THEN '{values[place - 1]}'" for place, value in enumerate(values))
        return f"CASE coalesce({column.name}, '{values[0]}') {others} END"
    return CHANGED[column.kind].format(column.name)


def tamperings(table: Table) -> Iterator[tuple[str, str]]:
    """What is done to a table, and the statement that does it; each hits one row."""
    name = f"{LAYER_SCHEMA}.{table.name}" if table.kind is TableKind.LAYER else table.name
    first = f"ctid = (SELECT min(ctid) FROM {name})"
    for column in table.columns:
        yield column.name, f"UPDATE {name} SET {column.name} = {changed(column)} WHERE {first}"
    yield DELETED, f"DELETE FROM {name} WHERE {first}"
    first_names = ["snapshot_id"] if table.kind is TableKind.LAYER else []
    names = [*first_names, *table.names, *(["salt"] if table.salted else [])]
    unique = {table.row_id or table.key[-1], *(column for columns in table.unique for column in columns[-1:])}
    values = [_copy(table, one, name) if one in unique else one for one in names]
    yield (
        COPIED,
        f"INSERT INTO {name} ({', '.join(names)}) OVERRIDING SYSTEM VALUE"
        f" SELECT {', '.join(values)} FROM {name} WHERE {first}",
    )


def _copy(table: Table, name: str, place: str) -> str:
    column = table.column(name)
    if column.kind is ColumnKind.INTEGER:
        return f"(SELECT max({name}) + 1 FROM {place})"
    return "repeat('b', 64)" if column.kind is ColumnKind.DIGEST else changed(column)


def listed() -> dict[tuple[str, str], str]:
    """What docs/digests.md says nothing rests on: the reason, by table and column."""
    text = (Path(__file__).parents[3] / "docs" / "digests.md").read_text(encoding="utf-8")
    section = text.partition("## 11. What nothing rests on")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", section, re.MULTILINE)
    return {(table, what.strip(" `")): why for table, whats, why in rows for what in whats.split(",")}

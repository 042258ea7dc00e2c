"""docs/tables.md: every declared table in words, rendered from its declaration."""

from __future__ import annotations

from collections.abc import Sequence

from aurora_pipeline.store.ddl import LAYER_SCHEMA, SQL_TYPES
from aurora_pipeline.store.declaration import Column, ColumnKind, Table, TableKind

_INTRODUCTION = """\
# Tables

Every table Aurora keeps, as declared in the code; a test keeps this page equal to the declarations. Money is in the
type `amount`: an integer in the chain's base unit. Instants are UTC. `sha256_hex` is text of 64 lower-case hex digits.

The numbers under "digest" say which columns a digest reads and in which order ([digests.md](digests.md)): the content
digest of a layer's snapshot, and the decision digest of a ledger row that a lineage names. A column without a number
says where a row came from or when it was recorded.

* **Layers** hold the rows of immutable snapshots in `layers.<name>`, which has a `snapshot_id` besides the columns
  below, and a `salt` where the table is salted. The view `<name>` shows what is in force now, with the snapshot's
  completeness and digests; `<name>_as_of(timestamptz)` shows what was in force at a past moment; `<name>_named`
  is `<name>` with `period_ended_at`, `month` (UTC, like 2026-08), `validator_name` and `partner_name` where a row is
  about one; `<name>_in_coins` is that with amounts in whole coins. [analysts.md](analysts.md) answers questions in SQL.
* **Ledgers** are append-only: UPDATE, DELETE and TRUNCATE are refused.
* **Registry** tables mirror the configuration files, which win.
"""
_HEADINGS = {
    TableKind.LAYER: "Layers",
    TableKind.DECISION: "Decisions",
    TableKind.LEDGER: "Ledgers",
    TableKind.REGISTRY: "Registry",
}


def described(tables: Sequence[Table]) -> str:
    """The document about some tables, as Markdown, grouped by kind in the order given."""
    sections = [_INTRODUCTION]
    for kind, heading in _HEADINGS.items():
        members = [table for table in tables if table.kind is kind]
        if members:
            sections += [f"## {heading}\n", *(_table(table) for table in members)]
    return "\n".join(sections)


def _table(table: Table) -> str:
    name = f"{LAYER_SCHEMA}.{table.name}" if table.kind is TableKind.LAYER else table.name
    facts = [f"Key: {_named(table.key)}."]
    facts += [f"Unique: {_named(names)}." for names in table.unique]
    if table.kind is TableKind.LAYER:
        facts.append(f"Layer version: {table.version}.")
        facts.append("Salted." if table.salted else "Not salted.")
    numbers = digest_order(table)
    head = ["column", "type", "null", "meaning"] + (["digest"] if numbers else [])
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for column in table.columns:
        cells = [f"`{column.name}`", f"`{SQL_TYPES[column.kind]}`", "yes" if column.nullable else "", _meaning(column)]
        if numbers:
            cells.append(str(numbers.get(column.name, "")))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([f"### {name}\n", table.description, "", " ".join(facts), "", *lines, ""])


def digest_order(table: Table) -> dict[str, int]:
    """The place of each column in the table's row or decision digest, from 1; empty where neither is made of it."""
    columns = table.digested
    without_encoding = {ColumnKind.INTEGERS, ColumnKind.BYTES, ColumnKind.JSON}
    if table.kind is TableKind.REGISTRY or any(column.kind in without_encoding for column in columns):
        return {}
    return {column.name: number for number, column in enumerate(columns, start=1)}


def _meaning(column: Column) -> str:
    words = [rule.words(mark="`") for rule in column.rules]
    rules = [f"{sentence[0].upper()}{sentence[1:]}." for sentence in words]
    if column.references:
        rules.append(f"References `{column.references}`.")
    return " ".join([column.description, *rules]).replace("|", "\\|")


def _named(columns: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in columns)

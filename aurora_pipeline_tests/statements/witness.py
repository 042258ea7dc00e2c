"""Looks at statements in Aurora and in the model: what is there now, what was frozen, and what was so at a moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aurora_pipeline.statements.documents import (
    PayableStatement,
    StatementDocument,
    document,
    payable_statements,
)
from aurora_pipeline_tests.statements.books import CHAIN, Books
from aurora_pipeline_tests.statements.model import TOP_UP, Figure, Model, Slot, Source, Stated, Statement


class Disagreement(AssertionError):
    """Aurora and the model do not say the same."""


@dataclass
class Witness:
    """Remembers what was seen, and compares."""

    books: Books
    model: Model
    frozen: dict[tuple[str, str], Any] = field(default_factory=dict)
    past: list[tuple[datetime, Any]] = field(default_factory=list)

    def as_published(self, one: PayableStatement) -> tuple[Statement, dict[Source, str]]:
        """A statement of Aurora's as it stands, and the ids of its lines and entries."""
        with self.books.database.connect() as connection:
            return self._told(document(connection, one))

    def _told(self, told: StatementDocument) -> tuple[Statement, dict[Source, str]]:
        """The same of a statement that is read already."""
        one, name = told.statement, told.statement.row["partner_id"]
        lines, ids = {}, {}
        for row in told.lines:
            source = (f"{row['epoch']:07}", row["validator_key"])
            computed, stated = row["computed"], row["override"]
            lines[source] = Figure(computed, row["held"], computed is not None, stated)
            ids[source] = str(row["line_id"])
        top_ups: dict[Source, int | None] = {}
        adjustments, counted = {}, {}
        for row in told.entries:
            source = (row["source_period"], row["validator_key"] or TOP_UP)
            ids[source] = str(row["entry_id"])
            if row["kind"] == "FLOOR_TOP_UP":
                top_ups[source] = row["amount"]
            else:
                adjustments[source], counted[source] = row["amount"], row["stated"]
        key, row = one.key.period, one.row
        is_month = "-" in key
        epochs = tuple(self.books.epochs(key)) if is_month else (int(key),)
        slot = Slot(key, key if is_month else self.books.month_of(int(key)), epochs, is_month)
        return (
            Statement(
                name, slot, row["number"] or 0, row["opening"] or 0, lines, top_ups, adjustments, counted,
                row["minimum_payout"] or 0, bool(row["blocked_count"]),
            ),
            ids,
        )  # fmt: skip

    def is_fresh(self, name: str, draft: Statement) -> bool:
        return draft in self.model.statements(name)

    def compare(self) -> None:
        """Every statement of every partner."""
        with self.books.database.connect() as connection:
            told = [document(connection, one) for one in payable_statements(connection, CHAIN) if one.is_payable]
        for name in self.model.partners:
            self._compare(name, [one for one in told if one.statement.row["partner_id"] == name])

    def _compare(self, name: str, told: Sequence[StatementDocument]) -> None:
        expected = {one.slot.key: one for one in self.model.statements(name)}
        stated = {one.statement.slot.key: one for one in self.model.partners[name].stated}
        found = {one.statement.key.period: one for one in told}
        if found.keys() != expected.keys():
            raise Disagreement(f"{name}: Aurora has statements of {sorted(found)}, the model of {sorted(expected)}")
        for key, one in found.items():
            self._compare_one(f"{name} {key}", one, expected[key], stated.get(key))

    def _compare_one(self, words: str, told: StatementDocument, expected: Statement, stated: Stated | None) -> None:
        published, _ = self._told(told)
        one = told.statement
        if published != expected:
            raise Disagreement(f"{words}: Aurora says\n  {published}\nthe model\n  {expected}")
        names = ("lines", "top_ups", "known_total", "total", "payable", "closing", "adjustments")
        says = tuple(one.row[name] for name in names)
        wanted = (
            expected.known_lines, expected.known_top_ups, expected.known_total, expected.total, expected.payable,
            expected.closing, sum(expected.adjustments.values()),
        )  # fmt: skip
        if says != wanted:
            raise Disagreement(f"{words}: Aurora says {says} of {names}, the model {wanted}")
        stands = (one.stage.value, one.paid)
        if stands != ((stated.stage, stated.paid) if stated else ("DRAFT", 0)):
            raise Disagreement(f"{words}: Aurora says {stands}, the model {stated}")

    # What never changes

    def _rows(self) -> dict[tuple[str, str], Any]:
        """Every statement's row and entries as in force, byte for byte."""
        found: dict[tuple[str, str], Any] = defaultdict(lambda: {table: [] for table in _TABLES})
        with self.books.database.connect() as connection:
            for table in _TABLES:
                for row in connection.execute(f"SELECT * FROM {table}".encode()):
                    plain = {column: one for column, one in row.items() if column not in _OF_SNAPSHOTS}
                    key = row["month"] if "month" in row else f"{row['epoch']:07}"
                    found[row["partner_id"], key][table].append(plain)
        for of_statement in found.values():
            for rows in of_statement.values():
                rows.sort(key=lambda row: str(row.get("entry_id")))
        return found

    def freeze(self, name: str, key: str) -> None:
        self.frozen[name, key] = self._rows()[name, key]

    def look_at_frozen(self) -> None:
        every = self._rows() if self.frozen else {}
        for (name, key), rows in self.frozen.items():
            now = every.get((name, key))
            if now != rows:
                raise Disagreement(f"{name} {key} was stated as\n  {rows}\nand is now\n  {now}")

    def _answer_of(self, moment: datetime) -> Any:
        with self.books.database.connect() as connection:
            found = payable_statements(connection, CHAIN, as_of=moment)
        return [(one.row, one.snapshot_id, one.entries_snapshot_id, one.stage, one.paid) for one in found]

    def remember(self) -> None:
        moment = self.books.rows("SELECT clock_timestamp() AS now")[0]["now"]
        self.past.append((moment, self._answer_of(moment)))

    def ask_again(self) -> None:
        """Every past moment is answered as it was."""
        for moment, told in self.past:
            now = self._answer_of(moment)
            if now != told:
                raise Disagreement(f"as of {moment} Aurora said\n  {told}\nand says now\n  {now}")


_TABLES = ("monthly_statements", "monthly_statement_entries", "epoch_payables", "epoch_payable_entries")
_OF_SNAPSHOTS = {"snapshot_id", "completeness", "published_at", "content_digest", "lineage_digest"}
"""What the views show of the snapshot, which is of all partners."""

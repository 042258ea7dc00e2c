"""Recording decisions: rows and their entry in the audit log are written together, with one instant, person and reason.

Every table of decisions is written through this, and the database refuses a row that comes without its entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from aurora_pipeline.decisions.errors import ReasonMissing
from aurora_pipeline.decisions.log import LoggedEvent, append_all
from aurora_pipeline.decisions.rows import LoggedRow, logged_row, rows_root
from aurora_pipeline.decisions.signing import Signing, signing
from aurora_pipeline.decisions.tables import AUDIT_ROWS
from aurora_pipeline.foundation import free_text
from aurora_pipeline.store.database import Connection, write_rows
from aurora_pipeline.store.declaration import Table

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One thing that was recorded: what it is about and, sentence by sentence, what changed."""

    subject: str
    action: str
    words: tuple[str, ...]


class Note(NamedTuple):
    """A change for the audit log: what it is about, the states before and after, its rows, and how to say it."""

    subject: str
    action: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    words: Sequence[str]
    rows: Sequence[Row] = ()
    """The rows of one table that it writes; see `record_all`."""


@dataclass
class Recording:
    """Who records, why, and the one instant that every row of a change carries, so that no as-of read splits it."""

    connection: Connection
    by: Signing
    reason: str
    _written: list[LoggedRow] = field(default_factory=list)
    """Rows that wait for the entry that tells of them."""

    @classmethod
    def begin(cls, connection: Connection, actor: str, reason: str) -> Recording:
        """Take the ledger's clock; nobody else records anything until this transaction ends."""
        reason = free_text.reason(reason)
        return cls(connection, signing(connection, actor), reason)

    @property
    def actor(self) -> str:
        """Who records."""
        return self.by.person

    @property
    def recorded_at(self) -> datetime:
        """The one instant that every row carries."""
        return self.by.recorded_at

    def require_reason(self) -> None:
        """Raise unless it is known who records and why; what was written so far is rolled back with it."""
        if not (self.actor and self.reason):
            raise ReasonMissing(
                "this changes what partners are paid, so it needs to be known who did it and why; nothing was written",
                'give a reason: --reason "signed on 2026-01-15"',
            )

    def write(self, table: Table, *rows: Row) -> None:
        """Append rows that share their columns; the next note tells of them."""
        self._written += self._append(table, rows)

    def note(
        self,
        subject: str,
        action: str,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any],
        words: Sequence[str],
    ) -> Change:
        """Append the audit entry of the rows written since the last one, and tell the change in words."""
        written, self._written = self._written, []
        (change,) = self._log([Note(subject, action, before, after, words)], [written])
        return change

    def record_all(self, table: Table, notes: Sequence[Note]) -> list[Change]:
        """Write the rows of many changes of one table, and append their audit entries, in one go."""
        written = iter(self._append(table, [row for note in notes for row in note.rows]))
        return self._log(notes, [[next(written) for _ in note.rows] for note in notes])

    def _append(self, table: Table, rows: Sequence[Row]) -> list[LoggedRow]:
        signature = {
            "reason": self.reason,
            "recorded_by": self.actor,
            "recorded_at": self.recorded_at,
            "recorded_through": self.by.login,
        }
        signed = {name: value for name, value in signature.items() if name in table.names}
        whole = [{**row, **signed} for row in rows]
        write_rows(self.connection, table.name, [self.by.told(row) for row in whole])
        return [logged_row(table, row) for row in whole]

    def _log(self, notes: Sequence[Note], written: Sequence[Sequence[LoggedRow]]) -> list[Change]:
        events = [
            LoggedEvent(
                note.action,
                note.subject,
                note.before,
                {**note.after, "reason": self.reason, "rows": {"count": len(rows), "root": rows_root(rows)}},
            )
            for note, rows in zip(notes, written, strict=True)
        ]
        entries = append_all(self.connection, self.by, events)
        told = [
            {"sequence": entry.sequence, "place": place, **vars(row)}
            for entry, rows in zip(entries, written, strict=True)
            for place, row in enumerate(rows, start=1)
        ]
        write_rows(self.connection, AUDIT_ROWS.name, told)
        return [Change(note.subject, note.action, tuple(note.words)) for note in notes]

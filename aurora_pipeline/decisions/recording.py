"""Recording decisions: every row of a change carries one instant, and the audit log says before, after, who and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from aurora_pipeline.decisions.log import Event, append_all
from aurora_pipeline.foundation import free_text
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.store.database import Connection, copy_rows


@dataclass(frozen=True)
class Change:
    """One thing that was recorded: what it is about and, sentence by sentence, what changed."""

    subject: str
    action: str
    words: tuple[str, ...]


class Note(NamedTuple):
    """A change for the audit log: what it is about, the states before and after, and how to tell it in words."""

    subject: str
    action: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    words: Sequence[str]


@dataclass(frozen=True)
class Recording:
    """Who records, why, and the one instant that every row of a change carries, so that no as-of read splits it."""

    connection: Connection
    actor: str
    reason: str
    recorded_at: datetime

    @classmethod
    def begin(cls, connection: Connection, actor: str, reason: str) -> Recording:
        """Take the ledger's clock; nobody else records anything until this transaction ends."""
        reason = free_text.reason(reason)
        row = connection.execute("SELECT record_instant() AS instant").fetchone()
        assert row is not None  # a function call gives one row
        return cls(connection, actor.strip(), reason, row["instant"])

    def require_reason(self) -> None:
        """Raise unless it is known who records and why; what was written so far is rolled back with it."""
        if not (self.actor and self.reason):
            raise AuroraError(
                "this changes what partners are paid, so it needs to be known who did it and why; nothing was written",
                'give a reason: --reason "signed on 2026-01-15"',
            )

    def write(self, table: str, *rows: Mapping[str, object], signed: bool = True) -> None:
        """Append rows that share their columns; `signed` rows say who recorded them and why."""
        signature = {"reason": self.reason, "recorded_by": self.actor} if signed else {}
        copy_rows(self.connection, table, [{**row, **signature, "recorded_at": self.recorded_at} for row in rows])

    def note(
        self,
        subject: str,
        action: str,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any],
        words: Sequence[str],
    ) -> Change:
        """Append the audit entry of a change, and tell it in words."""
        (change,) = self.note_all([Note(subject, action, before, after, words)])
        return change

    def note_all(self, notes: Sequence[Note]) -> list[Change]:
        """Append the audit entries of many changes in one go."""
        entries = [Event(one.action, one.subject, one.before, {**one.after, "reason": self.reason}) for one in notes]
        append_all(self.connection, self.actor, entries)
        return [Change(one.subject, one.action, tuple(one.words)) for one in notes]

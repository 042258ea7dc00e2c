"""Recording decisions: every row of a change carries one instant, and the audit log says before, after, who and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aurora_pipeline.audit.log import append
from aurora_pipeline.errors import AuroraError
from aurora_pipeline.store.database import Connection, insert_rows


@dataclass(frozen=True)
class Change:
    """One thing that was recorded: what it is about and, sentence by sentence, what changed."""

    subject: str
    action: str
    words: tuple[str, ...]


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
        row = connection.execute("SELECT record_instant() AS instant").fetchone()
        assert row is not None  # a function call gives one row
        return cls(connection, actor.strip(), reason.strip(), row["instant"])

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
        insert_rows(self.connection, table, [{**row, **signature, "recorded_at": self.recorded_at} for row in rows])

    def note(
        self,
        subject: str,
        action: str,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any],
        words: Sequence[str],
    ) -> Change:
        """Append the audit entry of a change, and tell it in words."""
        append(self.connection, self.actor, action, subject, before, {**after, "reason": self.reason})
        return Change(subject, action, tuple(words))

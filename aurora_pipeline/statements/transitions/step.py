"""What every step has in common: one transaction, the statement as it stands in it, and the database's own refusal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psycopg

from aurora_pipeline.decisions.recording import Change, Recording
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.statements.documents import PayableStatement, find_statement
from aurora_pipeline.statements.stated import Stage
from aurora_pipeline.store.database import Connection, Database

_REFUSALS: Final = (
    psycopg.errors.RaiseException,
    psycopg.errors.CheckViolation,
    psycopg.errors.ForeignKeyViolation,
    psycopg.errors.UniqueViolation,
)


@dataclass(frozen=True)
class Step:
    """One step on one statement, under way: nobody else decides anything until it ends."""

    connection: Connection
    recording: Recording
    statement: PayableStatement

    @property
    def actor(self) -> str:
        """Who takes the step."""
        return self.recording.actor

    def require(self, *stages: Stage) -> None:
        """Raise unless the statement stands where the step begins."""
        if not self.statement.is_payable:
            raise AuroraError(
                f"statement {self.statement.statement_id} is for information only; nothing was written",
                f"the partner is paid by {self.statement.row['payable_series']}",
            )
        if self.statement.stage not in stages:
            raise AuroraError(
                f"statement {self.statement.statement_id} is {self.statement.stage}, not"
                f" {' or '.join(stages)}; nothing was written",
                f"what is to be done: {self.statement.next_step}",
            )

    def require_digest(self, seen: str | None) -> str:
        """The digest that was submitted; raises where the person saw another one."""
        digest = str(self.statement.row["statement_digest"])
        if seen is not None and not digest.startswith(seen.lower()):
            raise AuroraError(
                f"statement {self.statement.statement_id} has the digest {digest}, not {seen}; nothing was written",
                f"look at it as it is: `aurora statements show {self.statement.statement_id[:8]}`",
            )
        return digest

    def note(self, action: str, words: Sequence[str], **after: object) -> Change:
        """Record the entry of the audit log that tells of the step."""
        subject = f"statement/{self.statement.statement_id}"
        return self.recording.note(subject, action, {"stage": self.statement.stage.value}, after, words)


@contextmanager
def step(database: Database, statement: str, chains: Sequence[str], actor: str, reason: str) -> Iterator[Step]:
    """Begin a step on the statement whose id begins so; what the database refuses is told in its own words."""
    with refusing(), database.connect() as connection:
        recording = Recording.begin(connection, actor, reason)
        yield Step(connection, recording, find_statement(connection, statement, chains))


@contextmanager
def refusing() -> Iterator[None]:
    """Tell what the database refuses as an error of the person's; nothing was written then."""
    try:
        yield
    except _REFUSALS as error:
        said = error.diag.message_primary or str(error)
        raise AuroraError(f"{said}; nothing was written", error.diag.message_hint) from None

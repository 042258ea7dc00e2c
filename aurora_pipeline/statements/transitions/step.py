"""What every step has in common: one transaction, the statement as it stands in it, and the database's own refusal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from aurora_pipeline.agreements.units import chain_units
from aurora_pipeline.decisions.recording import Change, Recording
from aurora_pipeline.foundation.errors import NotUnderstood
from aurora_pipeline.foundation.money import stored_amount
from aurora_pipeline.statements.documents import PayableStatement, find_statement
from aurora_pipeline.statements.errors import StatementChanged, StatementNotPayable, StatementNotThere, StepRefused
from aurora_pipeline.statements.stated import Stage
from aurora_pipeline.store.database import Connection, Database

_DIGEST_MIN: Final = 8
_DIGEST: Final = re.compile(f"[0-9a-f]{{{_DIGEST_MIN},64}}")
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
            raise StatementNotPayable(
                f"statement {self.statement.statement_id} is for information only; nothing was written",
                f"the partner is paid by {self.statement.row['payable_series']}",
            )
        if self.statement.stage not in stages:
            raise StatementNotThere(
                f"statement {self.statement.statement_id} is {self.statement.stage}, not"
                f" {' or '.join(stages)}; nothing was written",
                f"what is to be done: {self.statement.next_step}",
            )

    def require_digest(self, seen: str | None) -> str:
        """The digest that was submitted; raises where the person saw another one."""
        digest = str(self.statement.row["statement_digest"])
        if seen is None:
            return digest
        wanted = seen.strip().lower()
        if _DIGEST.fullmatch(wanted) is None:
            raise NotUnderstood(
                f"{seen!a} is no digest; nothing was written",
                f"give at least {_DIGEST_MIN} hexadecimal digits of what you saw, or leave --digest out",
            )
        if not digest.startswith(wanted):
            raise StatementChanged(
                f"statement {self.statement.statement_id} has the digest {digest}, not {wanted}:"
                f" {self._changed_since(wanted)}; nothing was written",
                f"look at it as it is: `aurora statements show {self.statement.statement_id[:8]}`",
            )
        return digest

    def _changed_since(self, digest: str) -> str:
        """What is otherwise now than in the state of the statement that had the digest, in words."""
        table, now = self.statement.table, self.statement.row
        seen = self.connection.execute(
            f"SELECT * FROM layers.{table.name} WHERE statement_id = %s AND starts_with(statement_digest, %s)"
            " ORDER BY snapshot_id DESC LIMIT 1".encode(),
            [self.statement.statement_id, digest],
        ).fetchone()
        if seen is None:
            return "none of its states had that one"
        names = [name for name in table.names if name != "statement_digest" and seen[name] != now[name]]
        units = chain_units(self.connection)[self.statement.key.chain_id]

        def told(name: str, value: Any) -> str:
            is_amount = name in table.amounts and value is not None
            return units.in_coins(stored_amount(value)) if is_amount else str(value)

        return "since then " + ", ".join(
            f"{name} {told(name, seen[name])} -> {told(name, now[name])}" for name in names
        )

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
        raise StepRefused(f"{said}; nothing was written", error.diag.message_hint) from None

"""A submission is approved, which freezes the statement, or handed back."""

from __future__ import annotations

from collections.abc import Sequence

from aurora_pipeline.decisions.recording import Change
from aurora_pipeline.statements.decided import STATEMENT_APPROVALS, STATEMENT_BALANCES, STATEMENT_REJECTIONS
from aurora_pipeline.statements.errors import SecondPersonNeeded
from aurora_pipeline.statements.stated import Stage
from aurora_pipeline.statements.transitions.step import Step, step
from aurora_pipeline.store.database import Database


def approve(
    database: Database, statement: str, chains: Sequence[str], actor: str, reason: str, seen: str | None = None
) -> Change:
    """Approve the submission that is pending; `seen` is the digest that the person looked at."""
    with step(database, statement, chains, actor, reason) as taken:
        taken.require(Stage.PENDING_APPROVAL)
        stated = taken.statement.stated
        assert stated is not None  # what is pending was submitted
        if stated.submitter == taken.actor:
            raise SecondPersonNeeded(
                f"{taken.actor} submitted {stated.statement_id} and does not approve it; nothing was written",
                "somebody else has to",
            )
        digest = taken.require_digest(seen)
        row = taken.statement.row
        taken.recording.write(
            STATEMENT_APPROVALS,
            {
                "statement_id": stated.statement_id,
                "attempt": stated.attempt,
                "statement_digest": digest,
                "submitter": stated.submitter,
            },
        )
        taken.recording.write(
            STATEMENT_BALANCES,
            {
                "partner_id": stated.partner_id,
                "chain_id": stated.key.chain_id,
                "number": stated.number,
                "statement_id": stated.statement_id,
                "previous_number": _previous(taken, stated.number),
                "opening": row["opening"],
                "total": stated.total,
                "payable": stated.payable,
                "closing": stated.closing,
            },
        )
        taken.recording.require_reason()
        words = [f"approved {stated.key} of {stated.partner_id}, digest {digest}: it never changes again"]
        return taken.note("statement.approved", words, digest=digest, payable=str(stated.payable))


def _previous(taken: Step, number: int) -> int | None:
    """The number before, where there is one: the first statement without an imported opening has none."""
    row = taken.statement.row
    found = taken.connection.execute(
        "SELECT FROM statement_balances WHERE (partner_id, chain_id, number) = (%s, %s, %s)",
        [row["partner_id"], row["chain_id"], number - 1],
    ).fetchone()
    return None if found is None else number - 1


def reject(
    database: Database, statement: str, chains: Sequence[str], actor: str, reason: str, seen: str | None = None
) -> Change:
    """Hand a submission back: the statement is a draft again, and follows what changes."""
    with step(database, statement, chains, actor, reason) as taken:
        taken.require(Stage.PENDING_APPROVAL)
        stated = taken.statement.stated
        assert stated is not None  # what is pending was submitted
        digest = taken.require_digest(seen)
        taken.recording.write(
            STATEMENT_REJECTIONS,
            {"statement_id": stated.statement_id, "attempt": stated.attempt, "statement_digest": digest},
        )
        taken.recording.require_reason()
        words = [f"handed back {stated.key} of {stated.partner_id}: it is a draft again"]
        return taken.note("statement.rejected", words, digest=digest)

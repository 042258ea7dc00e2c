"""An approved statement is released: the partner sees it, may acknowledge or dispute it, and it may be paid."""

from __future__ import annotations

from collections.abc import Sequence

from aurora_pipeline.decisions.recording import Change
from aurora_pipeline.statements.decided import STATEMENT_RELEASES
from aurora_pipeline.statements.errors import SecondPersonNeeded
from aurora_pipeline.statements.stated import Stage
from aurora_pipeline.statements.transitions.step import step
from aurora_pipeline.store.database import Database


def release(
    database: Database, statement: str, chains: Sequence[str], actor: str, reason: str, seen: str | None = None
) -> Change:
    """Release an approved statement; with dual approval, another person than who approved it has to."""
    with step(database, statement, chains, actor, reason) as taken:
        taken.require(Stage.APPROVED)
        digest = taken.require_digest(seen)
        row = taken.connection.execute(
            """SELECT a.recorded_by AS approver, c.dual_approval FROM statement_approvals a, chains c
               WHERE a.statement_id = %s AND c.chain_id = %s""",
            [taken.statement.statement_id, taken.statement.key.chain_id],
        ).fetchone()
        assert row is not None  # it is approved, on a chain of the configuration
        if row["dual_approval"] and row["approver"] == taken.actor:
            raise SecondPersonNeeded(
                f"{taken.actor} approved {taken.statement.statement_id} and does not release it; nothing was written",
                "somebody else has to; dual_approval in chains.yaml asks for it",
            )
        taken.recording.write(
            STATEMENT_RELEASES,
            {
                "statement_id": taken.statement.statement_id,
                "statement_digest": digest,
                "approver": row["approver"],
            },
        )
        taken.recording.require_reason()
        words = [f"released {taken.statement.key} to {taken.statement.row['partner_id']}"]
        return taken.note("statement.released", words, digest=digest)

"""What the partner says to a released statement, or finance for it, and what finance answers to a dispute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aurora_pipeline.agreements.errors import AmountNotAccepted
from aurora_pipeline.agreements.others_named import refuse_others_named
from aurora_pipeline.agreements.units import chain_units, parse_amount
from aurora_pipeline.decisions.recording import Change
from aurora_pipeline.foundation.errors import IdAmbiguous
from aurora_pipeline.foundation.units import ZERO, Amount
from aurora_pipeline.statements.decided import (
    STATEMENT_ACKNOWLEDGEMENTS,
    STATEMENT_DISPUTE_ANSWERS,
    STATEMENT_DISPUTES,
    DisputeVerdict,
)
from aurora_pipeline.statements.documents import begins_so, document, in_words
from aurora_pipeline.statements.errors import (
    DisputeAnswered,
    DisputeChangesNothing,
    NotTheirStatement,
    SettlementRefused,
)
from aurora_pipeline.statements.stated import Stage
from aurora_pipeline.statements.transitions.step import Step, step
from aurora_pipeline.store.database import Database

_SEEN = (Stage.RELEASED, Stage.PAID)


def acknowledge(
    database: Database,
    statement: str,
    chains: Sequence[str],
    actor: str,
    reason: str,
    seen: str | None = None,
    on_behalf_of: str | None = None,
) -> Change:
    """The partner holds a released statement for right; finance may say so for it, named as such."""
    with step(database, statement, chains, actor, reason) as taken:
        taken.require(*_SEEN)
        digest = taken.require_digest(seen)
        behalf = _behalf(taken, on_behalf_of)
        said = "SELECT recorded_by FROM statement_acknowledgements WHERE statement_id = %s"
        _require_unsaid(taken, said, [taken.statement.statement_id], "acknowledged")
        taken.recording.write(
            STATEMENT_ACKNOWLEDGEMENTS,
            {"statement_id": taken.statement.statement_id, "statement_digest": digest, "on_behalf_of": behalf},
        )
        taken.recording.require_reason()
        return taken.note("statement.acknowledged", [f"acknowledged {taken.statement.key}"], digest=digest)


def dispute(
    database: Database,
    statement: str,
    chains: Sequence[str],
    line: str,
    claimed: str,
    actor: str,
    reason: str,
    on_behalf_of: str | None = None,
) -> Change:
    """The partner holds a line of a released statement for wrong, and says what it holds for right."""
    with step(database, statement, chains, actor, reason) as taken:
        taken.require(*_SEEN)
        units = chain_units(taken.connection)[taken.statement.key.chain_id]
        identifier, stated, words = _line(taken, line)
        amount = parse_amount(units, claimed)
        if amount < 0:
            raise AmountNotAccepted(
                f"{claimed} is negative; nothing was written", "give what the line should say: 0 or more"
            )
        if amount == stated:
            raise DisputeChangesNothing(
                f"{words} says {units.write(amount)} already; nothing was written",
                "dispute it with the amount that you hold for right",
            )
        said = "SELECT recorded_by FROM statement_disputes WHERE (statement_id, line_id) = (%s, %s)"
        _require_unsaid(taken, said, [taken.statement.statement_id, identifier], "disputed on this statement")
        taken.recording.write(
            STATEMENT_DISPUTES,
            {
                "statement_id": taken.statement.statement_id,
                "line_id": identifier,
                "statement_digest": str(taken.statement.row["statement_digest"]),
                "stated": stated,
                "claimed": amount,
                "on_behalf_of": _behalf(taken, on_behalf_of),
            },
        )
        taken.recording.require_reason()
        says = "an amount that is not known" if stated is None else units.write(stated)
        told = [f"disputes {words}: {units.write(amount)} instead of {says}"]
        return taken.note("dispute.opened", told, line=identifier, claimed=str(amount))


def answer(
    database: Database,
    statement: str,
    chains: Sequence[str],
    line: str,
    verdict: DisputeVerdict,
    settled_by: str | None,
    actor: str,
    reason: str,
) -> Change:
    """Finance accepts a dispute, naming the override or correcting version that settles it, or rejects it."""
    with step(database, statement, chains, actor, reason) as taken:
        taken.require(*_SEEN)
        identifier = _disputed_line(taken, line)
        settled = _settled_by(taken, settled_by, identifier) if verdict is DisputeVerdict.ACCEPTED else None
        if verdict is DisputeVerdict.REJECTED and settled_by is not None:
            raise SettlementRefused(
                "a dispute that is rejected is settled by nothing; nothing was written", "leave out --settled-by"
            )
        refuse_others_named(taken.connection, taken.recording.reason, str(taken.statement.row["partner_id"]))
        taken.recording.write(
            STATEMENT_DISPUTE_ANSWERS,
            {
                "statement_id": taken.statement.statement_id,
                "line_id": identifier,
                "verdict": verdict.value,
                "settled_by": settled,
            },
        )
        taken.recording.require_reason()
        told = f"{verdict.value.lower()} the dispute of line {identifier[:8]}"
        told += "" if settled is None else f": settled by {settled}, whose effect comes as an adjustment"
        return taken.note("dispute.answered", [told], line=identifier, verdict=verdict.value)


def _require_unsaid(taken: Step, query: str, given: Sequence[str], what: str) -> None:
    row = taken.connection.execute(query.encode(), given).fetchone()
    if row is not None:
        raise DisputeAnswered(
            f"that is {what} already, by {row['recorded_by']}; nothing was written",
            f"`aurora statements history {taken.statement.statement_id[:8]}` shows it",
        )


def _behalf(taken: Step, on_behalf_of: str | None) -> str | None:
    """For whom something is said: a person of the partner's says it itself, anybody else names the partner."""
    partner = str(taken.statement.row["partner_id"])
    row = taken.connection.execute(
        "SELECT partner_id FROM users WHERE login = %s ORDER BY revision DESC LIMIT 1", [taken.actor]
    ).fetchone()
    own = None if row is None else row["partner_id"]
    if own == partner and on_behalf_of is None:
        return None
    if own is not None and own != partner:
        raise NotTheirStatement(
            f"{taken.actor} belongs to {own}, and this is {partner}'s statement; nothing was written",
            f"`aurora statements list --partner {own}` shows yours",
        )
    if on_behalf_of != partner:
        raise NotTheirStatement(
            f"this is the statement of {partner}, and {taken.actor} is not of {partner}; nothing was written",
            f"say for whom you speak: --on-behalf-of {partner}",
        )
    return partner


def _line(taken: Step, beginning: str) -> tuple[str, Amount | None, str]:
    """Id, stated amount and words of a line or entry of the statement."""
    told = document(taken.connection, taken.statement)
    lines = {str(one["line_id"]): (ZERO if one["held"] else one["final"], in_words(one)) for one in told.lines}
    lines |= {str(one["entry_id"]): (one["amount"], in_words(one)) for one in told.entries}
    found = begins_so(beginning, lines)
    if len(found) != 1:
        raise IdAmbiguous(
            f"{beginning!r} names {len(found) or 'no'} line(s) of statement {taken.statement.statement_id};"
            " nothing was written",
            f"`aurora statements show {taken.statement.statement_id[:8]} --json` lists their ids",
        )
    return found[0], *lines[found[0]]


def _disputed_line(taken: Step, beginning: str) -> str:
    rows = taken.connection.execute(
        """SELECT d.line_id::text AS line_id, a.verdict FROM statement_disputes d
           LEFT JOIN statement_dispute_answers a USING (statement_id, line_id) WHERE d.statement_id = %s""",
        [taken.statement.statement_id],
    ).fetchall()
    verdicts = {str(row["line_id"]): row["verdict"] for row in rows}
    found = begins_so(beginning, verdicts)
    if len(found) != 1:
        raise IdAmbiguous(
            f"{beginning!r} names {len(found) or 'no'} dispute(s) of this statement; nothing was written",
            "`aurora disputes list` shows them; give at least 4 characters of the line's id",
        )
    if verdicts[found[0]] is not None:
        raise DisputeAnswered(
            f"that dispute is {verdicts[found[0]]} already; nothing was written", "an answer is given once"
        )
    return found[0]


def _settled_by(taken: Step, text: str | None, line: str) -> str:
    """The decision that settles a dispute, as the log names its row: an override or a correcting version."""
    if text is None:
        raise SettlementRefused(
            "an accepted dispute needs the decision that settles it; nothing was written",
            "record the override or the correcting version first, and name it: --settled-by AGREEMENT/RULE or"
            " AGREEMENT/VERSION",
        )
    given = {"statement": taken.statement.statement_id, "line": line, "text": text.strip()}
    row = taken.connection.execute(_SETTLING, given).fetchone()
    if row is None:
        raise SettlementRefused(
            f"no override of line {line[:8]} and no version that corrects its time is called {text!r};"
            " nothing was written",
            "`aurora overrides list` and `aurora agreements list` name them; what settles another line leaves this one"
            " as it is",
        )
    return str(row["name"])


_SETTLING: Final = """
SELECT name FROM statement_settlements(%(statement)s, %(line)s)
WHERE %(text)s IN (name, split_part(name, ':', 2)) OR starts_with(split_part(name, ':', 2), %(text)s || '/')
ORDER BY decided_at DESC LIMIT 1
"""
"""The newest decision that can settle a dispute and is called so."""

"""A draft is handed in for approval, as it stands, with every missing and held figure accepted by name."""

from __future__ import annotations

import json
from collections.abc import Sequence

from aurora_pipeline.agreements.units import chain_units
from aurora_pipeline.decisions.recording import Change
from aurora_pipeline.foundation.errors import IdAmbiguous
from aurora_pipeline.foundation.units import ZERO
from aurora_pipeline.statements.decided import STATEMENT_SUBMISSIONS
from aurora_pipeline.statements.documents import TABLES, begins_so, document, unsettled_ids
from aurora_pipeline.statements.errors import (
    EntriesDiffer,
    FiguresNotAccepted,
    OverridesWithoutTarget,
    StatementOutOfOrder,
)
from aurora_pipeline.statements.payable import entry_digests
from aurora_pipeline.statements.stated import Stage, load_accounts
from aurora_pipeline.statements.transitions.step import Step, step
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.published import stored_rows


def submit(
    database: Database,
    statement: str,
    chains: Sequence[str],
    accepted: Sequence[str],
    actor: str,
    reason: str,
    seen: str | None = None,
) -> Change:
    """Submit a draft. `accepted` are ids, or their beginnings, of its missing and held figures; `seen` its digest."""
    with step(database, statement, chains, actor, reason) as taken:
        taken.require(Stage.DRAFT)
        row = taken.statement.row
        _require_turn(taken)
        if row["blocked_count"]:
            raise OverridesWithoutTarget(
                f"{row['blocked_count']} override(s) have no target: {row['reason']}; nothing was written",
                "withdraw them, or give them a target that is there; then compute the statement again",
            )
        names = _accepted(taken, accepted)
        digest = taken.require_digest(seen)
        _require_entries(taken)
        key = taken.statement.key
        snapshot = taken.connection.execute(
            "SELECT content_digest, lineage_digest FROM snapshots WHERE snapshot_id = %s",
            [taken.statement.snapshot_id],
        ).fetchone()
        assert snapshot is not None  # the statement was read from it
        attempt = taken.connection.execute(
            "SELECT count(*) + 1 AS n FROM statement_submissions WHERE statement_id = %s",
            [taken.statement.statement_id],
        ).fetchone()
        taken.recording.write(
            STATEMENT_SUBMISSIONS,
            {
                "statement_id": taken.statement.statement_id,
                "attempt": attempt["n"] if attempt else 1,
                "partner_id": row["partner_id"],
                "chain_id": key.chain_id,
                "period": key.period,
                "asset": taken.statement.table.name,
                "snapshot_id": taken.statement.snapshot_id,
                "entries_snapshot_id": taken.statement.entries_snapshot_id,
                "number": row["number"],
                "statement_digest": digest,
                **snapshot,
                **{name: row[name] for name in ("opening", "lines", "top_ups", "adjustments")},
                "total": row["known_total"],
                **{name: row[name] for name in ("payable", "closing")},
                "accepted": json.dumps(sorted(names)),
            },
        )
        words = [f"submitted {key} of {row['partner_id']}, digest {digest}"]
        words += [f"accepted at 0: {name}" for name in names.values()]
        taken.recording.require_reason()
        return taken.note("statement.submitted", words, digest=digest, accepted=sorted(names))


def _require_turn(taken: Step) -> None:
    """Statements are submitted one after the other, each after the one before is approved."""
    row, key = taken.statement.row, taken.statement.key
    account = load_accounts(taken.connection, key.chain_id).get(row["partner_id"])
    last = account.last if account else None
    if last is not None and not last.stage.is_frozen:
        raise StatementOutOfOrder(
            f"{last.key.period} of {row['partner_id']} is submitted and not approved, so the opening balance of"
            f" {key.period} may still change; nothing was written",
            "approve or reject that one first",
        )
    number = (account.last_number if account else 0) + 1
    opening = account.closing if account else ZERO
    if row["number"] is None:
        raise StatementOutOfOrder(
            f"{key.period} of {row['partner_id']} is for information only: the partner is paid by"
            f" {row['payable_series']} then; nothing was written",
            "`aurora statements list` tells which statement is next",
        )
    if row["number"] != number or row["opening"] != opening:
        units = chain_units(taken.connection)[key.chain_id]
        raise StatementOutOfOrder(
            f"{key.period} of {row['partner_id']} is number {row['number']} with the opening"
            f" {units.in_coins(row['opening'])}, but next is number {number} with the opening"
            f" {units.in_coins(opening)}; nothing was written",
            "submit the earlier ones first, and compute this one again: `aurora statements list` tells which",
        )


def _accepted(taken: Step, accepted: Sequence[str]) -> dict[str, str]:
    """By id, the figures that have to be accepted; raises unless just these are."""
    due = unsettled_ids(document(taken.connection, taken.statement))
    found: dict[str, str] = {}
    for name in accepted:
        matches = begins_so(name, due)
        if len(matches) != 1:
            raise IdAmbiguous(
                f"{name!r} names {len(matches) or 'none'} of the missing and held figures of this statement;"
                " nothing was written",
                f"give an id, or its beginning: {_listed(due)}" if due else "every figure of it is final",
            )
        found[matches[0]] = due[matches[0]]
    left = {one: words for one, words in due.items() if one not in found}
    if left:
        raise FiguresNotAccepted(
            f"{len(left)} figure(s) are missing or held and were not accepted; nothing was written",
            f"wait for them, or accept each at 0 by its id: {_listed(left)}",
        )
    return found


_SHOWN = 10


def _listed(named: dict[str, str]) -> str:
    shown = [f"--accept {one[:8]} ({words})" for one, words in list(named.items())[:_SHOWN]]
    more = [f"and {len(named) - _SHOWN} more"] if len(named) > _SHOWN else []
    return "; ".join([*shown, *more])


def _require_entries(taken: Step) -> None:
    """The entries that are pinned have to be those that the statement commits to."""
    table = {one.name: entries for one, entries in TABLES}[taken.statement.table.name]
    rows = stored_rows(taken.connection, table, taken.statement.entries_snapshot_id).drop("salt")
    found = entry_digests(table, rows).get(str(taken.statement.row["partner_id"]))
    if found is not None and found != taken.statement.row["entries_digest"]:
        raise EntriesDiffer(
            f"the entries of {taken.statement.statement_id} are not those that it commits to; nothing was written",
            f"run `aurora verify {taken.statement.key.chain_id} {taken.statement.key.period}`",
        )

"""What people said that a statement shows: the overrides behind its figures, and its disputes, in both sides' words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from aurora_pipeline.agreements.overrides import RecordedOverride, recorded_overrides
from aurora_pipeline.agreements.tables import OverrideTarget
from aurora_pipeline.cli.terminal import coins, out, print_table
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.statements.documents import Row, StatementDocument, in_words, payable_statements
from aurora_pipeline.statements.history import Dispute, disputes
from aurora_pipeline.statements.tables import Cause
from aurora_pipeline.store.database import Connection

_ID_SHOWN: Final = 8


def disputes_shown(connection: Connection, told: StatementDocument, moment: datetime | None) -> list[Dispute]:
    """The disputes of a statement, and of the one before it: both sides' words appear on the next statement."""
    row = told.statement.row
    numbers = {row["number"], (row["number"] or 0) - 1}
    every = payable_statements(connection, told.statement.key.chain_id, partner_id=row["partner_id"], as_of=moment)
    shown = {one.statement_id for one in every if one.row["number"] in numbers - {None}}
    raised = disputes(connection, partner_id=row["partner_id"], as_of=moment)
    return [one for one in raised if one.statement_id in shown]


def overrides_shown(
    connection: Connection, told: StatementDocument, moment: datetime | None
) -> list[tuple[Row, RecordedOverride]]:
    """The overrides that a statement's lines and adjustments rest on, each with one of these.

    What is stated rests on those of its submission, whatever was decided since.
    """
    stated = told.statement.stated
    until = moment if stated is None else stated.submitted_at
    every = recorded_overrides(connection, told.statement.key.chain_id, until=until)
    by_name = {_name(one): one for one in every if one.amount is not None}
    found: dict[str, tuple[Row, RecordedOverride]] = {}
    lines = [(line, line["epoch"]) for line in told.lines if line["override"] is not None]
    adjusted = [one for one in told.entries if one["cause"] == Cause.OVERRIDE]
    for row, epoch in [*lines, *((one, int(one["source_period"])) for one in adjusted)]:
        rule = (row["agreement_id"], row["rule_key"], epoch)
        for name in ((*rule, row["validator_key"], row["wallet_address"]), (*rule, "", "")):
            if name in by_name:
                found[by_name[name].target.name] = (row, by_name[name])
    return list(found.values())


def _name(one: RecordedOverride) -> tuple[str, str, int, str, str]:
    target = one.target
    return target.agreement_id, target.rule_key, target.epoch, target.validator_key, target.wallet_address


def print_overrides(chain: Chain, shown: Sequence[tuple[Row, RecordedOverride]]) -> None:
    """What somebody decided to be paid, and why."""
    if not shown:
        return
    print_table(
        "Overridden",
        ["of", "what", "pays", "computed", "by", "why"],
        [
            [
                one.target.epoch,
                _what(row, one),
                coins(one.amount, chain),
                coins(one.computed_seen, chain),
                one.recorded_by,
                one.reason,
            ]
            for row, one in shown
        ],
        right=["of", "pays", "computed"],
        prose=["why"],
    )


def _what(row: Row, one: RecordedOverride) -> str:
    if one.target.target is OverrideTarget.LINE:
        return in_words(row).rpartition(", ")[0]
    return f"{one.target.agreement_id}/{one.target.rule_key}, all of it"


def print_disputes(chain: Chain, shown: Sequence[Dispute]) -> None:
    """What the partner held for wrong, and what was answered."""
    if not shown:
        return
    out.print("Disputes", style="bold", markup=False)
    for one in shown:
        stated = "not known" if one.stated is None else coins(one.stated, chain)
        claim = f"line {one.line_id[:_ID_SHOWN]} should say {coins(one.claimed, chain)}, not {stated}"
        out.print(f"  of {one.period}, {one.raised_by}: {claim}: {one.why}", markup=False)
        answer = "not answered yet" if one.answered_by is None else f"{one.answered_by}: {one.answer}"
        settled = "" if one.settled_by is None else f", settled by {one.settled_by}"
        out.print(f"    {one.state}{settled}; {answer}", markup=False)

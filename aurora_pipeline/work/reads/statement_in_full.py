"""One statement in full: its lines and entries, the overrides behind them, and both sides of its disputes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aurora_pipeline.agreements.overrides import RecordedOverride, recorded_overrides
from aurora_pipeline.config.coin import CoinOfChain
from aurora_pipeline.statements.documents import PayableStatement as FoundStatement
from aurora_pipeline.statements.documents import Row, document, payable_statements, unsettled_ids
from aurora_pipeline.statements.documents import StatementDocument as FoundDocument
from aurora_pipeline.statements.history import Dispute, disputes, released_under
from aurora_pipeline.statements.released_documents import released_disputes, released_document
from aurora_pipeline.statements.tables import Cause
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.json_form import Amount, amount, shaped
from aurora_pipeline.work.reads.disputes import DisputeShape, dispute_shape
from aurora_pipeline.work.reads.statements import PayableStatement, statement


@dataclass(frozen=True)
class ShownStatement:
    """All that a face shows of a statement."""

    document: FoundDocument
    overridden: Sequence[tuple[Row, RecordedOverride]]
    """The overrides that its lines and adjustments rest on, each with one of these."""
    disputes: Sequence[Dispute]
    """Those of it and of the one before it: both sides' words appear on the next statement."""
    checkpoint_size: int | None
    """How many leaves of the signed log the checkpoint has under which it was released; None: none yet."""


@dataclass(frozen=True)
class StatementLine:
    """A line of a statement, as the statement says it."""

    line_id: str
    epoch: int
    agreement_id: str
    agreement_version: int
    rule_key: str
    validator_key: str
    validator_name: str | None
    wallet_address: str
    component: str
    kind: str
    rate_bps: int | None
    base: Amount | None
    computed: Amount | None
    override: Amount | None
    final: Amount | None
    held: bool
    state: str
    reason: str | None


@dataclass(frozen=True)
class StatementEntry:
    """A top-up or an adjustment on a statement."""

    entry_id: str
    kind: str
    source_period: str
    line_id: str
    number: int
    agreement_id: str
    agreement_version: int | None
    rule_key: str
    validator_key: str
    validator_name: str | None
    wallet_address: str
    component: str
    stated: Amount | None
    now: Amount | None
    amount: Amount | None
    cause: str | None
    disputed_on: str | None
    state: str
    reason: str | None


@dataclass(frozen=True)
class Acceptance:
    """A figure that is held or missing: a statement is submitted only where it is accepted at 0."""

    id: str
    figure: str


@dataclass(frozen=True)
class StatementOverride:
    """What somebody decided to be paid, and why."""

    target: str
    agreement_id: str
    rule_key: str
    epoch: int
    validator_key: str | None
    wallet_address: str | None
    amount: Amount | None
    computed_seen: Amount | None
    reason: str
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True)
class StatementDocument:
    """A statement with everything that it holds."""

    statement: PayableStatement
    lines: Sequence[StatementLine]
    entries: Sequence[StatementEntry]
    to_be_accepted: Sequence[Acceptance]
    """What is held or missing, and has to be accepted by its id."""
    overridden: Sequence[StatementOverride]
    """The overrides that its lines and adjustments rest on."""
    disputes: Sequence[DisputeShape]
    """Those of it, and of the statement before it."""
    checkpoint_size: int | None
    """How many leaves of the signed log the checkpoint has under which it was released; null: none yet."""


_LINE_AMOUNTS: Final = ("base", "computed", "override", "final")
_ENTRY_AMOUNTS: Final = ("stated", "now", "amount")


def shown_statement(connection: Connection, found: FoundStatement, moment: datetime | None = None) -> ShownStatement:
    """A statement with everything that belongs to it, as it is or as it was at a moment."""
    told = document(connection, found)
    under = released_under(connection, told.statement.statement_id)
    return ShownStatement(told, _overridden(connection, told, moment), _disputes(connection, told, moment), under)


def shown_released(connection: Connection, found: FoundStatement, moment: datetime | None = None) -> ShownStatement:
    """A released statement as its partner reads it: without who of the operator decided what behind it."""
    raised = released_disputes(connection, found, moment)
    return ShownStatement(released_document(connection, found), [], raised, None)


def statement_in_full(chain: CoinOfChain, shown: ShownStatement) -> StatementDocument:
    """A statement as JSON has it."""
    told, unit = shown.document, chain.base_unit
    lines = [
        shaped(
            StatementLine,
            {**line, **{n: amount(line[n], unit) for n in _LINE_AMOUNTS}, "line_id": str(line["line_id"])},
        )
        for line in told.lines
    ]
    entries = [
        shaped(
            StatementEntry,
            {
                **one,
                **{n: amount(one[n], unit) for n in _ENTRY_AMOUNTS},
                "entry_id": str(one["entry_id"]),
                "line_id": str(one["line_id"]),
            },
        )
        for one in told.entries
    ]
    accepted = [Acceptance(identifier, words) for identifier, words in unsettled_ids(told).items()]
    return StatementDocument(
        statement(chain, told.statement),
        lines,
        entries,
        accepted,
        [_override(one, unit) for _, one in shown.overridden],
        [dispute_shape(one, unit) for one in shown.disputes],
        shown.checkpoint_size,
    )


def _override(one: RecordedOverride, unit: str) -> StatementOverride:
    target = one.target
    return StatementOverride(
        target=target.target,
        agreement_id=target.agreement_id,
        rule_key=target.rule_key,
        epoch=target.epoch,
        validator_key=target.validator_key or None,
        wallet_address=target.wallet_address or None,
        amount=amount(one.amount, unit),
        computed_seen=amount(one.computed_seen, unit),
        reason=one.reason,
        recorded_by=one.recorded_by,
        recorded_at=datetime.fromisoformat(one.recorded_at),
    )


def _disputes(connection: Connection, told: FoundDocument, moment: datetime | None) -> list[Dispute]:
    """The disputes of a statement, and of the one before it: both sides' words appear on the next statement."""
    row = told.statement.row
    numbers = {row["number"], (row["number"] or 0) - 1}
    every = payable_statements(connection, told.statement.key.chain_id, partner_id=row["partner_id"], as_of=moment)
    shown = {one.statement_id for one in every if one.row["number"] in numbers - {None}}
    raised = disputes(connection, partner_id=row["partner_id"], as_of=moment)
    return [one for one in raised if one.statement_id in shown]


def _overridden(
    connection: Connection, told: FoundDocument, moment: datetime | None
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

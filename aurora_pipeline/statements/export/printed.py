"""What stands on the pages of a statement: every text and figure ready, in the order of the pages, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from aurora_pipeline.agreements.overrides import RecordedOverride
from aurora_pipeline.agreements.tables import OverrideTarget
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.said_amounts import grouped, moves_in_coins, said_in_coins, trimmed
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.statements.documents import Row, StatementDocument
from aurora_pipeline.statements.export.grouped_lines import Coin, Json, components, summary, validators
from aurora_pipeline.statements.formulas import formulas
from aurora_pipeline.statements.history import Dispute, StatementEvent
from aurora_pipeline.statements.stated import Stage
from aurora_pipeline.statements.tables import EntryKind

_ID_SHOWN: Final = 8
_NOT_KNOWN: Final = "not known"
_TOLD: Final = ("submitted", "approved", "released", "paid", "acknowledged")
"""What of its history a statement says: what was handed back before, and disputes, have their own place or none."""
_STAGES: Final = {
    Stage.DRAFT: "Draft: nobody has approved it, and its figures may still change.",
    Stage.PENDING_APPROVAL: "Submitted and not approved yet.",
    Stage.APPROVED: "Approved and not released yet.",
    Stage.RELEASED: "",
    Stage.PAID: "",
}
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
"""Not by the machine's language: the same statement is the same bytes everywhere."""
_FOR_INFORMATION: Final = "For information only: nothing is paid by this statement."


@dataclass(frozen=True)
class PageSource:
    """All that the pages say of a statement."""

    chain: Chain
    document: StatementDocument
    overridden: Sequence[tuple[Row, RecordedOverride]]
    disputes: Sequence[Dispute]
    events: Sequence[StatementEvent]


def printed(shown: PageSource, checkpoint: str | None = None) -> dict[str, Any]:
    """The pages' content; `checkpoint` is the signed note under which the statement was released."""
    chain, told = shown.chain, shown.document
    coin = coin_of(chain)
    return {
        **_head(shown),
        "balance": _balance(told, coin),
        "columns": components(told.lines),
        "summary": summary(told.lines, coin) if told.lines else [],
        "validators": validators(told.lines, coin),
        "terms": [[rule, of, terms, formula] for rule, of, terms, formula in formulas(told.lines)],
        "adjustments": [_entry(one, coin) for one in told.entries],
        "overrides": [_override(row, one, coin) for row, one in shown.overridden],
        "disputes": [_dispute(one, told, coin) for one in shown.disputes],
        "unsettled": [{"line": _id(one), **_place(one)} for one in told.held],
        "events": [_event(one, coin) for one in shown.events if one.what.partition(" ")[0] in _TOLD],
        "digests": _digests(told),
        "checkpoint": checkpoint or "",
    }


def coin_of(chain: Chain) -> Coin:
    """How a chain's amounts are said on paper."""
    decimals = chain.native_decimals

    def said(value: Amount | None) -> str:
        return _NOT_KNOWN if value is None else grouped(value, decimals)

    return Coin(chain.native_unit, decimals, said, lambda value: trimmed(value, decimals))


def _head(shown: PageSource) -> dict[str, Any]:
    chain, one = shown.chain, shown.document.statement
    row, letterhead = one.row, chain.letterhead
    dates = [event.recorded_at for event in shown.events]
    return {
        "operator": chain.operator or "",
        "address": list(letterhead.address),
        "tax_id": letterhead.tax_id or "",
        "contact": list(letterhead.contact),
        "partner": row["partner_name"],
        "partner_key": row["partner_id"],
        "statement_id": one.statement_id,
        "number": "" if row["number"] is None else str(row["number"]),
        "stage": str(one.stage.value),
        "warning": _STAGES[one.stage] if one.is_payable else _FOR_INFORMATION,
        "chain": chain.name,
        "chain_id": chain.chain_id,
        "unit": chain.native_unit,
        "decimals": str(chain.native_decimals),
        "base_units": chain.base_units,
        "period": _period(shown.document),
        "period_key": one.key.period,
        "from": _minute(row["started_at"]),
        "until": _minute(row["ended_at"]),
        "dated": _parts(max([row["ended_at"], *dates])),
    }


def _period(told: StatementDocument) -> str:
    key, row = told.statement.key, told.statement.row
    if isinstance(key, PeriodKey):
        return f"Epoch {key.epoch}"
    epochs = sorted({line["epoch"] for line in told.lines})
    span = f", epochs {epochs[0]} to {epochs[-1]}" if len(epochs) > 1 else "".join(f", epoch {one}" for one in epochs)
    start = row["started_at"].astimezone(UTC)
    return f"{_MONTHS[start.month - 1]} {start.year}{span}"


def _balance(told: StatementDocument, coin: Coin) -> list[list[str]]:
    """From the opening to the closing balance: what, how much, and how it is shown."""
    row = told.statement.row
    is_payable = told.statement.is_payable
    steps: list[tuple[str, Amount | None, str]] = [("Opening balance", row["opening"], "")] if is_payable else []
    steps.append(("Lines", row["lines"], ""))
    if any(one["kind"] == EntryKind.FLOOR_TOP_UP for one in told.entries):
        steps.append(("Top-ups of floors per month", row["top_ups"], ""))
    steps += [("Adjustments", row["adjustments"], ""), ("Total", row["known_total"], "sum")]
    if row["minimum_payout"]:
        steps.append(("Least that is paid", row["minimum_payout"], "aside"))
    if is_payable:
        steps += [("Payable", row["payable"], "due"), ("Closing balance, carried forward", row["closing"], "")]
        if told.statement.paid:
            steps.append(("Paid so far", told.statement.paid, "aside"))
    return [[name, coin.said(value), how] for name, value, how in steps]


def _entry(one: Row, coin: Coin) -> Json:
    return {
        "of": _of(one["source_period"]),
        "validator": one["validator_name"] or one["validator_key"] or "",
        "what": one["component"],
        "kind": "" if one["line_kind"] == "LINE" else one["line_kind"],
        "rule": f"{one['agreement_id']}/{one['rule_key']}",
        "wallet": one["wallet_address"],
        "stated": "" if one["kind"] == EntryKind.FLOOR_TOP_UP else coin.said(one["stated"]),
        "now": coin.said(one["now"]),
        "amount": coin.said(one["amount"]),
        "cause": one["cause"] or "TOP-UP",
        "why": said_in_coins(moves_in_coins(one["reason"] or "", coin.decimals), coin.decimals, coin.unit),
        "settles": str(one["disputed_on"] or "")[:8],
    }


def _id(row: Row) -> str:
    """The beginning of the id by which a line or top-up is accepted."""
    return str(row["line_id"] if "final" in row else row["entry_id"])[:_ID_SHOWN]


def _place(row: Row) -> dict[str, str]:
    """Which line or entry it is, in words; the validator's name by itself, for it may run the other way."""
    kind = row["line_kind"] if "line_kind" in row else row["kind"]
    return {
        "rule": f"{row['agreement_id']}/{row['rule_key']}",
        "what": row["component"] if kind == "LINE" else f"{kind} on {row['component']}",
        "validator": row["validator_name"] or row["validator_key"] or "all its validators",
        "period": _of(row["source_period"]) if "source_period" in row else str(row["epoch"]),
    }


def _of(period: str) -> str:
    return period.lstrip("0") if period.isdigit() else period


def _override(row: Row, one: RecordedOverride, coin: Coin) -> Json:
    target = one.target
    is_line = target.target is OverrideTarget.LINE
    return {
        "epoch": str(target.epoch),
        "of": _place(row) if is_line else _place(row) | {"validator": "all of the rule's"},
        "pays": coin.said(one.amount),
        "computed": coin.said(one.computed_seen),
        "by": one.recorded_by,
        "at": _minute(datetime.fromisoformat(one.recorded_at)),
        "why": one.reason,
    }


def _dispute(one: Dispute, told: StatementDocument, coin: Coin) -> Json:
    place = next((_place(line) for line in told.lines if str(line["line_id"]) == one.line_id), None)
    return {
        "of": one.period,
        "line": one.line_id[:8],
        "place": place,
        "stated": coin.said(one.stated),
        "claimed": coin.said(one.claimed),
        "raised_by": one.raised_by,
        "raised_at": _minute(one.raised_at),
        "why": one.why,
        "state": one.state,
        "answered_by": one.answered_by or "",
        "answered_at": "" if one.answered_at is None else _minute(one.answered_at),
        "answer": one.answer or "",
        "settled_by": one.settled_by or "",
    }


def _event(one: StatementEvent, coin: Coin) -> Json:
    what, _, detail = one.what.partition(" ")
    is_payment = what == "paid"
    return {
        "at": _minute(one.recorded_at),
        "what": what,
        "by": one.recorded_by,
        "detail": said_in_coins(detail.strip("()"), coin.decimals, coin.unit) if is_payment else "",
    }


def _digests(told: StatementDocument) -> list[list[str]]:
    row = told.statement.row
    return [
        ["Statement", row["statement_digest"]],
        ["Lines", row["lines_digest"]],
        ["Adjustments and top-ups", row["entries_digest"]],
    ]


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def _parts(moment: datetime) -> dict[str, int]:
    at = moment.astimezone(UTC)
    return {name: getattr(at, name) for name in ("year", "month", "day", "hour", "minute", "second")}

"""Statements for paper, made by hand: as many lines, names and words as a test wants, without a database."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from aurora_pipeline.agreements.overrides import RecordedOverride, Target
from aurora_pipeline.agreements.tables import OverrideTarget
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.letterhead import Letterhead
from aurora_pipeline.foundation.units import Amount, EpochNumber
from aurora_pipeline.statements.documents import PayableStatement, StatementDocument
from aurora_pipeline.statements.export.printed import PageSource
from aurora_pipeline.statements.history import Dispute, StatementEvent
from aurora_pipeline.statements.stated import Stage
from aurora_pipeline.statements.tables import MONTHLY_STATEMENTS
from aurora_pipeline_tests.statements.books import demo_configuration

START = datetime(2026, 8, 1, tzinfo=UTC)
COMPONENTS = ("EXEC_FEES", "MEV_TIPS", "VOTE_REWARDS", "COMMISSION")
WORDS = "the August tips of the second validator were promised at 6 %"


_RICH = 9
"""A statement of fewer lines has only them."""


def identifier(*of: object) -> str:
    """Some UUID, always the same of the same things."""
    return str(uuid5(NAMESPACE_DNS, "/".join(map(str, of))))


def chain(decimals: int = 9, **letterhead: Any) -> Chain:
    """The demo's chain with a letterhead."""
    name = "solana-demo" if decimals == 9 else "ethereum-demo"
    head = {
        "address": ("Rue du Rhône 14", "1204 Genève", "Switzerland"),
        "tax_id": "CHE-123.456.789 MWST",
        "contact": ("partners@aurora.example", "+41 22 555 01 02"),
    }
    told = Letterhead.model_validate(head | letterhead)
    found = demo_configuration().chain(name)
    return found.model_copy(update={"operator": "Aurora Validators SA", "letterhead": told})


def line(place: int, validators: Sequence[str], decimals: int, **other: Any) -> dict[str, Any]:
    """A line of one of the validators, of the components in turn."""
    component = COMPONENTS[place // len(validators) % len(COMPONENTS)]
    validator = place % len(validators)
    revenue = 4_123_456_789 * 10 ** (decimals - 9) * (place + 1) // 7 + place
    base = revenue * 2 // 3
    key = hashlib.sha256(str(validator).encode()).hexdigest()[:44]
    row: dict[str, Any] = {
        "line_id": identifier("line", place),
        "epoch": 850 + place // (len(validators) * len(COMPONENTS)),
        "agreement_id": "northwind-2026",
        "agreement_version": 2,
        "rule_key": component.lower().replace("_", "-"),
        "rule_order": COMPONENTS.index(component),
        "kind": "LINE",
        "validator_key": key,
        "validator_name": validators[validator],
        "wallet_address": "",
        "component": component,
        "funded_by": component,
        "attribution_method": "STAKE_WEIGHT",
        "basis": "GROSS",
        "rate_bps": 550,
        "revenue": revenue,
        "costs": None,
        "loss_before": None,
        "loss_after": None,
        "weighted_by": "ACTIVE_STAKE",
        "weight": 2 * 10**decimals,
        "weight_whole": 3 * 10**decimals,
        "base": base,
        "rule_base": None,
        "rule_amount": None,
        "rule_trace": None,
        "validator_amount": None,
        "wallet_weight": None,
        "computed": base * 550 // 10_000,
        "override": None,
        "final": base * 550 // 10_000,
        "held": False,
        "state": "final",
        "reason": None,
    }
    return row | other


def entry(place: int, lines: Sequence[dict[str, Any]], **other: Any) -> dict[str, Any]:
    """An adjustment of a line."""
    of = lines[place % len(lines)]
    same = ("agreement_id", "agreement_version", "rule_key", "validator_key", "validator_name", "wallet_address")
    row = {name: of[name] for name in (*same, "component", "line_id")}
    row |= {"entry_id": identifier("entry", place), "kind": "ADJUSTMENT", "source_period": "0000848", "number": 1}
    row |= {"line_kind": "LINE", "stated": 100, "now": 175, "amount": 75, "cause": "OVERRIDE", "disputed_on": None}
    return row | {"state": "final", "reason": "override was none, is 175 (ann: agreed by mail)"} | other


def shown(
    count: int = 24,
    *,
    decimals: int = 9,
    validators: Sequence[str] = ("Aurora One", "Aurora Two", "Aurora Three"),
    partner: str = "Northwind Staking Ltd",
    stage: Stage = Stage.RELEASED,
    is_payable: bool = True,
    letterhead: dict[str, Any] | None = None,
    words: str = WORDS,
    is_rich: bool = True,
) -> PageSource:
    """A statement of so many lines; a rich one has a held and a missing line, an override, adjustments and disputes."""
    lines = [line(place, validators, decimals) for place in range(count)]
    entries: list[dict[str, Any]] = []
    overridden: list[Any] = []
    disputes: list[Dispute] = []
    if is_rich and count >= _RICH:
        cut = {"kind": "CAP_REDUCTION", "final": -500, "computed": -500, "rate_bps": None, "line_id": identifier("cut")}
        cut |= {"rule_trace": "min(9000, 9500) - 9500 = -500", "rule_amount": -500, "weight": None}
        lines[3] |= {"held": True, "reason": "lines claim 300 base units more than MEV_TIPS holds"}
        lines[4] |= {"base": None, "computed": None, "final": None, "revenue": None, "state": "pending"}
        lines[4] |= {"reason": "the provider has not told the rewards yet"}
        lines[5] |= {"override": 12 * 10**decimals, "final": 12 * 10**decimals}
        lines.insert(6, lines[5] | {"override": None} | cut)
        entries = [
            entry(5, lines, disputed_on=identifier("july")),
            entry(7, lines, cause="DATA", stated=5 * 10**decimals, now=4 * 10**decimals, amount=-(10**decimals)),
            entry(8, lines, kind="FLOOR_TOP_UP", cause=None, stated=None, now=10**decimals, amount=10**decimals),
        ]
        overridden = [(lines[5], _override(lines[5], words))]
        disputes = [_dispute(lines[7], words, True), _dispute(lines[8], words, False)]
    lines.sort(key=lambda one: (one["validator_name"], one["component"], one["epoch"], one["kind"] != "LINE"))
    held = [one for one in lines if one["held"] or one["final"] is None]
    paid = [one["final"] for one in lines if one["final"] is not None and not one["held"]]
    row = _row(Amount(sum(paid)), Amount(sum(one["amount"] for one in entries)), partner, is_payable)
    statement = PayableStatement(row, MONTHLY_STATEMENTS, 1, 1, stage, None, Amount(0), "pay it")
    document = StatementDocument(statement, lines, entries, held)
    return PageSource(chain(decimals, **(letterhead or {})), document, overridden, disputes, _events(stage))


def _row(lines: Amount, adjustments: Amount, partner: str, is_payable: bool) -> dict[str, Any]:
    opening = 123_456_789
    total = opening + lines + adjustments
    return {
        "chain_id": "solana-demo",
        "month": "2026-08",
        "statement_id": identifier("statement"),
        "partner_id": "northwind",
        "partner_name": partner,
        "number": 3 if is_payable else None,
        "started_at": START,
        "ended_at": datetime(2026, 9, 1, 3, 4, 5, tzinfo=UTC),
        "opening": opening,
        "lines": lines,
        "top_ups": 0,
        "adjustments": adjustments,
        "known_total": total,
        "minimum_payout": 1_000_000,
        "payable": total,
        "closing": 0,
        "lines_digest": "1" * 64,
        "entries_digest": "2" * 64,
        "statement_digest": "3" * 64,
    }


def _override(of: dict[str, Any], words: str) -> RecordedOverride:
    key = (of["agreement_id"], of["rule_key"], "solana-demo", EpochNumber(of["epoch"]))
    target = Target(OverrideTarget.LINE, *key, of["validator_key"], "")
    return RecordedOverride(target, 1, of["override"], of["computed"], words, "sam", "2026-09-02T10:00:00+00:00")


def _dispute(of: dict[str, Any], words: str, is_answered: bool) -> Dispute:
    raised = START + timedelta(days=40)
    answer = ("ACCEPTED", "ann", raised + timedelta(days=1), f"you are right: {words}", "commission_overrides:x")
    said = answer if is_answered else ("OPEN", None, None, None, None)
    own = (of["line_id"], Amount(100), Amount(175), "paula", raised, "northwind", words)
    return Dispute(identifier("statement"), "northwind", "solana-demo", "2026-08", *own, *said)


def _events(stage: Stage) -> list[StatementEvent]:
    steps = {Stage.DRAFT: 0, Stage.PENDING_APPROVAL: 1, Stage.APPROVED: 2, Stage.RELEASED: 3, Stage.PAID: 4}[stage]
    told = (
        ("sam", "submitted"),
        ("ann", "approved"),
        ("rob", "released"),
        ("rob", "paid (1500 base units to W, R, T)"),
    )
    day = datetime(2026, 9, 3, 10, tzinfo=UTC)
    return [
        StatementEvent(day + timedelta(hours=place), who, what, "3" * 64, "month end", who, True, None)
        for place, (who, what) in enumerate(told[:steps])
    ]

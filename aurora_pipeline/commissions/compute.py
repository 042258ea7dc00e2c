"""From revenue and terms to commission lines and the revenue allocation, as money.md §3 defines them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from aurora_pipeline.agreements.matching import is_glob, matches, paying_rules
from aurora_pipeline.agreements.terms import AgreementInForce, Rule, Terms
from aurora_pipeline.canonical.result import LayerResult
from aurora_pipeline.commissions.conservation import allocation_violations
from aurora_pipeline.commissions.identity import line_id, part_id
from aurora_pipeline.commissions.revenue import Revenue, revenues
from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES, REVENUE_ALLOCATION, LineKind, Party
from aurora_pipeline.money import share_bps, total
from aurora_pipeline.store.declaration import Completeness, FigureState
from aurora_pipeline.store.frames import frame_of

Row = dict[str, Any]


@dataclass(frozen=True)
class Commissions:
    """Both results of one period; they are published together or not at all."""

    lines: LayerResult
    allocation: LayerResult


def commission_lines(chain_id: str, epoch: int, pnl: pl.DataFrame, terms: Terms) -> Commissions:
    """Every line that the terms give for the validators of `pnl`, and where every unit of their revenue goes."""
    lines: list[Row] = []
    parts: list[Row] = []
    warnings: list[str] = []
    available = revenues(pnl)
    for revenue in available:
        claims = [
            _line(chain_id, epoch, agreement, rule, revenue)
            for agreement in terms.agreements
            for rule in paying_rules(agreement.rules, chain_id, revenue.validator_key, revenue.component)
        ]
        held = _over_claim(revenue, claims)
        if held is not None:
            warnings.append(held)
            claims = [{**line, "held": True, "reason": held} if line["computed"] else line for line in claims]
        lines += claims
        parts += _parts(chain_id, epoch, revenue, claims, held)
    warnings += _rules_without_validator(terms, {revenue.validator_key for revenue in available})
    lines_frame, allocation = frame_of(PARTNER_COMMISSION_LINES, lines), frame_of(REVENUE_ALLOCATION, parts)
    return Commissions(
        _result(lines_frame, _contradictions(available), warnings),
        _result(allocation, allocation_violations(available, lines_frame, allocation), []),
    )


def _line(chain_id: str, epoch: int, agreement: AgreementInForce, rule: Rule, revenue: Revenue) -> Row:
    """FIXED_SHARE: the base is the component; an unknown component makes an unknown line that names it."""
    computed = None if revenue.amount is None else share_bps(revenue.amount, rule.commission_rate_bps)
    return {
        "chain_id": chain_id,
        "epoch": epoch,
        "line_id": line_id(
            agreement.agreement_id, rule.rule_key, revenue.validator_key, "", chain_id, epoch, LineKind.LINE.value
        ),
        "partner_id": agreement.partner_id,
        "agreement_id": agreement.agreement_id,
        "agreement_version": agreement.version,
        "rule_key": rule.rule_key,
        "rule_order": rule.rule_order,
        "kind": LineKind.LINE.value,
        "validator_key": revenue.validator_key,
        "wallet_address": "",
        "component": revenue.component.value,
        "funded_by": rule.funded_by.value,
        "attribution_method": rule.attribution_method.value,
        "basis": rule.basis.value,
        "rate_bps": rule.commission_rate_bps,
        "base": revenue.amount,
        "computed": computed,
        "override": None,
        "final": computed,
        "held": False,
        "state": revenue.state,
        "reason": revenue.in_words,
    }


def _over_claim(revenue: Revenue, claims: Sequence[Row]) -> str | None:
    """Why the component cannot pay its lines, naming every line that claims of it; none where it can."""
    if revenue.amount is None:
        return None
    claimed = total([line["computed"] for line in claims])
    if claimed <= revenue.amount:
        return None
    claimants = ", ".join(
        f"{line['agreement_id']}/{line['rule_key']} claims {line['computed']}" for line in claims if line["computed"]
    )
    return (
        f"HELD: {revenue.component} of {revenue.validator_key} is {revenue.amount}, {claimed} is claimed: {claimants}"
    )


def _parts(chain_id: str, epoch: int, revenue: Revenue, claims: Sequence[Row], held: str | None) -> Iterator[Row]:
    """The component divided: one HELD or UNKNOWN part, else a part per line and what the operator keeps."""

    def part(party: Party, amount: int | None, reason: str | None, line: Row | None = None) -> Row:
        whole = (chain_id, epoch, revenue.validator_key, revenue.component.value)
        return {
            **dict(zip(("chain_id", "epoch", "validator_key", "component"), whole, strict=True)),
            "part_id": part_id(*whole, party.value) if line is None else line["line_id"],
            "party": party.value,
            "partner_id": None if line is None else line["partner_id"],
            "amount": amount,
            "state": revenue.state,
            "reason": reason,
        }

    if revenue.amount is None:
        yield part(Party.UNKNOWN, None, revenue.in_words)
    elif held is not None:
        yield part(Party.HELD, revenue.amount, held)
    else:
        for line in claims:
            yield part(Party.LINE, line["final"], revenue.in_words, line)
        kept = revenue.amount - total([line["final"] for line in claims])
        yield part(Party.OPERATOR, kept, revenue.in_words)


def _result(frame: pl.DataFrame, violations: Sequence[str], warnings: Sequence[str]) -> LayerResult:
    # Rows without any figure are published too: which figure a partner waits for, and why, is worth knowing.
    is_final = (frame["state"] == FigureState.FINAL.value).all()
    completeness = Completeness.FINAL if is_final else Completeness.PARTIAL
    return LayerResult(frame, completeness, tuple(violations), tuple(warnings))


def _contradictions(available: Sequence[Revenue]) -> list[str]:
    return [
        f"{revenue.validator_key}: {revenue.component} is final but has no amount"
        for revenue in available
        if revenue.amount is None and revenue.state == FigureState.FINAL
    ]


def _rules_without_validator(terms: Terms, known: set[str]) -> list[str]:
    """Rules that name one validator, or a pattern, and find none with revenue in the period."""
    return [
        f"rule {agreement.agreement_id}/{rule.rule_key} {'matches' if is_glob(rule.validator_key) else 'names'}"
        f" {rule.validator_key}, and no such validator has P&L in this period"
        for agreement in terms.agreements
        for rule in agreement.rules
        if rule.validator_key is not None and not any(matches(rule, terms.chain_id, key) for key in known)
    ]

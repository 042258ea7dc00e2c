"""Rules as rows of agreement_rules and agreement_rule_tiers, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aurora_pipeline.agreements.tables import Basis, Method, Metric, TierMode, Window
from aurora_pipeline.agreements.terms import Clamp, Rule, Tier, Tiers
from aurora_pipeline.foundation.money import bps, stored_amount_or_none
from aurora_pipeline.pnl.tables import Component

Row = dict[str, Any]


def rule_row(rule: Rule) -> Row:
    """A rule's columns in agreement_rules, without agreement and version."""
    return {
        "rule_key": rule.rule_key,
        "rule_order": rule.rule_order,
        "chain_id": rule.chain_id,
        "validator_key": rule.validator_key,
        "revenue_component": rule.revenue_component,
        "attribution_method": rule.attribution_method,
        "commission_rate_bps": rule.commission_rate_bps,
        "basis": rule.basis,
        "stacks": rule.stacks,
        "carry_losses": rule.carry_losses,
        "funded_by": rule.funding,
        "wallet_attribution": rule.wallet_attribution,
        "tier_mode": None if rule.tiers is None else rule.tiers.mode,
        "tier_metric": None if rule.tiers is None else rule.tiers.metric,
        "floor": None if rule.floor is None else rule.floor.amount,
        "floor_window": None if rule.floor is None else rule.floor.window,
        "cap": None if rule.cap is None else rule.cap.amount,
        "cap_window": None if rule.cap is None else rule.cap.window,
    }


def tier_rows(rule: Rule) -> list[Row]:
    """A rule's rows in agreement_rule_tiers, without agreement and version; none for a flat rate."""
    steps = () if rule.tiers is None else rule.tiers.steps
    return [
        {"rule_key": rule.rule_key, "tier": number, "up_to": step.up_to, "rate_bps": step.rate_bps}
        for number, step in enumerate(steps, start=1)
    ]


def rule_of(row: Mapping[str, Any], tiers: Sequence[Mapping[str, Any]]) -> Rule:
    """One row of agreement_rules, with its rows of agreement_rule_tiers in their order, as a rule."""
    steps = tuple(Tier(stored_amount_or_none(tier["up_to"], "up_to"), bps(tier["rate_bps"])) for tier in tiers)
    return Rule(
        rule_key=row["rule_key"],
        rule_order=row["rule_order"],
        chain_id=row["chain_id"],
        validator_key=row["validator_key"],
        revenue_component=Component(row["revenue_component"]),
        attribution_method=Method(row["attribution_method"]),
        commission_rate_bps=None if row["commission_rate_bps"] is None else bps(row["commission_rate_bps"]),
        basis=Basis(row["basis"]),
        stacks=row["stacks"],
        tiers=Tiers(TierMode(row["tier_mode"]), Metric(row["tier_metric"]), steps) if row["tier_mode"] else None,
        floor=_clamp(row, "floor"),
        cap=_clamp(row, "cap"),
        carry_losses=row["carry_losses"],
        funded_by=Component(row["funded_by"]),
        wallet_attribution=row["wallet_attribution"],
    )


def _clamp(row: Mapping[str, Any], name: str) -> Clamp | None:
    amount = stored_amount_or_none(row[name], name)
    return None if amount is None else Clamp(amount, Window(row[f"{name}_window"]))

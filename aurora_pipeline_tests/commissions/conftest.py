"""P&L frames and terms for the engine's tests, built from plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import polars as pl

from aurora_pipeline.agreements.tables import Basis, Method
from aurora_pipeline.agreements.terms import AgreementInForce, Partner, Rule, Terms
from aurora_pipeline.pnl.tables import VALIDATOR_PNL, Component
from aurora_pipeline.store.frames import frame_of

CHAIN, EPOCH = "solana-demo", 850

Amounts = Mapping[Component, "int | None"]


def pnl_frame(validators: Mapping[str, Amounts], state: str = "pending", why: str = "not answered yet") -> pl.DataFrame:
    """Validators with the given components; an absent component is 0, None is missing in the given state."""
    rows = []
    for key, amounts in validators.items():
        row = {"chain_id": CHAIN, "epoch": EPOCH, "validator_key": key, "name": key}
        for component in Component:
            amount = amounts.get(component, 0)
            row[component.column] = amount
            row[f"{component.column}_state"] = "final" if amount is not None else state
            row[f"{component.column}_reason"] = None if amount is not None else why
        rows.append(row)
    return frame_of(VALIDATOR_PNL, rows)


def rule(
    key: str,
    component: Component,
    rate_bps: int,
    validator: str | None = None,
    stacks: bool = False,
    chain_id: str = CHAIN,
    order: int = 1,
) -> Rule:
    """A FIXED_SHARE rule."""
    return Rule(key, order, chain_id, validator, component, Method.FIXED_SHARE, rate_bps, Basis.GROSS, stacks)


def terms(agreements: Mapping[str, Sequence[Rule]]) -> Terms:
    """Terms with one partner per agreement, `p-<agreement>`; rules are ordered as given."""
    ordered = {
        name: tuple(Rule(**{**vars(one), "rule_order": place}) for place, one in enumerate(rules, start=1))
        for name, rules in agreements.items()
    }
    return Terms(
        CHAIN,
        datetime(2026, 9, 2, tzinfo=UTC),
        tuple(Partner(f"p-{name}", f"Partner {name}") for name in ordered),
        tuple(AgreementInForce(name, f"p-{name}", 1, rules) for name, rules in ordered.items()),
        (),
    )

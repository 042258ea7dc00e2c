"""Frames and terms for the engine's tests, built from plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl

from aurora_pipeline.agreements.tables import Basis, Method, Metric, TierMode, Window
from aurora_pipeline.agreements.terms import (
    AgreementInForce,
    Clamp,
    Override,
    Partner,
    PartnerWallet,
    Rule,
    Terms,
    Tier,
    Tiers,
)
from aurora_pipeline.canonical.tables import POSITIONS, REWARDS
from aurora_pipeline.commissions.compute import Commissions, commission_lines
from aurora_pipeline.commissions.tables import COMMISSION_RULE_RESULTS, PARTNER_COMMISSION_LINES, REVENUE_ALLOCATION
from aurora_pipeline.commissions.windows import NO_EARLIER_PERIODS, WindowInputs
from aurora_pipeline.foundation.units import Amount, Bps, EpochNumber
from aurora_pipeline.pnl.tables import VALIDATOR_PNL, Component, state_column
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline_tests.gated import broken, schema_violations

CHAIN, EPOCH = "solana-demo", EpochNumber(850)

Amounts = Mapping[Component, "int | None"]


def pnl_frame(
    validators: Mapping[str, Amounts],
    state: str = "pending",
    why: str = "not answered yet",
    costs: Mapping[str, Mapping[str, int]] | None = None,
    cost_states: Mapping[str, Mapping[str, str]] | None = None,
) -> pl.DataFrame:
    """Validators with the given components; an absent component is 0, None is missing in the given state.

    `costs` by validator and cost column, final; `cost_states` says otherwise of some.
    """
    rows = []
    for key, amounts in validators.items():
        row: dict[str, Any] = {"chain_id": CHAIN, "epoch": EPOCH, "validator_key": key, "name": key}
        for component in Component:
            amount = amounts.get(component, 0)
            row[component.column] = amount
            row[f"{component.column}_state"] = "final" if amount is not None else state
            row[f"{component.column}_reason"] = None if amount is not None else why
        known = (costs or {}).get(key, {})
        row |= {**known, **{state_column(cost): "final" for cost in known}}
        row |= {state_column(cost): state for cost, state in (cost_states or {}).get(key, {}).items()}
        rows.append(row)
    return frame_of(VALIDATOR_PNL, rows)


Account = tuple[str, str | None, int, int]
"""(account, withdrawer, active stake, rewards)."""


def stake_frames(
    accounts: Mapping[str, Sequence[Account]], totals: Mapping[str, int] | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Canonical positions and rewards of validators with the given accounts; `totals` says otherwise of their stake."""
    positions: list[dict[str, Any]] = []
    rewards: list[dict[str, Any]] = []
    for key, members in accounts.items():
        whole = sum(stake for _, _, stake, _ in members)
        start = {"chain_id": CHAIN, "epoch": EPOCH, "validator_key": key, "state": "final"}
        own = {**start, "row_kind": "VALIDATOR", "account_key": key}
        positions.append({**own, "active_stake": (totals or {}).get(key, whole)})
        paid = {"staker_rewards": sum(paid for *_, paid in members), "stakers_state": "final", "commission": 0}
        rewards.append({**own, **paid})
        for account, withdrawer, stake, earned in members:
            one = {**start, "row_kind": "ACCOUNT", "account_key": account}
            positions.append({**one, "withdrawer_key": withdrawer, "active_stake": stake})
            rewards.append({**one, "staker_rewards": earned})
    return frame_of(POSITIONS, positions), frame_of(REWARDS, rewards)


NO_STAKE = (frame_of(POSITIONS, []), frame_of(REWARDS, []))


def rule(
    key: str,
    component: Component,
    rate_bps: int | None,
    validator: str | None = None,
    stacks: bool = False,
    chain_id: str | None = CHAIN,
    order: int = 1,
    method: Method = Method.FIXED_SHARE,
    basis: Basis = Basis.GROSS,
    **more: Any,
) -> Rule:
    """A rule, FIXED_SHARE of the gross component unless told."""
    rate = None if rate_bps is None else Bps(rate_bps)
    return Rule(key, order, chain_id, validator, component, method, rate, basis, stacks, **more)


def _tiers(steps: Sequence[tuple[int | None, int]]) -> tuple[Tier, ...]:
    return tuple(Tier(None if end is None else Amount(end), Bps(rate)) for end, rate in steps)


def graduated(*steps: tuple[int | None, int], metric: Metric = Metric.PERIOD) -> Tiers:
    """GRADUATED tiers of (end, rate)."""
    return Tiers(TierMode.GRADUATED, metric, _tiers(steps))


def volume(*steps: tuple[int | None, int], metric: Metric = Metric.PERIOD) -> Tiers:
    """VOLUME tiers of (end, rate)."""
    return Tiers(TierMode.VOLUME, metric, _tiers(steps))


def per_period(amount: int) -> Clamp:
    """A floor or cap per PERIOD."""
    return Clamp(Amount(amount), Window.PERIOD)


def per_month(amount: int) -> Clamp:
    """A floor or cap per MONTH."""
    return Clamp(Amount(amount), Window.MONTH)


def terms(
    agreements: Mapping[str, Sequence[Rule]],
    wallets: Mapping[str, Sequence[str]] | None = None,
    overrides: Sequence[Override] = (),
) -> Terms:
    """Terms with one partner per agreement, `p-<agreement>`; rules are ordered as given, wallets by agreement."""
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
        tuple(PartnerWallet(wallet, f"p-{name}") for name, owned in (wallets or {}).items() for wallet in owned),
        tuple(overrides),
    )


def compute(
    pnl: pl.DataFrame,
    agreed: Terms,
    stake: tuple[pl.DataFrame, pl.DataFrame] = NO_STAKE,
    windows: WindowInputs = NO_EARLIER_PERIODS,
) -> Commissions:
    """What the engine makes of it, after checking that it breaks neither a schema nor conservation."""
    result = commission_lines(CHAIN, EPOCH, pnl, *stake, agreed, windows)
    for table, layer in (
        (PARTNER_COMMISSION_LINES, result.lines),
        (COMMISSION_RULE_RESULTS, result.results),
        (REVENUE_ALLOCATION, result.allocation),
    ):
        assert schema_violations(table, layer.frame) == []
        assert broken(layer) == ()
    return result


def rows(frame: pl.DataFrame, **wanted: Any) -> list[dict[str, Any]]:
    """The rows of a frame in which the given columns hold the given values, amounts as ints."""
    for name, value in wanted.items():
        frame = frame.filter(pl.col(name) == value)
    exact = [pl.col(name).cast(pl.Int128) for name, kind in frame.schema.items() if kind.is_decimal()]
    return frame.with_columns(exact).to_dicts()

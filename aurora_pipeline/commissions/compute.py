"""From revenue and terms to commission lines, rule results and the revenue allocation (docs/commissions.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from aurora_pipeline.agreements.matching import is_glob, matching, validators_paid_for
from aurora_pipeline.agreements.terms import Override, Terms
from aurora_pipeline.commissions.allocation import by_payer, guarantees, hold_over_claims, parts_of
from aurora_pipeline.commissions.attribution import Attribution, Weights, attribute
from aurora_pipeline.commissions.gates.grounds import LINES, RESULTS, REVENUES
from aurora_pipeline.commissions.line_frame import lines_frame
from aurora_pipeline.commissions.overrides import apply_to_rules
from aurora_pipeline.commissions.results import result_rows
from aurora_pipeline.commissions.revenue import Revenue, revenues
from aurora_pipeline.commissions.rules import RuleResult, compute_rule
from aurora_pipeline.commissions.splitting import LineSplit, split
from aurora_pipeline.commissions.tables import (
    COMMISSION_RULE_RESULTS,
    PARTNER_COMMISSION_LINES,
    REVENUE_ALLOCATION,
    Weight,
)
from aurora_pipeline.commissions.windows import NO_EARLIER_PERIODS, WindowInputs
from aurora_pipeline.foundation.gc_pause import collector_paused
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.store.declaration import Completeness, FigureState, Table
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.gate.rule import Grounds

Row = dict[str, Any]


@dataclass(frozen=True)
class Commissions:
    """All results of one period; they are published together or not at all."""

    lines: LayerResult
    results: LayerResult
    allocation: LayerResult
    unmet_overrides: tuple[Override, ...] = ()
    """Overrides without a target; each blocks the statement of its agreement's partner."""


def commission_lines(
    chain_id: str,
    epoch: EpochNumber,
    pnl: pl.DataFrame,
    positions: pl.DataFrame,
    rewards: pl.DataFrame,
    terms: Terms,
    windows: WindowInputs = NO_EARLIER_PERIODS,
) -> Commissions:
    """Every line that the terms give for the validators of `pnl`, and where every unit of their revenue goes.

    `positions` and `rewards` are the canonical layers of the period; `windows` is what earlier periods hand over.
    """
    with collector_paused():
        return _compute(chain_id, epoch, pnl, positions, rewards, terms, windows)


def _compute(
    chain_id: str,
    epoch: EpochNumber,
    pnl: pl.DataFrame,
    positions: pl.DataFrame,
    rewards: pl.DataFrame,
    terms: Terms,
    windows: WindowInputs,
) -> Commissions:
    available = revenues(pnl)
    results = list(_results(chain_id, available, positions, rewards, terms, windows))
    overrides = apply_to_rules(results, terms.overrides)
    splits = [split(chain_id, epoch, result, share, overrides) for result in results for share in result.shares]
    overrides.close()
    parts, warnings = _allocate(chain_id, epoch, available, splits, results)
    warnings += overrides.warnings
    warnings += _rules_without_validator(terms, list(dict.fromkeys(revenue.validator_key for revenue in available)))
    lines = lines_frame(chain_id, epoch, splits, results)
    totals = frame_of(COMMISSION_RULE_RESULTS, list(result_rows(chain_id, epoch, results, splits)))
    allocation = frame_of(REVENUE_ALLOCATION, parts)
    return Commissions(
        _result(PARTNER_COMMISSION_LINES, lines, {REVENUES: available, RESULTS: totals}, warnings),
        _result(COMMISSION_RULE_RESULTS, totals, {}, []),
        _result(REVENUE_ALLOCATION, allocation, {REVENUES: available, LINES: lines}, []),
        tuple(overrides.unmet),
    )


def _results(
    chain_id: str,
    available: Sequence[Revenue],
    positions: pl.DataFrame,
    rewards: pl.DataFrame,
    terms: Terms,
    windows: WindowInputs,
) -> Iterator[RuleResult]:
    by_key = {(revenue.validator_key, revenue.component): revenue for revenue in available}
    validators = list(dict.fromkeys(revenue.validator_key for revenue in available))
    attribution = _attribution(positions, rewards, terms)
    for agreement in sorted(terms.agreements, key=lambda agreement: agreement.agreement_id):
        for rule, paid_for in validators_paid_for(agreement.rules, chain_id, validators):
            yield compute_rule(agreement, rule, paid_for, by_key, attribution, windows)


def _attribution(positions: pl.DataFrame, rewards: pl.DataFrame, terms: Terms) -> Attribution:
    """Weights of wallets, as far as any rule looks at them."""
    rules = [rule for agreement in terms.agreements for rule in agreement.rules]
    with_rewards = any(rule.measure.is_of_rewards for rule in rules)
    if not any(rule.looks_at_wallets for rule in rules):
        return Attribution(Weights(Weight.ACTIVE_STAKE), Weights(Weight.STAKER_REWARDS))
    return attribute(positions, rewards, terms.wallets, with_rewards)


def _allocate(
    chain_id: str,
    epoch: EpochNumber,
    available: Sequence[Revenue],
    splits: Sequence[LineSplit],
    results: Sequence[RuleResult],
) -> tuple[list[Row], list[str]]:
    """The parts of every component, after holding the lines of those that cannot pay; and who claims too much."""
    parts: list[Row] = []
    warnings: list[str] = []
    claimants = by_payer(splits)
    for revenue in available:
        claims = claimants.get((revenue.validator_key, revenue.component), [])
        held = hold_over_claims(revenue, claims)
        if held is not None:
            warnings.append(held)
        parts += parts_of(chain_id, epoch, revenue, claims, held)
    parts += guarantees(chain_id, epoch, splits, results)
    return parts, warnings


def _result(table: Table, frame: pl.DataFrame, grounds: Grounds, warnings: Sequence[str]) -> LayerResult:
    # Rows without any figure are published too: which figure a partner waits for, and why, is worth knowing.
    is_final = (frame["state"] == FigureState.FINAL.value).all()
    completeness = Completeness.FINAL if is_final else Completeness.PARTIAL
    return LayerResult(table, frame, completeness, grounds, tuple(warnings))


def _rules_without_validator(terms: Terms, known: Sequence[str]) -> list[str]:
    """Rules that name one validator, or a pattern, and find none with revenue in the period."""
    return [
        f"rule {agreement.agreement_id}/{rule.rule_key} {'matches' if is_glob(rule.validator_key) else 'names'}"
        f" {rule.validator_key}, and no such validator has P&L in this period"
        for agreement in terms.agreements
        for rule in agreement.rules
        if rule.validator_key is not None and not matching(rule, terms.chain_id, known)
    ]

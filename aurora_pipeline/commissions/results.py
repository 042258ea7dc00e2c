"""What each rule came to in a period, as rows: totals for people, and what later periods of its windows start from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from aurora_pipeline.commissions.allocation import top_up_state
from aurora_pipeline.commissions.rules import FINAL, PARTIAL, RuleResult
from aurora_pipeline.commissions.splitting import LineSplit
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.units import ZERO, Amount, EpochNumber


def result_rows(
    chain_id: str, epoch: EpochNumber, results: Iterable[RuleResult], splits: Iterable[LineSplit]
) -> Iterator[dict[str, Any]]:
    """A row per rule that is in force on the chain, also where it pays for no validator."""
    paid = _paid(splits)
    for result in results:
        rule, priced = result.rule, result.priced
        state, reason = _state(result)
        yield {
            "chain_id": chain_id,
            "epoch": epoch,
            "partner_id": result.agreement.partner_id,
            "agreement_id": result.agreement.agreement_id,
            "agreement_version": result.agreement.version,
            "rule_key": rule.rule_key,
            "validator_count": len(result.shares),
            "missing_count": len(result.missing),
            "base": result.base,
            "metric": None if rule.tiers is None else rule.tiers.metric.value,
            "metric_start": None if priced is None else priced.start,
            "metric_end": None if priced is None else priced.end,
            "computed": result.computed,
            "cap": None if rule.cap is None else rule.cap.amount,
            "cap_start": result.cap_start,
            "cap_reduction": -result.cut,
            "floor": None if rule.floor is None else rule.floor.amount,
            "floor_top_up": result.top_up,
            "override": result.override,
            "final": _final(result, paid[result.key]),
            "state": state,
            "reason": reason,
        }


def _paid(splits: Iterable[LineSplit]) -> dict[tuple[str, str], Amount | None]:
    """Per rule the sum of its lines and cuts as paid; None where one is not known."""
    paid: dict[tuple[str, str], Amount | None] = defaultdict(lambda: ZERO)
    for item in splits:
        before = paid[item.result.key]
        if before is None or None in item.finals:
            paid[item.result.key] = None
            continue
        # The cut of an overridden line is not paid.
        cuts = item.cuts if item.overrides is None else _cuts_paid(item)
        paid[item.result.key] = before + total(final or ZERO for final in item.finals) - total(cuts)
    return paid


def _cuts_paid(item: LineSplit) -> list[Amount]:
    assert item.overrides is not None  # the caller asked
    return [cut for cut, override in zip(item.cuts, item.overrides, strict=True) if override is None]


def _final(result: RuleResult, paid: Amount | None) -> Amount | None:
    if result.override is not None:
        return result.override
    return None if paid is None or result.top_up is None else paid + result.top_up


def _state(result: RuleResult) -> tuple[str, str | None]:
    unsettled = [share for share in result.shares if share.state != FINAL]
    if not unsettled and top_up_state(result) == FINAL:
        return FINAL, None
    return PARTIAL, result.doubt or next((share.reason for share in unsettled), None)

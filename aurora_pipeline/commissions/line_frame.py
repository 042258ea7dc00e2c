"""Commission lines as a frame, built column by column: what the lines of one share have in common is spread over them.

A million lines are a few seconds this way; a dict per line would take ten times as long and all of the memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import polars as pl

from aurora_pipeline.agreements.tables import Window
from aurora_pipeline.commissions.allocation import top_up_reason, top_up_state
from aurora_pipeline.commissions.identity import line_ids
from aurora_pipeline.commissions.rules import RuleResult
from aurora_pipeline.commissions.splitting import LineSplit
from aurora_pipeline.commissions.tables import OPERATOR_GUARANTEE, PARTNER_COMMISSION_LINES, LineKind
from aurora_pipeline.foundation.units import ZERO, Amount, Bps, EpochNumber
from aurora_pipeline.store.declaration import Column, ColumnKind
from aurora_pipeline.store.frames import FRAME_TYPES, exact_series, frame_schema


class _Common(NamedTuple):
    """The columns that all lines of a group share."""

    partner_id: str
    agreement_id: str
    agreement_version: int
    rule_key: str
    rule_order: int
    kind: str
    component: str
    funded_by: str
    attribution_method: str
    basis: str
    validator_key: str
    state: str
    reason: str | None
    rate_bps: Bps | None = None
    revenue: Amount | None = None
    costs: Amount | None = None
    loss_before: Amount | None = None
    loss_after: Amount | None = None
    weighted_by: str | None = None
    weight: Amount | None = None
    weight_whole: Amount | None = None
    base: Amount | None = None
    rule_base: Amount | None = None
    rule_amount: Amount | None = None
    rule_trace: str | None = None
    validator_amount: Amount | None = None


class _Lines:
    """The columns under construction."""

    def __init__(self, chain_id: str, epoch: EpochNumber) -> None:
        self.chain_id = chain_id
        self.epoch = epoch
        self.common: list[_Common] = []
        self.counts: list[int] = []
        self.held_reasons: list[str | None] = []
        self.line_id: list[str] = []
        self.wallet_address: list[str] = []
        self.wallet_weight: list[Amount | None] = []
        self.computed: list[Amount | None] = []
        self.override: list[Amount | None] = []
        self.final: list[Amount | None] = []
        self.held: list[bool] = []

    def add(
        self,
        common: _Common,
        wallets: Sequence[str],
        weights: Sequence[Amount] | None,
        computed: Sequence[Amount | None],
        overrides: Sequence[Amount | None] | None,
        finals: Sequence[Amount | None],
        held: Sequence[bool] | None = None,
        held_reason: str | None = None,
        own_id: str | None = None,
    ) -> None:
        """A group of lines, one per wallet; `own_id` is known where it is a validator's own line."""
        count = len(wallets)
        self.common.append(common)
        self.counts.append(count)
        self.held_reasons.append(held_reason)
        if own_id is None:
            key = (common.agreement_id, common.rule_key, common.validator_key)
            self.line_id += line_ids(*key, wallets, self.chain_id, self.epoch, common.kind)
        else:
            self.line_id.append(own_id)
        self.wallet_address += wallets
        self.wallet_weight += [None] * count if weights is None else weights
        self.computed += computed
        self.override += [None] * count if overrides is None else overrides
        self.final += finals
        self.held += [False] * count if held is None else held

    def frame(self) -> pl.DataFrame:
        """All groups spread over their lines, in the table's columns."""
        columns: list[Any] = list(zip(*self.common, strict=True)) or [()] * len(_Common._fields)
        groups = pl.DataFrame(
            [
                *[
                    _series(PARTNER_COMMISSION_LINES.column(name), values)
                    for name, values in zip(_Common._fields, columns, strict=True)
                ],
                pl.Series("held_reason", self.held_reasons, pl.String),
            ]
        )
        if len(self.line_id) > len(groups):
            counts = pl.DataFrame({"group": range(len(groups)), "count": self.counts})
            groups = groups[counts.select(pl.col("group").repeat_by("count").explode())["group"]]
        own: dict[str, Sequence[Any]] = {
            "line_id": self.line_id,
            "wallet_address": self.wallet_address,
            "wallet_weight": self.wallet_weight,
            "computed": self.computed,
            "override": self.override,
            "final": self.final,
            "held": self.held,
        }
        singles = [_series(PARTNER_COMMISSION_LINES.column(name), values) for name, values in own.items()]
        return groups.with_columns(
            *singles,
            pl.lit(self.chain_id, pl.String).alias("chain_id"),
            pl.lit(self.epoch, pl.Int64).alias("epoch"),
        ).select(
            pl.when("held").then("held_reason").otherwise("reason").alias("reason") if name == "reason" else name
            for name in frame_schema(PARTNER_COMMISSION_LINES)
        )


def lines_frame(
    chain_id: str, epoch: EpochNumber, splits: Iterable[LineSplit], results: Iterable[RuleResult]
) -> pl.DataFrame:
    """Every line of a period: of the shares, of what caps take off them, and of floors."""
    lines = _Lines(chain_id, epoch)
    for item in splits:
        _add_lines(lines, item)
        if item.share.cut:
            _add_cuts(lines, item)
    for result in results:
        if result.top_up != 0:
            _add_top_up(lines, result)
    return lines.frame()


def _add_lines(lines: _Lines, item: LineSplit) -> None:
    share, result = item.share, item.result
    rule, priced = result.rule, result.priced
    held = [bool(claim) for claim in item.claims] if item.held else None
    common = _Common(
        *_of_rule(result, LineKind.LINE, rule.funding.value),
        share.validator_key,
        share.state,
        share.reason,
        rule.commission_rate_bps,
        None if rule.pays_clients_rewards else share.revenue.amount,
        share.costs,
        share.loss_before,
        share.loss_after,
        None if share.weighted_by is None else share.weighted_by.value,
        share.weight,
        share.weight_whole,
        share.base,
        None if priced is None else result.base,
        None if priced is None else priced.amount,
        None if priced is None else priced.trace,
        None if item.weights is None else share.computed,
    )
    own_id = item.own_id if item.weights is None else None
    lines.add(
        common, item.wallets, item.weights, item.computed, item.overrides, item.finals, held, item.held_reason, own_id
    )


def _add_cuts(lines: _Lines, item: LineSplit) -> None:
    """What the cap takes off each line; nothing of it is left where the line or the rule's total is overridden."""
    places = [place for place, cut in enumerate(item.cuts) if cut]
    cuts: list[Amount | None] = [-item.cuts[place] for place in places]
    overrides: list[Amount | None] | None = None
    finals = cuts
    if item.overrides is not None:
        overrides = [None if item.overrides[place] is None else ZERO for place in places]
        finals = [cut if override is None else ZERO for cut, override in zip(cuts, overrides, strict=True)]
    held = [bool(item.claims[place]) for place in places] if item.held else None
    weights = None if item.weights is None else [item.computed[place] or ZERO for place in places]
    share, result = item.share, item.result
    common = _Common(
        *_of_rule(result, LineKind.CAP_REDUCTION, result.rule.funding.value),
        share.validator_key,
        share.state,
        share.reason,
        base=share.computed,
        rule_base=result.computed,
        rule_amount=-result.cut,
        rule_trace=cap_trace(result),
        validator_amount=None if weights is None else -share.cut,
    )
    wallets = [item.wallets[place] for place in places]
    lines.add(common, wallets, weights, cuts, overrides, finals, held, item.held_reason)


def cap_trace(result: RuleResult) -> str:
    """How much of a rule's computed amount its cap leaves, as arithmetic whose wording verifiers of bundles know."""
    cap = result.rule.cap
    assert cap is not None  # something was cut
    if cap.window is Window.PERIOD:
        return f"min({cap.amount}, {result.computed}) - {result.computed} = {-result.cut}"
    start = result.cap_start or ZERO
    until = start + result.computed
    return (
        f"min({cap.amount}, {until}) - min({cap.amount}, {start}) - {result.computed} = {-result.cut},"
        f" {cap.window} from {start}"
    )


def _add_top_up(lines: _Lines, result: RuleResult) -> None:
    rule = result.rule
    assert rule.floor is not None  # only a floor tops up
    trace = None if result.top_up is None else f"{rule.floor.amount} - {result.paid} = {result.top_up}"
    common = _Common(
        *_of_rule(result, LineKind.FLOOR_TOP_UP, OPERATOR_GUARANTEE),
        "",
        top_up_state(result),
        top_up_reason(result),
        rule_base=result.paid,
        rule_amount=result.top_up,
        rule_trace=trace,
    )
    override = None if result.override is None else ZERO
    final = result.top_up if override is None else override
    lines.add(common, [""], None, [result.top_up], [override], [final])


def _of_rule(
    result: RuleResult, kind: LineKind, funded_by: str
) -> tuple[str, str, int, str, int, str, str, str, str, str]:
    """The columns that follow from the rule."""
    rule, agreement = result.rule, result.agreement
    return (
        agreement.partner_id,
        agreement.agreement_id,
        agreement.version,
        rule.rule_key,
        rule.rule_order,
        kind.value,
        rule.revenue_component.value,
        funded_by,
        rule.attribution_method.value,
        rule.basis.value,
    )


def _series(column: Column, values: Sequence[Any]) -> pl.Series:
    if column.kind is ColumnKind.AMOUNT:
        return exact_series(column.name, values)
    return pl.Series(column.name, values, dtype=FRAME_TYPES[column.kind], strict=True)

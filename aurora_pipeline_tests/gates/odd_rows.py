"""For every rule that warns: rows of normal life after ten periods of it, and one change that is odd."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from aurora_pipeline.canonical.balance_tables import ACCOUNT_BALANCES, BALANCES
from aurora_pipeline.canonical.gates import (
    balance_jumps,
    balance_unexplained,
    collector_changed,
    commission_changed,
    holds_less_often,
    missing_rate,
    not_attesting,
    not_voting,
    period_length,
    providers_disagree,
    stake_cliff,
    unknown_field,
)
from aurora_pipeline.canonical.judging.tables import COMPLETENESS, CROSS_CHECKS
from aurora_pipeline.canonical.tables import FEES, META, MEV, REWARDS
from aurora_pipeline.commissions.gates import two_agreements
from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES
from aurora_pipeline.pnl.gates import chain_drift, drift, same_income, zero_income
from aurora_pipeline.pnl.tables import VALIDATOR_PNL, Component
from aurora_pipeline.sources.unknown_fields import UNKNOWN_FIELDS, UnknownField
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.gate.earlier import EARLIER, EarlierRows
from aurora_pipeline.store.gate.rule import GateRule
from aurora_pipeline_tests.gates.good_rows import EPOCH, KEY, Case

PERIODS = 10
SMALL = 10**6
_PLACE = {"chain_id": KEY.chain_id, "state": "final"}
Rows = list[dict[str, Any]]


def case(
    rule: GateRule,
    table: Table,
    rows: Callable[[int], Rows],
    odd: Callable[[Rows], Rows] = lambda rows: rows,
    seconds: int = 172_800,
) -> Case:
    """Rows by epoch, of which those of the newest one are changed."""
    now, before = rows(EPOCH), [row for epoch in range(EPOCH - PERIODS, EPOCH) for row in rows(epoch)]
    lengths = dict.fromkeys(range(EPOCH - PERIODS, EPOCH), 172_800)
    good = EarlierRows(frame_of(table, before), {**lengths, EPOCH: 172_000}, SMALL)
    bad = EarlierRows(good.rows, {**lengths, EPOCH: seconds}, SMALL)
    changed = odd([dict(row) for row in now])
    return Case(rule, table, frame_of(table, now), frame_of(table, changed), {EARLIER: good}, {EARLIER: bad})


def earned(epoch: int, validators: Sequence[str] = ("V1", "V2", "V3", "V4")) -> Rows:
    """P&L of some validators, each with its own size and a few percent of noise."""
    states = {f"{one.column}_state": "final" for one in Component}
    known = {one.column: 0 for one in Component}
    return [
        {**_PLACE, **states, **known, "epoch": epoch, "validator_key": key, "name": key}
        | {"exec_fees": (size + 1) * 10**9 * (100 + (epoch * 7 + size) % 5) // 100}
        for size, key in enumerate(validators)
    ]


def _times(rows: Rows, num: int, den: int, keys: Sequence[str]) -> Rows:
    return [
        row | ({"exec_fees": row["exec_fees"] * num // den} if row["validator_key"] in keys else {}) for row in rows
    ]


def meta(epoch: int) -> Rows:
    """What two validators are."""
    told = {"commission_bps": 500, "mev_commission_bps": 800, "active_stake": 10**15, "delinquent": False}
    return [{**_PLACE, **told, "epoch": epoch, "validator_key": key} for key in ("V1", "V2")]


def _but(rows: Rows, **changed: Any) -> Rows:
    return [rows[0] | changed, *rows[1:]]


def rewards(epoch: int) -> Rows:
    """Commission of one validator, and one stake account."""
    row = {**_PLACE, "epoch": epoch, "validator_key": "V1"}
    return [
        {**row, "row_kind": "VALIDATOR", "account_key": "V1", "recipient_key": "K1"},
        {**row, "row_kind": "ACCOUNT", "account_key": "A1"},
    ]


def balances(epoch: int) -> Rows:
    """The balance of one validator."""
    return [
        {**_PLACE, "epoch": epoch, "validator_key": "V1", "stake": 32 * 10**18, "attestation_target": 10**15}
        | {"residual": 5, "residual_of": "ROUNDING"}
    ]


def accounts(epoch: int) -> Rows:
    """The vote account of one validator, which earns 10 an epoch."""
    row = {**_PLACE, "epoch": epoch, "validator_key": "V1", "account_kind": "VOTE", "account_key": "V1"}
    edges = {"balance_start": epoch * 10, "balance_end": epoch * 10 + 10, "residual": 0}
    return [{**row, **edges, "method": "TRANSACTIONS"}]


def complete(epoch: int) -> Rows:
    """Twenty validators of which one lacks its tips now and then."""
    return [
        {**_PLACE, "epoch": epoch, "validator_key": f"V{number}", "data_type": data_type}
        | ({"state": "unavailable"} if data_type == "mev" and number == 0 and epoch % 3 == 0 else {})
        for number in range(20)
        for data_type in ("fees", "mev")
    ]


def differing(epoch: int) -> Rows:
    """One difference that has a name."""
    row = {"chain_id": KEY.chain_id, "epoch": epoch, "validator_key": "V1", "data_type": "fees", "figure": "fees"}
    return [{**row, "subject": "V1", "other_provider": "t", "difference": 5, "known_as": "ROUNDED"}]


def fees(epoch: int) -> Rows:
    """Ten validators, of which one has a slot that nobody told of now and then."""
    counts = {"leader_slots": 4, "blocks_produced": 3, "slots_skipped": 1, "fees": 10}
    rows = [{**_PLACE, **counts, "epoch": epoch, "validator_key": f"V{number}"} for number in range(10)]
    return _but(rows, slots_skipped=0) if epoch % 3 == 0 else rows


def tips(epoch: int) -> Rows:
    """What stakers keep of the tips of ten validators."""
    parts = {"total_tips": 10, "validator_tips": 1, "protocol_tips": 2, "staker_tips": 7}
    return [{**_PLACE, **parts, "epoch": epoch, "validator_key": f"V{number}"} for number in range(10)]


def lines(epoch: int) -> Rows:
    """What two agreements pay one partner for two validators: all of a component, and what its clients bring of it."""
    shares = [("a", "FIXED_SHARE"), ("b", "CLIENT_REVENUE")]
    return [
        {"chain_id": KEY.chain_id, "epoch": epoch, "partner_id": "p", "agreement_id": agreement, "kind": "LINE"}
        | {"validator_key": key, "component": "COMMISSION", "attribution_method": method, "basis": "GROSS", "final": 5}
        | {"wallet_address": "", "rule_key": "r"}
        for agreement, method in shares
        for key in ("V1", "V2")
    ]


ALL = ("V1", "V2", "V3", "V4")
CASES = (
    case(drift.RULE, VALIDATOR_PNL, earned, lambda rows: _times(rows, 1, 2, ["V2"])),
    case(drift.RULE, VALIDATOR_PNL, earned, lambda rows: _times(rows, 3, 1, ["V2"])),
    # The whole chain earns three times as much, and one of them as before.
    case(drift.RULE, VALIDATOR_PNL, earned, lambda rows: _times(_times(rows, 3, 1, ALL), 30, 1, ["V2"])),
    case(chain_drift.RULE, VALIDATOR_PNL, earned, lambda rows: _times(rows, 3, 1, ALL)),
    case(chain_drift.RULE, VALIDATOR_PNL, earned, lambda rows: _times(rows, 1, 4, ALL)),
    case(zero_income.RULE, VALIDATOR_PNL, earned, lambda rows: _times(rows, 0, 1, ["V3"])),
    case(
        same_income.RULE, VALIDATOR_PNL, earned, lambda rows: [*rows[1:], rows[0] | {"exec_fees": rows[2]["exec_fees"]}]
    ),
    # Two of ten rows, where it was one at the worst, are the tenth that is told from; what is not told does not hold.
    case(
        holds_less_often.RULE,
        FEES,
        fees,
        lambda rows: [
            row | {"slots_skipped": None} if row["validator_key"] in ("V7", "V8", "V9") else row for row in rows
        ],
    ),
    case(holds_less_often.RULE, MEV, tips, lambda rows: [row | {"staker_tips": None} for row in rows]),
    case(holds_less_often.RULE, BALANCES, balances, lambda rows: _but(rows, residual_of=None)),
    case(holds_less_often.RULE, BALANCES, balances, lambda rows: _but(rows, residual=None)),
    case(holds_less_often.RULE, ACCOUNT_BALANCES, accounts, lambda rows: _but(rows, method="REWARD_ROWS")),
    case(
        two_agreements.RULE,
        PARTNER_COMMISSION_LINES,
        lines,
        lambda rows: [row | {"attribution_method": "FIXED_SHARE"} for row in rows],
    ),
    case(commission_changed.RULE, META, meta, lambda rows: _but(rows, commission_bps=700)),
    case(commission_changed.RULE, META, meta, lambda rows: _but(rows, mev_commission_bps=1000)),
    case(stake_cliff.RULE, META, meta, lambda rows: _but(rows, active_stake=7 * 10**14)),
    case(stake_cliff.RULE, META, meta, lambda rows: _but(rows, active_stake=13 * 10**14)),
    case(not_voting.RULE, META, meta, lambda rows: _but(rows, delinquent=True)),
    case(collector_changed.RULE, REWARDS, rewards, lambda rows: _but(rows, recipient_key="K2")),
    case(not_attesting.RULE, BALANCES, balances, lambda rows: _but(rows, attestation_target=-1)),
    case(balance_jumps.RULE, ACCOUNT_BALANCES, accounts, lambda rows: _but(rows, balance_start=EPOCH * 10 - 1)),
    case(balance_unexplained.RULE, ACCOUNT_BALANCES, accounts, lambda rows: _but(rows, residual=-3)),
    case(
        missing_rate.RULE,
        COMPLETENESS,
        complete,
        lambda rows: [row | ({"state": "partial"} if row["data_type"] == "fees" else {}) for row in rows],
    ),
    case(period_length.RULE, COMPLETENESS, complete, seconds=100_000),
    Case(
        unknown_field.RULE,
        COMPLETENESS,
        frame_of(COMPLETENESS, complete(EPOCH)),
        None,
        {UNKNOWN_FIELDS: ()},
        {UNKNOWN_FIELDS: (UnknownField("node-1", "getBlock", "result.rewards[].newTax"),)},
    ),
    case(period_length.RULE, COMPLETENESS, complete, seconds=400_000),
    case(providers_disagree.RULE, CROSS_CHECKS, differing, lambda rows: _but(rows, known_as=None)),
)


def without_history(one: Case) -> Case:
    """The same, where nothing is known of any period before."""
    from dataclasses import replace

    nothing = {EARLIER: EarlierRows(one.good.clear(), {EPOCH: 1}, SMALL)}
    return replace(one, bad_grounds=nothing, grounds=nothing)


def together(rows: Callable[[int], Rows]) -> pl.DataFrame:
    """The frame of the newest epoch."""
    return frame_of(VALIDATOR_PNL, rows(EPOCH))

"""False alarms of 300 epochs of normal life, counted: less than one in a hundred validator-epochs."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from aurora_pipeline.canonical.tables import FEES, META, MEV, REWARDS
from aurora_pipeline.demo.solana.parameters import CHAIN_ID, Parameters
from aurora_pipeline.demo.solana.truth import ValidatorTruth, truth
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.layers import GATE
from aurora_pipeline.pnl.tables import VALIDATOR_PNL, Component
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.gate.checking import warning
from aurora_pipeline.store.gate.earlier import EARLIER, EarlierRows
from aurora_pipeline.store.gate.rule import Context
from aurora_pipeline.store.gate.series import PERIODS_MAX

_FIRST, _EPOCHS, _VALIDATORS = 850, 300, 20
_SEED = int(os.environ.get("AURORA_FALSE_ALARM_SEED", "5"))
_PARAMETERS = Parameters(seed=_SEED, validators=_VALIDATORS, stake_accounts=200, slots_per_epoch=432)
_SMALL = 10**6


def _pnl(one: ValidatorTruth) -> dict[str, Any]:
    states = {f"{component.column}_state": "final" for component in Component}
    return {
        **states,
        "name": one.name,
        "exec_fees": one.fees_lamports,
        "mev_tips": one.mev_validator_lamports,
        "vote_rewards": one.own_stake_rewards_lamports,
        "commission": one.commission_lamports,
    }


def _meta(one: ValidatorTruth) -> dict[str, Any]:
    told = {"commission_bps": one.commission_bps, "mev_commission_bps": one.mev_commission_bps}
    return {**told, "active_stake": one.active_stake_lamports, "delinquent": False}


def _rewards(one: ValidatorTruth) -> dict[str, Any]:
    return {"row_kind": "VALIDATOR", "account_key": one.vote, "recipient_key": one.collector}


def _fees(one: ValidatorTruth) -> dict[str, Any]:
    counts = {"leader_slots": one.leader_slots, "blocks_produced": one.blocks, "slots_skipped": one.skipped}
    return {**counts, "fees": one.fees_lamports, "identity_key": one.identity}


def _tips(one: ValidatorTruth) -> dict[str, Any]:
    whole, own, protocol = one.mev_total_lamports, one.mev_validator_lamports, one.mev_protocol_lamports
    return {
        "total_tips": whole,
        "validator_tips": own,
        "protocol_tips": protocol,
        "staker_tips": whole - own - protocol,
    }


_ROWS = {VALIDATOR_PNL: _pnl, META: _meta, REWARDS: _rewards, FEES: _fees, MEV: _tips}


def _frame(table: Table, epoch: int) -> pl.DataFrame:
    rows = _ROWS[table]
    place = {"chain_id": CHAIN_ID, "epoch": epoch, "state": "final"}
    told = truth(_PARAMETERS, epoch).validators
    return frame_of(table, [{**place, "validator_key": one.vote, **rows(one)} for one in told])


def _alarms(table: Table) -> Counter[tuple[str, str]]:
    """How often each rule warned, by rule and epoch with validator."""
    found: Counter[tuple[str, str]] = Counter()
    frames: list[pl.DataFrame] = []
    for epoch in range(_FIRST, _FIRST + _EPOCHS):
        frame, before = _frame(table, epoch), frames[-PERIODS_MAX:]
        rows = pl.concat(before) if before else frame.clear()
        lengths = dict.fromkeys(range(epoch - len(before), epoch + 1), 172_800)
        context = Context(table, PeriodKey(CHAIN_ID, EpochNumber(epoch)), {EARLIER: EarlierRows(rows, lengths, _SMALL)})
        for one in warning(GATE.of(table), frame, context):
            found[one.rule, f"{epoch} {one.where.get('validator_key', 'the chain')}"] += 1
        frames.append(frame)
    return found


@pytest.mark.slow
def test_false_alarms__of_three_hundred_epochs_of_normal_life__are_fewer_than_one_in_a_hundred(
    record_property: Callable[[str, object], None],
) -> None:
    found = sum((_alarms(table) for table in _ROWS), Counter[tuple[str, str]]())
    by_rule = Counter(rule for rule, _ in found)
    whole = len({where for _, where in found})
    told = ", ".join(f"{rule} {count}" for rule, count in sorted(by_rule.items())) or "none"
    sentence = f"{whole} of {_EPOCHS * _VALIDATORS} validator-epochs ({told})"
    record_property("false alarms", sentence)
    print(f"false alarms: {sentence}")  # noqa: T201
    assert whole * 100 < _EPOCHS * _VALIDATORS, sentence

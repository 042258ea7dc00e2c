"""Reading Trillium: nulls, floats, wrong epochs; what does not fit is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.asking.adapter import Question
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.trillium.answers import read_validators
from aurora_pipeline_tests.asking.asked import NODE, answer_to

EPOCH = EpochNumber(842)
ASKED = Question("q", "/somewhere")


def trillium_row(**change: Any) -> dict[str, Any]:
    told = {
        "epoch": EPOCH,
        "identity_pubkey": "node",
        "vote_account_pubkey": "vote",
        "name": "A validator",
        "commission": 7,
        "mev_commission": 700,
        "leader_slots": 10,
        "blocks_produced": 9,
        "rewards": 241.071861667,
        "mev_earned": 88.565530355,
        "mev_to_validator": 6.007847316,
        "validator_inflation_reward": 240.394314937,
        "vote_cost": 2.155,
    }
    return {name: value for name, value in (told | change).items() if value is not ...}


def test_trillium__full_row__to_the_lamport() -> None:
    row = read_validators(answer_to(ASKED, [trillium_row()]), NODE, EPOCH)["vote"]
    assert (row.fees, row.tips_total, row.commission, row.vote_cost) == (
        241_071_861_667,
        88_565_530_355,
        240_394_314_937,
        2_155_000_000,
    )
    assert (row.tips_to_validator, row.commission_bps, row.mev_commission_bps) == (6_007_847_316, 700, 700)


def test_trillium__everything_null__nothing_known() -> None:
    nulls = dict.fromkeys(trillium_row(), None) | {"epoch": EPOCH, "vote_account_pubkey": "vote"}
    row = read_validators(answer_to(ASKED, [nulls]), NODE, EPOCH)["vote"]
    assert {value for name, value in vars(row).items() if name != "vote_key"} == {None}


@given(st.integers(0, 8 * 10**15))  # beyond 8 million SOL a float no longer tells lamports apart
def test_trillium__any_lamports_as_a_float_of_sol__the_same_lamports(lamports: int) -> None:
    body = json.dumps([trillium_row(rewards=lamports / 10**9)])
    assert read_validators(answer_to(ASKED, body.encode()), NODE, EPOCH)["vote"].fees == lamports


@pytest.mark.parametrize(
    ("percent", "bps"), [(7, 700), (9.95, 995), (0, 0), (100, 10_000), (7.0, 700), (7.123, None), (101, None)]
)
def test_trillium__commission_in_percent__whole_basis_points_or_refused(percent: float, bps: int | None) -> None:
    answer = answer_to(ASKED, [trillium_row(commission=percent)])
    if bps is None:
        with pytest.raises(UnreadableAnswer):
            read_validators(answer, NODE, EPOCH)
    else:
        assert read_validators(answer, NODE, EPOCH)["vote"].commission_bps == bps


@pytest.mark.parametrize(
    "rows",
    [
        [trillium_row(epoch=EPOCH - 1)],
        [trillium_row(), trillium_row(vote_account_pubkey="other", epoch=EPOCH + 1)],
        [trillium_row(), trillium_row()],
        [trillium_row(vote_account_pubkey=...)],
        [trillium_row(rewards=-1)],
        [trillium_row(rewards="241.07")],
        [trillium_row(leader_slots=9.5)],
        {"error": "not found"},
    ],
)
def test_trillium__wrong_rows__the_whole_answer_refused(rows: Any) -> None:
    with pytest.raises(UnreadableAnswer):
        read_validators(answer_to(ASKED, rows), NODE, EPOCH)


def test_trillium__epoch_as_text__read() -> None:
    assert read_validators(answer_to(ASKED, [trillium_row(epoch=str(EPOCH))]), NODE, EPOCH)

"""Trillium's rows in canonical layers: what it leaves out is missing, what it only estimates is no figure."""

from __future__ import annotations

from typing import Any

import pytest

from aurora_pipeline.asking.adapter import Question
from aurora_pipeline.canonical.costs import canonical_costs
from aurora_pipeline.canonical.fees import canonical_fees
from aurora_pipeline.canonical.judging.cross_check_figures import as_told
from aurora_pipeline.canonical.meta import canonical_meta
from aurora_pipeline.canonical.mev import canonical_mev
from aurora_pipeline.canonical.rewards import canonical_rewards
from aurora_pipeline.config.vocabulary import CostType, DataType
from aurora_pipeline.foundation.units import Bps
from aurora_pipeline.registry.tables import COST_ENTRIES
from aurora_pipeline.store.frames import frame_of, ints
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline.store.payloads.tables import EVERYONE
from aurora_pipeline_tests.canonical.answers import EPOCH, answer, fetch, reference, row_of

SOL = 10**9


def told(data_type: str, *rows: dict[str, Any]) -> StagedFetch:
    """What it lists of the epoch, by validator."""
    listed = [{"epoch": EPOCH, **row} for row in rows]
    asked = answer(Question("rewards", f"/validator_rewards/{EPOCH}"), listed)
    return fetch(data_type, [asked], subject=EVERYONE, kind="trillium")


def test_fees__row_without_fees__not_known_though_its_slots_are() -> None:
    row = {"vote_account_pubkey": "V", "leader_slots": 4, "blocks_produced": 3, "rewards": None}
    found = row_of(canonical_fees(reference("V"), [told("fees", row)]))
    assert (found["fees"], found["state"], found["leader_slots"]) == (None, "unavailable", 4)
    assert found["reason"] == "the-provider has no fees in its row"


def test_fees__row_with_fees__a_third_partys_figure() -> None:
    row = {"vote_account_pubkey": "V", "leader_slots": 4, "blocks_produced": 3, "rewards": 1.5}
    found = row_of(canonical_fees(reference("V"), [told("fees", row)]))
    assert (found["fees"], found["slots_skipped"], found["state"]) == (3 * SOL // 2, 1, "final")
    assert found["reason"] == "THIRD_PARTY: as the-provider has it"


def test_rewards__row_without_commission__not_known_and_stakers_never() -> None:
    rows: list[dict[str, Any]] = [
        {"vote_account_pubkey": "V", "validator_inflation_reward": None, "delegator_inflation_reward": 2.0},
        {"vote_account_pubkey": "W", "validator_inflation_reward": 0.25, "delegator_inflation_reward": 2.0},
    ]
    result = canonical_rewards(reference("V", "W"), [told("rewards", *rows)])
    for key, commission, state in (("V", None, "unavailable"), ("W", SOL // 4, "final")):
        found = row_of(result, key, row_kind="VALIDATOR")
        assert (found["commission"], found["state"]) == (commission, state)
        assert (found["staker_rewards"], found["stakers_state"]) == (None, "unavailable")
        assert "extrapolates stakers' rewards from one account" in found["stakers_reason"]


def test_costs__row_without_votes__no_cost_of_zero() -> None:
    rows: list[dict[str, Any]] = [{"vote_account_pubkey": "V"}, {"vote_account_pubkey": "W", "vote_cost": 1.0}]
    frame = canonical_costs(
        reference("V", "W"), [told("costs", *rows)], frame_of(COST_ENTRIES, []), [CostType.VOTE_FEES]
    ).frame
    votes = {row["validator_key"]: row["amount"] for row in frame.to_dicts() if row["entry_type"] == "VOTE_FEES"}
    assert {key: None if value is None else int(value) for key, value in votes.items()} == {"V": None, "W": SOL}


def test_as_told__of_rewards__its_own_estimate_stands_where_the_layer_has_none() -> None:
    row = {"vote_account_pubkey": "V", "validator_inflation_reward": 0.25, "delegator_inflation_reward": 2.0}
    staged = [told("rewards", row)]
    layer = canonical_rewards(reference("V", "W"), staged).frame
    shown = as_told(DataType.REWARDS, layer, reference("V", "W"), staged)
    assert dict(zip(shown["validator_key"], ints(shown["staker_rewards"]), strict=True)) == {"V": 2 * SOL, "W": None}
    assert ints(shown["commission"]) == ints(layer["commission"])


def test_as_told__of_tips__its_own_part_and_never_one_that_was_computed() -> None:
    rows: list[dict[str, Any]] = [
        {"vote_account_pubkey": "V", "mev_earned": 10.0, "mev_commission": 800, "mev_to_validator": 0.75},
        {"vote_account_pubkey": "W", "mev_earned": 10.0, "mev_commission": 800},
    ]
    staged = [told("mev", *rows)]
    layer = canonical_mev(reference("V", "W"), staged, Bps(309)).frame
    shown = as_told(DataType.MEV, layer, reference("V", "W"), staged)
    assert dict(zip(shown["validator_key"], ints(shown["validator_tips"]), strict=True)) == {
        "V": SOL * 3 // 4,
        "W": None,
    }
    assert ints(shown["staker_tips"]) == [None, None]


def test_as_told__of_stake__in_whole_coins_as_it_says() -> None:
    staged = [told("meta", {"vote_account_pubkey": "V", "activated_stake": 7.0, "commission": 5})]
    layer = canonical_meta(reference("V"), staged).frame
    assert ints(layer["active_stake"]) == [None]
    assert ints(as_told(DataType.META, layer, reference("V"), staged)["active_stake"]) == [7 * SOL]


def test_as_told__by_somebody_else__the_layer_as_it_is() -> None:
    staged = [fetch("rewards", [], subject=EVERYONE, kind="jito")]
    layer = canonical_rewards(reference("V"), staged).frame
    assert as_told(DataType.REWARDS, layer, reference("V"), staged).equals(layer)


@pytest.mark.parametrize(("coins", "is_known"), [(10_000_000, True), (10_000_001, False)])
def test_every_layer__more_than_there_can_be__refused_by_name(coins: int, is_known: bool) -> None:
    row = {
        "vote_account_pubkey": "V",
        "leader_slots": 4,
        "blocks_produced": 4,
        "rewards": coins,
        "mev_earned": coins,
        "mev_commission": 700,
        "validator_inflation_reward": coins,
        "vote_cost": coins,
    }
    entries = frame_of(COST_ENTRIES, [])
    for result, figure in (
        (canonical_fees(reference("V"), [told("fees", row)]), "fees"),
        (canonical_mev(reference("V"), [told("mev", row)], Bps(309)), "total_tips"),
        (canonical_rewards(reference("V"), [told("rewards", row)]), "commission"),
        (canonical_costs(reference("V"), [told("costs", row)], entries, [CostType.VOTE_FEES]), "amount"),
    ):
        found = row_of(result)
        assert (found[figure] == coins * SOL, found["state"] == "final") == (is_known, is_known)
        if not is_known:
            assert found[figure] is None
            assert found["reason"].startswith(f"{figure} {coins * SOL} is more than 10000000 SOL, which no validator")

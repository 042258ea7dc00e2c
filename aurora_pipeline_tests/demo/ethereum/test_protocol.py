"""The protocol's arithmetic, beside what real networks and a generated chain paid."""

from __future__ import annotations

from typing import Any

import pytest

from aurora_pipeline.demo.ethereum import protocol
from aurora_pipeline.demo.ethereum.protocol import GWEI_PER_ETH, HEAD, SOURCE, TARGET, Participation
from aurora_pipeline_tests.devchain.files import expected, held

FLAGS = {"head": HEAD, "target": TARGET, "source": SOURCE}
SLOTS = 8


def _state_in(epoch: int) -> list[dict[str, Any]]:
    """The generated chain's validators at the end of an epoch."""
    rows: list[dict[str, Any]] = held("validators_by_slot")[str(SLOTS * (epoch + 1) - 1)]
    return rows


def _active(rows: list[dict[str, Any]], epoch: int) -> int:
    validators = [row["validator"] for row in rows]
    return sum(
        int(one["effective_balance"])
        for one in validators
        if int(one["activation_epoch"]) <= epoch < int(one["exit_epoch"])
    )


@pytest.mark.parametrize("epoch", range(14))
def test_attestations__of_the_generated_chain__are_paid_and_charged_to_the_gwei(epoch: int) -> None:
    rows, told = _state_in(epoch + 1), held("rewards_attestations_by_epoch")[str(epoch)]["data"]
    effective = {row["index"]: int(row["validator"]["effective_balance"]) for row in rows}
    set_by = {
        name: sum(effective[one["validator_index"]] for one in told["total_rewards"] if int(one[name]) > 0)
        // protocol.INCREMENT
        for name in FLAGS
    }
    total = _active(rows, epoch + 1)
    seen = Participation(
        protocol.base_reward_per_increment(total),
        total // protocol.INCREMENT,
        set_by["source"],
        set_by["target"],
        set_by["head"],
        False,
    )
    for one in told["ideal_rewards"]:
        balance = int(one["effective_balance"])
        assert {name: str(protocol.flag_reward(balance, flag, seen)) for name, flag in FLAGS.items()} == {
            name: one[name] for name in FLAGS
        }
    charged = 0
    for one in told["total_rewards"]:
        balance = effective[one["validator_index"]]
        for name, flag in FLAGS.items():
            if int(one[name]) < 0:
                assert -int(one[name]) == protocol.flag_penalty(balance, flag, seen.base_reward_per_increment)
                charged += 1
    assert charged > 0


def test_sync_committee__of_the_generated_chain__pays_seats_and_proposers_to_the_gwei() -> None:
    seat = protocol.sync_participant_reward(_active(_state_in(0), 0), SLOTS, 32)
    told = {one["validator_index"]: int(one["reward"]) for one in held("rewards_sync_committee_by_slot")["1"]["data"]}
    assert told["62"] == -seat
    assert {amount % seat for amount in told.values()} == {0}
    seats = sum(amount for amount in told.values() if amount > 0) // seat
    assert held("rewards_blocks_by_slot")["1"]["data"]["sync_aggregate"] == str(
        seats * protocol.sync_proposer_reward(seat)
    )


def test_slashing__of_the_generated_chain__pays_the_proposer_and_costs_as_much() -> None:
    effective = 32 * GWEI_PER_ETH
    assert held("rewards_blocks_by_slot")["42"]["data"]["proposer_slashings"] == str(
        protocol.whistleblower_reward(effective)
    )
    lost = next(row for row in expected("by_validator") if row["validator_index"] == "20")
    assert lost["not_in_rewards_api_gwei"] == str(-protocol.initial_slashing_penalty(effective))


def test_rewards__of_a_real_epoch__are_those_the_node_told() -> None:
    """Sepolia's epoch 240248: 57,145 ETH active, of which two validators with 61 ETH were absent."""
    total, effective = 57_145 * GWEI_PER_ETH, 32 * GWEI_PER_ETH
    per_increment = protocol.base_reward_per_increment(total)
    assert per_increment == 8466
    seen = Participation(per_increment, 57_145, 57_084, 57_084, 57_084, False)
    assert [protocol.flag_reward(effective, flag, seen) for flag in (SOURCE, TARGET, HEAD)] == [59198, 109940, 59198]
    assert [protocol.flag_penalty(effective, flag, per_increment) for flag in (SOURCE, TARGET, HEAD)] == [
        59262,
        110058,
        0,
    ]
    seat = protocol.sync_participant_reward(total, 32, 512)
    assert (seat, protocol.sync_proposer_reward(seat)) == (922, 131)


def test_proposer__of_votes_by_225_increments__earns_what_the_generated_chain_paid() -> None:
    per_increment = protocol.base_reward_per_increment(_active(_state_in(0), 0))
    paid = int(held("rewards_blocks_by_slot")["2"]["data"]["attestations"])
    assert protocol.proposer_attestation_reward(225, SOURCE | TARGET | HEAD, per_increment) == paid


def test_leak__pays_nothing_and_charges_by_score() -> None:
    leaking = Participation(8466, 57_145, 57_145, 57_145, 57_145, True)
    assert protocol.flag_reward(32 * GWEI_PER_ETH, TARGET, leaking) == 0
    assert protocol.flag_penalty(32 * GWEI_PER_ETH, TARGET, 8466) > 0
    assert protocol.inactivity_penalty(32 * GWEI_PER_ETH, 16) == 7629
    scores = [
        protocol.next_inactivity_score(score, hit_target=hit, is_leaking=leaks)
        for score, hit, leaks in (
            (0, False, True),
            (8, True, True),
            (0, True, True),
            (20, False, False),
            (5, True, False),
        )
    ]
    assert scores == [4, 7, 0, 8, 0]


def test_correlation__takes_what_was_slashed_three_times_but_never_more_than_all() -> None:
    effective = 32 * GWEI_PER_ETH
    assert protocol.correlation_penalty(effective, effective, 3_200 * GWEI_PER_ETH) == 960_000_000
    assert protocol.correlation_penalty(effective, 1_500 * GWEI_PER_ETH, 3_200 * GWEI_PER_ETH) == effective


@pytest.mark.parametrize(
    ("balance", "followed"),
    [(31_750_000_000, 32), (31_749_999_999, 31), (33_250_000_000, 32), (33_250_000_001, 33), (2_100_000_000_000, 2048)],
)
def test_effective_balance__follows_a_balance_that_is_far_enough_off(balance: int, followed: int) -> None:
    maximum = protocol.max_effective_balance(is_compounding=True)
    assert protocol.next_effective_balance(balance, 32 * GWEI_PER_ETH, maximum) == followed * GWEI_PER_ETH


def test_base_fee__of_full_and_empty_blocks__moves_by_an_eighth() -> None:
    assert protocol.next_base_fee(8_000, 36_000_000, 36_000_000) == 9_000
    assert protocol.next_base_fee(8_000, 18_000_000, 36_000_000) == 8_000
    assert protocol.next_base_fee(8_000, 0, 36_000_000) == 7_000
    assert protocol.next_base_fee(1, 18_000_001, 36_000_000) == 2

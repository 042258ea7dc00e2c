"""Nothing is created or lost in the simulated economy but what the protocol itself burns, and stake compounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.demo.solana.economy import plant_tip_tree, split_inflation
from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.demo.solana.world import World
from aurora_pipeline.foundation.errors import AuroraError

PARAMETERS = Parameters(seed=3, validators=12, stake_accounts=600)
EPOCHS = range(850, 854)


def test_split_inflation__known_vectors__both_sides_floored() -> None:
    assert split_inflation(1_000_003, 700) == (70_000, 930_002)
    assert split_inflation(10, 700) == (0, 0)
    assert split_inflation(10, 0) == (0, 10)
    assert split_inflation(10, 10_000) == (10, 0)


def test_tip_tree__known_vectors__protocol_is_paid_first() -> None:
    some, all_of_it = plant_tip_tree(1_000, 800, 1), plant_tip_tree(1_000, 10_000, 1)
    assert (some.protocol, some.validator, some.stakers_total) == (30, 80, 890)
    assert (all_of_it.protocol, all_of_it.validator, all_of_it.stakers_total) == (30, 970, 0)


@given(st.integers(0, 10**15), st.integers(0, 10_000), st.lists(st.integers(0, 10**16), max_size=9))
def test_tip_tree__any_stakes__loses_less_than_one_lamport_a_staker(tips: int, rate: int, stakes: list[int]) -> None:
    tree = plant_tip_tree(tips, rate, sum(stakes))
    assert tree.protocol + tree.validator + tree.stakers_total == tips
    shared = sum(tree.staker(stake) for stake in stakes)
    assert shared <= tree.stakers_total
    if sum(stakes):
        assert tree.stakers_total - shared < len(stakes)


def test_stake__from_epoch_to_epoch__grows_by_rewards_of_active_accounts_only() -> None:
    world = World(PARAMETERS)
    for epoch in EPOCHS:
        economy, after = world.economy(epoch), world.economy(epoch + 1)
        for account in range(len(world.book)):
            reward = economy.inflation.staker_rewards[account]
            assert after.stake[account] == economy.stake[account] + reward
            assert after.idle[account] == economy.idle[account] + economy.staker_tips(account)
            if not world.book.is_active(account, epoch):
                assert reward == economy.staker_tips(account) == 0


def test_stake__activated_in_an_epoch__earns_from_the_next_on() -> None:
    world = World(PARAMETERS)
    fresh = [account for account in range(world.book.bounds[-1]) if world.book.activated_in[account] in EPOCHS]
    earning = 0
    for account in fresh:
        epoch = world.book.activated_in[account]
        assert world.economy(epoch).inflation.staker_rewards[account] == 0
        earning += world.economy(epoch + 1).inflation.staker_rewards[account] > 0
    assert earning > 0


def test_inflation__one_epoch__is_about_three_hundredths_of_a_percent() -> None:
    economy = World(PARAMETERS).economy(850)
    paid = sum(economy.inflation.commission) + sum(economy.inflation.staker_rewards)
    assert 29_000 * sum(economy.active_stake) < paid * 100_000_000 < 31_000 * sum(economy.active_stake)


def test_blocks__over_some_epochs__show_every_kind_of_bad_luck() -> None:
    world = World(PARAMETERS)
    idle, only_skipped, empty_of_fees = 0, 0, 0
    for epoch in range(850, 862):
        chain = world.chain(epoch)
        for validator in world.cast.operated:
            led = chain.leader_indices(validator.index)
            idle += not led
            only_skipped += bool(led) and not any(index in chain.produced for index in led)
        empty_of_fees += sum(chain.fees(index).reward == 0 for index in chain.block_indices)
        assert len(chain.produced) < PARAMETERS.slots_per_epoch
    assert idle > 0
    assert only_skipped > 0
    assert empty_of_fees > 0
    assert 0 not in world.chain(852).produced
    assert world.chain(851).delinquent is not None


def test_stake__deactivated_in_an_epoch__earns_for_it_and_no_longer() -> None:
    world = World(PARAMETERS)
    leaving = [account for account in range(world.book.bounds[-1]) if world.book.deactivated_in[account] in EPOCHS]
    earning = 0
    for account in leaving:
        epoch = world.book.deactivated_in[account]
        earning += world.economy(epoch).inflation.staker_rewards[account] > 0
        assert world.economy(epoch + 1).inflation.staker_rewards[account] == 0
    assert earning > 0


def test_commission__raised_at_an_epochs_start__applies_to_rewards_one_epoch_later() -> None:
    world, raising = World(PARAMETERS), 2
    shares = []
    for epoch in (851, 852, 853):
        rewards = world.economy(epoch).inflation
        stakers = sum(rewards.staker_rewards[account] for account in world.book.accounts_of(raising))
        commission = rewards.commission[raising]
        shares.append((world.cast.commission_bps(raising, epoch), round(10_000 * commission / (commission + stakers))))
    assert shares == [(700, 700), (800, 700), (800, 800)]


TINY = Parameters(validators=1, stake_accounts=25, slots_per_epoch=40)


@pytest.mark.parametrize("parameters", [TINY, Parameters(seed=0)])
def test_world__of_any_size__goes_through_many_epochs(parameters: Parameters) -> None:
    world = World(parameters)
    for epoch in range(850, 870):
        economy = world.economy(epoch)
        assert sum(economy.inflation.commission) + sum(economy.inflation.staker_rewards) > 0
        assert len(economy.chain.block_indices) > economy.reward_partitions + 1


@pytest.mark.parametrize(
    "wrong", [{"validators": 0}, {"stake_accounts": 24}, {"slots_per_epoch": 242}, {"seed": -1}, {"first_epoch": True}]
)
def test_parameters__senseless__are_refused_by_name(wrong: dict[str, int]) -> None:
    with pytest.raises(AuroraError, match=next(iter(wrong))):
        Parameters(**wrong)

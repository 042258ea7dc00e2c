"""When stake counts: the chain's integer rule, with and without its 9 % limit."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from aurora_pipeline.asking.reading import U64_MAX
from aurora_pipeline.foundation.units import EpochNumber, Lamports
from aurora_pipeline.sources.solana.answers.accounts import NO_HISTORY, ClusterStake
from aurora_pipeline.sources.solana.stake_activation import Activation, activation


def cluster(effective: int, activating: int, deactivating: int) -> ClusterStake:
    return ClusterStake(Lamports(effective), Lamports(activating), Lamports(deactivating))


def counts(active: int, activating: int, deactivating: int) -> Activation:
    return Activation(Lamports(active), Lamports(activating), Lamports(deactivating))


# A million lamports activate in epoch 10 on a cluster of a million: 9 % of them per epoch.
HISTORY = {
    10: cluster(1_000_000, 1_000_000, 0),
    11: cluster(1_090_000, 910_000, 0),
    12: cluster(1_188_100, 811_900, 0),
}


def test_warm_up__cluster_limit_bites__nine_percent_of_the_effective_stake() -> None:
    assert activation(Lamports(1_000_000), 10, None, EpochNumber(10), HISTORY) == counts(0, 1_000_000, 0)
    assert activation(Lamports(1_000_000), 10, None, EpochNumber(11), HISTORY) == counts(90_000, 910_000, 0)
    # 910,000 * 1,090,000 * 9 % / 910,000
    assert activation(Lamports(1_000_000), 10, None, EpochNumber(12), HISTORY) == counts(90_000 + 98_100, 811_900, 0)


def test_cool_down__cluster_limit_bites__leaves_in_parts() -> None:
    history = {
        20: cluster(1_000_000, 0, 500_000),
        21: cluster(910_000, 0, 410_000),
    }
    assert activation(Lamports(500_000), 1, 20, EpochNumber(20), history) == counts(500_000, 0, 500_000)
    assert activation(Lamports(500_000), 1, 20, EpochNumber(21), history) == counts(410_000, 0, 410_000)
    assert activation(Lamports(500_000), 1, 20, EpochNumber(22), history) == counts(
        410_000 - 81_900, 0, 410_000 - 81_900
    )


def test_warm_up__of_dust__at_least_one_lamport_an_epoch() -> None:
    assert activation(Lamports(3), 10, None, EpochNumber(11), {10: cluster(10, 10**18, 0)}) == counts(1, 2, 0)


def test_warm_up__asked_back_while_warming__only_what_counted_leaves() -> None:
    assert activation(Lamports(1_000_000), 10, 11, EpochNumber(11), HISTORY) == counts(90_000, 0, 90_000)


def test_activation__history_does_not_reach_back__it_is_over() -> None:
    assert activation(Lamports(7), 3, None, EpochNumber(9), NO_HISTORY) == counts(7, 0, 0)
    assert activation(Lamports(7), 3, 5, EpochNumber(9), NO_HISTORY) == counts(0, 0, 0)


def test_activation__came_and_left_in_one_epoch_or_genesis__never_or_always() -> None:
    assert activation(Lamports(7), 10, 10, EpochNumber(12), HISTORY) == counts(0, 0, 0)
    assert activation(Lamports(7), U64_MAX, None, EpochNumber(0), HISTORY) == counts(7, 0, 0)
    assert activation(Lamports(7), None, None, EpochNumber(12), HISTORY) == counts(0, 0, 0)


@given(
    st.integers(1, 10**18),
    st.integers(0, 12),
    st.one_of(st.none(), st.integers(0, 14)),
    st.integers(0, 16),
    st.lists(st.tuples(*[st.integers(0, 10**18)] * 3), min_size=17, max_size=17),
)
@settings(max_examples=300, deadline=None)
def test_activation__any_history__parts_never_exceed_the_delegation(
    stake: int, activated: int, deactivated: int | None, epoch: int, entries: list[tuple[int, int, int]]
) -> None:
    history = {number: cluster(*entry) for number, entry in enumerate(entries)}
    seen = activation(Lamports(stake), activated, deactivated, EpochNumber(epoch), history)
    assert 0 <= seen.active <= stake
    assert 0 <= seen.activating <= stake - seen.active
    assert seen.deactivating in (0, seen.active)

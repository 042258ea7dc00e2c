"""Period keys, which epochs are final, and the order of partitions."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.period_key import EPOCH_MAX, PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.orchestration.period_sensors import observation_key, sample_number
from aurora_pipeline.periods.discovery import final_epochs
from aurora_pipeline.periods.partitions import is_in_order, keys_to_add, register, remove, reorder
from aurora_pipeline.sources.family import ChainHead

CHAINS = st.sampled_from(["ethereum-mainnet", "solana-demo", "solana-mainnet"])
KEYS = st.builds(PeriodKey, CHAINS, st.integers(0, 9_999_999) | st.integers(0, EPOCH_MAX))
KEY_LISTS = st.lists(KEYS, max_size=12, unique=True)


def texts(keys: list[PeriodKey]) -> list[str]:
    return [str(key) for key in keys]


@given(KEYS)
def test_key__printed_and_parsed__is_the_same(key: PeriodKey) -> None:
    assert PeriodKey.parse(str(key)) == key


@given(KEY_LISTS)
def test_keys__of_one_chain__sort_in_time_by_length_and_text(keys: list[PeriodKey]) -> None:
    same_chain = [PeriodKey("solana-demo", key.epoch) for key in keys]
    assert sorted(texts(same_chain), key=lambda text: (len(text), text)) == texts(sorted(same_chain))


@pytest.mark.parametrize(
    ("number", "text"), [(850, "0000850"), (9_999_999, "9999999"), (10_000_000, "10000000"), (13_000_016, "13000016")]
)
def test_key__worked_example__is_padded_to_seven_digits_and_never_cut(number: int, text: str) -> None:
    assert str(PeriodKey("solana-mainnet", EpochNumber(number))) == f"solana-mainnet:{text}"
    assert PeriodKey.parse(f"solana-mainnet:{text}").epoch == number


@pytest.mark.parametrize(
    "text",
    ["", "solana-mainnet", "solana-mainnet:850", "solana-mainnet:-000850", "Solana:0000850", ":0000850", "a:0000850\n",
     "a:0000850:1", "a:00000850", "a:013000016", "a:" + "9" * 5_000,
     "a: 0000850", "-a:0000850", "a:\u0660\u0660\u0660\u0660\u0668\u0665\u0660"],
)  # fmt: skip
def test_key__anything_else__refused_with_an_example(text: str) -> None:
    with pytest.raises(AuroraError, match="solana-mainnet:0000850"):
        PeriodKey.parse(text)


# Partitions.


@given(KEY_LISTS, KEY_LISTS)
def test_keys_to_add__any_state__are_the_missing_ones_in_order(
    present: list[PeriodKey], recorded: list[PeriodKey]
) -> None:
    added = keys_to_add(texts(present), recorded)
    assert set(added) == set(texts(recorded)) - set(texts(present))
    assert is_in_order(added)


@given(KEY_LISTS)
def test_is_in_order__keys_of_each_chain__must_ascend(keys: list[PeriodKey]) -> None:
    by_chain = {chain: [key for key in keys if key.chain_id == chain] for chain in {key.chain_id for key in keys}}
    assert is_in_order(texts(keys)) == all(ordered == sorted(ordered) for ordered in by_chain.values())
    assert is_in_order(texts(sorted(keys)))


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as empty:
        yield empty


def test_register__an_older_period_that_came_late__mends_the_order(instance: dg.DagsterInstance) -> None:
    chain = [PeriodKey("solana-demo", EpochNumber(epoch)) for epoch in range(850, 856)]
    other = PeriodKey("ethereum-mainnet", EpochNumber(1_000))
    assert register(instance, [*chain[3:], other]) == texts([other, *chain[3:]])
    assert register(instance, chain) == texts(chain[:3])
    assert list(instance.get_dynamic_partitions("periods")) == texts([other, *chain])
    assert register(instance, [*chain, other]) == []
    assert not reorder(instance)


def test_reorder__a_set_disordered_by_hand__is_sorted_and_keeps_every_key(instance: dg.DagsterInstance) -> None:
    disordered = ["solana-demo:0000852", "solana-demo:0000850", "ethereum-mainnet:0000007", "solana-demo:0000851"]
    for key in disordered:
        instance.add_dynamic_partitions("periods", [key])
    assert reorder(instance)
    assert list(instance.get_dynamic_partitions("periods")) == sorted(disordered)


@pytest.mark.parametrize("typed", ["foo", "solana-demo", "solana-demo:", ":0000850", "solana-demo:85O", " "])
def test_register__after_somebody_typed_what_is_no_key__goes_on_and_it_can_be_removed(
    instance: dg.DagsterInstance, typed: str
) -> None:
    instance.add_dynamic_partitions("periods", [typed])
    chain = [PeriodKey("solana-demo", EpochNumber(epoch)) for epoch in range(850, 853)]
    register(instance, chain[1:])
    register(instance, chain)
    assert not reorder(instance)
    assert list(instance.get_dynamic_partitions("periods")) == [*texts(chain), typed]
    assert remove(instance, typed)
    assert not remove(instance, typed)
    assert list(instance.get_dynamic_partitions("periods")) == texts(chain)


# What is final, and when to look.

HEADS = st.builds(
    lambda epoch, slots, part: ChainHead(epoch, epoch * slots + part % slots, epoch * slots, (epoch + 1) * slots - 1),
    st.integers(min_value=1, max_value=1_000),
    st.integers(min_value=40, max_value=432_000),
    st.integers(min_value=0),
)


@given(HEADS, st.integers(min_value=0, max_value=1_000), st.integers(min_value=0, max_value=39), st.data())
def test_final_epochs__any_head__ended_at_least_the_lag_ago(
    head: ChainHead, first_period: int, lag: int, data: st.DataObject
) -> None:
    recorded = set(map(EpochNumber, data.draw(st.sets(st.integers(min_value=0, max_value=1_000)))))
    found = final_epochs(head, EpochNumber(first_period), lag, recorded)
    assert found == sorted(found)
    expected = {
        epoch for epoch in range(first_period, head.epoch) if head.slot - ((epoch + 1) * head.slots_in_period - 1) > lag
    }
    assert set(found) == expected - recorded


@given(st.integers(2, 300), st.integers(0, 1_000), st.integers(0, 40), st.booleans())
def test_final_epochs__of_windows__are_numbered_by_their_first_epochs(
    step: int, first: int, windows: int, is_final: bool
) -> None:
    running = first + windows * step
    head = ChainHead(EpochNumber(running), running * 32 + 64 * is_final, running * 32, (running + step) * 32 - 1)
    found = final_epochs(head, EpochNumber(first), 64, (), step)
    expected = [first + number * step for number in range(windows - (not is_final))]
    assert found == expected


@given(HEADS)
def test_samples__any_head__are_numbered_evenly_and_have_one_run_key_each(head: ChainHead) -> None:
    number = sample_number(head)
    assert 0 <= number < head.looks
    assert number * head.slots_in_period <= head.slots_gone * head.looks
    assert observation_key("solana-demo", head) == f"observe:solana-demo:{head.epoch:07d}:{number}"


def test_samples__throughout_one_epoch__are_all_due_once() -> None:
    numbers = [
        sample_number(ChainHead(EpochNumber(850), 850 * 240 + slot, 850 * 240, 851 * 240 - 1)) for slot in range(240)
    ]
    assert numbers == sorted(numbers)
    assert [numbers.count(number) for number in range(6)] == [40] * 6

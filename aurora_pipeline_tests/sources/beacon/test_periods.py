"""Windows of a beacon chain: found by slot arithmetic from its own spec, proven by block roots, refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.config import Configuration
from aurora_pipeline.config.vocabulary import PeriodType
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.periods.discovery import chain_head, discover_periods, final_epochs
from aurora_pipeline.periods.errors import NodesAway, NodesTellNothing
from aurora_pipeline.periods.networks import recorded_network
from aurora_pipeline.periods.record import Period, recorded_periods
from aurora_pipeline.sources.beacon.answers.chain import Spec
from aurora_pipeline.sources.beacon.windows import Windows
from aurora_pipeline.sources.family import ChainHead
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.devchain.configured import CHAIN, configured
from aurora_pipeline_tests.devchain.files import held
from aurora_pipeline_tests.devchain.server import DevChain, headers, serving
from aurora_pipeline_tests.faults.server import Seen, json_reply

Configured = Callable[..., Configuration]
GENESIS = datetime.fromtimestamp(1_800_000_000, UTC)


@pytest.fixture
def chain() -> DevChain:
    return DevChain()


@pytest.fixture
def at(chain: DevChain, tmp_path: Path) -> Iterator[Configured]:
    """A configuration of the served chain, with changes."""
    with serving(chain) as server:
        yield lambda *changes: configured(tmp_path, server.url, *changes)


def discovered(database: Database, configuration: Configuration) -> list[Period]:
    found = discover_periods(database, configuration, configuration.chain(CHAIN))
    if found.troubles:
        raise found.troubles[0]
    with database.connect() as connection:
        return recorded_periods(connection, CHAIN)


def trouble(database: Database, configuration: Configuration) -> str:
    with pytest.raises(AuroraError) as caught:
        discovered(database, configuration)
    return str(caught.value)


def test_discovery__a_window_of_epochs__slots_blocks_and_instants(database: Database, at: Configured) -> None:
    [period] = discovered(database, at())
    assert str(period.key) == "ethereum-dev:0000002"
    assert (period.first_slot, period.last_slot) == (16, 119)
    assert (period.first_block_slot, period.last_block_slot) == (16, 119)
    assert (period.started_at, period.ended_at) == (
        GENESIS + timedelta(seconds=16 * 6),
        GENESIS + timedelta(seconds=120 * 6),
    )


@pytest.mark.parametrize(
    ("size", "first", "numbers"), [(1, 2, list(range(2, 13))), (4, 2, [2, 6]), (5, 3, [3, 8]), (13, 2, [])]
)
def test_discovery__checkpoint_at_14__windows_that_end_two_epochs_before_it(
    chain: DevChain, at: Configured, database: Database, size: int, first: int, numbers: list[int]
) -> None:
    chain.finalized = 14
    changes = (("period_size: 13", f"period_size: {size}"), ("first_period: 2", f"first_period: {first}"))
    assert [period.key.epoch for period in discovered(database, at(*changes))] == numbers
    for period_type in ("SLOT_RANGE", "BLOCK_WINDOW"):
        slots = (
            ("EPOCH\n    period_size: 13", f"{period_type}\n    period_size: {8 * size}"),
            ("first_period: 2", f"first_period: {8 * first}"),
            (CHAIN, f"{CHAIN}-{period_type.lower().replace('_', '-')}"),
        )
        configuration = at(*slots)
        [name] = configuration.chains
        found = discover_periods(database, configuration, configuration.chain(name))
        assert [period.key.epoch for period in found.recorded] == [8 * number for number in numbers]


def test_discovery__finality_lag__has_to_pass_as_well(chain: DevChain, at: Configured, database: Database) -> None:
    lag = ("finality_lag: 0", "finality_lag: 25")
    for finalized, numbers in ((17, []), (18, []), (19, [2])):
        chain.finalized = finalized
        assert [period.key.epoch for period in discovered(database, at(lag))] == numbers


def test_discovery__missed_slots_at_both_ends__the_blocks_that_are_there(database: Database, at: Configured) -> None:
    # Slots 11, 12 and 33 were missed.
    changes = (
        ("EPOCH\n    period_size: 13", "SLOT_RANGE\n    period_size: 22"),
        ("first_period: 2", "first_period: 12"),
    )
    period = discovered(database, at(*changes))[0]
    assert (period.first_slot, period.last_slot) == (12, 33)
    assert (period.first_block_slot, period.last_block_slot) == (13, 32)


@pytest.mark.parametrize("slot", [15, 16, 119, 120])
def test_discovery__a_node_that_forgot_a_block_at_the_bounds__is_refused_and_not_believed(
    database: Database, chain: DevChain, at: Configured, slot: int
) -> None:
    chain.answers[f"/eth/v1/beacon/headers/{slot}"] = lambda seen: json_reply({"message": "gone"}, 404)
    assert "the node forgot one between them, or reorganised" in trouble(database, at())


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (lambda header: header["data"].update(root="0x" + "ab" * 32), "forgot one between them, or reorganised"),
        (lambda header: header.update(finalized=False), "the block is not final"),
        (lambda header: header["data"].update(canonical=False), "the block is not canonical"),
        (lambda header: header.update(execution_optimistic=True), "execution_optimistic"),
        (lambda header: header["data"]["header"]["message"].update(slot="7"), "the header is of slot 7"),
        (lambda header: header["data"].pop("header"), 'the key "header" is missing'),
    ],
)
def test_discovery__a_header_of_another_block__refused_by_name(
    database: Database, chain: DevChain, at: Configured, changed: Callable[[Any], object], problem: str
) -> None:
    header = json.loads(json.dumps(headers()["119"]))
    changed(header)
    chain.answers["/eth/v1/beacon/headers/119"] = lambda seen: json_reply(header)
    assert problem in trouble(database, at())


@pytest.mark.parametrize(
    ("syncing", "problem"),
    [
        ({"is_syncing": True, "sync_distance": "77"}, "it is syncing, 77 slots behind the chain"),
        ({"is_optimistic": True}, "its execution client lags behind it"),
        ({"el_offline": True}, "its execution client is offline"),
    ],
)
def test_discovery__a_node_that_is_behind__an_outage_that_says_so(
    database: Database, chain: DevChain, at: Configured, syncing: dict[str, Any], problem: str
) -> None:
    chain.syncing |= syncing
    with pytest.raises(NodesAway, match=problem):
        discovered(database, at())


def test_discovery__a_node_of_another_network__refused_against_what_was_recorded_first(
    database: Database, chain: DevChain, at: Configured
) -> None:
    smaller = ("period_size: 13", "period_size: 4")
    chain.finalized = 7
    [period] = discovered(database, at(smaller))
    chain.finalized = 17
    genesis = chain.genesis
    chain.genesis = {"data": {**genesis["data"], "genesis_fork_version": "0x90000069"}}
    said = trouble(database, at(smaller))
    assert "it is a node of another network" in said
    assert "fork version 0x90000069" in said
    assert "fork version 0x05000001" in said
    with database.connect() as connection:
        assert recorded_periods(connection, CHAIN) == [period]
        assert recorded_network(connection, at(smaller).chain(CHAIN)) is not None
    chain.genesis = genesis
    assert [one.key.epoch for one in discovered(database, at(smaller))] == [2, 6, 10]


def test_discovery__a_stored_answer_from_before_it_was_final__is_asked_again(
    database: Database, chain: DevChain, at: Configured
) -> None:
    told_late = iter([17, 15])

    def finality(seen: Seen) -> Any:
        # The head is asked first; then a node behind the same address that lags.
        chain.finalized = next(told_late, 17)
        return chain._finality(seen)

    chain.answers[".*finality_checkpoints"] = finality
    with pytest.raises(NodesTellNothing, match="epoch 15 is final, which has to be 16"):
        discovered(database, at())
    assert [period.key.epoch for period in discovered(database, at())] == [2]


@pytest.mark.parametrize(
    ("spec", "seconds"),
    [
        ({"SLOTS_PER_EPOCH": "8", "SECONDS_PER_SLOT": "5", "BLOB_SCHEDULE": [{"EPOCH": "1"}]}, 5.0),
        ({"SLOTS_PER_EPOCH": "8", "SLOT_DURATION_MS": "6500"}, 6.5),
        ({"SLOTS_PER_EPOCH": "8", "SLOT_DURATION_MS": "4000", "SECONDS_PER_SLOT": "12"}, 4.0),
    ],
)
def test_discovery__other_presets__instants_by_the_nodes_own_spec(
    database: Database, chain: DevChain, at: Configured, spec: dict[str, Any], seconds: float
) -> None:
    chain.spec = {"data": spec}
    [period] = discovered(database, at())
    assert period.started_at == GENESIS + timedelta(seconds=16 * seconds)
    assert period.ended_at - period.started_at == timedelta(seconds=104 * seconds)


@pytest.mark.parametrize(("name", "coin"), [("gnosis-mainnet", "xDAI"), ("hoodi", "ETH"), ("sepolia", "ETH")])
def test_discovery__a_chain_of_another_name_and_coin__takes_yaml_alone(
    database: Database, chain: DevChain, at: Configured, name: str, coin: str
) -> None:
    chain.spec = {"data": {"SLOTS_PER_EPOCH": "8", "SECONDS_PER_SLOT": "5"}}
    configuration = at((CHAIN, name), ("native_unit: ETH", f"native_unit: {coin}"), ("enabled: false", "enabled: true"))
    assert [one.chain_id for one in configuration.enabled_chains()] == [name]
    [period] = discover_periods(database, configuration, configuration.chain(name)).recorded
    assert (str(period.key), period.ended_at) == (f"{name}:0000002", GENESIS + timedelta(seconds=120 * 5))


@pytest.mark.parametrize("spec", [{}, {"SLOTS_PER_EPOCH": "0"}, {"SLOTS_PER_EPOCH": "8"}, {"SLOTS_PER_EPOCH": "x"}])
def test_discovery__a_spec_that_lacks_what_is_needed__refused(
    database: Database, chain: DevChain, at: Configured, spec: dict[str, Any]
) -> None:
    chain.spec = {"data": spec}
    assert "with something unreadable" in trouble(database, at())


def test_head__of_the_chain__the_checkpoint_in_its_window(at: Configured) -> None:
    configuration = at()
    head = chain_head(configuration, configuration.chain(CHAIN))
    assert head == ChainHead(EpochNumber(15), 17 * 8, 15 * 8, 28 * 8 - 1, settles_after=8)


def test_missed_slots__of_the_chain__are_those_without_a_header() -> None:
    assert [slot for slot in range(1, 128) if str(slot) not in headers()] == held("missed_slots")


@given(
    st.sampled_from(list(PeriodType)),
    st.integers(1, 500),
    st.integers(0, 400_000),
    st.sampled_from([8, 16, 32]),
    st.integers(0, 10**7),
)
def test_windows__any_slot__lies_in_its_window_and_windows_touch(
    period_type: PeriodType, step: int, first: int, per_epoch: int, slot: int
) -> None:
    spec = Spec(per_epoch, timedelta(seconds=5), None, {})
    windows = Windows(period_type, step, EpochNumber(first))
    number = windows.number_at(slot, spec)
    first_slot, last_slot = windows.slots_of(number, spec)
    if number > 0:
        assert first_slot <= slot <= last_slot
    assert windows.slots_of(EpochNumber(number + step), spec)[0] == last_slot + 1
    unit = per_epoch if period_type is PeriodType.EPOCH else 1
    assert last_slot - first_slot + 1 == step * unit
    if slot >= first * unit:
        assert (number - first) % step == 0


@given(st.integers(1, 300), st.integers(0, 40), st.sampled_from([8, 16, 32]), st.integers(0, 200), st.integers(0, 900))
def test_final_epochs__of_any_windows__are_those_that_end_two_epochs_before_the_checkpoint(
    step: int, first: int, per_epoch: int, lag: int, finalized: int
) -> None:
    spec = Spec(per_epoch, timedelta(seconds=12), None, {})
    windows = Windows(PeriodType.EPOCH, step, EpochNumber(first))
    slot = finalized * per_epoch
    number = windows.number_at(slot, spec)
    head = ChainHead(number, slot, *windows.slots_of(number, spec), settles_after=per_epoch)
    found = final_epochs(head, EpochNumber(first), lag, (), step)
    expected = [
        start
        for start in range(first, finalized, step)
        if finalized >= start + step - 1 + 2 and slot - (start + step) * per_epoch >= lag
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("before", "after", "problem", "go_on"),
    [
        (("4", "2"), ("3", "2"), "ethereum-dev:0000002 is recorded as slots 16 to 47: some would count twice", None),
        (("4", "6"), ("4", "3"), "ethereum-dev:0000006 is recorded as slots 48 to 79: some would count twice", 10),
        (("4", "2"), ("5", "2"), "slots 48 to 55 would be in no period", 6),
    ],
)
def test_discovery__size_or_first_period_changed__no_slot_counts_twice_or_never(
    database: Database,
    chain: DevChain,
    at: Configured,
    before: tuple[str, str],
    after: tuple[str, str],
    problem: str,
    go_on: int | None,
) -> None:
    def sized(size: str, first: str) -> Configuration:
        return at(("period_size: 13", f"period_size: {size}"), ("first_period: 2", f"first_period: {first}"))

    chain.finalized = 8 if before[1] == "2" else 12
    first = discovered(database, sized(*before))
    chain.finalized = 17
    found = trouble(database, sized(*after))
    assert problem in found
    with database.connect() as connection:
        recorded = recorded_periods(connection, CHAIN)
    slots = [slot for one in recorded for slot in range(one.first_slot, one.last_slot + 1)]
    assert len(slots) == len(set(slots))
    if go_on is not None:
        assert f"in chains.yaml to {go_on}, where they end" in found
        configuration = sized(after[0], str(go_on))
        [more] = discover_periods(database, configuration, configuration.chain(CHAIN), at_most=1).recorded
        assert more.first_slot == max(one.last_slot for one in first) + 1

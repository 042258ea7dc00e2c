"""Chains of other seeds and presets, with traps of their own: what the adapter tells is what really happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aurora_pipeline.config import Configuration, load_configuration
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.demo.ethereum.parameters import CHAIN_ID, EthereumParameters
from aurora_pipeline.demo.ethereum.protocol import WEI_PER_GWEI
from aurora_pipeline.demo.ethereum.truth import WindowTruth, truth_of
from aurora_pipeline.demo.process import SimulatorProcess
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.periods.discovery import discover_periods
from aurora_pipeline.periods.record import load_period
from aurora_pipeline.registry.tables import VALIDATOR_IDENTITIES
from aurora_pipeline.sources.beacon.tells import balances
from aurora_pipeline.sources.kinds import KINDS
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.told import BalanceTold, StagedFetches
from aurora_pipeline.staging.run import stage_period
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.payloads.fetches import load_fetches
from aurora_pipeline_tests.decided import decide
from aurora_pipeline_tests.devchain.staged import aurora_of

SMALL = EthereumParameters(seed=11, validators=16, strangers=32)
GNOSIS = EthereumParameters(
    seed=23, validators=20, strangers=30, slots_per_epoch=16, seconds_per_slot=5, sync_committee_size=16
)
END = 30
_CHAINS = """
chains:
  - chain_id: ethereum-demo
    name: Simulated chain
    enabled: false
    family: ethereum
    period_type: {kind}
    period_size: {size}
    first_period: {first}
    native_unit: ETH
    native_decimals: 18
    finality_lag: 0
    costs_due: [CONSENSUS_PENALTY]
    roles: {{fees: [], mev: [], rewards: [beacon], meta: [beacon], positions: [beacon], costs: []}}
"""
_PROVIDERS = """
providers:
  beacon: {{enabled: true, kind: beacon_api, base_url: "{url}", retries: {{attempts: 1}}}}
"""


Served = tuple[SimulatorProcess, EthereumParameters]


@pytest.fixture(scope="module", params=[SMALL, GNOSIS], ids=["8 slots", "16 slots of 5 s"])
def chain(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    options = {f"ethereum_{name}": value for name, value in request.param.as_dict().items()}
    with SimulatorProcess(tmp_path_factory.mktemp("chain") / "simulator.json", **options) as simulator:
        simulator.advance_ethereum(epoch=END, fraction_bps=9_999)
        yield simulator, request.param


def _configured(folder: Path, simulator: SimulatorProcess, window: range, kind: str = "EPOCH") -> Configuration:
    url = f"{simulator.url}/ethereum/beacon"
    (folder / "chains.yaml").write_text(_CHAINS.format(kind=kind, first=window[0], size=len(window)))
    (folder / "providers.yaml").write_text(_PROVIDERS.format(url=url))
    return load_configuration(folder / "chains.yaml", folder / "providers.yaml", {}, KINDS)


def _told(database: Database, configuration: Configuration, window: range, keys: Sequence[str]) -> dict[str, object]:
    """What is told of validators once they are registered, and a window is discovered and staged, by key."""
    _register(database, keys)
    return _told_of(database, configuration, window[0], keys)


def _register(database: Database, keys: Sequence[str]) -> None:
    rows = [
        {"chain_id": CHAIN_ID, "validator_key": key, "revision": 1, "name": key[:8], "ownership": "OPERATOR"}
        | {"operator_fee_bps": None, "valid_from": datetime(2020, 1, 1, tzinfo=UTC)}
        for key in keys
    ]
    with database.connect() as connection:
        decide(connection, VALIDATOR_IDENTITIES, *rows)


def _told_of(database: Database, configuration: Configuration, first: int, keys: Sequence[str]) -> dict[str, object]:
    key = PeriodKey(CHAIN_ID, EpochNumber(first))
    found = discover_periods(database, configuration, configuration.chain(CHAIN_ID), wanted=[key.epoch])
    assert not found.troubles, found.troubles
    report = stage_period(aurora_of(database, configuration), key, DataType.REWARDS)
    assert report.states == {"final": 1}, report.reasons
    with database.connect() as connection:
        period = load_period(connection, key)
        [fetch] = load_fetches(connection, CHAIN_ID, key.epoch, DataType.REWARDS)
    assert period is not None
    operated = tuple(OperatedValidator(key, None, key[:8], "OPERATOR") for key in keys)
    bounds = (period.first_slot, period.last_slot, period.started_at, period.ended_at)
    reference = Reference(CHAIN_ID, key.epoch, *bounds, operated)
    return dict(balances(StagedFetches(reference, dict.fromkeys(reference.keys, fetch))).rows)


def _as_told(one: WindowTruth) -> dict[str, object]:
    """The figures that a source tells, as the truth has them."""
    moved = one.consensus
    amounts = {
        "balance_start": one.start_balance,
        "balance_end": one.end_balance,
        "withdrawals": moved.withdrawn,
        "consolidated_in": moved.consolidated_in,
        "consolidated_out": moved.consolidated_out,
        "profit": one.cl_profit,
        "attestation_head": moved.head_rewards,
        "attestation_target": moved.target_rewards - moved.target_penalties,
        "attestation_source": moved.source_rewards - moved.source_penalties,
        "inactivity": -moved.inactivity_penalties,
        "proposals": moved.proposed,
        "sync_committee": moved.synced,
        "slashing": moved.slashed + moved.correlated,
        "rewards": moved.rewards,
        "penalties": moved.penalties,
    }
    told: dict[str, object] = {name: amount * WEI_PER_GWEI for name, amount in amounts.items()}
    return {**told, "blocks_proposed": moved.blocks_proposed, "blocks_missed": moved.blocks_missed, "reason": None}


@pytest.mark.parametrize(
    ("first", "size"), [*((first, 4) for first in range(1, 25, 4)), (5, 7), (6, 1), (3, 8), (11, 2)]
)
def test_balances__of_windows_of_the_story__are_those_of_the_chain(
    database: Database, chain: Served, first: int, size: int, tmp_path: Path
) -> None:
    simulator, parameters = chain
    window = range(first, first + size)
    keys = [one.pubkey for one in truth_of(parameters).validators(window)]
    found = _told(database, _configured(tmp_path, simulator, window), window, keys)
    wrong = {}
    for one in truth_of(parameters).validators(window):
        told, expected = found[one.pubkey], _as_told(one)
        if not isinstance(told, BalanceTold):
            wrong[one.index] = told
        elif (said := {name: getattr(told, name) for name in expected}) != expected:
            wrong[one.index] = {name: (said[name], expected[name]) for name in said if said[name] != expected[name]}
    assert wrong == {}


@pytest.mark.parametrize("period_type", ["SLOT_RANGE", "BLOCK_WINDOW"])
def test_balances__of_slot_windows_cut_within_epochs__add_up_to_those_of_the_epochs(
    database: Database, chain: Served, tmp_path: Path, period_type: str
) -> None:
    simulator, parameters = chain
    per_epoch = parameters.slots_per_epoch
    epochs, size = range(8, 13), per_epoch * 5 // 2
    firsts = [epochs[0] * per_epoch, epochs[0] * per_epoch + size]
    truth = truth_of(parameters).validators(epochs)
    keys = [one.pubkey for one in truth]
    _register(database, keys)
    windows = [
        _told_of(database, _configured(tmp_path, simulator, range(first, first + size), period_type), first, keys)
        for first in firsts
    ]
    for one in truth:
        before, after = (told[one.pubkey] for told in windows)
        assert isinstance(before, BalanceTold), before
        assert isinstance(after, BalanceTold), after
        assert (before.reason, after.reason, before.balance_end) == (None, None, after.balance_start), one.index
        expected = _as_told(one)
        said = {name: getattr(before, name) for name in expected if name in ("reason", "balance_start")}
        said |= {"balance_end": after.balance_end}
        added = {name: getattr(before, name) + getattr(after, name) for name in expected.keys() - said.keys()}
        assert said | added == expected, one.index


@pytest.mark.parametrize("index", [1, 6], ids=["to one of ours from a stranger", "from one of ours to a stranger"])
def test_balances__moved_within_the_window__are_no_income_whoever_has_the_other_end(
    database: Database, chain: Served, index: int, tmp_path: Path
) -> None:
    simulator, parameters = chain
    window = range(3, 11)
    [one] = [one for one in truth_of(parameters).validators(window) if one.index == index]
    assert one.consensus.consolidated_in + one.consensus.consolidated_out == 32 * 10**9
    told = _told(database, _configured(tmp_path, simulator, window), window, [one.pubkey])[one.pubkey]
    assert {name: getattr(told, name) for name in _as_told(one)} == _as_told(one)


@pytest.mark.parametrize(
    ("condition", "explained"), [("rounds_rewards", "ROUNDING"), ("tells_sync_balances", "SYNC_REWARDS")]
)
def test_balances__of_a_client_that_tells_rewards_wrongly__win(
    database: Database, chain: Served, condition: str, explained: str, tmp_path: Path
) -> None:
    simulator, parameters = chain
    window = range(9, 12)
    known = {one.pubkey: one for one in truth_of(parameters).validators(window)}
    simulator.ethereum_condition(**{condition: True})
    try:
        found = _told(database, _configured(tmp_path, simulator, window), window, list(known))
    finally:
        simulator.ethereum_condition()
    said = {key: one for key, one in found.items() if isinstance(one, BalanceTold)}
    assert said.keys() == known.keys()
    assert {key: one.profit for key, one in said.items()} == {
        key: one.cl_profit * WEI_PER_GWEI for key, one in known.items()
    }
    assert explained in {one.explained for one in said.values()}
    for one in said.values():
        assert one.reason is None
        assert one.rewards is not None
        assert one.penalties is not None
        assert one.rewards - one.penalties == one.profit

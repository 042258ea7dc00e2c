"""Finding final periods: what was asked for and nothing before it, and catching up by itself from far back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from aurora_pipeline.config import Configuration, load_configuration
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.orchestration.period_sensors import PERIODS_PER_TICK, finalized_periods
from aurora_pipeline.periods.discovery import discover_periods
from aurora_pipeline.periods.errors import NodesAway, NodesTellNothing
from aurora_pipeline.periods.record import recorded_periods
from aurora_pipeline.sources.kinds import KINDS
from aurora_pipeline.store.database import Database
from aurora_pipeline.work.backfill import final_keys
from aurora_pipeline_tests.decided import register_validator
from aurora_pipeline_tests.faults.server import FaultServer, Reply, Seen, json_reply, rpc_result

CHAIN, SLOTS, FIRST, NOW = "solana-mainnet", 100, 780, 845
CHAINS = """
chains:
  - chain_id: solana-mainnet
    name: Solana
    enabled: true
    family: solana
    period_type: EPOCH
    first_period: 780
    native_unit: SOL
    native_decimals: 9
    finality_lag: 32
    protocol_fee_bps: [{from: 2025-01-01, bps: 309}]
    roles: {fees: [node], mev: [tips], rewards: [node], meta: [node], positions: [node], costs: [node]}
"""
PROVIDERS = """
providers:
  node: {{enabled: true, kind: solana_rpc, base_url: "{url}", retries: {{attempts: 1}}}}
  tips: {{enabled: true, kind: jito, base_url: "{url}"}}
"""


class Node:
    """A node of a chain without skipped slots, in epoch 845, whose history begins somewhere."""

    def __init__(self) -> None:
        self.history_from = 0

    def __call__(self, seen: Seen) -> Reply:
        method, params = seen.rpc["method"], seen.rpc.get("params", [])
        if method == "getEpochInfo":
            info = {"absoluteSlot": NOW * SLOTS + 50, "blockHeight": 1, "epoch": NOW, "slotIndex": 50}
            return rpc_result(seen, {**info, "slotsInEpoch": SLOTS, "transactionCount": None})
        if method == "getEpochSchedule":
            normal = {"warmup": False, "firstNormalEpoch": 0, "firstNormalSlot": 0}
            return rpc_result(seen, {"slotsPerEpoch": SLOTS, "leaderScheduleSlotOffset": SLOTS, **normal})
        if params[0] < self.history_from:
            error = {"code": -32001, "message": f"Block {params[0]} cleaned up"}
            return json_reply({"jsonrpc": "2.0", "error": error, "id": seen.rpc["id"]})
        if method == "getBlocksWithLimit":
            return rpc_result(seen, [params[0]])
        slot = params[0]
        told = {"blockHeight": slot, "blockTime": 1_700_000_000 + slot, "blockhash": f"h{slot}", "rewards": []}
        return rpc_result(seen, {**told, "parentSlot": slot - 1, "previousBlockhash": f"h{slot - 1}"})


@pytest.fixture
def node(database: Database, tmp_path: Path) -> Iterator[tuple[Node, Any]]:
    """The node, and an operator's workspace with one validator that asks it."""
    node = Node()
    with FaultServer(node) as server:
        (tmp_path / "chains.yaml").write_text(CHAINS)
        (tmp_path / "providers.yaml").write_text(PROVIDERS.format(url=server.url))
        configuration = load_configuration(tmp_path / "chains.yaml", tmp_path / "providers.yaml", {}, KINDS)
        with database.connect() as connection:
            register_validator(connection, "V", CHAIN)
        yield node, SimpleNamespace(database=database, configuration=configuration)


def recorded(aurora: Any) -> list[int]:
    with aurora.database.connect() as connection:
        return [period.key.epoch for period in recorded_periods(connection, CHAIN)]


def chain_of(aurora: Any) -> Any:
    configuration: Configuration = aurora.configuration
    return configuration.chain(CHAIN)


def test_final_keys__an_epoch_far_behind_the_first_period__recorded_alone(node: tuple[Node, Any]) -> None:
    _, aurora = node
    assert final_keys(aurora, chain_of(aurora), [EpochNumber(842)]) == [PeriodKey(CHAIN, EpochNumber(842))]
    assert recorded(aurora) == [842]
    assert final_keys(aurora, chain_of(aurora), [EpochNumber(840), EpochNumber(841), EpochNumber(842)]) == [
        PeriodKey(CHAIN, EpochNumber(epoch)) for epoch in (840, 841, 842)
    ]
    assert recorded(aurora) == [840, 841, 842]


def test_final_keys__an_epoch_that_runs__says_that_it_does(node: tuple[Node, Any]) -> None:
    _, aurora = node
    with pytest.raises(AuroraError, match="epoch 845 is not final: the chain is in epoch 845"):
        final_keys(aurora, chain_of(aurora), [EpochNumber(844), EpochNumber(845)])


def test_final_keys__an_epoch_the_node_forgot__names_it_and_the_way_out(node: tuple[Node, Any]) -> None:
    told, aurora = node
    told.history_from = 800 * SLOTS
    with pytest.raises(AuroraError, match=r"told where epoch 799 begins and ends: .*Block 79900 cleaned up") as caught:
        final_keys(aurora, chain_of(aurora), [EpochNumber(799)])
    assert "full history" in str(caught.value.remedy)


def test_final_keys__the_node_fails__an_outage_but_a_forgotten_epoch_or_a_refused_key_is_none(
    node: tuple[Node, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    told, aurora = node
    kinds = []
    for status in (503, 403):
        monkeypatch.setattr(Node, "__call__", lambda self, seen, status=status: Reply(b"", status))
        with pytest.raises(AuroraError, match="no node of solana-mainnet told where it is") as caught:
            final_keys(aurora, chain_of(aurora), [EpochNumber(799)])
        kinds.append((type(caught.value), caught.value.exit_code))
    monkeypatch.undo()
    told.history_from = 800 * SLOTS
    with pytest.raises(AuroraError) as caught:
        final_keys(aurora, chain_of(aurora), [EpochNumber(799)])
    kinds.append((type(caught.value), caught.value.exit_code))
    assert kinds == [(NodesAway, 75), (NodesTellNothing, 2), (NodesTellNothing, 2)]


def test_discover__everything__all_of_it_in_one_go(node: tuple[Node, Any]) -> None:
    _, aurora = node
    found = discover_periods(aurora.database, aurora.configuration, chain_of(aurora))
    assert [period.key.epoch for period in found.recorded] == recorded(aurora) == list(range(FIRST, NOW))


def tick(aurora: Any, instance: dg.DagsterInstance) -> list[str]:
    result = finalized_periods(dg.build_sensor_context(instance=instance, resources={"aurora": aurora}))
    assert isinstance(result, dg.SensorResult)
    return [str(request.partition_key) for request in result.run_requests or []]


def test_sensor__first_period_far_back__catches_up_by_itself_in_order(node: tuple[Node, Any]) -> None:
    _, aurora = node
    # An operator computed one epoch by hand before.
    final_keys(aurora, chain_of(aurora), [EpochNumber(842)])
    with dg.DagsterInstance.ephemeral() as instance:
        for number in range(1, 14):
            requested = tick(aurora, instance)
            present = list(instance.get_dynamic_partitions("periods"))
            assert present == sorted(present)
            assert set(requested) <= set(present)
            assert len(present) == min(1 + number * PERIODS_PER_TICK, NOW - FIRST)
    assert recorded(aurora) == list(range(FIRST, NOW))


def test_sensor__first_period_before_the_nodes_history__what_the_node_knows_is_computed(
    node: tuple[Node, Any],
) -> None:
    told, aurora = node
    told.history_from = 836 * SLOTS
    with dg.DagsterInstance.ephemeral() as instance:
        for _ in range(4):
            tick(aurora, instance)
    assert recorded(aurora) == list(range(836, NOW))

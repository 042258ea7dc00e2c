"""Time in the simulated chain: it moves when told to, only forward, and what is past is forgotten as on a real node."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.demo.clock import Clock
from aurora_pipeline.demo.process import SimulatorProcess
from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.demo.solana.truth import truth, world_of
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline_tests.demo.conftest import SMALL, ProviderClient


def test_clock__at_the_beginning__is_the_first_slot(fresh: ProviderClient) -> None:
    clock = fresh.simulator.clock()
    assert (clock["slot"], clock["epoch"]) == (SMALL.first_slot(850), 850)
    assert fresh.rpc("getBlocks", 0) == [SMALL.first_slot(850)]


def test_clock__told_to_go_back__refuses_and_stays(fresh: ProviderClient) -> None:
    fresh.simulator.advance(epoch=851, fraction_bps=10_000)
    with pytest.raises(AuroraError, match="cannot go back"):
        fresh.simulator.advance(epoch=851, fraction_bps=9_000)
    assert fresh.simulator.clock()["slot"] == SMALL.last_slot(851)


@pytest.mark.parametrize("order", [{}, {"slot": "1"}, {"slot": 1, "epoch": 2}, {"epoch": 851, "fraction_bps": 10_001}])
def test_clock__senseless_order__is_refused(fresh: ProviderClient, order: dict[str, object]) -> None:
    assert fresh.http.post("/control/advance", json=order).status_code == 409
    assert fresh.simulator.clock()["slot"] == SMALL.first_slot(850)


def test_leader_schedule__with_time__is_known_from_one_epoch_before_to_one_after(fresh: ProviderClient) -> None:
    slot = SMALL.first_slot(852)
    fresh.simulator.advance(epoch=850)
    assert fresh.rpc("getLeaderSchedule", slot) is None
    fresh.simulator.advance(epoch=851)
    ahead = fresh.rpc("getLeaderSchedule", slot)
    # The first slots of 852 are skipped, so that it runs from a bit later on.
    fresh.simulator.advance(epoch=852, fraction_bps=1_000)
    now = fresh.rpc("getLeaderSchedule", None)
    fresh.simulator.advance(epoch=853, fraction_bps=1_000)
    assert ahead == now == fresh.rpc("getLeaderSchedule", slot)
    assert sorted(index for indices in now.values() for index in indices) == list(range(SMALL.slots_per_epoch))
    identity = next(iter(now))
    assert fresh.rpc("getLeaderSchedule", slot, {"identity": identity}) == {identity: now[identity]}
    fresh.simulator.advance(epoch=854)
    assert fresh.rpc("getLeaderSchedule", slot) is None


def test_vote_accounts__after_changes__show_only_now(fresh: ProviderClient) -> None:
    cast = world_of(SMALL).cast
    changed, raised = 3, 2
    seen = []
    for epoch in (851, 853):
        fresh.simulator.advance(epoch=epoch, fraction_bps=9_900)
        groups = fresh.rpc("getVoteAccounts")
        rows = {row["votePubkey"]: row for row in groups["current"] + groups["delinquent"]}
        assert len(rows) == SMALL.cluster_size
        seen.append(rows)
        delinquent = [row["votePubkey"] for row in groups["delinquent"]]
        down = world_of(SMALL).chain(epoch).delinquent
        assert delinquent == ([] if down is None else [cast.validators[down].vote])
    before, after = ([rows[cast.validators[index].vote] for index in (changed, raised)] for rows in seen)
    assert before[0]["nodePubkey"] != after[0]["nodePubkey"]
    assert (before[1]["inflationRewardsCommissionBps"], after[1]["inflationRewardsCommissionBps"]) == (700, 800)
    assert before[0]["activatedStake"] != after[0]["activatedStake"]


def test_rewards__in_the_first_blocks_of_the_next_epoch__are_still_being_paid(fresh: ProviderClient) -> None:
    vote = world_of(SMALL).cast.validators[0].vote
    fresh.simulator.advance(slot=SMALL.first_slot(851))
    error = fresh.rpc_error("getInflationReward", [vote], {"epoch": 850})
    assert error["code"] == -32017
    wait = error["data"]["rewardsCompleteBlockHeight"] - error["data"]["currentBlockHeight"]
    # The boundary block itself, one block for each partition, and one more.
    assert wait == world_of(SMALL).economy(850).reward_partitions + 1
    blocks = world_of(SMALL).chain(851).block_indices
    fresh.simulator.advance(slot=SMALL.first_slot(851) + blocks[wait - 1])
    assert fresh.rpc_error("getInflationReward", [vote], {"epoch": 850})["code"] == -32017
    fresh.simulator.advance(slot=SMALL.first_slot(851) + blocks[wait])
    assert fresh.rpc("getInflationReward", [vote], {"epoch": 850})[0]["epoch"] == 850


def test_tips__until_the_tree_is_published__read_as_zero_and_are_absent(fresh: ProviderClient) -> None:
    tipped = max(truth(SMALL, 850).validators, key=lambda validator: validator.mev_total_lamports)
    vote = tipped.vote
    assert tipped.mev_total_lamports > 0

    def told() -> tuple[int, int, int]:
        rows = fresh.http.post("/kobe/api/v1/validators", json={"epoch": 850}).json()["validators"]
        rewards = [row["mev_rewards"] for row in rows if row["vote_account"] == vote]
        listed = fresh.kobe("validator_rewards", vote_account=vote, epoch=850)["total_count"]
        return rewards[0], len(fresh.kobe(f"validators/{vote}")), listed

    fresh.simulator.advance(epoch=851, fraction_bps=900)
    assert told() == (0, 0, 0)
    fresh.simulator.advance(epoch=851, fraction_bps=1_000)
    assert told() == (tipped.mev_total_lamports, 1, 1)


def test_kobe__get_with_a_body__answers_the_latest_epoch(late: ProviderClient) -> None:
    past = late.http.post("/kobe/api/v1/validators", json={"epoch": 851}).json()
    got = late.http.request("GET", "/kobe/api/v1/validators", json={"epoch": 851}).json()
    assert got != past
    assert got == late.http.post("/kobe/api/v1/validators").json()
    assert {row["mev_rewards"] for row in got["validators"]} == {0}


def test_state__read_by_a_second_process__continues_with_the_same_bytes(tmp_path: Path) -> None:
    path, other_path = tmp_path / "a.json", tmp_path / "b.json"
    asked: list[tuple[str, list[Any]]] = [
        ("getBlock", [SMALL.first_slot(851) + 3, {"maxSupportedTransactionVersion": 1}]),
        ("getProgramAccounts", ["Stake11111111111111111111111111111111111111", {"encoding": "jsonParsed"}]),
        ("getVoteAccounts", []),
        ("getLeaderSchedule", []),
    ]

    def answers(state: Path, stops: list[int]) -> list[str]:
        with SimulatorProcess(state, **({} if state.exists() else SMALL.as_dict())) as simulator:
            for stop in stops:
                simulator.advance(epoch=stop, fraction_bps=4_321)
            client = ProviderClient(simulator)
            texts = [client.rpc_text(method, *params) for method, params in asked]
            return [
                *texts,
                client.http.get("/kobe/api/v1/staker_rewards").text,
                client.http.get("/stakewiz/validators").text,
            ]

    first = answers(path, [850, 851, 852])
    assert answers(path, []) == first
    assert answers(other_path, [852]) == first


def test_state__of_another_chain__is_refused_naming_both(tmp_path: Path) -> None:
    path = tmp_path / "simulator.json"
    with SimulatorProcess(path, seed=5):
        pass
    with pytest.raises(AuroraError, match="seed is 5 there and 6 here"):
        SimulatorProcess(path, seed=6).start()
    path.write_text(json.dumps({"version": 1}))
    with pytest.raises(AuroraError, match="no simulator state"):
        SimulatorProcess(path).start()


def test_server__imported__loads_no_library_that_starts_slowly() -> None:
    script = "import sys, aurora_pipeline.demo.server; print({'dagster', 'polars', 'sqlalchemy'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert loaded.strip() == "set()"


def test_process__port_in_use__says_so(fresh: ProviderClient, tmp_path: Path) -> None:
    port = int(fresh.simulator.url.rsplit(":", 1)[1])
    with pytest.raises(AuroraError, match="address already in use"):
        SimulatorProcess(tmp_path / "second.json", port=port).start()


def test_state__served_already__is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("aurora_pipeline.demo.clock._TRIES", 1)
    path = tmp_path / "simulator.json"
    with SimulatorProcess(path), pytest.raises(AuroraError, match="another process serves"):
        Clock.open(path, Parameters(), {})
    assert Clock.open(path, Parameters(), {}).slot == SMALL.first_slot(850)

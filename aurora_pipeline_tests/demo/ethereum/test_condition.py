"""What the nodes know changes with time and with their condition, and each lack looks as it does on real nodes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from aurora_pipeline.demo.ethereum.truth import EthereumTruth
from aurora_pipeline.demo.process import SimulatorProcess
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline_tests.demo.ethereum.conftest import LAST_EPOCH, TINY, EthereumClient
from aurora_pipeline_tests.demo.ethereum.schemas import check

V1 = "v1/beacon"


def test_time__at_genesis__knows_no_block_and_two_epochs_of_duties(new_chain: EthereumClient) -> None:
    assert new_chain.get("v1/node/syncing")["data"]["head_slot"] == "0"
    assert new_chain.get(f"{V1}/headers/head")["data"]["header"]["message"]["slot"] == "0"
    check("block", new_chain.get("v2/beacon/blocks/genesis"))
    assert new_chain.call("eth_blockNumber")["result"] == "0x0"
    assert new_chain.delivered("relay-a") == []
    for epoch, status in ((0, 200), (1, 200), (2, 400)):
        new_chain.get(f"v1/validator/duties/proposer/{epoch}", status)
    new_chain.get(f"{V1}/states/1/validators", 404)


def test_time__passing__makes_blocks_and_makes_them_final(new_chain: EthereumClient, known: EthereumTruth) -> None:
    finalized, due = [], new_chain.get("v1/validator/duties/proposer/1")["data"]
    for epoch in range(1, 6):
        clock = new_chain.simulator.advance_ethereum(epoch=epoch, fraction_bps=9_999)
        told = new_chain.get(f"{V1}/states/head/finality_checkpoints")["data"]["finalized"]
        assert clock["finalized_epoch"] == int(told["epoch"]) == known.world.epoch(epoch).finality.finalized
        finalized.append(int(told["epoch"]))
        if epoch == 1:
            assert new_chain.get("v1/validator/duties/proposer/1")["data"] == due
    assert finalized == sorted(finalized)
    assert 0 < finalized[-1] <= 3
    slot = next(slot for slot in range(8 * 5, 8 * 5 + 8) if known.world.block(slot))
    assert new_chain.get(f"{V1}/headers/{slot}")["finalized"] is False
    slot = next(slot for slot in range(1, 8) if known.world.block(slot))
    assert new_chain.get(f"{V1}/headers/{slot}")["finalized"] is True
    with pytest.raises(AuroraError, match="cannot go back"):
        new_chain.simulator.advance_ethereum(epoch=2)


def test_answers__with_time__only_grow(new_chain: EthereumClient) -> None:
    new_chain.simulator.advance_ethereum(epoch=6)
    paths = [f"{V1}/states/40/validators", f"{V1}/states/20/pending_deposits", f"{V1}/headers/45"]
    before = [new_chain.get(path)["data"] for path in paths]
    rewards = new_chain.post(f"{V1}/rewards/attestations/3", [])["data"]
    new_chain.simulator.advance_ethereum(epoch=20)
    assert [new_chain.get(path)["data"] for path in paths] == before
    assert new_chain.post(f"{V1}/rewards/attestations/3", [])["data"] == rewards


@pytest.fixture
def ailing(told: EthereumClient) -> Iterator[EthereumClient]:
    """The chain whose story is over, with nodes that are well again after each test."""
    yield told
    told.simulator.ethereum_condition()
    told.simulator.clear_faults()


def test_states__that_are_pruned__are_not_there_though_blocks_are(ailing: EthereumClient) -> None:
    ailing.simulator.ethereum_condition(pruned_before=64)
    for path in (f"{V1}/states/63/validators", f"{V1}/states/63/finality_checkpoints", f"{V1}/rewards/blocks/45"):
        check("error", ailing.get(path, 404))
    check("error", ailing.post(f"{V1}/rewards/attestations/5", [], 404))
    ailing.post(f"{V1}/rewards/attestations/8", [])
    ailing.get("v2/beacon/blocks/45")
    ailing.get("v1/validator/duties/proposer/7", 404)
    assert "pruned" in ailing.call("eth_getBalance", "0x" + "11" * 20, "0x5")["error"]["message"]
    assert ailing.call("eth_getBlockReceipts", "0x5")["result"]
    ailing.simulator.ethereum_condition()
    ailing.get(f"{V1}/states/63/validators")


def test_blocks__before_a_checkpoint__look_like_missed_ones(ailing: EthereumClient) -> None:
    ailing.simulator.ethereum_condition(blocks_from=46)
    check("error", ailing.get(f"{V1}/headers/45", 404))
    ailing.get(f"{V1}/headers/46")


def test_node__that_is_syncing__says_how_far_behind_and_knows_no_more(ailing: EthereumClient) -> None:
    ailing.simulator.ethereum_condition(syncing=20)
    now = TINY.last_slot(LAST_EPOCH)
    told = ailing.get("v1/node/syncing")["data"]
    assert (told["is_syncing"], told["sync_distance"]) == (True, "20")
    assert int(told["head_slot"]) <= now - 20
    ailing.get(f"{V1}/headers/{now - 1}", 404)
    ailing.get(f"{V1}/states/{now - 19}/validators", 404)
    ailing.get(f"v1/validator/duties/proposer/{LAST_EPOCH - 3}", 503)
    assert ailing.http.get("/ethereum/beacon/eth/v1/node/health").status_code == 206
    assert ailing.call("eth_syncing")["result"] is not False
    assert ailing.delivered("relay-a", limit=1)[0]["slot"] > told["head_slot"]


def test_node__that_is_optimistic__says_so_in_every_answer(ailing: EthereumClient) -> None:
    ailing.simulator.ethereum_condition(is_optimistic=True)
    assert ailing.get("v1/node/syncing")["data"]["is_optimistic"] is True
    for path in (f"{V1}/headers/head", f"{V1}/states/head/finality_checkpoints", "v1/validator/duties/proposer/26"):
        assert ailing.get(path)["execution_optimistic"] is True


def test_execution_node__that_lags_or_is_away__has_no_newest_blocks(ailing: EthereumClient) -> None:
    newest = int(ailing.call("eth_blockNumber")["result"], 16)
    ailing.simulator.ethereum_condition(execution_lag=3)
    assert ailing.call("eth_blockNumber")["result"] == hex(newest - 3)
    assert ailing.call("eth_getBlockByNumber", hex(newest - 2), False)["result"] is None
    assert ailing.call("eth_getBlockReceipts", hex(newest))["result"] is None
    assert ailing.call("eth_syncing")["result"]["highestBlock"] == hex(newest)
    ailing.simulator.ethereum_condition(is_execution_offline=True)
    assert ailing.get("v1/node/syncing")["data"]["el_offline"] is True
    assert ailing.http.post("/ethereum/execution", json={}).status_code == 503


def test_other_fork__between_two_questions__has_another_root_and_hash(ailing: EthereumClient) -> None:
    before = ailing.get("v2/beacon/blocks/45")["data"]["message"]
    root = ailing.get(f"{V1}/headers/45")["data"]["root"]
    known = before["body"]["execution_payload"]["block_hash"]
    ailing.simulator.ethereum_condition(other_fork_at=45)
    after = ailing.get("v2/beacon/blocks/45")["data"]["message"]
    assert after["state_root"] != before["state_root"]
    assert after["body"]["execution_payload"]["block_hash"] != known
    other = ailing.get(f"{V1}/headers/45")["data"]["root"]
    assert other != root
    ailing.get(f"{V1}/headers/{root}", 404)
    assert ailing.get(f"{V1}/headers/46")["data"]["header"]["message"]["parent_root"] == other
    assert ailing.call("eth_getBlockByHash", known, False)["result"] is None
    ailing.simulator.ethereum_condition()
    assert ailing.get(f"{V1}/headers/45")["data"]["root"] == root


def test_lodestar__as_it_was__leaves_out_flags_and_knows_no_commas(ailing: EthereumClient) -> None:
    ailing.simulator.ethereum_condition(is_lodestar=True, knows_old_duties=False)
    assert set(ailing.get(f"{V1}/headers/45")) == {"data"}
    assert ailing.get(f"{V1}/states/45/validators?id=1,2")["data"] == []
    assert len(ailing.get(f"{V1}/states/45/validators?id=1&id=2")["data"]) == 2
    assert ailing.get(f"{V1}/headers/9999", 404) == {
        "statusCode": 404,
        "error": "Not Found",
        "message": "NOT_FOUND: beacon block 9999",
    }
    assert "must equal current 26" in ailing.get("v1/validator/duties/proposer/2", 500)["message"]


def test_rewards__that_a_client_tells_wrongly__differ_from_the_balances(ailing: EthereumClient) -> None:
    path, slot = f"{V1}/rewards/attestations/7", 45
    true = ailing.post(path, [])["data"]["total_rewards"]
    ailing.simulator.ethereum_condition(rounds_rewards=True, tells_sync_balances=True)
    rounded = ailing.post(path, [])["data"]["total_rewards"]
    off = {
        int(one[name]) - int(other[name])
        for one, other in zip(rounded, true, strict=True)
        for name in ("head", "target", "source", "inactivity")
    }
    assert off <= {-1, 0, 1}
    assert len(off) > 1
    for row in ailing.post(f"{V1}/rewards/sync_committee/{slot}", [])["data"]:
        held = ailing.get(f"{V1}/states/{slot}/validator_balances?id={row['validator_index']}")["data"]
        assert [one["balance"] for one in held] == [row["reward"]]


@pytest.mark.parametrize("order", [{"rain": True}, {"syncing": True}, {"syncing": -1}, {"is_optimistic": 1}])
def test_condition__senseless_order__is_refused(ailing: EthereumClient, order: dict[str, object]) -> None:
    with pytest.raises(AuroraError, match="of a node"):
        ailing.simulator.ethereum_condition(**order)


def test_faults__on_order__strike_these_paths_and_methods_too(ailing: EthereumClient) -> None:
    ailing.simulator.fault("/ethereum/beacon", "status", status=429, retry_after=2)
    assert ailing.http.get("/ethereum/beacon/eth/v1/node/syncing").headers["retry-after"] == "2"
    ailing.simulator.fault("/ethereum/relay-a", "garbage")
    response = ailing.http.get("/ethereum/relay-a/relay/v1/data/bidtraces/proposer_payload_delivered")
    assert response.headers["content-type"].startswith("text/html")
    ailing.simulator.fault("eth_chainId", "half")
    body = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
    with pytest.raises(json.JSONDecodeError):
        ailing.http.post("/ethereum/execution", json=body).json()
    true = ailing.get(f"{V1}/states/head/finality_checkpoints")["data"]["finalized"]["epoch"]
    ailing.simulator.fault("/ethereum/beacon", "wrong_epoch")
    assert ailing.get(f"{V1}/states/head/finality_checkpoints")["data"]["finalized"]["epoch"] == str(int(true) - 1)
    ailing.simulator.fault("/ethereum/beacon", "slow", seconds=300)
    with pytest.raises(httpx.ReadTimeout):
        ailing.http.get("/ethereum/beacon/eth/v1/node/version", timeout=0.05)


def test_chain__of_a_later_process__goes_on_where_it_was(tmp_path: Path) -> None:
    state = tmp_path / "simulator.json"
    with SimulatorProcess(state, ethereum_seed=3) as simulator:
        simulator.advance_ethereum(epoch=4)
        first = EthereumClient(simulator).get(f"{V1}/headers/head")
    with SimulatorProcess(state) as simulator:
        assert simulator.ethereum_clock()["slot"] == TINY.first_slot(4)
        assert simulator.clock()["epoch"] == 850
        assert EthereumClient(simulator).get(f"{V1}/headers/head") == first
    with pytest.raises(AuroraError, match="seed is 3 there and 4 here"):
        SimulatorProcess(state, ethereum_seed=4).start()

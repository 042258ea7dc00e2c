"""The beacon node's answers: shaped as the standard says, and saying what the chain did."""

from __future__ import annotations

import pytest

from aurora_pipeline.demo.ethereum.parameters import FAR_FUTURE_EPOCH
from aurora_pipeline.demo.ethereum.truth import EthereumTruth
from aurora_pipeline_tests.demo.ethereum.conftest import LAST_EPOCH, TINY, EthereumClient
from aurora_pipeline_tests.demo.ethereum.schemas import check

V1 = "v1/beacon"
LAST_SLOT = TINY.last_slot(LAST_EPOCH)
SOME = 45
"""A slot in whose state something is in every queue."""


def test_itself__told__as_the_standard_has_it(told: EthereumClient) -> None:
    for path, schema in (
        (f"{V1}/genesis", "genesis"),
        ("v1/config/spec", "spec"),
        ("v1/node/syncing", "syncing"),
        ("v1/node/version", "version"),
        ("v1/validator/duties/proposer/5", "duties"),
    ):
        check(schema, told.get(path))
    spec = told.get("v1/config/spec")["data"]
    assert (spec["SLOTS_PER_EPOCH"], spec["SECONDS_PER_SLOT"]) == ("8", "12")
    assert told.http.get("/ethereum/beacon/eth/v1/node/health").status_code == 200


def test_blocks__of_every_slot__are_there_or_were_missed(told: EthereumClient, known: EthereumTruth) -> None:
    parent = told.get(f"{V1}/headers/genesis")["data"]["root"]
    for slot in range(1, LAST_SLOT + 1):
        block = known.world.block(slot)
        if block is None:
            check("error", told.get(f"{V1}/headers/{slot}", 404))
            check("error", told.get(f"v2/beacon/blocks/{slot}", 404))
            check("error", told.get(f"{V1}/rewards/blocks/{slot}", 404))
            continue
        header, whole = told.get(f"{V1}/headers/{slot}"), told.get(f"v2/beacon/blocks/{slot}")
        check("header", header)
        check("block", whole)
        message = header["data"]["header"]["message"]
        assert message["parent_root"] == whole["data"]["message"]["parent_root"] == parent
        assert message["proposer_index"] == str(block.proposer)
        assert message["slot"] == whole["data"]["message"]["slot"] == str(slot)
        parent = header["data"]["root"]
        assert told.get(f"{V1}/headers/{parent}")["data"] == header["data"]


def test_operations__in_blocks__are_those_of_the_story(told: EthereumClient) -> None:
    held: dict[str, int] = {}
    for slot in range(1, LAST_SLOT + 1):
        response = told.http.get(f"/ethereum/beacon/eth/v2/beacon/blocks/{slot}")
        if response.status_code == 200:
            assert response.headers["eth-consensus-version"] == "electra"
            body = response.json()["data"]["message"]["body"]
            for kind in ("proposer_slashings", "voluntary_exits"):
                held[kind] = held.get(kind, 0) + len(body[kind])
            for kind, requests in body["execution_requests"].items():
                held[kind] = held.get(kind, 0) + len(requests)
    assert held == {
        "proposer_slashings": 1,
        "voluntary_exits": 1,
        "deposits": 3,
        "withdrawals": 2,
        "consolidations": 2,
    }


def test_rewards__of_every_epoch__add_up_to_the_truth(told: EthereumClient, known: EthereumTruth) -> None:
    sums = [0] * len(known.world.epoch(LAST_EPOCH).balances)
    for epoch in range(LAST_EPOCH - 1):
        answer = told.post(f"{V1}/rewards/attestations/{epoch}", [])
        check("attestation_rewards", answer)
        for row in answer["data"]["total_rewards"]:
            sums[int(row["validator_index"])] += sum(int(row[name]) for name in ("head", "target", "source"))
            sums[int(row["validator_index"])] += int(row["inactivity"])
    for slot in range(1, LAST_SLOT + 1):
        if known.world.block(slot) is not None:
            block, sync = (
                told.get(f"{V1}/rewards/blocks/{slot}"),
                told.post(f"{V1}/rewards/sync_committee/{slot}", []),
            )
            check("block_rewards", block)
            check("sync_rewards", sync)
            sums[int(block["data"]["proposer_index"])] += int(block["data"]["total"])
            for row in sync["data"]:
                sums[int(row["validator_index"])] += int(row["reward"])
    assert sums == [one.in_rewards_api for one in known.consensus(range(LAST_EPOCH + 1))]


def test_rewards__by_ids__are_of_those_alone(told: EthereumClient, known: EthereumTruth) -> None:
    key = known.cast.genesis[3].pubkey
    rows = told.post(f"{V1}/rewards/attestations/4", ["0", key, "999"])["data"]["total_rewards"]
    assert [row["validator_index"] for row in rows] == ["0", "3"]
    slot = next(slot for slot in range(30, 60) if known.world.block(slot))
    everybody = told.post(f"{V1}/rewards/sync_committee/{slot}", [])["data"]
    one = everybody[0]["validator_index"]
    assert told.post(f"{V1}/rewards/sync_committee/{slot}", [one])["data"] == everybody[:1]


def test_rewards__of_an_epoch_that_is_not_paid__are_not_there(told: EthereumClient) -> None:
    assert told.post(f"{V1}/rewards/attestations/{LAST_EPOCH - 1}", ["0"])["finalized"] is False
    check("error", told.post(f"{V1}/rewards/attestations/{LAST_EPOCH}", ["0"], 404))
    check("error", told.post(f"{V1}/rewards/attestations/x", ["0"], 400))


def test_validators__at_a_slot__have_the_balances_of_the_truth(told: EthereumClient, known: EthereumTruth) -> None:
    answer = told.post(f"{V1}/states/{SOME}/validators", {"ids": None, "statuses": []})
    check("validators", answer)
    balances = known.world.balances(SOME)
    assert [int(row["balance"]) for row in answer["data"]] == list(balances)
    answer = told.get(f"{V1}/states/{SOME}/validator_balances")
    check("balances", answer)
    assert [int(row["balance"]) for row in answer["data"]] == list(balances)


def test_validators__asked_in_every_way__are_the_same(told: EthereumClient, known: EthereumTruth) -> None:
    key = known.cast.genesis[7].pubkey
    path = f"{V1}/states/{SOME}/validators"
    repeated = told.get(f"{path}?id=3&id={key}")
    assert [row["index"] for row in repeated["data"]] == ["3", "7"]
    assert told.get(f"{path}?id=3,{key}") == repeated
    assert told.post(path, {"ids": ["3", key]}) == repeated
    assert told.get(f"{path}?id=3&id=7&id=100000") == repeated
    one = told.get(f"{path}/7")
    check("validator", one)
    assert one["data"] == repeated["data"][1]
    check("error", told.get(f"{path}/100000", 404))
    check("error", told.get(f"{path}?id=0x12", 400))
    check("error", told.get(path + "?id=" + ",".join(map(str, range(65))), 414))
    unread = told.http.post(f"/ethereum/beacon/eth/{path}", content="{}", headers={"content-type": "text/plain"})
    assert unread.status_code == 415
    assert told.http.post("/ethereum/beacon/eth/v1/beacon/genesis").status_code == 405


def test_statuses__over_the_story__are_those_of_the_protocol(told: EthereumClient, known: EthereumTruth) -> None:
    seen: dict[int, list[str]] = {}
    joined = known.cast.joining.index
    for epoch in range(LAST_EPOCH + 1):
        ids = ["3", "4", "6", str(joined)]
        for row in told.post(f"{V1}/states/{TINY.last_slot(epoch)}/validators", {"ids": ids})["data"]:
            index = int(row["index"])
            if seen.setdefault(index, [""])[-1] != row["status"]:
                seen[index].append(row["status"])
            assert not row["validator"]["slashed"] or index == 3
    assert seen[3][1:5] == ["active_ongoing", "active_slashed", "exited_slashed", "withdrawal_done"]
    assert seen[4][1:4] == ["active_ongoing", "active_exiting", "exited_unslashed"]
    assert seen[4][-1] == "withdrawal_done"
    assert seen[joined][1:] == ["pending_initialized", "pending_queued", "active_ongoing"]
    active = told.get(f"{V1}/states/head/validators?status=active")["data"]
    assert {row["validator"]["exit_epoch"] for row in active} == {str(FAR_FUTURE_EPOCH)}
    check("error", told.get(f"{V1}/states/head/validators?status=retired", 400))


def test_credentials__of_who_begins_to_compound__change_and_the_excess_is_queued(told: EthereumClient) -> None:
    kinds, excess = set(), []
    for slot in range(50, 70):
        row = told.get(f"{V1}/states/{slot}/validators/2")["data"]["validator"]
        kinds.add(row["withdrawal_credentials"][:4])
        queued = told.get(f"{V1}/states/{slot}/pending_deposits")
        check("pending_deposits", queued)
        excess += [one for one in queued["data"] if one["slot"] == "0"]
    assert kinds == {"0x01", "0x02"}
    assert {one["pubkey"] for one in excess} == {row["pubkey"]}


def test_queues__in_the_middle_of_the_story__hold_what_is_to_come(told: EthereumClient) -> None:
    partial = told.get(f"{V1}/states/{SOME}/pending_partial_withdrawals")
    check("pending_partial_withdrawals", partial)
    assert partial["data"] == [{"validator_index": "5", "amount": "5000000000", "withdrawable_epoch": "8"}]
    moved = told.get(f"{V1}/states/{SOME}/pending_consolidations")
    check("pending_consolidations", moved)
    assert moved["data"] == [{"source_index": "6", "target_index": "1"}]
    for queue in ("pending_deposits", "pending_partial_withdrawals", "pending_consolidations"):
        assert told.get(f"{V1}/states/head/{queue}")["data"] == []


def test_finality__at_any_slot__is_told_with_the_roots_of_blocks(told: EthereumClient) -> None:
    assert told.get(f"{V1}/states/20/finality_checkpoints")["data"]["finalized"] == {
        "epoch": "0",
        "root": "0x" + "00" * 32,
    }
    answer = told.get(f"{V1}/states/head/finality_checkpoints")
    check("finality", answer)
    finalized = answer["data"]["finalized"]
    header = told.get(f"{V1}/headers/finalized")["data"]
    assert header["root"] == finalized["root"]
    assert int(header["header"]["message"]["slot"]) <= 8 * int(finalized["epoch"])
    by_name = {name: told.get(f"{V1}/states/{name}/finality_checkpoints") for name in ("finalized", "justified")}
    assert by_name["finalized"]["finalized"] is True
    root = told.get(f"{V1}/headers/45")["data"]["header"]["message"]["state_root"]
    assert told.get(f"{V1}/states/{root}/validators/1") == told.get(f"{V1}/states/45/validators/1")


def test_headers__listed__are_of_the_head_a_slot_or_a_parent(told: EthereumClient) -> None:
    for query in ("", "?slot=45"):
        check("headers", told.get(f"{V1}/headers{query}"))
    header = told.get(f"{V1}/headers/45")["data"]
    assert told.get(f"{V1}/headers?slot=45")["data"] == [header]
    parent = header["header"]["message"]["parent_root"]
    assert told.get(f"{V1}/headers?parent_root={parent}")["data"] == [header]
    assert told.get(f"{V1}/headers?slot={LAST_SLOT + 1}")["data"] == []
    root = told.get(f"{V1}/blocks/45/root")
    check("root", root)
    assert root["data"]["root"] == header["root"]
    check("error", told.get(f"{V1}/headers/nothing", 400))


@pytest.mark.parametrize("epoch", [0, 7, LAST_EPOCH, LAST_EPOCH + 1])
def test_duties__of_an_epoch__name_who_proposed(told: EthereumClient, known: EthereumTruth, epoch: int) -> None:
    answer = told.get(f"v1/validator/duties/proposer/{epoch}")
    check("duties", answer)
    due = {int(one["slot"]): int(one["validator_index"]) for one in answer["data"]}
    assert list(due) == list(range(TINY.first_slot(epoch), TINY.first_slot(epoch + 1)))
    for slot, proposer in due.items():
        block = known.world.block(slot)
        assert block is None or block.proposer == proposer
    check("error", told.get(f"v1/validator/duties/proposer/{LAST_EPOCH + 2}", 400))


def test_sync_committee__of_an_epoch__is_who_is_paid_in_it(told: EthereumClient, known: EthereumTruth) -> None:
    answer = told.get(f"{V1}/states/{SOME}/sync_committees?epoch=5")
    check("sync_committees", answer)
    assert answer["data"]["validators"] == [str(index) for index in known.world.epoch(5).committee]
    assert [seat for part in answer["data"]["validator_aggregates"] for seat in part] == answer["data"]["validators"]
    rows = told.post(f"{V1}/rewards/sync_committee/{SOME}", [])["data"]
    assert {row["validator_index"] for row in rows} == set(answer["data"]["validators"])
    check("error", told.get(f"{V1}/states/{SOME}/sync_committees?epoch=8", 400))

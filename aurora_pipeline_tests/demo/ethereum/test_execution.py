"""The execution node's and the relays' answers: shaped as their standards say, and saying what the chain did."""

from __future__ import annotations

import pytest

from aurora_pipeline.demo.ethereum.cast import RELAYS
from aurora_pipeline.demo.ethereum.protocol import WEI_PER_GWEI
from aurora_pipeline.demo.ethereum.truth import EthereumTruth
from aurora_pipeline_tests.demo.ethereum.conftest import LAST_EPOCH, TINY, EthereumClient, Json
from aurora_pipeline_tests.demo.ethereum.schemas import check

LAST_SLOT = TINY.last_slot(LAST_EPOCH)


def _number(value: str) -> int:
    return int(value, 16)


def _blocks(told: EthereumClient) -> list[tuple[Json, list[Json]]]:
    """All blocks in batches, each with its receipts."""
    last = _number(told.call("eth_blockNumber")["result"])
    calls = [
        {"jsonrpc": "2.0", "id": f"{number} {method}", "method": method, "params": [hex(number), *more]}
        for number in range(1, last + 1)
        for method, more in (("eth_getBlockByNumber", [True]), ("eth_getBlockReceipts", []))
    ]
    answers = {one["id"]: one["result"] for one in told.http.post("/ethereum/execution", json=calls).json()}
    return [
        (answers[f"{number} eth_getBlockByNumber"], answers[f"{number} eth_getBlockReceipts"])
        for number in range(1, last + 1)
    ]


def test_blocks__by_number_and_hash__are_shaped_and_the_payloads_of_the_beacon_chain(told: EthereumClient) -> None:
    slots = [slot for slot in range(1, LAST_SLOT + 1) if told.http.get(_header(slot)).status_code == 200]
    blocks = _blocks(told)
    assert len(blocks) == len(slots)
    types = set()
    for slot, (block, receipts) in zip(slots, blocks, strict=True):
        check("execution_block", block)
        check("receipts", receipts)
        payload = told.get(f"v2/beacon/blocks/{slot}")["data"]["message"]["body"]["execution_payload"]
        assert payload["fee_recipient"].lower() == block["miner"]
        for there, here in (
            ("block_number", "number"),
            ("gas_used", "gasUsed"),
            ("base_fee_per_gas", "baseFeePerGas"),
            ("timestamp", "timestamp"),
            ("blob_gas_used", "blobGasUsed"),
        ):
            assert int(payload[there]) == _number(block[here])
        assert (payload["block_hash"], payload["parent_hash"]) == (block["hash"], block["parentHash"])
        assert [one["amount"] for one in payload["withdrawals"]] == [
            str(_number(one["amount"])) for one in block["withdrawals"]
        ]
        assert len(payload["transactions"]) == len(block["transactions"]) == len(receipts)
        assert sum(_number(one["gasUsed"]) for one in receipts) == _number(block["gasUsed"])
        types |= {one["type"] for one in receipts}
        short = told.call("eth_getBlockByHash", block["hash"], False)["result"]
        check("execution_block_of_hashes", short)
        assert short["transactions"] == [one["hash"] for one in block["transactions"]]
    assert types == {"0x0", "0x1", "0x2", "0x3"}


def _header(slot: int) -> str:
    return f"/ethereum/beacon/eth/v1/beacon/headers/{slot}"


def test_tips__of_receipts__are_those_of_the_truth_and_failed_ones_pay_too(
    told: EthereumClient, known: EthereumTruth
) -> None:
    slots = [slot for slot in known.slots(range(LAST_EPOCH + 1)) if slot.built]
    statuses, created = set(), 0
    for slot, (block, receipts) in zip(slots, _blocks(told), strict=True):
        base = _number(block["baseFeePerGas"])
        tips = sum((_number(one["effectiveGasPrice"]) - base) * _number(one["gasUsed"]) for one in receipts)
        assert tips == slot.tips
        paid = sum(
            _number(one["value"])
            for one in block["transactions"]
            if one["from"] == block["miner"] and one["to"] == slot.registered_recipient
        )
        assert paid == slot.payment
        statuses |= {one["status"] for one in receipts}
        created += sum(one["to"] is None and one["contractAddress"] is not None for one in receipts)
    assert statuses == {"0x0", "0x1"}
    assert created > 0


def test_balances__of_fee_recipients__move_by_the_tips_of_each_block(
    told: EthereumClient, known: EthereumTruth
) -> None:
    for slot in known.slots(range(4, 8)):
        if slot.built is None or not slot.is_own or slot.block_number is None:
            continue
        number = slot.block_number
        before, after = (
            _number(told.call("eth_getBalance", slot.registered_recipient, hex(one))["result"])
            for one in (number - 1, number)
        )
        block = told.call("eth_getBlockByNumber", hex(number), True)["result"]
        sent = sum(_number(one["value"]) for one in block["transactions"] if one["to"] == slot.registered_recipient)
        assert after - before == slot.tips + sent


def test_balance__of_a_withdrawal_address__holds_what_was_withdrawn(told: EthereumClient, known: EthereumTruth) -> None:
    withdrawn = {one.withdrawal_address: 0 for one in known.validators(range(LAST_EPOCH + 1)) if one.client is not None}
    for one in known.validators(range(LAST_EPOCH + 1)):
        if one.withdrawal_address in withdrawn:
            withdrawn[one.withdrawal_address] += one.consensus.withdrawn * WEI_PER_GWEI
    assert withdrawn
    for address, amount in withdrawn.items():
        assert _number(told.call("eth_getBalance", address, "latest")["result"]) == amount


def test_node__asked_about_itself_and_the_unknown__answers_as_the_standard_has_it(told: EthereumClient) -> None:
    for method in ("eth_chainId", "eth_blockNumber"):
        check("quantity", told.call(method)["result"])
    assert told.call("eth_syncing")["result"] is False
    assert told.call("eth_getBlockByNumber", "0xfffff", False)["result"] is None
    assert told.call("eth_getBlockReceipts", "0xfffff")["result"] is None
    assert told.call("eth_getBlockByHash", "0x" + "ab" * 32, False)["result"] is None
    assert told.call("eth_getBlockReceipts", "0x0")["result"] == []
    check("execution_block", told.call("eth_getBlockByNumber", "earliest", True)["result"])
    tags = [_number(told.call("eth_getBlockByNumber", tag, False)["result"]["number"]) for tag in _TAGS]
    assert tags == sorted(tags)
    for refused in (("eth_mine",), ("eth_getBlockByNumber", 5, True), ("eth_getBlockByNumber", "0x05", True)):
        check("rpc_error", told.call(*refused))
    assert told.call("eth_mine")["error"]["code"] == -32601
    assert told.http.post("/ethereum/execution", content="{").json()["error"]["code"] == -32700
    assert told.http.post("/ethereum/execution", json=[]).json()["error"]["code"] == -32600


_TAGS = ("earliest", "finalized", "safe", "latest")


def test_relays__page_by_page__tell_every_claim_and_none_twice(told: EthereumClient, known: EthereumTruth) -> None:
    for relay in RELAYS:
        found, cursor = [], None
        while True:
            query = {"limit": 7} if cursor is None else {"limit": 7, "cursor": cursor}
            page = told.delivered(relay, **query)
            check("delivered", page)
            if not page:
                break
            found += page
            cursor = min(int(row["slot"]) for row in page) - 1
        slots = [int(row["slot"]) for row in found]
        assert slots == sorted(slots, reverse=True)
        claims = [
            claim for slot in range(LAST_SLOT, 0, -1) for claim in known.execution.claims(slot) if claim.relay == relay
        ]
        assert [int(row["value"]) for row in found] == [claim.value for claim in claims]
        hashes = {block["hash"] for block, _ in _blocks(told)}
        assert [row["block_hash"] in hashes for row in found] == [claim.is_canonical for claim in claims]
        assert {claim.is_canonical for claim in claims} == {True, False}


def test_relays__asked_for_one__filter_by_it(told: EthereumClient) -> None:
    rows = told.delivered("relay-a", limit=50)
    one = rows[17]
    assert told.delivered("relay-a", slot=one["slot"]) == [one]
    for name in ("block_hash", "block_number"):
        assert told.delivered("relay-a", **{name: one[name]}) == [one]
    mine = told.delivered("relay-a", proposer_pubkey=one["proposer_pubkey"])
    assert one in mine
    assert {row["proposer_pubkey"] for row in mine} == {one["proposer_pubkey"]}
    values = [int(row["value"]) for row in told.delivered("relay-a", order_by="-value")]
    assert values == sorted(values, reverse=True)
    assert told.delivered("relay-a", slot=LAST_SLOT + 5) == []


@pytest.mark.parametrize(
    "query",
    [{"slot": 3, "cursor": 4}, {"limit": 201}, {"slot": "x"}, {"cursor": "-1"}, {"block_hash": "0x12"}],
)
def test_relays__asked_wrongly__say_so(told: EthereumClient, query: dict[str, object]) -> None:
    check("error", told.delivered("relay-b", 400, **query))

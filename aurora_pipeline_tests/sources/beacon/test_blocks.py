"""Blocks as a beacon node tells them: what is in them is what the execution chain has, and what left balances."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from aurora_pipeline.asking.adapter import Answer
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.units import Gwei, Wei
from aurora_pipeline.sources.beacon import questions
from aurora_pipeline.sources.beacon.answers.blocks import BeaconBlock, Deposit, read_block
from aurora_pipeline_tests.asking.asked import answer_to
from aurora_pipeline_tests.devchain.files import held
from aurora_pipeline_tests.devchain.server import blocks


def block_of(slot: int, change: Callable[[Any], object] = lambda told: None) -> Answer:
    told = json.loads(json.dumps(blocks()[str(slot)]))
    change(told)
    return answer_to(questions.block(slot), told)


def all_blocks() -> list[BeaconBlock]:
    read = [read_block(block_of(int(slot)), "node") for slot in sorted(blocks(), key=int)]
    return [block for block in read if block is not None]


def test_blocks__of_the_chain__are_linked_and_hold_the_execution_blocks() -> None:
    found = all_blocks()
    assert len(found) == 123
    for before, block in pairwise(found):
        assert before.payload is not None
        assert block.execution_parent == before.payload.block_hash
    for block in found:
        executed = held("execution_by_slot")[str(block.slot)]["block"]
        assert block.payload is not None
        assert block.payload.number == int(executed["number"], 16)
        assert block.payload.block_hash == executed["hash"]
        assert block.payload.fee_recipient == executed["miner"].lower()
        assert block.payload.base_fee == Wei(int(executed["baseFeePerGas"], 16))
        assert block.payload.gas_used == int(executed["gasUsed"], 16)


def test_withdrawals__of_all_blocks__are_those_of_the_chain() -> None:
    told = [
        (block.slot, one.index, one.validator_index, one.amount) for block in all_blocks() for one in block.withdrawals
    ]
    assert told == [
        (one["slot"], one["index"], one["validator_index"], Gwei(int(one["amount_gwei"])))
        for one in held("withdrawals")
    ]


def test_block__with_deposits_of_the_bridge_and_of_the_execution_layer__has_both() -> None:
    data = {"pubkey": "0x" + "AB" * 48, "withdrawal_credentials": "0x01" + "00" * 31, "amount": "32000000000"}

    def change(told: Any) -> None:
        told["data"]["message"]["body"]["deposits"] = [{"proof": [], "data": data}]
        told["data"]["message"]["body"]["execution_requests"]["deposits"] = [{**data, "amount": "1", "index": "3"}]

    block = read_block(block_of(42, change), "node")
    assert block is not None
    assert block.deposits == tuple(
        Deposit("0x" + "ab" * 48, "0x01" + "00" * 31, Gwei(amount)) for amount in (32_000_000_000, 1)
    )


def test_block__from_before_withdrawals_and_requests__has_none() -> None:
    def change(told: Any) -> None:
        body = told["data"]["message"]["body"]
        del body["execution_requests"], body["execution_payload"]["withdrawals"]
        told.pop("finalized")

    block = read_block(block_of(42, change), "node")
    assert block is not None
    assert (block.withdrawals, block.deposits, block.consolidation_requests) == ((), (), ())


def test_block__from_before_the_merge__has_no_payload() -> None:
    def change(told: Any) -> None:
        told["data"]["message"]["body"]["execution_payload"]["block_hash"] = "0x" + "00" * 32

    block = read_block(block_of(42, change), "node")
    assert block is not None
    assert (block.payload, block.execution_parent) == (None, None)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda told: told.update(finalized=False), "the block is not final"),
        (lambda told: told.update(execution_optimistic=True), "execution_optimistic"),
        (lambda told: told["data"]["message"].update(slot="-1"), "expected a whole number"),
        (lambda told: told["data"]["message"]["body"]["execution_payload"].update(fee_recipient="0x12"), "an address"),
        (lambda told: told["data"]["message"]["body"]["execution_payload"].pop("base_fee_per_gas"), "is missing"),
    ],
)
def test_block__that_is_not_what_was_asked_for__refused(change: Callable[[Any], object], problem: str) -> None:
    with pytest.raises(UnreadableAnswer, match=problem):
        read_block(block_of(42, change), "node")


@pytest.mark.parametrize(
    "body",
    [
        {"code": 404, "message": "Block not found", "stacktraces": []},
        {"statusCode": 404, "error": "Not Found", "message": "No block found for id '99999'"},
    ],
)
def test_block__of_a_slot_without_one__is_none_whatever_the_client_says(body: Any) -> None:
    assert read_block(answer_to(questions.block(9), body, status=404), "node") is None

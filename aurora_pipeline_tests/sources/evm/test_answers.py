"""Reading an execution node's answers: exact to the wei, and no figure from receipts that are not a block's own."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurora_pipeline.asking.adapter import Answer, Question
from aurora_pipeline.asking.reading import ReaderStumbled, UnreadableAnswer, parsed
from aurora_pipeline.sources.blocks_told import ExecutedBlock
from aurora_pipeline.sources.evm import questions
from aurora_pipeline.sources.evm.answers import read_block, read_chain_id, read_head, read_receipts
from aurora_pipeline.sources.evm.executed import executed
from aurora_pipeline.sources.hex_values import U256_MAX, quantity
from aurora_pipeline_tests.asking.asked import NODE, answer_to, error_of, result_of
from aurora_pipeline_tests.devchain.answers import block_at, executed_at, number_at, receipts_at, slots
from aurora_pipeline_tests.devchain.files import expected
from aurora_pipeline_tests.sources.storm.garbling import garbled, or_refused_by_name, struck

READERS: list[tuple[Callable[[Answer, str], object], Question]] = [
    (read_block, questions.block(7)),
    (read_receipts, questions.receipts(7)),
    (read_chain_id, questions.chain_id()),
    (read_head, questions.head()),
]
GARBAGE = [
    b"",
    b"<html>busy</html>",
    b"null",
    b"[]",
    b"7",
    b"\xff\xfe",
    b'{"jsonrpc":"2.0","id":1}',
    b'{"result":"text"}',
    b'{"result":7}',
    b'{"result":' + b"[" * 100_000,
]


def read(block: Answer, receipts: Answer) -> ExecutedBlock:
    listed, told = read_block(block, NODE), read_receipts(receipts, NODE)
    assert listed is not None
    assert told is not None
    return executed(NODE, listed, told)


@pytest.mark.parametrize(("reader", "question"), READERS, ids=[reader.__name__ for reader, _ in READERS])
@pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
def test_read__garbage__refused_and_asked_again(
    reader: Callable[[Answer, str], object], question: Question, body: bytes
) -> None:
    with pytest.raises(UnreadableAnswer, match=re.escape(question.key)) as refused:
        reader(answer_to(question, body), NODE)
    assert not isinstance(refused.value, ReaderStumbled)
    assert not question.accepts(answer_to(question, body))


@pytest.mark.parametrize(("reader", "question"), READERS, ids=[reader.__name__ for reader, _ in READERS])
def test_read__error_inside_http_200__refused_with_its_code(
    reader: Callable[[Answer, str], object], question: Question
) -> None:
    with pytest.raises(UnreadableAnswer, match="-32601"):
        reader(error_of(question, -32601), NODE)
    assert not question.accepts(error_of(question, -32601))


def test_read__block_that_the_node_has_not__none_and_asked_again() -> None:
    for question, reader in ((questions.block(7), read_block), (questions.receipts(7), read_receipts)):
        assert reader(result_of(question, None), NODE) is None
        assert not question.accepts(result_of(question, None))


@given(st.integers(0, 2**260))
def test_quantity__any_number__exact_within_bounds_and_refused_beyond(number: int) -> None:
    node = parsed(answer_to(questions.head(), hex(number)), NODE)
    if number <= U256_MAX:
        assert quantity(node, U256_MAX) == number
    else:
        with pytest.raises(UnreadableAnswer):
            quantity(node, U256_MAX)


@pytest.mark.parametrize(
    "text", ["0x", "0x00", "0x01", "0X1", "1", "-0x1", "0x1 ", "0xg", "", "0x1\n", 1, None, True, 1.5]
)
def test_quantity__in_another_spelling__refused(text: object) -> None:
    with pytest.raises(UnreadableAnswer, match="quantity"):
        quantity(parsed(answer_to(questions.head(), text), NODE))


def test_executed__every_block_of_the_small_chain__tips_and_burned_fees_to_the_wei() -> None:
    rows = {int(row["slot"]): row for row in expected("execution_by_slot") if row["kind"] != "missed"}
    assert sorted(rows) == slots()
    for slot, row in rows.items():
        told = read(block_at(slot), receipts_at(slot))
        assert (told.tips, told.burned) == (int(row["priority_fees_wei"]), int(row["burnt_wei"]))
        assert (told.number, told.fee_recipient) == (int(row["block_number"]), row["block_fee_recipient"])


Change = Callable[[dict[str, Any], list[dict[str, Any]]], object]


def spoiled(slot: int, change: Change) -> tuple[Answer, Answer]:
    """A slot's answers with a change in them."""
    block, receipts = copy.deepcopy((executed_at(slot)["block"], executed_at(slot)["receipts"]))
    change(block, receipts)
    number = number_at(slot)
    return result_of(questions.block(number), block), result_of(questions.receipts(number), receipts)


def _set(place: int, of_receipts: bool, **values: object) -> Change:
    def change(block: dict[str, Any], receipts: list[dict[str, Any]]) -> None:
        (receipts if of_receipts else block["transactions"])[place].update(values)

    return change


OTHER = "0x" + "ab" * 32
LIES: dict[str, tuple[Change, str]] = {
    "last receipt left out": (lambda block, receipts: receipts.pop(), "4 transactions, and 3 receipts"),
    "first receipt left out": (lambda block, receipts: receipts.pop(0), "stands at place 0"),
    "all receipts left out": (lambda block, receipts: receipts.clear(), "4 transactions, and 0 receipts"),
    "last of both left out": (
        lambda block, receipts: [listed.pop() for listed in (block["transactions"], receipts)],
        "gas, the block says",
    ),
    "a receipt twice": (lambda block, receipts: receipts.append(dict(receipts[-1])), "stands at place 4"),
    "two receipts swapped": (lambda block, receipts: receipts.reverse(), "stands at place 0"),
    "less gas used": (_set(0, True, gasUsed="0x1"), "used 1: one is left out"),
    "less gas in all": (_set(3, True, gasUsed="0x1", cumulativeGasUsed=hex(3 * 21_000 + 1)), "gas, the block says"),
    "less paid for gas": (_set(0, True, effectiveGasPrice="0x1"), "less than the base fee"),
    "no tip paid": (_set(0, True, effectiveGasPrice="0x3b9aca00"), "and by what it offered"),
    "of another block": (_set(0, True, blockHash=OTHER), "of different blocks"),
    "of another transaction": (_set(1, True, transactionHash=OTHER), "its receipt is that of"),
    "to somebody else": (_set(1, True, to="0x" + "11" * 20), "another sender or recipient"),
    "of another number": (lambda block, receipts: block.update(number="0x63"), "block 99 was answered"),
    "without base fee": (lambda block, receipts: block.pop("baseFeePerGas"), "baseFeePerGas"),
    "hashes for transactions": (
        lambda block, receipts: block.update(transactions=[one["hash"] for one in block["transactions"]]),
        "expected an object",
    ),
    "more than there is": (_set(0, False, value=hex(2 * 10**27)), "more than there are"),
    "status of before receipts had one": (lambda block, receipts: receipts[0].pop("status"), "status"),
}


@pytest.mark.parametrize("name", LIES)
def test_executed__something_left_out_or_changed__refused_and_never_a_figure(name: str) -> None:
    change, said = LIES[name]
    with pytest.raises(UnreadableAnswer, match=said):
        read(*spoiled(1, change))


def test_executed__fields_of_one_client_alone__are_not_looked_at() -> None:
    def change(block: dict[str, Any], receipts: list[dict[str, Any]]) -> None:
        block |= {"totalDifficulty": None, "unheardOf": {"a": [1]}}
        for one in receipts:
            one.pop("blobGasPrice"), one.update(blockTimestamp="0x1", l1Fee="0x5")

    assert read(*spoiled(1, change)) == read(block_at(1), receipts_at(1))


def test_executed__failed_transaction__its_tip_counts_and_its_value_did_not_move() -> None:
    whole = read(block_at(1), receipts_at(1))
    told = read(*spoiled(1, _set(3, True, status="0x0")))
    assert (told.tips, len(told.transfers)) == (whole.tips, len(whole.transfers) - 1)


def test_executed__legacy_transaction__pays_the_price_it_names() -> None:
    def change(block: dict[str, Any], receipts: list[dict[str, Any]]) -> None:
        for key in ("maxFeePerGas", "maxPriorityFeePerGas"):
            block["transactions"][0].pop(key)

    assert read(*spoiled(1, change)) == read(block_at(1), receipts_at(1))


@settings(max_examples=600, deadline=None)
@given(st.sampled_from([1, 27, 46, 61]), st.integers(0, 2**32), st.booleans(), st.booleans())
def test_executed__struck_answers__the_same_figure_or_refused_by_name(
    slot: int, seed: int, strikes_receipts: bool, garbles: bool
) -> None:
    block, receipts, random = block_at(slot), receipts_at(slot), Random(seed)
    good = read(block, receipts)
    strike = garbled if garbles else struck
    if strikes_receipts:
        receipts = replace(receipts, body=strike(receipts.body, random))
    else:
        block = replace(block, body=strike(block.body, random))
    with or_refused_by_name():
        listed, told = read_block(block, NODE), read_receipts(receipts, NODE)
        assert listed is None or told is None or executed(NODE, listed, told) == good


def test_questions__equal_ones__have_equal_bytes() -> None:
    assert json.dumps(questions.block(41).body) == json.dumps(questions.block(41).body)
    assert questions.block(41).body != questions.receipts(41).body
    assert not questions.head().accepts(result_of(questions.head(), "0x5"))

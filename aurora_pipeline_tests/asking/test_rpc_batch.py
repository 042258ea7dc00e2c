"""JSON-RPC batches: an answer for every question, byte for byte; what a batch does not settle is asked alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from aurora_pipeline.asking.adapter import Answer, Question
from aurora_pipeline.asking.http import ProviderClient
from aurora_pipeline.asking.recording import StoredUnder, asking
from aurora_pipeline.asking.rpc_batch import batch_of, grouped, taken_apart
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.kinds import adapter_for
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.sources.solana.answers.blocks import read_block
from aurora_pipeline.sources.solana.errors import passing_trouble
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.asking.asked import NODE, answer_to, block, fee, provider
from aurora_pipeline_tests.faults.server import FaultServer, Reply, Seen, json_reply

SLOTS = (5, 6, 7)
BLOCKS = [questions.block(slot) for slot in SLOTS]


def element(call: dict[str, Any]) -> dict[str, Any]:
    slot = call["params"][0]
    return {"jsonrpc": "2.0", "result": block(slot, rewards=[fee(slot * 10)]), "id": call["id"]}


def node(seen: Seen) -> Reply:
    """A node that takes batches."""
    calls = seen.rpc
    return json_reply([element(call) for call in calls] if isinstance(calls, list) else element(calls))


def ask_together(handler: Callable[[Seen], Reply], **settings: Any) -> tuple[dict[str, Answer], list[Any], int]:
    """Answers by key, what was sent, and the batch size the client ended with."""

    async def go(url: str) -> tuple[dict[str, Answer], int]:
        one = provider(url, **{"batch": 10, **settings})
        async with ProviderClient(one, lambda answer: passing_trouble(answer, NODE)) as client:
            told = {answer.request_key: answer async for answer in client.ask_together(BLOCKS)}
            return told, client.batch_size

    with FaultServer(handler) as server:
        told, size = asyncio.run(go(server.url))
    return told, [seen.rpc for seen in server.seen], size


def fees(told: dict[str, Answer]) -> list[int]:
    return [read_block(told[question.key], NODE).fees for question in BLOCKS]


def test_ask_together__node_takes_batches__one_request_and_an_answer_each() -> None:
    told, sent, _ = ask_together(node)
    assert (fees(told), len(sent)) == ([50, 60, 70], 1)
    for slot, question in zip(SLOTS, BLOCKS, strict=True):
        answer = told[question.key]
        asked = answer.request["body"]
        assert isinstance(asked, dict)
        assert (asked["params"][0], json.loads(answer.body)["id"]) == (slot, asked["id"])


def test_taken_apart__any_spacing_and_order__exact_bytes_of_each_element() -> None:
    calls = batch_of(BLOCKS).body
    assert isinstance(calls, list)
    texts = [json.dumps(element(call), indent=number) + " " * number for number, call in enumerate(calls)]
    texts[1] = texts[1].replace('"hash6"', '"h\u00e4sh"')
    body = (" [\n" + "\n,\t".join(reversed(texts)) + "]\r\n").encode()
    told = taken_apart(answer_to(Question("q", ""), body), BLOCKS)
    assert [told[question.key].body for question in BLOCKS] == [text.strip().encode() for text in texts]


def test_batch_of__other_company__same_id_for_the_same_question() -> None:
    first, second = batch_of(BLOCKS).body, batch_of(BLOCKS[1:]).body
    assert isinstance(first, list)
    assert isinstance(second, list)
    assert first[1:] == second
    assert len({call["id"] for call in first}) == 3


@pytest.mark.parametrize(
    "reply",
    [
        json_reply({"jsonrpc": "2.0", "error": {"code": -32600, "message": "no batches"}, "id": None}),
        Reply(b"too many", 413),
        Reply(b"<html>"),
        json_reply([]),
        Reply(b"[" * 100_000),
        Reply(b" " * 2_000_000),
    ],
)
def test_ask_together__node_refuses_batches__each_alone_and_never_again(reply: Reply) -> None:
    told, sent, size = ask_together(
        lambda seen: reply if isinstance(seen.rpc, list) else node(seen), max_body_bytes=1_000_000
    )
    assert (fees(told), size) == ([50, 60, 70], 1)
    assert len(sent) == 1 + len(BLOCKS)


def _without_first(calls: list[Any]) -> bytes:
    return json.dumps([element(call) for call in calls[1:]]).encode()


def _first_is_behind(calls: list[Any]) -> bytes:
    error = {"jsonrpc": "2.0", "error": {"code": -32005, "message": "Node is behind"}, "id": calls[0]["id"]}
    return json.dumps([error, *(element(call) for call in calls[1:])]).encode()


def _first_twice(calls: list[Any]) -> bytes:
    return json.dumps([element(calls[0]), *(element(call) for call in calls)]).encode()


def _ids_of_nobody(calls: list[Any]) -> bytes:
    return json.dumps([{**element(calls[0]), "id": 1}, *(element(call) for call in calls[1:])]).encode()


def _last_cut_off(calls: list[Any]) -> bytes:
    return json.dumps([element(call) for call in calls]).encode()[:-40]


@pytest.mark.parametrize(
    "body",
    [_without_first, _first_is_behind, _first_twice, _ids_of_nobody, _last_cut_off],
    ids=lambda one: one.__name__,
)
def test_ask_together__one_element_not_settled__that_question_alone_again(body: Callable[[list[Any]], bytes]) -> None:
    told, sent, _ = ask_together(lambda seen: Reply(body(seen.rpc)) if isinstance(seen.rpc, list) else node(seen))
    assert fees(told) == [50, 60, 70]
    assert len(sent) == 2


def test_grouped__other_methods_alone_and_everybody_gets_some() -> None:
    many = [questions.block(slot) for slot in range(20)]
    assert [len(group) for group in grouped([questions.epoch_info(), *many], 8, 2)] == [1, 8, 8, 4]
    assert [len(group) for group in grouped(many, 100, 4)] == [5, 5, 5, 5]
    assert {len(group) for group in grouped(many, 1, 4)} == {1}


def test_rate_limit__batch__never_more_than_may_go_out_at_once() -> None:
    _, sent, size = ask_together(node, rate_limit={"requests": 20, "per_seconds": 0.1})
    assert size == 2
    assert len(sent) == 3


def test_asking__batched__stored_each_and_not_asked_again(database: Database) -> None:
    async def go(url: str) -> list[Answer]:
        settings = provider(url, batch=10, concurrency=1)
        async with asking(
            database, settings, adapter_for(settings), StoredUnder("chain", EpochNumber(850), "fees")
        ) as ask:
            return await ask(BLOCKS)

    with FaultServer(node) as server:
        first, again = asyncio.run(go(server.url)), asyncio.run(go(server.url))
    assert len(server.seen) == 1
    assert [answer.payload_id for answer in first] == [answer.payload_id for answer in again]
    assert [answer.response_hash for answer in first] == [answer.response_hash for answer in again]

"""Asking an execution node: every proposed block with its receipts, and never a figure of a node that is elsewhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from aurora_pipeline.asking.adapter import Answer, Fetched, FetchScope
from aurora_pipeline.asking.recording import asking_unrecorded
from aurora_pipeline.sources.blocks_told import ExecutedBlock
from aurora_pipeline.sources.evm.ask import EvmRpc
from aurora_pipeline.sources.evm.blocks import blocks_in
from aurora_pipeline.sources.told import Missing
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline_tests.asking.asked import Remembering, provider, whole
from aurora_pipeline_tests.devchain.answers import number_at
from aurora_pipeline_tests.devchain.scopes import scope
from aurora_pipeline_tests.devchain.server import DevChain, serving
from aurora_pipeline_tests.faults.server import FaultServer, Reply, Seen, json_reply

SLOT, NUMBER = 27, number_at(27)
"""The one block of validator 0 in the window."""
Rpc = Callable[[dict[str, Any], Any], Any]


def lying(change: Rpc) -> DevChain:
    """The chain with an execution node whose results are changed; `change` is given the question and the result."""
    chain = DevChain()

    def answer(seen: Seen) -> Reply:
        told = json.loads(chain._execution(seen).body)
        asked = json.loads(seen.body)
        pairs = zip(asked, told, strict=True) if isinstance(asked, list) else [(asked, told)]
        changed = [change(question, one) for question, one in pairs]
        return json_reply(changed if isinstance(asked, list) else changed[0])

    chain.answers[r"/execution/?"] = answer
    return chain


def fetched(chain: DevChain, asked: FetchScope | None = None) -> tuple[list[Fetched], FaultServer]:
    """What the adapter makes of a chain, and the server with what it was asked."""

    async def go(url: str) -> list[Fetched]:
        adapter = EvmRpc("node")
        heard: dict[str, Answer] = {}
        async with asking_unrecorded(provider(f"{url}/execution", adapter.kind), adapter) as ask:
            found = await adapter.fetch("fees", asked or scope(), Remembering(ask, heard))
        return [replace(one, answers=tuple(heard[kept.request_key] for kept in one.answers)) for one in found]

    with serving(chain) as server:
        return asyncio.run(go(server.url)), server


def of_validator_0(chain: DevChain) -> Fetched:
    return fetched(chain, of(0))[0][0]


def of(*places: int) -> FetchScope:
    """The window with some of its validators alone."""
    window = scope()
    return replace(window, validators=tuple(window.validators[place] for place in places))


def told(one: Fetched) -> Mapping[int, ExecutedBlock | Missing]:
    return blocks_in(whole(one.answers), "node")


def test_fetch__the_small_chain__final_for_everybody_with_just_its_own_blocks() -> None:
    asked = scope()
    found, server = fetched(DevChain())
    assert [one.state for one in found] == [FigureState.FINAL] * 64
    for one in found:
        payloads = {slot.payload.number for slot in asked.proposals[one.subject] if slot.payload is not None}
        assert set(told(one)) == payloads
        assert all(isinstance(block, ExecutedBlock) for block in told(one).values())
    assert {json.loads(seen.body)["method"] for seen in server.seen} == {"eth_getBlockByNumber", "eth_getBlockReceipts"}


def test_fetch__proposals_not_staged_yet__waits_and_asks_nobody() -> None:
    found, server = fetched(DevChain(), replace(of(0), proposals={}))
    assert (found[0].state, found[0].answers, server.seen) == (FigureState.PENDING, (), [])
    assert found[0].reason is not None
    assert "beacon node's blocks" in found[0].reason


def test_fetch__validator_that_proposed_nothing__final_and_asks_nothing() -> None:
    found, server = fetched(DevChain(), of(1))
    assert (found[0].state, found[0].answers, server.seen) == (FigureState.FINAL, (), [])


def _null(method: str) -> Rpc:
    def change(question: dict[str, Any], result: Any) -> Any:
        return {**result, "result": None} if question["method"] == method else result

    return change


def _error(code: int) -> Rpc:
    def change(question: dict[str, Any], result: Any) -> Any:
        if question["method"].startswith("eth_getBlock"):
            return {"jsonrpc": "2.0", "id": question["id"], "error": {"code": code, "message": "no"}}
        return result

    return change


def _behind(question: dict[str, Any], result: Any) -> Any:
    head = NUMBER - 1
    if question["method"] == "eth_blockNumber":
        return {**result, "result": hex(head)}
    return {**result, "result": None} if question["method"].startswith("eth_getBlock") else result


def _other_block(question: dict[str, Any], result: Any) -> Any:
    """Another chain's block of the number: whole, and of another hash."""
    if not question["method"].startswith("eth_getBlock"):
        return result
    text = json.dumps(result)
    own = json.loads(text)["result"]
    block_hash = own["hash"] if isinstance(own, dict) else own[0]["blockHash"]
    return json.loads(text.replace(block_hash, "0x" + "99" * 32))


def _receipt_left_out(question: dict[str, Any], result: Any) -> Any:
    is_receipts = question["method"] == "eth_getBlockReceipts"
    return {**result, "result": result["result"][:-1]} if is_receipts else result


@pytest.mark.parametrize(
    ("change", "state", "said"),
    [
        (_behind, FigureState.PENDING, f"node is behind: its newest block is {NUMBER - 1}, not yet {NUMBER}"),
        (_null("eth_getBlockByNumber"), FigureState.UNAVAILABLE, "history missing: node is at block 123 and no longer"),
        (_null("eth_getBlockReceipts"), FigureState.UNAVAILABLE, f"no longer has the receipts of block {NUMBER}"),
        (_error(4444), FigureState.UNAVAILABLE, "history missing: the node has pruned the block (4444: no)"),
        (_error(-32601), FigureState.UNAVAILABLE, "does not know the method (-32601: no)"),
        (_error(-32000), FigureState.PENDING, "could not answer (-32000: no)"),
        (_other_block, FigureState.PENDING, "follows another chain, or is behind; node is of chain 1337"),
        (_receipt_left_out, FigureState.PENDING, "it has 2 transactions, and 1 receipts came"),
    ],
    ids=["behind", "block pruned", "receipts pruned", "4444", "no method", "server error", "other chain", "receipt"],
)
def test_fetch__node_that_cannot_tell__named_and_never_final(change: Rpc, state: FigureState, said: str) -> None:
    one = of_validator_0(lying(change))
    assert (one.state, one.other_may_know) == (state, True)
    assert one.reason is not None
    assert said in one.reason
    assert one.ask_again == {f"eth_getBlockByNumber {NUMBER}", f"eth_getBlockReceipts {NUMBER}"}


def test_fetch__one_of_several_blocks_missing__not_final_and_the_others_told() -> None:
    window = scope()
    place = next(
        place
        for place, one in enumerate(window.validators)
        if sum(slot.payload is not None for slot in window.proposals[one.validator_key]) == 2
    )
    first = window.proposals[window.validators[place].validator_key][0].payload
    assert first is not None

    def change(question: dict[str, Any], result: Any) -> Any:
        about = question.get("params", [None])[:1]
        return {**result, "result": None} if about == [hex(first.number)] else result

    one = fetched(lying(change), of(place))[0][0]
    assert one.state is FigureState.UNAVAILABLE
    missing = [block for block in told(one).values() if isinstance(block, Missing)]
    assert (len(told(one)), len(missing)) == (2, 1)

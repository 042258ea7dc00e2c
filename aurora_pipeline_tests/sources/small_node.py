"""A small chain behind a JSON-RPC server, and the Solana node adapter asking it over a real connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from aurora_pipeline.asking.adapter import (
    Fetched,
    FetchScope,
    ValidatorAsked,
)
from aurora_pipeline.asking.recording import asking_unrecorded
from aurora_pipeline.config.families import Family
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.solana.answers.accounts import STAKE_HISTORY
from aurora_pipeline.sources.solana.answers.votes import VOTE_PROGRAM
from aurora_pipeline.sources.solana.ask import SolanaRpc
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline_tests.asking.asked import NODE, block, fee, provider
from aurora_pipeline_tests.faults.server import FaultServer, Reply, Seen, rpc_error, rpc_result
from aurora_pipeline_tests.sources.solana.test_answers import transaction

EPOCH, FIRST, LAST = EpochNumber(10), 100, 109
PRODUCED = [100, 101, 103, 104, 106, 107, 112]
SCHEDULE = {"id1": [0, 1, 2, 3], "id2": [4, 5, 6, 7], "id3": [8, 9]}

FINAL, PENDING, PARTIAL, UNAVAILABLE = (
    FigureState.FINAL,
    FigureState.PENDING,
    FigureState.PARTIAL,
    FigureState.UNAVAILABLE,
)


class Node:
    """A small chain behind a JSON-RPC server; `replies` override single methods, by function or in turn."""

    def __init__(self, **replies: Callable[[Seen], Reply]) -> None:
        self.replies = replies
        self.stakes: dict[str, Any] = {}
        self.epochs = [EPOCH]

    def __call__(self, seen: Seen) -> Reply:
        method = seen.rpc["method"]
        if method in self.replies:
            return self.replies[method](seen)
        result = getattr(self, method)(*seen.rpc["params"])
        return result if isinstance(result, Reply) else rpc_result(seen, result)

    def getLeaderSchedule(self, slot: int, *_: Any) -> Any:  # noqa: N802 - the method's own name
        return SCHEDULE

    def getBlocks(self, first: int, last: int, *_: Any) -> Any:  # noqa: N802 - the method's own name
        return [slot for slot in PRODUCED if first <= slot <= last]

    def getBlocksWithLimit(self, first: int, limit: int, *_: Any) -> Any:  # noqa: N802 - the method's own name
        return [slot for slot in PRODUCED if first <= slot][:limit]

    def getBlock(self, slot: int, options: Mapping[str, Any]) -> Any:  # noqa: N802 - the method's own name
        if slot not in PRODUCED:
            return rpc_error(-32007, f"Slot {slot} was skipped")
        parent = max([one for one in PRODUCED if one < slot], default=99)
        shown = block(slot, parent, [fee(slot)], time=1_700_000_000 + slot)
        if options["transactionDetails"] == "accounts":
            shown["rewards"] = [fee(2_500)]
            shown["transactions"] = [transaction("id1", 5000, ["v1", VOTE_PROGRAM])]
        return shown

    def getInflationReward(self, addresses: list[str], options: Mapping[str, Any]) -> Any:  # noqa: N802 - its name
        row = {"epoch": options["epoch"], "effectiveSlot": LAST + 1, "amount": 5, "postBalance": 6}
        return [None if address == "none" else row for address in addresses]

    def getEpochInfo(self, *_: Any) -> Any:  # noqa: N802 - the method's own name
        epoch = self.epochs.pop(0) if len(self.epochs) > 1 else self.epochs[0]
        return {"absoluteSlot": epoch * 10 + 5, "epoch": epoch, "slotIndex": 5, "slotsInEpoch": 10, "blockHeight": 1}

    def getEpochSchedule(self) -> Any:  # noqa: N802 - the method's own name
        return {
            "slotsPerEpoch": 10,
            "leaderScheduleSlotOffset": 10,
            "warmup": False,
            "firstNormalEpoch": 0,
            "firstNormalSlot": 0,
        }

    def getVoteAccounts(self, *_: Any) -> Any:  # noqa: N802 - the method's own name
        row = {"votePubkey": "v1", "nodePubkey": "id1", "activatedStake": 7, "commission": 5}
        return {"current": [row], "delinquent": []}

    def getMultipleAccounts(self, addresses: list[str], *_: Any) -> Any:  # noqa: N802 - the method's own name
        info = {
            "nodePubkey": "id1",
            "inflationRewardsCommissionBps": 700,
            "inflationRewardsCollector": "treasury",
            "epochCredits": [{"epoch": EPOCH, "credits": "170", "previousCredits": "10"}],
        }
        shown: Any = {"type": "vote", "info": info}
        if addresses == [STAKE_HISTORY]:
            shown = {"type": "stakeHistory", "info": []}
        if addresses[0] == "none":
            return {"context": {"slot": 1}, "value": [self.stakes.get(address) for address in addresses]}
        return {"context": {"slot": 1}, "value": [{"data": {"parsed": shown}} for _ in addresses]}

    def getProgramAccounts(self, *_: Any) -> Any:  # noqa: N802 - the method's own name
        return []


def scope(*validators: str, **fields: Any) -> FetchScope:
    """Validators v1, v2 ... with the identities id1, id2 ..."""
    asked = tuple(ValidatorAsked(f"v{name}", f"id{name}") for name in validators or ("1",))
    return FetchScope("chain", EPOCH, FIRST, LAST, **({"validators": asked, "family": Family.SOLANA} | fields))


def run(server: FaultServer, call: Callable[..., Any], **settings: Any) -> Any:
    """`call(adapter, ask)` over a real connection."""

    async def go() -> Any:
        adapter = SolanaRpc(NODE)
        async with asking_unrecorded(provider(server.url, **settings), adapter) as ask:
            return await call(adapter, ask)

    return asyncio.run(go())


def fetch(node: Node, data_type: str, of: FetchScope) -> dict[str, Fetched]:
    with FaultServer(node) as server:
        fetched = run(server, lambda adapter, ask: adapter.fetch(data_type, of, ask))
    return {one.subject: one for one in fetched}


def observe(node: Node, data_type: str, of: FetchScope) -> dict[str, Fetched]:
    with FaultServer(node) as server:
        fetched = run(server, lambda adapter, ask: adapter.observe(data_type, of, ask))
    return {one.subject: one for one in fetched}


def methods(one: Fetched) -> list[str]:
    return [str(answer.request_key).rsplit(" none", 1)[0] for answer in one.answers]


def always(code: int) -> Callable[[Seen], Reply]:
    return lambda seen: rpc_error(code, "the node's words")

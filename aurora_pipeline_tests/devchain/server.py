"""The generated chain behind HTTP: `with serving() as server`, then server.url is the beacon node's base_url.

The execution node answers at `server.url + "/execution"`, the relays at `/relay_a` and `/relay_b`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from typing import Any, Final
from urllib.parse import unquote

from aurora_pipeline_tests.devchain.files import held
from aurora_pipeline_tests.faults.server import FaultServer, Reply, Seen, json_reply

FINALIZED: Final = 17
"""Epochs of which the chain says that they are final; its own last blocks are of epoch 15."""
RELAY_ROWS_MAX: Final = 200


@cache
def pubkeys() -> dict[str, str]:
    """Public keys by index."""
    return {one["index"]: one["validator"]["pubkey"] for one in held("validators_by_slot")["0"]}


def not_found(seen: Seen) -> Reply:
    """What the standard says of an unknown block or state."""
    return json_reply({"code": 404, "message": f"not found: {seen.path}"}, 404)


class DevChain:
    """The handler. What a test changes: attributes, or `answers` by path, which come before the chain's own."""

    def __init__(self, finalized: int = FINALIZED) -> None:
        self.finalized = finalized
        self.genesis: Any = held("genesis")
        self.spec: Any = held("spec_excerpt")
        self.syncing: dict[str, Any] = {"is_syncing": False, "is_optimistic": False, "el_offline": False}
        self.answers: dict[str, Callable[[Seen], Reply]] = {}
        """By a pattern of the whole path."""

    def __call__(self, seen: Seen) -> Reply:
        for pattern, answer in self.answers.items():
            if re.fullmatch(pattern, unquote(seen.path)):
                return answer(seen)
        for pattern, own in _ENDPOINTS.items():
            found = re.fullmatch(pattern, seen.path)
            if found is not None:
                return own(self, seen, *found.groups())
        return not_found(seen)

    def _genesis(self, seen: Seen) -> Reply:
        return json_reply(self.genesis)

    def _spec(self, seen: Seen) -> Reply:
        return json_reply(self.spec)

    def _syncing(self, seen: Seen) -> Reply:
        return json_reply({"data": {"head_slot": "127", "sync_distance": "0", **self.syncing}})

    def _finality(self, seen: Seen) -> Reply:
        checkpoint = {"epoch": str(self.finalized), "root": _synthetic_root(self.finalized)}
        names = ("previous_justified", "current_justified", "finalized")
        return json_reply({"data": dict.fromkeys(names, checkpoint), "execution_optimistic": False})

    def _header(self, seen: Seen, slot: str) -> Reply:
        header = headers().get(slot)
        return json_reply(header) if header is not None else not_found(seen)

    def _block(self, seen: Seen, slot: str) -> Reply:
        block = blocks().get(slot)
        return not_found(seen) if block is None else json_reply(block)

    def _validators(self, seen: Seen, slot: str) -> Reply:
        listed = held("validators_by_slot").get("127" if slot == "finalized" else slot)
        if listed is None:
            return not_found(seen)
        ids = set(json.loads(seen.body)["ids"] if seen.verb == "POST" else _ids(seen))
        wanted = [one for one in listed if not ids or one["index"] in ids or one["validator"]["pubkey"] in ids]
        return json_reply({"execution_optimistic": False, "finalized": True, "data": wanted})

    def _attestations(self, seen: Seen, epoch: str) -> Reply:
        whole = held("rewards_attestations_by_epoch").get(epoch)
        if whole is None:
            return not_found(seen)
        rewards = _of(seen, whole["data"]["total_rewards"])
        return json_reply({**whole, "data": {**whole["data"], "total_rewards": rewards}})

    def _block_rewards(self, seen: Seen, slot: str) -> Reply:
        return _one_of("rewards_blocks_by_slot", seen, slot)

    def _sync_rewards(self, seen: Seen, slot: str) -> Reply:
        whole = held("rewards_sync_committee_by_slot").get(slot)
        return not_found(seen) if whole is None else json_reply({**whole, "data": _of(seen, whole["data"])})

    def _duties(self, seen: Seen, epoch: str) -> Reply:
        duties = held("proposer_duties_by_epoch").get(epoch)
        if duties is None:
            return not_found(seen)
        return json_reply({"dependent_root": _synthetic_root(0), "execution_optimistic": False, "data": duties})

    def _execution(self, seen: Seen) -> Reply:
        asked = json.loads(seen.body)
        if isinstance(asked, list):
            return json_reply([_rpc_answer(one) for one in asked])
        return json_reply(_rpc_answer(asked))

    def _relay(self, seen: Seen, relay: str) -> Reply:
        if "slot" in seen.query and "cursor" in seen.query:
            return json_reply({"code": 400, "message": "cannot specify both slot and cursor"}, 400)
        limit = int(seen.query.get("limit", RELAY_ROWS_MAX))
        if limit > RELAY_ROWS_MAX:
            return json_reply({"code": 400, "message": f"maximum limit is {RELAY_ROWS_MAX}"}, 400)
        return json_reply(list(_delivered(relay, seen.query))[:limit])


_ENDPOINTS: Final[Mapping[str, Callable[..., Reply]]] = {
    r"/eth/v1/beacon/genesis": DevChain._genesis,
    r"/eth/v1/config/spec": DevChain._spec,
    r"/eth/v1/node/syncing": DevChain._syncing,
    r"/eth/v1/beacon/states/head/finality_checkpoints": DevChain._finality,
    r"/eth/v1/beacon/headers/(\d+)": DevChain._header,
    r"/eth/v2/beacon/blocks/(\d+)": DevChain._block,
    r"/eth/v1/beacon/states/(\d+|finalized)/validators": DevChain._validators,
    r"/eth/v1/beacon/rewards/attestations/(\d+)": DevChain._attestations,
    r"/eth/v1/beacon/rewards/blocks/(\d+)": DevChain._block_rewards,
    r"/eth/v1/beacon/rewards/sync_committee/(\d+)": DevChain._sync_rewards,
    r"/eth/v1/validator/duties/proposer/(\d+)": DevChain._duties,
    r"/execution/?": DevChain._execution,
    r"/(relay_[ab])/relay/v1/data/bidtraces/proposer_payload_delivered": DevChain._relay,
}


@contextmanager
def serving(chain: DevChain | None = None) -> Iterator[FaultServer]:
    """The chain on a port of this machine."""
    with FaultServer(chain or DevChain()) as server:
        yield server


@cache
def blocks() -> dict[str, Any]:
    """Blocks by slot. Their raw transactions were left out when they were recorded: empty ones stand in for them."""
    found = {}
    for slot, block in held("blocks_by_slot").items():
        found[slot] = json.loads(json.dumps(block))
        payload = found[slot]["data"]["message"]["body"]["execution_payload"]
        payload["transactions"] = ["0x02"] * len(held("execution_by_slot")[slot]["block"]["transactions"])
    return found


@cache
def headers() -> dict[str, Any]:
    """Headers by slot: a block's root is what the next block calls its parent."""
    blocks = held("blocks_by_slot")
    slots = sorted(map(int, blocks))
    roots = {slots[-1]: _synthetic_root(slots[-1])}
    for slot, later in pairwise(slots):
        roots[slot] = blocks[str(later)]["data"]["message"]["parent_root"]
    return {str(slot): _header_of(blocks[str(slot)]["data"]["message"], root) for slot, root in roots.items()}


def _header_of(message: Mapping[str, Any], root: str) -> dict[str, Any]:
    kept = {name: message[name] for name in ("slot", "proposer_index", "parent_root", "state_root")}
    header = {"root": root, "canonical": True, "header": {"message": {**kept, "body_root": root}, "signature": "0x00"}}
    return {"execution_optimistic": False, "finalized": True, "data": header}


def _one_of(name: str, seen: Seen, key: str) -> Reply:
    found = held(name).get(key)
    return not_found(seen) if found is None else json_reply(found)


def _of(seen: Seen, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows of those who were asked about; of everyone where nobody was named."""
    ids = set(json.loads(seen.body or b"[]") or [])
    named = pubkeys()
    return [row for row in rows if not ids or row["validator_index"] in ids or named[row["validator_index"]] in ids]


def _ids(seen: Seen) -> list[str]:
    return [one for name, value in seen.parameters if name == "id" for one in value.split(",")]


def _synthetic_root(number: int) -> str:
    return "0x" + hashlib.sha256(f"root {number}".encode()).hexdigest()


def _rpc_answer(asked: Mapping[str, Any]) -> dict[str, Any]:
    by_number = {int(one["block"]["number"], 16): one for one in held("execution_by_slot").values()}
    method, params = asked["method"], asked.get("params", [])
    start = {"jsonrpc": "2.0", "id": asked["id"]}
    if method == "eth_chainId":
        return {**start, "result": "0x539"}
    if method == "eth_blockNumber":
        return {**start, "result": hex(max(by_number))}
    if method not in ("eth_getBlockByNumber", "eth_getBlockReceipts"):
        return {**start, "error": {"code": -32601, "message": f"the method {method} does not exist"}}
    tag = params[0]
    found = by_number.get(max(by_number) if tag in ("latest", "safe", "finalized") else int(tag, 16))
    if found is None:
        return {**start, "result": None}
    if method == "eth_getBlockReceipts":
        return {**start, "result": found["receipts"]}
    block = found["block"]
    if not params[1]:
        hashes = [one if isinstance(one, str) else one["hash"] for one in block["transactions"]]
        block = {**block, "transactions": hashes}
    return {**start, "result": block}


def _delivered(relay: str, query: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for row in held(f"{relay}_proposer_payload_delivered"):
        same = all(row[name] == query[name] for name in ("slot", "block_hash", "proposer_pubkey") if name in query)
        if same and int(row["slot"]) <= int(query.get("cursor", row["slot"])):
            yield row

"""How a beacon node answers: its envelope, its errors, and what it takes for the id of a block, state or validator."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from aurora_pipeline.demo.ethereum.node import SimulatedNode

VERSION = "electra"
_NUMBER, _ROOT, _PUBKEY = re.compile(r"[0-9]{1,20}\Z"), re.compile(r"0x[0-9a-f]{64}\Z"), re.compile(r"0x[0-9a-f]{96}\Z")


class BeaconError(Exception):
    """An answer other than 200, with the node's words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def envelope(node: SimulatedNode, data: Any, *, finalized: bool, version: bool = False) -> dict[str, Any]:
    """An answer with the flags that say how far to trust it."""
    told: dict[str, Any] = {"version": VERSION} if version else {}
    if not node.condition.is_lodestar:
        told |= {"execution_optimistic": node.condition.is_optimistic, "finalized": finalized}
    return {**told, "data": data}


def error_body(node: SimulatedNode, error: BeaconError) -> dict[str, Any]:
    """What the body of an error says."""
    if node.condition.is_lodestar:
        name = {400: "Bad Request", 404: "Not Found", 414: "URI Too Long", 503: "Service Unavailable"}.get(
            error.status, "Internal Server Error"
        )
        return {"statusCode": error.status, "error": name, "message": str(error)}
    return {"code": error.status, "message": str(error)}


def block_slot(node: SimulatedNode, block_id: str) -> int:
    """The slot of the block that an id names."""
    named = {"head": node.head_slot, "genesis": 0, "finalized": node.block_slot_until(node.finalized_slot)}
    slot: int | None
    if block_id in named:
        slot = named[block_id]
    elif _NUMBER.match(block_id):
        slot = int(block_id)
    elif _ROOT.match(block_id.lower()):
        slot = node.slot_of_root(block_id.lower())
    else:
        raise BeaconError(400, f"Invalid block ID: {block_id}")
    if slot is None or not node.has_block(slot):
        raise BeaconError(404, f"NOT_FOUND: beacon block {block_id}")
    return slot


def state_slot(node: SimulatedNode, state_id: str) -> int:
    """The slot of the state that an id names."""
    parameters, finality = node.parameters, node.finality
    named = {
        "head": node.head_slot,
        "genesis": 0,
        "finalized": parameters.first_slot(finality.finalized),
        "justified": parameters.first_slot(finality.current_justified),
    }
    slot: int | None
    if state_id in named:
        slot = named[state_id]
    elif _NUMBER.match(state_id):
        slot = int(state_id)
    elif _ROOT.match(state_id.lower()):
        slot = node.slot_of_state(state_id.lower())
    else:
        raise BeaconError(400, f"Invalid state ID: {state_id}")
    if slot is None or not node.has_state(slot):
        raise BeaconError(404, f"NOT_FOUND: beacon state {state_id}")
    return slot


def epoch_number(text: str) -> int:
    """An epoch from a path."""
    if not _NUMBER.match(text):
        raise BeaconError(400, f"Invalid epoch: {text}")
    return int(text)


def validator_indices(node: SimulatedNode, ids: Iterable[Any], slot: int) -> list[int] | None:
    """The validators that ids name in the state of a slot, the unknown left out; None where none is named: all."""
    known = node.balances(slot)
    found: dict[int, None] = {}
    is_asked = False
    for one in ids:
        is_asked = True
        if isinstance(one, str) and _NUMBER.match(one):
            index: int | None = int(one)
        elif isinstance(one, str) and _PUBKEY.match(one.lower()):
            index = node.world.cast.index_by_pubkey.get(one.lower())
        else:
            raise BeaconError(400, f"Invalid validator ID: {one}")
        if index is not None and index < len(known):
            found[index] = None
    return list(found) if is_asked else None

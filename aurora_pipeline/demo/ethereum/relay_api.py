"""The data API of the simulated relays: the payloads they say they delivered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from aurora_pipeline.demo.ethereum.building import GAS_LIMIT
from aurora_pipeline.demo.ethereum.execution import Claim
from aurora_pipeline.demo.ethereum.node import SimulatedNode

_MOST = 200
_KNOWN = re.compile(r"0x[0-9a-fA-F]+\Z")
_LENGTHS = {"block_hash": 66, "proposer_pubkey": 98, "builder_pubkey": 98}


class RelayError(Exception):
    """An answer of 400, with the relay's words."""


def error_body(error: RelayError) -> dict[str, Any]:
    return {"code": 400, "message": str(error)}


def delivered(node: SimulatedNode, relay: str, query: Mapping[str, str]) -> list[dict[str, str]]:
    """The newest payloads of a relay that fit, at most as many as asked for."""
    slot, cursor, number = (_number(query, name) for name in ("slot", "cursor", "block_number"))
    if slot is not None and cursor is not None:
        raise RelayError("cannot specify both slot and cursor")
    limit = _number(query, "limit")
    if limit is not None and limit > _MOST:
        raise RelayError(f"maximum limit is {_MOST}")
    wanted = {name: _text(query, name) for name in _LENGTHS}
    order = query.get("order_by")
    if order not in (None, "value", "-value"):
        raise RelayError("invalid order_by argument")
    newest = node.wall_slot if cursor is None else min(cursor, node.wall_slot)
    slots = range(newest, 0, -1) if slot is None else range(slot, slot - 1, -1) if 0 < slot <= node.wall_slot else ()
    found: list[dict[str, str]] = []
    for row in _rows(node, relay, slots):
        if number not in (None, int(row["block_number"])) or any(
            text is not None and row[name] != text for name, text in wanted.items()
        ):
            continue
        found.append(row)
        if order is None and len(found) == (_MOST if limit is None else limit):
            break
    if order is not None:
        found.sort(key=lambda row: int(row["value"]), reverse=order == "-value")
    return found[: _MOST if limit is None else limit]


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None or text == "":
        return None
    if not (text.isascii() and text.isdecimal() and int(text) < 2**64):
        raise RelayError(f"invalid {name} argument")
    return int(text)


def _text(query: Mapping[str, str], name: str) -> str | None:
    text = query.get(name)
    if text is None or text == "":
        return None
    if len(text) != _LENGTHS[name] or not _KNOWN.match(text):
        raise RelayError(f"invalid {name} argument")
    return text.lower()


def _rows(node: SimulatedNode, relay: str, slots: range | tuple[()]) -> Iterator[dict[str, str]]:
    for slot in slots:
        for claim in node.execution.claims(slot):
            if claim.relay == relay:
                yield _row(node, claim)


def _row(node: SimulatedNode, claim: Claim) -> dict[str, str]:
    parameters, proposer = node.parameters, node.world.cast.by_index[claim.proposer]
    parent = node.execution.numbered(claim.number - 1)
    # The hash is the chain's own, whatever a node sees on another fork.
    known = ("block hash", claim.slot) if claim.is_canonical else ("block hash of", claim.relay, claim.slot)
    return {
        "slot": str(claim.slot),
        "parent_hash": parameters.hex("block hash", parent.slot if parent else 0),
        "block_hash": parameters.hex(*known),
        "builder_pubkey": parameters.hex("builder key", claim.builder, size=48),
        "proposer_pubkey": proposer.pubkey,
        "proposer_fee_recipient": claim.recipient,
        "gas_limit": str(GAS_LIMIT),
        "gas_used": str(claim.gas_used),
        "value": str(claim.value),
        "num_tx": str(claim.transactions),
        "block_number": str(claim.number),
    }

"""Reading blocks: who proposed them, what their execution payload is, and what they move in and out of balances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from aurora_pipeline.asking.reading import Node, reader
from aurora_pipeline.foundation.units import Gwei, Wei
from aurora_pipeline.sources.beacon.answers.envelope import data, gwei, hexadecimal, is_final
from aurora_pipeline.store.payloads.answers import Answer

ROOT_BYTES: Final = 32
ADDRESS_BYTES: Final = 20
KEY_BYTES: Final = 48
_U256_MAX: Final = 2**256 - 1
_NO_HASH: Final = "0x" + "00" * ROOT_BYTES


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Balance that left a validator for an address."""

    index: int
    validator_index: int
    address: str
    amount: Gwei


@dataclass(frozen=True, slots=True)
class Deposit:
    """Money that came into the chain for a validator, be it a new one."""

    pubkey: str
    withdrawal_credentials: str
    amount: Gwei


@dataclass(frozen=True, slots=True)
class ConsolidationRequest:
    """Somebody asked that one validator's balance be moved to another; or, of one to itself, that it compounds."""

    source_address: str
    source_pubkey: str
    target_pubkey: str


@dataclass(frozen=True, slots=True)
class ExecutionPayload:
    """The execution block inside a beacon block. Addresses are in small letters, however the client spells them."""

    block_number: int
    block_hash: str
    parent_hash: str
    fee_recipient: str
    base_fee_per_gas: Wei
    timestamp: int
    withdrawals: tuple[Withdrawal, ...]


@dataclass(frozen=True, slots=True)
class BeaconBlock:
    """One block of the chain."""

    slot: int
    proposer_index: int
    parent_root: str
    payload: ExecutionPayload | None
    """None before there was any (before the merge)."""
    deposits: tuple[Deposit, ...]
    """Those that a block of the old bridge carries and those that the execution layer requested, together."""
    consolidation_requests: tuple[ConsolidationRequest, ...]


@reader
def read_block(answer: Answer, provider: str) -> BeaconBlock | None:
    """/eth/v2/beacon/blocks/{slot}; None where the node has no block of the slot: a missed one, or forgotten."""
    if answer.status == 404:
        return None
    told = data(answer, provider)
    if is_final(answer, provider) is False:
        told.refuse("the block is not final")
    message = told["message"]
    body = message["body"]
    payload = body.get("execution_payload")
    requests = body.get("execution_requests")
    return BeaconBlock(
        slot=message["slot"].whole_text(),
        proposer_index=message["proposer_index"].whole_text(),
        parent_root=hexadecimal(message["parent_root"], ROOT_BYTES),
        payload=None if payload is None else _payload(payload),
        deposits=tuple(_deposits(body, requests)),
        consolidation_requests=tuple(_consolidations(requests)),
    )


def _payload(told: Node) -> ExecutionPayload | None:
    block_hash = hexadecimal(told["block_hash"], ROOT_BYTES)
    if block_hash == _NO_HASH:
        return None
    withdrawals = told.get("withdrawals")
    return ExecutionPayload(
        block_number=told["block_number"].whole_text(),
        block_hash=block_hash,
        parent_hash=hexadecimal(told["parent_hash"], ROOT_BYTES),
        fee_recipient=hexadecimal(told["fee_recipient"], ADDRESS_BYTES),
        base_fee_per_gas=Wei(told["base_fee_per_gas"].whole_text(_U256_MAX)),
        timestamp=told["timestamp"].whole_text(),
        withdrawals=() if withdrawals is None else tuple(map(_withdrawal, withdrawals.items())),
    )


def _withdrawal(told: Node) -> Withdrawal:
    return Withdrawal(
        told["index"].whole_text(),
        told["validator_index"].whole_text(),
        hexadecimal(told["address"], ADDRESS_BYTES),
        gwei(told["amount"]),
    )


def _deposits(body: Node, requests: Node | None) -> Iterator[Deposit]:
    of_bridge = body.get("deposits")
    requested = None if requests is None else requests.get("deposits")
    found = [one["data"] for one in of_bridge.items()] if of_bridge is not None else []
    found += requested.items() if requested is not None else []
    for one in found:
        yield Deposit(
            hexadecimal(one["pubkey"], KEY_BYTES),
            hexadecimal(one["withdrawal_credentials"], ROOT_BYTES),
            gwei(one["amount"]),
        )


def _consolidations(requests: Node | None) -> Iterator[ConsolidationRequest]:
    told = None if requests is None else requests.get("consolidations")
    for one in told.items() if told is not None else []:
        yield ConsolidationRequest(
            hexadecimal(one["source_address"], ADDRESS_BYTES),
            hexadecimal(one["source_pubkey"], KEY_BYTES),
            hexadecimal(one["target_pubkey"], KEY_BYTES),
        )

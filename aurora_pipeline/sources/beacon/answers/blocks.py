"""Reading blocks: who proposed them, what their execution payload is, and what they move in and out of balances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from aurora_pipeline.asking.proposals import Payload
from aurora_pipeline.asking.reading import Node, reader
from aurora_pipeline.foundation.units import Gwei, Wei
from aurora_pipeline.sources.beacon.answers.envelope import data, gwei
from aurora_pipeline.sources.hex_values import U256_MAX, address_of, hash_of, public_key_of
from aurora_pipeline.store.payloads.answers import Answer

_NO_HASH: Final = "0x" + "00" * 32


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
class BeaconBlock:
    """One block of the chain."""

    slot: int
    proposer_index: int
    parent_root: str
    payload: Payload | None
    """The execution block inside it; None before there was any (before the merge)."""
    execution_parent: str | None
    """The hash of the execution block before it: that of the beacon block before it."""
    withdrawals: tuple[Withdrawal, ...]
    deposits: tuple[Deposit, ...]
    """Those that a block of the old bridge carries and those that the execution layer requested, together."""
    consolidation_requests: tuple[ConsolidationRequest, ...]


@reader
def read_block(answer: Answer, provider: str) -> BeaconBlock | None:
    """/eth/v2/beacon/blocks/{slot}; None where the node has no block of the slot: a missed one, or forgotten."""
    if answer.status == 404:
        return None
    told = data(answer, provider, "the block is")
    message = told["message"]
    body = message["body"]
    execution, requests = body.get("execution_payload"), body.get("execution_requests")
    payload = None if execution is None else _payload(execution)
    withdrawals = None if execution is None else execution.get("withdrawals")
    return BeaconBlock(
        slot=message["slot"].whole_text(),
        proposer_index=message["proposer_index"].whole_text(),
        parent_root=hash_of(message["parent_root"]),
        payload=payload,
        execution_parent=None if execution is None or payload is None else hash_of(execution["parent_hash"]),
        withdrawals=() if withdrawals is None else tuple(map(_withdrawal, withdrawals.items())),
        deposits=tuple(_deposits(body, requests)),
        consolidation_requests=tuple(_consolidations(requests)),
    )


def _payload(told: Node) -> Payload | None:
    block_hash = hash_of(told["block_hash"])
    if block_hash == _NO_HASH:
        return None
    return Payload(
        number=told["block_number"].whole_text(),
        block_hash=block_hash,
        # Some clients write it with the checksum's capitals, execution nodes without.
        fee_recipient=address_of(told["fee_recipient"]),
        base_fee=Wei(told["base_fee_per_gas"].whole_text(U256_MAX)),
        gas_used=told["gas_used"].whole_text(),
    )


def _withdrawal(told: Node) -> Withdrawal:
    return Withdrawal(
        told["index"].whole_text(),
        told["validator_index"].whole_text(),
        address_of(told["address"]),
        gwei(told["amount"]),
    )


def _deposits(body: Node, requests: Node | None) -> Iterator[Deposit]:
    of_bridge = body.get("deposits")
    requested = None if requests is None else requests.get("deposits")
    found = [one["data"] for one in of_bridge.items()] if of_bridge is not None else []
    found += requested.items() if requested is not None else []
    for one in found:
        yield Deposit(
            public_key_of(one["pubkey"]),
            hash_of(one["withdrawal_credentials"]),
            gwei(one["amount"]),
        )


def _consolidations(requests: Node | None) -> Iterator[ConsolidationRequest]:
    told = None if requests is None else requests.get("consolidations")
    for one in told.items() if told is not None else []:
        yield ConsolidationRequest(
            address_of(one["source_address"]),
            public_key_of(one["source_pubkey"]),
            public_key_of(one["target_pubkey"]),
        )

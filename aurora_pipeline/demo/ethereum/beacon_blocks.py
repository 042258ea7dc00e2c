"""What the simulated beacon node tells of its blocks: headers, and whole blocks with their execution payload."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from aurora_pipeline.demo.ethereum.beacon_answers import BeaconError, block_slot, envelope
from aurora_pipeline.demo.ethereum.building import GAS_LIMIT, ZERO_ADDRESS
from aurora_pipeline.demo.ethereum.execution import BuiltBlock
from aurora_pipeline.demo.ethereum.node import ZERO_ROOT, SimulatedNode
from aurora_pipeline.demo.ethereum.plot import Event, Kind
from aurora_pipeline.demo.ethereum.state import Included, ProposedBlock
from aurora_pipeline.foundation.addresses import checksummed

EMPTY_BLOOM = "0x" + "00" * 256
_NO_SIGNATURE = "0x" + "00" * 96
_RAW_TRANSACTION_BYTES = 110


def header(node: SimulatedNode, block_id: str) -> Any:
    slot = block_slot(node, block_id)
    return envelope(node, _header(node, slot), finalized=slot <= node.finalized_slot)


def headers(node: SimulatedNode, query: Mapping[str, str]) -> Any:
    """The headers of a slot, or the children of a block; the head's without either."""
    slot = node.head_slot
    if "slot" in query:
        if not query["slot"].isdecimal():
            raise BeaconError(400, f"Invalid slot: {query['slot']}")
        slot = int(query["slot"])
    elif "parent_root" in query:
        parent = node.slot_of_root(query["parent_root"].lower())
        later = range((node.head_slot if parent is None else parent) + 1, node.head_slot + 1)
        slot = next((number for number in later if node.has_block(number)), node.head_slot + 1)
    found = [_header(node, slot)] if node.has_block(slot) else []
    if "parent_root" in query:
        found = [one for one in found if one["header"]["message"]["parent_root"] == query["parent_root"].lower()]
    return envelope(node, found, finalized=slot <= node.finalized_slot)


def block_root(node: SimulatedNode, block_id: str) -> Any:
    slot = block_slot(node, block_id)
    return envelope(node, {"root": node.root(slot)}, finalized=slot <= node.finalized_slot)


def _header(node: SimulatedNode, slot: int) -> dict[str, Any]:
    message = {
        "slot": str(slot),
        "proposer_index": str(_proposer(node, slot)),
        "parent_root": _parent_root(node, slot),
        "state_root": node.state_root(slot),
        "body_root": node.parameters.hex("body", slot),
    }
    signature = node.parameters.hex("signature", slot, size=96) if slot else _NO_SIGNATURE
    return {"root": node.root(slot), "canonical": True, "header": {"message": message, "signature": signature}}


def _proposer(node: SimulatedNode, slot: int) -> int:
    block = node.world.block(slot)
    return block.proposer if block else 0


def _parent_root(node: SimulatedNode, slot: int) -> str:
    return node.root(node.block_slot_until(slot - 1)) if slot else ZERO_ROOT


def block(node: SimulatedNode, block_id: str) -> Any:
    """A whole block."""
    slot = block_slot(node, block_id)
    message = {
        "slot": str(slot),
        "proposer_index": str(_proposer(node, slot)),
        "parent_root": _parent_root(node, slot),
        "state_root": node.state_root(slot),
        "body": _body(node, slot),
    }
    signature = node.parameters.hex("signature", slot, size=96) if slot else _NO_SIGNATURE
    data = {"message": message, "signature": signature}
    return envelope(node, data, finalized=slot <= node.finalized_slot, version=True)


def _body(node: SimulatedNode, slot: int) -> dict[str, Any]:
    held, parameters = node.world.block(slot), node.parameters
    executed = node.execution.at_slot(slot)
    operations = held.operations if held else []
    blobs = sum(one.blobs for one in executed.transactions) if executed else 0
    return {
        "randao_reveal": parameters.hex("randao reveal", slot, size=96),
        "eth1_data": {"deposit_root": ZERO_ROOT, "deposit_count": "0", "block_hash": ZERO_ROOT},
        "graffiti": ZERO_ROOT,
        "proposer_slashings": [_slashing(node, slot, one) for one in operations if one.kind is Kind.SLASHING],
        "attester_slashings": [],
        "attestations": [_attestation(node, one) for one in held.attestations] if held else [],
        "deposits": [],
        "voluntary_exits": [_exit(node, slot, one) for one in operations if one.kind is Kind.EXIT],
        "sync_aggregate": _sync_aggregate(node, slot, held),
        "execution_payload": _payload(node, slot, executed),
        "bls_to_execution_changes": [],
        "blob_kzg_commitments": [parameters.hex("blob", slot, number, size=48) for number in range(blobs)],
        "execution_requests": {
            "deposits": [_deposit(node, slot, one) for one in operations if one.kind is Kind.DEPOSIT],
            "withdrawals": [_withdrawal(node, one) for one in operations if one.kind is Kind.WITHDRAWAL_REQUEST],
            "consolidations": [
                _consolidation(node, one) for one in operations if one.kind is Kind.CONSOLIDATION_REQUEST
            ],
        },
    }


def _sync_aggregate(node: SimulatedNode, slot: int, held: ProposedBlock | None) -> dict[str, str]:
    bits = held.took_part if held else [False] * node.parameters.sync_committee_size
    return {
        "sync_committee_bits": _bits(list(bits)),
        "sync_committee_signature": node.parameters.hex("sync", slot, size=96),
    }


def _bits(values: list[bool]) -> str:
    """A bit vector as bytes, the first bit the lowest of the first byte."""
    number = sum(1 << position for position, is_set in enumerate(values) if is_set)
    return "0x" + number.to_bytes((len(values) + 7) // 8, "little").hex()


def _attestation(node: SimulatedNode, one: Included) -> dict[str, Any]:
    parameters, epoch = node.parameters, node.parameters.epoch_of(one.slot)
    head = node.block_slot_until(one.slot)
    justified = node.world.epoch(epoch).finality.current_justified
    root = node.root(head) if one.is_right_head else node.root(node.block_slot_until(max(head - 1, 0)))
    return {
        # The last bit says where the list ends.
        "aggregation_bits": _bits([True] * (len(one.voters) + 1)),
        "data": {
            "slot": str(one.slot),
            "index": "0",
            "beacon_block_root": root,
            "source": {"epoch": str(justified), "root": node.checkpoint_root(justified) if justified else ZERO_ROOT},
            "target": {"epoch": str(epoch), "root": node.checkpoint_root(epoch)},
        },
        "signature": parameters.hex("aggregate", one.slot, len(one.voters), size=96),
        "committee_bits": "0x01" if parameters.is_minimal else "0x01" + "00" * 7,
    }


def _slashing(node: SimulatedNode, slot: int, event: Event) -> dict[str, Any]:
    """Two headers that one proposer signed for one slot."""
    first = node.parameters.first_slot(node.parameters.epoch_of(slot))
    signed = [
        {
            "message": {
                "slot": str(first),
                "proposer_index": str(event.validator),
                "parent_root": _parent_root(node, first),
                "state_root": node.parameters.hex("slashed state", slot, number),
                "body_root": node.parameters.hex("slashed body", slot, number),
            },
            "signature": node.parameters.hex("slashed", slot, number, size=96),
        }
        for number in (1, 2)
    ]
    return {"signed_header_1": signed[0], "signed_header_2": signed[1]}


def _exit(node: SimulatedNode, slot: int, event: Event) -> dict[str, Any]:
    message = {"epoch": str(node.parameters.epoch_of(slot)), "validator_index": str(event.validator)}
    return {"message": message, "signature": node.parameters.hex("exit", event.validator, size=96)}


def _deposit(node: SimulatedNode, slot: int, event: Event) -> dict[str, str]:
    queued = next(
        one
        for one in node.world.state.deposits.at(slot)
        if one.slot == slot and one.pubkey == node.world.cast.by_index[event.validator].pubkey
    )
    credentials = f"0x{'02' if queued.is_compounding else '01'}{'00' * 11}{queued.withdrawal_address[2:]}"
    return {
        "pubkey": queued.pubkey,
        "withdrawal_credentials": credentials,
        "amount": str(event.amount),
        "signature": node.parameters.hex("deposit", queued.pubkey, slot, size=96),
        "index": str(node.world.plot.deposits_before(event)),
    }


def _withdrawal(node: SimulatedNode, event: Event) -> dict[str, str]:
    validator = node.world.cast.by_index[event.validator]
    return {
        "source_address": validator.withdrawal_address,
        "validator_pubkey": validator.pubkey,
        "amount": str(event.amount),
    }


def _consolidation(node: SimulatedNode, event: Event) -> dict[str, str]:
    source, target = (node.world.cast.by_index[index] for index in (event.validator, event.target))
    return {
        "source_address": source.withdrawal_address,
        "source_pubkey": source.pubkey,
        "target_pubkey": target.pubkey,
    }


def _payload(node: SimulatedNode, slot: int, executed: BuiltBlock | None) -> dict[str, Any]:
    """The execution block; genesis has an empty one."""
    if executed is None:
        return _NO_PAYLOAD
    parameters, number = node.parameters, executed.number
    parent = node.execution.numbered(number - 1)
    return {
        "parent_hash": node.block_hash(parent.slot if parent else 0),
        "fee_recipient": _mixed_case(executed.draft.fee_recipient),
        "state_root": parameters.hex("execution state", slot),
        "receipts_root": parameters.hex("receipts", slot),
        "logs_bloom": EMPTY_BLOOM,
        "prev_randao": parameters.hex("randao", slot),
        "block_number": str(number),
        "gas_limit": str(GAS_LIMIT),
        "gas_used": str(executed.gas_used),
        "timestamp": str(parameters.slot_time(slot)),
        "extra_data": extra_data(executed),
        "base_fee_per_gas": str(executed.base_fee),
        "block_hash": node.block_hash(slot),
        "transactions": [
            parameters.hex("raw transaction", number, index, size=_RAW_TRANSACTION_BYTES)
            for index in range(len(executed.transactions))
        ],
        "withdrawals": [
            {
                "index": str(one.number),
                "validator_index": str(one.validator),
                "address": _mixed_case(one.address),
                "amount": str(one.amount),
            }
            for one in executed.withdrawals
        ],
        "blob_gas_used": str(executed.blob_gas_used),
        "excess_blob_gas": "0",
    }


_NO_PAYLOAD = {
    **dict.fromkeys(("parent_hash", "state_root", "receipts_root", "prev_randao", "block_hash"), ZERO_ROOT),
    **dict.fromkeys(("block_number", "gas_limit", "gas_used", "timestamp", "base_fee_per_gas"), "0"),
    **dict.fromkeys(("blob_gas_used", "excess_blob_gas"), "0"),
    "fee_recipient": ZERO_ADDRESS,
    "logs_bloom": EMPTY_BLOOM,
    "extra_data": "0x",
    "transactions": [],
    "withdrawals": [],
}


@lru_cache(maxsize=4096)
def _mixed_case(address: str) -> str:
    return checksummed(address[2:])


def extra_data(executed: BuiltBlock | None) -> str:
    """What the builder wrote into its block."""
    builder = executed.draft.builder if executed else None
    return "0x" + (builder or "").encode().hex()

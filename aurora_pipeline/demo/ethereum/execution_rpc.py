"""The simulated execution node's JSON-RPC: blocks, receipts and balances, in hexadecimal and wei."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from aurora_pipeline.demo.ethereum.beacon_blocks import EMPTY_BLOOM, extra_data
from aurora_pipeline.demo.ethereum.building import (
    BLOB_GAS_PRICE,
    GAS_LIMIT,
    GAS_PER_BLOB,
    ZERO_ADDRESS,
    SentTransaction,
)
from aurora_pipeline.demo.ethereum.execution import BuiltBlock
from aurora_pipeline.demo.ethereum.node import ZERO_ROOT, SimulatedNode
from aurora_pipeline.demo.ethereum.parameters import NETWORK_ID

_QUANTITY = re.compile(r"0x(0|[1-9a-f][0-9a-f]{0,15})\Z")
_HASH, _ADDRESS = re.compile(r"0x[0-9a-f]{64}\Z"), re.compile(r"0x[0-9a-f]{40}\Z")
_NO_UNCLES = "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"
_DYNAMIC = 2


class ExecutionError(Exception):
    """A JSON-RPC error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def answer(node: SimulatedNode, call: Any) -> dict[str, Any]:
    """The answer to one call."""
    if not isinstance(call, dict) or call.get("jsonrpc") != "2.0" or not isinstance(call.get("method"), str):
        return _error(None, ExecutionError(-32600, "invalid request"))
    method, params, known = call["method"], call.get("params") or [], call.get("id")
    if method not in _METHODS:
        return _error(known, ExecutionError(-32601, f"the method {method} does not exist/is not available"))
    if not isinstance(params, list):
        return _error(known, ExecutionError(-32602, "non-array args"))
    try:
        return {"jsonrpc": "2.0", "id": known, "result": _METHODS[method](node, params)}
    except ExecutionError as error:
        return _error(known, error)


def _error(known: Any, error: ExecutionError) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": known, "error": {"code": error.code, "message": str(error)}}


def _parameter(params: list[Any], position: int) -> Any:
    if len(params) <= position:
        raise ExecutionError(-32602, f"missing value for required argument {position}")
    return params[position]


def _latest_number(node: SimulatedNode) -> int:
    return node.latest.number if node.latest else 0


def _number(node: SimulatedNode, value: Any) -> int | None:
    """The number of the block that is meant; None for one that the node does not have."""
    if isinstance(value, dict):
        value = value.get("blockHash", value.get("blockNumber"))
    if isinstance(value, str) and value in _TAGS:
        return _TAGS[value](node)
    if isinstance(value, str) and _HASH.match(value):
        return _number_of_hash(node, value)
    if not isinstance(value, str) or not _QUANTITY.match(value):
        raise ExecutionError(-32602, f"invalid argument 0: hex string without leading zeros expected, got {value!r}")
    number = int(value, 16)
    return number if number <= _latest_number(node) else None


def _checkpoint(node: SimulatedNode, epoch: int) -> int:
    block = node.execution.last_until(node.parameters.first_slot(epoch))
    return min(block.number if block else 0, _latest_number(node))


_TAGS: dict[str, Callable[[SimulatedNode], int]] = {
    "latest": _latest_number,
    "pending": _latest_number,
    "earliest": lambda node: 0,
    "safe": lambda node: _checkpoint(node, node.finality.current_justified),
    "finalized": lambda node: _checkpoint(node, node.finality.finalized),
}


def _number_of_hash(node: SimulatedNode, value: str) -> int | None:
    slot = node.slot_of_hash(value)
    block = None if slot is None else node.execution.at_slot(slot)
    number = block.number if block else 0
    return number if slot is not None and number <= _latest_number(node) else None


def _hash(node: SimulatedNode, block: BuiltBlock | None) -> str:
    return node.block_hash(block.slot if block else 0)


def _block_by_number(node: SimulatedNode, params: list[Any]) -> Any:
    value = _parameter(params, 0)
    if isinstance(value, str) and _HASH.match(value):
        raise ExecutionError(-32602, "invalid argument 0: hex number > 64 bits")
    return _block(node, _number(node, value), _parameter(params, 1))


def _block_by_hash(node: SimulatedNode, params: list[Any]) -> Any:
    value = _parameter(params, 0)
    if not isinstance(value, str) or not _HASH.match(value):
        raise ExecutionError(-32602, f"invalid argument 0: a hash of 32 bytes expected, got {value!r}")
    return _block(node, _number_of_hash(node, value), _parameter(params, 1))


def _block(node: SimulatedNode, number: int | None, with_transactions: Any) -> dict[str, Any] | None:
    if number is None:
        return None
    if type(with_transactions) is not bool:
        raise ExecutionError(-32602, f"invalid argument 1: a boolean expected, got {with_transactions!r}")
    block, parameters = node.execution.numbered(number), node.parameters
    slot = block.slot if block else 0
    transactions = block.transactions if block else ()
    hashes = [_transaction_hash(node, number, index) for index in range(len(transactions))]
    return {
        "number": hex(number),
        "hash": node.block_hash(slot),
        "parentHash": _hash(node, node.execution.numbered(number - 1)) if number else ZERO_ROOT,
        "sha3Uncles": _NO_UNCLES,
        "miner": block.draft.fee_recipient if block else ZERO_ADDRESS,
        "stateRoot": parameters.hex("execution state", slot),
        "transactionsRoot": parameters.hex("transactions", slot),
        "receiptsRoot": parameters.hex("receipts", slot),
        "logsBloom": EMPTY_BLOOM,
        "difficulty": "0x0",
        "gasLimit": hex(GAS_LIMIT),
        "gasUsed": hex(block.gas_used if block else 0),
        "timestamp": hex(parameters.slot_time(slot)),
        "extraData": extra_data(block),
        "mixHash": parameters.hex("randao", slot),
        "nonce": "0x0000000000000000",
        "baseFeePerGas": hex(block.base_fee if block else 0),
        "withdrawalsRoot": parameters.hex("withdrawals", slot),
        "blobGasUsed": hex(block.blob_gas_used if block else 0),
        "excessBlobGas": "0x0",
        "parentBeaconBlockRoot": node.root(node.block_slot_until(slot - 1)) if slot else ZERO_ROOT,
        "requestsHash": parameters.hex("requests", slot),
        "size": hex(1_000 + 150 * len(transactions)),
        "uncles": [],
        "transactions": (
            [_transaction(node, block, index) for index in range(len(transactions))]
            if with_transactions and block
            else hashes
        ),
        "withdrawals": [
            {
                "index": hex(one.number),
                "validatorIndex": hex(one.validator),
                "address": one.address,
                "amount": hex(one.amount),
            }
            for one in (block.withdrawals if block else ())
        ],
    }


def _transaction_hash(node: SimulatedNode, number: int, index: int) -> str:
    return node.parameters.hex("transaction", number, index)


def _transaction(node: SimulatedNode, block: BuiltBlock, index: int) -> dict[str, Any]:
    one = block.transactions[index]
    known = _transaction_hash(node, block.number, index)
    told: dict[str, Any] = {
        "type": hex(one.type),
        "hash": known,
        "blockHash": node.block_hash(block.slot),
        "blockNumber": hex(block.number),
        "blockTimestamp": hex(node.parameters.slot_time(block.slot)),
        "transactionIndex": hex(index),
        "from": one.sender,
        "to": one.to,
        "nonce": hex(block.nonces[index]),
        "gas": hex(one.gas_used * 6 // 5 if one.gas_used > 21_000 else one.gas_used),
        "value": hex(one.value),
        "input": "0x" if one.gas_used == 21_000 else "0x" + known[2:10],
        "gasPrice": hex(one.price(block.base_fee)),
        "r": hex(int(node.parameters.hex("r", known), 16)),
        "s": hex(int(node.parameters.hex("s", known), 16)),
    }
    if one.type == 0:
        return {**told, "v": hex(NETWORK_ID * 2 + 35)}
    told |= {"chainId": hex(NETWORK_ID), "accessList": [], "yParity": "0x0", "v": "0x0"}
    if one.type >= _DYNAMIC:
        told |= {"maxFeePerGas": hex(one.max_fee), "maxPriorityFeePerGas": hex(one.max_priority)}
    if one.blobs:
        blobs = [node.parameters.hex("blob hash", known, number) for number in range(one.blobs)]
        told |= {"maxFeePerBlobGas": hex(BLOB_GAS_PRICE * 10), "blobVersionedHashes": blobs}
    return told


def _receipts(node: SimulatedNode, params: list[Any]) -> Any:
    number = _number(node, _parameter(params, 0))
    if number is None:
        return None
    block = node.execution.numbered(number)
    if block is None:
        return []
    told, cumulative = [], 0
    for index, one in enumerate(block.transactions):
        cumulative += one.gas_used
        told.append(_receipt(node, block, index, one, cumulative))
    return told


def _receipt(
    node: SimulatedNode, block: BuiltBlock, index: int, one: SentTransaction, cumulative: int
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": hex(one.type),
        "status": hex(one.is_successful),
        "transactionHash": _transaction_hash(node, block.number, index),
        "transactionIndex": hex(index),
        "blockHash": node.block_hash(block.slot),
        "blockNumber": hex(block.number),
        "from": one.sender,
        "to": one.to,
        "gasUsed": hex(one.gas_used),
        "cumulativeGasUsed": hex(cumulative),
        "effectiveGasPrice": hex(one.price(block.base_fee)),
        "contractAddress": node.parameters.address("created", block.number, index) if one.to is None else None,
        "logs": [],
        "logsBloom": EMPTY_BLOOM,
    }
    if one.blobs:
        told |= {"blobGasUsed": hex(one.blobs * GAS_PER_BLOB), "blobGasPrice": hex(BLOB_GAS_PRICE)}
    return told


def _balance(node: SimulatedNode, params: list[Any]) -> str:
    address = _parameter(params, 0)
    if not isinstance(address, str) or not _ADDRESS.match(address.lower()):
        raise ExecutionError(-32602, f"invalid argument 0: an address of 20 bytes expected, got {address!r}")
    number = _number(node, _parameter(params, 1))
    if number is None:
        raise ExecutionError(-32000, "header not found")
    block = node.execution.numbered(number)
    if block is not None and not node.has_state(block.slot):
        raise ExecutionError(-32000, f"missing trie node: the state of block {number} is pruned")
    return hex(node.execution.balance(address.lower(), number))


def _syncing(node: SimulatedNode, params: list[Any]) -> Any:
    behind = node.execution.last_until(node.wall_slot)
    current, highest = _latest_number(node), behind.number if behind else 0
    if current >= highest:
        return False
    return {"startingBlock": "0x0", "currentBlock": hex(current), "highestBlock": hex(highest)}


_METHODS: dict[str, Callable[[SimulatedNode, list[Any]], Any]] = {
    "eth_chainId": lambda node, params: hex(NETWORK_ID),
    "net_version": lambda node, params: str(NETWORK_ID),
    "web3_clientVersion": lambda node, params: "Simulator/v1.0.0",
    "eth_blockNumber": lambda node, params: hex(_latest_number(node)),
    "eth_syncing": _syncing,
    "eth_getBlockByNumber": _block_by_number,
    "eth_getBlockByHash": _block_by_hash,
    "eth_getBlockReceipts": _receipts,
    "eth_getBalance": _balance,
}

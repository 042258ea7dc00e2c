"""Reading what an execution node answers: blocks with their transactions, receipts, the chain's id and head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aurora_pipeline.asking.reading import Node, UnreadableAnswer, reader
from aurora_pipeline.foundation.units import Wei
from aurora_pipeline.sources.evm.amounts import held
from aurora_pipeline.sources.hex_values import address_of, hash_of, quantity
from aurora_pipeline.sources.json_rpc import asked_method, asked_params, rpc_result
from aurora_pipeline.store.payloads.answers import Answer

BLOCK_BY_NUMBER: Final = "eth_getBlockByNumber"
RECEIPTS: Final = "eth_getBlockReceipts"
CHAIN_ID: Final = "eth_chainId"
HEAD: Final = "eth_blockNumber"


@dataclass(frozen=True)
class ExecutedTransaction:
    """A transaction as its block lists it."""

    transaction_hash: str
    sender: str
    recipient: str | None
    """None where it creates a contract."""
    value: Wei
    price_offered: Wei
    """The most it pays for one unit of gas."""
    tip_offered: Wei
    """How much of that may be a tip."""


@dataclass(frozen=True)
class ExecutionBlock:
    """A block of the execution chain."""

    number: int
    block_hash: str
    fee_recipient: str
    base_fee: Wei
    gas_used: int
    transactions: tuple[ExecutedTransaction, ...]


@dataclass(frozen=True)
class Receipt:
    """What became of a transaction, and what it paid for gas."""

    transaction_hash: str
    block_hash: str
    block_number: int
    sender: str
    recipient: str | None
    succeeded: bool
    gas_used: int
    price: Wei
    """What it paid for one unit of gas, base fee and tip together; blobs are paid apart, and burned."""


@reader
def read_chain_id(answer: Answer, provider: str) -> int:
    """eth_chainId: which chain the node is of."""
    return quantity(_result(answer, provider, CHAIN_ID))


@reader
def read_head(answer: Answer, provider: str) -> int:
    """eth_blockNumber: the newest block it has."""
    return quantity(_result(answer, provider, HEAD))


@reader
def read_block(answer: Answer, provider: str) -> ExecutionBlock | None:
    """eth_getBlockByNumber with transactions; None where the node has none of that number (null)."""
    result = _result(answer, provider, BLOCK_BY_NUMBER)
    if result.value is None:
        return None
    block = ExecutionBlock(
        number=quantity(result["number"]),
        block_hash=hash_of(result["hash"]),
        fee_recipient=address_of(result["miner"]),
        base_fee=held(result["baseFeePerGas"]),
        gas_used=quantity(result["gasUsed"]),
        transactions=tuple(_transaction(row, place) for place, row in enumerate(result["transactions"].items())),
    )
    if asked_number(answer) != block.number:
        result["number"].refuse(f"block {block.number} was answered where {asked_number(answer)} was asked")
    _refuse_twice(result["transactions"], [one.transaction_hash for one in block.transactions])
    return block


def _transaction(row: Node, place: int) -> ExecutedTransaction:
    _check_place(row, place)
    to, limit = row.get("to"), row.get("maxFeePerGas")
    price = held(row["gasPrice"] if limit is None else limit)
    return ExecutedTransaction(
        transaction_hash=hash_of(row["hash"]),
        sender=address_of(row["from"]),
        recipient=None if to is None else address_of(to),
        value=held(row["value"]),
        price_offered=price,
        # A transaction of the old kinds gives all it offers.
        tip_offered=price if limit is None else held(row["maxPriorityFeePerGas"]),
    )


@reader
def read_receipts(answer: Answer, provider: str) -> tuple[Receipt, ...] | None:
    """eth_getBlockReceipts: one per transaction, in their order; None where the node has no such block (null)."""
    result = _result(answer, provider, RECEIPTS)
    if result.value is None:
        return None
    receipts: list[Receipt] = []
    gas = 0
    for place, row in enumerate(result.items()):
        _check_place(row, place)
        receipt = _receipt(row)
        gas += receipt.gas_used
        if quantity(row["cumulativeGasUsed"]) != gas:
            row["cumulativeGasUsed"].refuse(f"the receipts up to here used {gas}: one is left out, or wrong")
        receipts.append(receipt)
    _refuse_twice(result, [one.transaction_hash for one in receipts])
    if len({(one.block_hash, one.block_number) for one in receipts}) > 1:
        result.refuse("the receipts are of different blocks")
    if receipts and asked_number(answer) != receipts[0].block_number:
        problem = f"block {receipts[0].block_number} was answered where {asked_number(answer)} was asked"
        result.item(0)["blockNumber"].refuse(problem)
    return tuple(receipts)


def _receipt(row: Node) -> Receipt:
    to = row.get("to")
    return Receipt(
        transaction_hash=hash_of(row["transactionHash"]),
        block_hash=hash_of(row["blockHash"]),
        block_number=quantity(row["blockNumber"]),
        sender=address_of(row["from"]),
        recipient=None if to is None else address_of(to),
        succeeded=quantity(row["status"], 1) == 1,
        gas_used=quantity(row["gasUsed"]),
        price=held(row["effectiveGasPrice"]),
    )


def _check_place(row: Node, place: int) -> None:
    stated = quantity(row["transactionIndex"])
    if stated != place:
        row["transactionIndex"].refuse(f"transaction {stated} stands at place {place}: one is left out, or moved")


def _refuse_twice(listed: Node, hashes: Sequence[str]) -> None:
    if len(set(hashes)) < len(hashes):
        listed.refuse("a transaction is listed twice")


def asked_number(answer: Answer) -> int | None:
    """The number of the block that was asked for."""
    first = next(iter(asked_params(answer)), None)
    return int(first, 16) if isinstance(first, str) else None


def _result(answer: Answer, provider: str, method: str) -> Node:
    if asked_method(answer) != method:
        raise UnreadableAnswer(provider, answer.request_key, f"it is no answer to {method}")
    return rpc_result(answer, provider)

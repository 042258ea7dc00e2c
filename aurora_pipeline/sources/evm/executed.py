"""A block and its receipts joined: what it paid in tips, and what was moved in it, checked against each other."""

from __future__ import annotations

from collections.abc import Sequence

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.money import mul_div, total
from aurora_pipeline.foundation.units import Wei
from aurora_pipeline.sources.blocks_told import ExecutedBlock, Transfer
from aurora_pipeline.sources.evm.amounts import too_much_paid
from aurora_pipeline.sources.evm.answers import ExecutedTransaction, ExecutionBlock, Receipt


def executed(provider: str, block: ExecutionBlock, receipts: Sequence[Receipt]) -> ExecutedBlock:
    """What a block paid. Raises UnreadableAnswer where its receipts are not exactly those of its transactions."""
    name = f"block {block.number}"
    problem = contradiction(block, receipts)
    if problem is not None:
        raise UnreadableAnswer(provider, name, problem)
    tips = total(_tip(block, receipt) for receipt in receipts)
    burned = mul_div(block.base_fee, block.gas_used, 1)
    too_much = too_much_paid(tips) or too_much_paid(burned)
    if too_much is not None:
        raise UnreadableAnswer(provider, name, too_much)
    return ExecutedBlock(
        number=block.number,
        block_hash=block.block_hash,
        fee_recipient=block.fee_recipient,
        base_fee=block.base_fee,
        gas_used=block.gas_used,
        tips=tips,
        burned=burned,
        transfers=_transfers(block, receipts),
    )


def _transfers(block: ExecutionBlock, receipts: Sequence[Receipt]) -> tuple[Transfer, ...]:
    """What moved by the transactions' own values: nothing did where one failed."""
    final = len(receipts) - 1
    return tuple(
        Transfer(
            one.transaction_hash, one.sender, one.recipient, one.value, receipt.price > block.base_fee, place == final
        )
        for place, (one, receipt) in enumerate(zip(block.transactions, receipts, strict=True))
        if one.recipient is not None and one.value > 0 and receipt.succeeded
    )


def _tip(block: ExecutionBlock, receipt: Receipt) -> Wei:
    return mul_div(receipt.price - block.base_fee, receipt.gas_used, 1)


def contradiction(block: ExecutionBlock, receipts: Sequence[Receipt]) -> str | None:
    """How receipts contradict their block; None where they are exactly those of its transactions."""
    if len(receipts) != len(block.transactions):
        return f"it has {len(block.transactions)} transactions, and {len(receipts)} receipts came"
    if sum(receipt.gas_used for receipt in receipts) != block.gas_used:
        used = sum(receipt.gas_used for receipt in receipts)
        return f"its receipts used {used} gas, the block says {block.gas_used}"
    for place, (one, receipt) in enumerate(zip(block.transactions, receipts, strict=True)):
        problem = _mismatch(block, one, receipt)
        if problem is not None:
            return f"transaction {place}: {problem}"
    return None


def _mismatch(block: ExecutionBlock, one: ExecutedTransaction, receipt: Receipt) -> str | None:
    if receipt.block_hash != block.block_hash:
        return f"its receipt is of block {receipt.block_hash}, not of {block.block_hash}"
    if receipt.transaction_hash != one.transaction_hash:
        return f"its receipt is that of {receipt.transaction_hash}"
    if (receipt.sender, receipt.recipient) != (one.sender, one.recipient):
        return "its receipt names another sender or recipient"
    if receipt.price < block.base_fee:
        return f"it paid {receipt.price} for its gas, less than the base fee {block.base_fee}"
    due = min(one.price_offered, Wei(block.base_fee + one.tip_offered))
    if receipt.price != due:
        return f"it paid {receipt.price} for its gas, and by what it offered {due}"
    return None

"""Reading what beaconcha.in says that a block paid: amounts in wei, as texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aurora_pipeline.asking.reading import Node, UnreadableAnswer, parsed, reader
from aurora_pipeline.foundation.units import Wei
from aurora_pipeline.sources.evm.amounts import NOTHING, believed
from aurora_pipeline.sources.hex_values import U256_MAX, address_of
from aurora_pipeline.store.payloads.answers import Answer

_FINAL = "finalized"


@dataclass(frozen=True)
class BlockPaid:
    """What a block paid its proposer: one of the two is 0."""

    number: int
    fees: Wei
    payment: Wei


@reader
def read_block_paid(answer: Answer, provider: str) -> BlockPaid:
    """/block/rewards: its total is the payment where it saw one, else the tips; the two are never added.

    Where the payment went to whom the tips went to, the block was the proposer's own, and the payment holds its tips.
    """
    if answer.status != 200:
        raise UnreadableAnswer(provider, answer.request_key, f"HTTP {answer.status}")
    told = parsed(answer, provider)["data"]
    finality = told.get("finality")
    if finality is not None and finality.text() != _FINAL:
        told.refuse(f"the block is {finality.text()}")
    total, tips, paid = told["total_reward"], told["priority_fees"], told.get("mev")
    whole, recipient = _amount(total), address_of(tips["recipient"]["address"])
    if paid is None:
        fees, payment = _amount(tips), NOTHING
    elif address_of(paid["recipient"]["address"]) == recipient:
        fees, payment = _amount(paid), NOTHING
    else:
        fees, payment = NOTHING, _amount(paid)
    if whole != fees + payment:
        total.refuse(f"the total {whole} is neither its tips nor its payment, {fees + payment}")
    return BlockPaid(asked_number(answer), fees, payment)


def asked_number(answer: Answer) -> int:
    """The number of the block that was asked about."""
    body = answer.request.get("body")
    block = body.get("block") if isinstance(body, Mapping) else None
    number = block.get("number") if isinstance(block, Mapping) else None
    return number if type(number) is int else -1


def _amount(node: Node) -> Wei:
    amount = node["amount"]
    return believed(amount, Wei(amount.whole_text(U256_MAX)))

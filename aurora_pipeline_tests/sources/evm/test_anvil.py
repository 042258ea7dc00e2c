"""A real execution node: what Aurora counts as a block's income is what the balances of the chain gained."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.asking.adapter import Answer, Fetched
from aurora_pipeline.asking.proposals import Payload, ProposedSlot
from aurora_pipeline.asking.recording import asking_unrecorded
from aurora_pipeline.canonical.block_income import IncomeKind, Recipients, RelaysHeard, block_income
from aurora_pipeline.foundation.units import Wei
from aurora_pipeline.sources.blocks_told import Delivered, ExecutedBlock
from aurora_pipeline.sources.evm.ask import EvmRpc
from aurora_pipeline.sources.evm.blocks import blocks_in
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline_tests.asking.asked import Remembering, provider, whole
from aurora_pipeline_tests.devchain.scopes import scope
from aurora_pipeline_tests.sources.evm.anvil import Anvil, installed, running

pytestmark = pytest.mark.slow

PROPOSERS = ["0x" + f"{number:040x}" for number in range(0xA0A0A0A0A001, 0xA0A0A0A0A007)]
BUILDER, USER = "0x" + "b1" * 20, "0x" + "aa" * 20
GWEI = 10**9
REVERTS = "0x60006000fd"


@pytest.fixture(scope="module")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    program = installed(Path(tmp_path_factory.mktemp("anvil")))
    with running(program) as node:
        node("anvil_setBalance", BUILDER, hex(10**21))
        node("anvil_impersonateAccount", BUILDER)
        yield node


def sent(sender: str, recipient: str | None, value: int, tip: int | None, **more: Any) -> dict[str, Any]:
    """A transaction; one without a tip names one price, as they did before there were tips."""
    fees = (
        {"gasPrice": hex(5 * GWEI)}
        if tip is None
        else {"maxFeePerGas": hex(100 * GWEI), "maxPriorityFeePerGas": hex(tip)}
    )
    to = {} if recipient is None else {"to": recipient}
    return {"from": sender, **to, "value": hex(value), "gas": hex(100_000), **fees, **more}


def payload(block: Mapping[str, Any]) -> Payload:
    return Payload(
        int(block["number"], 16),
        block["hash"],
        block["miner"].lower(),
        Wei(int(block["baseFeePerGas"], 16)),
        int(block["gasUsed"], 16),
    )


def asked(node: Anvil, *payloads: Payload) -> Fetched:
    """What the adapter makes of one validator's blocks."""
    window = scope()
    first = window.validators[0]
    slots = tuple(ProposedSlot(16 + place, one) for place, one in enumerate(payloads))
    asked_about = replace(window, validators=(first,), proposals={first.validator_key: slots})

    async def go() -> list[Fetched]:
        adapter = EvmRpc("anvil")
        async with asking_unrecorded(provider(node.url, adapter.kind), adapter) as ask:
            return await adapter.fetch("fees", asked_about, Remembering(ask, heard))

    heard: dict[str, Answer] = {}
    (one,) = asyncio.run(go())
    return replace(one, answers=tuple(heard[kept.request_key] for kept in one.answers))


def executed(node: Anvil, one: Payload) -> ExecutedBlock:
    fetched = asked(node, one)
    assert (fetched.state, fetched.reason) == (FigureState.FINAL, None)
    told = blocks_in(whole(fetched.answers), "anvil")[one.number]
    assert isinstance(told, ExecutedBlock)
    return told


def income(node: Anvil, block: Mapping[str, Any], own: str, claim: int | None = None) -> tuple[IncomeKind | None, int]:
    """Kind and income of a block, of which a relay may claim something."""
    one = payload(block)
    rows = [] if claim is None else [Delivered("relay", 16, one.block_hash, "0x", "0x", own, Wei(claim))]
    told = block_income(ProposedSlot(16, one), executed(node, one), RelaysHeard(rows), Recipients({own}))
    assert told.income is not None
    return told.kind, told.income


def test_vanilla_blocks__of_every_kind_of_transaction__income_is_what_the_balance_gained(anvil: Anvil) -> None:
    users = anvil("eth_accounts")
    blocks = {
        PROPOSERS[0]: [sent(user, USER, 5, tip) for user, tip in zip(users, [0, 1, 7 * GWEI, None], strict=False)],
        PROPOSERS[1]: [sent(users[0], None, 0, 3 * GWEI, data=REVERTS)],
        PROPOSERS[2]: [],
    }
    for own, transactions in blocks.items():
        block = anvil.block(own, *transactions)
        assert income(anvil, block, own) == (IncomeKind.VANILLA, anvil.balance(own))
    assert anvil.balance(PROPOSERS[0]) > 0
    receipts = anvil("eth_getBlockReceipts", hex(int(block["number"], 16) - 1))
    assert [one["status"] for one in receipts] == ["0x0"]


def test_builders_block__tips_stay_with_the_builder__income_is_what_it_sent(anvil: Anvil) -> None:
    own, users = PROPOSERS[3], anvil("eth_accounts")
    paid = 123_456_789_012_345
    block = anvil.block(
        BUILDER,
        sent(users[1], USER, 5, 2 * GWEI),
        # Somebody's deposit at the same address, which is no income.
        sent(users[2], own, 10**18, GWEI),
        sent(BUILDER, own, paid, 0),
    )
    assert income(anvil, block, own, claim=10**18 + paid) == (IncomeKind.SHORT_PAYMENT, paid)
    assert anvil.balance(own) == paid + 10**18
    assert income(anvil, block, own, claim=paid)[0] is IncomeKind.MEV_PAYMENT


def test_node__that_does_not_have_the_block__waits_and_says_where_it_is(anvil: Anvil) -> None:
    newest = payload(anvil.block(PROPOSERS[4]))
    later = asked(anvil, replace(newest, number=newest.number + 5))
    assert later.state is FigureState.PENDING
    assert later.reason is not None
    assert f"its newest block is {newest.number}, not yet {newest.number + 5}" in later.reason
    other = asked(anvil, replace(newest, block_hash="0x" + "99" * 32))
    assert other.state is FigureState.PENDING
    assert other.reason is not None
    assert "anvil is of chain 31337" in other.reason

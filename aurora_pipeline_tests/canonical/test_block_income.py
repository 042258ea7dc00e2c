"""One income per block: every kind by hand, and any block against a ledger that only moves coins."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.asking.proposals import Payload, ProposedSlot
from aurora_pipeline.canonical.block_income import (
    NOBODY,
    BlockIncome,
    IncomeKind,
    Recipients,
    RelaysHeard,
    block_income,
)
from aurora_pipeline.foundation.units import Wei
from aurora_pipeline.sources.blocks_told import Delivered, ExecutedBlock, Transfer
from aurora_pipeline.sources.evm.answers import ExecutedTransaction, ExecutionBlock, Receipt
from aurora_pipeline.sources.evm.executed import executed
from aurora_pipeline.sources.told import Missing
from aurora_pipeline.store.declaration import FigureState

OWN, OTHER, BUILDER, USER, FOREIGN = ("0x" + digit * 40 for digit in "12345")
HASH, PHANTOM = "0x" + "ab" * 32, "0x" + "cd" * 32
RECIPIENTS = Recipients({OWN}, {OTHER})
SLOT = 61


def block(miner: str, *transfers: Transfer, tips: int = 700) -> ExecutedBlock:
    return ExecutedBlock(58, HASH, miner, Wei(7), 21_000, Wei(tips), Wei(147_000), transfers)


def sent(sender: str, recipient: str, value: int, *, tips: bool = False, last: bool = True) -> Transfer:
    return Transfer("0x" + f"{value:064x}", sender, recipient, Wei(value), tips, last)


def claimed(value: int, relay: str = "a", block_hash: str = HASH, recipient: str = OWN) -> Delivered:
    return Delivered(relay, SLOT, block_hash, "0xb0", "0xb1", recipient, Wei(value))


def proposed(one: ExecutedBlock) -> ProposedSlot:
    return ProposedSlot(SLOT, Payload(one.number, one.block_hash, one.fee_recipient, one.base_fee, one.gas_used))


def income_of(
    one: ExecutedBlock, *rows: Delivered, silent: tuple[str, ...] = (), recipients: Recipients = RECIPIENTS
) -> BlockIncome:
    return block_income(proposed(one), one, RelaysHeard(rows, silent), recipients)


CASES = {
    "own fee recipient": (block(OWN), [], IncomeKind.VANILLA, 700, 0),
    "another address of the operator's takes the tips": (block(OTHER), [], IncomeKind.VANILLA, 700, 0),
    "own, and sent to directly": (block(OWN, sent(USER, OWN, 50)), [], IncomeKind.VANILLA, 750, 0),
    "own, and somebody deposits there": (block(OWN, sent(USER, OWN, 50, tips=True)), [], IncomeKind.VANILLA, 700, 0),
    "own, and moves its own coins": (block(OWN, sent(OTHER, OWN, 50)), [], IncomeKind.VANILLA, 700, 0),
    "own, and a relay claims the tips": (block(OWN), [claimed(700)], IncomeKind.VANILLA, 700, 0),
    "paid as claimed": (block(BUILDER, sent(BUILDER, OWN, 600)), [claimed(600)], IncomeKind.MEV_PAYMENT, 0, 600),
    "paid in two parts": (
        block(BUILDER, sent(BUILDER, OWN, 400, last=False), sent(BUILDER, OWN, 200)),
        [claimed(600)],
        IncomeKind.MEV_PAYMENT,
        0,
        600,
    ),
    "paid more than the tips": (
        block(BUILDER, sent(BUILDER, OWN, 900)),
        [claimed(900)],
        IncomeKind.MEV_PAYMENT,
        0,
        900,
    ),
    "paid, and no relay says so": (block(BUILDER, sent(BUILDER, OWN, 600)), [], IncomeKind.MEV_PAYMENT, 0, 600),
    "paid from another address of the builder's": (
        block(BUILDER, sent(USER, OWN, 600)),
        [claimed(600)],
        IncomeKind.MEV_PAYMENT,
        0,
        600,
    ),
    "paid, and somebody deposits there": (
        block(BUILDER, sent(USER, OWN, 32 * 10**18, last=False, tips=True), sent(BUILDER, OWN, 600)),
        [claimed(32 * 10**18 + 600)],
        IncomeKind.SHORT_PAYMENT,
        0,
        600,
    ),
    "paid half": (block(BUILDER, sent(BUILDER, OWN, 300)), [claimed(600)], IncomeKind.SHORT_PAYMENT, 0, 300),
    "paid another address of the operator's": (
        block(BUILDER, sent(BUILDER, OTHER, 600)),
        [claimed(600, recipient=OTHER)],
        IncomeKind.PAYMENT_TO_OPERATOR,
        0,
        600,
    ),
    "not paid": (block(BUILDER), [claimed(600)], IncomeKind.NO_PAYMENT, 0, 0),
    "not paid, and somebody deposits there": (
        block(BUILDER, sent(USER, OWN, 601, tips=True)),
        [claimed(600)],
        IncomeKind.NO_PAYMENT,
        0,
        0,
    ),
    "paid from elsewhere what is claimed, and that with a tip": (
        block(BUILDER, sent(USER, OWN, 600, tips=True)),
        [claimed(600)],
        IncomeKind.MEV_PAYMENT,
        0,
        600,
    ),
    "paid from elsewhere what is claimed, and a little from the builder": (
        block(BUILDER, sent(BUILDER, OWN, 1, last=False), sent(USER, OWN, 600, tips=True)),
        [claimed(600)],
        IncomeKind.MEV_PAYMENT,
        0,
        601,
    ),
    "paid to nobody": (
        block(BUILDER, sent(BUILDER, NOBODY, 600)),
        [claimed(600, recipient=NOBODY)],
        IncomeKind.PAYMENT_ELSEWHERE,
        0,
        0,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_block_income__every_kind__one_income_and_never_both(name: str) -> None:
    one, rows, kind, fees, mev = CASES[name]
    told = income_of(one, *rows)
    assert (told.kind, told.fees, told.mev, told.lack) == (kind, fees, mev, None)
    assert (told.tips, told.income) == (700, fees + mev)
    assert told.difference == (fees + mev - rows[0].claim if rows else None)


def test_block_income__missed_slot__nothing_and_a_relays_word_changes_that_not() -> None:
    missed = ProposedSlot(SLOT, None)
    assert block_income(missed, None, RelaysHeard(), RECIPIENTS).income == 0
    told = block_income(missed, None, RelaysHeard([claimed(900, block_hash=PHANTOM)]), RECIPIENTS)
    assert (told.kind, told.income, told.claim) == (IncomeKind.MISSED, 0, None)
    assert (told.phantom_claim, told.phantom_relays) == (900, ("a",))
    assert told.odd is not None
    assert "the chain does not have" in told.odd


def test_block_income__block_without_an_execution_block__no_missed_slot_and_no_zero() -> None:
    told = block_income(ProposedSlot(SLOT, None, has_block=True), None, RelaysHeard(), RECIPIENTS)
    assert (told.kind, told.income) == (None, None)
    assert told.lack is not None
    assert told.lack.state is FigureState.UNAVAILABLE


def test_block_income__row_of_another_block_of_the_slot__no_claim_of_this_one() -> None:
    told = income_of(block(BUILDER, sent(BUILDER, OWN, 600)), claimed(900, "a", PHANTOM), claimed(600, "b"))
    assert (told.kind, told.claim, told.relays, told.phantom_relays) == (IncomeKind.MEV_PAYMENT, 600, ("b",), ("a",))


def test_block_income__several_relays_of_one_block__one_payment_and_both_named() -> None:
    told = income_of(block(BUILDER, sent(BUILDER, OWN, 600)), claimed(600, "b"), claimed(600, "a"))
    assert (told.mev, told.claim, told.relays, told.odd) == (600, 600, ("a", "b"), None)
    told = income_of(block(BUILDER, sent(BUILDER, OWN, 600)), claimed(600, "b"), claimed(650, "a"))
    assert (told.kind, told.mev, told.claim) == (IncomeKind.SHORT_PAYMENT, 600, 650)
    assert told.odd == "the relays claim different payments of it: a 650, b 600"


def test_block_income__unknown_fee_recipient_and_no_relay_row__never_zero() -> None:
    told = income_of(block(BUILDER))
    assert (told.income, told.kind) == (None, None)
    assert told.lack is not None
    assert told.lack.state is FigureState.UNAVAILABLE
    assert BUILDER in told.lack.reason
    waiting = income_of(block(BUILDER), silent=("b is down",)).lack
    assert waiting is not None
    assert (waiting.state, waiting.reason.endswith("not all relays were heard: b is down")) == (
        FigureState.PENDING,
        True,
    )


def test_block_income__relay_that_is_down__holds_up_nothing_that_the_chain_tells() -> None:
    for one in (block(OWN), block(BUILDER, sent(BUILDER, OWN, 600))):
        assert income_of(one, silent=("b is down",)) == income_of(one)


def test_block_income__paid_to_an_address_nobody_registered__named_and_never_zero() -> None:
    told = income_of(block(BUILDER, sent(BUILDER, FOREIGN, 600)), claimed(600, recipient=FOREIGN))
    assert (told.kind, told.payment, told.fees, told.mev) == (IncomeKind.PAYMENT_ELSEWHERE, 600, 0, None)
    assert told.lack is not None
    assert FOREIGN in told.lack.reason


@pytest.mark.parametrize(
    "one",
    [
        block(FOREIGN),
        block(BUILDER),
        block(BUILDER, sent(USER, FOREIGN, 600)),
        block(BUILDER, sent(USER, FOREIGN, 600, tips=True, last=False)),
    ],
    ids=["the tips went there", "nothing is seen", "another paid there", "another paid there in the midst"],
)
def test_block_income__delivered_for_an_address_nobody_registered__named_and_never_zero(one: ExecutedBlock) -> None:
    told = income_of(one, claimed(600, recipient=FOREIGN))
    assert told.income is None
    assert told.lack is not None
    assert (told.lack.state, FOREIGN in told.lack.reason) == (FigureState.UNAVAILABLE, True)


@pytest.mark.parametrize(
    "change",
    [
        {"block_hash": PHANTOM},
        {"number": 57},
        {"fee_recipient": BUILDER},
        {"base_fee": Wei(8)},
        {"gas_used": 42_000},
    ],
    ids=str,
)
def test_block_income__execution_node_has_another_block__waited_for_and_no_figure(change: dict[str, object]) -> None:
    one = block(OWN)
    told = block_income(proposed(one), replace(one, **change), RelaysHeard(), RECIPIENTS)  # type: ignore[arg-type]  # any field
    assert (told.fees, told.mev, told.tips) == (None, 0, None)
    assert told.lack is not None
    assert told.lack.state is FigureState.PENDING


def test_block_income__block_not_told__the_beacon_chain_says_whose_the_tips_are() -> None:
    lack = Missing(FigureState.PENDING, "the node is behind")
    told = block_income(proposed(block(OWN)), lack, RelaysHeard(), RECIPIENTS)
    assert (told.kind, told.fees, told.mev, told.lack) == (IncomeKind.VANILLA, None, 0, lack)
    told = block_income(proposed(block(BUILDER)), None, RelaysHeard(), RECIPIENTS)
    assert (told.kind, told.fees, told.mev) == (None, None, None)


ADDRESSES = (OWN, OTHER, BUILDER, USER, FOREIGN, NOBODY)


@st.composite
def blocks(draw: st.DrawFn) -> tuple[ExecutionBlock, list[Receipt]]:
    """Any block with its receipts."""
    base_fee = draw(st.integers(0, 10**10))
    transactions, receipts = [], []
    for number in range(draw(st.integers(0, 6))):
        sender, recipient = draw(st.sampled_from(ADDRESSES)), draw(st.sampled_from(ADDRESSES))
        tip = draw(st.sampled_from([0, 0, 1, 10**9]))
        name, gas = "0x" + f"{number:064x}", draw(st.integers(21_000, 10**6))
        transactions.append(
            ExecutedTransaction(
                name, sender, recipient, Wei(draw(st.integers(0, 10**20))), Wei(base_fee + tip), Wei(tip)
            )
        )
        receipts.append(Receipt(name, HASH, 58, sender, recipient, draw(st.booleans()), gas, Wei(base_fee + tip)))
    miner = draw(st.sampled_from([OWN, OTHER, BUILDER]))
    gas_used = sum(one.gas_used for one in receipts)
    return ExecutionBlock(58, HASH, miner, Wei(base_fee), gas_used, tuple(transactions)), receipts


def ledger(one: ExecutionBlock, receipts: list[Receipt]) -> tuple[Counter[str], int]:
    """What every account gained, as a chain books it, and what was deposited at ours: not for the block."""
    gained: Counter[str] = Counter()
    deposited = 0
    is_ours = one.fee_recipient in (OWN, OTHER)
    for spent, receipt in zip(one.transactions, receipts, strict=True):
        gained[spent.sender] -= receipt.gas_used * receipt.price
        gained[one.fee_recipient] += receipt.gas_used * (receipt.price - one.base_fee)
        if receipt.succeeded and spent.recipient is not None:
            gained[spent.sender] -= spent.value
            gained[spent.recipient] += spent.value
            pays = receipt.price == one.base_fee if is_ours else spent.sender == one.fee_recipient
            if spent.recipient in (OWN, OTHER) and spent.sender not in (OWN, OTHER) and not pays:
                deposited += spent.value
    return gained, deposited


@given(blocks(), st.booleans())
def test_block_income__any_block__what_the_accounts_gained_without_what_they_spent_and_were_given(
    made: tuple[ExecutionBlock, list[Receipt]], delivered: bool
) -> None:
    one, receipts = made
    told = executed("node", one, receipts)
    gained, deposited = ledger(one, receipts)
    spent = sum(
        receipt.gas_used * receipt.price
        + (sent.value if receipt.succeeded and sent.recipient not in (OWN, OTHER) else 0)
        for sent, receipt in zip(one.transactions, receipts, strict=True)
        if sent.sender in (OWN, OTHER)
    )
    earned = gained[OWN] + gained[OTHER] + spent - deposited
    income = income_of(told, *([claimed(5)] if delivered else []))
    if income.income is None:
        assert earned == 0
        assert income.lack is not None
        assert income.lack.state is not FigureState.FINAL
        return
    last = told.transfers[-1] if told.transfers else None
    by_another = delivered and earned == 0 and income.income > 0
    assert income.income == (last.value if by_another and last is not None else earned)
    assert 0 in (income.fees, income.mev)
    assert (income.kind is IncomeKind.VANILLA) == (one.fee_recipient in (OWN, OTHER))

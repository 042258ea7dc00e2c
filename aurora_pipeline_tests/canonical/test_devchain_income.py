"""The small chain's blocks, classified: every row of its expected results, and the worked example to the wei."""

from __future__ import annotations

from collections import Counter

import pytest

from aurora_pipeline.canonical.block_income import BlockIncome, IncomeKind, Recipients, RelaysHeard, block_income
from aurora_pipeline.sources.blocks_told import Delivered
from aurora_pipeline.sources.evm.answers import read_block, read_receipts
from aurora_pipeline.sources.evm.executed import executed
from aurora_pipeline.sources.relays.answers import read_pages
from aurora_pipeline_tests.asking.asked import NODE
from aurora_pipeline_tests.devchain.answers import RELAYS, block_at, pages_of_period, proposed, receipts_at
from aurora_pipeline_tests.devchain.files import expected, held


@pytest.fixture(scope="module")
def incomes() -> dict[int, BlockIncome]:
    rows = [
        Delivered(relay, one.slot, one.block_hash, one.builder_key, one.proposer_key, one.proposer_recipient, one.claim)
        for relay in RELAYS
        for one in read_pages(pages_of_period(relay, 0, 127), NODE, 0, 127)
    ]
    found = {}
    for slot, (index, one) in proposed().items():
        told = None
        if one.payload is not None:
            block, receipts = read_block(block_at(slot), NODE), read_receipts(receipts_at(slot), NODE)
            assert block is not None
            assert receipts is not None
            told = executed(NODE, block, receipts)
        heard = RelaysHeard([row for row in rows if row.slot == slot])
        found[slot] = block_income(one, told, heard, Recipients({held("fee_recipients")[str(index)]}))
    return found


def amount(text: str) -> int | None:
    return int(text) if text else None


def test_devchain__every_slot__as_expected_to_the_wei(incomes: dict[int, BlockIncome]) -> None:
    rows = expected("execution_by_slot")
    assert sorted(incomes) == [int(row["slot"]) for row in rows]
    for row in rows:
        one = incomes[int(row["slot"])]
        assert one.lack is None
        if row["kind"] == "missed":
            assert (one.kind, one.income) == (IncomeKind.MISSED, 0)
            continue
        assert (one.kind is IncomeKind.VANILLA) == (row["kind"] == "vanilla")
        assert (one.tips, one.burned) == (amount(row["priority_fees_wei"]), amount(row["burnt_wei"]))
        assert (one.payment, one.income) == (
            amount(row["builder_payment_onchain_wei"]),
            amount(row["proposer_el_income_wei"]),
        )
        assert (one.fees, one.claim) == (
            amount(row["proposer_priority_fees_wei"]),
            amount(row["relay_claimed_value_wei"]),
        )
        assert "|".join(one.relays) == row["relays"]


def test_devchain__its_traps__each_of_its_kind(incomes: dict[int, BlockIncome]) -> None:
    kinds = Counter(one.kind for one in incomes.values())
    assert [slot for slot, one in incomes.items() if one.kind is IncomeKind.MISSED][1:] == held("missed_slots")
    assert (kinds[IncomeKind.SHORT_PAYMENT], kinds[IncomeKind.NO_PAYMENT]) == (1, 1)
    assert (incomes[46].difference, incomes[61].difference) == (-75_600_001_587_602, -151_200_015_573_603)
    assert (incomes[33].phantom_relays, incomes[33].income) == (("a",), 0)
    assert {slot for slot, one in incomes.items() if one.phantom_claim is not None} == {33}


def test_devchain__window_of_credit_epochs_2_to_14__every_validators_income_and_the_worked_example(
    incomes: dict[int, BlockIncome],
) -> None:
    earned: dict[int, list[int]] = {}
    for slot, (index, _) in proposed().items():
        if 16 <= slot < 120:
            one = incomes[slot]
            row = earned.setdefault(index, [0, 0, 0, 0])
            assert one.fees is not None
            assert one.mev is not None
            missed = one.kind is IncomeKind.MISSED
            row[:] = [row[0] + one.fees, row[1] + one.mev, row[2] + (not missed), row[3] + missed]
    for line in expected("by_validator"):
        told = earned.get(int(line["validator_index"]), [0, 0, 0, 0])
        names = ("priority_fees_wei", "mev_payments_wei", "blocks_proposed", "blocks_missed")
        assert told == [int(line[name]) for name in names], line
    partner = sum(sum(earned.get(index, [0, 0, 0, 0])[:2]) for index in range(4))
    assert partner == 483_000_038_606_406
    assert (53_788_569 * 10**9 + partner) * 1_000 // 10_000 == 5_427_156_903_860_640

"""Reward rows of the first blocks after an epoch: each is read, or the whole block is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from aurora_pipeline.asking.reading import ReaderStumbled, UnreadableAnswer
from aurora_pipeline.sources.solana import questions
from aurora_pipeline.sources.solana.reward_rows import BlockPayments, read_block_payments
from aurora_pipeline_tests.asking.asked import NODE, block, fee, result_of


def paid(address: str, lamports: object, kind: object) -> dict[str, Any]:
    return {"pubkey": address, "lamports": lamports, "postBalance": 10**9, "rewardType": kind, "commission": None}


def read(*rows: object) -> BlockPayments:
    shown = block(100) | {"rewards": [fee(7), paid("v", 5, "Voting"), *rows]}
    return read_block_payments(result_of(questions.block(100), shown), NODE)


def test_payments__rows_of_all_types__by_type_and_address() -> None:
    found = read(paid("s", 9, "Staking"), paid("a", -3, "VATDebit"), paid("r", 1, "Rent"))
    assert (found.slot, found.voting, found.staking) == (100, {"v": 5}, {"s": 9})


@pytest.mark.parametrize(
    "row",
    [
        paid("s", 9, ["Staking"]),
        paid("s", 9, {"Staking": 1}),
        paid("s", 9, None),
        paid("s", 9, "staking"),
        paid("s", 9, 7),
        paid("s", 9, True),
        paid("s", "9", "Staking"),
        paid("s", 9.5, "Staking"),
        paid("s", -9, "Staking"),
        paid("s", 9 * 10**18, "Staking"),
        paid("v", 9, "Voting"),
        paid("", 9, "Staking"),
        {"lamports": 9, "rewardType": "Staking"},
        [],
        "Staking",
        None,
    ],
    ids=repr,
)
def test_payments__a_row_that_cannot_be__block_refused_by_name(row: object) -> None:
    with pytest.raises(UnreadableAnswer, match="row 2") as refused:
        read(row)
    assert not isinstance(refused.value, ReaderStumbled)

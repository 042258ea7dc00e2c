"""What all blocks of an epoch say together: what was paid for votes, and that gaps are noticed."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from aurora_pipeline.asking.adapter import Answer
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.units import Lamports
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.sources.solana.answers.votes import VOTE_PROGRAM
from aurora_pipeline.sources.solana.blocks import EpochVotes, VoteFees
from aurora_pipeline_tests.asking.asked import NODE, block, fee, result_of
from aurora_pipeline_tests.sources.solana.test_answers import transaction

FIRST, LAST = 100, 111


def costs_answers(listed: Sequence[int], beyond: int | None = None) -> list[Answer]:
    answers = [result_of(questions.blocks(FIRST, LAST), list(listed))]
    parents = [FIRST - 1, *listed]
    for slot, parent in zip(listed, parents, strict=False):
        votes = [transaction("id1", 5000, ["vote1", VOTE_PROGRAM]), transaction("id2", 5000, ["vote2", VOTE_PROGRAM])]
        told = votes[: 1 + slot % 2]
        shown = block(slot, parent, [fee(2_500 * len(told))]) | {"transactions": told}
        answers.append(result_of(questions.block_accounts(slot), shown))
    if beyond is not None:
        answers.append(result_of(questions.first_block_from(LAST + 1), [beyond]))
        answers.append(result_of(questions.block(beyond), block(beyond, listed[-1])))
    return answers


def vote_fees(answers: Sequence[Answer]) -> dict[tuple[str, str], VoteFees]:
    votes = EpochVotes(NODE, FIRST, LAST)
    for answer in answers:
        votes.add(answer)
    return votes.fees()


def test_vote_fees__unbroken_chain__summed_by_payer() -> None:
    fees = vote_fees(costs_answers([100, 101, 104, 111]))
    assert fees == {("id1", "vote1"): VoteFees(4, Lamports(20_000)), ("id2", "vote2"): VoteFees(2, Lamports(10_000))}


def test_vote_fees__last_slots_skipped__need_the_block_after() -> None:
    with pytest.raises(UnreadableAnswer, match="last slots"):
        vote_fees(costs_answers([100, 101]))
    fees = vote_fees(costs_answers([100, 101], beyond=115))
    assert fees["id1", "vote1"] == VoteFees(2, Lamports(10_000))


@pytest.mark.parametrize("dropped", [1, 2, 3])
def test_vote_fees__block_missing__refused(dropped: int) -> None:
    answers = costs_answers([100, 101, 111])
    del answers[dropped]
    with pytest.raises(UnreadableAnswer, match="missing"):
        vote_fees(answers)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"transactions": []}, "Fee rows pay 5000 lamports, its transactions left 0: some are left out"),
        ({"transactions": [], "rewards": []}, "none of the 4 blocks has a transaction"),
        ({"rewards": []}, "none of the 4 blocks has a Fee row"),
        ({"rewards": None}, "expected a list"),
    ],
    ids=["transactions", "transactions and rewards", "rewards", "rewards null"],
)
def test_vote_fees__left_out_of_every_block__refused(change: dict[str, object], why: str) -> None:
    answers = costs_answers([101, 103, 105, 111])
    for number, one in enumerate(answers[1:], start=1):
        shown = json.loads(one.body)
        shown["result"] |= change
        answers[number] = replace(one, body=json.dumps(shown).encode())
    with pytest.raises(UnreadableAnswer, match=re.escape(why)):
        vote_fees(answers)


def test_vote_fees__list_with_a_gap__refused() -> None:
    answers = costs_answers([100, 101, 111])
    answers[0] = result_of(questions.blocks(FIRST, LAST), [100, 111])
    with pytest.raises(UnreadableAnswer, match="gap"):
        vote_fees(answers)


def test_vote_fees__no_block_at_all__refused() -> None:
    with pytest.raises(UnreadableAnswer, match="no block"):
        vote_fees([result_of(questions.blocks(FIRST, LAST), [])])

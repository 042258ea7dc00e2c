"""What an epoch's blocks say together: every led slot is a block or a proven skip, and gaps are noticed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from aurora_pipeline.asking.adapter import Answer
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.sources.solana.answers import VOTE_PROGRAM
from aurora_pipeline.sources.solana.blocks import EpochVotes, VoteFees, read_led_blocks
from aurora_pipeline_tests.asking.asked import NODE, block, fee, result_of
from aurora_pipeline_tests.sources.solana.test_answers import transaction

FIRST, LAST = 100, 111
SCHEDULE = {"me": [0, 1, 2, 3, 8, 9, 10, 11], "other": [4, 5, 6, 7]}


def shown_block(slot: int, parent: int) -> Answer:
    return result_of(questions.block(slot), block(slot, parent, [fee(slot)]))


def fees_answers(listed: Sequence[int], read: Sequence[int], beyond: int | None = None) -> list[Answer]:
    """A chain whose blocks are `listed`; those of `read` were asked for."""
    inside = [slot for slot in listed if slot <= LAST]
    answers = [
        result_of(questions.leader_schedule(FIRST), SCHEDULE),
        result_of(questions.blocks(FIRST, LAST), inside),
    ]
    if beyond is not None:
        answers.append(result_of(questions.first_block_from(LAST + 1), [beyond]))
    every = [*inside, *([] if beyond is None else [beyond])]
    parents = dict(zip(every, [FIRST - 1, *every], strict=False))
    return answers + [shown_block(slot, parents[slot]) for slot in read]


def led(
    answers: Sequence[Answer], identity: str = "me"
) -> tuple[int, list[int], tuple[int, ...], tuple[int, ...], int]:
    result = read_led_blocks(answers, NODE, [identity], FIRST, LAST)
    return result.leader_slots, [one.slot for one in result.blocks], result.skipped, result.unproven, result.fees


def test_read_led_blocks__skips_with_witnesses__blocks_plus_skips() -> None:
    answers = fees_answers([100, 103, 104, 106, 108, 109, 110, 111], [100, 103, 108, 109, 110, 111])
    assert led(answers) == (8, [100, 103, 108, 109, 110, 111], (101, 102), (), 100 + 103 + 108 + 109 + 110 + 111)


def test_read_led_blocks__block_of_another_leader_read_as_witness__not_counted() -> None:
    answers = fees_answers([100, 101, 102, 105, 108, 109, 110, 111], [100, 101, 102, 105, 108, 109, 110, 111])
    assert led(answers)[1:] == ([100, 101, 102, 108, 109, 110, 111], (103,), (), 100 + 101 + 102 + 438)


def test_read_led_blocks__skipped_at_the_end__proven_by_the_block_after_the_epoch() -> None:
    listed, read = [100, 101, 102, 103, 104, 108, 109], [100, 101, 102, 103, 108, 109]
    assert led(fees_answers(listed, read))[2:4] == ((), (110, 111))
    assert led(fees_answers(listed, [*read, 114], beyond=114))[2:4] == ((110, 111), ())


def test_read_led_blocks__first_slots_skipped__proven_by_the_first_block_of_the_epoch() -> None:
    listed = [102, 103, 104, 108, 109, 110, 111]
    answers = fees_answers(listed, [102, 103, 108, 109, 110, 111])
    assert led(answers)[:4] == (8, [102, 103, 108, 109, 110, 111], (100, 101), ())


def test_read_led_blocks__never_led__nothing_and_no_error() -> None:
    assert led(fees_answers([100, 101], []), "stranger") == (0, [], (), (), 0)


def test_read_led_blocks__led_block_missing__refused() -> None:
    with pytest.raises(UnreadableAnswer, match="led slot 103 is missing"):
        led(fees_answers([100, 101, 102, 103], [100, 101, 102]))


@pytest.mark.parametrize(
    ("listed", "wrong", "parent"),
    [([100, 101, 103], 103, 102), ([103, 104], 103, 102), ([100, 101, 102, 103], 103, 101)],
    ids=["gap", "history begins late", "other fork"],
)
def test_read_led_blocks__parent_not_listed__refused_as_a_gap(listed: list[int], wrong: int, parent: int) -> None:
    answers = [answer for answer in fees_answers(listed, listed) if f"getBlock {wrong} " not in answer.request_key]
    with pytest.raises(UnreadableAnswer, match="gap"):
        led([*answers, shown_block(wrong, parent)])


def test_read_led_blocks__schedule_beyond_the_epoch__refused() -> None:
    answers = fees_answers([100], [])
    answers[0] = result_of(questions.leader_schedule(FIRST), {"me": [12]})
    with pytest.raises(UnreadableAnswer, match="beyond"):
        led(answers)


@pytest.mark.parametrize("lacking", [0, 1])
def test_read_led_blocks__schedule_or_list_missing__refused(lacking: int) -> None:
    answers = fees_answers([100, 101], [100, 101])
    del answers[lacking]
    with pytest.raises(UnreadableAnswer, match="missing"):
        led(answers)


def costs_answers(listed: Sequence[int], beyond: int | None = None) -> list[Answer]:
    answers = [result_of(questions.blocks(FIRST, LAST), list(listed))]
    parents = [FIRST - 1, *listed]
    for slot, parent in zip(listed, parents, strict=False):
        votes = [transaction("id1", 5000, ["vote1", VOTE_PROGRAM]), transaction("id2", 5000, ["vote2", VOTE_PROGRAM])]
        shown = block(slot, parent) | {"transactions": votes[: 1 + slot % 2]}
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
    assert fees == {("id1", "vote1"): VoteFees(4, 20_000), ("id2", "vote2"): VoteFees(2, 10_000)}


def test_vote_fees__last_slots_skipped__need_the_block_after() -> None:
    with pytest.raises(UnreadableAnswer, match="last slots"):
        vote_fees(costs_answers([100, 101]))
    fees = vote_fees(costs_answers([100, 101], beyond=115))
    assert fees["id1", "vote1"] == VoteFees(2, 10_000)


@pytest.mark.parametrize("dropped", [1, 2, 3])
def test_vote_fees__block_missing__refused(dropped: int) -> None:
    answers = costs_answers([100, 101, 111])
    del answers[dropped]
    with pytest.raises(UnreadableAnswer, match="missing"):
        vote_fees(answers)


def test_vote_fees__list_with_a_gap__refused() -> None:
    answers = costs_answers([100, 101, 111])
    answers[0] = result_of(questions.blocks(FIRST, LAST), [100, 111])
    with pytest.raises(UnreadableAnswer, match="gap"):
        vote_fees(answers)


def test_vote_fees__no_block_at_all__refused() -> None:
    with pytest.raises(UnreadableAnswer, match="no block"):
        vote_fees([result_of(questions.blocks(FIRST, LAST), [])])

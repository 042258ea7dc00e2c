"""What a leader's blocks say of its fees: every led slot is a block that tells them or a proven skip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from aurora_pipeline.asking.adapter import Answer
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.sources.solana.answers.blocks import NO_HASH
from aurora_pipeline.sources.solana.led_blocks import LedFees, schedule_problem
from aurora_pipeline_tests.asking.asked import block, fee, result_of
from aurora_pipeline_tests.sources.solana.led import judged

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


def of_me(answers: Sequence[Answer]) -> LedFees:
    return judged(answers, ["me"], FIRST, LAST)


def test_led_fees__skips_with_witnesses__blocks_plus_skips() -> None:
    led = of_me(fees_answers([100, 103, 104, 106, 108, 109, 110, 111], [100, 103, 108, 109, 110, 111]))
    assert (led.produced, led.empty, led.problems) == ([100, 103, 108, 109, 110, 111], [101, 102], [])
    assert led.paid == 100 + 103 + 108 + 109 + 110 + 111


def test_led_fees__block_of_another_leader_read_as_witness__not_counted() -> None:
    slots = [100, 101, 102, 105, 108, 109, 110, 111]
    led = of_me(fees_answers(slots, slots))
    assert (led.empty, led.problems, led.paid) == ([103], [], 100 + 101 + 102 + 438)


def test_led_fees__skipped_at_the_end__proven_by_the_block_after_the_epoch() -> None:
    listed, read = [100, 101, 102, 103, 104, 108, 109], [100, 101, 102, 103, 108, 109]
    assert of_me(fees_answers(listed, read)).unproven == [110, 111]
    proven = of_me(fees_answers(listed, [*read, 114], beyond=114))
    assert (proven.empty, proven.problems) == ([110, 111], [])


def test_led_fees__first_slots_skipped__proven_by_the_first_block_of_the_epoch() -> None:
    listed = [102, 103, 104, 108, 109, 110, 111]
    led = of_me(fees_answers(listed, [102, 103, 108, 109, 110, 111]))
    assert (led.produced[:2], led.empty, led.problems) == ([102, 103], [100, 101], [])


def test_led_fees__never_led__nothing_and_no_problem() -> None:
    led = judged(fees_answers([100, 101], []), ["stranger"], FIRST, LAST)
    assert (led.produced, led.empty, led.problems, led.paid) == ([], [], [], 0)


def test_led_fees__led_block_not_read__says_which() -> None:
    led = of_me(fees_answers([100, 101, 102, 103, 108, 109, 110, 111], [100, 101, 102, 108, 109, 110, 111]))
    assert led.problems == ["1 of 8 led blocks not known (slot 103)"]


@pytest.mark.parametrize(
    ("listed", "wrong", "parent"),
    [([100, 101, 103], 103, 102), ([103, 104], 103, 102), ([100, 101, 102, 103], 103, 101)],
    ids=["gap", "history begins late", "other fork"],
)
def test_led_fees__parent_not_listed__another_block_or_a_gap(listed: list[int], wrong: int, parent: int) -> None:
    answers = [answer for answer in fees_answers(listed, listed) if f"getBlock {wrong} " not in answer.request_key]
    (problem,) = of_me([*answers, shown_block(wrong, parent)]).problems
    assert f"block of slot {wrong} has the parent {parent}" in problem


def test_led_fees__another_block_in_the_place_of_the_epochs_first__refused_by_its_hash() -> None:
    slots = list(range(FIRST, LAST + 1))
    whole = fees_answers(slots, slots)
    assert of_me(whole).problems == []
    earlier = result_of(questions.block(FIRST), block(FIRST - 50, FIRST - 51, [fee(7)]))
    other = [answer for answer in whole if f"getBlock {FIRST} " not in answer.request_key]
    (problem,) = of_me([*other, earlier]).problems
    assert f"slot {FIRST} has the hash hash{FIRST - 50}, but that of slot {FIRST + 1} follows hash{FIRST}" in problem


def test_led_fees__parent_that_the_node_has_removed__is_held_against_nothing() -> None:
    slots = list(range(FIRST, LAST + 1))
    whole = fees_answers(slots, slots)
    asked = f"getBlock {FIRST + 1} "
    place = next(number for number, answer in enumerate(whole) if asked in answer.request_key)
    body = whole[place].body.replace(f'"hash{FIRST}"'.encode(), f'"{NO_HASH}"'.encode())
    assert body != whole[place].body
    removed = replace(whole[place], body=body)
    found, before = of_me([*whole[:place], removed, *whole[place + 1 :]]), of_me(whole)
    assert replace(found, blocks=[]) == replace(before, blocks=[])


def silent(slot: int, **shown: object) -> Answer:
    """A block without a reward row."""
    asked = questions.block_signatures(slot) if shown else questions.block(slot)
    return result_of(asked, block(slot, slot - 1) | shown)


def test_led_fees__block_without_rewards__no_figure() -> None:
    slots = list(range(FIRST, LAST + 1))
    whole = fees_answers(slots, [slot for slot in slots if slot != 102])
    (problem,) = of_me([*whole, silent(102)]).problems
    assert problem.startswith("1 of 8 led blocks have no Fee row and are not proven empty (slot 102)")
    (problem,) = of_me([*whole, silent(102), silent(102, signatures=["s1", "s2"])]).problems
    assert "that of slot 102 has 2 transactions" in problem


@pytest.mark.parametrize("proof", [{"signatures": []}, {"transactions": []}], ids=str)
def test_led_fees__block_without_rewards_and_transactions__is_empty(proof: dict[str, object]) -> None:
    slots = list(range(FIRST, LAST + 1))
    whole = fees_answers(slots, [slot for slot in slots if slot != 102])
    led = of_me([*whole, silent(102), silent(102, **proof)])
    assert (led.problems, led.paid) == ([], 100 + 101 + 103 + 108 + 109 + 110 + 111)


def test_led_fees__second_answer_has_the_fee_row__counts() -> None:
    slots = list(range(FIRST, LAST + 1))
    whole = fees_answers(slots, [slot for slot in slots if slot != 102])
    again = result_of(questions.block_signatures(102), block(102, 101, [fee(7)]) | {"signatures": ["s"]})
    led = of_me([*whole, silent(102), again])
    assert (led.problems, led.paid) == ([], 100 + 101 + 7 + 103 + 108 + 109 + 110 + 111)
    contradicted = of_me([*whole, shown_block(102, 101), again])
    assert contradicted.problems == ["1 of 8 led blocks not known (slot 102)"]


def test_schedule_problem__slots_without_a_leader_or_beyond__says_so() -> None:
    assert schedule_problem(SCHEDULE, FIRST, LAST) is None
    assert schedule_problem(SCHEDULE, FIRST, LAST - 1) == "the schedule names a slot beyond the epoch"
    problem = schedule_problem(SCHEDULE, FIRST, LAST + 3)
    assert problem == "the schedule gives 12 of the epoch's 15 slots; slot 112 is the first without"

"""Mistakes of a file: all are counted, the first are told, and where the others are is said."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.foundation.errors import ImportRefused
from aurora_pipeline.foundation.listing import listed
from aurora_pipeline.foundation.mistakes import SHOWN, Mistake, Mistakes, counted, in_order, listing, ranges


def in_lines(lines: Iterable[int | None], file: str = "x.csv") -> list[Mistake]:
    return [Mistake(file, line, "", "is wrong", None) for line in lines]


def test_mistake__with_place_and_remedy__says_both() -> None:
    found = Mistake("chains.yaml", 4, "chains[x].roles", "is unknown", "remove it")
    assert str(found) == "chains.yaml:4  chains[x].roles: is unknown\n    -> remove it"
    assert str(Mistake("x.csv", None, "", "is empty", None)) == "x.csv  is empty"


def test_mistakes__collected__keep_the_file_and_the_place() -> None:
    collected = Mistakes("x.csv")
    collected.add(3, "is no date", "valid_from")
    collected.add(None, "holds no entries")
    assert [str(one) for one in collected.found] == ["x.csv:3  valid_from: is no date", "x.csv  holds no entries"]


@pytest.mark.parametrize(
    ("mistakes", "rest"),
    [
        (in_lines(range(1, SHOWN + 1)), None),
        (in_lines(range(1, SHOWN + 2)), f"... and 1 more, all in x.csv, line {SHOWN + 1}"),
        (in_lines([*range(1, SHOWN + 4), 90]), f"... and 4 more, all in x.csv, lines {SHOWN + 1}-{SHOWN + 3}, 90"),
        (in_lines([None] * (SHOWN + 2)), "... and 2 more, all in x.csv"),
        (
            [*in_lines(range(1, SHOWN + 3), "a.yaml"), *in_lines([7, 7, 9], "b.yaml")],
            f"... and 5 more, 2 in a.yaml, lines {SHOWN + 1}-{SHOWN + 2}; 3 in b.yaml, lines 7, 9",
        ),
    ],
)
def test_listing__of_more_than_are_shown__says_where_the_others_are(mistakes: list[Mistake], rest: str | None) -> None:
    lines = listing(mistakes).split("\n")
    assert len(lines) == min(len(mistakes), SHOWN) + (rest is not None)
    assert rest is None or lines[-1] == f"  {rest}"


@given(st.lists(st.integers(1, 400), min_size=1, max_size=120))
def test_import_refused__of_any_lines__counts_all_and_tells_the_first(lines: list[int]) -> None:
    refused = ImportRefused(in_lines(lines))
    assert refused.message.startswith(counted(in_lines(lines)))
    assert [one.line for one in refused.mistakes] == sorted(lines)
    assert refused.message.count("is wrong") == min(len(lines), SHOWN)


@given(st.sets(st.integers(1, 300), min_size=1))
def test_ranges__of_any_numbers__name_each_once_and_count_those_left_out(numbers: set[int]) -> None:
    text, left = ranges(sorted(numbers), at_most=5)
    named: set[int] = set()
    for part in text.split(", "):
        first, _, last = part.partition("-")
        named |= set(range(int(first), int(last or first) + 1))
    assert named <= numbers
    assert len(named) + left == len(numbers)


def test_in_order__of_several_files__file_by_file_and_line_by_line() -> None:
    mixed = [*in_lines([9, None], "b.yaml"), *in_lines([5, 2], "a.yaml")]
    assert [(one.file, one.line) for one in in_order(mixed)] == [
        ("a.yaml", 2),
        ("a.yaml", 5),
        ("b.yaml", None),
        ("b.yaml", 9),
    ]


def test_listed__of_many__the_first_and_how_many_more() -> None:
    assert listed([1, 2, 3]) == "1, 2, 3"
    assert listed(range(5), at_most=2) == "0, 1 and 3 more"

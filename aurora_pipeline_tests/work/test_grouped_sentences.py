"""Sentences of one kind are told once, with real numbers and the first names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.work.grouped_sentences import alike

KEYS = ["PgojseugNH23nwxBCWg8SHjMTyqcV1zQCFpTK5zwR5S", "VJuVFWXVdj9Xv33Q9vUMNTLpRBQnC6NQhbtEiFzr9g7"]
MANY = [f"{letter * 43}" for letter in "ABCDE"]


def told(*texts: str, names: tuple[str, ...] = ()) -> list[tuple[int, str]]:
    return [(one.count, one.text) for one in alike(texts, names)]


def test_alike__962_of_one_kind__one_line_with_a_range_and_the_first_names() -> None:
    texts = [f"{MANY[number % 5]}: a commission of {number}.5 %" for number in range(100, 1062)]
    text = f"{MANY[0]}, {MANY[1]}, {MANY[2]} and 2 more: a commission of 100.5 to 1061.5 %"
    assert told(*texts) == [(962, text)]


def test_alike__numbers_that_are_the_same__stay_as_they_are() -> None:
    text = "its part follows from its stakers' parts at {} bps, exact to 0"
    assert told(text.format(500), text.format(500)) == [(2, text.format(500))]
    assert told(text.format(800), text.format(500)) == [(2, text.format("500 to 800"))]


def test_alike__other_words__other_lines_the_most_frequent_first() -> None:
    texts = ("statement of halcyon: held", f"fees of {KEYS[0]} are odd", f"fees of {KEYS[1]} are odd")
    assert told(*texts) == [(2, f"fees of {KEYS[0]}, {KEYS[1]} are odd"), (1, texts[0])]


def test_alike__names_that_are_known__differ_as_keys_do() -> None:
    texts = ("statement of halcyon: held", "statement of halcyon-two: held")
    assert told(*texts) == [(1, text) for text in texts]
    assert told(*texts, names=("halcyon", "halcyon-two")) == [(2, "statement of halcyon, halcyon-two: held")]


def test_alike__a_number_beside_a_key__is_another_kind() -> None:
    assert len(told("of 5", f"of {KEYS[0]}")) == 2


def test_alike__digits_inside_words_and_periods__are_no_numbers() -> None:
    assert len(told("C1x9 has no row", "D1x9 has no row")) == 2
    assert told("fees_842.csv", "fees_842.csv") == [(2, "fees_842.csv")]


def test_alike__rows_that_differ__the_first_of_them_all_and_no_range_of_each_place() -> None:
    text = "{} mistakes in rows {}, column 'on', the first: is empty"
    texts = (text.format(834, "2, 8, 14-16, 20 and 794 more"), text.format(833, "3, 9-11 and 793 more"))
    assert told(*texts) == [(2, text.format("833 to 834", "2, 3, 8, 9, 11 and others"))]
    assert told(texts[0], texts[0]) == [(2, texts[0])]


@given(st.lists(st.text("ab 019.:", max_size=12), max_size=8), st.sets(st.text("ab", max_size=2), max_size=2))
def test_alike__any_texts__each_is_counted_once_and_one_alone_is_told_as_it_is(
    texts: list[str], names: set[str]
) -> None:
    found = alike(texts, names)
    assert sorted(place for one in found for place in one.members) == list(range(len(texts)))
    assert all(one.text == texts[one.members[0]] for one in found if one.count == 1)

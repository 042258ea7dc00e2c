"""Reading what relays delivered: every row once, page by page, and no end of a list that is none."""

from __future__ import annotations

import copy
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurora_pipeline.asking.adapter import Answer
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.sources.relays.answers import next_cursor, read_page, read_pages
from aurora_pipeline.sources.relays.questions import delivered_up_to
from aurora_pipeline_tests.asking.asked import NODE, answer_to
from aurora_pipeline_tests.devchain.answers import RELAYS, delivered, page_of, pages_of_period
from aurora_pipeline_tests.sources.storm.garbling import garbled, or_refused_by_name, struck


@pytest.mark.parametrize("relay", RELAYS)
@given(st.integers(0, 127), st.integers(0, 127), st.integers(1, 60))
def test_read_pages__any_page_length_and_any_period__every_row_of_it_once(
    relay: str, one: int, other: int, limit: int
) -> None:
    first, last = sorted((one, other))
    told = read_pages(pages_of_period(relay, first, last, limit), NODE, first, last)
    rows = [row for row in delivered(relay, None) if first <= int(row["slot"]) <= last]
    assert [(row.slot, row.block_hash, row.claim) for row in told] == [
        (int(row["slot"]), row["block_hash"], int(row["value"])) for row in rows
    ]


@given(st.integers(1, 5))
def test_read_pages__page_cut_between_blocks_of_one_slot__neither_is_lost(limit: int) -> None:
    twin = {**delivered("a", 126)[0], "block_hash": "0x" + "77" * 32}
    rows = [*delivered("a", None), twin]
    rows.sort(key=lambda row: -int(row["slot"]))
    asked: list[Answer] = []
    cursor: int | None = 127
    while cursor is not None:
        up_to = cursor
        listed = [row for row in rows if int(row["slot"]) <= up_to]
        # No relay's page is shorter than the blocks of one slot.
        asked.append(answer_to(delivered_up_to(cursor), listed[: max(limit, 2)]))
        cursor = next_cursor(read_page(asked[-1], NODE), cursor, 100)
    told = read_pages(asked, NODE, 100, 127)
    assert len([row for row in told if row.slot == 126]) == 2


def test_read_pages__last_page_missing__refused_naming_it() -> None:
    asked = pages_of_period("a", 0, 127, 20)
    assert len(asked) > 3
    with pytest.raises(UnreadableAnswer, match="the page of slots up to 32 is missing"):
        read_pages([page_of("a", 127, 39)], NODE, 0, 127)
    for gone in range(len(asked)):
        with pytest.raises(UnreadableAnswer, match="page"):
            read_pages([*asked[:gone], *asked[gone + 1 :]], NODE, 0, 127)


def test_read_pages__none_came__refused() -> None:
    with pytest.raises(UnreadableAnswer, match="no page"):
        read_pages([], NODE, 0, 127)


def test_read_pages__relay_that_never_delivered__nothing_and_no_error() -> None:
    assert read_pages([answer_to(delivered_up_to(127), [])], NODE, 0, 127) == ()


def changed(**values: object) -> Answer:
    """A page whose first row has other values; None takes a key out."""
    rows: list[dict[str, Any]] = copy.deepcopy(delivered("a", 126))
    rows[0].update(values)
    rows[0] = {key: value for key, value in rows[0].items() if value is not None}
    return answer_to(delivered_up_to(126), rows)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"slot": "127"}, "slots up to 126 were asked"),
        ({"slot": "100"}, "do not fall"),
        ({"slot": "0x7e"}, "whole number"),
        ({"value": "1.5"}, "whole number"),
        ({"value": "-1"}, "whole number"),
        ({"value": "1e18"}, "whole number"),
        ({"value": None}, "value"),
        ({"value": str(2 * 10**27)}, "more than there are"),
        ({"block_hash": "0x12"}, "hash"),
        ({"proposer_fee_recipient": "0x"}, "address"),
        ({"proposer_pubkey": "0x" + "a" * 95}, "public key"),
    ],
    ids=str,
)
def test_read_page__wrong_field__refused_with_its_place(values: dict[str, object], said: str) -> None:
    with pytest.raises(UnreadableAnswer, match=said):
        read_page(changed(**values), NODE)


def test_read_page__row_twice__refused() -> None:
    row = delivered("a", 126)[0]
    with pytest.raises(UnreadableAnswer, match="listed twice"):
        read_page(answer_to(delivered_up_to(126), [row, row]), NODE)


def test_read_page__error_body__refused_with_what_the_relay_says() -> None:
    body = {"code": 400, "message": "cannot specify both slot and cursor"}
    answer = answer_to(delivered_up_to(5), body, status=400)
    with pytest.raises(UnreadableAnswer, match="HTTP 400: cannot specify both slot and cursor"):
        read_page(answer, NODE)
    assert not delivered_up_to(5).accepts(answer)
    with pytest.raises(UnreadableAnswer, match="expected a list"):
        read_page(replace(answer, status=200), NODE)


def test_read_page__numbers_and_capitals_of_another_relay__the_same_rows() -> None:
    row = delivered("a", 126)[0]
    other = {**row, "slot": int(row["slot"]), "block_hash": "0x" + row["block_hash"][2:].upper(), "extra": {"a": 1}}
    assert read_page(answer_to(delivered_up_to(126), [other]), NODE) == read_page(
        answer_to(delivered_up_to(126), [row]), NODE
    )


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 2**32))
def test_read_pages__struck_pages__read_or_refused_by_name_and_garbled_ones_never_other_rows(seed: int) -> None:
    page, random = page_of("b", 127), Random(seed)
    with or_refused_by_name():
        read_pages([replace(page, body=struck(page.body, random))], NODE, 10, 127)
    with or_refused_by_name():
        told = read_pages([replace(page, body=garbled(page.body, random))], NODE, 10, 127)
        assert told == read_pages([page], NODE, 10, 127)

"""Attestation rewards are read quickly where they are plain, slowly where they are not, and the same either way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.beacon import questions
from aurora_pipeline.sources.beacon.answers import rewards
from aurora_pipeline.sources.beacon.answers.rewards import PARTS, read_attestation_rewards
from aurora_pipeline_tests.asking.asked import answer_to

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "validator_index": st.integers(0, 2**40),
            "head": st.integers(0, 10**12),
            "target": st.integers(-(10**12), 10**12),
            "source": st.integers(-(10**12), 10**12),
            "inactivity": st.integers(-(10**12), 0),
        }
    ),
    unique_by=lambda row: row["validator_index"],
    max_size=20,
)
QUESTION = questions.attestation_rewards(EpochNumber(5), ["1"])


def body_of(rows: list[dict[str, Any]], **flags: Any) -> dict[str, Any]:
    return {**flags, "data": {"ideal_rewards": [], "total_rewards": rows}}


@given(ROWS)
def test_rewards__any_rows__read_the_same_quickly_and_slowly(rows: list[dict[str, int]]) -> None:
    as_text = [{name: str(value) for name, value in row.items()} for row in rows]
    answer = answer_to(QUESTION, body_of(as_text))
    quickly, slowly = rewards._quickly(answer), rewards._slowly(answer, "node")
    assert quickly is not None
    assert quickly.to_dicts() == slowly.to_dicts() == rows
    # Numbers that are no texts are read, too, and only slowly.
    as_numbers = answer_to(QUESTION, body_of(rows))
    assert read_attestation_rewards(as_numbers, "node").to_dicts() == rows
    assert not rows or rewards._quickly(as_numbers) is None


GOOD = {"validator_index": "1", "head": "2", "target": "-3", "source": "4", "inactivity": "0"}


def nested(depth: int) -> object:
    """A list within a list, so many times."""
    found: object = "1"
    for _ in range(depth):
        found = [found]
    return found


@pytest.mark.parametrize(
    ("rows", "flags", "problem"),
    [
        ([{**GOOD, "target": "1.5"}], {}, "expected a whole number"),
        ([{**GOOD, "target": "1_000"}], {}, "expected a whole number"),
        ([{**GOOD, "target": " 1"}], {}, "expected a whole number"),
        ([{**GOOD, "target": "٣"}], {}, "expected a whole number"),
        ([{**GOOD, "target": "9" * 19}], {}, "expected a whole number"),
        ([{**GOOD, "target": None}], {}, "expected a whole number"),
        ([{**GOOD, "head": "-1"}], {}, "head is -1"),
        ([{**GOOD, "inactivity": "1"}], {}, "inactivity is 1"),
        ([{**GOOD, "validator_index": "-1"}], {}, "expected a whole number"),
        ([GOOD, GOOD], {}, "a validator is listed twice"),
        ([{name: GOOD[name] for name in ("validator_index", *PARTS[1:])}], {}, 'the key "head" is missing'),
        ([GOOD], {"execution_optimistic": True}, "execution_optimistic"),
        ([GOOD], {"execution_optimistic": "no"}, "expected true or false"),
        ([GOOD], {"finalized": False}, "are not final"),
        ([{**GOOD, "target": "\ud800"}], {}, "half a character"),
        # Polars alone would look at it for two minutes.
        ([{**GOOD, "target": nested(900)}], {}, "expected a whole number"),
    ],
)
def test_rewards__that_are_not_what_they_should_be__refused(
    rows: list[dict[str, Any]], flags: dict[str, Any], problem: str
) -> None:
    answer = answer_to(QUESTION, body_of(rows, **flags))
    assert rewards._quickly(answer) is None
    with pytest.raises(UnreadableAnswer, match=problem):
        read_attestation_rewards(answer, "node")


@pytest.mark.parametrize(
    ("plain", "doubled"),
    [
        ('"head": "2"', '"head": "2", "head": "5"'),
        ('"head": "2"', '"head": "2", "\\u0068ead": "5"'),
        ('"validator_index": "1"', '"validator_index": "1" , "validator_index" : "2"'),
        ('"ideal_rewards": []', '"ideal_rewards": [], "total_rewards": []'),
        ('"ideal_rewards": []', '"ideal_rewards": [{"a": "1", "a": "2"}]'),
        ('{"data"', '{"data": {}, "data"'),
        ('{"data"', '{"finalized": false, "finalized": true, "data"'),
    ],
    ids=["a part", "a part escaped", "the validator", "the rows", "what is not read", "everything", "a flag"],
)
def test_rewards__a_key_that_stands_twice__refused(plain: str, doubled: str) -> None:
    body = json.dumps(body_of([GOOD]))
    assert read_attestation_rewards(answer_to(QUESTION, body.encode()), "node").to_dicts()[0]["head"] == 2
    assert plain in body
    with pytest.raises(UnreadableAnswer, match="stands twice"):
        read_attestation_rewards(answer_to(QUESTION, body.replace(plain, doubled).encode()), "node")


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"data": []}', b'{"data": {"total_rewards": {}}}', b"[" * 9999])
def test_rewards__garbage__refused(raw: bytes) -> None:
    with pytest.raises(UnreadableAnswer):
        read_attestation_rewards(answer_to(QUESTION, raw), "node")


def test_rewards__an_error_status__refused_by_it() -> None:
    with pytest.raises(UnreadableAnswer, match="HTTP 404"):
        read_attestation_rewards(answer_to(QUESTION, json.dumps(body_of([GOOD])).encode(), status=404), "node")

"""Reading JSON that strangers sent: exact within bounds, no key twice, and nothing that stops a machine."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.asking.reading import ReaderStumbled, UnreadableAnswer, parsed, reader
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.trillium.answers import read_validators
from aurora_pipeline.store.payloads.answers import Answer


def answer(body: str | bytes) -> Answer:
    raw = body if isinstance(body, bytes) else body.encode()
    return Answer("a question", {}, 200, {}, raw, datetime(2026, 9, 9, tzinfo=UTC))


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("1e9999999999999999999", "the number 1e9999999999999999999 is beyond"),
        ('{"result": [1], "id": 1e-9999999999999999999}', "beyond what an amount can be"),
        ("[1e61]", "beyond what an amount can be"),
        ("[0." + "1" * 100 + "]", "beyond what an amount can be"),
        ("9" * 5000, "no JSON"),
        ('{"a": 1, "b": 2, "a": 3}', 'the key "a" stands twice in one object'),
        ('[{"x": {"lamports": 5, "lamports": 6}}]', 'the key "lamports" stands twice'),
        ('["\\ud800"]', "half a character"),
        ('{"\\uDC00": 1}', "half a character"),
        ("NaN", "NaN is no number"),
        ("[" * 100_000, "it is nested too deeply"),
        (b'"\xff', "it is not UTF-8 text"),
    ],
)
def test_parsed__what_no_amount_can_be__refused_by_name(body: str | bytes, problem: str) -> None:
    with pytest.raises(UnreadableAnswer) as refused:
        parsed(answer(body), "somebody")
    assert problem in refused.value.problem
    assert len(refused.value.message) < 400


@pytest.mark.parametrize("field", ["leader_slots", "blocks_produced", "mev_commission", "commission"])
@pytest.mark.parametrize("number", ["1e9999999", "1e60", "-1e60", "1e-60"])
def test_trillium__nine_bytes_that_no_machine_can_count_to__refused_at_once(field: str, number: str) -> None:
    row = '{"epoch": 851, "vote_account_pubkey": "V", "%s": %s}'
    with pytest.raises(UnreadableAnswer) as refused:
        read_validators(answer(f"[{row % (field, number)}]"), "trillium", EpochNumber(851))
    assert not isinstance(refused.value, ReaderStumbled)


def test_trillium__thousands_of_digits__refused_in_few_words() -> None:
    row = '[{"epoch": 851, "vote_account_pubkey": "V", "commission": %s}]' % ("9" * 4_000)
    with pytest.raises(UnreadableAnswer, match="no commission in whole basis points") as refused:
        read_validators(answer(row), "trillium", EpochNumber(851))
    assert len(refused.value.message) < 400


def test_refusal__of_a_long_story__cut_off() -> None:
    told = UnreadableAnswer("somebody", "a question", "x" * 100_000)
    assert len(told.problem) < len(told.message) < 1_500


def test_text__with_what_no_row_can_hold_or_what_turns_a_line__written_out() -> None:
    # Any operator can give any name to a validator; joiners of signs and other scripts are names like others.
    row = answer(json.dumps([{"epoch": 851, "vote_account_pubkey": "V", "name": "a\0b\u202ec\u200d\u05d0"}]))
    assert read_validators(row, "trillium", EpochNumber(851))["V"].name == "a\\x00b\\u202ec\u200d\u05d0"


@pytest.mark.parametrize(
    "body", ['{"a\\u0000": 1, "a\\u0000": 2}', '[{"epoch": 851, "vote_account_pubkey": {"\\u202e": 1}}]']
)
def test_refusal__of_what_does_not_print__prints(body: str) -> None:
    with pytest.raises(UnreadableAnswer) as refused:
        read_validators(answer(body), "trillium", EpochNumber(851))
    assert refused.value.problem.isprintable()


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**20), max_value=10**20))
def test_parsed__any_amount_in_coins__exact(amount: Decimal) -> None:
    assert parsed(answer(str(amount)), "somebody").decimal() == amount


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(),
        lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    )
)
def test_parsed__any_document__as_json_reads_it(document: object) -> None:
    assert parsed(answer(json.dumps(document)), "somebody").value == document


def test_parsed__a_whole_character_that_is_escaped__read() -> None:
    assert parsed(answer('["\\ud83d\\ude00"]'), "somebody").value == ["\U0001f600"]


def test_reader__that_was_not_written_for_it__unreadable_with_what_it_met_and_where() -> None:
    @reader
    def careless(one: Answer, provider: str) -> int:
        return int(parsed(one, provider).value["amount"])

    with pytest.raises(ReaderStumbled, match="its reader stumbled over it") as stumbled:
        careless(answer('{"amount": {}}'), "somebody")
    assert (stumbled.value.provider, stumbled.value.request_key) == ("somebody", "a question")
    assert "TypeError" in stumbled.value.problem
    with pytest.raises(UnreadableAnswer, match="no JSON"):
        careless(answer("{"), "somebody")

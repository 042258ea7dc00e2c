"""Fields that nobody knows: found where figures are read from, at every place a source names, and nowhere else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.beacon.known_fields import KNOWN_FIELDS as BEACON
from aurora_pipeline.sources.kinds import SOURCES
from aurora_pipeline.sources.solana.known_fields import KNOWN_FIELDS as SOLANA
from aurora_pipeline.sources.unknown_fields import KnownFields, UnknownField, unknown_fields
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.answers import Answer, store_answers
from aurora_pipeline.store.payloads.fetches import record_fetch
from aurora_pipeline.store.payloads.samples import samples
from aurora_pipeline.store.payloads.tables import Verdict

PLACES = [
    pytest.param(known, question, place, id=f"{question}: {place}")
    for known in (SOLANA, BEACON)
    for question in known
    for place in known[question]
]
CHAIN, EPOCH = "solana-demo", EpochNumber(850)


def _answer(question: str, body: Any, status: int = 200, number: int = 0) -> Answer:
    """Of a node that is asked by JSON-RPC, or by paths."""
    request: dict[str, object] = {"body": {"method": question}} if question.startswith("get") else {}
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    when = datetime(2026, 9, 1, tzinfo=UTC)
    return Answer(f"{question} {number}", request, status, {}, sent, when, question=question)


def _at(place: str, one: Any) -> Any:
    """A body with an object at a place, as the second of a list where it is in one."""
    for name in reversed(place.split(".")):
        one = {name.removesuffix("[]"): [{}, one] if name.endswith("[]") else one}
    return one


@pytest.mark.parametrize(("known", "question", "place"), PLACES)
def test_unknown_fields__at_every_place__the_new_one_alone(known: KnownFields, question: str, place: str) -> None:
    fields = dict.fromkeys(known[question][place])
    assert (
        unknown_fields({question: {place: known[question][place]}}, "n", [_answer(question, _at(place, fields))]) == ()
    )
    found = unknown_fields(known, "n", [_answer(question, _at(place, fields | {"newTax": 1}))])
    assert UnknownField("n", question, f"{place}.newTax") in found


def test_unknown_fields__of_what_is_no_such_answer__are_none() -> None:
    bodies = [
        b"garbage",
        {},
        {"result": None},
        {"result": []},
        {"result": {"rewards": None}},
        {"result": {"rewards": [3]}},
    ]
    assert unknown_fields(SOLANA, "n", [_answer("getBlock", body) for body in bodies]) == ()
    assert unknown_fields(SOLANA, "n", [_answer("getEpochInfo", {"result": {"newTax": 1}})]) == ()


def test_unknown_fields__of_a_name_that_no_row_can_hold__are_written_out() -> None:
    answer = _answer("getBlock", {"result": {"\0\u202e": 1, "y" * 100_000: 2}})
    found = [one.field for one in unknown_fields(SOLANA, "n", [answer]) if not one.field.startswith("result.rewards")]
    assert found == ["result.\\x00\\u202e", f"result.{'y' * 100}…"]


def test_sources__that_are_nodes_of_a_chain__name_what_they_know() -> None:
    assert {kind for kind, source in SOURCES.items() if source.known_fields} == {"solana_rpc", "beacon_api"}


def test_samples__of_a_period__the_first_and_last_good_answer_to_each_question(database: Database) -> None:
    asked = [_answer("getBlock", {"result": number}, 500 if number == 4 else 200, number) for number in range(5)]
    asked.append(_answer("getVoteAccounts", {"result": {}}))
    with database.connect() as connection:
        stored = store_answers(connection, CHAIN, EPOCH, "fees", "node", asked)
        told = (CHAIN, EPOCH, "fees", "node", "solana_rpc", "*", FigureState.FINAL, Verdict.TOLD, None)
        record_fetch(connection, *told, stored, None)
        found = samples(connection, CHAIN, EPOCH, ["solana_rpc"])
        assert (
            samples(connection, CHAIN, EPOCH, ["beacon_api"])
            == samples(connection, "other", EPOCH, ["solana_rpc"])
            == []
        )
    assert [(provider, kind, [one.request_key for one in answers]) for provider, kind, answers in found] == [
        ("node", "solana_rpc", ["getBlock 0", "getBlock 3"]),
        ("node", "solana_rpc", ["getVoteAccounts 0"]),
    ]

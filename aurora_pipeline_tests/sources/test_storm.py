"""A sample of the storm on the readers; the whole of it is a command."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from aurora_pipeline.asking.reading import ReaderStumbled, UnreadableAnswer
from aurora_pipeline_tests.sources.good import registered
from aurora_pipeline_tests.sources.storm import cases, reader_names, storm
from aurora_pipeline_tests.sources.tally.source import TALLY

OF_SEVERAL = {"relays.read_slots", "solana.read_paid_in_blocks", "solana.read_moves"}
"""They pass over answers that are none of their own, and have others read the rest."""


def test_readers__ten_thousand_struck_answers__read_or_refused_by_name() -> None:
    verdicts, defects = storm(10_000, seed=20_261_126)
    assert [str(defect) for defect in defects] == []
    assert all(verdicts[name] > 1_000 for name in ("read", "refused by name"))


def named() -> set[str]:
    return {case.name.partition(" of ")[0] for case in cases()}


def test_storm__its_cases__are_of_every_reader_there_is() -> None:
    assert named() == reader_names()


def test_storm__new_provider__its_readers_are_struck_too() -> None:
    before = reader_names()
    with registered(TALLY):
        assert named() == reader_names() == before | {"tally.read_newest", "tally.read_fees"}


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of an answer that have a key, the outermost first."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value] if isinstance(value, dict) and value else []
    return own + [found for one in inside for found in objects(one)]


def twice(said: Any, one: dict[str, Any]) -> bytes:
    """The answer with the first key of one of its objects in it a second time, with the same value."""
    name, value = next(iter(one.items()))
    pair = f"{json.dumps(name)}: {json.dumps(value)}"
    one["@@here@@"] = None
    body = json.dumps(said).replace('"@@here@@": null', pair, 1)
    del one["@@here@@"]
    return body.encode()


def test_readers__a_key_that_stands_twice__refused_by_every_one() -> None:
    """Nobody can say which of the two values is meant, wherever it stands."""
    struck: Counter[str] = Counter()
    for case in cases():
        name = case.name.partition(" of ")[0]
        if struck[name] == 3 or name in OF_SEVERAL:
            continue
        struck[name] += 1
        said = json.loads(case.answer.body)
        found = objects(said)
        for one in found[:1] + found[-1:]:
            with pytest.raises(UnreadableAnswer, match="stands twice") as refused:
                case.read(replace(case.answer, body=twice(said, one)))
            assert not isinstance(refused.value, ReaderStumbled), case.name
    assert struck.keys() == reader_names() - OF_SEVERAL

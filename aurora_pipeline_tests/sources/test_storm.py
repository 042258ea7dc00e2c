"""A sample of the storm on the readers; the whole of it is a command."""

from __future__ import annotations

from aurora_pipeline_tests.sources.good import registered
from aurora_pipeline_tests.sources.storm import cases, reader_names, storm
from aurora_pipeline_tests.sources.tally.source import TALLY


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

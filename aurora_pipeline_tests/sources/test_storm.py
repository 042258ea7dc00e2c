"""A sample of the storm on all readers; the whole of it is a command. And what it calls a defect is one."""

from __future__ import annotations

import ast
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

import pytest

import aurora_pipeline
from aurora_pipeline.asking.reading import ReaderStumbled, UnreadableAnswer
from aurora_pipeline_tests.sources.good import registered
from aurora_pipeline_tests.sources.storm import running
from aurora_pipeline_tests.sources.storm.asks import asking_names
from aurora_pipeline_tests.sources.storm.file_strikes import Sheet
from aurora_pipeline_tests.sources.storm.readers import module_readers, readings
from aurora_pipeline_tests.sources.storm.reading import Reading
from aurora_pipeline_tests.sources.storm.running import Record, all_readings, storm
from aurora_pipeline_tests.sources.storm.strikes import Promise, Strike
from aurora_pipeline_tests.sources.storm.tellers import teller_names
from aurora_pipeline_tests.sources.tally.source import TALLY

PACKAGE: Final = Path(aurora_pipeline.__file__).parent


@pytest.mark.slow
def test_readers__ten_thousand_struck_answers__the_same_row_or_none_or_what_was_told() -> None:
    result = storm(10_000, seed=20_261_128)
    assert [str(defect) for defect in result.defects] == []
    verdicts = result.whole.verdicts
    assert all(verdicts[name] > 100 for name in ("read", "UnreadableAnswer", "UnreadableFile"))
    assert set(result.records) == set(all_readings())
    assert len(result.hows) > 40


def test_readers__some_struck_answers__no_defect() -> None:
    assert [str(defect) for defect in storm(1_500, seed=11).defects] == []


def test_storm__its_readings__are_of_every_reader_and_teller_there_is() -> None:
    names = set(all_readings())
    assert set(module_readers()) <= names
    assert teller_names() | asking_names() <= names
    of_chains = {f"{kind} tells {what}" for kind in ("solana_rpc", "beacon_api") for what in ("head", "now", "bounds")}
    assert of_chains | {"beacon_api tells keys"} <= names
    own_files = {"read_fees", "read_tips", "read_rewards", "read_meta", "read_positions", "read_costs", "read_bounds"}
    assert {f"files.{name}" for name in own_files} <= names


def test_storm__new_provider__its_readers_and_tellers_are_struck_too() -> None:
    before = set(module_readers())
    with registered(TALLY):
        names = set(all_readings())
        assert set(module_readers()) == before | {"tally.read_newest", "tally.read_fees"}
        assert set(module_readers()) | teller_names() <= names
        assert {"tally tells fees", "tally asks fees"} <= names


def reads_bytes(node: ast.AST) -> bool:
    """Whether a function reads what a provider or a file says: it is marked as a reader, or takes a body apart."""
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    if any(isinstance(one, ast.Name) and one.id == "reader" for one in node.decorator_list):
        return True
    called = {one.func.id for one in ast.walk(node) if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)}
    return bool(called & {"parsed", "rpc_result", "table_rows", "csv_rows", "xlsx_rows"})


ROOMS: Final = ("asking", "periods", "sources", "staging", "canonical")
"""The rooms in which what others sent is read."""


def readers_in_the_package() -> Iterator[tuple[str, int]]:
    """File and first line of every function that reads bytes, wherever it stands.

    What asks reads answers too: those are whole conversations, which staging's own storm strikes.
    """
    for path in sorted(path for room in ROOMS for path in (PACKAGE / room).rglob("*.py")):
        if path.name == "ask.py" or path.parent.name == "asks":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and reads_bytes(node):
                yield str(path.relative_to(PACKAGE)), min([node.lineno, *(one.lineno for one in node.decorator_list)])


def codes_run(run: Callable[[], object]) -> set[CodeType]:
    """Every function of Python that runs meanwhile."""
    found: set[CodeType] = set()

    def seen(frame: FrameType, event: str, argument: object) -> None:
        found.add(frame.f_code)

    sys.setprofile(seen)
    try:
        run()
    finally:
        sys.setprofile(None)
    return found


def test_package__every_function_that_reads_bytes__is_run_by_the_storm() -> None:
    def read_all() -> None:
        for name, kinds in all_readings().items():
            # What adapters ask is read by the same functions.
            for alike in kinds if " asks " not in name else ():
                for reading in alike[:1]:
                    try:
                        reading.read(reading.unstruck)
                    except UnreadableAnswer:
                        # A glance at an answer to another question.
                        continue

    run = {
        (str(Path(code.co_filename).relative_to(PACKAGE)), code.co_firstlineno)
        for code in codes_run(read_all)
        if Path(code.co_filename).is_relative_to(PACKAGE)
    }
    known = set(readers_in_the_package())
    assert len(known) > 60
    assert known - run == set()


OF_SEVERAL = {"relays.read_slots", "solana.read_paid_in_blocks", "solana.read_moves"}
"""They pass over answers that are none of their own, and have others read the rest."""


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
    for reading in readings():
        if struck[reading.name] == 3 or reading.name in OF_SEVERAL:
            continue
        struck[reading.name] += 1
        said = json.loads(reading.body)
        found = objects(said)
        for one in found[:1] + found[-1:]:
            with pytest.raises(UnreadableAnswer, match="stands twice") as refused:
                reading.read(Strike("twice", Promise.SAME_OR_NONE, twice(said, one)))
            assert not isinstance(refused.value, ReaderStumbled), reading.name
    assert struck.keys() == module_readers().keys() - OF_SEVERAL


# What is a defect -----------------------------------------------------------------------------------------------------

GOOD: Final = json.dumps({"epoch": 7, "fees": 500, "rows": [{"paid": 3}, {"paid": 4}]}).encode()


def rows(told: Any) -> dict[str, dict[str, Any]]:
    """What a teller makes of it, that is well."""
    if told.get("epoch") != 7 or type(told.get("fees")) is not int or len(told.get("rows", ())) != 2:
        return {}
    return {"validator": {"fees": told["fees"], "paid": sum(row["paid"] for row in told["rows"])}}


def judged(read: Callable[[bytes], Any], strike: Strike, measured: bool = False, figures: bool = True) -> str | None:
    reading = Reading("a reader", "an answer", GOOD, lambda struck: read(struck.body), tells_figures=figures)
    return running._tried(reading, strike, Record(), measured)


def strike(promise: Promise, **changes: Any) -> Strike:
    """The good answer with fields changed; None leaves one out."""
    told = {name: value for name, value in {**json.loads(GOOD), **changes}.items() if value is not None}
    (name,) = changes
    return Strike("struck", promise, json.dumps(told).encode(), (name,), json.loads(GOOD).get(name), changes[name])


def test_try__that_is_read_as_it_should_be__is_no_defect() -> None:
    well = lambda body: rows(json.loads(body))  # noqa: E731  # said shortly
    assert judged(well, strike(Promise.SAME, more=1)) is None
    assert judged(well, strike(Promise.SAME_OR_NONE, fees=None)) is None
    assert judged(well, strike(Promise.ANOTHER, fees=501), measured=True) is None


def left_out_as_zero(body: bytes) -> Any:
    return rows({"fees": 0, **json.loads(body)})


def what_is_there(body: bytes) -> Any:
    told = json.loads(body)
    return {"validator": {"fees": told["fees"], "paid": sum(row["paid"] for row in told["rows"])}}


def by_names(body: bytes) -> Any:
    told = json.loads(body)
    return rows(told) if len(told) == 3 else {}


def endless(body: bytes) -> Any:
    while body != GOOD:
        pass
    return rows(json.loads(body))


def large(body: bytes) -> Any:
    held = [0] * (10 if body == GOOD else 1_000_000)
    return rows(json.loads(body)) if held else {}


@pytest.mark.parametrize(
    ("read", "struck", "said"),
    [
        (left_out_as_zero, strike(Promise.SAME_OR_NONE, fees=None), "fees 0 instead of 500"),
        (what_is_there, strike(Promise.SAME_OR_NONE, rows=[{"paid": 3}]), "paid 3 instead of 7"),
        (what_is_there, strike(Promise.SAME_OR_NONE, rows=None), "KeyError"),
        (what_is_there, strike(Promise.ANOTHER, rows=[]), "paid 0 out of nothing"),
        (by_names, strike(Promise.SAME, more=1), "another value"),
        (lambda body: {"validator": {"name": "\0"}}, strike(Promise.ANOTHER, more=1), "no table can hold"),
        (endless, strike(Promise.SAME_OR_NONE, more=1), "not done after"),
    ],
    ids=["left out as 0", "a row less", "no name", "0 out of nothing", "unknown field", "bad text", "no end"],
)
def test_try__of_a_reader_that_lies_or_stumbles__is_a_defect(
    read: Callable[[bytes], Any], struck: Strike, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "SECONDS_MAX", 0.3)
    assert said in str(judged(read, struck))


def test_try__that_takes_ten_times_the_memory__is_a_defect() -> None:
    assert "times the memory" in str(judged(large, strike(Promise.SAME_OR_NONE, more=1), measured=True))


def refusing(problem: str) -> Callable[[bytes], Any]:
    def read(body: bytes) -> Any:
        if body != GOOD:
            raise UnreadableAnswer("provider", "question", problem)
        return rows(json.loads(body))

    return read


def test_try__refused_by_name__is_a_defect_only_where_it_says_the_same() -> None:
    assert judged(refusing("it is cut off"), strike(Promise.SAME_OR_NONE, fees=None)) is None
    assert "refused, though" in str(judged(refusing("it is odd"), strike(Promise.SAME, more=1)))


@pytest.mark.parametrize(
    ("struck", "value", "is_defect"),
    [
        (strike(Promise.ANOTHER, fees=501), 501, False),
        (strike(Promise.ANOTHER, fees=501), 1001, True),
        (strike(Promise.SAME_OR_NONE, fees="500"), 500, False),
        (strike(Promise.SAME_OR_NONE, fees="500"), 5, True),
    ],
    ids=["what was told", "what nobody told", "as it was", "another one"],
)
def test_try__of_one_reader_alone__may_read_what_was_told_and_nothing_else(
    struck: Strike, value: int, is_defect: bool
) -> None:
    read = lambda body: {"fees": 500 if body == GOOD else value}  # noqa: E731  # said shortly
    assert (judged(read, struck, figures=False) is not None) == is_defect


def test_sheet__its_good_file__is_struck_in_a_copy() -> None:
    sheet = Sheet([["a", "b"], ["1", "2"]])
    assert sheet.body == b"a,b\n1,2\n" == replace(sheet).body

"""CSV files as people write them: every mistake with its line, nothing guessed, and what is written reads back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.foundation.csv_file import (
    FIRST_YEAR,
    CsvMistakes,
    instant_text,
    read_instant,
    read_lines,
    read_open_instant,
    read_text,
    required_text,
    write_csv,
)
from aurora_pipeline.foundation.errors import AuroraError

# What survives: printable text without blanks around it. Beginnings of formulas are drawn more often than by chance.
CELLS = st.builds(
    lambda start, rest: (start + rest).strip(),
    st.sampled_from(["", "'", "''", "=", "'=", "''+", "@", "-", "'-", "+1", "'+1"]),
    st.text(st.characters().filter(str.isprintable), max_size=12),
)
INSTANTS = st.datetimes(
    min_value=datetime(FIRST_YEAR, 1, 2),  # noqa: DTZ001 (hypothesis wants naive bounds and adds the zone itself)
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001 (as above)
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(hours=8))]),
)


def told(mistakes: CsvMistakes) -> list[str]:
    return [str(one) for one in mistakes.found]


@given(st.lists(st.fixed_dictionaries({"a": CELLS.filter(bool), "b": CELLS}), max_size=6))
def test_csv__written_and_read_again__is_the_same(rows: list[dict[str, str]]) -> None:
    lines, problems = read_lines(write_csv(["a", "b"], rows), "x.csv", ["a"], ["b"])
    assert told(problems) == []
    assert [dict(line.cells) for line in lines] == rows


@given(st.text(max_size=60))
def test_csv__any_text__is_read_or_refused_with_its_file(text: str) -> None:
    lines, problems = read_lines(text, "x.csv", ["a"], ["b"])
    assert all(set(line.cells) == {"a", "b"} for line in lines)
    assert all(found.startswith("x.csv") for found in told(problems))


@pytest.mark.parametrize("letter", ["\0", "\x01", "\x1b", "\x7f", "\u202e", "\u2028", "\ud800"])
def test_csv__character_that_does_not_print__refused_with_its_line(letter: str) -> None:
    lines, problems = read_lines(f"a,b\n1,good\n2,ba{letter}d\n", "x.csv", ["a"], ["b"])
    assert [line.number for line in lines] == [2]
    assert told(problems) == [f"x.csv:3  a cell holds U+{ord(letter):04X}, which does not print: remove it"]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_csv__other_separator__is_named(mark: str) -> None:
    _, problems = read_lines(f"a{mark}b\n1{mark}2\n", "x.csv", ["a"], ["b"])
    (found,) = told(problems)
    assert "save it with commas" in found


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "'=1"])
def test_csv__what_a_spreadsheet_would_compute__is_written_as_text(text: str) -> None:
    assert write_csv(["a"], [{"a": text}]).splitlines()[1].strip('"') == f"'{text}"


@pytest.mark.parametrize("text", ["-5", "+0.5", "12", "a=b"])
def test_csv__numbers_and_other_text__are_written_as_they_are(text: str) -> None:
    assert write_csv(["a"], [{"a": text}]) == f"a\n{text}\n"


@given(INSTANTS)
def test_instant__written_and_read_again__is_the_same_moment(instant: datetime) -> None:
    assert read_instant(instant_text(instant)) == instant
    assert read_instant(instant_text(instant)).tzinfo is UTC


def test_instant__a_date__is_midnight_utc() -> None:
    assert read_instant("2026-09-01") == datetime(2026, 9, 1, tzinfo=UTC)
    assert instant_text(datetime(2026, 9, 1, tzinfo=UTC)) == "2026-09-01"
    assert read_open_instant("") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-09-01T12:00:00", "has no time zone"),
        ("2026-13-01", "is no date"),
        ("01.09.2026", "is no date"),
        ("yesterday", "is no date"),
        ("", "is no date"),
    ],
)
def test_instant__not_one__refused_with_an_example(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_instant(text)


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("", ["x.csv:1  the column 'chain' is missing"]),
        (
            "chian,amount\n",
            ["x.csv:1  unknown column 'chian'; did you mean 'chain'?", "x.csv:1  the column 'chain' is missing"],
        ),
        ("chain,amount,colour\n", ["x.csv:1  unknown column 'colour'; known: chain, amount, notes"]),
        ("chain,chain,amount\n", ["x.csv:1  a column name stands twice in the header"]),
        ("chain,amount\nc\n\nc,1,2\n", ["x.csv:2  1 cells under 2 columns", "x.csv:4  3 cells under 2 columns"]),
    ],
)
def test_csv__mistakes__are_all_named_with_their_lines(text: str, mistakes: list[str]) -> None:
    _, problems = read_lines(text, "x.csv", ["chain", "amount"], ["notes"])
    assert [found for found in told(problems) if found in mistakes] == mistakes
    with pytest.raises(AuroraError, match="nothing was imported"):
        problems.raise_if_any()


def test_csv__open_quote__is_a_mistake_and_no_huge_cell() -> None:
    lines, problems = read_lines('a\n"open\nx\n', "x.csv", ["a"])
    assert lines == []
    assert "check quotes" in told(problems)[0]


def test_csv__hundreds_of_mistakes__are_counted_and_cut() -> None:
    _, problems = read_lines("a\n" + "x,y\n" * 100, "x.csv", ["a"])
    with pytest.raises(AuroraError) as refused:
        problems.raise_if_any()
    assert "100 mistakes, nothing was imported" in refused.value.message
    assert "... and 70 more, all in x.csv, lines 32-101" in refused.value.message


def test_file__byte_order_mark_and_windows_line_ends__read_alike(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\r\n 1 ,2\r\n")
    lines, problems = read_lines(read_text(path), path.name, ["a", "b"])
    assert told(problems) == []
    assert [(line.number, dict(line.cells)) for line in lines] == [(2, {"a": "1", "b": "2"})]


def test_file__missing_or_no_text__refused_with_the_path(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    with pytest.raises(AuroraError, match="can't be read: No such file"):
        read_text(path)
    path.write_bytes(b"a\n\xff\xfe\n")
    with pytest.raises(AuroraError, match="is no UTF-8 text"):
        read_text(path)
    with pytest.raises(AuroraError, match="can't be read"):
        read_text(tmp_path)


def test_required_text__empty__refused() -> None:
    assert required_text("x") == "x"
    with pytest.raises(ValueError, match="must not be empty"):
        required_text("")

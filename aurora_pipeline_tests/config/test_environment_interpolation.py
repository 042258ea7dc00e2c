"""${NAME} and ${NAME:-default}: each reference is replaced once, and nothing else in a text changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.config.environment import EnvironmentText, Interpolated, interpolate

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
LITERALS = st.text(max_size=20).filter(lambda text: "${" not in text and not text.endswith("$"))
VALUES = st.text(min_size=1, max_size=20)
DEFAULTS = st.text(max_size=20).filter(lambda text: "}" not in text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${A}", Interpolated("one")),
        ("x${A}y${B}z", Interpolated("xoneytwoz")),
        ("${C:-d}", Interpolated("d")),
        ("${A:-d}", Interpolated("one")),
        ("${EMPTY:-d}", Interpolated("d")),
        ("${C:-}", Interpolated("")),
        ("${C:-http://h:1/p?q=1}", Interpolated("http://h:1/p?q=1")),
        ("${EMPTY}", Interpolated("${EMPTY}", ("EMPTY",))),
        ("${C} ${D} ${C}", Interpolated("${C} ${D} ${C}", ("C", "D"))),
        ("$${A} $A 5$ {A}", Interpolated("${A} $A 5$ {A}")),
        ("$$${A}", Interpolated("$${A}")),
        ("${A", Interpolated("${A", malformed=True)),
        ("${}", Interpolated("${}", malformed=True)),
        ("${1A}", Interpolated("${1A}", malformed=True)),
        ("${A-d}", Interpolated("${A-d}", malformed=True)),
    ],
)
def test_interpolate__forms__as_documented(text: str, expected: Interpolated) -> None:
    assert interpolate(text, {"A": "one", "B": "two", "EMPTY": ""}) == expected


@given(st.text())
def test_interpolate__text_without_references__unchanged(text: str) -> None:
    if "${" not in text:
        outcome = interpolate(text, {"A": "one"})
        assert outcome == Interpolated(text)
        assert not isinstance(outcome.text, EnvironmentText)


@given(st.lists(st.tuples(LITERALS, NAMES, VALUES)), LITERALS)
def test_interpolate__set_variables__values_put_in_verbatim(parts: list[tuple[str, str, str]], tail: str) -> None:
    env = {name: value for _, name, value in parts}
    text = "".join(f"{literal}${{{name}}}" for literal, name, _ in parts) + tail
    outcome = interpolate(text, env)
    # Values may themselves hold ${...}: what is put in is not read again.
    assert outcome.text == "".join(literal + env[name] for literal, name, _ in parts) + tail
    assert outcome.missing == ()
    assert not outcome.malformed


@given(LITERALS, NAMES, DEFAULTS, VALUES)
def test_interpolate__default__used_exactly_when_unset_or_empty(
    literal: str, name: str, default: str, value: str
) -> None:
    text = f"{literal}${{{name}:-{default}}}"
    assert interpolate(text, {}).text == literal + default
    assert interpolate(text, {name: ""}).text == literal + default
    assert interpolate(text, {name: value}).text == literal + value


@given(st.lists(st.tuples(LITERALS, NAMES), min_size=1))
def test_interpolate__unset_variables__each_named_once_and_text_kept(parts: list[tuple[str, str]]) -> None:
    text = "".join(f"{literal}${{{name}}}" for literal, name in parts)
    outcome = interpolate(text, {})
    assert outcome.missing == tuple(dict.fromkeys(name for _, name in parts))
    assert outcome.text == text


@given(st.text(alphabet="${}:-A1 x"))
def test_interpolate__any_text__never_raises(text: str) -> None:
    assert isinstance(interpolate(text, {"A": "one"}).text, str)

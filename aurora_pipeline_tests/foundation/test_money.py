"""Money arithmetic against Fractions, the worked figures of the specification, and everything it must refuse."""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction
from math import floor
from typing import cast

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aurora_pipeline.foundation.money import (
    AMOUNT_MAX,
    MoneyError,
    amount,
    bps,
    exact_int,
    format_coins,
    mul_div,
    share_bps,
    share_by_largest_remainder,
    share_in_order,
    shift_point,
    shift_point_rounded,
    stored_amount,
    stored_amount_or_none,
    total,
)
from aurora_pipeline.foundation.units import Amount, Bps

AMOUNTS = st.integers(min_value=0, max_value=AMOUNT_MAX)
SIGNED = st.integers(min_value=-AMOUNT_MAX, max_value=AMOUNT_MAX)
BPS = st.integers(min_value=0, max_value=10_000)
DECIMALS = st.integers(min_value=0, max_value=18)
WEIGHTS = st.dictionaries(st.text(max_size=3), st.integers(min_value=0, max_value=10**24), min_size=1, max_size=12)
NO_INTEGERS = [1.0, True, "1", Decimal(1), None]


@given(AMOUNTS, BPS)
def test_share_bps__any_base_and_rate__is_the_floored_fraction(base: int, rate: int) -> None:
    assert share_bps(Amount(base), Bps(rate)) == floor(Fraction(base * rate, 10_000))


@given(AMOUNTS, AMOUNTS, st.integers(min_value=1, max_value=AMOUNT_MAX))
def test_mul_div__reward_times_stake_in_wei__is_the_floored_fraction(base: int, part: int, whole: int) -> None:
    assert mul_div(base, part, whole) == floor(Fraction(base) * Fraction(part, whole))


def test_share_bps__worked_figures__to_the_unit() -> None:
    assert share_bps(Amount(32 * 10**18), Bps(5)) == 16_000_000_000_000_000
    assert share_bps(Amount(100), Bps(1_000)) == 10
    assert mul_div(800_000_000, 1, 3) == 266_666_666
    assert share_bps(Amount(266_666_666), Bps(500)) == 13_333_333


@pytest.mark.parametrize(("base", "part", "whole"), [(-1, 1, 1), (1, -1, 1), (1, 1, 0), (1, 1, -1)])
def test_mul_div__signs_it_is_not_made_for__refused(base: int, part: int, whole: int) -> None:
    with pytest.raises(MoneyError, match="mul_div needs"):
        mul_div(base, part, whole)


@pytest.mark.parametrize("value", NO_INTEGERS)
def test_amounts__no_exact_integer__refused_everywhere(value: object) -> None:
    wrong = cast("Amount", value)  # that it is refused, whatever the types say, is the point
    for refuse in (
        lambda: exact_int(value),
        lambda: amount(value),
        lambda: bps(value),
        lambda: share_bps(wrong, Bps(1)),
        lambda: mul_div(Amount(1), wrong, 1),
        lambda: mul_div(Amount(1), 1, wrong),
        lambda: total([Amount(1), wrong]),
        lambda: format_coins(wrong, 9),
        lambda: share_by_largest_remainder(wrong, {"a": 1}),
        lambda: share_by_largest_remainder(Amount(1), {"a": wrong}),
    ):
        with pytest.raises(MoneyError, match="must be an integer"):
            refuse()


def test_bounds__at_and_beyond_the_edge() -> None:
    # Ten million rows of it still fit into the 38 digits of a column.
    assert (AMOUNT_MAX, len(str(AMOUNT_MAX * 10**7))) == (10**30, 38)
    assert amount(AMOUNT_MAX) == AMOUNT_MAX
    assert amount(-AMOUNT_MAX) == -AMOUNT_MAX
    assert (bps(0), bps(10_000)) == (0, 10_000)
    for beyond in (AMOUNT_MAX + 1, -AMOUNT_MAX - 1):
        with pytest.raises(MoneyError, match="exceeds the bound"):
            amount(beyond)
    for beyond in (-1, 10_001):
        with pytest.raises(MoneyError, match=r"0\.\.10000"):
            bps(beyond)


# Sharing.


@given(AMOUNTS, WEIGHTS)
def test_share__any_weights__adds_up_and_is_within_one_unit_of_the_exact_share(
    whole: int, weights: dict[str, int]
) -> None:
    parts = share_by_largest_remainder(whole, weights)
    assert sum(parts.values()) == whole
    assert set(parts) == set(weights)
    effective = weights if any(weights.values()) else dict.fromkeys(weights, 1)
    for key, part in parts.items():
        exact = Fraction(whole * effective[key], sum(effective.values()))
        assert 0 <= part - floor(exact) <= 1
        assert part == exact or exact.denominator > 1


@given(AMOUNTS, WEIGHTS, st.randoms(use_true_random=False))
def test_share__weights_in_another_order__gives_the_same_parts(
    whole: int, weights: dict[str, int], random: object
) -> None:
    shuffled = list(weights.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis hands over a random.Random
    assert share_by_largest_remainder(whole, dict(shuffled)) == share_by_largest_remainder(whole, weights)


@given(AMOUNTS, WEIGHTS)
def test_share__units_left_over__go_to_the_largest_remainders_and_then_the_smaller_keys(
    whole: int, weights: dict[str, int]
) -> None:
    parts = share_by_largest_remainder(whole, weights)
    effective = weights if any(weights.values()) else dict.fromkeys(weights, 1)
    exact = {key: Fraction(whole * weight, sum(effective.values())) for key, weight in effective.items()}
    favoured = [key for key in weights if parts[key] > floor(exact[key])]
    others = [key for key in weights if key not in favoured]
    for one in favoured:
        for other in others:
            remainder, rest = exact[one] - floor(exact[one]), exact[other] - floor(exact[other])
            assert remainder > rest or (remainder == rest and one < other)


def test_share__worked_figures__to_the_unit() -> None:
    assert share_by_largest_remainder(10, {"w1": 1, "w2": 1, "w3": 1}) == {"w1": 4, "w2": 3, "w3": 3}
    assert share_by_largest_remainder(5, {"v1": 7, "v2": 8}) == {"v1": 2, "v2": 3}
    assert share_by_largest_remainder(3, {"b": 0, "a": 0}) == {"a": 2, "b": 1}
    assert share_by_largest_remainder(7, {"a": 0, "b": 5}) == {"a": 0, "b": 7}


def test_share__a_single_unit__goes_to_somebody() -> None:
    assert share_in_order(1, [1, 1, 1]) == [1, 0, 0]
    assert share_in_order(1, [1, 3]) == [0, 1]
    assert share_in_order(1, [0, 0]) == [1, 0]
    assert share_in_order(0, [1, 3]) == [0, 0]


def test_share__among_nobody__only_nothing_can_be_shared() -> None:
    assert share_by_largest_remainder(0, {}) == {}
    with pytest.raises(MoneyError, match="among nobody"):
        share_by_largest_remainder(1, {})
    with pytest.raises(MoneyError, match="must not be negative"):
        share_by_largest_remainder(-1, {"a": 1})
    with pytest.raises(MoneyError, match="weight must not be negative"):
        share_by_largest_remainder(1, {"a": -1, "b": 2})


# Text.


@given(SIGNED, DECIMALS)
def test_coins__formatted_and_read_again__are_the_same_units(units: int, decimals: int) -> None:
    assert shift_point(format_coins(Amount(units), decimals), decimals) == units


@pytest.mark.parametrize(
    ("units", "decimals", "text"),
    [
        (0, 9, "0.000000000"),
        (0, 0, "0"),
        (1, 9, "0.000000001"),
        (-1, 9, "-0.000000001"),
        (-7, 0, "-7"),
        (-10, 1, "-1.0"),
    ],
)
def test_format_coins__sign__only_of_what_is_below_zero(units: int, decimals: int, text: str) -> None:
    assert format_coins(Amount(units), decimals) == text


@given(SIGNED, DECIMALS)
def test_format_coins__any_amount__is_the_exact_quotient_with_all_decimals(units: int, decimals: int) -> None:
    text = format_coins(Amount(units), decimals)
    assert Fraction(text) == Fraction(units, 10**decimals)
    assert len(text.partition(".")[2]) == decimals


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20), DECIMALS)
def test_shift_point__any_decimal_text__is_exact_or_refused(number: Decimal, decimals: int) -> None:
    text, exact = str(number), Fraction(number) * 10**decimals
    exponent = abs(number.adjusted())
    if exact.denominator == 1 and abs(exact) <= AMOUNT_MAX and exponent < 40:
        assert shift_point(text, decimals) == exact
    elif exact.denominator > 1:
        with pytest.raises(MoneyError):
            shift_point(text, decimals)


def test_shift_point__what_providers_and_people_write__to_the_unit() -> None:
    assert shift_point("1.5", 9) == 1_500_000_000
    assert shift_point(" 0.85 ", 9) == 850_000_000
    assert shift_point("2.154415e-3", 9) == 2_154_415
    assert shift_point("1E+2", 9) == 100_000_000_000
    assert shift_point("1.5000000000000", 9) == 1_500_000_000
    assert shift_point("-0", 9) == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "1.",
        ".5",
        "1,5",
        "1 000",
        "0x10",
        "1_000",
        "NaN",
        "Infinity",
        "1e",
        "--1",
        "+1",
        "1\n2",
        "\u0661",
        "1" * 5_000,
    ],
)
def test_shift_point__no_decimal_number__refused_with_the_text(text: str) -> None:
    with pytest.raises(MoneyError, match="cost is not a decimal number"):
        shift_point(text, 9, "cost")


def test_shift_point__exponents__as_far_as_any_amount_reaches() -> None:
    assert (shift_point("0e60", 9), shift_point("0e-60", 9)) == (0, 0)
    for beyond in ("0e61", "0e-61"):
        with pytest.raises(MoneyError, match="out of all bounds"):
            shift_point(beyond, 9)


def test_shift_point__as_long_a_text_as_is_read__is_read() -> None:
    assert shift_point("1".rjust(200, "0"), 0) == 1
    with pytest.raises(MoneyError, match="not a decimal number"):
        shift_point("1".rjust(201, "0"), 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1.0000000001", "more digits than the chain's 9 decimals"),
        ("1e-10", "more digits"),
        ("1e61", "out of all bounds"),
        ("1e999999999", "out of all bounds"),
        ("1" + "0" * 40, "exceeds the bound"),
    ],
)
def test_shift_point__too_fine_or_too_large__refused(text: str, words: str) -> None:
    with pytest.raises(MoneyError, match=words):
        shift_point(text, 9)


@given(st.integers(0, 10**24), st.integers(0, 20), DECIMALS, st.booleans())
def test_shift_point_rounded__any_digits__the_nearest_or_the_lower_unit(
    digits: int, places: int, decimals: int, half_up: bool
) -> None:
    exact = Fraction(digits, 10**places) * 10**decimals
    assume(exact < AMOUNT_MAX)
    wanted = floor(exact + Fraction(1, 2)) if half_up else floor(exact)
    assert shift_point_rounded(f"{digits}e-{places}", decimals, half_up=half_up) == wanted


@pytest.mark.parametrize(
    ("text", "up", "down"), [("0.5", 1, 0), ("0.4999", 0, 0), ("1.5", 2, 1), ("2.5", 3, 2), ("-0", 0, 0), ("7", 7, 7)]
)
def test_shift_point_rounded__halves__go_up_or_are_cut(text: str, up: int, down: int) -> None:
    found = [shift_point_rounded(text, 0, half_up=half_up) for half_up in (True, False)]
    assert found == [up, down]


@pytest.mark.parametrize("text", ["-1", "-0.1", "x", "1e999"])
def test_shift_point_rounded__negative_or_no_number__refused(text: str) -> None:
    with pytest.raises(MoneyError):
        shift_point_rounded(text, 9, half_up=True)


@given(st.integers(-(10**37), 10**37), st.integers(0, 3))
def test_stored_amount__a_whole_decimal_of_any_scale__is_the_integer(number: int, zeros: int) -> None:
    stored = Decimal(number).quantize(Decimal(1).scaleb(-zeros), context=Context(prec=60))
    assert (stored_amount(stored), stored_amount(number)) == (number, number)
    assert stored_amount_or_none(None) is None


@pytest.mark.parametrize("value", [Decimal("1.5"), Decimal("0.000001"), Decimal("NaN"), 1.0, True, "1", None])
def test_stored_amount__not_whole__refused_and_never_cut_off(value: object) -> None:
    with pytest.raises(MoneyError, match="fees must be an integer in base units"):
        stored_amount(value, "fees")


@given(st.lists(st.integers()))
def test_total__any_integers__is_their_sum(numbers: list[int]) -> None:
    assert total(iter(numbers)) == sum(numbers)

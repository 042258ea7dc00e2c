"""The only place where amounts are multiplied, divided, shared or rounded, and where a number becomes one.

Amounts are integers in a chain's base unit. Everything here is plain-int arithmetic: multiply first, divide
once, floor. Floats and bools are refused, because a float that slips in is wrong silently.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar, cast

from aurora_pipeline.foundation.units import Amount, Bps, Gwei, Wei

BPS_WHOLE = 10_000
AMOUNT_DIGITS = 30
AMOUNT_MAX = 10**AMOUNT_DIGITS
"""The bound of every amount: 10^7 rows of it still sum below 38 digits."""

_WEI_PER_GWEI = 10**9

_DECIMAL_TEXT = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?\Z")
# An exponent or a text beyond this is no amount of any chain, and expanding it would only cost memory.
_EXPONENT_MAX = 60
_TEXT_MAX = 200

Key = TypeVar("Key", bound=Hashable)
Money = TypeVar("Money", bound=Amount)
"""Amounts of one unit: a share stays in it."""
Number = TypeVar("Number", bound=int)
"""Amounts of one unit, or plain counts: what is shared or summed stays what it was."""


class MoneyError(ValueError):
    """An amount or rate that is no exact integer in its bounds."""


class TooLarge(MoneyError):
    """An amount beyond the bound of every amount."""


def exact_int(value: object, what: str = "amount") -> int:
    """Return `value` if it is an int and no bool; anything else, floats above all, is refused."""
    if type(value) is not int:
        raise MoneyError(f"{what} must be an integer in base units, got {type(value).__name__} {value!r}")
    return value


def amount(value: object, what: str = "amount") -> Amount:
    """Return `value` as an amount after checking type and bound."""
    number = exact_int(value, what)
    if abs(number) > AMOUNT_MAX:
        raise TooLarge(f"{what} {number} exceeds the bound of 10^30 base units")
    return Amount(number)


def bps(value: object, what: str = "rate") -> Bps:
    """Return `value` as a share in basis points, 0..10000."""
    number = exact_int(value, what)
    if not 0 <= number <= BPS_WHOLE:
        raise MoneyError(f"{what} must lie in 0..10000 bps, got {number}")
    return Bps(number)


def stored_amount(value: object, what: str = "amount") -> Amount:
    """Return an amount, or a sum of amounts, as the database hands it over: a whole Decimal. Others are refused."""
    if type(value) is Decimal and value == value.to_integral_value():
        value = int(value)
    return Amount(exact_int(value, what))


def stored_amount_or_none(value: object, what: str = "amount") -> Amount | None:
    """As `stored_amount`; null, which is an amount that is not known, stays None."""
    return None if value is None else stored_amount(value, what)


def share_bps(base: Money, rate: Bps) -> Money:
    """floor(base * rate / 10000) for a non-negative base: multiplied first, floored once."""
    return mul_div(base, bps(rate), BPS_WHOLE)


def wei_of(gwei: Gwei) -> Wei:
    """What a beacon node counts, in Ethereum's base unit."""
    return Wei(exact_int(gwei, "gwei") * _WEI_PER_GWEI)


def mul_div(base: Number, numerator: int, denominator: int) -> Number:
    """floor(base * numerator / denominator) for non-negative operands and a positive denominator."""
    exact_int(base), exact_int(numerator, "numerator"), exact_int(denominator, "denominator")
    if base < 0 or numerator < 0 or denominator <= 0:
        raise MoneyError(
            f"mul_div needs base, numerator >= 0 and denominator > 0, got {base}, {numerator}, {denominator}"
        )
    return cast("Number", base * numerator // denominator)


def share_bps_of_parts(parts: Sequence[tuple[Amount, Bps]]) -> Amount:
    """floor(sum of base * rate over all parts / 10000): a base in tiers, floored once at the end."""
    if any(exact_int(base, "base") < 0 for base, _ in parts):
        raise MoneyError(f"a part of a base must not be negative, got {parts}")
    return Amount(sum(base * bps(rate) for base, rate in parts) // BPS_WHOLE)


def share_by_largest_remainder(total: Number, weights: Mapping[Key, int]) -> dict[Key, Number]:
    """Split a non-negative total over keys by weight so that the parts add up exactly.

    Each key gets the floor of its share; the units left go to the largest remainders, ties to the smaller key.
    Where all weights are zero the total is shared equally. The mapping's order does not matter.
    """
    keys = sorted(weights)  # type: ignore[type-var]  # keys are of one type that has an order
    return dict(zip(keys, share_in_order(total, [weights[key] for key in keys]), strict=True))


def share_in_order(total: Number, weights: Sequence[int]) -> list[Number]:
    """`share_by_largest_remainder` over weights that stand in the order of their keys: ties go to the earlier one."""
    if exact_int(total, "total") < 0:
        raise MoneyError(f"a total to share must not be negative, got {total}")
    if not weights:
        if total == 0:
            return []
        raise MoneyError(f"{total} cannot be shared among nobody")
    if set(map(type, weights)) != {int}:
        raise MoneyError("a weight must be an integer")
    if min(weights) < 0:
        raise MoneyError("a weight must not be negative")
    if total == 0:
        return [total] * len(weights)
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    shares = [divmod(total * weight, whole) for weight in weights]
    parts = [quotient for quotient, _ in shares]
    left = total - sum(parts)
    if left:
        # A stable sort: of equal remainders the earlier stands first, also in falling order.
        places = sorted(range(len(parts)), key=lambda place: shares[place][1], reverse=True)
        for place in places[:left]:
            parts[place] += 1
    return cast("list[Number]", parts)


def shift_point(text: str, decimals: int, what: str = "amount") -> Amount:
    """Convert decimal text in whole coins to base units by shifting the point; excess digits are refused.

    Trailing zeros beyond the chain's digits are harmless and accepted; anything else is an error naming the field.
    """
    sign, digits, shift = _decimal_parts(text, decimals, what)
    number, lost = _shifted(digits, shift)
    if lost:
        raise MoneyError(f"{what} {text!r} has more digits than the chain's {decimals} decimals")
    return amount(-number if sign else number, what)


def shift_point_rounded(text: str, decimals: int, what: str = "amount", *, half_up: bool) -> Amount:
    """As `shift_point` for a non-negative number whose digits below the base unit are noise: rounded or cut off."""
    sign, digits, shift = _decimal_parts(text, decimals, what)
    number, lost = _shifted(digits, shift)
    if sign and (number or lost):
        raise MoneyError(f"{what} {text!r} is negative, and there is no rounding for that")
    rounds_up = half_up and lost > 0 and 2 * lost >= 10**-shift
    return amount(number + 1 if rounds_up else number, what)


def _decimal_parts(text: str, decimals: int, what: str) -> tuple[str, int, int]:
    """Sign, all digits as one number, and by how many places that number has to be shifted."""
    match = _DECIMAL_TEXT.match(text.strip())
    if match is None or len(text) > _TEXT_MAX:
        raise MoneyError(f"{what} is not a decimal number: {text[:_TEXT_MAX]!r}")
    sign, whole, fraction, exponent_text = match.groups()
    exponent = int(exponent_text or 0)
    if abs(exponent) > _EXPONENT_MAX:
        raise MoneyError(f"{what} has an exponent out of all bounds: {text!r}")
    return sign, int(whole + (fraction or "")), decimals + exponent - len(fraction or "")


def _shifted(digits: int, shift: int) -> tuple[int, int]:
    """The number after the shift, and what fell off its end (in units of the last digit lost)."""
    return (digits * 10**shift, 0) if shift >= 0 else divmod(digits, 10**-shift)


def format_coins(base_units: Amount, decimals: int) -> str:
    """Exact decimal text of an amount in whole coins, for display."""
    sign = "-" if exact_int(base_units) < 0 else ""
    whole, fraction = divmod(abs(base_units), 10**decimals)
    return f"{sign}{whole}.{fraction:0{decimals}d}" if decimals else f"{sign}{whole}"


def total(amounts: Iterable[Number]) -> Number:
    """Exact sum of ints; refuses anything that is no int."""
    values = amounts if isinstance(amounts, list | tuple) else tuple(amounts)
    # Looked at all at once: there may be a million of them.
    if not {int}.issuperset(map(type, values)):
        for value in values:
            exact_int(value)
    return cast("Number", sum(values))

"""Sentences that say amounts in base units, said in whole coins; and amounts as people read them on paper."""

from __future__ import annotations

import re
from typing import Final

from aurora_pipeline.foundation.money import amount, format_coins
from aurora_pipeline.foundation.units import Amount

_BASE_UNITS: Final = re.compile(r"(?<![\d.])([+-]?)(\d+) base units\b")
_MOVED: Final = re.compile(r"\b(override|revenue|costs) was (none|-?[0-9]+), is (none|-?[0-9]+)")


def said_in_coins(text: str, decimals: int, unit: str) -> str:
    """A sentence with its amounts of base units in whole coins, with the unit."""

    def in_coins(found: re.Match[str]) -> str:
        return f"{found[1]}{format_coins(amount(int(found[2])), decimals)} {unit}"

    return _BASE_UNITS.sub(in_coins, text)


def moves_in_coins(text: str, decimals: int) -> str:
    """The words of an adjustment, with what moved in whole coins."""

    def coin(said: str) -> str:
        return said if said == "none" else format_coins(amount(int(said)), decimals)

    return _MOVED.sub(lambda found: f"{found[1]} was {coin(found[2])}, is {coin(found[3])}", text)


def grouped(value: Amount, decimals: int) -> str:
    """An amount in whole coins, exact, with commas between thousands."""
    whole, point, fraction = format_coins(value, decimals).removeprefix("-").partition(".")
    return f"{'-' if value < 0 else ''}{int(whole):,}{point}{fraction}"


def trimmed(value: Amount, decimals: int) -> str:
    """The same without zeros at its end."""
    told = grouped(value, decimals)
    return told.rstrip("0").rstrip(".") if "." in told else told

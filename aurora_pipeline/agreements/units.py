"""Amounts as people write them, with a unit of their chain, and their integers in base units."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aurora_pipeline.agreements.errors import AmountNotAccepted
from aurora_pipeline.config.families import Family
from aurora_pipeline.foundation.money import MoneyError, TooLarge, format_coins, shift_point
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.store.database import Connection

AMOUNT_PATTERN = r"^[0-9]+(\.[0-9]+)? +[A-Za-z]+$"
_AMOUNT = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?) +([A-Za-z]+)\Z")


class AmountRefused(ValueError):
    """A text is not an amount of a chain: what is wrong with it and what to write."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True)
class ChainUnits:
    """How amounts of a chain are written."""

    chain_id: str
    family: Family
    native_unit: str
    native_decimals: int

    @property
    def base_unit(self) -> str:
        """The smallest unit."""
        return self.family.traits.base_unit

    @property
    def base_units(self) -> str:
        """Several of the smallest unit."""
        return self.family.traits.base_units

    def parse(self, text: str) -> Amount:
        """The amount in base units; raises AmountRefused where it is none, or below 0."""
        match = _AMOUNT.match(text.strip())
        if match is None:
            raise AmountRefused(f'"{text}" is not an amount with a unit', self.example)
        number, unit = match.groups()
        decimals = {self.native_unit.lower(): self.native_decimals, **self.family.traits.small_units}
        if unit.lower() not in decimals:
            raise AmountRefused(f'"{unit}" is not a unit of {self.chain_id}', self.example)
        if number.startswith("-"):
            raise AmountRefused(f'"{text}" is negative', f"give 0 or more, like {number[1:]} {unit}")
        try:
            return shift_point(number, decimals[unit.lower()])
        except TooLarge as error:
            raise AmountRefused(str(error), "give a smaller amount") from None
        except MoneyError as error:
            is_part = decimals[unit.lower()] == 0
            problem = f'"{text}": there is no part of a {self.base_unit}' if is_part else str(error)
            raise AmountRefused(problem, "give a whole number" if is_part else self.example) from None

    def parse_signed(self, text: str) -> Amount:
        """As `parse`, and below 0 where a minus stands before it."""
        text = text.strip()
        return -self.parse(text[1:]) if text.startswith("-") else self.parse(text)

    def write(self, base_units: Amount) -> str:
        """An amount as people write it: in whole coins where these are few digits, else in base units."""
        coins = format_coins(base_units, self.native_decimals)
        coins = coins.rstrip("0").rstrip(".") if "." in coins else coins
        is_short = base_units * 10**4 % 10**self.native_decimals == 0
        return f"{coins} {self.native_unit}" if is_short else f"{base_units} {self.base_units}"

    def in_coins(self, base_units: Amount) -> str:
        """An amount in whole coins with all their digits, for columns of them."""
        return f"{format_coins(base_units, self.native_decimals)} {self.native_unit}"

    @property
    def example(self) -> str:
        """How to write an amount of the chain."""
        return f'write it like "1000 {self.native_unit}" or "5 {self.base_units}"'


def chain_units(connection: Connection) -> dict[str, ChainUnits]:
    """The units of every registered chain."""
    rows = connection.execute("SELECT chain_id, family, native_unit, native_decimals FROM chains ORDER BY chain_id")
    return {
        row["chain_id"]: ChainUnits(row["chain_id"], Family(row["family"]), row["native_unit"], row["native_decimals"])
        for row in rows
    }


def parse_amount(units: ChainUnits, text: str) -> Amount:
    """`ChainUnits.parse` for a command line: what is wrong is an error with its remedy."""
    try:
        return units.parse(text)
    except AmountRefused as error:
        raise AmountNotAccepted(error.message, error.remedy) from None

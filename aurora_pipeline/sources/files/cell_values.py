"""What a cell says, by what its column holds: the exact number, address or text, or what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from aurora_pipeline.asking.file_problem import FileProblem
from aurora_pipeline.asking.reading import U64_MAX
from aurora_pipeline.config.families import Family
from aurora_pipeline.config.file_table import UNITS, CellKind, Rounding
from aurora_pipeline.foundation.csv_file import read_instant
from aurora_pipeline.foundation.money import BPS_WHOLE, MoneyError, shift_point, shift_point_rounded
from aurora_pipeline.sources.bounds import PAID, STAKED, Bound

_TEXT_MAX: Final = 200
_PLAIN_DIGITS_MAX: Final = 20
_PLAIN_NUMBER: Final = re.compile(r"[0-9.eE+-]*\Z")
_COINS_MAX: Final[Mapping[CellKind, Bound]] = {CellKind.AMOUNT: PAID, CellKind.STAKE: STAKED}
_WHOLE: Final[Mapping[str, str]] = {"bps": "10000 bps", "percent": "100 percent", "fraction": "1, the whole"}
_ERRORS: Final = frozenset({"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"})
# The largest u64, which a stake account has where it has no epoch, as it is and as the float a spreadsheet makes of it.
_NO_EPOCH: Final = frozenset((U64_MAX, 18_446_744_073_709_552_000))


class Cell:
    """Where a field stands in a row, and how its text is read."""

    __slots__ = ("column", "is_plain", "kind", "maximum", "missing", "name", "needed", "place", "reads", "too_much")

    def __init__(
        self,
        name: str,
        place: int,
        kind: CellKind,
        column: Mapping[str, str],
        family: Family,
        *,
        needed: bool = False,
        missing: Collection[str] = (),
    ) -> None:
        self.name, self.place, self.kind, self.column, self.needed = name, place, kind, column, needed
        self.missing = frozenset(missing)
        """Texts that say as little as an empty cell."""
        self.reads: Callable[[str], str | datetime] | None = _reader(kind, family)
        """For what is no number."""
        decimals = UNITS[kind][column["unit"]] if kind in UNITS else 0
        self.is_plain = self.reads is None and decimals == 0
        """Digits alone are the number."""
        self.maximum, self.too_much = _bound(kind, column, family)

    @property
    def title(self) -> str:
        """The column's header."""
        return self.column["column"]

    def value(self, cells: Sequence[str]) -> Any:
        """The value in a row. Raises ValueError that says what is wrong with it."""
        text = cells[self.place].strip() if self.place < len(cells) else ""
        if text in self.missing:
            text = ""
        if text in _ERRORS:
            raise FileProblem(f"it holds the error {text}")
        found = _value(text, self)
        if found is None and self.needed:
            raise FileProblem("is empty")
        return found


def _bound(kind: CellKind, column: Mapping[str, str], family: Family) -> tuple[int, str]:
    """The largest number that can stand in a column, and what to say of a larger one."""
    if kind in _COINS_MAX:
        units = family.traits.units
        if column["unit"] not in units:
            raise FileProblem(f"{column['unit']} is no unit of {family}: write unit: {' or '.join(units)}")
        coin = max(units, key=lambda unit: units[unit])
        bound = _COINS_MAX[kind]
        words = f"is more than {bound.coins} {coin}, {bound.why}; is {column['unit']} the right unit?"
        return bound.coins * 10 ** units[coin], words
    if kind is CellKind.RATE:
        return BPS_WHOLE, f"is more than {_WHOLE[column['unit']]}; is {column['unit']} the right unit?"
    return U64_MAX, f"is more than {U64_MAX}"


def _reader(kind: CellKind, family: Family) -> Callable[[str], str | datetime] | None:
    """How a text is read that is no number; None for numbers."""
    match kind:
        case CellKind.TEXT:
            return _short_text
        case CellKind.INSTANT:
            return read_instant
        case CellKind.VALIDATOR_KEY:
            return family.traits.check_validator_key
        case CellKind.ADDRESS:
            return family.traits.check_address
        case _:
            return None


def _short_text(text: str) -> str:
    if len(text) > _TEXT_MAX:
        raise FileProblem(f"{text[:30]!r}… is too long")
    return text


def _value(text: str, cell: Cell) -> str | int | datetime | None:
    if not text:
        return None
    if cell.reads is not None:
        return cell.reads(text)
    number = _number(text, cell)
    if 0 <= number <= cell.maximum:
        return number
    if cell.kind is CellKind.STAKE_EPOCH and number in _NO_EPOCH:
        return U64_MAX
    raise FileProblem(f"{text} is negative" if number < 0 else f"{text} {cell.too_much}")


def _number(text: str, cell: Cell) -> int:
    if cell.is_plain and len(text) <= _PLAIN_DIGITS_MAX and text.isascii() and text.isdigit():
        return int(text)
    if cell.kind not in UNITS:
        return shift_point(text, 0, "the number")
    unit, rounding = cell.column["unit"], Rounding(cell.column["rounding"])
    decimals = UNITS[cell.kind][unit]
    if rounding is not Rounding.EXACT:
        return shift_point_rounded(text, decimals, unit, half_up=rounding is Rounding.HALF_UP)
    try:
        return shift_point(text, decimals, unit)
    except MoneyError as error:
        raise FileProblem(f"{error}{_way_out(text, decimals)}") from None


def _way_out(text: str, decimals: int) -> str:
    """What to do about a text that is no exact number; nothing where there is nothing to say."""
    try:
        shift_point_rounded(text, decimals, half_up=True)
    except MoneyError:
        is_dressed = any(map(str.isdigit, text)) and not _PLAIN_NUMBER.match(text)
        return "; write it with digits and a decimal point alone" if is_dressed else ""
    return "; where that is noise, state rounding: half_up"

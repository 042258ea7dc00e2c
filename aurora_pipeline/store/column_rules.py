"""What must be true of a column's values, each rule written once: its SQL, its check of frames and its words follow."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl


class ColumnRule(ABC):
    """One rule. A value that is absent breaks none: whether it may be absent is the column's `nullable`."""

    @abstractmethod
    def sql(self, place: str) -> tuple[str, ...]:
        """The conditions on a column, or on the VALUE of a domain, as SQL has them; each is a CHECK of its own."""

    @abstractmethod
    def holds(self, value: pl.Expr) -> pl.Expr:
        """Whether each value of a frame's column keeps the rule; null where there is none."""

    @abstractmethod
    def keeps(self, value: Any) -> bool:
        """Whether one value of the column's type keeps the rule, as `holds` says of a frame's."""

    @abstractmethod
    def words(self, mark: str = "") -> str:
        """The rule as people read it, with a mark like a backtick around texts."""


@dataclass(frozen=True)
class OneOf(ColumnRule):
    """The value is one of some texts."""

    values: tuple[str, ...]

    def sql(self, place: str) -> tuple[str, ...]:
        """IN a list."""
        return (f"{place} IN ({', '.join(quoted(value) for value in self.values)})",)

    def holds(self, value: pl.Expr) -> pl.Expr:
        """Whether it is in the list."""
        return value.is_in(list(self.values))

    def keeps(self, value: Any) -> bool:
        """Whether it is in the list."""
        return value in self.values

    def words(self, mark: str = "") -> str:
        """The list."""
        return "one of " + ", ".join(f"{mark}{value}{mark}" for value in self.values)


@dataclass(frozen=True)
class Range(ColumnRule):
    """The value lies between two numbers, both included; None: no end on that side."""

    low: int | None = None
    high: int | None = None

    def sql(self, place: str) -> tuple[str, ...]:
        """A condition for each end."""
        ends = ((">=", self.low), ("<=", self.high))
        return tuple(f"{place} {sign} {end}" for sign, end in ends if end is not None)

    def holds(self, value: pl.Expr) -> pl.Expr:
        """Whether it lies in the range; compared in 128 bits, which hold every amount."""
        import polars as pl

        low, high = (None if end is None else pl.lit(end, dtype=pl.Int128) for end in (self.low, self.high))
        if low is None:
            return value <= high
        return value >= low if high is None else (value >= low) & (value <= high)

    def keeps(self, value: Any) -> bool:
        """Whether it lies in the range."""
        return bool((self.low is None or value >= self.low) and (self.high is None or value <= self.high))

    def words(self, mark: str = "") -> str:
        """The range."""
        if self.low is None:
            return f"at most {self.high}"
        return f"at least {self.low}" if self.high is None else f"from {self.low} to {self.high}"


@dataclass(frozen=True)
class Within(ColumnRule):
    """A whole number that lies no farther from 0 than 10 to some power."""

    power: int

    def sql(self, place: str) -> tuple[str, ...]:
        """Without digits behind the point, and in the bound."""
        return (f"scale({place}) = 0 AND abs({place}) <= 1e{self.power}",)

    def holds(self, value: pl.Expr) -> pl.Expr:
        """Whether it is in the bound; frames hold amounts without digits behind the point."""
        return self._range.holds(value)

    def keeps(self, value: Any) -> bool:
        """Whether it is in the bound."""
        return self._range.keeps(value)

    @property
    def _range(self) -> Range:
        return Range(-(10**self.power), 10**self.power)

    def words(self, mark: str = "") -> str:
        """The bound."""
        return f"whole, at most 10^{self.power} either way"


@dataclass(frozen=True)
class HexDigits(ColumnRule):
    """A text of so many lower-case hexadecimal digits."""

    count: int

    def sql(self, place: str) -> tuple[str, ...]:
        """As long as that, and of nothing else."""
        return (f"octet_length({place}) = {self.count} AND {place} !~ '[^0-9a-f]'",)

    def holds(self, value: pl.Expr) -> pl.Expr:
        """Whether it is made of so many of them."""
        return value.str.contains(f"^[0-9a-f]{{{self.count}}}$")

    def keeps(self, value: Any) -> bool:
        """Whether it is made of so many of them."""
        return len(value) == self.count and set(value) <= set("0123456789abcdef")

    def words(self, mark: str = "") -> str:
        """The digits."""
        return f"{self.count} lower-case hexadecimal digits"


@dataclass(frozen=True)
class LengthMax(ColumnRule):
    """A text of at most so many characters."""

    count: int

    def sql(self, place: str) -> tuple[str, ...]:
        """No longer than that."""
        return (f"char_length({place}) <= {self.count}",)

    def holds(self, value: pl.Expr) -> pl.Expr:
        """Whether it is no longer than that."""
        return value.str.len_chars() <= self.count

    def keeps(self, value: Any) -> bool:
        """Whether it is no longer than that."""
        return len(value) <= self.count

    def words(self, mark: str = "") -> str:
        """The length."""
        return f"at most {self.count} characters"


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"

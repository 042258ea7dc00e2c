"""The unit types: what an integer counts. An amount, a rate and an epoch cannot stand in for each other under mypy.

While a program runs each of these is a plain `int`, so they cost nothing. For mypy each is a type of its own whose
sums and differences stay in their unit; a product or a quotient is a plain `int` again, which no function takes for
money: amounts are multiplied and divided in `foundation/money.py` only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NewType

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Never, Self, SupportsIndex, overload

    class _Unit(int):
        def __new__(cls, value: int) -> Self: ...
        def __add__(self, other: Self) -> Self: ...  # type: ignore[override]  # only its own unit
        def __radd__(self, other: Self) -> Self: ...  # type: ignore[override]  # only its own unit
        def __sub__(self, other: Self) -> Self: ...  # type: ignore[override]  # only its own unit
        def __rsub__(self, other: Self) -> Self: ...  # type: ignore[override]  # only its own unit
        def __neg__(self) -> Self: ...
        def __abs__(self) -> Self: ...
        def __lt__(self, other: Self | Literal[0]) -> bool: ...  # type: ignore[override]  # only its own unit
        def __le__(self, other: Self | Literal[0]) -> bool: ...  # type: ignore[override]  # only its own unit
        def __gt__(self, other: Self | Literal[0]) -> bool: ...  # type: ignore[override]  # only its own unit
        def __ge__(self, other: Self | Literal[0]) -> bool: ...  # type: ignore[override]  # only its own unit

    class Amount(_Unit):
        """Base units of some chain: what every room counts in that does not know which chain it is."""

    class Lamports(Amount):
        """The base unit of Solana."""

    class Wei(Amount):
        """The base unit of Ethereum: what blocks pay, and what the tables hold."""

    class Gwei(_Unit):
        """What beacon nodes count in: 10^9 wei. It is no base unit, so it is no `Amount` before it is made wei."""

    class Bps(_Unit):
        """Hundredths of a percent, 0..10000 where it is a share."""

    class EpochNumber(int):
        """The chain's own number of a period. Some epochs before or after one is an epoch; two of them have no sum."""

        def __new__(cls, value: int) -> Self: ...
        def __add__(self, other: int) -> EpochNumber: ...
        @overload
        def __sub__(self, other: EpochNumber) -> int: ...  # type: ignore[overload-overlap]  # a count, not an epoch
        @overload
        def __sub__(self, other: int) -> EpochNumber: ...
        def __sub__(self, other: int) -> int: ...
        def __radd__(self, other: Never) -> Never: ...  # type: ignore[override]  # an amount and an epoch have no sum

    class EpochRange(Sequence[EpochNumber]):
        """Periods that follow each other, without the one at `stop`, their numbers `step` apart: a `range`."""

        start: EpochNumber
        stop: EpochNumber
        step: int

        def __new__(cls, start: EpochNumber, stop: EpochNumber, step: int = 1) -> Self: ...
        @overload
        def __getitem__(self, place: SupportsIndex) -> EpochNumber: ...
        @overload
        def __getitem__(self, place: slice) -> EpochRange: ...
        def __getitem__(self, place: SupportsIndex | slice) -> EpochNumber | EpochRange: ...
        def __len__(self) -> int: ...
else:
    Amount = NewType("Amount", int)
    Lamports = NewType("Lamports", int)
    Wei = NewType("Wei", int)
    Gwei = NewType("Gwei", int)
    Bps = NewType("Bps", int)
    EpochNumber = NewType("EpochNumber", int)
    EpochRange = range

ZERO = Amount(0)
"""Nothing of any chain."""

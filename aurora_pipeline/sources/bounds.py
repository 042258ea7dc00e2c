"""How much of a coin can be earned, paid or staked: the one bound for files, providers' answers and sums of either.

Far beyond what there is, and yet less than what a wrong unit makes of an ordinary amount.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aurora_pipeline.foundation.units import Amount


@dataclass(frozen=True)
class Bound:
    """The largest number of whole coins, and why more of them are not believed."""

    coins: int
    why: str

    def problem(self, amount: Amount, coin: str, decimals: int) -> str | None:
        """What is wrong with an amount in base units; None where it is within the bound."""
        if abs(amount) <= self.coins * 10**decimals:
            return None
        return f"{amount} is more than {self.coins} {coin}, {self.why}"


PAID: Final = Bound(10_000_000, "which no validator earns or pays in one period")
STAKED: Final = Bound(1_000_000_000, "which is more than there are")

"""Wei in a provider's answer: no more than a validator can earn, pay or have at stake."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.sources.bounds import PAID, STAKED

_ETH_DECIMALS: Final = 18


def too_much_paid(wei: Amount) -> str | None:
    """Why an amount, or a sum of amounts, is not believed; None where it can be."""
    return PAID.problem(wei, "ETH", _ETH_DECIMALS)


def too_much_staked(wei: Amount) -> str | None:
    """The same of stake."""
    return STAKED.problem(wei, "ETH", _ETH_DECIMALS)

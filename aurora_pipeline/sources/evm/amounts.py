"""Wei in a provider's answer: exact, and no more than a validator can earn, or than there is."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.asking.reading import Node
from aurora_pipeline.foundation.units import Amount, Wei
from aurora_pipeline.sources.bounds import PAID, STAKED
from aurora_pipeline.sources.hex_values import U256_MAX, quantity

_ETH_DECIMALS: Final = 18
NOTHING: Final = Wei(0)


def held(node: Node) -> Wei:
    """Wei that an account had and moved, as a quantity."""
    return believed(node, Wei(quantity(node, U256_MAX)))


def believed(node: Node, amount: Wei) -> Wei:
    """An amount that somebody can have; one beyond all there is is refused."""
    problem = too_much_staked(amount)
    if problem is not None:
        node.refuse(problem)
    return amount


def too_much_paid(amount: Amount) -> str | None:
    """Why an amount that somebody earned or paid, or a sum of such, is not believed; None where it can be."""
    return PAID.problem(amount, "ETH", _ETH_DECIMALS)


def too_much_staked(amount: Amount) -> str | None:
    """The same of an amount that somebody has."""
    return STAKED.problem(amount, "ETH", _ETH_DECIMALS)

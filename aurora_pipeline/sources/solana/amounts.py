"""Lamports in a provider's answer: exact, and no more than a validator can earn, pay or have at stake."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.asking.reading import Node
from aurora_pipeline.foundation.units import Amount, Lamports
from aurora_pipeline.sources.bounds import PAID, STAKED

_SOL_DECIMALS: Final = 9
NOTHING: Final = Lamports(0)
PAID_MAX: Final = PAID.coins * 10**_SOL_DECIMALS
STAKED_MAX: Final = STAKED.coins * 10**_SOL_DECIMALS


def paid(node: Node, minimum: int = 0) -> Lamports:
    """Lamports that somebody earned or paid."""
    lamports = Lamports(node.whole(minimum))
    problem = too_much_paid(lamports)
    if problem is not None:
        node.refuse(problem)
    return lamports


def staked(node: Node) -> Lamports:
    """Lamports at stake; some answers have them as text."""
    lamports = Lamports(node.whole_text())
    problem = too_much_staked(lamports)
    if problem is not None:
        node.refuse(problem)
    return lamports


def too_much_paid(lamports: Amount) -> str | None:
    """Why an amount, or a sum of amounts, is not believed; None where it can be."""
    return PAID.problem(lamports, "SOL", _SOL_DECIMALS)


def too_much_staked(lamports: Amount) -> str | None:
    """The same of stake."""
    return STAKED.problem(lamports, "SOL", _SOL_DECIMALS)

"""Lamports in a provider's answer: exact, and no more than a validator can earn, pay or have at stake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from aurora_pipeline.asking.reading import Node
from aurora_pipeline.foundation.units import ZERO, Amount, Lamports
from aurora_pipeline.sources.bounds import PAID, STAKED
from aurora_pipeline.sources.told import FeesTold
from aurora_pipeline.store.declaration import FigureState

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
    problem = STAKED.problem(lamports, "SOL", _SOL_DECIMALS)
    if problem is not None:
        node.refuse(problem)
    return lamports


def too_much_paid(lamports: Amount) -> str | None:
    """Why an amount, or a sum of amounts, is not believed; None where it can be."""
    return PAID.problem(lamports, "SOL", _SOL_DECIMALS)


def too_much(amounts: Mapping[str, Amount | None]) -> str | None:
    """Which of some named amounts are not believed, and why; None where all can be."""
    problems = [
        f"{name} {problem}"
        for name, amount in amounts.items()
        if (problem := too_much_paid(amount or ZERO)) is not None
    ]
    return "; ".join(problems) or None


def believed(told: FeesTold) -> FeesTold:
    """Fees as they are, or none of them where one is not believed: the wrong one is not known."""
    problem = too_much({"fees": told.fees, "base_fees": told.base_fees, "priority_fees": told.priority_fees})
    if problem is None:
        return told
    nothing = replace(told, fees=None, base_fees=None, priority_fees=None)
    return replace(nothing, state=FigureState.UNAVAILABLE, reason=problem)

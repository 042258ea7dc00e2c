"""Lamports in a provider's answer: exact, and no more than a validator can earn, pay or have at stake."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from aurora_pipeline.asking.reading import Node
from aurora_pipeline.sources.bounds import PAID, STAKED
from aurora_pipeline.sources.result import Row
from aurora_pipeline.store.declaration import FigureState

_SOL_DECIMALS: Final = 9
PAID_MAX: Final = PAID.coins * 10**_SOL_DECIMALS
STAKED_MAX: Final = STAKED.coins * 10**_SOL_DECIMALS


def paid(node: Node, minimum: int = 0) -> int:
    """Lamports that somebody earned or paid."""
    lamports = node.whole(minimum)
    problem = too_much_paid(lamports)
    if problem is not None:
        node.refuse(problem)
    return lamports


def staked(node: Node) -> int:
    """Lamports at stake; some answers have them as text."""
    lamports = node.whole_text()
    problem = STAKED.problem(lamports, "SOL", _SOL_DECIMALS)
    if problem is not None:
        node.refuse(problem)
    return lamports


def too_much_paid(lamports: int) -> str | None:
    """Why an amount, or a sum of amounts, is not believed; None where it can be."""
    return PAID.problem(lamports, "SOL", _SOL_DECIMALS)


def within_bounds(row: Row, amounts: Iterable[str], state: str = "state", reason: str = "reason") -> Row:
    """A row as it is, or without figures where one of its amounts is not believed: the wrong one is not known."""
    names = list(amounts)
    problems = [f"{name} {problem}" for name in names if (problem := too_much_paid(row.get(name) or 0)) is not None]
    if not problems:
        return row
    return row | dict.fromkeys(names) | {state: FigureState.UNAVAILABLE.value, reason: "; ".join(problems)}

"""Components where a validator as a whole has one owner, as registered: all of it is the operator's, or a fee of it is.

A client's validator earns for the client. The operator's fee is floored per stream: of consensus rewards before
penalties, of fees and of tips, each by itself.
"""

from __future__ import annotations

from typing import Final

from aurora_pipeline.canonical.balances import NO_FEE
from aurora_pipeline.foundation.money import share_bps, total
from aurora_pipeline.foundation.units import ZERO, Bps
from aurora_pipeline.pnl.figure import Figure, state_of_missing
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.registry.validators import CLIENT
from aurora_pipeline.sources.reference import OperatedValidator
from aurora_pipeline.store.declaration import FigureState

CLIENT_OWNED: Final = "CLIENT_OWNED"
"""A client owns the validator: what it earns is the client's, hence 0."""
OPERATOR_OWNED: Final = "OPERATOR_OWNED"
"""The operator owns the validator and takes no fee of itself, hence 0."""


def components_by_owner(
    validator: OperatedValidator, fees: Figure, tips: Figure, rewards: Figure
) -> dict[Component, Figure]:
    """The four components, from what the whole validator earned in each stream."""
    if validator.ownership != CLIENT:
        commission = _nothing(Component.COMMISSION, OPERATOR_OWNED)
        return {
            Component.EXEC_FEES: fees,
            Component.MEV_TIPS: tips,
            Component.VOTE_REWARDS: rewards,
            Component.COMMISSION: commission,
        }
    nothing: dict[Component, Figure] = {
        part: _nothing(part, CLIENT_OWNED) for part in Component if part is not Component.COMMISSION
    }
    return {**nothing, Component.COMMISSION: _fee(validator.operator_fee_bps, (rewards, fees, tips))}


def _nothing(component: Component, reason: str) -> Figure:
    return Figure(component, ZERO, FigureState.FINAL, reason)


def _fee(rate: Bps | None, streams: tuple[Figure, ...]) -> Figure:
    """The operator's share of each stream; not known while one of them, or the rate, is not."""
    name = Component.COMMISSION
    if rate is None:
        return Figure(name, None, FigureState.UNAVAILABLE, NO_FEE)
    known = [share_bps(stream.amount, rate) for stream in streams if stream.amount is not None and stream.is_final]
    lacking = [stream for stream in streams if stream.amount is None or not stream.is_final]
    if lacking:
        reason = f"the fee on {'; '.join(stream.in_words for stream in lacking)}"
        return Figure(name, None, state_of_missing(lacking, any_known=bool(known)), reason)
    return Figure(name, total(known), FigureState.FINAL)

"""How Trillium's figures differ, by name: each difference is recognised by its arithmetic, none is tolerated away.

docs/cross-checks.md explains them. A difference is stored whether it has a name or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from aurora_pipeline.config.vocabulary import CostType, DataType
from aurora_pipeline.sources.differences import STAKE_OF_NEXT_EPOCH, FoundDifference

TRILLIUM_MEV_FORMULA: Final = "TRILLIUM_MEV_FORMULA"
"""Trillium takes the TipRouter's fee off the total before the commission; the tip tree takes both from the total."""
EXTRAPOLATED_DELEGATOR_REWARDS: Final = "EXTRAPOLATED_DELEGATOR_REWARDS"
"""Trillium extrapolates all stakers' rewards from the largest stake account."""
VOTE_COST_ESTIMATED: Final = "VOTE_COST_ESTIMATED"
"""Trillium's vote cost is its count of votes times 5,000; votes with a second signature cost more."""
ROUNDED_AT_SOURCE: Final = "ROUNDED_AT_SOURCE"
"""It publishes fewer decimals, and the figure that counts, rounded likewise, is the same."""

_TIP_SHARES: Final = ("validator_tips", "protocol_tips", "staker_tips")
_STAKES: Final = ("active_stake", "activating_stake", "deactivating_stake")
# Trillium's tips: 3 % of what the block engine left of 97 %.
_ROUTER_SHARE: Final = Fraction(3, 97)
_VOTE_FEE: Final = 5_000
_LAST_DIGIT_SHOWN: Final = 10**4
_WHOLE_COINS: Final = 10**9
_BPS_WHOLE: Final = 10_000


def known_as(found: FoundDifference) -> str | None:
    """The name of the systematic difference that explains this one exactly, or None."""
    if found.figure == "active_stake" and _is_stake_of_next_epoch(found):
        return STAKE_OF_NEXT_EPOCH
    if _is_rounded(found.stated, found.other, found.figure):
        return ROUNDED_AT_SOURCE
    if found.role is DataType.MEV and found.figure in _TIP_SHARES and _is_trillium_split(found.other_row):
        return TRILLIUM_MEV_FORMULA
    if found.role is DataType.REWARDS and found.figure == "staker_rewards":
        return EXTRAPOLATED_DELEGATOR_REWARDS
    if found.role is DataType.COSTS and found.subject == CostType.VOTE_FEES and found.other % _VOTE_FEE == 0:
        return VOTE_COST_ESTIMATED
    return None


def _is_rounded(exact: int, shown: int, figure: str) -> bool:
    """Whether a figure is another one rounded (either way) to the decimals the source publishes."""
    units = (_LAST_DIGIT_SHOWN, _WHOLE_COINS) if figure in _STAKES else (_LAST_DIGIT_SHOWN,)
    return any(shown % unit == 0 and abs(exact - shown) < unit for unit in units)


def _is_stake_of_next_epoch(found: FoundDifference) -> bool:
    return found.stake_next is not None and _is_rounded(found.stake_next, found.other, found.figure)


def _is_trillium_split(row: Mapping[str, int | None]) -> bool:
    """Whether a row's validator part is what Trillium's formula gives for its own total and commission."""
    tips, share, part = row.get("total_tips"), row.get("mev_commission_bps"), row.get("validator_tips")
    if tips is None or share is None or part is None:
        return False
    exact = tips * (1 - _ROUTER_SHARE) * share / _BPS_WHOLE
    # It computes in binary floats of SOL and publishes five or nine decimals of them.
    return abs(part - exact) <= 1 or (part % _LAST_DIGIT_SHOWN == 0 and abs(part - exact) < _LAST_DIGIT_SHOWN)

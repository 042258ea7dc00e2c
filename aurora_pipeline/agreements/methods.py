"""What each attribution method looks at: by what a partner's part of a component is measured. One table, one place.

A new method is a member of `Method`, its line here and its words in docs/agreements.md; a new way to measure is a
member of `Measure` and what `commissions/rules.py` does for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from aurora_pipeline.agreements.tables import Method
from aurora_pipeline.pnl.tables import Component


class Measure(StrEnum):
    """By what the part of a validator's component is measured that a rule looks at."""

    WHOLE = "the whole component"
    ACTIVE_STAKE = "the share of the partner's wallets in the active stake"
    ACTIVE_STAKE_INSTEAD = "the same, because nobody can say how much of the component each wallet brought"
    STAKER_REWARDS = "the share of the partner's wallets in what stakers earned; in the stake where none earned"
    OWN_REWARDS = "what the partner's wallets earned themselves, which is no income of the operator"

    @property
    def is_of_wallets(self) -> bool:
        """Whether it depends on the partner's wallets."""
        return self is not Measure.WHOLE

    @property
    def is_of_rewards(self) -> bool:
        """Whether it also depends on what wallets earned by staking."""
        return self in (Measure.STAKER_REWARDS, Measure.OWN_REWARDS)


_METHODS: Final[Mapping[Method, Mapping[Component, Measure]]] = MappingProxyType(
    {
        Method.FIXED_SHARE: dict.fromkeys(Component, Measure.WHOLE),
        Method.STAKE_WEIGHT: dict.fromkeys(Component, Measure.ACTIVE_STAKE),
        Method.CLIENT_REVENUE: {
            Component.EXEC_FEES: Measure.ACTIVE_STAKE_INSTEAD,
            Component.MEV_TIPS: Measure.ACTIVE_STAKE_INSTEAD,
            Component.VOTE_REWARDS: Measure.OWN_REWARDS,
            Component.COMMISSION: Measure.STAKER_REWARDS,
        },
    }
)


def measure_of(method: Method, component: Component) -> Measure:
    """By what a method measures a component."""
    return _METHODS[method][component]

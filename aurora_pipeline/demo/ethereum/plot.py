"""What happens to whom and when on the simulated Ethereum chain, beside the ordinary life of every epoch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property

from aurora_pipeline.demo.ethereum.cast import EthereumCast, Validator
from aurora_pipeline.demo.ethereum.parameters import EthereumParameters
from aurora_pipeline.demo.ethereum.protocol import GWEI_PER_ETH, MIN_ACTIVATION_BALANCE

LEAK_FROM, LEAK_UNTIL = 12, 21
"""The epochs in which so many are offline that nothing becomes final; their absence costs more and more."""
_DEPOSIT, _JOIN, _EXIT, _TOP_UP, _SWITCH = 1, 2, 3, 3, 7
_PARTIAL, _CONSOLIDATION, _SLASHING, _EXIT_BY_REQUEST = 4, 4, 6, 8
_OUR_OUTAGE = (9, 11)
_OFFLINE_SHARE = (2, 5)
"""Of all stake, in the leak: more than a third, less than a half."""


class Kind(Enum):
    """What a block can hold besides attestations."""

    DEPOSIT = auto()
    EXIT = auto()
    WITHDRAWAL_REQUEST = auto()
    """For an amount, or for all of it where the amount is 0."""
    CONSOLIDATION_REQUEST = auto()
    """Of one validator into another; of one into itself: it begins to compound."""
    SLASHING = auto()


@dataclass(frozen=True)
class Event:
    """One operation, held by the first block of its epoch or a later one."""

    epoch: int
    kind: Kind
    validator: int
    amount: int = 0
    target: int = 0


class Plot:
    """The story of one chain. A smaller operator has a shorter one: what it has no validator for does not happen."""

    def __init__(self, parameters: EthereumParameters, cast: EthereumCast) -> None:
        self._parameters = parameters
        self._cast = cast

    @cached_property
    def events(self) -> dict[int, tuple[Event, ...]]:
        """By epoch."""
        join = self._cast.joining.index
        told = [
            Event(_DEPOSIT, Kind.DEPOSIT, self._parameters.validators, 2 * GWEI_PER_ETH),
            Event(_JOIN, Kind.DEPOSIT, join, MIN_ACTIVATION_BALANCE),
            Event(_EXIT, Kind.EXIT, 4),
            Event(_TOP_UP, Kind.DEPOSIT, 7, 8 * GWEI_PER_ETH),
            Event(_PARTIAL, Kind.WITHDRAWAL_REQUEST, 5, 5 * GWEI_PER_ETH),
            Event(_CONSOLIDATION, Kind.CONSOLIDATION_REQUEST, 6, target=1),
            Event(_SLASHING, Kind.SLASHING, 3),
            Event(_SWITCH, Kind.CONSOLIDATION_REQUEST, 2, target=2),
            Event(_EXIT_BY_REQUEST, Kind.WITHDRAWAL_REQUEST, 13),
        ]
        found: dict[int, tuple[Event, ...]] = {}
        for event in told:
            if self._is_cast(event):
                found[event.epoch] = (*found.get(event.epoch, ()), event)
        return found

    def deposits_before(self, event: Event) -> int:
        """How many deposits came before one, which is its number in the deposit contract."""
        told = [one for epoch in sorted(self.events) for one in self.events[epoch] if one.kind is Kind.DEPOSIT]
        return told.index(event)

    def _is_cast(self, event: Event) -> bool:
        if event.kind is Kind.DEPOSIT and event.validator >= self._parameters.validators:
            return event.validator in self._cast.by_index
        return event.validator < self._parameters.validators

    def is_offline(self, validator: int, epoch: int) -> bool:
        """Whether a validator does none of its duties in an epoch."""
        if LEAK_FROM <= epoch < LEAK_UNTIL and validator in self._leaking:
            return True
        return validator == 8 < self._parameters.validators and _OUR_OUTAGE[0] <= epoch < _OUR_OUTAGE[1]

    def offline(self, epoch: int) -> frozenset[int]:
        """Everybody who is offline throughout an epoch."""
        leaking = self._leaking if LEAK_FROM <= epoch < LEAK_UNTIL else frozenset()
        return leaking | ({8} if self.is_offline(8, epoch) else frozenset())

    @cached_property
    def _leaking(self) -> frozenset[int]:
        """One of the operator's, and strangers until enough stake is away; nobody where there are too few strangers."""
        ours = [self._cast.genesis[10]] if self._parameters.validators > 10 else []
        strangers = self._cast.genesis[self._parameters.validators :]
        stake = sum(_stake(validator) for validator in self._cast.genesis)
        wanted = stake * _OFFLINE_SHARE[0] // _OFFLINE_SHARE[1]
        if sum(map(_stake, ours + strangers)) < wanted:
            return frozenset()
        chosen, away = [], 0
        for validator in ours + strangers:
            if away < wanted:
                chosen.append(validator.index)
                away += _stake(validator)
        return frozenset(chosen)


def _stake(validator: Validator) -> int:
    return validator.genesis_balance

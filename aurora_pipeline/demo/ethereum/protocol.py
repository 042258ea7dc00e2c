"""The protocol's arithmetic from Altair to Electra, in gwei: multiply first, floor once, as the specification does."""

from __future__ import annotations

from math import isqrt
from typing import Final, NamedTuple

GWEI_PER_ETH: Final = 10**9
WEI_PER_GWEI: Final = 10**9
INCREMENT: Final = GWEI_PER_ETH
"""Effective balances are whole multiples of it."""
MIN_ACTIVATION_BALANCE: Final = 32 * GWEI_PER_ETH
MAX_EFFECTIVE_BALANCE: Final = 2048 * GWEI_PER_ETH

SOURCE, TARGET, HEAD = 1, 2, 4
"""The flags of an attestation that did each of its three things in time."""
WEIGHTS: Final = {SOURCE: 14, TARGET: 26, HEAD: 14}
_SYNC_WEIGHT, _PROPOSER_WEIGHT, _ALL_WEIGHTS = 2, 8, 64
_BASE_REWARD_FACTOR = 64

MIN_EPOCHS_TO_INACTIVITY_PENALTY: Final = 4
INACTIVITY_SCORE_BIAS, INACTIVITY_SCORE_RECOVERY = 4, 16
_INACTIVITY_QUOTIENT = 2**24
_SLASHING_QUOTIENT = _WHISTLEBLOWER_QUOTIENT = 4096
_SLASHING_MULTIPLIER = 3
_HYSTERESIS = INCREMENT // 4

_BASE_FEE_CHANGE, _ELASTICITY = 8, 2


class Participation(NamedTuple):
    """What the rewards of one epoch's attestations follow from, besides a validator's own votes."""

    base_reward_per_increment: int
    active_increments: int
    source_increments: int
    target_increments: int
    head_increments: int
    is_leaking: bool

    def increments(self, flag: int) -> int:
        """The effective balance of the unslashed validators that set a flag, in increments."""
        return {SOURCE: self.source_increments, TARGET: self.target_increments, HEAD: self.head_increments}[flag]


def base_reward_per_increment(total_active: int) -> int:
    return INCREMENT * _BASE_REWARD_FACTOR // isqrt(total_active)


def flag_reward(effective: int, flag: int, seen: Participation) -> int:
    """What a flag that was set in time earns; nothing while the chain leaks."""
    return _floored(reward_fraction(effective, flag, seen))


def reward_fraction(effective: int, flag: int, seen: Participation) -> tuple[int, int]:
    """The same before it is floored: what is divided, and by what."""
    if seen.is_leaking:
        return 0, 1
    base = effective // INCREMENT * seen.base_reward_per_increment
    return base * WEIGHTS[flag] * seen.increments(flag), seen.active_increments * _ALL_WEIGHTS


def flag_penalty(effective: int, flag: int, per_increment: int) -> int:
    """What a flag that was not set costs; the head costs nothing."""
    return _floored(penalty_fraction(effective, flag, per_increment))


def penalty_fraction(effective: int, flag: int, per_increment: int) -> tuple[int, int]:
    """The same before it is floored."""
    if flag == HEAD:
        return 0, 1
    return effective // INCREMENT * per_increment * WEIGHTS[flag], _ALL_WEIGHTS


def _floored(fraction: tuple[int, int]) -> int:
    return fraction[0] // fraction[1]


def inactivity_penalty(effective: int, score: int) -> int:
    """What a missed target costs on top, once the chain leaked."""
    return effective * score // (INACTIVITY_SCORE_BIAS * _INACTIVITY_QUOTIENT)


def next_inactivity_score(score: int, *, hit_target: bool, is_leaking: bool) -> int:
    score = score - min(1, score) if hit_target else score + INACTIVITY_SCORE_BIAS
    return score if is_leaking else score - min(INACTIVITY_SCORE_RECOVERY, score)


def sync_participant_reward(total_active: int, slots_per_epoch: int, committee_size: int) -> int:
    """What one seat in the sync committee earns, or is charged, per block."""
    base = base_reward_per_increment(total_active) * (total_active // INCREMENT)
    return base * _SYNC_WEIGHT // _ALL_WEIGHTS // slots_per_epoch // committee_size


def sync_proposer_reward(participant_reward: int) -> int:
    """What the proposer earns for each seat that took part."""
    return participant_reward * _PROPOSER_WEIGHT // (_ALL_WEIGHTS - _PROPOSER_WEIGHT)


def proposer_attestation_reward(increments: int, flags: int, per_increment: int) -> int:
    """What the proposer earns for one attestation by validators of so many increments that sets flags for the first."""
    weight = sum(weight for flag, weight in WEIGHTS.items() if flags & flag)
    denominator = (_ALL_WEIGHTS - _PROPOSER_WEIGHT) * _ALL_WEIGHTS // _PROPOSER_WEIGHT
    return increments * per_increment * weight // denominator


def initial_slashing_penalty(effective: int) -> int:
    return effective // _SLASHING_QUOTIENT


def whistleblower_reward(effective: int) -> int:
    """The proposer's, who is its own whistleblower."""
    return effective // _WHISTLEBLOWER_QUOTIENT


def correlation_penalty(effective: int, slashed: int, total_active: int) -> int:
    """What a slashed validator loses halfway, by how much was slashed around it."""
    adjusted = min(slashed * _SLASHING_MULTIPLIER, total_active)
    return adjusted // (total_active // INCREMENT) * (effective // INCREMENT)


def max_effective_balance(is_compounding: bool) -> int:
    return MAX_EFFECTIVE_BALANCE if is_compounding else MIN_ACTIVATION_BALANCE


def next_effective_balance(balance: int, effective: int, maximum: int) -> int:
    """An effective balance follows the balance once it is off by a quarter below, or five quarters above."""
    if balance + _HYSTERESIS < effective or effective + 5 * _HYSTERESIS < balance:
        return min(balance - balance % INCREMENT, maximum)
    return effective


def next_base_fee(base_fee: int, gas_used: int, gas_limit: int) -> int:
    """EIP-1559: at most an eighth up or down, by how far the gas was from half the limit."""
    target = gas_limit // _ELASTICITY
    if gas_used > target:
        return base_fee + max(base_fee * (gas_used - target) // target // _BASE_FEE_CHANGE, 1)
    return base_fee - base_fee * (target - gas_used) // target // _BASE_FEE_CHANGE

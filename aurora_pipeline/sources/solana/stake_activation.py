"""How much of a delegation counts in an epoch: warm-up and cool-down of at most 9 % of the cluster's stake per epoch.

The chain's own rule (Delegation::stake_activating_and_deactivating) in its integer form: what an account may change by
in an epoch is its share of all changing stake, times 9 % of the cluster's effective stake, floored, and at least 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aurora_pipeline.asking.reading import U64_MAX, UnreadableAnswer
from aurora_pipeline.foundation.money import BPS_WHOLE, mul_div
from aurora_pipeline.sources.once import Once
from aurora_pipeline.sources.solana.accounts import (
    NO_HISTORY,
    STAKE_HISTORY,
    ClusterStake,
    StakeHistory,
    read_stake_history,
)
from aurora_pipeline.sources.solana.answers.rpc import answers_to, asked_params
from aurora_pipeline.store.payloads import StagedFetch

RATE_BPS: Final = 900
"""Since the feature that lowered it from 25 %, years before the first epoch this program can be asked about."""


@dataclass(frozen=True)
class Activation:
    """A delegation in one epoch."""

    active: int
    activating: int
    deactivating: int
    """The part of `active` that is leaving."""


def activation(
    stake: int, activated_in: int | None, deactivated_in: int | None, epoch: int, history: StakeHistory
) -> Activation:
    """What of a delegation counts in an epoch. Where the history does not reach back, warm-up and cool-down are over.

    `activated_in` is None for what was never delegated, and the largest u64 for delegations of the genesis block, which
    always counted; `deactivated_in` is None while nobody asked for the stake back.
    """
    active, activating = _warmed_up(stake, activated_in, deactivated_in, epoch, history)
    if deactivated_in is None or epoch < deactivated_in:
        return Activation(active, activating, 0)
    if epoch == deactivated_in:
        return Activation(active, 0, active)
    left = _cooled_down(active, deactivated_in, epoch, history)
    return Activation(left, 0, left)


def _warmed_up(
    stake: int, activated_in: int | None, deactivated_in: int | None, epoch: int, history: StakeHistory
) -> tuple[int, int]:
    """(effective, still activating)."""
    if activated_in is None or activated_in == deactivated_in:
        return (stake, 0) if activated_in == U64_MAX else (0, 0)
    if activated_in == U64_MAX:
        return stake, 0
    if epoch <= activated_in:
        return 0, (stake if epoch == activated_in else 0)
    cluster = history.get(activated_in)
    if cluster is None:
        return stake, 0
    effective, current = 0, activated_in
    while cluster is not None and cluster.activating:
        current += 1
        effective += max(1, _allowance(stake - effective, cluster.activating, cluster))
        if effective >= stake:
            return stake, 0
        if current >= epoch or (deactivated_in is not None and current >= deactivated_in):
            break
        cluster = history.get(current)
    return effective, stake - effective


def _cooled_down(active: int, deactivated_in: int, epoch: int, history: StakeHistory) -> int:
    """What is still effective some epochs after the owner asked for it back."""
    cluster = history.get(deactivated_in)
    if cluster is None:
        return 0
    current = deactivated_in
    while cluster is not None and cluster.deactivating:
        current += 1
        active -= max(1, _allowance(active, cluster.deactivating, cluster))
        if active <= 0:
            return 0
        if current >= epoch:
            break
        cluster = history.get(current)
    return active


def _allowance(portion: int, of_changing: int, cluster: ClusterStake) -> int:
    """An account's part of what the whole cluster may change by in an epoch."""
    if not portion or not cluster.effective:
        return 0
    return min(portion, mul_div(portion * cluster.effective, RATE_BPS, of_changing * BPS_WHOLE))


def observed_stake_history(fetch: StagedFetch, once: Once) -> StakeHistory:
    """The cluster's stake in past epochs as observed with the accounts.

    Empty where it was not: then stake counts at once, and where the limits bit, the accounts' sum shows it.
    """
    for answer in answers_to(fetch.answers, "getMultipleAccounts"):
        if asked_params(answer)[:1] == [[STAKE_HISTORY]]:
            history = once.read(read_stake_history, answer, fetch.provider)
            return NO_HISTORY if isinstance(history, UnreadableAnswer) else history
    return NO_HISTORY

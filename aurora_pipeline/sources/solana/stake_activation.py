"""How much of a delegation counts in an epoch: warm-up and cool-down of at most 9 % of the cluster's stake per epoch.

The chain's own rule (Delegation::stake_activating_and_deactivating) in its integer form. In an epoch an account changes
by its share of all changing stake, times 9 % of the cluster's effective stake: rounded down, and at least 1.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from aurora_pipeline.asking.reading import U64_MAX, UnreadableAnswer
from aurora_pipeline.foundation.money import BPS_WHOLE, mul_div
from aurora_pipeline.foundation.units import EpochNumber, Lamports
from aurora_pipeline.sources.json_rpc import answers_to, asked_params
from aurora_pipeline.sources.once import Once
from aurora_pipeline.sources.solana.amounts import NOTHING
from aurora_pipeline.sources.solana.answers.accounts import (
    NO_HISTORY,
    STAKE_HISTORY,
    ClusterStake,
    StakeHistory,
    read_stake_history,
)
from aurora_pipeline.store.payloads.fetches import StagedFetch

RATE_BPS: Final = 900
"""Since the feature that lowered it from 25 %, years before the first epoch this program can be asked about."""


_ONE: Final = Lamports(1)


class Activation(NamedTuple):
    """A delegation in one epoch."""

    active: Lamports
    activating: Lamports
    deactivating: Lamports
    """The part of `active` that is leaving."""


def activation(
    stake: Lamports, activated_in: int | None, deactivated_in: int | None, epoch: EpochNumber, history: StakeHistory
) -> Activation:
    """What of a delegation counts in an epoch. Where the history does not reach back, warm-up and cool-down are over.

    `activated_in` is None for what was never delegated, and the largest u64 for delegations of the genesis block, which
    always counted; `deactivated_in` is None while nobody asked for the stake back.
    """
    active, activating = _warmed_up(stake, activated_in, deactivated_in, epoch, history)
    if deactivated_in is None or epoch < deactivated_in:
        return Activation(active, activating, NOTHING)
    if epoch == deactivated_in:
        return Activation(active, NOTHING, active)
    left = _cooled_down(active, deactivated_in, epoch, history)
    return Activation(left, NOTHING, left)


def _warmed_up(
    stake: Lamports, activated_in: int | None, deactivated_in: int | None, epoch: EpochNumber, history: StakeHistory
) -> tuple[Lamports, Lamports]:
    """(effective, still activating)."""
    if activated_in is None or activated_in == deactivated_in:
        return (stake, NOTHING) if activated_in == U64_MAX else (NOTHING, NOTHING)
    if activated_in == U64_MAX:
        return stake, NOTHING
    if epoch <= activated_in:
        return NOTHING, (stake if epoch == activated_in else NOTHING)
    cluster = history.get(activated_in)
    if cluster is None:
        return stake, NOTHING
    effective, current = NOTHING, activated_in
    while cluster is not None and cluster.activating:
        current += 1
        effective += max(_ONE, _allowance(stake - effective, cluster.activating, cluster))
        if effective >= stake:
            return stake, NOTHING
        if current >= epoch or (deactivated_in is not None and current >= deactivated_in):
            break
        cluster = history.get(current)
    return effective, stake - effective


def _cooled_down(active: Lamports, deactivated_in: int, epoch: EpochNumber, history: StakeHistory) -> Lamports:
    """What is still effective some epochs after the owner asked for it back."""
    cluster = history.get(deactivated_in)
    if cluster is None:
        return NOTHING
    current = deactivated_in
    while cluster is not None and cluster.deactivating:
        current += 1
        active -= max(_ONE, _allowance(active, cluster.deactivating, cluster))
        if active <= 0:
            return NOTHING
        if current >= epoch:
            break
        cluster = history.get(current)
    return active


def _allowance(portion: Lamports, of_changing: Lamports, cluster: ClusterStake) -> Lamports:
    """An account's part of what the whole cluster may change by in an epoch."""
    if not portion or not cluster.effective:
        return NOTHING
    return min(portion, mul_div(portion, cluster.effective * RATE_BPS, of_changing * BPS_WHOLE))


def observed_stake_history(fetch: StagedFetch, once: Once) -> StakeHistory:
    """The cluster's stake in past epochs as observed with the accounts.

    Empty where it was not: then stake counts at once, and where the limits bit, the accounts' sum shows it.
    """
    for answer in answers_to(fetch.answers, "getMultipleAccounts"):
        if asked_params(answer)[:1] == [[STAKE_HISTORY]]:
            history = once.read(read_stake_history, answer, fetch.provider)
            return NO_HISTORY if isinstance(history, UnreadableAnswer) else history
    return NO_HISTORY

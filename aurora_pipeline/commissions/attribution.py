"""Who brought what to a validator: wallets of partners by active stake and by staking rewards, where it adds up.

Stake belongs to its withdraw authority. Where the single positions do not add up to the validator's own figure
nothing is attributed at all: a weight that is not trusted is not known.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from aurora_pipeline.agreements.terms import PartnerWallet
from aurora_pipeline.canonical.tables import POSITIONS, REWARDS
from aurora_pipeline.commissions.errors import WalletOwnedTwice
from aurora_pipeline.commissions.tables import Weight
from aurora_pipeline.foundation.units import ZERO, Amount
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.frames import whole_numbers

Parts = dict[tuple[str, str], tuple[list[str], list[Amount]]]
"""By validator and partner: the partner's wallets with a position there, in order, and what each has."""

_NOBODY: tuple[list[str], list[Amount]] = ([], [])


@dataclass(frozen=True)
class Doubt:
    """Why the weights on a validator are not known."""

    state: str
    reason: str


@dataclass(frozen=True)
class Weights:
    """What wallets have on each validator, of one kind."""

    kind: Weight
    wholes: Mapping[str, Amount] = field(default_factory=dict)
    """By validator: what all wallets have together, partners' or not."""
    doubts: Mapping[str, Doubt] = field(default_factory=dict)
    """By validator: why nothing is attributed there."""
    parts: Parts = field(default_factory=dict)

    def doubt(self, validator_key: str) -> Doubt | None:
        """Why the weights on a validator are not known; None where they are."""
        if validator_key in self.wholes:
            return None
        return self.doubts.get(validator_key) or Doubt(
            FigureState.UNAVAILABLE.value, f"{POSITIONS.name} has no row for {validator_key}"
        )

    def of(self, validator_key: str, partner_id: str) -> tuple[list[str], list[Amount]]:
        """A partner's wallets with a position on a validator, in order, and what each has."""
        return self.parts.get((validator_key, partner_id), _NOBODY)


@dataclass(frozen=True)
class Attribution:
    """Weights of both kinds; those that no rule looks at are empty."""

    stake: Weights
    rewards: Weights


def attribute(
    positions: pl.DataFrame, rewards: pl.DataFrame, wallets: Iterable[PartnerWallet], with_rewards: bool
) -> Attribution:
    """Weights of both kinds from the canonical positions and rewards of the period; rewards only where asked for.

    An account's rewards belong to the withdrawer of its position.
    """
    accounts = positions.filter(pl.col("row_kind") == "ACCOUNT").select(
        "validator_key", "account_key", "withdrawer_key", "active_stake"
    )
    if not with_rewards:
        (held,) = _parts(accounts, ["active_stake"], wallets)
        return Attribution(_stake(positions, accounts, held), Weights(Weight.STAKER_REWARDS))
    keys = ["validator_key", "account_key"]
    earned = rewards.filter(pl.col("row_kind") == "ACCOUNT").select(*keys, "staker_rewards")
    joined = accounts.join(earned, on=keys, how="full", coalesce=True)
    held, paid = _parts(joined, ["active_stake", "staker_rewards"], wallets)
    # Stake is judged by the positions alone: a reward of a stranger is no doubt about it.
    stake = _stake(positions, accounts, held)
    return Attribution(stake, _earned(rewards, joined, paid, stake))


def _stake(positions: pl.DataFrame, accounts: pl.DataFrame, parts: Parts) -> Weights:
    sums = accounts.group_by("validator_key").agg(
        held=pl.col("active_stake").sum(),
        unknown=(pl.col("active_stake").is_null() | pl.col("withdrawer_key").is_null()).sum(),
    )
    validators = positions.filter(pl.col("row_kind") == "VALIDATOR").join(sums, on="validator_key", how="left")
    wholes: dict[str, Amount] = {}
    doubts: dict[str, Doubt] = {}
    for row in _rows(validators, "validator_key", "active_stake", "state", "reason", "held", "unknown"):
        key, whole, held = row["validator_key"], row["active_stake"], row["held"] or ZERO
        if row["state"] != FigureState.FINAL:
            reason = f"stake on {key} is {row['state']}: {row['reason'] or 'no reason given'}"
            doubts[key] = Doubt(row["state"], reason)
        elif row["unknown"]:
            reason = f"stake or withdrawer of {row['unknown']} accounts on {key} is not known"
            doubts[key] = Doubt(FigureState.PARTIAL.value, reason)
        elif whole != held:
            reason = f"positions on {key} sum to {held}, its active stake is {whole}"
            doubts[key] = Doubt(FigureState.PARTIAL.value, reason)
        else:
            wholes[key] = held
    return Weights(Weight.ACTIVE_STAKE, wholes, doubts, parts)


def _earned(rewards: pl.DataFrame, accounts: pl.DataFrame, parts: Parts, stake: Weights) -> Weights:
    sums = accounts.group_by("validator_key").agg(
        paid=pl.col("staker_rewards").sum(),
        # An account that earned must have a known withdrawer, and one with active stake a known reward, be it 0.
        unknown=(
            (pl.col("withdrawer_key").is_null() & (pl.col("staker_rewards") != 0))
            | (pl.col("staker_rewards").is_null() & (pl.col("active_stake") != 0))
        ).sum(),
    )
    validators = rewards.filter(pl.col("row_kind") == "VALIDATOR").join(sums, on="validator_key", how="left")
    wholes: dict[str, Amount] = {}
    doubts: dict[str, Doubt] = {}
    columns = ("validator_key", "staker_rewards", "stakers_state", "stakers_reason", "paid", "unknown")
    for row in _rows(validators, *columns):
        key, whole, paid = row["validator_key"], row["staker_rewards"], row["paid"] or ZERO
        state = row["stakers_state"] or FigureState.UNAVAILABLE.value
        stake_doubt = stake.doubt(key)
        if state != FigureState.FINAL:
            doubts[key] = Doubt(state, f"staker rewards of {key} are {state}: {row['stakers_reason'] or 'no reason'}")
        elif stake_doubt is not None:
            doubts[key] = stake_doubt
        elif row["unknown"]:
            reason = f"rewards or withdrawer of {row['unknown']} accounts on {key} are not known"
            doubts[key] = Doubt(FigureState.PARTIAL.value, reason)
        elif whole != paid:
            reason = f"accounts on {key} received {paid}, all its stakers together {whole}"
            doubts[key] = Doubt(FigureState.PARTIAL.value, reason)
        else:
            wholes[key] = paid
    for key in stake.wholes.keys() - wholes.keys() - doubts.keys():
        doubts[key] = Doubt(FigureState.UNAVAILABLE.value, f"{REWARDS.name} has no row for {key}")
    return Weights(Weight.STAKER_REWARDS, wholes, doubts, parts)


def _parts(accounts: pl.DataFrame, columns: Sequence[str], wallets: Iterable[PartnerWallet]) -> list[Parts]:
    """Per column, validator and partner its wallets there with what each has, one entry per wallet, in order.

    Wallets and validators are numbered in their order first: grouping a million rows by text takes five times as long.
    """
    owners = sorted(_owners(wallets).items(), key=lambda item: item[::-1])
    names, partners = [wallet for wallet, _ in owners], [partner for _, partner in owners]
    validators = sorted(accounts["validator_key"].unique().drop_nulls())
    wallet_numbers = pl.DataFrame({"withdrawer_key": pl.Series(names, dtype=pl.String)}).with_row_index("wallet")
    validator_numbers = pl.DataFrame({"validator_key": pl.Series(validators, dtype=pl.String)}).with_row_index("place")
    # Sums are exact in 128 bits: every amount is bounded by 10^30.
    held = (
        accounts.lazy()
        .join(wallet_numbers.lazy(), on="withdrawer_key", how="inner")
        .join(validator_numbers.lazy(), on="validator_key", how="inner")
        .group_by(pl.col("place").cast(pl.UInt64) * max(1, len(names)) + pl.col("wallet"))
        .agg(pl.col(columns).cast(pl.Int128).sum())
        .sort("place")
        .collect()
    )
    numbers = held["place"].to_list()
    amounts = [whole_numbers(held[name]) for name in columns]
    found: list[Parts] = [{} for _ in columns]
    start, count = 0, len(names)
    while start < len(numbers):
        validator, wallet = divmod(numbers[start], count)
        partner = partners[wallet]
        # Numbers rise, and a partner's wallets follow each other: its group ends where the next partner's begin.
        end = bisect_left(numbers, validator * count + bisect_right(partners, partner), start)
        group = [names[number % count] for number in numbers[start:end]]
        for parts, values in zip(found, amounts, strict=True):
            parts[validators[validator], partner] = (group, values[start:end])
        start = end
    return found


def _owners(wallets: Iterable[PartnerWallet]) -> dict[str, str]:
    owners: dict[str, str] = {}
    for wallet in wallets:
        owner = owners.setdefault(wallet.wallet_address, wallet.partner_id)
        if owner != wallet.partner_id:
            raise WalletOwnedTwice(
                f"wallet {wallet.wallet_address} belongs to {owner} and to {wallet.partner_id} at the same instant",
                "end it with one of the two",
            )
    return owners


def _rows(frame: pl.DataFrame, *columns: str) -> list[dict[str, Any]]:
    """Rows with amounts as exact ints."""
    exact = frame.select(pl.col(name).cast(pl.Int128) if frame.schema[name].is_decimal() else name for name in columns)
    return list(exact.iter_rows(named=True))

"""What a simulated chain really did, told by its generator: the figures every pipeline over it must arrive at."""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache

from aurora_pipeline.demo.errors import SimulatorMisused
from aurora_pipeline.demo.options import add_parameter_options, given_parameters
from aurora_pipeline.demo.solana.cast import Cast
from aurora_pipeline.demo.solana.chain import SIGNATURE_FEE
from aurora_pipeline.demo.solana.economy import EpochEconomy
from aurora_pipeline.demo.solana.parameters import CHAIN_ID, Parameters
from aurora_pipeline.demo.solana.stake import LAMPORTS_PER_SOL
from aurora_pipeline.demo.solana.world import World
from aurora_pipeline.foundation.errors import AuroraError

_INFRASTRUCTURE_SOL = ("0.85", "1.25", "0.6", "2.5", "1.1")
_NETWORK_FEE_SOL = "2"


@dataclass(frozen=True)
class ValidatorTruth:
    """One operated validator in one epoch; all amounts in lamports."""

    vote: str
    identity: str
    name: str
    leader_slots: int
    blocks: int
    skipped: int
    fees_lamports: int
    """Sum of its `Fee` rewards: priority_fees + base_fees - burned."""
    base_fees_lamports: int
    priority_fees_lamports: int
    burned_lamports: int
    has_mev_client: bool
    mev_commission_bps: int | None
    mev_total_lamports: int
    mev_validator_lamports: int
    mev_protocol_lamports: int
    commission_bps: int
    """The rate in its vote account throughout the epoch."""
    applied_commission_bps: int
    """The rate the epoch's rewards were split by: that of the epoch before (SIMD-0249)."""
    has_commission_row: bool
    commission_lamports: int
    collector: str
    """Where its commission went: its vote account unless it named another account (SIMD-0232)."""
    collector_lamports: int
    """What that account received for all validators that share it."""
    priority_fees_shared_lamports: int
    """What it transferred out of its block fees for its stakers."""
    own_active_stake_lamports: int
    own_stake_rewards_lamports: int
    staker_rewards_lamports: int
    active_stake_lamports: int
    votes: int
    vote_fees_lamports: int
    credits: int


@dataclass(frozen=True)
class WalletTruth:
    """What one named wallet had on one operated validator in one epoch."""

    wallet: str
    owner: str
    role: str
    address: str
    vote: str
    stake_accounts: int
    active_stake_lamports: int
    staker_rewards_lamports: int


@dataclass(frozen=True)
class EpochTruth:
    """One epoch of the simulated chain."""

    chain_id: str
    epoch: int
    first_slot: int
    last_slot: int
    first_block_slot: int
    last_block_slot: int
    started_at: str
    ended_at: str
    validators: list[ValidatorTruth]
    wallets: list[WalletTruth]

    def validator(self, vote: str) -> ValidatorTruth:
        return next(validator for validator in self.validators if validator.vote == vote)


@lru_cache(maxsize=2)
def world_of(parameters: Parameters) -> World:
    """The world of some parameters, kept because the next epoch's truth builds on it."""
    return World(parameters)


def truth(parameters: Parameters, epoch: int) -> EpochTruth:
    """What happened in an epoch, whether or not any clock has come to it."""
    if epoch < parameters.first_epoch:
        raise SimulatorMisused(f"the simulated chain has no epoch {epoch}: its first is {parameters.first_epoch}")
    world = world_of(parameters)
    economy, chain = world.economy(epoch), world.chain(epoch)
    blocks = [chain.first_slot + index for index in (chain.block_indices[0], chain.block_indices[-1])]
    return EpochTruth(
        chain_id=CHAIN_ID,
        epoch=epoch,
        first_slot=parameters.first_slot(epoch),
        last_slot=parameters.last_slot(epoch),
        first_block_slot=blocks[0],
        last_block_slot=blocks[1],
        started_at=_iso(parameters.slot_time(blocks[0])),
        ended_at=_iso(parameters.slot_time(blocks[1])),
        validators=[_validator(world, economy, validator.index) for validator in world.cast.operated],
        wallets=[row for validator in world.cast.operated for row in _wallets(world, economy, validator.index)],
    )


def _validator(world: World, economy: EpochEconomy, index: int) -> ValidatorTruth:
    chain, cast, rewards, tree = economy.chain, world.cast, economy.inflation, economy.tip_trees[index]
    led = chain.leader_indices(index)
    produced = [slot_index for slot_index in led if slot_index in chain.produced]
    fees = [chain.fees(slot_index) for slot_index in produced]
    own = [row for row in _wallets(world, economy, index) if row.role == "operator"]
    votes = len(chain.votes[index])
    return ValidatorTruth(
        vote=cast.validators[index].vote,
        identity=cast.identity(index, economy.epoch),
        name=cast.validators[index].name,
        leader_slots=len(led),
        blocks=len(produced),
        skipped=len(led) - len(produced),
        fees_lamports=sum(block.reward for block in fees),
        base_fees_lamports=sum(block.base for block in fees),
        priority_fees_lamports=sum(block.priority for block in fees),
        burned_lamports=sum(block.burned for block in fees),
        has_mev_client=cast.validators[index].has_mev_client,
        mev_commission_bps=cast.mev_commission_bps(index, economy.epoch),
        mev_total_lamports=tree.total if tree else 0,
        mev_validator_lamports=tree.validator if tree else 0,
        mev_protocol_lamports=tree.protocol if tree else 0,
        commission_bps=cast.commission_bps(index, economy.epoch),
        applied_commission_bps=cast.applied_commission_bps(index, economy.epoch),
        has_commission_row=rewards.is_paid[index],
        commission_lamports=rewards.commission[index],
        collector=cast.collector(index),
        collector_lamports=economy.commission_paid_to(cast.collector(index)) or 0,
        priority_fees_shared_lamports=economy.priority_fees_shared[index],
        own_active_stake_lamports=sum(row.active_stake_lamports for row in own),
        own_stake_rewards_lamports=sum(row.staker_rewards_lamports for row in own),
        staker_rewards_lamports=sum(rewards.staker_rewards[account] for account in world.book.accounts_of(index)),
        active_stake_lamports=economy.active_stake[index],
        votes=votes,
        vote_fees_lamports=votes * SIGNATURE_FEE,
        credits=chain.credits(index),
    )


def _wallets(world: World, economy: EpochEconomy, index: int) -> list[WalletTruth]:
    """The named wallets with stake accounts on a validator, active or not."""
    rows = []
    for number, wallet in enumerate(world.cast.wallets):
        accounts = [account for account in world.book.accounts_of(index) if world.book.owner[account] == number]
        active = [account for account in accounts if world.book.is_active(account, economy.epoch)]
        if accounts:
            rows.append(
                WalletTruth(
                    wallet=wallet.name,
                    owner=wallet.owner,
                    role=wallet.role,
                    address=wallet.address,
                    vote=world.cast.validators[index].vote,
                    stake_accounts=len(accounts),
                    active_stake_lamports=sum(economy.stake[account] for account in active),
                    staker_rewards_lamports=sum(economy.inflation.staker_rewards[account] for account in active),
                )
            )
    return rows


def cast_of(parameters: Parameters) -> Cast:
    """Validators, operator wallets and clients by name, without building the chain."""
    return Cast(parameters)


def validators_csv(parameters: Parameters) -> str:
    """The operated validators as `aurora validators import` takes them; a changed identity makes a second row."""
    cast = cast_of(parameters)
    rows: list[Sequence[object]] = []
    for validator in cast.operated:
        changed_in = cast.identity_changed_in(validator.index)
        spans = [(parameters.first_epoch, changed_in)] + ([] if changed_in is None else [(changed_in, None)])
        for start, end in spans:
            until = "" if end is None else _epoch_start(parameters, end)
            identity = cast.identity(validator.index, start)
            since = _epoch_start(parameters, start)
            rows.append((CHAIN_ID, validator.vote, identity, validator.name, "OPERATOR", "", since, until))
    header = "chain_id,validator_key,identity_key,name,ownership,operator_fee_bps,valid_from,valid_until"
    return _csv(header.split(","), rows)


def operator_wallets_csv(parameters: Parameters) -> str:
    """The operator's own wallets as the registry takes them."""
    since = _epoch_start(parameters, parameters.first_epoch)
    rows = [(CHAIN_ID, wallet.address, since, "", wallet.name) for wallet in cast_of(parameters).operator_wallets]
    return _csv(("chain_id", "wallet_address", "valid_from", "valid_until", "notes"), rows)


def costs_csv(parameters: Parameters, epochs: Iterable[int]) -> str:
    """What the operator itself knows of its costs: infrastructure, in whole SOL or, for one in four, in lamports.

    One validator's network is paid for once, in the first epoch, with more than its blocks earn in one.
    """
    rows: list[Sequence[object]] = []
    cast = cast_of(parameters)
    for epoch in epochs:
        for validator in cast.operated:
            amount, unit = _INFRASTRUCTURE_SOL[validator.index % len(_INFRASTRUCTURE_SOL)], "SOL"
            if validator.index % 4 == 3:
                amount, unit = str(LAMPORTS_PER_SOL + 1_000 * validator.index), "lamports"
            rows.append((CHAIN_ID, epoch, validator.vote, "INFRASTRUCTURE", amount, unit, "servers and bandwidth"))
        if epoch == parameters.first_epoch:
            paid = (_NETWORK_FEE_SOL, "SOL", "a quarter on a faster network")
            rows.append((CHAIN_ID, epoch, cast.networked.vote, "NETWORK_FEE", *paid))
    return _csv(("chain_id", "epoch", "validator_key", "cost_type", "amount", "unit", "notes"), rows)


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _epoch_start(parameters: Parameters, epoch: int) -> str:
    return _iso(parameters.slot_time(parameters.first_slot(epoch)))


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def main(arguments: list[str] | None = None) -> int:
    """Print the truth of one epoch as JSON."""
    parser = argparse.ArgumentParser(prog="python -m aurora_pipeline.demo.solana.truth", description=__doc__)
    parser.add_argument("--epoch", type=int, required=True)
    add_parameter_options(parser, Parameters())
    options = parser.parse_args(arguments)
    try:
        told = truth(Parameters(**given_parameters(options, Parameters())), options.epoch)
    except AuroraError as error:
        print(error, file=sys.stderr)  # noqa: T201 (a program of its own)
        return 2
    print(json.dumps(asdict(told), indent=2))  # noqa: T201 (a program of its own)
    return 0


if __name__ == "__main__":
    sys.exit(main())

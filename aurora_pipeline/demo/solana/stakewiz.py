"""The simulated Stakewiz API: a directory of validators as they are now, with its SOL floats."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aurora_pipeline.demo.solana.moment import Moment
from aurora_pipeline.demo.solana.node_accounts import vote_accounts
from aurora_pipeline.demo.solana.parameters import EPOCH_SECONDS
from aurora_pipeline.demo.solana.stake import LAMPORTS_PER_SOL


def validators(moment: Moment) -> list[dict[str, Any]]:
    """GET /validators: all of them, by stake."""
    groups = vote_accounts(moment, None, None)
    delinquent = {row["votePubkey"] for row in groups["delinquent"]}
    accounts = sorted(
        groups["current"] + groups["delinquent"], key=lambda row: (-row["activatedStake"], row["votePubkey"])
    )
    return [
        _validator(moment, rank, account, account["votePubkey"] in delinquent)
        for rank, account in enumerate(accounts, start=1)
    ]


def validator(moment: Moment, vote: str) -> dict[str, Any]:
    """GET /validator/{vote}: one of them, or an object with a message."""
    found = [row for row in validators(moment) if row["vote_identity"] == vote]
    return found[0] if found else {"message": "Validator not found"}


def _validator(moment: Moment, rank: int, account: dict[str, Any], is_delinquent: bool) -> dict[str, Any]:
    world, epoch = moment.world, moment.epoch
    one = world.cast.validators[world.cast.index_by_vote[account["votePubkey"]]]
    chain = world.chain(epoch)
    led = [index for index in chain.leader_indices(one.index) if index <= moment.head_index]
    skipped = sum(index not in chain.produced for index in led)
    newest = account["epochCredits"][-1] if account["epochCredits"] else [epoch, 0, 0]
    return {
        "rank": rank,
        "identity": account["nodePubkey"],
        "vote_identity": one.vote,
        "last_vote": account["lastVote"],
        "root_slot": account["rootSlot"],
        "credits": newest[1],
        "epoch_credits": newest[1] - newest[2] if newest[0] == epoch else 0,
        # Whole SOL as a JSON float: what Stakewiz sends.
        "activated_stake": account["activatedStake"] / LAMPORTS_PER_SOL,
        "version": "4.2.1",
        "delinquent": is_delinquent,
        "skip_rate": 100 * skipped / len(led) if led else 0,
        "updated_at": _iso(world.parameters.slot_time(moment.head_slot)),
        "first_epoch_with_stake": world.parameters.genesis_epoch - 200,
        "name": one.name,
        "keybase": None,
        "description": None,
        "website": None,
        "commission": account["commission"],
        "image": None,
        "is_jito": one.has_mev_client,
        "jito_commission_bps": world.cast.mev_commission_bps(one.index, epoch),
        "epoch": epoch,
        "epoch_slot_height": moment.head_index,
    }


def epoch_info(moment: Moment) -> dict[str, Any]:
    """GET /epoch_info: the running epoch."""
    parameters = moment.world.parameters
    start = parameters.slot_time(parameters.first_slot(moment.epoch))
    elapsed = parameters.slot_time(moment.head_slot) - start
    return {
        "epoch": moment.epoch,
        "duration_seconds": EPOCH_SECONDS,
        "epochs_per_year": 365 * 86_400 / EPOCH_SECONDS,
        "slot_height": moment.head_slot,
        "start_slot": parameters.first_slot(moment.epoch),
        "start_time": _iso(start),
        "remaining_seconds": max(0, EPOCH_SECONDS - elapsed),
        "elapsed_seconds": elapsed,
    }


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")

"""The simulated Trillium API: everything about all validators of an ended epoch, money as SOL floats."""

from __future__ import annotations

from typing import Any

from aurora_pipeline.demo.solana.chain import SIGNATURE_FEE
from aurora_pipeline.demo.solana.moment import Moment
from aurora_pipeline.demo.solana.stake import LAMPORTS_PER_SOL
from aurora_pipeline.foundation.money import total

# The block engine and the tip router each take 3 % of what came in before the block engine's share.
_ROUTER_SHARE = 0.03 / 0.97


def validator_rewards(moment: Moment, epoch: int | None) -> list[dict[str, Any]]:
    """GET /validator_rewards/{epoch}: all validators, the latest epoch if none is named; none before tips are known."""
    newest = moment.newest_tip_tree_epoch
    wanted = newest if epoch is None else epoch
    if not moment.world.parameters.first_epoch <= wanted <= newest:
        return []
    return [_validator(moment, wanted, one.index) for one in moment.world.cast.validators]


def epoch_data(moment: Moment) -> dict[str, Any]:
    """GET /epoch_data: the newest epoch it has."""
    return {"epoch": moment.newest_tip_tree_epoch, "_Trillium_Attribution": "simulated"}


def _validator(moment: Moment, epoch: int, index: int) -> dict[str, Any]:
    world = moment.world
    one, economy, cast = world.cast.validators[index], world.economy(epoch), world.cast
    chain, rewards, tree = economy.chain, economy.inflation, economy.tip_trees[index]
    led = chain.leader_indices(index)
    blocks = [chain.fees(slot_index) for slot_index in led if slot_index in chain.produced]
    votes, mev_bps = len(chain.votes[index]), cast.mev_commission_bps(index, epoch)
    tips = None if tree is None else tree.total / LAMPORTS_PER_SOL
    return {
        "epoch": epoch,
        "identity_pubkey": cast.identity(index, epoch),
        "vote_account_pubkey": one.vote,
        "name": one.name,
        "website": None,
        # Whole SOL: what is beyond the point is cut off.
        "activated_stake": economy.active_stake[index] // LAMPORTS_PER_SOL,
        "commission": cast.commission_bps(index, epoch) // 100,
        "mev_commission": mev_bps,
        "leader_slots": len(led),
        "blocks_produced": len(blocks),
        "skip_rate": 100 * (len(led) - len(blocks)) / len(led) if led else None,
        "votes_cast": votes,
        "rewards": total([block.reward for block in blocks]) / LAMPORTS_PER_SOL,
        "mev_earned": tips,
        # Not what the tip tree pays: the router's share is taken off first.
        "mev_to_validator": None if tips is None else round(tips * (1 - _ROUTER_SHARE) * (mev_bps or 0) / 10_000, 9),
        "validator_inflation_reward": rewards.commission[index] / LAMPORTS_PER_SOL,
        "vote_cost": votes * SIGNATURE_FEE / LAMPORTS_PER_SOL,
        "_Trillium_Attribution": "simulated",
    }

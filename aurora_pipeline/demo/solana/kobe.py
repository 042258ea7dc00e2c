"""The simulated Jito Kobe API: what tips each validator had, and who gets them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from aurora_pipeline.demo.solana.blocks import SYSTEM_PROGRAM
from aurora_pipeline.demo.solana.economy import TipTree
from aurora_pipeline.demo.solana.moment import Moment
from aurora_pipeline.foundation.money import total

MAX_LIMIT = 10_000
_DEFAULT_LIMIT = 100


class KobeError(Exception):
    """A request Kobe refuses with HTTP status 400."""


def validators(moment: Moment, body: Any) -> dict[str, Any]:
    """POST /validators: every validator in one epoch, the latest if none is named; unpublished tips read as 0."""
    epoch = body.get("epoch", moment.epoch) if isinstance(body, dict) else moment.epoch
    if type(epoch) is not int or epoch < 0:
        raise KobeError("Json deserialize error: epoch must be a u64")
    world = moment.world
    if not world.parameters.first_epoch <= epoch <= moment.epoch:
        return {"validators": []}
    economy, is_published = world.economy(epoch), epoch <= moment.newest_tip_tree_epoch
    rows = []
    for validator in world.cast.validators:
        tree = economy.tip_trees[validator.index] if is_published else None
        rows.append(
            {
                "identity_account": world.cast.identity(validator.index, epoch),
                "vote_account": validator.vote,
                "mev_commission_bps": world.cast.mev_commission_bps(validator.index, epoch),
                # Kobe fills missing amounts with 0, so 0 may mean that nothing is known.
                "mev_rewards": 0 if tree is None else tree.total,
                "priority_fee_commission_bps": world.cast.priority_fee_commission_bps(validator.index),
                "priority_fee_rewards": 0 if tree is None else economy.priority_fees_shared[validator.index],
                "running_jito": validator.has_mev_client,
                "running_bam": False,
                "active_stake": economy.active_stake[validator.index],
                "jito_directed_stake_target": False,
                "jito_directed_stake_lamports": 0,
            }
        )
    return {"validators": rows}


def validator_history(moment: Moment, vote: str) -> list[dict[str, Any]]:
    """GET /validators/{vote}: its published epochs, newest first; an epoch without a tree is absent."""
    validator = moment.world.cast.index_by_vote.get(vote)
    if validator is None:
        return []
    return [
        {
            "epoch": epoch,
            "mev_commission_bps": tree.commission_bps,
            "mev_rewards": tree.total,
            "priority_fee_commission_bps": moment.world.cast.priority_fee_commission_bps(validator),
            "priority_fee_rewards": moment.world.economy(epoch).priority_fees_shared[validator],
        }
        for epoch in _published_epochs(moment, "desc")
        if (tree := moment.world.economy(epoch).tip_trees[validator]) is not None
    ]


def validator_rewards(moment: Moment, query: Mapping[str, str]) -> dict[str, Any]:
    """GET /validator_rewards: one row per tip tree."""
    page = _Page(query)
    rows = list(_tree_rows(moment, query, page))
    return {"rewards": page.of(iter(rows)), "total_count": len(rows)}


def _tree_rows(moment: Moment, query: Mapping[str, str], page: _Page) -> Iterator[dict[str, Any]]:
    for epoch, validator, tree in _trees(moment, query, "vote_account", page.order):
        yield {
            "vote_account": moment.world.cast.validators[validator].vote,
            "mev_revenue": tree.total,
            "mev_commission": tree.commission_bps,
            "priority_fee_revenue": moment.world.economy(epoch).priority_fees_shared[validator],
            "priority_fee_commission": moment.world.cast.priority_fee_commission_bps(validator),
            "num_stakers": 2 + len(_active_accounts(moment, epoch, validator)),
            "epoch": epoch,
            "claim_status_account": moment.world.parameters.key("claim", epoch, validator),
        }


def staker_rewards(moment: Moment, query: Mapping[str, str]) -> dict[str, Any]:
    """GET /staker_rewards: the nodes of tip trees: the validator's own, the TipRouter's, the stakers'."""
    page = _Page(query)
    rows = page.of(_node_rows(moment, query, page.order))
    count = 0
    if all(query.get(name) for name in ("stake_authority", "validator_vote_account", "epoch")):
        count = sum(1 for _ in _node_rows(moment, query, page.order))
    return {"rewards": rows, "total_count": count}


def _node_rows(moment: Moment, query: Mapping[str, str], order: str) -> Iterator[dict[str, Any]]:
    world, authority = moment.world, query.get("stake_authority")
    for epoch, validator, tree in _trees(moment, query, "validator_vote_account", order):
        vote = world.cast.validators[validator].vote
        nodes = [(vote, tree.validator), (world.parameters.key("tip router", epoch, validator), tree.protocol)]
        for claimant, amount in nodes if authority in (None, SYSTEM_PROGRAM) else ():
            yield _node(moment, epoch, vote, claimant, (SYSTEM_PROGRAM, SYSTEM_PROGRAM), amount)
        stake = world.economy(epoch).stake
        for account in _active_accounts(moment, epoch, validator):
            staker = world.book.staker(account)
            if authority in (None, staker):
                authorities = (staker, world.book.withdrawer(account))
                yield _node(moment, epoch, vote, world.book.key(account), authorities, tree.staker(stake[account]))


def _node(
    moment: Moment, epoch: int, vote: str, claimant: str, authorities: tuple[str, str], amount: int
) -> dict[str, Any]:
    return {
        "claimant": claimant,
        "stake_authority": authorities[0],
        "withdraw_authority": authorities[1],
        "validator_vote_account": vote,
        "epoch": epoch,
        "amount": amount,
        "claim_status_account": moment.world.parameters.key("claim", epoch, claimant),
        "priority_fee_amount": None,
        "priority_fee_claim_status_account": None,
    }


def mev_rewards(moment: Moment, body: Any) -> dict[str, Any]:
    """POST /mev_rewards: tips of the whole network in one epoch."""
    epoch = body.get("epoch", moment.epoch) if isinstance(body, dict) else moment.epoch
    if type(epoch) is not int or epoch < 0:
        raise KobeError("Json deserialize error: epoch must be a u64")
    trees: list[TipTree] = []
    if moment.world.parameters.first_epoch <= epoch <= moment.newest_tip_tree_epoch:
        trees = [tree for tree in moment.world.economy(epoch).tip_trees if tree is not None]
    tips, stake = total([tree.total for tree in trees]), total([tree.active_stake for tree in trees])
    return {
        "epoch": epoch,
        "total_network_mev_lamports": tips,
        "jito_stake_weight_lamports": stake,
        # A float in the real answer too; a rate, not an amount.
        "mev_reward_per_lamport": tips / stake if stake else 0.0,
    }


def _published_epochs(moment: Moment, order: str) -> list[int]:
    epochs = range(moment.world.parameters.first_epoch, moment.newest_tip_tree_epoch + 1)
    return list(epochs) if order == "asc" else list(reversed(epochs))


def _trees(moment: Moment, query: Mapping[str, str], vote_name: str, order: str) -> Iterator[tuple[int, int, TipTree]]:
    wanted_epoch, wanted_vote = _integer(query, "epoch", None), query.get(vote_name)
    for epoch in _published_epochs(moment, order):
        if wanted_epoch in (None, epoch):
            for validator, tree in enumerate(moment.world.economy(epoch).tip_trees):
                if tree is not None and wanted_vote in (None, moment.world.cast.validators[validator].vote):
                    yield epoch, validator, tree


def _active_accounts(moment: Moment, epoch: int, validator: int) -> list[int]:
    book = moment.world.book
    return [account for account in book.accounts_of(validator) if book.is_active(account, epoch)]


def _integer(query: Mapping[str, str], name: str, default: int | None) -> int | None:
    text = query.get(name)
    if text is None:
        return default
    if not text.isdecimal():
        raise KobeError(f"Failed to deserialize query string: {name} must be a u64")
    return int(text)


class _Page:
    """The page of a listing that a query asks for."""

    def __init__(self, query: Mapping[str, str]) -> None:
        self.number = max(1, _integer(query, "page", 1) or 1)
        limit = _integer(query, "limit", _DEFAULT_LIMIT)
        self.limit = _DEFAULT_LIMIT if limit is None else limit
        if self.limit > MAX_LIMIT:
            raise KobeError(f"Limit exceeds maximum allowed value of {MAX_LIMIT}")
        self.order = query.get("sort_order", "desc").lower()
        if self.order not in ("asc", "desc"):
            raise KobeError("Failed to deserialize query string: sort_order must be asc or desc")

    def of(self, rows: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
        return list(islice(rows, (self.number - 1) * self.limit, self.number * self.limit))

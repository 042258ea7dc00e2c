"""The simulated Solana Beach API: histories by node or by vote key in pages, and stake accounts as they are now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aurora_pipeline.demo.solana.moment import Moment
from aurora_pipeline.demo.solana.node_accounts import stake_accounts, vote_accounts
from aurora_pipeline.foundation.money import total

LIMIT_MAX = 1_000
_DEFAULT_LIMIT = 10
_VOTER_OFFSET = 124
CREDITS = {"Solana-Beach-Standard-Credits-Remaining": "99", "Solana-Beach-On-Demand-Credits-Remaining": "599"}
Row = dict[str, Any]


class BeachError(Exception):
    """A request Solana Beach refuses with HTTP status 404."""


def history(moment: Moment, key: str, endpoint: str, query: Mapping[str, str]) -> Row:
    """GET /validator/{key}/{endpoint}: ended epochs, the newest first, or the stake accounts of the running one."""
    if endpoint not in _ENDPOINTS:
        raise BeachError("Not found")
    name, rows = _ENDPOINTS[endpoint]
    listed = rows(moment, key)
    offset, limit = _number(query, "offset", 0), min(_number(query, "limit", _DEFAULT_LIMIT), LIMIT_MAX)
    page = {"total": len(listed), "offset": offset, "limit": limit}
    return {name: listed[offset : offset + limit], "pagination": page}


def epoch_info(moment: Moment) -> Row:
    """GET /epoch-info: the running epoch."""
    parameters = moment.world.parameters
    return {
        "absoluteSlot": moment.head_slot,
        "blockHeight": moment.block_height,
        "epoch": moment.epoch,
        "slotIndex": moment.head_index,
        "slotsInEpoch": parameters.slots_per_epoch,
        "transactionCount": None,
        "epochStartTime": parameters.slot_time(parameters.first_slot(moment.epoch)),
        "slotTime": 400,
    }


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else default


def _ended(moment: Moment) -> range:
    return range(moment.epoch - 1, moment.world.parameters.first_epoch - 1, -1)


def _slots(moment: Moment, node: str) -> list[tuple[int, list[int], list[int]]]:
    """Per ended epoch what a node led and produced; an identity is only known while a validator has it."""
    world, found = moment.world, []
    for epoch in _ended(moment):
        holders = [one.index for one in world.cast.validators if world.cast.identity(one.index, epoch) == node]
        if holders:
            chain = world.chain(epoch)
            led = [index for holder in holders for index in chain.leader_indices(holder)]
            found.append((epoch, led, [index for index in led if index in chain.produced]))
    return found


def _block_rewards(moment: Moment, node: str) -> list[Row]:
    return [
        {
            "epoch": epoch,
            "blocks": len(produced),
            "fees": total([moment.world.chain(epoch).fees(index).reward for index in produced]),
        }
        for epoch, _, produced in _slots(moment, node)
    ]


def _success_rates(moment: Moment, node: str) -> list[Row]:
    return [
        {
            "epoch": epoch,
            "slots": len(led),
            "blocks": len(produced),
            "successRate": len(produced) / len(led) if led else 0,
        }
        for epoch, led, produced in _slots(moment, node)
    ]


def _stakes(moment: Moment, vote: str) -> list[Row]:
    index = moment.world.cast.index_by_vote.get(vote)
    if index is None:
        raise BeachError("Validator not found")
    groups = vote_accounts(moment, vote, None)
    now = [row["activatedStake"] for row in groups["current"] + groups["delinquent"]]
    running = [{"epoch": moment.epoch, "activatedStake": stake} for stake in now]
    return running + [
        {"epoch": epoch, "activatedStake": moment.world.economy(epoch).active_stake[index]} for epoch in _ended(moment)
    ]


def _stake_accounts(moment: Moment, vote: str) -> list[Row]:
    rows = []
    for row in stake_accounts(moment, {_VOTER_OFFSET: vote}):
        info = row["account"]["data"]["parsed"]["info"]
        delegation = info["stake"]["delegation"]
        rows.append(
            {
                "stakePubkey": row["pubkey"],
                "stakeAuthority": info["meta"]["authorized"]["staker"],
                "withdrawAuthority": info["meta"]["authorized"]["withdrawer"],
                "state": "delegated",
                "stake": int(delegation["stake"]),
                "activationEpoch": int(delegation["activationEpoch"]),
                "deactivationEpoch": int(delegation["deactivationEpoch"]),
                "lastUpdate": moment.head_slot,
            }
        )
    return rows


_ENDPOINTS: dict[str, tuple[str, Callable[[Moment, str], list[Row]]]] = {
    "block-rewards-history": ("history", _block_rewards),
    "success-rate-history": ("history", _success_rates),
    "stake-history": ("history", _stakes),
    "stake-accounts": ("stakeAccounts", _stake_accounts),
}

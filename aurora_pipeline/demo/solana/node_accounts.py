"""Vote and stake accounts as a node shows them: only as they are now, never as they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aurora_pipeline.demo.solana.blocks import SYSTEM_PROGRAM, VOTE_PROGRAM
from aurora_pipeline.demo.solana.moment import Moment
from aurora_pipeline.demo.solana.stake import NEVER, STAKE_RENT

STAKE_PROGRAM = "Stake11111111111111111111111111111111111111"
STAKE_HISTORY = "SysvarStakeHistory1111111111111111111111111"
_SYSVAR_OWNER = "Sysvar1111111111111111111111111111111111111"
_STAKE_HISTORY_EPOCHS = 512
_STAKE_HISTORY_BYTES = 16_392
_VOTE_ACCOUNT_BYTES = 3_762
_EPOCHS_OF_CREDITS = 5
_EPOCHS_OF_CREDITS_IN_ACCOUNT = 64
_ROOT_DISTANCE = 31


def vote_accounts(moment: Moment, wanted: str | None, distance: int | None) -> dict[str, Any]:
    """getVoteAccounts: the current ones, and those that have not voted for a while."""
    slots = moment.world.parameters.slots_per_epoch
    distance = min(128, slots // 8) if distance is None else distance
    found: dict[str, list[dict[str, Any]]] = {"current": [], "delinquent": []}
    for validator in moment.world.cast.validators:
        if wanted in (None, validator.vote):
            row = _vote_account(moment, validator.index)
            found["delinquent" if moment.head_slot - row["lastVote"] > distance else "current"].append(row)
    return found


def _vote_account(moment: Moment, validator: int) -> dict[str, Any]:
    world, epoch = moment.world, moment.epoch
    rate = world.cast.commission_bps(validator, epoch)
    last_vote = _last_vote(moment, validator)
    return {
        "votePubkey": world.cast.validators[validator].vote,
        "nodePubkey": world.cast.identity(validator, epoch),
        "activatedStake": world.economy(epoch).active_stake[validator],
        "epochVoteAccount": True,
        "commission": min(rate // 100, 255),
        "inflationRewardsCommissionBps": rate,
        "lastVote": last_vote,
        "rootSlot": max(0, last_vote - _ROOT_DISTANCE),
        "epochCredits": _epoch_credits(moment, validator)[-_EPOCHS_OF_CREDITS:],
    }


def _last_vote(moment: Moment, validator: int) -> int:
    for epoch in (moment.epoch, moment.epoch - 1):
        if epoch >= moment.world.parameters.genesis_epoch:
            chain = moment.world.chain(epoch)
            index = chain.votes[validator].last_until(moment.index_limit(epoch))
            if index is not None:
                return chain.first_slot + index
    return 0


def _epoch_credits(moment: Moment, validator: int) -> list[list[int]]:
    rows, sum_before = [], credits_before(moment, validator, moment.world.parameters.genesis_epoch)
    for epoch in range(moment.world.parameters.genesis_epoch, moment.epoch + 1):
        earned = moment.world.chain(epoch).credits(validator, moment.index_limit(epoch))
        if earned:
            rows.append([epoch, sum_before + earned, sum_before])
        sum_before += earned
    return rows


def credits_before(moment: Moment, validator: int, epoch: int) -> int:
    """All vote credits a validator had earned when an epoch began."""
    parameters = moment.world.parameters
    earned = sum(moment.world.chain(past).credits(validator) for past in range(parameters.genesis_epoch, epoch))
    return parameters.first_epoch * 1_000 + parameters.draw(10**6, "credits", validator) + earned


def stake_accounts(moment: Moment, authorities: dict[int, str]) -> list[dict[str, Any]]:
    """getProgramAccounts of the stake program; authorities are wanted keys by their offset in the account."""
    world, book = moment.world, moment.world.book
    accounts: Iterable[int] = range(len(book))
    if 124 in authorities:
        voter = world.cast.index_by_vote.get(authorities[124])
        accounts = () if voter is None else book.accounts_of(voter)
    observed = {
        validator.index: credits_before(moment, validator.index, moment.epoch) if accounts else 0
        for validator in world.cast.validators
    }
    rows = []
    for account in accounts:
        if 44 in authorities and book.withdrawer(account) != authorities[44]:
            continue
        if 12 in authorities and book.staker(account) != authorities[12]:
            continue
        row = _stake_account(moment, account, observed)
        if row is not None:
            rows.append(row)
    return rows


def _stake_account(moment: Moment, account: int, credits_observed: Mapping[int, int]) -> dict[str, Any] | None:
    """One stake account, or None if it does not exist yet."""
    book, economy = moment.world.book, moment.world.economy(moment.epoch)
    voter = book.voter_of(account)
    if book.withdrawn_in(account) <= moment.epoch:
        return None
    meta = {
        "rentExemptReserve": str(STAKE_RENT),
        "authorized": {"staker": book.staker(account), "withdrawer": book.withdrawer(account)},
        "lockup": {"unixTimestamp": 0, "epoch": 0, "custodian": SYSTEM_PROGRAM},
    }
    if voter is None:
        return _program_account(book.key(account), STAKE_RENT + 1_000_000, "initialized", {"meta": meta, "stake": None})
    activated_in, deactivated_in = book.activated_in[account], book.deactivated_in[account]
    if not _has_happened(moment, account, activated_in):
        return None
    stake = {
        "creditsObserved": credits_observed[voter],
        "delegation": {
            "voter": moment.world.cast.validators[voter].vote,
            "stake": str(economy.stake[account]),
            "activationEpoch": str(activated_in),
            "deactivationEpoch": str(deactivated_in if _has_happened(moment, account, deactivated_in) else NEVER),
        },
    }
    lamports = economy.lamports(account)
    if moment.newest_tip_tree_epoch == moment.epoch - 1 >= moment.world.parameters.genesis_epoch:
        lamports += moment.world.economy(moment.epoch - 1).staker_tips(account)
    return _program_account(book.key(account), lamports, "delegated", {"meta": meta, "stake": stake})


def account_info(moment: Moment, address: str) -> dict[str, Any] | None:
    """getAccountInfo, parsed: the stake history, a vote or stake account, or None for what this chain does not show."""
    if address == STAKE_HISTORY:
        return _stake_history(moment)
    validator = moment.world.cast.index_by_vote.get(address)
    if validator is not None:
        return _vote_state(moment, validator)
    account = moment.world.book.account_with_key(address)
    if account is None:
        return None
    voter = moment.world.book.voter_of(account)
    observed = {} if voter is None else {voter: credits_before(moment, voter, moment.epoch)}
    shown = _stake_account(moment, account, observed)
    return None if shown is None else shown["account"]


def _stake_history(moment: Moment) -> dict[str, Any]:
    """The cluster's stake in past epochs, newest first; the running epoch is not among them."""
    world = moment.world
    newest = range(moment.epoch - 1, world.parameters.genesis_epoch - 1, -1)[:_STAKE_HISTORY_EPOCHS]
    info = [{"epoch": epoch, "stakeHistory": world.economy(epoch).stake_history} for epoch in newest]
    return _account("sysvar", "stakeHistory", info, _SYSVAR_OWNER, 114_979_200, _STAKE_HISTORY_BYTES)


def _vote_state(moment: Moment, validator: int) -> dict[str, Any]:
    cast, epoch = moment.world.cast, moment.epoch
    rate, identity = cast.commission_bps(validator, epoch), cast.identity(validator, epoch)
    last_vote = _last_vote(moment, validator)
    info = {
        "nodePubkey": identity,
        "authorizedWithdrawer": moment.world.parameters.key("vote withdrawer", validator),
        "commission": min(rate // 100, 255),
        "inflationRewardsCommissionBps": rate,
        "inflationRewardsCollector": cast.collector(validator),
        "blockRevenueCollector": identity,
        "blockRevenueCommissionBps": 10_000,
        "pendingDelegatorRewards": "0",
        "blsPubkeyCompressed": None,
        "votes": [{"latency": 1, "slot": last_vote, "confirmationCount": 1}],
        "rootSlot": max(0, last_vote - _ROOT_DISTANCE),
        "authorizedVoters": [{"epoch": epoch, "authorizedVoter": identity}],
        "priorVoters": [],
        "epochCredits": [
            {"epoch": row[0], "credits": str(row[1]), "previousCredits": str(row[2])}
            for row in _epoch_credits(moment, validator)[-_EPOCHS_OF_CREDITS_IN_ACCOUNT:]
        ],
        "lastTimestamp": {"slot": last_vote, "timestamp": moment.world.parameters.slot_time(last_vote)},
    }
    held = moment.world.purses.collected(cast.validators[validator].vote, epoch - 1)
    return _account("vote", "vote", info, VOTE_PROGRAM, held, _VOTE_ACCOUNT_BYTES)


def _account(program: str, kind: str, info: Any, owner: str, lamports: int, size: int) -> dict[str, Any]:
    return {
        "lamports": lamports,
        "owner": owner,
        "data": {"program": program, "parsed": {"type": kind, "info": info}, "space": size},
        "executable": False,
        "rentEpoch": NEVER,
        "space": size,
    }


def _has_happened(moment: Moment, account: int, epoch: int) -> bool:
    """Whether the owner's step of some epoch is visible: the epoch is past, or its slot in the running epoch is."""
    if epoch != moment.epoch:
        return epoch < moment.epoch
    return moment.world.book.changed_at_slot(account, epoch) <= moment.head_slot


def _program_account(key: str, lamports: int, kind: str, info: dict[str, Any]) -> dict[str, Any]:
    return {"pubkey": key, "account": _account("stake", kind, info, STAKE_PROGRAM, lamports, 200)}

"""Answers that hold parsed accounts: vote accounts and where their commission goes, stake, its history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from aurora_pipeline.asking.reading import U64_MAX, Node, UnreadableAnswer, reader, while_reading
from aurora_pipeline.foundation.units import Bps, EpochNumber, Lamports
from aurora_pipeline.sources.json_rpc import asked_params, rpc_result
from aurora_pipeline.sources.solana.amounts import NOTHING, STAKED_MAX, staked
from aurora_pipeline.sources.solana.answers.commissions import CommissionSource, commission_of
from aurora_pipeline.store.payloads.answers import Answer

STAKE_PROGRAM: Final = "Stake11111111111111111111111111111111111111"
STAKE_HISTORY: Final = "SysvarStakeHistory1111111111111111111111111"
_U64_DIGITS: Final = len(str(U64_MAX))


@dataclass(frozen=True)
class VoteState:
    """A vote account's own data. Accounts from before SIMD-0185 name no collectors: then the defaults hold."""

    vote_key: str
    identity_key: str
    commission_bps: Bps
    commission_source: CommissionSource
    collector_key: str
    """Where its inflation commission goes; the vote account itself by default."""
    block_revenue_bps: Bps | None
    """The share of block revenue it keeps (SIMD-0123); None where the account does not say."""
    credits: Mapping[int, int]
    """Vote credits by epoch, the newest ones; an epoch without any has no entry."""
    credits_before: int
    """What it had earned before the oldest of them; 0 where none is left out or forgotten."""
    last_vote: int | None
    """The newest slot it has voted for, -1 if it never did; None where the account does not say."""

    def credits_in(self, epoch: EpochNumber, first_slot: int) -> int | None:
        """Vote credits earned in an epoch that begins with `first_slot`; None where the account does not tell.

        Entries follow one another without a gap in their sums, so one that is left out between two shows. One that
        is left out at the end shows where the account has voted since.
        """
        if epoch in self.credits:
            return self.credits[epoch]
        if self.credits and epoch < min(self.credits):
            return None if self.credits_before else 0
        if self.credits and epoch < max(self.credits):
            return 0
        return None if self.last_vote is None or self.last_vote >= first_slot else 0


@dataclass(frozen=True)
class ClusterStake:
    """The whole cluster's stake in one epoch."""

    effective: Lamports
    activating: Lamports
    deactivating: Lamports


class StakeAccount(NamedTuple):
    """A stake account as it is now. `deactivation_epoch` is None while it is not deactivating.

    An account that is not delegated has neither voter nor stake (0) nor epochs.
    """

    stake_key: str
    staker_key: str
    withdrawer_key: str
    voter_key: str | None
    stake: Lamports
    activation_epoch: int | None
    deactivation_epoch: int | None


StakeHistory = Mapping[int, ClusterStake]
NO_HISTORY: Final[StakeHistory] = MappingProxyType({})


@reader
def read_vote_states(answer: Answer, provider: str) -> dict[str, VoteState | None]:
    """getMultipleAccounts: the vote account at each address that was asked about.

    None where the node has none there, or shows it unparsed because it does not know its layout.
    """
    return {address: _vote_state(address, row) for address, row in _accounts(answer, provider)}


@reader
def read_stake_history(answer: Answer, provider: str) -> StakeHistory:
    """getMultipleAccounts of the stake history: the cluster's stake by epoch; the running one is not there."""
    for address, row in _accounts(answer, provider):
        if address != STAKE_HISTORY:
            continue
        info = None if row.value is None else _info(row, "stakeHistory")
        if info is None:
            row.refuse("the stake history is not parsed (was jsonParsed asked for?)")
        return {entry["epoch"].whole(): _cluster_stake(entry["stakeHistory"]) for entry in info.items()}
    raise UnreadableAnswer(provider, answer.request_key, "the stake history was not asked for")


def _accounts(answer: Answer, provider: str) -> list[tuple[str, Node]]:
    result = rpc_result(answer, provider)
    params = asked_params(answer)
    addresses = params[0] if params and isinstance(params[0], list) else []
    rows = result["value"].items()
    if len(rows) != len(addresses):
        result.refuse(f"{len(rows)} accounts for {len(addresses)} addresses")
    return list(zip(addresses, rows, strict=True))


def _info(row: Node, kind: str) -> Node | None:
    data = row["data"]
    if not isinstance(data.value, dict):
        return None
    parsed = data["parsed"]
    if parsed["type"].text() != kind:
        parsed["type"].refuse(f"expected {kind}, got {parsed['type'].value!r}")
    return parsed["info"]


def _vote_state(address: str, row: Node) -> VoteState | None:
    info = None if row.value is None else _info(row, "vote")
    if info is None:
        return None
    commission = commission_of(info, "inflationRewardsCommissionBps", "commission")
    if commission is None:
        info.refuse("it has neither commission nor inflationRewardsCommissionBps")
    earned, before = _credits(info["epochCredits"])
    collector, kept = info.get("inflationRewardsCollector"), info.get("blockRevenueCommissionBps")
    return VoteState(
        vote_key=address,
        identity_key=info["nodePubkey"].text(),
        commission_bps=commission[0],
        commission_source=commission[1],
        collector_key=address if collector is None else collector.text(),
        block_revenue_bps=None if kept is None else Bps(kept.whole(0, 2**16 - 1)),
        credits=earned,
        credits_before=before,
        last_vote=_last_vote(info),
    )


def _credits(entries: Node) -> tuple[dict[int, int], int]:
    """Credits by epoch, and those before; each entry begins with the sum at which the one before it ended."""
    earned: dict[int, int] = {}
    newest, first, sum_before = -1, 0, None
    for entry in entries.items():
        epoch, before, after = (
            entry["epoch"].whole(),
            entry["previousCredits"].whole_text(),
            entry["credits"].whole_text(),
        )
        if after < before:
            entry.refuse(f"credits fall from {before} to {after}")
        if epoch <= newest:
            entry.refuse(f"epoch {epoch} follows epoch {newest}")
        if sum_before not in (None, before):
            entry.refuse(
                f"it begins with {before} credits, the entry before it ends with {sum_before}: one is left out"
            )
        first = before if sum_before is None else first
        newest, sum_before = epoch, after
        earned[epoch] = after - before
    return earned, first


def _last_vote(info: Node) -> int | None:
    """The newest slot of its votes, or the one it has rooted."""
    root, votes = info.get("rootSlot"), info.get("votes")
    if votes is None:
        return None
    slots = [] if root is None else [root.whole()]
    return max([*slots, *(vote["slot"].whole() for vote in votes.items())], default=-1)


def _cluster_stake(node: Node) -> ClusterStake:
    return ClusterStake(staked(node["effective"]), staked(node["activating"]), staked(node["deactivating"]))


@reader
def read_stake_accounts(answer: Answer, provider: str) -> tuple[StakeAccount, ...]:
    """getProgramAccounts of the stake program, parsed; sorted by key, so that the node's order does not matter."""
    result = rpc_result(answer, provider)
    if not isinstance(result.value, list):
        result.refuse("expected a list of accounts")
    accounts = []
    with while_reading(len(answer.body)):
        for number, row in enumerate(result.value):
            # A validator can have a hundred thousand: what is as expected is taken at once, the rest step by step.
            account = _plain_stake_account(row) or _stake_account(result.item(number))
            if account is not None:
                accounts.append(account)
    if len({account.stake_key for account in accounts}) != len(accounts):
        result.refuse("a stake account is listed twice")
    return tuple(sorted(accounts, key=lambda account: account.stake_key))


def _plain_stake_account(row: Any) -> StakeAccount | None:
    """A delegated account in which everything is as it has to be; None says nothing about what is wrong, if anything.

    Accepts nothing that `_stake_account` would refuse, and reads it to the same values.
    """
    try:
        parsed, stake_key = row["account"]["data"]["parsed"], row["pubkey"]
        if parsed["type"] != "delegated":
            return None
        authorized, delegation = parsed["info"]["meta"]["authorized"], parsed["info"]["stake"]["delegation"]
        staker, withdrawer, voter = authorized["staker"], authorized["withdrawer"], delegation["voter"]
        numbers = delegation["stake"], delegation["activationEpoch"], delegation["deactivationEpoch"]
    except (KeyError, TypeError, IndexError):
        return None
    for text in (stake_key, staker, withdrawer, voter, *numbers):
        if type(text) is not str or not text.isprintable() or not text:
            return None
    for text in numbers:
        if not (text.isascii() and text.isdigit() and len(text) <= _U64_DIGITS):
            return None
    stake, activated_in, deactivated_in = map(int, numbers)
    if stake > STAKED_MAX or max(activated_in, deactivated_in) > U64_MAX:
        return None
    return StakeAccount(
        stake_key,
        staker,
        withdrawer,
        voter,
        Lamports(stake),
        activated_in,
        None if deactivated_in == U64_MAX else deactivated_in,
    )


@reader
def read_stake_states(answer: Answer, provider: str) -> dict[str, StakeAccount | None]:
    """getMultipleAccounts: the stake account at each address that was asked about; None where there is none now."""
    return {address: _stake_state(address, row) for address, row in _accounts(answer, provider)}


def _stake_state(address: str, row: Node) -> StakeAccount | None:
    if row.value is None or row["owner"].text() != STAKE_PROGRAM:
        return None
    return _parsed_stake_account(address, row["data"])


def _stake_account(row: Node) -> StakeAccount | None:
    return _parsed_stake_account(row["pubkey"].text(), row["account"]["data"])


def _parsed_stake_account(stake_key: str, data: Node) -> StakeAccount | None:
    if not isinstance(data.value, dict):
        data.refuse("the account is not parsed (was jsonParsed asked for?)")
    kind = data["parsed"]["type"].text()
    if kind in ("uninitialized", "rewardsPool"):
        return None
    if kind not in ("delegated", "initialized"):
        data["parsed"]["type"].refuse(f"unknown type of stake account {kind!r}")
    info = data["parsed"]["info"]
    authorized = info["meta"]["authorized"]
    stake = info.get("stake")
    if (stake is None) != (kind == "initialized"):
        info.refuse(f"a {kind} account {'without' if stake is None else 'with'} a delegation")
    delegation = None if stake is None else stake["delegation"]
    deactivation_epoch = None if delegation is None else delegation["deactivationEpoch"].whole_text()
    return StakeAccount(
        stake_key=stake_key,
        staker_key=authorized["staker"].text(),
        withdrawer_key=authorized["withdrawer"].text(),
        voter_key=None if delegation is None else delegation["voter"].text(),
        stake=NOTHING if delegation is None else staked(delegation["stake"]),
        # Delegations of the genesis block carry the same "never" as activation epoch: they were always active.
        activation_epoch=None if delegation is None else delegation["activationEpoch"].whole_text(),
        deactivation_epoch=None if deactivation_epoch == U64_MAX else deactivation_epoch,
    )

"""Reading what a Solana node answers: pure functions from stored bytes to exact, typed values.

Every reader takes the stored answer and the provider's name (for messages) and raises UnreadableAnswer when the
answer is not what was asked; an answer that is a JSON-RPC error is one of those (`rpc_error` tells which).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final

from aurora_pipeline.asking.reading import U64_MAX, Node, UnreadableAnswer, parsed, reader
from aurora_pipeline.foundation.money import BPS_WHOLE, mul_div
from aurora_pipeline.foundation.printable import printable
from aurora_pipeline.sources.solana.amounts import PAID_MAX, paid, staked
from aurora_pipeline.store.payloads import Answer

FEE: Final = "Fee"
VOTING: Final = "Voting"
STAKING: Final = "Staking"
ADMISSION: Final = "VATDebit"
REWARD_TYPES: Final = frozenset((FEE, VOTING, STAKING, ADMISSION, "Rent", "DeactivatedStake"))
"""Every type a node is known to write; a row of another one could be any of them, spelled anew."""
ERROR_LENGTH_MAX: Final = 200
"""So much of a node's error message is repeated."""
SIGNATURE_FEE: Final = 5_000
VOTE_PROGRAM: Final = "Vote111111111111111111111111111111111111111"
_VOTE_SYSVARS: Final = frozenset(
    ("SysvarC1ock11111111111111111111111111111111", "SysvarS1otHashes111111111111111111111111111")
)
_VOTE_SIGNERS_MAX: Final = 2
_I64_MAX: Final = 2**63 - 1
_SLOT_MAX: Final = 2**63 - 1
# 9999-12-31; a block time beyond is garbage, and no datetime.
_UNIX_SECONDS_MAX: Final = 253_402_300_799
_PERCENT_BPS: Final = 100


class CommissionSource(StrEnum):
    """In which unit a node told a commission: newer ones tell basis points, older ones whole percents."""

    BPS = "BPS"
    PERCENT = "PERCENT"


@dataclass(frozen=True)
class RpcError:
    """A JSON-RPC error: its code decides what to do, its message is for people."""

    code: int
    message: str


@dataclass(frozen=True)
class EpochInfo:
    """Where the chain's finalized head stands."""

    epoch: int
    absolute_slot: int
    slot_index: int
    slots_in_epoch: int

    @property
    def first_slot(self) -> int:
        """The first slot of the running epoch."""
        return self.absolute_slot - self.slot_index

    @property
    def last_slot(self) -> int:
        """The last slot of the running epoch."""
        return self.first_slot + self.slots_in_epoch - 1


@dataclass(frozen=True)
class EpochSchedule:
    """How slots map to epochs."""

    slots_per_epoch: int
    first_normal_epoch: int
    first_normal_slot: int


@dataclass(frozen=True)
class Reward:
    """One row of a block's rewards; `lamports` is negative for debits."""

    recipient: str
    lamports: int
    reward_type: str
    commission_bps: int | None


@dataclass(frozen=True)
class Block:
    """A block's place, rewards and what they are of. The node does not repeat the slot: it is the one asked for."""

    slot: int
    parent_slot: int
    rewards: tuple[Reward, ...]
    base_fees: int | None
    """What its transactions paid for signatures; None where they were not asked for."""
    transactions: int | None
    """How many it has; None where they were not asked for, nor their signatures."""

    @property
    def fees(self) -> int:
        """The sum of the Fee rewards, whoever received them."""
        return sum(reward.lamports for reward in self.rewards if reward.reward_type == FEE)

    @property
    def tells_fees(self) -> bool:
        """Whether `fees` is a figure: it has a Fee row, or no transaction that could have paid any."""
        return self.transactions == 0 or any(reward.reward_type == FEE for reward in self.rewards)


@dataclass(frozen=True)
class BlockVotes:
    """The votes of one block: fee payer and vote account, and the fee of each."""

    slot: int
    parent_slot: int
    fees: Sequence[tuple[tuple[str, str], int]]
    transactions: int
    """How many it has, votes and others."""
    paid_out: int | None
    """The sum of its Fee rows, which its transactions paid; None where they were not asked for."""


@dataclass(frozen=True)
class InflationReward:
    """What an address received for an epoch. Commission is that of the row and null since SIMD-0232."""

    address: str
    epoch: int
    effective_slot: int
    lamports: int
    commission_bps: int | None


@dataclass(frozen=True)
class VoteAccount:
    """A vote account as the node sees it now."""

    vote_key: str
    identity_key: str
    active_stake: int
    commission_bps: int
    commission_source: CommissionSource
    delinquent: bool


def rpc_error(answer: Answer, provider: str) -> RpcError | None:
    """The JSON-RPC error in an answer, or None when it holds a result; anything else is unreadable."""
    root = parsed(answer, provider)
    if not isinstance(root.value, dict):
        root.refuse("expected a JSON-RPC answer")
    error = root.get("error")
    if error is None:
        root["result"]
        return None
    message = error.get("message")
    return RpcError(
        error["code"].whole(-(2**31), 2**31),
        printable(str(message.value)[:ERROR_LENGTH_MAX]) if message else "no message",
    )


def rpc_result(answer: Answer, provider: str) -> Node:
    """What an answer holds. Raises UnreadableAnswer where it is an error."""
    root = parsed(answer, provider)
    error = rpc_error(answer, provider) if root.get("error") is not None else None
    if error is not None:
        problem = f"the node reports error {error.code}: {error.message[:ERROR_LENGTH_MAX]}"
        raise UnreadableAnswer(provider, answer.request_key, problem)
    if answer.status != 200:
        root.refuse(f"HTTP {answer.status} instead of 200")
    return root["result"]


def asked_method(answer: Answer) -> str:
    """The JSON-RPC method an answer belongs to."""
    return str(_asked(answer).get("method", ""))


def asked_params(answer: Answer) -> list[Any]:
    """The JSON-RPC parameters an answer belongs to."""
    params = _asked(answer).get("params", [])
    return params if isinstance(params, list) else []


def _asked(answer: Answer) -> Mapping[str, Any]:
    body = answer.request.get("body")
    return body if isinstance(body, Mapping) else {}


def answers_to(answers: Iterable[Answer], method: str) -> list[Answer]:
    """The answers to questions of one JSON-RPC method, in plan order."""
    return [answer for answer in answers if asked_method(answer) == method]


@reader
def read_epoch_info(answer: Answer, provider: str) -> EpochInfo:
    """getEpochInfo."""
    result = rpc_result(answer, provider)
    info = EpochInfo(
        epoch=result["epoch"].whole(),
        absolute_slot=result["absoluteSlot"].whole(0, _SLOT_MAX),
        slot_index=result["slotIndex"].whole(0, _SLOT_MAX),
        slots_in_epoch=result["slotsInEpoch"].whole(1, _SLOT_MAX),
    )
    if info.slot_index >= info.slots_in_epoch or info.slot_index > info.absolute_slot:
        result.refuse(f"slot index {info.slot_index} lies outside the epoch")
    return info


@reader
def read_epoch_schedule(answer: Answer, provider: str) -> EpochSchedule:
    """getEpochSchedule."""
    result = rpc_result(answer, provider)
    return EpochSchedule(
        slots_per_epoch=result["slotsPerEpoch"].whole(1, _SLOT_MAX),
        first_normal_epoch=result["firstNormalEpoch"].whole(),
        first_normal_slot=result["firstNormalSlot"].whole(0, _SLOT_MAX),
    )


@reader
def read_leader_schedule(answer: Answer, provider: str) -> dict[str, tuple[int, ...]] | None:
    """getLeaderSchedule: slot indices relative to the epoch's first slot by identity; None when not known.

    Refuses a schedule in which an index stands twice or one is missing below the last: a leader's slots were left out.
    """
    result = rpc_result(answer, provider)
    if result.value is None:
        return None
    if not isinstance(result.value, dict) or not result.value:
        result.refuse("expected an object of identities")
    schedule = {}
    for identity, slots in result.value.items():
        # One type test per list, not one Node per slot: a schedule has 432,000 of them.
        if not isinstance(slots, list) or not all(type(slot) is int and 0 <= slot <= _SLOT_MAX for slot in slots):
            result[identity].refuse("expected a list of slot indices")
        schedule[identity] = tuple(slots)
    problem = _gap_in(schedule)
    if problem is not None:
        result.refuse(problem)
    return schedule


def _gap_in(schedule: Mapping[str, Sequence[int]]) -> str | None:
    """Which slot index has no leader, or two; None where each from 0 to the last has one."""
    indices = sorted(index for slots in schedule.values() for index in slots)
    # Rising from 0 without a gap, each index stands in its own place.
    for place, index in enumerate(indices):
        if index > place:
            return f"slot index {place} has no leader, {indices[-1]} has one ({len(indices)} in all)"
        if index < place:
            return f"slot index {index} is given twice ({len(indices)} in all)"
    return None


@reader
def read_blocks(answer: Answer, provider: str) -> tuple[int, ...]:
    """getBlocks or getBlocksWithLimit: the slots that have a block, rising, inside what was asked for."""
    result = rpc_result(answer, provider)
    slots = result.value
    if not isinstance(slots, list) or not all(type(slot) is int for slot in slots):
        result.refuse("expected a list of slots")
    if any(later <= earlier for earlier, later in pairwise(slots)):
        result.refuse("the slots do not rise")
    params = asked_params(answer)
    first = params[0] if params and type(params[0]) is int else 0
    is_range = asked_method(answer) == "getBlocks" and len(params) > 1 and type(params[1]) is int
    last = params[1] if is_range else _SLOT_MAX
    if slots and not first <= slots[0] <= slots[-1] <= last:
        result.refuse(f"slots from {slots[0]} to {slots[-1]} were not asked for (asked: {first} to {last})")
    return tuple(slots)


@reader
def read_block_time(answer: Answer, provider: str) -> datetime | None:
    """getBlockTime: when a block was made; None when the node does not say."""
    result = rpc_result(answer, provider)
    return None if result.value is None else _instant(result)


def _instant(node: Node) -> datetime:
    return datetime.fromtimestamp(node.whole(0, _UNIX_SECONDS_MAX), UTC)


def asked_slot(answer: Answer, provider: str) -> int:
    """The slot a getBlock answer belongs to."""
    params = asked_params(answer)
    if asked_method(answer) != "getBlock" or not params or type(params[0]) is not int:
        raise UnreadableAnswer(provider, answer.request_key, "it is not stored with the slot that was asked for")
    return params[0]


@dataclass(frozen=True)
class BlockHeader:
    """Where a block stands, and the answer it was read from."""

    slot: int
    parent_slot: int
    block_time: datetime | None
    reward_partitions: int | None
    result: Node


@reader
def read_block_header(answer: Answer, provider: str) -> BlockHeader:
    """getBlock: where the block stands; its rows are for others to read."""
    result = _block(answer, provider)
    partitions, block_time = result.get("numRewardPartitions"), result.get("blockTime")
    return BlockHeader(
        slot=asked_slot(answer, provider),
        parent_slot=_parent_slot(result, answer, provider),
        block_time=None if block_time is None else _instant(block_time),
        reward_partitions=None if partitions is None else partitions.whole(0, 2**32),
        result=result,
    )


@reader
def read_block(answer: Answer, provider: str) -> Block:
    """getBlock with rewards: the block of the slot that was asked for."""
    header = read_block_header(answer, provider)
    result = header.result
    spent = _transaction_fees(result)
    listed = result.get("transactions") or result.get("signatures")
    block = Block(
        slot=header.slot,
        parent_slot=header.parent_slot,
        rewards=tuple(_reward(row) for row in result["rewards"].items()),
        base_fees=None if spent is None else spent.base,
        transactions=None if listed is None else len(listed.items()),
    )
    _check_fee_rows(block, spent, result["rewards"])
    return block


def _check_fee_rows(block: Block, spent: _TransactionFees | None, rows: Node) -> None:
    """Refuse Fee rows that no block can have: one account paid twice, or other than its transactions left."""
    paid = [reward.recipient for reward in block.rewards if reward.reward_type == FEE]
    twice = next((recipient for number, recipient in enumerate(paid) if recipient in paid[:number]), None)
    if twice is not None:
        # The runtime deposits a block's fees once per account; different accounts may share them.
        rows.refuse(f"it pays the block's fees to {twice} more than once")
    if spent is not None and block.fees > spent.left_to_pay:
        rows.refuse(f"its Fee rows pay {block.fees} lamports, its transactions left {spent.left_to_pay}")
    if spent is not None and paid and block.fees < spent.least_to_pay:
        problem = f"its Fee rows pay {block.fees} lamports, its transactions left at least {spent.least_to_pay}"
        rows.refuse(f"{problem}: one is left out, or part was burned")


@dataclass(frozen=True)
class _TransactionFees:
    """What the transactions of a block paid for signatures, and altogether."""

    base: int
    whole: int

    @property
    def left_to_pay(self) -> int:
        """What the block can pay out: half of the base fees is burned, rounded down."""
        return self.whole - mul_div(self.base, 1, 2)

    @property
    def least_to_pay(self) -> int:
        """What it pays out if half of everything is burned: of all fees before SIMD-0096, of precompiles' signatures
        since, which are not told apart from priority fees here."""
        return self.whole - mul_div(self.whole, 1, 2)


def _transaction_fees(result: Node) -> _TransactionFees | None:
    """Every signature pays 5000 lamports; what a transaction pays above that is its priority fee.

    None where the transactions were not asked for, or are not shown in a way that tells their signatures.
    """
    rows = [] if result.get("transactions") is None else result["transactions"].items()
    if result.get("transactions") is None or not all(isinstance(row["transaction"].value, dict) for row in rows):
        return None
    base = whole = 0
    seen = set[object]()
    for row in rows:
        signatures, fee = row["transaction"]["signatures"].items(), paid(row["meta"]["fee"])
        first = signatures[0].text() if signatures else row["transaction"]["signatures"].refuse("there is none")
        if first in seen:
            row["transaction"].refuse("it is listed twice")
        seen.add(first)
        due = SIGNATURE_FEE * len(signatures)
        if fee < due:
            row["meta"]["fee"].refuse(f"{fee} lamports for {len(signatures)} signatures")
        base += due
        whole += fee
    return _TransactionFees(base, whole)


def _block(answer: Answer, provider: str) -> Node:
    result = rpc_result(answer, provider)
    if result.value is None:
        result.refuse("the node has no such block (null)")
    return result


def _parent_slot(result: Node, answer: Answer, provider: str) -> int:
    slot = asked_slot(answer, provider)
    parent_slot = result["parentSlot"].whole(0, _SLOT_MAX)
    if parent_slot >= slot and slot > 0:
        result["parentSlot"].refuse(f"the parent {parent_slot} does not lie before slot {slot}")
    return parent_slot


def _reward(row: Node) -> Reward:
    kind = row["rewardType"].text()
    if kind not in REWARD_TYPES:
        row["rewardType"].refuse(f"{kind[:ERROR_LENGTH_MAX]!r} is no type of reward that is known")
    return Reward(
        recipient=row["pubkey"].text(),
        # Nothing is deposited where there is nothing to deposit; only debits are negative.
        lamports=paid(row["lamports"], 1 if kind == FEE else -_I64_MAX - 1),
        reward_type=kind,
        commission_bps=_commission_bps(row, "commissionBps", "commission"),
    )


def _commission_bps(row: Node, bps_key: str, percent_key: str) -> int | None:
    known = commission_of(row, bps_key, percent_key)
    return None if known is None else known[0]


def commission_of(row: Node, bps_key: str, percent_key: str) -> tuple[int, CommissionSource] | None:
    """Basis points where the node has them, else its percent, else None. Above 100 % counts as 100 %."""
    bps = row.get(bps_key)
    if bps is not None:
        return min(bps.whole(0, 2**16 - 1), BPS_WHOLE), CommissionSource.BPS
    percent = row.get(percent_key)
    if percent is None:
        return None
    return min(percent.whole(0, 255) * _PERCENT_BPS, BPS_WHOLE), CommissionSource.PERCENT


@reader
def read_block_votes(answer: Answer, provider: str) -> BlockVotes:
    """getBlock with accounts: what was paid for each vote, failed ones too (they pay).

    Without instructions a vote is known by its accounts: one vote account, which keeps its balance, beside the
    vote program, sysvars and at most two signers. A withdrawal from a vote account moves lamports and is none.
    """
    result = _block(answer, provider)
    rows = result["transactions"].value
    if not isinstance(rows, list):
        result["transactions"].refuse("expected a list")
    fees: list[tuple[tuple[str, str], int]] = []
    signatures = whole = 0
    first_signatures = set[object]()
    for number, row in enumerate(rows):
        try:
            keys = row["transaction"]["accountKeys"]
            signed = row["transaction"]["signatures"]
            vote_key = _voting_account(keys, row["meta"], len(signed))
            payer, fee = keys[0]["pubkey"], row["meta"]["fee"]
            signatures += len(signed)
            first_signatures.add(signed[0])
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            result.refuse(f"transactions[{number}] lacks its accounts or fee ({type(error).__name__} {error})")
        if not isinstance(payer, str) or type(fee) is not int or not 0 <= fee <= PAID_MAX:
            result.refuse(f"transactions[{number}] has no fee payer or no exact fee")
        whole += fee
        if vote_key is not None:
            fees.append(((payer, vote_key), fee))
    if len(first_signatures) != len(rows):
        result["transactions"].refuse(
            f"{len(rows)} transactions with {len(first_signatures)} different first signatures"
        )
    paid_out = _paid_out(answer, result)
    left = _TransactionFees(SIGNATURE_FEE * signatures, whole).left_to_pay
    if paid_out is not None and paid_out > left:
        problem = f"its Fee rows pay {paid_out} lamports, its transactions left {left}: some are left out"
        result["transactions"].refuse(problem)
    place = asked_slot(answer, provider), _parent_slot(result, answer, provider)
    return BlockVotes(*place, fees, len(rows), paid_out)


def _paid_out(answer: Answer, result: Node) -> int | None:
    """The sum of a block's Fee rows; None where its rewards were not asked for."""
    params = asked_params(answer)
    options = params[1] if len(params) > 1 and isinstance(params[1], Mapping) else {}
    if options.get("rewards") is False:
        return None
    return sum(reward.lamports for reward in map(_reward, result["rewards"].items()) if reward.reward_type == FEE)


def _voting_account(keys: Sequence[Mapping[str, Any]], meta: Mapping[str, Any], signatures: int) -> str | None:
    """The vote account a transaction votes for; None where it is no vote. It has as many signers as signatures."""
    votes, signers, others = False, 0, list[int]()
    before, after = meta["preBalances"], meta["postBalances"]
    if not len(before) == len(after) == len(keys):
        raise IndexError("an account or a balance is missing")
    # In one pass: an epoch has some hundred million votes.
    for position, key in enumerate(keys):
        address = key["pubkey"]
        if type(address) is not str or not address:
            raise TypeError("pubkey is no text or an empty one")
        if key["signer"] is True:
            signers += 1
        elif key["signer"] is not False:
            raise TypeError("signer is no flag")
        elif address == VOTE_PROGRAM:
            votes = True
        elif address not in _VOTE_SYSVARS:
            others.append(position)
    if signers != signatures:
        raise ValueError(f"{signers} signers with {signatures} signatures")
    if not votes or len(others) != 1 or signers > _VOTE_SIGNERS_MAX:
        return None
    (place,) = others
    is_vote = _balance(before[place]) == _balance(after[place])
    return keys[place]["pubkey"] if is_vote else None


def _balance(value: object) -> int:
    if type(value) is not int or not 0 <= value <= U64_MAX:
        raise TypeError(f"a balance is no whole number from 0 to {U64_MAX}")
    return value


@reader
def read_inflation_rewards(answer: Answer, provider: str) -> dict[str, InflationReward | None]:
    """getInflationReward: the row of each address that was asked for; None where the chain has no row for it.

    Refuses a list of another length and rows of another epoch than the one asked for.
    """
    result = rpc_result(answer, provider)
    params = asked_params(answer)
    addresses = params[0] if params and isinstance(params[0], list) else []
    options = params[1] if len(params) > 1 and isinstance(params[1], Mapping) else {}
    rows = result.items()
    if len(rows) != len(addresses):
        result.refuse(f"{len(rows)} rows for {len(addresses)} addresses")
    rewards: dict[str, InflationReward | None] = {}
    for address, row in zip(addresses, rows, strict=True):
        rewards[address] = None if row.value is None else _inflation_reward(address, row, options.get("epoch"))
    return rewards


def _inflation_reward(address: str, row: Node, epoch_asked: int | None) -> InflationReward:
    epoch = row["epoch"].whole()
    if epoch_asked is not None and epoch != epoch_asked:
        row["epoch"].refuse(f"epoch {epoch} was answered where {epoch_asked} was asked")
    lamports, balance = paid(row["amount"]), row["postBalance"].whole()
    if lamports > balance:
        row["amount"].refuse(f"{lamports} lamports were paid into an account that then held {balance}")
    return InflationReward(
        address=address,
        epoch=epoch,
        effective_slot=row["effectiveSlot"].whole(0, _SLOT_MAX),
        lamports=lamports,
        commission_bps=_commission_bps(row, "commissionBps", "commission"),
    )


@reader
def read_vote_accounts(answer: Answer, provider: str) -> dict[str, VoteAccount]:
    """getVoteAccounts: current and delinquent vote accounts by vote key; several may share an identity."""
    result = rpc_result(answer, provider)
    accounts: dict[str, VoteAccount] = {}
    for group in ("current", "delinquent"):
        for row in result[group].items():
            account = _vote_account(row, group == "delinquent")
            if account.vote_key in accounts:
                row.refuse(f"vote account {account.vote_key} is listed twice")
            accounts[account.vote_key] = account
    if not accounts:
        result.refuse("it lists no vote account at all")
    return accounts


def _vote_account(row: Node, delinquent: bool) -> VoteAccount:
    commission = commission_of(row, "inflationRewardsCommissionBps", "commission")
    if commission is None:
        row.refuse("it has neither commission nor inflationRewardsCommissionBps")
    return VoteAccount(
        vote_key=row["votePubkey"].text(),
        identity_key=row["nodePubkey"].text(),
        active_stake=staked(row["activatedStake"]),
        commission_bps=commission[0],
        commission_source=commission[1],
        delinquent=delinquent,
    )

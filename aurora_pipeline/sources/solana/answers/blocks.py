"""Answers of getBlock: where a block stands, its reward rows, and what its transactions paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

from aurora_pipeline.asking.reading import Node, UnreadableAnswer, reader
from aurora_pipeline.foundation.money import mul_div, total
from aurora_pipeline.foundation.units import Bps, Lamports
from aurora_pipeline.sources.json_rpc import ERROR_LENGTH_MAX, asked_method, asked_params, rpc_result
from aurora_pipeline.sources.solana.amounts import NOTHING, paid
from aurora_pipeline.sources.solana.answers.commissions import commission_bps_of
from aurora_pipeline.sources.solana.answers.epochs import SLOT_MAX
from aurora_pipeline.store.payloads.answers import Answer

FEE: Final = "Fee"
VOTING: Final = "Voting"
STAKING: Final = "Staking"
ADMISSION: Final = "VATDebit"
REWARD_TYPES: Final = frozenset((FEE, VOTING, STAKING, ADMISSION, "Rent", "DeactivatedStake"))
"""Every type a node is known to write; a row of another one could be any of them, spelled anew."""
SIGNATURE_FEE: Final = Lamports(5_000)
NO_HASH: Final = "11111111111111111111111111111111"
"""What a node tells as the hash of a parent that it has removed."""
_I64_MAX: Final = 2**63 - 1
# 9999-12-31; a block time beyond is garbage, and no datetime.
_UNIX_SECONDS_MAX: Final = 253_402_300_799


class Reward(NamedTuple):
    """One row of a block's rewards; `lamports` is negative for debits."""

    recipient: str
    lamports: Lamports
    reward_type: str
    commission_bps: Bps | None


@dataclass(frozen=True)
class Block:
    """A block's place, rewards and what they are of. The node does not repeat the slot: it is the one asked for."""

    slot: int
    parent_slot: int
    rewards: tuple[Reward, ...]
    base_fees: Lamports | None
    """What its transactions paid for signatures; None where they were not asked for."""
    transactions: int | None
    """How many it has; None where they were not asked for, nor their signatures."""
    block_hash: str | None = None
    parent_hash: str | None = None

    @property
    def fees(self) -> Lamports:
        """The sum of the Fee rewards, whoever received them."""
        return total(reward.lamports for reward in self.rewards if reward.reward_type == FEE)

    @property
    def tells_fees(self) -> bool:
        """Whether `fees` is a figure: it has a Fee row, or no transaction that could have paid any."""
        return self.transactions == 0 or any(reward.reward_type == FEE for reward in self.rewards)


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
    result = block_of(answer, provider)
    partitions, block_time = result.get("numRewardPartitions"), result.get("blockTime")
    return BlockHeader(
        slot=asked_slot(answer, provider),
        parent_slot=parent_slot_of(result, answer, provider),
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
        rewards=tuple(reward_of(row) for row in result["rewards"].items()),
        base_fees=None if spent is None else spent.base,
        transactions=None if listed is None else len(listed.items()),
        block_hash=_text_of(result.get("blockhash")),
        parent_hash=parent_hash(result),
    )
    _check_fee_rows(block, spent, result["rewards"])
    return block


def parent_hash(block: Node) -> str | None:
    """The hash of a block's parent; None where it is not told, or where the node has removed the parent."""
    told = _text_of(block.get("previousBlockhash"))
    return None if told == NO_HASH else told


def _text_of(node: Node | None) -> str | None:
    return None if node is None else node.text()


def _check_fee_rows(block: Block, spent: TransactionFees | None, rows: Node) -> None:
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
class TransactionFees:
    """What the transactions of a block paid for signatures, and altogether."""

    base: Lamports
    whole: Lamports

    @property
    def left_to_pay(self) -> Lamports:
        """What the block can pay out: half of the base fees is burned, rounded down."""
        return self.whole - mul_div(self.base, 1, 2)

    @property
    def least_to_pay(self) -> Lamports:
        """What it pays out if half of everything is burned: of all fees before SIMD-0096, of precompiles' signatures
        since, which are not told apart from priority fees here."""
        return self.whole - mul_div(self.whole, 1, 2)


def _transaction_fees(result: Node) -> TransactionFees | None:
    """Every signature pays 5000 lamports; what a transaction pays above that is its priority fee.

    None where the transactions were not asked for, or are not shown in a way that tells their signatures.
    """
    rows = [] if result.get("transactions") is None else result["transactions"].items()
    if result.get("transactions") is None or not all(isinstance(row["transaction"].value, dict) for row in rows):
        return None
    base = whole = NOTHING
    seen = set[object]()
    for row in rows:
        signatures, fee = row["transaction"]["signatures"].items(), paid(row["meta"]["fee"])
        first = signatures[0].text() if signatures else row["transaction"]["signatures"].refuse("there is none")
        if first in seen:
            row["transaction"].refuse("it is listed twice")
        seen.add(first)
        due = Lamports(SIGNATURE_FEE * len(signatures))
        if fee < due:
            row["meta"]["fee"].refuse(f"{fee} lamports for {len(signatures)} signatures")
        base += due
        whole += fee
    return TransactionFees(base, whole)


def block_of(answer: Answer, provider: str) -> Node:
    """What getBlock answered; a block that is not there is refused."""
    result = rpc_result(answer, provider)
    if result.value is None:
        result.refuse("the node has no such block (null)")
    return result


def parent_slot_of(result: Node, answer: Answer, provider: str) -> int:
    """The slot of the block before, which lies before the one that was asked for."""
    slot = asked_slot(answer, provider)
    parent_slot = result["parentSlot"].whole(0, SLOT_MAX)
    if parent_slot >= slot and slot > 0:
        result["parentSlot"].refuse(f"the parent {parent_slot} does not lie before slot {slot}")
    return parent_slot


def reward_of(row: Node) -> Reward:
    """One reward row; of a type that is not known it could be anything."""
    kind = row["rewardType"].text()
    if kind not in REWARD_TYPES:
        row["rewardType"].refuse(f"{kind[:ERROR_LENGTH_MAX]!r} is no type of reward that is known")
    return Reward(
        recipient=row["pubkey"].text(),
        # Nothing is deposited where there is nothing to deposit; only debits are negative.
        lamports=paid(row["lamports"], 1 if kind == FEE else -_I64_MAX - 1),
        reward_type=kind,
        commission_bps=commission_bps_of(row, "commissionBps", "commission"),
    )

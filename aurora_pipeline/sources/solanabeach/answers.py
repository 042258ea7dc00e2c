"""Reading what Solana Beach answers: histories by node or by vote key, stake accounts, pages of both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aurora_pipeline.asking.reading import U64_MAX, Node, parsed, reader
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.units import EpochNumber, Lamports
from aurora_pipeline.sources.contradictions import lack_of_fees
from aurora_pipeline.sources.solana.amounts import paid, staked, too_much_paid
from aurora_pipeline.sources.solana.answers.accounts import StakeAccount
from aurora_pipeline.store.payloads.answers import Answer

BLOCK_REWARDS: Final = "block-rewards-history"
SUCCESS_RATE: Final = "success-rate-history"
STAKE: Final = "stake-history"
STAKE_ACCOUNTS: Final = "stake-accounts"
_HISTORY: Final = "history"
_ACCOUNTS: Final = "stakeAccounts"


@dataclass(frozen=True)
class Page:
    """Where a page stands in its list."""

    rows: int
    offset: int
    total: int

    @property
    def is_last(self) -> bool:
        """Whether nothing follows; an empty page ends a list, whatever its total says."""
        return self.rows == 0 or self.offset + self.rows >= self.total


@dataclass(frozen=True)
class BeachFees:
    """A node's blocks and block fees in an epoch. The unit is not documented: whole numbers are lamports."""

    blocks: int
    fees: Lamports


def about(answers: Iterable[Answer], key: str, endpoint: str) -> list[Answer]:
    """The pages about a node or vote key of one endpoint."""
    return [answer for answer in answers if answer.request.get("path") == path_of(key, endpoint)]


def path_of(key: str, endpoint: str) -> str:
    """Where an endpoint about a validator is."""
    return f"/validator/{key}/{endpoint}"


@reader
def read_page(answer: Answer, provider: str) -> Page:
    """A page's place in its list."""
    root = _root(answer, provider)
    rows = root.get(_HISTORY) or root.get(_ACCOUNTS)
    if rows is None:
        root.refuse("expected a history or stake accounts")
    pagination = root["pagination"]
    return Page(len(rows.items()), pagination["offset"].whole(), pagination["total"].whole())


@reader
def read_fees(pages: Iterable[Answer], provider: str, epoch: EpochNumber) -> BeachFees | None:
    """Fees of an epoch from a block-rewards history; None where it has no row of it."""
    row = _row_of(pages, provider, epoch)
    return None if row is None else BeachFees(row["blocks"].whole(), paid(row["fees"]))


@reader
def read_slots(pages: Iterable[Answer], provider: str, epoch: EpochNumber) -> tuple[int, int] | None:
    """Led slots and produced blocks of an epoch from a success-rate history."""
    row = _row_of(pages, provider, epoch)
    if row is None:
        return None
    slots, blocks = row["slots"].whole(), row["blocks"].whole()
    if blocks > slots:
        row.refuse(f"{blocks} blocks in {slots} led slots")
    return slots, blocks


def of_identities(
    answers: Sequence[Answer], provider: str, epoch: EpochNumber, nodes: Sequence[str]
) -> tuple[BeachFees | None, tuple[int, int] | None]:
    """Fees and (led slots, blocks) of all identities of a validator together; None where one of them is not listed."""
    fees = [read_fees(about(answers, node, BLOCK_REWARDS), provider, epoch) for node in nodes]
    slots = [read_slots(about(answers, node, SUCCESS_RATE), provider, epoch) for node in nodes]
    known = [one for one in fees if one is not None]
    counted = [one for one in slots if one is not None]
    all_fees = BeachFees(total([one.blocks for one in known]), total([one.fees for one in known]))
    all_slots = (total([led for led, _ in counted]), total([blocks for _, blocks in counted]))
    return all_fees if len(known) == len(fees) else None, all_slots if len(counted) == len(slots) else None


def lack_of(fees: BeachFees, slots: tuple[int, int] | None, provider: str) -> str | None:
    """Why a validator's fees are no figure: its two histories count other blocks, or there are none of any block."""
    if slots is not None and slots[1] != fees.blocks:
        return f"{provider} lists {fees.blocks} blocks with fees, but {slots[1]} produced"
    return lack_of_fees(provider, None if slots is None else slots[0], fees.blocks, fees.fees, too_much_paid)


@reader
def read_stake(pages: Iterable[Answer], provider: str, epoch: EpochNumber) -> Lamports | None:
    """The active stake of an epoch from a stake history."""
    row = _row_of(pages, provider, epoch)
    return None if row is None else staked(row["activatedStake"])


def is_left_out(pages: Iterable[Answer], provider: str, epoch: EpochNumber) -> bool:
    """Whether a history has epochs before and after one, and not that one; else it only does not reach so far."""
    epochs = {row["epoch"].whole() for answer in pages for row in _root(answer, provider)[_HISTORY].items()}
    return epoch not in epochs and any(one < epoch for one in epochs) and any(one > epoch for one in epochs)


@reader
def read_accounts(pages: Iterable[Answer], provider: str, vote_key: str) -> list[StakeAccount]:
    """All stake accounts of a validator, from all pages of the list."""
    accounts: dict[str, StakeAccount] = {}
    for answer in pages:
        for row in _root(answer, provider)[_ACCOUNTS].items():
            account = _account(row, vote_key)
            if account.stake_key in accounts:
                row.refuse(f"stake account {account.stake_key} is listed twice")
            accounts[account.stake_key] = account
    return list(accounts.values())


@reader
def read_epoch(answer: Answer, provider: str) -> EpochNumber:
    """/epoch-info."""
    return EpochNumber(_root(answer, provider)["epoch"].whole())


def _account(row: Node, vote_key: str) -> StakeAccount:
    return StakeAccount(
        stake_key=row["stakePubkey"].text(),
        staker_key=row["stakeAuthority"].text(),
        withdrawer_key=row["withdrawAuthority"].text(),
        voter_key=vote_key,
        stake=staked(row["stake"]),
        activation_epoch=_epoch(row, "activationEpoch"),
        deactivation_epoch=_epoch(row, "deactivationEpoch"),
    )


def _epoch(row: Node, key: str) -> int | None:
    node = row.get(key)
    number = U64_MAX if node is None else node.whole_text()
    # The chain writes the largest number there is for "never".
    return None if number == U64_MAX else number


def _row_of(pages: Iterable[Answer], provider: str, epoch: EpochNumber) -> Node | None:
    found = None
    for answer in pages:
        for row in _root(answer, provider)[_HISTORY].items():
            if row["epoch"].whole() != epoch:
                continue
            if found is not None:
                row.refuse(f"epoch {epoch} is listed twice")
            found = row
    return found


def _root(answer: Answer, provider: str) -> Node:
    root = parsed(answer, provider)
    if answer.status != 200 or (isinstance(root.value, dict) and "err" in root.value):
        words = root.value.get("err") if isinstance(root.value, dict) else None
        root.refuse(f"HTTP {answer.status}: {str(words)[:200]}")
    return root

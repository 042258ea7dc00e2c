"""What a node's answers show of single accounts' balances: reward rows with postBalance, transactions with both.

They are read from what was asked for rewards, block fees and vote fees; nothing is asked for balances alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from aurora_pipeline.asking.reading import U64_MAX, Node, UnreadableAnswer, reader
from aurora_pipeline.foundation.units import Lamports
from aurora_pipeline.sources.account_moves import AccountMove, AccountMoves, MoveKind
from aurora_pipeline.sources.json_rpc import asked_method, asked_params, rpc_result
from aurora_pipeline.sources.solana.amounts import PAID_MAX, paid
from aurora_pipeline.sources.solana.answers.blocks import FEE, STAKING, VOTING, asked_slot, block_of
from aurora_pipeline.sources.solana.answers.epochs import SLOT_MAX
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline.store.payloads.fetches import StagedFetch

_BOUNDARY: Final = -(2**32)
"""Rows of an epoch's end are booked before the block's transactions, in the order in which they stand. In this place
is the row that getInflationReward tells, which does not say where it stands."""
_LAST: Final = 2**32
"""A block's fees are paid out after its last transaction."""


def moves(fetch: StagedFetch, accounts: Collection[str]) -> AccountMoves:
    """The moves of some accounts that a fetch's answers show, each once; an answer is let go once it was read."""
    found: dict[tuple[str, int, int], AccountMove] = {}
    problems: list[str] = []
    for answer in fetch.answers:
        try:
            shown = read_moves(answer, fetch.provider, accounts)
        except UnreadableAnswer as error:
            problems.append(f"{error.request_key}: {error.problem}")
            continue
        for move in shown:
            known = found.setdefault((move.account_key, *move.order), move)
            problems += _contradictions(known, move)
    by_node = {(one.account_key, one.slot): one for one in found.values() if one.place == _BOUNDARY}
    for one in list(found.values()):
        by_answer = by_node.get((one.account_key, one.slot))
        if by_answer is not None and one.kind is MoveKind.REWARD and _BOUNDARY < one.place < 0:
            problems += _contradictions(by_answer, one)
            found.pop((by_answer.account_key, *by_answer.order), None)
    return AccountMoves(sorted(found.values(), key=lambda move: move.order), problems)


def _contradictions(known: AccountMove, move: AccountMove) -> list[str]:
    if (known.amount, known.after) == (move.amount, move.after):
        return []
    words = f"{known.amount} and held {known.after} by one answer, {move.amount} and {move.after} by another"
    return [f"slot {move.slot}: {move.account_key} received {words}"]


def read_moves(answer: Answer, provider: str, accounts: Collection[str]) -> list[AccountMove]:
    """The moves of some accounts that one answer shows."""
    method = asked_method(answer)
    if method == "getInflationReward":
        return _of_rewards(answer, provider, accounts)
    return _of_block(answer, provider, accounts) if method == "getBlock" else []


@reader
def _of_rewards(answer: Answer, provider: str, accounts: Collection[str]) -> list[AccountMove]:
    """getInflationReward: the row of each account, whose place among the rows of its block is not told."""
    params = asked_params(answer)
    addresses = params[0] if params and isinstance(params[0], list) else []
    rows, found = rpc_result(answer, provider), []
    told = rows.items()
    if len(told) != len(addresses):
        rows.refuse(f"expected {len(addresses)} rows, got {len(told)}")
    for address, row in zip(addresses, told, strict=True):
        if address in accounts and row.value is not None:
            slot = row["effectiveSlot"].whole(0, SLOT_MAX)
            found.append(_move(address, slot, _BOUNDARY, MoveKind.REWARD, paid(row["amount"]), row["postBalance"]))
    return found


@reader
def _of_block(answer: Answer, provider: str, accounts: Collection[str]) -> list[AccountMove]:
    """getBlock: reward rows and, where they were asked for, transactions."""
    result, slot = block_of(answer, provider), asked_slot(answer, provider)
    rows, transactions = result.get("rewards"), result.get("transactions")
    found = [] if rows is None else list(_of_rows(rows, slot, accounts))
    return found if transactions is None else [*found, *_of_transactions(transactions, slot, accounts)]


def _of_rows(rows: Node, slot: int, accounts: Collection[str]) -> Iterator[AccountMove]:
    # Over plain values first: a block can have thousands of rows of strangers.
    listed = rows.value if isinstance(rows.value, list) else rows.refuse("expected a list")
    for number, value in enumerate(listed):
        address = value.get("pubkey") if isinstance(value, Mapping) else None
        if not isinstance(address, str):
            rows.refuse(f"row {number} has no address")
        if address not in accounts or value.get("rewardType") == STAKING:
            continue
        row = rows.item(number)
        kind, lamports = row["rewardType"].text(), paid(row["lamports"], -PAID_MAX)
        of = MoveKind.REWARD if kind in (FEE, VOTING) else MoveKind.CHARGE
        place = _LAST if kind == FEE else _BOUNDARY + 1 + number
        yield _move(row["pubkey"].text(), slot, place, of, lamports, row["postBalance"])


def _move(address: str, slot: int, place: int, kind: MoveKind, amount: Lamports, balance: Node) -> AccountMove:
    after = balance.whole()
    if amount > after:
        balance.refuse(f"{address} held {after} after {amount} came in")
    return AccountMove(address, slot, place, kind, amount, Lamports(after))


def _of_transactions(transactions: Node, slot: int, accounts: Collection[str]) -> Iterator[AccountMove]:
    listed = transactions.value if isinstance(transactions.value, list) else transactions.refuse("expected a list")
    for number, row in enumerate(listed):
        # Of an epoch's hundred million votes nearly all are of strangers: nothing is looked at twice.
        try:
            for position, key in enumerate(row["transaction"]["accountKeys"]):
                if key["pubkey"] in accounts:
                    yield _of_transaction(key["pubkey"], position, row["meta"], slot, number)
        except (TypeError, LookupError):
            transactions.refuse(f"transaction {number} does not tell its accounts, what each held, or its fee")


def _of_transaction(address: str, position: int, meta: Mapping[str, Any], slot: int, number: int) -> AccountMove:
    before, after = meta["preBalances"][position], meta["postBalances"][position]
    fee = meta["fee"] if position == 0 else 0
    if not all(type(value) is int and 0 <= value <= U64_MAX for value in (before, after, fee)):
        raise TypeError("a balance or fee is no whole number")
    moved = (Lamports(after - before), Lamports(after), Lamports(fee))
    return AccountMove(address, slot, number, MoveKind.TRANSACTION, *moved)

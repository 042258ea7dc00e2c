"""What the accounts of validators held at both edges of a period, and what moved between: income held against the
balances that the chain itself tells. Where an edge is not known, what is left over is not known either, and not 0.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import polars as pl

from aurora_pipeline.canonical.balance_tables import ACCOUNT_BALANCES
from aurora_pipeline.config.vocabulary import CostType
from aurora_pipeline.foundation.listing import listed
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.sources.account_moves import AccountMove, AccountMoves, MoveKind
from aurora_pipeline.sources.fetch_choice import fetch_about, missing
from aurora_pipeline.sources.kinds import SOURCES
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.result import LayerResult, Row, layer_result, was_asked
from aurora_pipeline.sources.told import EXACT, Missing
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch

UNKNOWN: Final = "unknown"


class AccountKind(StrEnum):
    """What an account is to its validator."""

    VOTE = "VOTE"
    COLLECTOR = "COLLECTOR"
    IDENTITY = "IDENTITY"


class BalancedBy(StrEnum):
    """What a row rests on."""

    TRANSACTIONS = "TRANSACTIONS"
    REWARD_ROWS = "REWARD_ROWS"


@dataclass(frozen=True)
class BalanceGrounds:
    """Fetches whose answers show balances, and what the layers below made of them, by validator."""

    rewards: Sequence[StagedFetch] = ()
    rewards_before: Sequence[StagedFetch] = ()
    fees: Sequence[StagedFetch] = ()
    fees_before: Sequence[StagedFetch] = ()
    costs: Sequence[StagedFetch] = ()
    reward_rows: Mapping[str, Row] = field(default_factory=dict)
    fee_rows: Mapping[str, Row] = field(default_factory=dict)
    scans: Mapping[str, int] = field(default_factory=dict)
    """The fetch of costs that read every block of the period with its transactions, where one did."""


def canonical_account_balances(reference: Reference, grounds: BalanceGrounds) -> LayerResult:
    """A row per validator and account of it."""
    scanned = _scanned(reference, grounds)
    rows: list[Row] = [
        reference.row(validator.validator_key) | row
        for validator in reference.validators
        for row in _rows(reference, validator, grounds, scanned)
    ]
    return layer_result(
        ACCOUNT_BALANCES,
        rows,
        due=reference.keys,
        says_something=map(was_asked, rows),
        states=[row["state"] for row in rows],
    )


def scans_in(costs: pl.DataFrame) -> dict[str, int]:
    """Of a period's costs the fetches that vote fees were added up from exactly, which proves that they are whole."""
    exact = costs.filter(
        (pl.col("entry_type") == CostType.VOTE_FEES.value)
        & (pl.col("method") == EXACT)
        & (pl.col("state") == FigureState.FINAL.value)
        & pl.col("source_fetch").is_not_null()
    )
    return dict(exact.select("validator_key", "source_fetch").iter_rows())


def _accounts(validator: OperatedValidator, grounds: BalanceGrounds) -> list[tuple[AccountKind, str]]:
    key = validator.validator_key
    collector = grounds.reward_rows.get(key, {}).get("recipient_key")
    observed = grounds.fee_rows.get(key, {}).get("identity_key")
    identities = validator.identities or (str(observed or UNKNOWN),)
    return [
        (AccountKind.VOTE, key),
        *([(AccountKind.COLLECTOR, collector)] if collector not in (None, key) else []),
        *((AccountKind.IDENTITY, identity) for identity in identities),
    ]


def _scanned(reference: Reference, grounds: BalanceGrounds) -> Mapping[int, AccountMoves]:
    """The moves of all accounts, by the fetch of costs whose blocks show them: each is gone through once."""
    wanted = {key for one in reference.validators for _, key in _accounts(one, grounds)} - {UNKNOWN}
    needed = set(grounds.scans.values())
    return {one.fetch_id: _moves(one, wanted) for one in grounds.costs if one.fetch_id in needed}


def _moves(fetch: StagedFetch, accounts: Collection[str]) -> AccountMoves:
    source = SOURCES.get(fetch.kind)
    return AccountMoves(()) if source is None or source.moves is None else source.moves(fetch, accounts)


def _rows(
    reference: Reference, validator: OperatedValidator, grounds: BalanceGrounds, scanned: Mapping[int, AccountMoves]
) -> Iterator[Row]:
    number = grounds.scans.get(validator.validator_key, 0)
    whole = scanned.get(number)
    accounts = _accounts(validator, grounds)
    for kind, account in accounts if whole is None else _at_work(accounts, whole):
        place: Row = {"account_kind": kind.value, "account_key": account}
        if whole is not None:
            yield place | {"source_fetch": number} | _by_transactions(reference, account, whole)
        elif kind is AccountKind.IDENTITY:
            yield place | _of_identity(reference, validator.validator_key, account, grounds)
        else:
            yield place | _of_collector(reference, validator.validator_key, account, grounds)


def _at_work(accounts: Sequence[tuple[AccountKind, str]], shown: AccountMoves) -> Sequence[tuple[AccountKind, str]]:
    """Without an identity that was given up, or not taken up yet: no block names it, and another one works."""
    named = {one.account_key for one in shown.rows}
    working = [one for one in accounts if one[0] is not AccountKind.IDENTITY or one[1] in named]
    return working if any(kind is AccountKind.IDENTITY for kind, _ in working) else accounts


def _by_transactions(reference: Reference, account: str, shown: AccountMoves) -> Row:
    """Every move of the period, from before the first to after the last; what lies between two is left over."""
    if shown.problems:
        return Missing(FigureState.UNAVAILABLE, listed(shown.problems)).columns
    inside = [
        one
        for one in shown.rows
        if one.account_key == account and reference.first_slot <= one.slot <= reference.last_slot
    ]
    if not inside:
        why = "no transaction and no reward row of the period names it: what it holds is not told"
        return Missing(FigureState.UNAVAILABLE, why).columns
    by_transaction = [one for one in inside if one.kind is MoveKind.TRANSACTION]
    others = [one.amount + one.fee for one in by_transaction]
    return _explained(
        BalancedBy.TRANSACTIONS,
        (inside[0].slot, inside[0].before),
        inside,
        {
            "fees_paid": total(one.fee for one in by_transaction),
            "received": total(amount for amount in others if amount > 0),
            "sent": total(-amount for amount in others if amount < 0),
        },
    )


def _explained(
    method: BalancedBy, start: tuple[int, Amount], inside: Sequence[AccountMove], by_transactions: Row
) -> Row:
    """The row of an account between two known edges."""
    rewards = total(one.amount for one in inside if one.kind is MoveKind.REWARD)
    charges = total(-one.amount for one in inside if one.kind is MoveKind.CHARGE)
    moved = total(one.amount for one in inside)
    (start_slot, balance_start), last = start, inside[-1]
    return {
        "method": method.value,
        "start_slot": start_slot,
        "balance_start": balance_start,
        "end_slot": last.slot,
        "balance_end": last.after,
        "rewards": rewards,
        "charges": charges,
        **by_transactions,
        "moves": len(inside),
        "residual": last.after - balance_start - moved,
        "state": FigureState.FINAL.value,
    }


def _of_collector(reference: Reference, key: str, account: str, grounds: BalanceGrounds) -> Row:
    """Between the reward row of the period before and the period's own, which are paid when each is over."""
    now, before = fetch_about(grounds.rewards, key), fetch_about(grounds.rewards_before, key)
    rewarded = grounds.reward_rows.get(key)
    lack = _not_final(rewarded, now, "its rewards are not known")
    slots = reference.last_slot - reference.first_slot + 1
    own = _rewarded(now, account, range(reference.last_slot + 1, reference.last_slot + slots + 1))
    collector = None if rewarded is None else rewarded.get("recipient_key")
    why = "it has no reward row" + ("" if collector in (None, account) else f": {collector} received the commission")
    earlier = _rewarded(before, account, range(reference.first_slot, reference.last_slot + 1))
    return _by_rows(now, own, earlier, lack, why)


def _of_identity(reference: Reference, key: str, account: str, grounds: BalanceGrounds) -> Row:
    """Between the fees of the last block it led in the period before and those of the last one in this period."""
    now, before = fetch_about(grounds.fees, key), fetch_about(grounds.fees_before, key)
    lack = _not_final(grounds.fee_rows.get(key), now, "its block fees are not known")
    if account == UNKNOWN:
        lack = lack or Missing(FigureState.UNAVAILABLE, "its identity is not known")
    own = _rewarded(now, account, range(reference.first_slot, reference.last_slot + 1))
    # Of blocks that were not all read, the newest one that was need not be the last.
    is_whole = before is not None and before.state is FigureState.FINAL
    earlier = _rewarded(before if is_whole else None, account, range(reference.first_slot))
    return _by_rows(now, own, earlier, lack, "it led no block with fees in the period")


def _not_final(row: Row | None, fetch: StagedFetch | None, why: str) -> Missing | None:
    if row is None:
        return missing(fetch, why)
    state = FigureState(row["state"])
    return None if state is FigureState.FINAL else Missing(state, f"{why}: {row['reason']}")


def _rewarded(fetch: StagedFetch | None, account: str, slots: range) -> AccountMoves:
    """The reward rows of an account in some slots, as far as a fetch shows any."""
    if fetch is None:
        return AccountMoves(())
    shown = _moves(fetch, {account})
    rows = [one for one in shown.rows if one.kind is MoveKind.REWARD and one.slot in slots]
    return AccountMoves(rows, shown.problems)


def _by_rows(
    fetch: StagedFetch | None, own: AccountMoves, before: AccountMoves, lack: Missing | None, without: str
) -> Row:
    source: Row = {} if fetch is None else {"source_fetch": fetch.fetch_id}
    problems = [*own.problems, *before.problems]
    if lack is None and (problems or not own.rows):
        lack = missing(fetch, listed(problems) if problems else f"{without}: what it holds is not told")
    if lack is not None:
        return source | lack.columns
    last = own.rows[-1]
    if not before.rows:
        edge: Row = {
            "end_slot": last.slot,
            "balance_end": last.after,
            "rewards": total(one.amount for one in own.rows),
            "moves": len(own.rows),
        }
        why = "no reward row of the period before tells what it held then"
        return source | edge | Missing(FigureState.UNAVAILABLE, why).columns | {"method": BalancedBy.REWARD_ROWS.value}
    start = before.rows[-1]
    return source | _explained(BalancedBy.REWARD_ROWS, (start.slot, start.after), own.rows, {})

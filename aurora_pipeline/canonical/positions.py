"""Stake on each validator during the period: every delegated account, and the vote account's own total beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from aurora_pipeline.asking.reading import while_reading
from aurora_pipeline.canonical.tables import POSITIONS
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.money import total
from aurora_pipeline.sources.fetch_choice import Missing, Once, fetch_about, missing, unknown_kind
from aurora_pipeline.sources.files.layer_rows import odd_in_files, positions_from_file
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.result import LayerResult, Row, missing_rows, nothing_known, was_asked
from aurora_pipeline.sources.solana.accounts import NO_HISTORY, StakeAccount, StakeHistory
from aurora_pipeline.sources.solana.positions import delegated, vote_stake
from aurora_pipeline.sources.solana.stake_activation import activation, observed_stake_history
from aurora_pipeline.sources.solanabeach.tells import positions_from_solanabeach
from aurora_pipeline.store.declaration import Completeness, FigureState
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.payloads import StagedFetch

NO_TOTAL = "NO_TOTAL"
"""The source lists stake accounts, and nothing that says how much they have to sum to."""
NO_STAKE = "NO_STAKE"
"""A complete list shows no active stake on the validator."""
PositionsReader = Callable[[Reference, str, StagedFetch, Once], list[Row]]
ListedAccounts = tuple[list[StakeAccount], int | None] | Missing


def canonical_positions(reference: Reference, fetches: Sequence[StagedFetch]) -> LayerResult:
    """A VALIDATOR row per operated validator and an ACCOUNT row per stake account delegated to it.

    Where the accounts do not sum to the vote account's active stake, the VALIDATOR row is PARTIAL and says both.
    """
    once = Once()
    # A frame per validator: the rows of all of them as objects would take several times the memory.
    frames, states, telling, present = [], set(), [], []
    with while_reading(sum(len(answer.body) for fetch in fetches for answer in fetch.answers)):
        for key in reference.keys:
            rows = _rows(reference, key, fetch_about(fetches, key), once)
            frames.append(frame_of(POSITIONS, rows))
            states |= {row["state"] for row in rows}
            telling += [row for row in rows[:1] if was_asked(row)]
            present += rows[:1]
    violations = missing_rows(POSITIONS, reference.keys, present)
    if present and not telling:
        violations.append(nothing_known(POSITIONS, present))
    return LayerResult(
        frame=pl.concat(frames) if frames else frame_of(POSITIONS, []),
        completeness=Completeness.FINAL if states <= {FigureState.FINAL.value} else Completeness.PARTIAL,
        violations=tuple(violations),
        warnings=tuple(odd_in_files(reference, fetches, DataType.POSITIONS)),
    )


def _rows(reference: Reference, key: str, fetch: StagedFetch | None, once: Once) -> list[Row]:
    start = {**reference.row(key), "row_kind": "VALIDATOR", "account_key": key}
    if fetch is None:
        return [start | missing(None).columns]
    start["source_fetch"] = fetch.fetch_id
    reader = _READERS.get(fetch.kind)
    if reader is None:
        return [start | unknown_kind(fetch, _READERS).columns]
    return [start | row for row in reader(reference, key, fetch, once)]


def _from_solana_rpc(reference: Reference, key: str, fetch: StagedFetch, once: Once) -> list[Row]:
    accounts = delegated(key, fetch, once)
    stake = vote_stake(key, fetch, once)
    if isinstance(accounts, Missing):
        known_total = stake if isinstance(stake, int) else None
        state = FigureState.PARTIAL if known_total is not None else accounts.state
        return [{"active_stake": known_total, "state": state.value, "reason": accounts.reason}]
    history = observed_stake_history(fetch, once)
    rows = [_account_row(account, reference.epoch, history) for account in accounts]
    return [_validator_row(rows, stake), *rows]


def _listed(read: Callable[[Reference, str, StagedFetch, Once], ListedAccounts]) -> PositionsReader:
    """A reader of a source that lists accounts, with the validator's total or without."""

    def rows(reference: Reference, key: str, fetch: StagedFetch, once: Once) -> list[Row]:
        told = read(reference, key, fetch, once)
        if isinstance(told, Missing):
            return [told.columns]
        accounts = [_account_row(account, reference.epoch, NO_HISTORY) for account in told[0]]
        if told[1] is not None or not accounts:
            return [_validator_row(accounts, told[1]), *accounts]
        held = total([row["active_stake"] for row in accounts])
        return [_validator_row(accounts, held) | {"reason": NO_TOTAL}, *accounts]

    return rows


_READERS: dict[str, PositionsReader] = {
    "solana_rpc": _from_solana_rpc,
    "solanabeach": _listed(positions_from_solanabeach),
    "file": _listed(positions_from_file),
}


def _validator_row(accounts: Sequence[Row], vote_stake: int | Missing | None) -> Row:
    """The vote account's total as the chain says it; null where it does not, however much the accounts hold."""
    sums = {
        name: total([row[name] for row in accounts])
        for name in ("active_stake", "activating_stake", "deactivating_stake")
    }
    held = sums["active_stake"]
    if isinstance(vote_stake, Missing):
        state, reason = FigureState.PARTIAL, f"{vote_stake.reason}; its stake accounts hold {held}"
        return sums | {"active_stake": None, "state": state.value, "reason": reason}
    if vote_stake is None and held > 0:
        reason = f"the vote account is not listed, but its stake accounts hold {held}"
        return sums | {"active_stake": None, "state": FigureState.PARTIAL.value, "reason": reason}
    if vote_stake != held and vote_stake is not None:
        reason = f"its stake accounts hold {held} of active stake, the vote account says {vote_stake}"
        return sums | {"active_stake": vote_stake, "state": FigureState.PARTIAL.value, "reason": reason}
    return sums | {"state": FigureState.FINAL.value, "reason": NO_STAKE if held == 0 else None}


def _account_row(account: StakeAccount, epoch: int, history: StakeHistory) -> Row:
    seen = activation(account.stake, account.activation_epoch, account.deactivation_epoch, epoch, history)
    return {
        "row_kind": "ACCOUNT",
        "account_key": account.stake_key,
        "staker_key": account.staker_key,
        "withdrawer_key": account.withdrawer_key,
        "active_stake": seen.active,
        "activating_stake": seen.activating,
        "deactivating_stake": seen.deactivating,
        "state": FigureState.FINAL.value,
    }

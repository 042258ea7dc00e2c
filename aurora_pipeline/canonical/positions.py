"""Stake on each validator during the period: every delegated account, and the validator's own total beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from aurora_pipeline.asking.reading import while_reading
from aurora_pipeline.canonical.believed import problem_of
from aurora_pipeline.canonical.heard import heard
from aurora_pipeline.canonical.tables import POSITIONS
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.result import LayerResult, Row, grounds, was_asked
from aurora_pipeline.sources.told import AccountStake, Missing, PositionsTold, StakeTotal
from aurora_pipeline.store.declaration import Completeness, FigureState
from aurora_pipeline.store.frames import exact_series, frame_of, frame_schema
from aurora_pipeline.store.payloads.fetches import StagedFetch

NO_TOTAL = "NO_TOTAL"
"""The source lists stake accounts, and nothing that says how much they have to sum to."""
NO_STAKE = "NO_STAKE"
"""A complete list shows no active stake on the validator."""


def canonical_positions(reference: Reference, fetches: Sequence[StagedFetch]) -> LayerResult:
    """A VALIDATOR row per operated validator and an ACCOUNT row per stake account delegated to it.

    Where the accounts do not sum to the validator's active stake, the VALIDATOR row is PARTIAL and says both.
    """
    told = heard(reference, fetches, DataType.POSITIONS, lambda source: source.tells.positions)
    # A frame per validator: the rows of all of them as objects would take several times the memory.
    frames: dict[str, pl.DataFrame] = {}
    first_rows: dict[str, Row] = {}
    with while_reading(sum(len(answer.body) for fetch in fetches for answer in fetch.answers)):
        for key, fetch, said in told:
            item = said if isinstance(said, Missing) else _believed(said, fetch)
            row = _validator_row(reference, key, fetch, item)
            frames[key], first_rows[key] = pl.concat([frame_of(POSITIONS, [row]), _accounts(row, item)]), row
    present = [first_rows[key] for key in reference.keys]
    is_final = all(row["state"] == FigureState.FINAL for row in present)
    return LayerResult(
        POSITIONS,
        frame=pl.concat([frames[key] for key in reference.keys] or [frame_of(POSITIONS, [])]),
        completeness=Completeness.FINAL if is_final else Completeness.PARTIAL,
        grounds=grounds(reference.keys, map(was_asked, present)),
        warnings=tuple(told.warnings),
    )


def _believed(told: PositionsTold, fetch: StagedFetch | None) -> PositionsTold:
    """What is told, without stake that cannot be: one such account, and none of them is known."""
    accounts, whole = told.accounts, told.total
    if not isinstance(accounts, Missing):
        amounts = (
            ("active_stake", [one.active for one in accounts]),
            ("activating_stake", [one.activating for one in accounts]),
            ("deactivating_stake", [one.deactivating for one in accounts]),
        )
        problems = [problem_of(POSITIONS, name, values, fetch) for name, values in amounts]
        wrong = next((problem for problem in problems if problem is not None), None)
        accounts = accounts if wrong is None else Missing(FigureState.UNAVAILABLE, wrong)
    if whole is not None and whole.active is not None and not isinstance(whole.active, Missing):
        wrong = problem_of(POSITIONS, "active_stake", [whole.active], fetch)
        whole = whole if wrong is None else replace(whole, active=Missing(FigureState.UNAVAILABLE, wrong))
    return replace(told, accounts=accounts, total=whole)


def _validator_row(reference: Reference, key: str, fetch: StagedFetch | None, told: PositionsTold | Missing) -> Row:
    source = {} if fetch is None else {"source_fetch": fetch.fetch_id}
    row = reference.row(key) | source | {"row_kind": "VALIDATOR", "account_key": key}
    if isinstance(told, Missing):
        return row | told.columns
    if isinstance(told.accounts, Missing):
        known = None if told.total is None or isinstance(told.total.active, Missing) else told.total.active
        state = told.accounts.state if known is None else FigureState.PARTIAL
        return row | {"active_stake": known, "state": state.value, "reason": told.accounts.reason}
    return row | _summed(told.accounts, told.total)


def _accounts(validator: Row, told: PositionsTold | Missing) -> pl.DataFrame:
    """The rows of a validator's stake accounts, made column by column: there can be very many."""
    accounts = () if isinstance(told, Missing) or isinstance(told.accounts, Missing) else told.accounts
    columns = {
        "account_key": pl.Series([one.account_key for one in accounts], dtype=pl.String),
        "staker_key": pl.Series([one.staker_key for one in accounts], dtype=pl.String),
        "withdrawer_key": pl.Series([one.withdrawer_key for one in accounts], dtype=pl.String),
        "active_stake": exact_series("active_stake", [one.active for one in accounts]),
        "activating_stake": exact_series("activating_stake", [one.activating for one in accounts]),
        "deactivating_stake": exact_series("deactivating_stake", [one.deactivating for one in accounts]),
    }
    same = {name: validator.get(name) for name in ("chain_id", "epoch", "validator_key", "source_fetch")}
    same |= {"row_kind": "ACCOUNT", "state": FigureState.FINAL.value, "reason": None}
    types = frame_schema(POSITIONS)
    constant = [pl.lit(value, dtype=types[name]).alias(name) for name, value in same.items()]
    return pl.DataFrame(columns).with_columns(constant).select(list(types))


def _summed(accounts: Sequence[AccountStake], due: StakeTotal | None) -> Row:
    """What the accounts hold, held against the total that is told; null where that is not known, whatever they hold."""
    held = total([one.active for one in accounts])
    sums: Row = {
        "active_stake": held,
        "activating_stake": total([one.activating for one in accounts]),
        "deactivating_stake": total([one.deactivating for one in accounts]),
    }
    if due is None and accounts:
        return sums | {"state": FigureState.FINAL.value, "reason": NO_TOTAL}
    problem, known = (None, held) if due is None else _off(held, due)
    if problem is not None:
        return sums | {"active_stake": known, "state": FigureState.PARTIAL.value, "reason": problem}
    return sums | {"state": FigureState.FINAL.value, "reason": NO_STAKE if held == 0 else None}


def _off(held: Amount, due: StakeTotal) -> tuple[str | None, Amount | None]:
    """Why the accounts do not prove the validator's stake, and how much that is; no reason where they do."""
    if isinstance(due.active, Missing):
        return f"{due.active.reason}; its stake accounts hold {held}", None
    if due.active is None:
        return (f"{due.said_by} is not listed, but its stake accounts hold {held}" if held > 0 else None), None
    if due.active != held:
        return f"its stake accounts hold {held} of active stake, {due.said_by} says {due.active}", due.active
    return None, held

"""Stake on each validator during the period: every delegated account, and the validator's own total beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

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
from aurora_pipeline.store.frames import exact_series, frame_of
from aurora_pipeline.store.payloads.fetches import StagedFetch

_ROWS_PER_FRAME: Final = 2**14
_PLACE: Final = "place"
NO_TOTAL = "NO_TOTAL"
"""The source lists stake accounts, and nothing that says how much they have to sum to."""
NO_STAKE = "NO_STAKE"
"""A complete list shows no active stake on the validator."""


def canonical_positions(reference: Reference, fetches: Sequence[StagedFetch]) -> LayerResult:
    """A VALIDATOR row per operated validator and an ACCOUNT row per stake account delegated to it.

    Where the accounts do not sum to the validator's active stake, the VALIDATOR row is PARTIAL and says both.
    """
    told = heard(reference, fetches, DataType.POSITIONS, lambda source: source.tells.positions)
    collected, first_rows = _Frames(reference.keys), dict[str, Row]()
    with while_reading(sum(len(answer.body) for fetch in fetches for answer in fetch.answers)):
        for key, fetch, said in told:
            item = said if isinstance(said, Missing) else _believed(said, fetch)
            accounts = () if isinstance(item, Missing) or isinstance(item.accounts, Missing) else item.accounts
            first_rows[key] = _validator_row(reference, key, fetch, item)
            collected.add(first_rows[key], accounts)
    present = [first_rows[key] for key in reference.keys]
    is_final = all(row["state"] == FigureState.FINAL for row in present)
    return LayerResult(
        POSITIONS,
        frame=collected.in_order(),
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


class _Frames:
    """The rows of validators and of their accounts, made into frames some thousands at a time.

    All of them as objects would take several times the memory; a frame for each of ten thousand validators with one
    account takes longer than all the rest.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._place = {key: place for place, key in enumerate(keys)}
        self._validators: list[Row] = []
        self._accounts: list[tuple[int, Sequence[AccountStake]]] = []
        self._waiting = 0
        self._frames: list[pl.DataFrame] = []

    def add(self, validator: Row, accounts: Sequence[AccountStake]) -> None:
        """A validator's own row, and its accounts."""
        self._accounts.append((len(self._validators), accounts))
        self._validators.append(validator)
        self._waiting += 1 + len(accounts)
        if self._waiting >= _ROWS_PER_FRAME:
            self._make()

    def in_order(self) -> pl.DataFrame:
        """All rows: by validator as they are operated, each one's own row first."""
        self._make()
        return pl.concat(self._frames).sort(_PLACE, maintain_order=True).drop(_PLACE)

    def _make(self) -> None:
        own = frame_of(POSITIONS, self._validators)
        own = own.with_columns(pl.Series(_PLACE, [self._place[key] for key in own["validator_key"]], dtype=pl.Int64))
        accounts = [one for _, some in self._accounts for one in some]
        whose = pl.Series([at for at, some in self._accounts for _ in some], dtype=pl.UInt32)
        columns = {
            "row_kind": pl.repeat("ACCOUNT", len(accounts), dtype=pl.String, eager=True),
            "account_key": pl.Series([one.account_key for one in accounts], dtype=pl.String),
            "staker_key": pl.Series([one.staker_key for one in accounts], dtype=pl.String),
            "withdrawer_key": pl.Series([one.withdrawer_key for one in accounts], dtype=pl.String),
            "active_stake": exact_series("active_stake", [one.active for one in accounts]),
            "activating_stake": exact_series("activating_stake", [one.activating for one in accounts]),
            "deactivating_stake": exact_series("deactivating_stake", [one.deactivating for one in accounts]),
            "state": pl.repeat(FigureState.FINAL.value, len(accounts), dtype=pl.String, eager=True),
            "reason": pl.repeat(None, len(accounts), dtype=pl.String, eager=True),
        }
        same = {name: own[name].gather(whose) for name in own.columns if name not in columns}
        self._frames += [own, pl.DataFrame(same | columns).select(own.columns)]
        self._validators, self._accounts, self._waiting = [], [], 0


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

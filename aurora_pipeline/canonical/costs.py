"""Costs per validator: what the sources tell, what the operator entered; due and promised ones always have a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import polars as pl

from aurora_pipeline.canonical.believed import believed, told_if_final
from aurora_pipeline.canonical.heard import heard
from aurora_pipeline.canonical.promised_costs import NO_PROMISES, Promises
from aurora_pipeline.canonical.tables import COSTS
from aurora_pipeline.config.vocabulary import CostType, DataType
from aurora_pipeline.foundation.money import stored_amount
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.sources.fetch_choice import missing
from aurora_pipeline.sources.kinds import SOURCES
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.result import LayerResult, Row, layer_result, was_asked
from aurora_pipeline.sources.told import ESTIMATE, CostsTold, CostTold, Missing
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline.store.payloads.tables import Verdict

NOT_ENTERED = "not entered: `aurora costs import` takes it from a CSV file"
_SHARING: Final = CostType.PRIORITY_FEE_SHARING.value
_SAYS: Mapping[str | None, str] = {"CHAIN": "the chain", "FILE": "the file", "PROVIDER": "the provider"}


def canonical_costs(
    reference: Reference,
    fetches: Sequence[StagedFetch],
    entries: pl.DataFrame,
    costs_due: Sequence[CostType],
    tips: Sequence[StagedFetch] = (),
    promises: Promises = NO_PROMISES,
    penalties: Mapping[str, Mapping[str, Row]] = MappingProxyType({}),
    always: AbstractSet[CostType] = frozenset({CostType.VOTE_FEES}),
) -> LayerResult:
    """Typed costs and other income. `entries` are the newest revisions the operator entered (COST_ENTRIES), `tips` the
    fetches of tips, which may tell what was shared of priority fees, `penalties` what validators lost, `always` what
    every validator of the chain pays: where nothing is told, that is missing; and none of it is a figure.

    What the chain says wins over an entry of the same type, and an entry over an estimate. A cost that nobody promised,
    is not due and not known has no row.
    """
    warnings = list[str]()
    by_fetches = heard(reference, fetches, DataType.COSTS, lambda source: source.tells.costs)
    told = {key: _told_costs(fetch, item, promises, always) for key, fetch, item in by_fetches}
    beside = _costs_beside(reference, tips, promises)
    entered = _entered(entries)
    rows: list[Row] = []
    for validator in reference.validators:
        key = validator.validator_key
        known = _completed(told[key], {**beside.get(key, {}), **penalties.get(key, {})})
        rows += _validator_rows(reference, validator, known, entered, costs_due, always, warnings)
    warnings += by_fetches.warnings
    if not any(row["entry_type"] == _SHARING for row in rows):
        warnings += _sharing_not_told(tips)
    strangers = sorted({key for key, _ in entered} - reference.operated)
    warnings += [f"{key}: costs were entered, but it was not operated in this period" for key in strangers]
    return layer_result(
        COSTS,
        rows,
        due=reference.keys,
        # Where somebody was asked about costs, a due one that nobody tells or entered holds back nothing else.
        says_something=[was_asked(row) or told[row["validator_key"]].was_asked for row in rows],
        states=[row["state"] for row in rows],
        warnings=warnings,
    )


@dataclass(frozen=True)
class _Costs:
    """A validator's costs by type, as rows."""

    rows: Mapping[str, Row]
    owed: frozenset[str]
    """Types that are missing in the books where they are missing here, due or not."""
    was_asked: bool


def _told_costs(
    fetch: StagedFetch | None, told: CostsTold | Missing, promises: Promises, always: AbstractSet[CostType]
) -> _Costs:
    """What a validator's fetch tells; where it failed, whatever its provider or one before it promised is missing."""
    if isinstance(told, Missing):
        told = CostsTold({one.value: CostTold.missing(told) for one in sorted(always)})
    rows = {name: _row(fetch, cost) for name, cost in told.costs.items()}
    owed = {name for name in told.owed if name in rows and rows[name]["amount"] is None}
    if fetch is None or fetch.state is not FigureState.FINAL:
        lack = CostTold.missing(missing(None) if fetch is None else _not_told(fetch))
        promised = {name for name in promises.of(DataType.COSTS) if name not in rows}
        rows |= dict.fromkeys(sorted(promised), _row(fetch, lack))
        owed |= promised
    return _Costs(rows, frozenset(owed), fetch is not None)


def _row(fetch: StagedFetch | None, cost: CostTold) -> Row:
    row: Row = {
        "amount": cost.amount,
        "origin": cost.origin,
        "method": cost.method,
        "state": cost.state.value,
        "reason": cost.reason,
        "source_fetch": None if fetch is None else fetch.fetch_id,
    }
    return told_if_final(believed(COSTS, row, ("amount", "origin", "method"), fetch), "amount", fetch)


def _costs_beside(
    reference: Reference, tips: Sequence[StagedFetch], promises: Promises
) -> Mapping[str, Mapping[str, Row]]:
    """The costs that answers about tips tell, by validator.

    Where they are promised, a fallback that tells tips alone leaves them missing; else they have no row.
    """
    found: dict[str, Mapping[str, Row]] = {}
    for key, fetch, told in heard(reference, tips, DataType.MEV, lambda source: source.costs_beside.get(DataType.MEV)):
        if isinstance(told, CostsTold):
            found[key] = {name: _row(fetch, cost) for name, cost in told.costs.items()}
        elif fetch is not None and fetch.state is not FigureState.FINAL:
            lack = _row(fetch, CostTold.missing(_not_told(fetch)))
            found[key] = dict.fromkeys(sorted(promises.of(DataType.MEV)), lack)
    return found


def _not_told(fetch: StagedFetch) -> Missing:
    """What to say of a cost that a fetch should tell and does not: pending where its provider is asked again."""
    lack = missing(fetch)
    if fetch.state is not FigureState.PARTIAL:
        return lack
    is_late = fetch.verdict is Verdict.AWAITS_MORE
    return Missing(FigureState.PENDING if is_late else FigureState.UNAVAILABLE, lack.reason)


def _sharing_not_told(tips: Sequence[StagedFetch]) -> list[str]:
    """A warning where tips come from a source that tells nothing of what was shared."""
    tellers = {kind for kind, source in SOURCES.items() if DataType.MEV in source.costs_beside}
    others = {fetch.provider for fetch in tips if fetch.kind not in tellers and fetch.state is FigureState.FINAL}
    if not others:
        return []
    return [
        f"tips come from {', '.join(sorted(others))}, which does not tell {_SHARING}: where validators"
        " share their priority fees, enter it (`aurora costs import`), or name it in costs_due"
    ]


def _completed(told: _Costs, beside: Mapping[str, Row]) -> _Costs:
    """What is told beside tips fills what is not told of costs; where it is missing there too, it is owed."""
    more = {name: row for name, row in beside.items() if told.rows.get(name, {}).get("amount") is None}
    missing_there = {name for name, row in more.items() if row["amount"] is None}
    return _Costs({**told.rows, **more}, told.owed | missing_there, told.was_asked)


def _validator_rows(
    reference: Reference,
    validator: OperatedValidator,
    told: _Costs,
    entered: Mapping[tuple[str, str], Amount],
    costs_due: Sequence[CostType],
    always: AbstractSet[CostType],
    warnings: list[str],
) -> list[Row]:
    """A validator's rows; a cost that is due or owed has one even where it is missing, any other is warned about."""
    key = validator.validator_key
    needed = {*told.owed, *(cost.value for cost in costs_due)}
    figures = {name: _entry(amount) for (of, name), amount in sorted(entered.items()) if of == key}
    for name, row in told.rows.items():
        by_hand = figures.get(name)
        if row["amount"] is None:
            if by_hand is None and name in needed:
                figures[name] = row
            elif by_hand is None:
                warnings.append(f"{key}: {name}, which are not due, are {row['state']}: {row['reason']}")
            continue
        if by_hand is not None and by_hand["amount"] != row["amount"]:
            warnings.append(
                f"{key}: {name} entered as {by_hand['amount']}, {_SAYS[row['origin']]} says {row['amount']}"
            )
        is_nothing = row["amount"] == 0 and name not in needed and name not in always
        if (by_hand is None or row["method"] != ESTIMATE) and not (is_nothing and by_hand is None):
            figures[name] = row
    for cost in costs_due:
        figures.setdefault(cost.value, Missing(FigureState.UNAVAILABLE, NOT_ENTERED).columns)
    return [{**reference.row(key), "entry_type": name, **figure} for name, figure in sorted(figures.items())]


def _entry(amount: Amount) -> Row:
    return {"amount": amount, "origin": "OPERATOR", "state": FigureState.FINAL.value}


def _entered(entries: pl.DataFrame) -> dict[tuple[str, str], Amount]:
    """What the operator entered, by validator and type; withdrawn entries left out."""
    rows = entries.select("validator_key", "entry_type", "amount").iter_rows()
    return {(key, name): stored_amount(amount) for key, name, amount in rows if amount is not None}

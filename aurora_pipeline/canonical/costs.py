"""Costs per validator: what the chain and the tip trees say, what the operator entered; due ones always have a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from aurora_pipeline.canonical.from_apis import costs_from_trillium
from aurora_pipeline.canonical.from_files import costs_from_file
from aurora_pipeline.canonical.reference import OperatedValidator, Reference
from aurora_pipeline.canonical.result import LayerResult, Row, layer_result, was_asked
from aurora_pipeline.canonical.shared_fees import fees_shared
from aurora_pipeline.canonical.staged import Missing, Once, fetch_about, missing, unknown_kind
from aurora_pipeline.canonical.tables import COSTS
from aurora_pipeline.canonical.vote_fees import ESTIMATE, EXACT, chain_costs, costs_on_chain, vote_fees_missing
from aurora_pipeline.config.vocabulary import CostType
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads import StagedFetch

NOT_ENTERED = "not entered: `aurora costs import` takes it from a CSV file"
_NODE = "solana_rpc"
Reader = Callable[[Reference, str, StagedFetch, Once], Mapping[str, int] | Missing]


def canonical_costs(
    reference: Reference,
    fetches: Sequence[StagedFetch],
    entries: pl.DataFrame,
    costs_due: Sequence[CostType],
    tips: Sequence[StagedFetch] = (),
) -> LayerResult:
    """Typed costs and other income. `entries` are the newest revisions the operator entered (COST_ENTRIES), `tips` the
    fetches of the tip trees, which tell what was shared of priority fees.

    What the chain says wins over an entry of the same type, and an entry over an estimate. A cost that is not due and
    not known has no row.
    """
    once, warnings = Once(), list[str]()
    on_chain = {fetch.fetch_id: chain_costs(reference, fetch) for fetch in fetches if fetch.kind == _NODE}
    shared = fees_shared(reference, tips)
    entered = _entered(entries)
    rows: list[Row] = []
    for validator in reference.validators:
        fetch = fetch_about(fetches, validator.validator_key)
        if fetch is None:
            told = vote_fees_missing(missing(None))
        elif fetch.fetch_id in on_chain:
            told = costs_on_chain(reference, validator, on_chain[fetch.fetch_id], once, warnings)
        else:
            told = _from_others(reference, validator.validator_key, fetch, once)
        if validator.validator_key in shared:
            told.setdefault(CostType.PRIORITY_FEE_SHARING.value, shared[validator.validator_key])
        rows += _validator_rows(reference, validator, told, entered, costs_due, warnings)
    strangers = sorted({key for key, _ in entered} - set(reference.keys))
    warnings += [f"{key}: costs were entered, but it was not operated in this period" for key in strangers]
    return layer_result(
        COSTS,
        rows,
        says_something=map(was_asked, rows),
        states=[row["state"] for row in rows],
        warnings=warnings,
    )


def _from_others(reference: Reference, key: str, fetch: StagedFetch, once: Once) -> dict[str, Row]:
    """What another source says, by type; where it cannot be read, vote fees say why."""
    source = {"source_fetch": fetch.fetch_id}
    reader = _READERS.get(fetch.kind)
    told = unknown_kind(fetch, (_NODE, *_READERS)) if reader is None else reader(reference, key, fetch, once)
    if isinstance(told, Missing):
        return {name: source | row for name, row in vote_fees_missing(told).items()}
    method = _METHODS.get(fetch.kind, EXACT)
    figures = {name: _figure(amount, method) for name, amount in told.items()}
    return {name: source | figure for name, figure in figures.items()}


def _figure(amount: int, method: str) -> Row:
    return {"amount": amount, "origin": "CHAIN", "method": method, "state": FigureState.FINAL.value}


def _validator_rows(
    reference: Reference,
    validator: OperatedValidator,
    told: Mapping[str, Row],
    entered: Mapping[tuple[str, str], int],
    costs_due: Sequence[CostType],
    warnings: list[str],
) -> list[Row]:
    key = validator.validator_key
    due = {cost.value for cost in costs_due}
    figures = {name: _entry(amount) for (of, name), amount in sorted(entered.items()) if of == key}
    for name, row in told.items():
        by_hand = figures.get(name)
        if row.get("amount") is None:
            if by_hand is None and name in due:
                figures[name] = row
            elif by_hand is None:
                warnings.append(f"{key}: {name}, which are not due, are {row['state']}: {row['reason']}")
            continue
        if by_hand is not None and by_hand["amount"] != row["amount"]:
            warnings.append(f"{key}: {name} entered as {by_hand['amount']}, the chain says {row['amount']}")
        is_nothing = row["amount"] == 0 and name not in due and name != CostType.VOTE_FEES.value
        if (by_hand is None or row.get("method") != ESTIMATE) and not (is_nothing and by_hand is None):
            figures[name] = row
    for cost in costs_due:
        figures.setdefault(cost.value, Missing(FigureState.UNAVAILABLE, NOT_ENTERED).columns)
    return [{**reference.row(key), "entry_type": name, **figure} for name, figure in sorted(figures.items())]


def _entry(amount: int) -> Row:
    return {"amount": amount, "origin": "OPERATOR", "state": FigureState.FINAL.value}


def _entered(entries: pl.DataFrame) -> dict[tuple[str, str], int]:
    """What the operator entered, by validator and type; withdrawn entries left out."""
    rows = entries.select("validator_key", "entry_type", "amount").iter_rows()
    return {(key, name): int(amount) for key, name, amount in rows if amount is not None}


_READERS: Mapping[str, Reader] = {"file": costs_from_file, "trillium": costs_from_trillium}
_METHODS: Mapping[str, str] = {"trillium": ESTIMATE}

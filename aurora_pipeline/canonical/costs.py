"""Costs per validator: what the chain and the tip trees say, what the operator entered; due ones always have a row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import polars as pl

from aurora_pipeline.canonical.promised_costs import NO_PROMISES, Promises
from aurora_pipeline.canonical.tables import COSTS
from aurora_pipeline.config.provider import FILE_KIND
from aurora_pipeline.config.vocabulary import CostType, DataType
from aurora_pipeline.sources.fetch_choice import Missing, Once, fetch_about, missing, unknown_kind
from aurora_pipeline.sources.files.answers import read_costs
from aurora_pipeline.sources.files.layer_rows import CORRECTED, cost_columns, costs_from_file, odd_in_files, why_zero
from aurora_pipeline.sources.jito.shared_fees import fees_shared, not_told, sharing_not_told
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.result import LayerResult, Row, layer_result, was_asked
from aurora_pipeline.sources.solana.vote_fees import ESTIMATE, chain_costs, costs_on_chain, vote_fees_missing
from aurora_pipeline.sources.trillium.tells import costs_from_trillium
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads import StagedFetch

NOT_ENTERED = "not entered: `aurora costs import` takes it from a CSV file"
_NODE = "solana_rpc"
CostsReader = Callable[[Reference, str, StagedFetch, Once], Mapping[str, int] | Missing]


def canonical_costs(
    reference: Reference,
    fetches: Sequence[StagedFetch],
    entries: pl.DataFrame,
    costs_due: Sequence[CostType],
    tips: Sequence[StagedFetch] = (),
    promises: Promises = NO_PROMISES,
) -> LayerResult:
    """Typed costs and other income. `entries` are the newest revisions the operator entered (COST_ENTRIES), `tips` the
    fetches of the tip trees, which tell what was shared of priority fees.

    What the chain says wins over an entry of the same type, and an entry over an estimate. A cost that nobody promised,
    is not due and not known has no row.
    """
    once, warnings = Once(), list[str]()
    # Blocks are gone through once; anybody else's one answer is looked at for every validator.
    fetches = [one if one.kind == _NODE else replace(one, answers=tuple(one.answers)) for one in fetches]
    on_chain = {fetch.fetch_id: chain_costs(reference, fetch) for fetch in fetches if fetch.kind == _NODE}
    sharing = CostType.PRIORITY_FEE_SHARING.value
    shared = fees_shared(reference, tips, sharing in promises.of(DataType.MEV))
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
        untold = _untold(fetch, told, promises)
        told |= untold
        if validator.validator_key in shared and (told.get(sharing) or {}).get("amount") is None:
            told[sharing] = shared[validator.validator_key]
            untold |= {} if told[sharing].get("amount") is not None else {sharing: told[sharing]}
        needed = {*untold, *(cost.value for cost in costs_due)}
        rows += _validator_rows(reference, validator, told, entered, costs_due, needed, warnings)
    warnings += odd_in_files(reference, fetches, DataType.COSTS)
    if not any(row["entry_type"] == sharing for row in rows):
        warnings += sharing_not_told(tips)
    strangers = sorted({key for key, _ in entered} - set(reference.keys))
    warnings += [f"{key}: costs were entered, but it was not operated in this period" for key in strangers]
    return layer_result(
        COSTS,
        rows,
        # Where somebody was asked about costs, a due one that nobody tells or entered holds back nothing else.
        says_something=[was_asked(row) or fetch_about(fetches, row["validator_key"]) is not None for row in rows],
        states=[row["state"] for row in rows],
        warnings=warnings,
    )


def _from_others(reference: Reference, key: str, fetch: StagedFetch, once: Once) -> dict[str, Row]:
    """What another source says, by type; where it cannot be read, what it should tell says why."""
    source = {"source_fetch": fetch.fetch_id}
    reader = _READERS.get(fetch.kind)
    told = unknown_kind(fetch, (_NODE, *_READERS)) if reader is None else reader(reference, key, fetch, once)
    columns = cost_columns(fetch) if fetch.kind == FILE_KIND else frozenset()
    if isinstance(told, Missing):
        lacking = dict.fromkeys(columns, told.columns) if fetch.kind == FILE_KIND else vote_fees_missing(told)
        return {name: source | row for name, row in lacking.items()}
    known = {"state": FigureState.FINAL.value, **_ORIGINS[fetch.kind]}
    empty = missing(fetch, f"its cell in the file is empty{CORRECTED}").columns
    if fetch.kind == FILE_KIND:
        known |= why_zero(read_costs, reference, key, fetch)
    figures = dict.fromkeys(columns, empty) | {name: {"amount": amount} | known for name, amount in told.items()}
    return {name: source | figure for name, figure in figures.items()}


def _untold(fetch: StagedFetch | None, told: Mapping[str, Row], promises: Promises) -> dict[str, Row]:
    """The promised costs that are missing: of a file's columns, and where a source failed of whatever it has."""
    columns = cost_columns(fetch) if fetch is not None and fetch.kind == FILE_KIND else frozenset()
    untold = {name: told[name] for name in columns if name in told and told[name].get("amount") is None}
    if fetch is None or fetch.state is not FigureState.FINAL:
        source: Row = {} if fetch is None else {"source_fetch": fetch.fetch_id}
        lack = missing(None) if fetch is None else not_told(fetch)
        untold |= {name: source | lack.columns for name in promises.of(DataType.COSTS) if name not in told}
    return untold


def _validator_rows(
    reference: Reference,
    validator: OperatedValidator,
    told: Mapping[str, Row],
    entered: Mapping[tuple[str, str], int],
    costs_due: Sequence[CostType],
    needed: Collection[str],
    warnings: list[str],
) -> list[Row]:
    """A validator's rows; a `needed` cost has one even where it is missing, any other is warned about."""
    key = validator.validator_key
    figures = {name: _entry(amount) for (of, name), amount in sorted(entered.items()) if of == key}
    for name, row in told.items():
        by_hand = figures.get(name)
        if row.get("amount") is None:
            if by_hand is None and name in needed:
                figures[name] = row
            elif by_hand is None:
                warnings.append(f"{key}: {name}, which are not due, are {row['state']}: {row['reason']}")
            continue
        if by_hand is not None and by_hand["amount"] != row["amount"]:
            warnings.append(
                f"{key}: {name} entered as {by_hand['amount']}, {_SAYS[row['origin']]} says {row['amount']}"
            )
        is_nothing = row["amount"] == 0 and name not in needed and name != CostType.VOTE_FEES.value
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


_READERS: Mapping[str, CostsReader] = {FILE_KIND: costs_from_file, "trillium": costs_from_trillium}
_ORIGINS: Mapping[str, Row] = {
    FILE_KIND: {"origin": "FILE"},
    "trillium": {"origin": "PROVIDER", "method": ESTIMATE},
}
_SAYS: Mapping[str, str] = {"CHAIN": "the chain", "FILE": "the file", "PROVIDER": "the provider"}

"""Costs per validator: vote fees read from the chain's blocks, and what the operator entered; due ones always a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from aurora_pipeline.canonical.reference import OperatedValidator, Reference
from aurora_pipeline.canonical.result import LayerResult, Row, layer_result, was_asked
from aurora_pipeline.canonical.staged import Missing, fetch_about, missing, unknown_kind
from aurora_pipeline.canonical.tables import COSTS
from aurora_pipeline.config.vocabulary import CostType
from aurora_pipeline.providers.reading import UnreadableAnswer
from aurora_pipeline.providers.solana_answers import VoteFees
from aurora_pipeline.providers.solana_blocks import read_vote_fees
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads import StagedFetch

NO_VOTES = "NO_VOTES"
"""The whole epoch's blocks hold no vote transaction the validator's identity paid for."""
NOT_ENTERED = "not entered: `aurora costs import` takes it from a CSV file"

PaidFees = Mapping[str, VoteFees] | UnreadableAnswer
Reader = Callable[[Reference, StagedFetch], PaidFees]


def canonical_costs(
    reference: Reference, fetches: Sequence[StagedFetch], entries: pl.DataFrame, costs_due: Sequence[CostType]
) -> LayerResult:
    """Typed costs and other income. `entries` are the newest revisions the operator entered (COST_ENTRIES).

    What the chain says wins over an entry of the same type. A cost that is not due and not known has no row.
    """
    paid = {fetch.fetch_id: _READERS[fetch.kind](reference, fetch) for fetch in fetches if fetch.kind in _READERS}
    warnings: list[str] = []
    rows: list[Row] = []
    entered = _entered(entries)
    for validator in reference.validators:
        on_chain = _vote_fees(reference, validator, fetches, paid, warnings)
        rows += _validator_rows(reference, validator, on_chain, entered, costs_due, warnings)
    strangers = sorted({key for key, _ in entered} - set(reference.keys))
    warnings += [f"{key}: costs were entered, but it was not operated in this period" for key in strangers]
    return layer_result(
        COSTS,
        rows,
        says_something=map(was_asked, rows),
        states=[row["state"] for row in rows],
        warnings=warnings,
    )


def _validator_rows(
    reference: Reference,
    validator: OperatedValidator,
    on_chain: Row,
    entered: Mapping[tuple[str, str], int],
    costs_due: Sequence[CostType],
    warnings: list[str],
) -> list[Row]:
    key = validator.validator_key
    figures = {name: _entry(amount) for (of, name), amount in sorted(entered.items()) if of == key}
    vote_fees = CostType.VOTE_FEES.value
    if on_chain.get("amount") is not None:
        by_hand = figures.get(vote_fees)
        if by_hand is not None and by_hand["amount"] != on_chain["amount"]:
            warnings.append(f"{key}: VOTE_FEES entered as {by_hand['amount']}, the chain says {on_chain['amount']}")
        figures[vote_fees] = on_chain
    elif vote_fees not in figures and CostType.VOTE_FEES in costs_due:
        figures[vote_fees] = on_chain
    elif vote_fees not in figures:
        warnings.append(f"{key}: VOTE_FEES, which are not due, are {on_chain['state']}: {on_chain['reason']}")
    for cost in costs_due:
        figures.setdefault(cost.value, Missing(FigureState.UNAVAILABLE, NOT_ENTERED).columns)
    return [{**reference.row(key), "entry_type": name, **figure} for name, figure in sorted(figures.items())]


def _entry(amount: int) -> Row:
    return {"amount": amount, "origin": "OPERATOR", "state": FigureState.FINAL.value}


def _entered(entries: pl.DataFrame) -> dict[tuple[str, str], int]:
    """What the operator entered, by validator and type; withdrawn entries left out."""
    rows = entries.select("validator_key", "entry_type", "amount").iter_rows()
    return {(key, name): int(amount) for key, name, amount in rows if amount is not None}


def _vote_fees(
    reference: Reference,
    validator: OperatedValidator,
    fetches: Sequence[StagedFetch],
    paid: Mapping[int, PaidFees],
    warnings: list[str],
) -> Row:
    """What the validator's identity paid for vote transactions, as the columns of a row."""
    fetch = fetch_about(fetches, validator.validator_key)
    if fetch is None:
        return missing(None).columns
    source = {"source_fetch": fetch.fetch_id}
    fees = paid.get(fetch.fetch_id)
    if fees is None:
        return source | unknown_kind(fetch, _READERS).columns
    if isinstance(fees, UnreadableAnswer):
        return source | missing(fetch, f"{fees.request_key}: {fees.problem}").columns
    nameless = reference.identity_problem(validator)
    if nameless is not None:
        return source | Missing(FigureState.UNAVAILABLE, nameless).columns
    known = fees.get(validator.identity_key or "")
    if known is None:
        warnings.append(
            f"{validator.validator_key}: identity {validator.identity_key} paid for no vote; is it the right one?"
        )
    amount, reason = (0, NO_VOTES) if known is None else (known.lamports, None)
    return source | {"amount": amount, "origin": "CHAIN", "state": FigureState.FINAL.value, "reason": reason}


def _from_solana_rpc(reference: Reference, fetch: StagedFetch) -> PaidFees:
    try:
        return read_vote_fees(fetch.answers, fetch.provider, reference.first_slot, reference.last_slot)
    except UnreadableAnswer as error:
        return error


_READERS: dict[str, Reader] = {"solana_rpc": _from_solana_rpc}

"""Block fees per validator, with the slots they are from where the source counts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aurora_pipeline.canonical.believed import believed, told_if_final
from aurora_pipeline.canonical.heard import heard
from aurora_pipeline.canonical.tables import FEES
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.contradictions import (
    contradicting_counts,
    fees_of_no_blocks,
    parts_that_differ,
    unproven_zero,
)
from aurora_pipeline.sources.fetch_choice import missing
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.result import LayerResult, Row, layer_result, was_asked
from aurora_pipeline.sources.told import FeesTold, Missing
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch

_COUNTS = ("leader_slots", "blocks_produced", "slots_skipped")
_AMOUNTS = ("fees", "base_fees", "priority_fees")


def canonical_fees(reference: Reference, fetches: Sequence[StagedFetch]) -> LayerResult:
    """One row per operated validator. Fees are those of the blocks it led, whoever received them."""
    found, warnings = _told(reference, fetches)
    rows = [
        {**reference.row(one.validator_key), "identity_key": one.identity_key, **found[one.validator_key]}
        for one in reference.validators
    ]
    return _result(reference, rows, warnings)


def fees_of_blocks(reference: Reference, validators: Sequence[Row], fetches: Sequence[StagedFetch] = ()) -> LayerResult:
    """The same where fees are made block by block: the rows of what all blocks of each validator paid it.

    Where blocks do not tell them, what a source of the operator's says of the whole period counts (`fetches`).
    """
    of_blocks = {row["validator_key"]: _of_blocks(row) for row in validators}
    said, warnings = _told(reference, fetches) if fetches else ({}, [])
    spoken_of = {fetch.subject for fetch in fetches}
    rows = [
        {
            **reference.row(one.validator_key),
            "identity_key": one.identity_key,
            **_known(of_blocks[one.validator_key], said if one.validator_key in spoken_of else {}, one.validator_key),
        }
        for one in reference.validators
        if one.validator_key in of_blocks
    ]
    return _result(reference, rows, warnings)


def _of_blocks(told: Row) -> Row:
    return {
        "leader_slots": told["slots_proposed"],
        "blocks_produced": told["blocks_proposed"],
        "slots_skipped": told["slots_missed"],
        **{name: told[name] for name in ("fees", "state", "reason", "source_fetch")},
    }


def _known(of_blocks: Row, said: Mapping[str, Row], key: str) -> Row:
    """What blocks tell; where they tell no fees, what a source says of them all, with the chain's own counts."""
    row = said.get(key)
    if of_blocks["fees"] is not None or row is None:
        return of_blocks
    return row | {name: of_blocks[name] for name in _COUNTS if of_blocks[name] is not None}


def _told(reference: Reference, fetches: Sequence[StagedFetch]) -> tuple[dict[str, Row], Sequence[str]]:
    """What sources say of each validator's fees in a period, as far as it can be."""
    told = heard(reference, fetches, DataType.FEES, lambda source: source.tells.fees)
    slots = reference.last_slot - reference.first_slot + 1
    return {key: _believed(_row(fetch, item), fetch, slots) for key, fetch, item in told}, told.warnings


def _result(reference: Reference, rows: Sequence[Row], warnings: Sequence[str]) -> LayerResult:
    return layer_result(
        FEES,
        rows,
        due=reference.keys,
        says_something=map(was_asked, rows),
        states=[row["state"] for row in rows],
        warnings=warnings,
    )


def _row(fetch: StagedFetch | None, told: FeesTold | Missing) -> Row:
    source = {} if fetch is None else {"source_fetch": fetch.fetch_id}
    if isinstance(told, Missing):
        return source | told.columns
    row: Row = source | {
        "leader_slots": told.leader_slots,
        "blocks_produced": told.blocks_produced,
        "slots_skipped": told.slots_skipped,
        "fees": told.fees,
        "base_fees": told.base_fees,
        "priority_fees": told.priority_fees,
        "state": told.state.value,
        "reason": told.reason,
    }
    if fetch is None or told.state is not FigureState.FINAL:
        return row
    problem = _doubt(told, fetch.provider)
    return row if problem is None else row | dict.fromkeys(_AMOUNTS) | missing(fetch, problem).columns


def _doubt(told: FeesTold, provider: str) -> str | None:
    """Why fees that are said to be final are no figure."""
    problem = fees_of_no_blocks(provider, told.blocks_produced, told.fees)
    problem = problem or parts_that_differ(told.fees, told.base_fees, told.priority_fees)
    return problem if problem or told.zero_is_proven else unproven_zero(provider, told.blocks_produced, told.fees)


def _believed(row: Row, fetch: StagedFetch | None, slots: int) -> Row:
    """A row without what cannot be; where its counts cannot, the fees of those slots are not known either."""
    row = believed(FEES, row, _COUNTS, fetch, with_them=_AMOUNTS)
    row = told_if_final(believed(FEES, row, _AMOUNTS, fetch), "fees", fetch)
    led, blocks, skipped = (row.get(name) for name in _COUNTS)
    problem = contradicting_counts(led, blocks, skipped, slots)
    if problem is None or row["state"] != FigureState.FINAL:
        return row
    return row | dict.fromkeys((*_COUNTS, *_AMOUNTS)) | missing(fetch, problem).columns

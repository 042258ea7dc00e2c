"""Block fees per validator, with the slots they are from where the source counts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aurora_pipeline.canonical.believed import believed
from aurora_pipeline.canonical.heard import heard
from aurora_pipeline.canonical.tables import FEES
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.result import LayerResult, Row, layer_result, missing_rows, was_asked
from aurora_pipeline.sources.told import FeesTold, Missing
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch

_AMOUNTS = ("fees", "base_fees", "priority_fees")


def canonical_fees(reference: Reference, fetches: Sequence[StagedFetch]) -> LayerResult:
    """One row per operated validator. Fees are those of the blocks it led, whoever received them."""
    told = heard(reference, fetches, DataType.FEES, lambda source: source.tells.fees)
    found = {key: believed(_row(fetch, item), _AMOUNTS, fetch) for key, fetch, item in told}
    rows = [
        {**reference.row(one.validator_key), "identity_key": one.identity_key, **found[one.validator_key]}
        for one in reference.validators
    ]
    return layer_result(
        FEES,
        rows,
        says_something=map(was_asked, rows),
        states=[row["state"] for row in rows],
        violations=[*missing_rows(FEES, reference.keys, rows), *_uncounted_slots(rows)],
        warnings=told.warnings,
    )


def _row(fetch: StagedFetch | None, told: FeesTold | Missing) -> Row:
    source = {} if fetch is None else {"source_fetch": fetch.fetch_id}
    if isinstance(told, Missing):
        return source | told.columns
    return source | {
        "leader_slots": told.leader_slots,
        "blocks_produced": told.blocks_produced,
        "slots_skipped": told.slots_skipped,
        "fees": told.fees,
        "base_fees": told.base_fees,
        "priority_fees": told.priority_fees,
        "state": told.state.value,
        "reason": told.reason,
    }


def _uncounted_slots(rows: Sequence[Row]) -> list[str]:
    """Validators whose led slots are neither blocks nor confirmed skips; not every source counts slots."""
    return [
        f"{row['validator_key']}: {row['leader_slots']} slots led, but {row['blocks_produced']} blocks and"
        f" {row['slots_skipped']} skips"
        for row in rows
        if row["state"] == FigureState.FINAL and not _adds_up(row)
    ]


def _adds_up(row: Mapping[str, Any]) -> bool:
    counts: list[Any] = [row.get(name) for name in ("blocks_produced", "slots_skipped", "leader_slots")]
    return None in counts or sum(counts[:2]) == counts[2]

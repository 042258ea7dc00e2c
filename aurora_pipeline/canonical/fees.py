"""Block fees per validator: led slots from the leader schedule, blocks from getBlocks, Fee rewards from each block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from aurora_pipeline.canonical.tables import FEES
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.fetch_choice import Once, fetch_about, missing, unknown_kind
from aurora_pipeline.sources.files.layer_rows import fees_from_file, odd_in_files
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.result import LayerResult, Row, layer_result, missing_rows, was_asked
from aurora_pipeline.sources.solana.amounts import within_bounds
from aurora_pipeline.sources.solana.fees import fees_from_node, without_any_fee_row
from aurora_pipeline.sources.solanabeach.tells import fees_from_solanabeach
from aurora_pipeline.sources.trillium.tells import fees_from_trillium
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads import StagedFetch

_NODE = "solana_rpc"
FeesReader = Callable[[Reference, OperatedValidator, StagedFetch, Once], Row]


def canonical_fees(reference: Reference, fetches: Sequence[StagedFetch]) -> LayerResult:
    """One row per operated validator. Fees are those of the blocks it led, whoever received them."""
    once = Once()
    by_node = {key for key in reference.keys if (fetch := fetch_about(fetches, key)) and fetch.kind == _NODE}
    told = [_row(reference, validator, fetches, once) for validator in reference.validators]
    rows = without_any_fee_row(told, by_node)
    return layer_result(
        FEES,
        rows,
        says_something=map(was_asked, rows),
        states=[row["state"] for row in rows],
        violations=[*missing_rows(FEES, reference.keys, rows), *_uncounted_slots(rows)],
        warnings=odd_in_files(reference, fetches, DataType.FEES),
    )


def _row(reference: Reference, validator: OperatedValidator, fetches: Sequence[StagedFetch], once: Once) -> Row:
    row = {**reference.row(validator.validator_key), "identity_key": validator.identity_key}
    fetch = fetch_about(fetches, validator.validator_key)
    if fetch is None:
        return row | missing(None).columns
    row["source_fetch"] = fetch.fetch_id
    reader = _READERS.get(fetch.kind)
    if reader is None:
        return row | unknown_kind(fetch, _READERS).columns
    return within_bounds(row | reader(reference, validator, fetch, once), ("fees", "base_fees", "priority_fees"))


def _by_identity(reader: FeesReader) -> FeesReader:
    """A reader of answers that name validators by their identities, which have to be known."""

    def read(reference: Reference, validator: OperatedValidator, fetch: StagedFetch, once: Once) -> Row:
        if not validator.identities:
            # Why nobody could be asked by it, and what the providers before this one said, stands in the fetch.
            return missing(fetch, None if fetch.reason else "its identity is not known").columns
        return reader(reference, validator, fetch, once)

    return read


_READERS: dict[str, FeesReader] = {
    _NODE: _by_identity(fees_from_node),
    "solanabeach": _by_identity(fees_from_solanabeach),
    "trillium": fees_from_trillium,
    "file": fees_from_file,
}


def _adds_up(row: Row) -> bool:
    counts: list[Any] = [row.get(name) for name in ("blocks_produced", "slots_skipped", "leader_slots")]
    return None in counts or sum(counts[:2]) == counts[2]


def _uncounted_slots(rows: Sequence[Row]) -> list[str]:
    """Validators whose led slots are neither blocks nor confirmed skips; not every source counts slots."""
    return [
        f"{row['validator_key']}: {row['leader_slots']} slots led, but {row['blocks_produced']} blocks and"
        f" {row['slots_skipped']} skips"
        for row in rows
        if row["state"] == FigureState.FINAL and not _adds_up(row)
    ]

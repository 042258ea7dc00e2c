"""What a validator was during the period, from a directory (Stakewiz) or from the chain's vote accounts as observed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aurora_pipeline.canonical.tables import META
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.fetch_choice import Once, fetch_about, missing, unknown_kind
from aurora_pipeline.sources.files.layer_rows import meta_from_file, odd_in_files
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.result import LayerResult, Row, layer_result, missing_rows, was_asked
from aurora_pipeline.sources.solana.meta import meta_from_node, shared_identities
from aurora_pipeline.sources.solanabeach.tells import meta_from_solanabeach
from aurora_pipeline.sources.stakewiz.tells import meta_from_stakewiz
from aurora_pipeline.sources.trillium.tells import meta_from_trillium
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads import StagedFetch

_EXPECTED = ("identity_key", "commission_bps", "active_stake")
"""Without one of these a row is PARTIAL; the others are not known by every provider."""

MetaReader = Callable[[Reference, str, StagedFetch, Once], Row]


def canonical_meta(reference: Reference, fetches: Sequence[StagedFetch]) -> LayerResult:
    """One row per operated validator, as observed while the period ran."""
    once = Once()
    rows = [_row(reference, validator, fetches, once) for validator in reference.validators]
    return layer_result(
        META,
        rows,
        says_something=map(was_asked, rows),
        states=[row["state"] for row in rows],
        violations=missing_rows(META, reference.keys, rows),
        warnings=[
            *_changed_identities(reference, rows),
            *shared_identities(reference, fetches, once),
            *odd_in_files(reference, fetches, DataType.META),
        ],
    )


def _row(reference: Reference, validator: OperatedValidator, fetches: Sequence[StagedFetch], once: Once) -> Row:
    row = reference.row(validator.validator_key)
    fetch = fetch_about(fetches, validator.validator_key)
    if fetch is None:
        return row | missing(None).columns
    row["source_fetch"] = fetch.fetch_id
    reader = _READERS.get(fetch.kind)
    if reader is None:
        return row | unknown_kind(fetch, _READERS).columns
    row |= reader(reference, validator.validator_key, fetch, once)
    if "state" not in row:
        lacking = [name for name in _EXPECTED if row[name] is None]
        row["state"] = (FigureState.PARTIAL if lacking else FigureState.FINAL).value
        row["reason"] = f"{fetch.provider} did not say: {', '.join(lacking)}" if lacking else None
    return row


_READERS: dict[str, MetaReader] = {
    "stakewiz": meta_from_stakewiz,
    "solana_rpc": meta_from_node,
    "solanabeach": meta_from_solanabeach,
    "trillium": meta_from_trillium,
    "file": meta_from_file,
}


def _changed_identities(reference: Reference, rows: Sequence[Row]) -> list[str]:
    """Validators seen under another identity than the one their slots and votes are looked up by."""
    used = {validator.validator_key: validator.identities for validator in reference.validators}
    return [
        f"{row['validator_key']}: seen under identity {row['identity_key']}, but its slots and votes are looked up"
        f" under {', '.join(used[row['validator_key']])}"
        for row in rows
        if row.get("identity_key")
        and used[row["validator_key"]]
        and row["identity_key"] not in used[row["validator_key"]]
    ]

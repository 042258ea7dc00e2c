"""What a validator was during the period: identity, commissions, stake, as a directory or the chain had it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aurora_pipeline.canonical.believed import believed
from aurora_pipeline.canonical.heard import heard
from aurora_pipeline.canonical.tables import META
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.result import LayerResult, Row, layer_result, was_asked
from aurora_pipeline.sources.told import MetaTold, Missing
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch

_EXPECTED = ("identity_key", "commission_bps", "active_stake")
"""Without one of these a row is PARTIAL; the others are not known by every provider."""

_NUMBERS = (
    "commission_bps",
    "commission_source",
    "mev_commission_bps",
    "active_stake",
    "activation_epoch",
    "exit_epoch",
)


def canonical_meta(
    reference: Reference, fetches: Sequence[StagedFetch], recipients: Mapping[str, str | None] | None = None
) -> LayerResult:
    """One row per operated validator, as observed while the period ran, or as the chain's state at its end has it.

    `recipients` are the registered fee recipients, by validator: no chain tells them but in the blocks themselves.
    """
    told = heard(reference, fetches, DataType.META, lambda source: source.tells.meta)
    found = {key: _row(fetch, item) for key, fetch, item in told}
    registered = recipients or {}
    rows: list[Row] = [
        reference.row(key) | {"fee_recipient": registered.get(key)} | found[key] for key in reference.keys
    ]
    return layer_result(
        META,
        rows,
        due=reference.keys,
        says_something=map(was_asked, rows),
        states=[row["state"] for row in rows],
        warnings=[*_changed_identities(reference, rows), *told.warnings],
    )


def _row(fetch: StagedFetch | None, told: MetaTold | Missing) -> Row:
    source = {} if fetch is None else {"source_fetch": fetch.fetch_id}
    if isinstance(told, Missing) or fetch is None:
        return source | (told.columns if isinstance(told, Missing) else {})
    row: Row = {
        "identity_key": told.identity_key,
        "name": told.name,
        "commission_bps": told.commission_bps,
        "commission_source": told.commission_source,
        "mev_commission_bps": told.mev_commission_bps,
        "active_stake": told.active_stake,
        "delinquent": told.delinquent,
        "status": told.status,
        "withdrawal_credentials": told.withdrawal_credentials,
        "activation_epoch": told.activation_epoch,
        "exit_epoch": told.exit_epoch,
    }
    lacking = [name for name in _EXPECTED if row[name] is None and name not in told.has_no]
    state = FigureState.PARTIAL if lacking else FigureState.FINAL
    reason = f"{fetch.provider} did not say: {', '.join(lacking)}" if lacking else None
    return source | believed(META, row | {"state": state.value, "reason": reason}, _NUMBERS, fetch)


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

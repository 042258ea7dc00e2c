"""What changed of a period between two states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.money import amount as checked
from aurora_pipeline.work.changes import Changed, PeriodChange
from aurora_pipeline.work.json_form import Amount, amount, known_amount, plain


@dataclass(frozen=True)
class ChangedColumn:
    """A column of a row that says something else; amounts stand in the fields of their own."""

    row: Sequence[str]
    validator_key: str | None
    validator_name: str | None
    partner_id: str | None
    partner_name: str | None
    column: str
    was: str | None
    now: str | None
    was_amount: Amount | None
    now_amount: Amount | None


@dataclass(frozen=True)
class ChangedLayer:
    """What became of a layer between two snapshots."""

    table: str
    snapshot_before: int | None
    snapshot_after: int | None
    rows_came: int
    rows_went: int
    changed_at: datetime | None
    changes: Sequence[ChangedColumn]


@dataclass(frozen=True)
class ChangedPartner:
    """What a partner was owed as far as known, and is now."""

    partner_id: str
    partner_name: str | None
    was: Amount
    now: Amount
    difference: Amount


@dataclass(frozen=True)
class ChangedPeriod:
    """Everything that changed of a period."""

    chain_id: str
    epoch: int
    period: str
    layers: Sequence[ChangedLayer]
    partners: Sequence[ChangedPartner]


def changed_period(change: PeriodChange, chain: Chain, names: Mapping[str, str]) -> ChangedPeriod:
    """What changed of a period, with the names of whom it concerns."""
    unit = chain.base_unit
    return ChangedPeriod(
        change.key.chain_id,
        change.key.epoch,
        str(change.key),
        [
            ChangedLayer(
                layer.table,
                layer.before,
                layer.after,
                layer.rows_came,
                layer.rows_went,
                layer.changed_at,
                [_changed(one, unit, names) for one in layer.changes],
            )
            for layer in change.layers
        ],
        [
            ChangedPartner(
                one.partner_id,
                names.get(one.partner_id),
                known_amount(one.was, unit),
                known_amount(one.now, unit),
                known_amount(one.now - one.was, unit),
            )
            for one in change.partners
        ],
    )


def _changed(one: Changed, unit: str, names: Mapping[str, str]) -> ChangedColumn:
    was, now = (None if one.is_amount or value is None else str(plain(value)) for value in (one.was, one.now))
    return ChangedColumn(
        row=list(one.row),
        validator_key=one.validator_key,
        validator_name=names.get(one.validator_key or ""),
        partner_id=one.partner_id,
        partner_name=names.get(one.partner_id or ""),
        column=one.column,
        was=was,
        now=now,
        was_amount=amount(checked(one.was), unit) if one.is_amount and isinstance(one.was, int) else None,
        now_amount=amount(checked(one.now), unit) if one.is_amount and isinstance(one.now, int) else None,
    )

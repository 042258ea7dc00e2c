"""What changed between two states of a period: row by row, column by column, and what it does to partners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import polars as pl

from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import ZERO, Amount
from aurora_pipeline.statements.tables import PARTNER_COMMISSION_STATEMENTS
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.frames import exact_rows, whole_numbers
from aurora_pipeline.store.published import NotPublished, stored_rows
from aurora_pipeline.tables import PERIOD_LAYER_TABLES

Value = str | int | bool | datetime | None
_PLACE: Final = frozenset({"chain_id", "epoch"})
_OWED: Final = "known_total"


@dataclass(frozen=True)
class Changed:
    """One column of one row that says something else. A row that came or went has its columns on one side only."""

    table: str
    row: tuple[str, ...]
    """The row's key without chain and epoch."""
    column: str
    is_amount: bool
    was: Value
    now: Value
    validator_key: str | None = None
    """The validator that the row is about, if it is about one; the same for the partner."""
    partner_id: str | None = None


@dataclass(frozen=True)
class LayerChange:
    """What became of one layer: its snapshots before and after, and every change between them."""

    table: str
    before: int | None
    after: int | None
    rows_came: int
    rows_went: int
    changes: tuple[Changed, ...]
    changed_at: datetime | None = None
    """When the later snapshot came into force."""


@dataclass(frozen=True)
class PartnerChange:
    """What a partner was owed for the period as far as known, and is now."""

    partner_id: str
    was: Amount
    now: Amount

    @property
    def change(self) -> Amount:
        """What the difference is; below 0 where less is owed now."""
        return self.now - self.was


@dataclass(frozen=True)
class PeriodChange:
    """Everything that changed of a period."""

    key: PeriodKey
    layers: tuple[LayerChange, ...]
    partners: tuple[PartnerChange, ...]


def changes_between(table: Table, before: pl.DataFrame | None, after: pl.DataFrame | None) -> LayerChange:
    """Compare two states of a layer; a state that is None has no rows."""
    old, new = _by_key(table, before), _by_key(table, after)
    columns = [column for column in table.digested if column.name not in {*_PLACE, *table.key}]
    amounts = set(table.amounts)
    found = [
        Changed(table.name, key, column.name, column.name in amounts, was, now, *_about(new.get(key) or old[key]))
        for key in sorted(old.keys() | new.keys())
        for column in columns
        if (was := old.get(key, {}).get(column.name)) != (now := new.get(key, {}).get(column.name))
    ]
    return LayerChange(table.name, None, None, len(new.keys() - old.keys()), len(old.keys() - new.keys()), tuple(found))


def _about(row: Mapping[str, Value]) -> tuple[str | None, str | None]:
    """The validator and the partner of a row; a row about all of a rule's validators names none."""
    validator, partner = (row.get(name) or None for name in ("validator_key", "partner_id"))
    return None if validator is None else str(validator), None if partner is None else str(partner)


def _by_key(table: Table, frame: pl.DataFrame | None) -> dict[tuple[str, ...], Mapping[str, Value]]:
    if frame is None:
        return {}
    names = [name for name in table.key if name not in _PLACE]
    return {tuple(str(row[name]) for name in names): row for row in exact_rows(table, frame)}


def period_changes(
    connection: Connection, key: PeriodKey, since: datetime | None = None, until: datetime | None = None
) -> PeriodChange:
    """What changed of a period between two moments; without them, by the newest publication of each layer."""
    layers, frames = [], {}
    for table in PERIOD_LAYER_TABLES:
        before, after, changed_at = _snapshots(connection, table, key, since, until)
        if before == after or after is None:
            continue
        shown = tuple(None if one is None else stored_rows(connection, table, one) for one in (before, after))
        found = changes_between(table, *shown)
        frames[table.name] = shown
        if before is not None or since is not None:
            layers.append(replace(found, before=before, after=after, changed_at=changed_at))
    if not layers and _never_published(connection, key):
        raise NotPublished(
            f"nothing of {key} is published", f"`aurora backfill {key.chain_id} {key.epoch}` computes it"
        )
    statements = frames.get(PARTNER_COMMISSION_STATEMENTS.name)
    named = {layer.table for layer in layers}
    partners = _partners(*statements) if statements and PARTNER_COMMISSION_STATEMENTS.name in named else ()
    return PeriodChange(key, tuple(layers), tuple(partners))


def _snapshots(
    connection: Connection, table: Table, key: PeriodKey, since: datetime | None, until: datetime | None
) -> tuple[int | None, int | None, datetime | None]:
    """The snapshots in force at two moments, and since when the later one is; or the two newest of all."""
    rows = connection.execute(
        """SELECT snapshot_id, published_at FROM publications
           WHERE asset = %s AND chain_id = %s AND epoch = %s ORDER BY sequence DESC""",
        [table.name, key.chain_id, key.epoch],
    ).fetchall()
    in_time = [row for row in rows if until is None or row["published_at"] <= until]
    held = [row["snapshot_id"] for row in in_time]
    changed_at = in_time[0]["published_at"] if in_time else None
    if since is not None:
        held_then = [row["snapshot_id"] for row in rows if row["published_at"] <= since]
        return (held_then[0] if held_then else None), (held[0] if held else None), changed_at
    return (held[1] if len(held) > 1 else None), (held[0] if held else None), changed_at


def _never_published(connection: Connection, key: PeriodKey) -> bool:
    query = "SELECT FROM publications WHERE chain_id = %s AND epoch = %s LIMIT 1"
    return connection.execute(query, [key.chain_id, key.epoch]).fetchone() is None


def names_of(connection: Connection, chain_id: str) -> dict[str, str]:
    """The newest names of validators and partners, by their keys."""
    rows = connection.execute(
        """SELECT validator_key AS key, validator_name AS name FROM validator_names WHERE chain_id = %s
           UNION ALL SELECT partner_id, partner_name FROM partner_names""",
        [chain_id],
    )
    return {row["key"]: row["name"] for row in rows}


def _partners(before: pl.DataFrame | None, after: pl.DataFrame | None) -> Sequence[PartnerChange]:
    was, now = (_owed(frame) for frame in (before, after))
    return [
        PartnerChange(partner, was.get(partner, ZERO), now.get(partner, ZERO))
        for partner in sorted(was.keys() | now.keys())
        if was.get(partner) != now.get(partner)
    ]


def _owed(frame: pl.DataFrame | None) -> dict[str, Amount]:
    return {} if frame is None else dict(zip(frame["partner_id"], whole_numbers(frame[_OWED]), strict=True))

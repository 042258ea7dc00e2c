"""The drafts of monthly statements, and of the statements of partners who are paid by EPOCH."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from aurora_pipeline.agreements.in_force import terms_in_force
from aurora_pipeline.agreements.tables import Series
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.foundation.errors import PeriodNotUnderstood
from aurora_pipeline.foundation.period_key import MonthKey, PartitionKey, PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.statements.due import ChainAccounts, Dues, dues, load_chain_accounts, worth_stating
from aurora_pipeline.statements.errors import StatementNotOver
from aurora_pipeline.statements.payable import Place, PlaceFigures, Row, payable_statements, top_up_rows
from aurora_pipeline.statements.published import EpochStatements, rows_by_partner, settled_by_partner
from aurora_pipeline.statements.restated import Differences, has_monthly_floors, restated, rule_months
from aurora_pipeline.statements.tables import EPOCH_ENTRIES, EPOCH_PAYABLES, MONTHLY_ENTRIES, MONTHLY_STATEMENTS
from aurora_pipeline.statements.top_ups import top_ups
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.published import NotPublished, stored_rows
from aurora_pipeline.store.row_amounts import with_amounts

_SHOWN: Final = 5


@dataclass(frozen=True)
class _Making:
    """A place, and what its statements are made of."""

    place: Place
    made_of: tuple[EpochStatements, ...]
    series: Series
    read: tuple[Input, ...]


@dataclass(frozen=True)
class _Gathered:
    """What was read for the statements of a place, before its lines are looked at."""

    parts: Mapping[str, Sequence[Row]]
    found: Dues
    changed: Differences
    entries: pl.DataFrame
    inputs: tuple[Input, ...]


def draft_month(configuration: Configuration, connection: Connection, key: PartitionKey) -> list[Draft]:
    """The statements of a calendar month that is over, from the EPOCH statements of its periods."""
    if not isinstance(key, MonthKey):
        raise PeriodNotUnderstood(f"{key} is no month", f"write it like {key.chain_id}:2026-03")
    chain = load_chain_accounts(connection, configuration.chain(key.chain_id))
    return _drafts(connection, chain, _month(chain, key))


def draft_epoch_payables(configuration: Configuration, connection: Connection, key: PartitionKey) -> list[Draft]:
    """The statements of an epoch of partners who are paid by EPOCH, from its EPOCH statements."""
    if not isinstance(key, PeriodKey):
        raise PeriodNotUnderstood(f"{key} is no period", f"write it like {key.chain_id}:0000850")
    chain = load_chain_accounts(connection, configuration.chain(key.chain_id))
    return _drafts(connection, chain, _epoch(chain, key))


def inputs_now(connection: Connection, chain: ChainAccounts, key: MonthKey | PeriodKey) -> tuple[Input, ...]:
    """What the statements of a place would be computed from now, without computing them."""
    making = _month(chain, key) if isinstance(key, MonthKey) else _epoch(chain, key)
    return _gathered(connection, chain, making).inputs


def _month(chain: ChainAccounts, key: MonthKey) -> _Making:
    epochs = periods_of(chain, key)
    periods = [chain.timeline.periods[epoch] for epoch in epochs]
    place = Place(key, key.month, periods[0].started_at, periods[-1].ended_at, MONTHLY_STATEMENTS, MONTHLY_ENTRIES)
    made_of = tuple(chain.timeline.in_force[epoch] for epoch in epochs)
    return _Making(place, made_of, Series.MONTH, tuple(period.as_input for period in periods))


def _epoch(chain: ChainAccounts, key: PeriodKey) -> _Making:
    period = chain.timeline.periods.get(key.epoch)
    statements = chain.timeline.in_force.get(key.epoch)
    if period is None or statements is None:
        raise NotPublished(
            f"the EPOCH statements of {key} are not published", f"run `aurora backfill {key.chain_id} {key.epoch}`"
        )
    month = chain.timeline.months[key.epoch]
    place = Place(key, month, period.started_at, period.ended_at, EPOCH_PAYABLES, EPOCH_ENTRIES)
    return _Making(place, (statements,), Series.EPOCH, (period.as_input,))


def periods_of(chain: ChainAccounts, key: MonthKey) -> list[EpochNumber]:
    """The epochs of a month that is over; raises while it is not, or while one of them is not published."""
    timeline = chain.timeline
    problem = why_open(chain, key)
    if problem is not None:
        raise StatementNotOver(f"{key} can't be stated yet: {problem}", _remedy(chain, key))
    return timeline.of_month(key.month)


def why_open(chain: ChainAccounts, key: MonthKey) -> str | None:
    """Why a month has no statements yet; None: it is over, and every period of it is published."""
    timeline = chain.timeline
    epochs = timeline.of_month(key.month)
    if not any(period.last_instant >= key.ended_at for period in timeline.periods.values()):
        return "no period that ends after it is known"
    if not epochs:
        return f"no period of {key.chain_id} ended in it"
    unknown, missing = _lacking(chain, epochs)
    if unknown or missing:
        named = ", ".join(map(str, [*unknown, *missing][:_SHOWN]))
        return f"epoch {named} is not {'known' if unknown else 'published'}"
    return None


def _lacking(chain: ChainAccounts, epochs: Sequence[EpochNumber]) -> tuple[list[int], list[EpochNumber]]:
    """Of a month with these epochs: those that nobody recorded and may belong to it, and those not published."""
    timeline = chain.timeline
    if not epochs:
        return [], []
    recorded = range(max(chain.first_period, min(timeline.periods)), max(epochs) + 1, chain.step)
    unknown = [epoch for epoch in recorded if epoch not in timeline.periods and epoch > min(epochs) - 2 * chain.step]
    missing = [epoch for epoch in epochs if epoch not in timeline.in_force and epoch >= chain.first_period]
    return unknown, missing


def _remedy(chain: ChainAccounts, key: MonthKey) -> str:
    is_over = any(period.last_instant >= key.ended_at for period in chain.timeline.periods.values())
    lacking = sorted({epoch for some in _lacking(chain, chain.timeline.of_month(key.month)) for epoch in some})
    if is_over and lacking:
        first = ", ".join(f"`aurora backfill {key.chain_id} {epoch}`" for epoch in lacking[:_SHOWN])
        return f"{first}, then the month again"
    over = sorted(
        {month for month in chain.timeline.months.values() if why_open(chain, MonthKey(key.chain_id, month)) is None}
    )
    months = f"months that are over: {', '.join(over[-_SHOWN:])}" if over else "no month is over yet"
    return f"{months}; `aurora status {key.chain_id}` tells where the chain is"


def _gathered(connection: Connection, chain: ChainAccounts, making: _Making) -> _Gathered:
    parts = rows_by_partner(connection, making.made_of)
    found = dues(chain, making.place, parts, making.series)
    changed = restated(connection, chain.timeline, [chain.account(partner_id) for partner_id in found.earliest])
    entries, floors_read = _entries(connection, chain, making.place, found, changed)
    made_of = (one.as_input for one in making.made_of)
    inputs = dict.fromkeys((*making.read, *made_of, *found.inputs, *changed.inputs, *floors_read))
    return _Gathered(parts, found, changed, entries, tuple(inputs))


def _drafts(connection: Connection, chain: ChainAccounts, making: _Making) -> list[Draft]:
    place, told = making.place, _gathered(connection, chain, making)
    with_entries = set() if told.entries.is_empty() else set(told.entries["partner_id"])
    rows, kept_entries = _repeated(connection, chain, place, told.found.stated)
    settled = settled_by_partner(connection, making.made_of)
    figures = PlaceFigures(told.parts, settled, told.entries, rows, kept_entries, told.changed.waiting)
    due = worth_stating(told.found.due, told.parts, with_entries)
    statements, entries = payable_statements(place, due, figures)
    return [
        _draft(place.statements, place.key, statements, told.inputs),
        _draft(place.entries, place.key, entries, told.inputs),
    ]


def _draft(table: Table, key: PartitionKey, result: LayerResult, inputs: Sequence[Input]) -> Draft:
    return Draft(
        table,
        key,
        result.frame,
        tuple(inputs),
        result.completeness,
        result.grounds,
        result.warnings,
    )


def _entries(
    connection: Connection, chain: ChainAccounts, place: Place, found: Dues, changed: Differences
) -> tuple[pl.DataFrame, tuple[Input, ...]]:
    """The place's top-ups and adjustments as rows of its layer, and what the top-ups were read from."""
    rows: list[Row] = []
    read: tuple[Input, ...] = ()
    partners = {one.partner_id for one in found.due if one.before is not None or one.waits_for}
    if isinstance(place.key, MonthKey) and partners and has_monthly_floors(connection):
        epochs = chain.timeline.of_month(place.month)
        terms = terms_in_force(connection, place.key.chain_id, chain.timeline.periods[max(epochs)].last_instant)
        months, results = rule_months(connection, place.key.chain_id, epochs)
        rows = top_up_rows(place, top_ups(terms, months, partners))
        read = (*terms.inputs, *results)
    own = frame_of(place.entries, rows)
    if changed.entries.is_empty():
        return own, read
    key = {name: pl.lit(value) for name, value in place.key.columns.items()}
    ids = {partner_id: place.statement_id(partner_id) for partner_id in set(changed.entries["partner_id"])}
    adjusted = changed.entries.with_columns(
        statement_id=pl.col("partner_id").replace_strict(ids, return_dtype=pl.String), **key
    )
    schema = own.schema
    # Polars takes the mapping of a schema's own types; its stubs want another one.
    same = adjusted.select(list(schema)).cast(dict(schema))  # type: ignore[arg-type]
    return pl.concat([own, same]), read


def _repeated(
    connection: Connection, chain: ChainAccounts, place: Place, partners: Sequence[str]
) -> tuple[list[Row], pl.DataFrame | None]:
    """The statements of a place that were stated, and their entries, as they were submitted."""
    stated = [
        one
        for partner_id in partners
        for one in chain.account(partner_id).stated
        if one.statement_id == place.statement_id(partner_id)
    ]
    rows: list[Row] = []
    entries: list[pl.DataFrame] = []
    for number, beside in sorted({(one.snapshot_id, one.entries_snapshot_id) for one in stated}):
        own = pl.col("statement_id").is_in([one.statement_id for one in stated if one.snapshot_id == number])
        kept = stored_rows(connection, place.statements, number).drop("salt").filter(own)
        rows += [_with_ints(place.statements, row) for row in kept.to_dicts()]
        entries.append(stored_rows(connection, place.entries, beside).drop("salt").filter(own))
    return rows, pl.concat(entries) if entries else None


def _with_ints(table: Table, row: Row) -> Row:
    return with_amounts(row, table.amounts)

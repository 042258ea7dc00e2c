"""Statements with balances, from what their periods came to, entries, and where the partner stood before. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import polars as pl

from aurora_pipeline.agreements.tables import Series
from aurora_pipeline.commissions.identity import monthly_statement_id, statement_id, top_up_id
from aurora_pipeline.commissions.tables import LineKind
from aurora_pipeline.foundation.listing import listed
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.period_key import MonthKey, PartitionKey, PeriodKey
from aurora_pipeline.foundation.units import ZERO, Amount
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.statements.balance import Balance
from aurora_pipeline.statements.gates.grounds import COMPUTED, ENTRIES, SETTLED, Settled
from aurora_pipeline.statements.tables import EntryKind
from aurora_pipeline.statements.top_ups import TopUp
from aurora_pipeline.store.declaration import Completeness, FigureState, Table
from aurora_pipeline.store.digests import Value, encode_value, record_digest, roots_by, sorted_by_key
from aurora_pipeline.store.frames import frame_of, ints
from aurora_pipeline.store.gate.rule import Grounds
from aurora_pipeline.store.merkle import merkle_root

STATEMENT_TAG: Final = "aurora.statement.1"
Row = dict[str, Any]
_NAMED_AT_MOST: Final = 12


@dataclass(frozen=True)
class Place:
    """The stretch of time that statements are about: a month, or an epoch of partners who are paid by EPOCH."""

    key: PartitionKey
    month: str
    started_at: datetime
    ended_at: datetime
    statements: Table
    entries: Table

    def statement_id(self, partner_id: str) -> str:
        """The id of a partner's statement of it."""
        if isinstance(self.key, PeriodKey):
            return statement_id(partner_id, self.key.chain_id, self.key.epoch)
        return monthly_statement_id(partner_id, self.key.chain_id, self.key.period)


@dataclass(frozen=True)
class Before:
    """Where a partner's balances stand before a statement."""

    number: int
    """Of the statement before; 0: the imported opening, or nothing."""
    closing: Amount


@dataclass(frozen=True)
class Due:
    """A statement that is to be computed, of one partner."""

    partner_id: str
    partner_name: str
    series: Series
    """By which the partner is paid in the month."""
    before: Before | None = None
    """None: it is for information only, or `waits_for` says what has to be computed first."""
    minimum_payout: Amount = ZERO
    waits_for: str | None = None


@dataclass(frozen=True)
class EntrySums:
    """What the entries of a place come to."""

    amounts: dict[tuple[str, str], Amount] = field(default_factory=dict)
    """By partner and kind."""
    missing: Counter[str] = field(default_factory=Counter)
    """By partner, how many have no amount."""


@dataclass(frozen=True)
class PlaceFigures:
    """What statements of a place are made of, by partner."""

    parts: Mapping[str, Sequence[Row]]
    """The published EPOCH statements of its periods, in order."""
    settled: Mapping[str, Settled]
    """The same periods' published lines, counted and summed by the database itself."""
    entries: pl.DataFrame
    """Its top-ups and adjustments, as the layer's rows."""
    repeated: Sequence[Row] = ()
    """The rows of statements that were stated: they stay as they were submitted."""
    repeated_entries: pl.DataFrame | None = None
    waiting: Mapping[str, int] = field(default_factory=dict)
    """By partner, how many stated lines have no amount now."""


def payable_statements(place: Place, dues: Sequence[Due], figures: PlaceFigures) -> tuple[LayerResult, LayerResult]:
    """The statements of a place and their entries, those that were stated as they were."""
    digests = entry_digests(place.entries, figures.entries)
    sums = _sums(figures.entries)
    rows = [_statement(place, due, figures, sums, digests) for due in dues]
    everything = sorted([*figures.repeated, *rows], key=lambda row: str(row["partner_id"]))
    frames = [frame for frame in (figures.repeated_entries, figures.entries) if frame is not None and len(frame)]
    entries = pl.concat(frames) if frames else frame_of(place.entries, [])
    is_final = all(row["state"] == FigureState.FINAL for row in everything)
    completeness = Completeness.FINAL if is_final else Completeness.PARTIAL
    grounds: Grounds = {
        COMPUTED: frozenset(due.partner_id for due in dues),
        SETTLED: figures.settled,
        ENTRIES: figures.entries,
    }
    return (
        LayerResult(
            place.statements, frame_of(place.statements, everything), completeness, grounds, tuple(_warnings(rows))
        ),
        LayerResult(place.entries, sorted_by_key(place.entries, entries), completeness),
    )


def _statement(place: Place, due: Due, figures: PlaceFigures, sums: EntrySums, digests: Mapping[str, str]) -> Row:
    parts = figures.parts.get(due.partner_id, ())
    missing_entries = sums.missing[due.partner_id]
    top_ups = sums.amounts.get((due.partner_id, EntryKind.FLOOR_TOP_UP), ZERO)
    adjusted = sums.amounts.get((due.partner_id, EntryKind.ADJUSTMENT), ZERO)
    lines = total([part["known_total"] for part in parts])
    missing = sum(part["missing_count"] for part in parts) + missing_entries
    unsettled = figures.settled.get(due.partner_id, Settled()).unsettled + missing_entries
    blocked = sum(part["blocked_count"] or 0 for part in parts)
    before = due.before
    balance = Balance(ZERO if before is None else before.closing, lines, top_ups, adjusted, due.minimum_payout)
    is_payable = before is not None
    is_open = bool(missing or blocked or due.waits_for)
    row: Row = {
        **place.key.columns,
        "statement_id": place.statement_id(due.partner_id),
        "partner_id": due.partner_id,
        "partner_name": due.partner_name,
        "payable_series": due.series.value,
        "number": None if before is None else before.number + 1,
        "started_at": place.started_at,
        "ended_at": place.ended_at,
        "line_count": sum(part["line_count"] for part in parts),
        "held_count": sum(part["held_count"] for part in parts),
        "missing_count": missing,
        "unsettled_count": unsettled,
        "blocked_count": blocked,
        "opening": balance.opening if is_payable else None,
        "lines": lines,
        "top_ups": top_ups,
        "adjustments": adjusted,
        "total": None if is_open else balance.total,
        "known_total": balance.total,
        "held_total": total([part["held_total"] for part in parts]),
        "minimum_payout": due.minimum_payout if is_payable else None,
        "payable": balance.payable if is_payable else None,
        "closing": balance.closing if is_payable else None,
        "lines_digest": merkle_root(encode_value(part["lines_digest"]) for part in parts),
        "entries_digest": digests.get(due.partner_id, _NO_ENTRIES),
        "state": (FigureState.PARTIAL if is_open or unsettled else FigureState.FINAL).value,
        "reason": _reason(due, parts, missing_entries, figures.waiting.get(due.partner_id, 0)),
    }
    return row | {"statement_digest": statement_digest(place.statements, row)}


_NO_ENTRIES: Final = merkle_root([])


def statement_digest(table: Table, row: Mapping[str, Any]) -> str:
    """Commits to all that a statement says: every column but the digest itself, in declared order."""
    values: list[Value] = [row[name] for name in table.names if name != "statement_digest"]
    return record_digest(STATEMENT_TAG, table.name, *values)


def entry_digests(table: Table, entries: pl.DataFrame) -> dict[str, str]:
    """By partner, the Merkle root over its entries in the order of their keys."""
    return {} if entries.is_empty() else roots_by(replace(table, salted=False), entries, "partner_id")


def _sums(entries: pl.DataFrame) -> EntrySums:
    """The sums and gaps of a place's entries."""
    found = EntrySums()
    if entries.is_empty():
        return found
    sums = entries.group_by("partner_id", "kind").agg(pl.col("amount").sum(), pl.col("amount").null_count().alias("n"))
    for partner, kind, amount, missing in zip(
        sums["partner_id"], sums["kind"], ints(sums["amount"]), sums["n"], strict=True
    ):
        found.amounts[partner, kind] = amount or ZERO
        found.missing[partner] += missing
    return found


def _reason(due: Due, parts: Sequence[Row], missing_entries: int, waiting: int) -> str | None:
    words = [due.waits_for] if due.waits_for else []
    told = [f"epoch {part['epoch']}: {part['reason']}" for part in parts if part["reason"]]
    words += [listed(told, _NAMED_AT_MOST)] if told else []
    if missing_entries:
        words.append(f"{missing_entries} top-up(s) are not known: a base of the month is not")
    if waiting:
        words.append(f"{waiting} stated line(s) are held or have no amount now: they are adjusted when they have one")
    return "; ".join(words) or None


def _warnings(rows: Sequence[Row]) -> list[str]:
    """What is not settled; where that is held lines alone, it says so first: they stay until somebody settles them."""
    unsettled = [row for row in rows if row["held_count"] or row["blocked_count"] or row["missing_count"]]
    return [
        ("" if row["missing_count"] or row["blocked_count"] else "HELD: ")
        + f"statement of {row['partner_id']}: {row['reason']}"
        for row in unsettled
    ]


def top_up_rows(place: Place, found: Sequence[TopUp]) -> list[Row]:
    """Top-ups as entries of a month's statements."""
    assert isinstance(place.key, MonthKey)  # a floor per MONTH is the month's
    return [
        {
            **place.key.columns,
            "entry_id": (line := top_up_id(one.agreement_id, one.rule_key, place.key.chain_id, place.month)),
            "statement_id": place.statement_id(one.partner_id),
            "partner_id": one.partner_id,
            "kind": EntryKind.FLOOR_TOP_UP.value,
            "source_period": place.month,
            "line_id": line,
            "number": 1,
            "agreement_id": one.agreement_id,
            "agreement_version": one.agreement_version,
            "rule_key": one.rule_key,
            "validator_key": "",
            "wallet_address": "",
            "line_kind": LineKind.FLOOR_TOP_UP.value,
            "component": one.component.value,
            "now": one.amount,
            "amount": one.amount,
            "state": (FigureState.FINAL if one.amount is not None else FigureState.PARTIAL).value,
            "reason": one.reason,
        }
        for one in found
    ]

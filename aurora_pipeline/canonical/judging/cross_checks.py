"""Cross-checks: a second provider's figures beside those that count. Every difference is a row, to the last unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from aurora_pipeline.canonical.judging.tables import CROSS_CHECKS
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.differences import STAKE_OF_NEXT_EPOCH, FoundDifference
from aurora_pipeline.sources.kinds import SOURCES
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.result import LayerResult, Row, layer_result
from aurora_pipeline.store.declaration import ColumnKind, FigureState, Table
from aurora_pipeline.store.payloads.fetches import FetchIdentity

OPERATOR: Final = "operator"
"""In the place of a provider: what the operator entered."""
_NOT_COMPARED: Final = frozenset({"chain_id", "epoch", "source_fetch"})
_STATED: Final = "_stated"


@dataclass(frozen=True)
class RoleComparison:
    """One role as it counts and as another provider tells it; both frames are of the role's table."""

    role: DataType
    table: Table
    stated: pl.DataFrame
    other: pl.DataFrame
    other_provider: str
    other_kind: str
    fetches: Mapping[int, FetchIdentity] = field(repr=False)
    """The fetches that both frames' rows were read from."""


def canonical_cross_checks(
    reference: Reference, comparisons: Sequence[RoleComparison], stakes_next: Mapping[str, int]
) -> LayerResult:
    """One row per figure of which a second provider says something else.

    `stakes_next` is the active stake of the following epoch per validator and stake account, where it is known.
    """
    rows = [
        {"chain_id": reference.chain_id, "epoch": reference.epoch, **row}
        for comparison in comparisons
        for row in _differences(comparison, stakes_next)
    ]
    return layer_result(
        CROSS_CHECKS,
        rows,
        due=(),
        says_something=[True for _ in rows],
        # A difference is no lack: what counts is as complete as it was.
        states=(),
        warnings=in_words(rows),
    )


def in_words(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Differences with a name, counted by what is compared with whom; the rule providers_disagree warns of others."""
    counts = Counter(
        (row["data_type"], row["figure"], row["other_provider"], row["known_as"]) for row in rows if row["known_as"]
    )
    return [
        f"{data_type} {figure}: {count} differ from {other}, known as {name}"
        for (data_type, figure, other, name), count in counts.items()
    ]


def figures_of(table: Table) -> list[str]:
    """The columns of a table that are compared: amounts, counts, rates, and the keys of who may do what."""
    return [
        column.name
        for column in table.columns
        if column.name not in _NOT_COMPARED
        and column.name not in table.key
        and (column.kind in (ColumnKind.AMOUNT, ColumnKind.INTEGER) or column.name.endswith("_key"))
    ]


def _differences(comparison: RoleComparison, stakes_next: Mapping[str, int]) -> Iterator[Row]:
    table = comparison.table
    keys = [name for name in table.key if name not in _NOT_COMPARED]
    beside = comparison.other.join(comparison.stated, on=keys, how="left", suffix=_STATED)
    for figure in figures_of(table):
        stated, other = pl.col(f"{figure}{_STATED}"), pl.col(figure)
        # A null of the other provider says nothing; one of the figure that counts is a lack it could fill.
        for row in beside.filter(other.is_not_null() & (stated.is_null() | (stated != other))).iter_rows(named=True):
            yield _row(comparison, figure, row, row[f"{figure}{_STATED}"], row[figure], stakes_next)
    yield from _not_listed(comparison, keys, stakes_next)


def _not_listed(comparison: RoleComparison, keys: Sequence[str], stakes_next: Mapping[str, int]) -> Iterator[Row]:
    """Stake accounts that the other provider leaves out of a list it calls complete."""
    if "row_kind" not in keys:
        return
    other = comparison.other
    listed = set(other.filter(pl.col("row_kind") == "ACCOUNT")["validator_key"].unique())
    whole = other.filter((pl.col("row_kind") == "VALIDATOR") & (pl.col("state") == FigureState.FINAL.value))
    of_whole = [key for key in whole["validator_key"] if key in listed]
    sources = dict(zip(whole["validator_key"], whole["source_fetch"], strict=True))
    lacking = comparison.stated.filter(
        (pl.col("row_kind") == "ACCOUNT") & pl.col("validator_key").is_in(of_whole)
    ).join(other, on=list(keys), how="anti")
    for row in lacking.iter_rows(named=True):
        named = {**row, "source_fetch": sources[row["validator_key"]], f"source_fetch{_STATED}": row["source_fetch"]}
        for figure in comparison.table.amounts:
            if row[figure]:
                yield _row(comparison, figure, named, row[figure], None, stakes_next)


def _row(
    comparison: RoleComparison,
    figure: str,
    row: Mapping[str, Any],
    stated: Any,
    other: Any,
    stakes_next: Mapping[str, int],
) -> Row:
    subject = str(row.get("account_key") or row.get("entry_type") or row["validator_key"])
    source, other_source = row[f"source_fetch{_STATED}"], row["source_fetch"]
    counting = None if source is None else comparison.fetches[source]
    is_amount = comparison.table.column(figure).kind is ColumnKind.AMOUNT and stated is not None and other is not None
    return {
        "validator_key": row["validator_key"],
        "data_type": comparison.role.value,
        "subject": subject,
        "figure": figure,
        "provider": OPERATOR if counting is None else counting.provider,
        "other_provider": comparison.other_provider,
        "stated": _text(stated),
        "other_stated": _text(other),
        "difference": int(other) - int(stated) if is_amount else None,
        "known_as": _named(comparison, figure, subject, row, stated, other, stakes_next) if is_amount else None,
        "fetch_digest": None if counting is None else counting.fetch_digest,
        "other_fetch_digest": comparison.fetches[other_source].fetch_digest,
        "source_fetch": source,
        "other_fetch": other_source,
    }


def _named(
    comparison: RoleComparison,
    figure: str,
    subject: str,
    row: Mapping[str, Any],
    stated: Any,
    other: Any,
    stakes_next: Mapping[str, int],
) -> str | None:
    names = [name for name in figures_of(comparison.table) if not name.endswith("_key")]

    def amounts(suffix: str) -> dict[str, int | None]:
        values = {name: row.get(f"{name}{suffix}") for name in names}
        return {name: None if value is None else int(value) for name, value in values.items()}

    next_stake = stakes_next.get(subject)
    found = FoundDifference(
        comparison.role, figure, subject, int(stated), int(other), amounts(_STATED), amounts(""), next_stake
    )
    if found.is_stake_of_next_epoch:
        return STAKE_OF_NEXT_EPOCH
    source = SOURCES.get(comparison.other_kind)
    return None if source is None else source.explains(found)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)

"""How a layer's outcome becomes a Dagster materialization: its checks, its digests, its totals, its preview."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import dagster as dg
import polars as pl

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.errors import AuroraError, Outage
from aurora_pipeline.foundation.money import format_coins
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.store.declaration import Column, ColumnKind, Table
from aurora_pipeline.store.snapshots import Draft, Outcome, Rejected, write_check_publish

MAY_PASS = "may_pass"
"""The metadata of a step's failure that says whether it may pass by itself."""
_PREVIEW_ROWS = 10
_INPUTS_SHOWN = 200
Event = dg.MaterializeResult[Any] | dg.AssetCheckResult


def gate(table: Table) -> dg.AssetCheckSpec:
    """The check that shows the gate in Postgres: schema, keys, invariants. It blocks what comes after it."""
    return dg.AssetCheckSpec(
        "gate",
        asset=table.name,
        blocking=True,
        description="Schema, unique keys and invariants held, so the snapshot was published. If not, the rejected rows"
        " are kept beside what stays in force.",
    )


def drift(table: Table) -> dg.AssetCheckSpec:
    """The check that shows what looks odd and holds nothing back."""
    return dg.AssetCheckSpec("warnings", asset=table.name, description="What looks odd but holds nothing back.")


def column_schema(table: Table) -> dg.TableSchema:
    """A table's columns as Dagster shows them."""
    columns = [
        dg.TableColumn(
            name=column.name,
            type=column.kind.value,
            description=column.description,
            constraints=dg.TableColumnConstraints(
                nullable=column.nullable, unique=table.key == (column.name,), other=_constraints(column)
            ),
        )
        for column in table.columns
    ]
    return dg.TableSchema(columns=columns, constraints=dg.TableConstraints(other=[f"unique ({', '.join(table.key)})"]))


def _constraints(column: Column) -> list[str]:
    told = []
    if column.one_of:
        told.append(f"one of {', '.join(column.one_of)}")
    if column.minimum is not None:
        told.append(f">= {column.minimum}")
    if column.maximum is not None:
        told.append(f"<= {column.maximum}")
    if not column.digested:
        told.append("not part of the digest")
    return told


def definition_metadata(table: Table) -> Mapping[str, Any]:
    """What is known of a layer before it ever ran."""
    return {
        "dagster/column_schema": column_schema(table),
        "dagster/table_name": table.name,
        "layer_version": table.version,
    }


def layer_spec(table: Table, group: str, owner: str) -> dict[str, Any]:
    """What a layer's asset says of itself."""
    return {
        "key": table.name,
        "group_name": group,
        "kinds": {"postgres", "polars", "pandera"},
        "owners": [owner],
        "description": table.description,
        "metadata": definition_metadata(table),
        "code_version": str(table.version),
    }


@contextmanager
def as_failure() -> Iterator[None]:
    """An error people can act on fails the step with its remedy; only what may pass by itself is tried again."""
    try:
        yield
    except AuroraError as error:
        may_pass = isinstance(error, Outage)
        raise dg.Failure(description=str(error), metadata={MAY_PASS: may_pass}, allow_retries=may_pass) from error


def publish(context: dg.AssetExecutionContext, aurora: Aurora, drafts: Sequence[Draft]) -> Iterator[Event]:
    """Write, check and publish drafts, and tell Dagster; a failed check is recorded and then fails the step."""
    chain = aurora.configuration.chain(drafts[0].chain_id)
    try:
        outcomes = write_check_publish(aurora.database, drafts, context.run.run_id)
    except Rejected as rejected:
        for outcome in rejected.outcomes:
            yield _gate_result(outcome, passed=False)
        raise dg.Failure(description=str(rejected), allow_retries=False) from rejected
    frames = {draft.table.name: draft for draft in drafts}
    for outcome in outcomes:
        yield _gate_result(outcome, passed=True)
        yield dg.AssetCheckResult(
            asset_key=outcome.table.name,
            check_name="warnings",
            passed=not outcome.warnings,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"warnings": dg.MetadataValue.md(_listed(outcome.warnings))},
        )
        yield materialization(outcome, frames[outcome.table.name], chain)


def _gate_result(outcome: Outcome, passed: bool) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=outcome.table.name,
        check_name="gate",
        passed=passed,
        metadata={
            "rows": outcome.row_count,
            "standing": outcome.standing.value,
            "snapshot_id": outcome.snapshot_id,
            "violations": dg.MetadataValue.md(_listed(outcome.violations)),
        },
    )


def materialization(outcome: Outcome, draft: Draft, chain: Chain) -> dg.MaterializeResult[Any]:
    """One partition's materialization with everything an auditor looks for first."""
    inputs = {f"{item.kind} {item.name}": item.digest for item in sorted(draft.inputs)[:_INPUTS_SHOWN]}
    metadata: dict[str, Any] = {
        "dagster/partition_row_count": outcome.row_count,
        "standing": outcome.standing.value,
        "completeness": outcome.completeness.value,
        "content_digest": outcome.content_digest,
        "lineage_digest": outcome.lineage_digest,
        "snapshot_id": outcome.snapshot_id,
        "layer_version": outcome.table.version,
        "inputs": dg.MetadataValue.json(inputs | {"count": len(set(draft.inputs))}),
        "preview": dg.MetadataValue.md(preview(outcome.table, draft.frame, chain)),
    }
    # A column of which nothing is known has no total; 0 would look like one.
    totals = {
        name: total
        for name, total in outcome.totals.items()
        if name not in outcome.table.repeated and draft.frame[name].count()
    }
    if totals:
        metadata["totals"] = dg.MetadataValue.md(_totals(totals, chain))
    for name, total in totals.items():
        # Display only: Dagster plots floats, and no integer above 2^31. The exact total stands in `totals`.
        metadata[f"total_{name}_{chain.native_unit.lower()}"] = float(Decimal(total).scaleb(-chain.native_decimals))
    return dg.MaterializeResult(
        asset_key=outcome.table.name, metadata=metadata, data_version=dg.DataVersion(outcome.content_digest)
    )


def _totals(totals: Mapping[str, int], chain: Chain) -> str:
    lines = [f"| column | {chain.native_unit} | {chain.base_unit}s, exact |", "|---|---:|---:|"]
    for name, total in totals.items():
        lines.append(f"| {name} | {format_coins(total, chain.native_decimals)} | {total} |")
    return "\n".join(lines)


def preview(table: Table, frame: pl.DataFrame, chain: Chain) -> str:
    """The first rows as a markdown table, money in whole coins; columns that are null throughout are left out."""
    head = frame.head(_PREVIEW_ROWS)
    shown = [
        column
        for column in table.columns
        if column.name not in {"chain_id", "epoch", "source_fetch"} and not head[column.name].is_null().all()
    ]
    names = [f"{c.name} ({chain.native_unit})" if c.kind is ColumnKind.AMOUNT else c.name for c in shown]
    lines = [
        f"| {' | '.join(names)} |",
        f"|{'|'.join('---:' if c.kind is ColumnKind.AMOUNT else '---' for c in shown)}|",
    ]
    for row in head.iter_rows(named=True):
        lines.append(f"| {' | '.join(_shown(column, row[column.name], chain) for column in shown)} |")
    more = len(frame) - len(head)
    return "\n".join(lines) + (f"\n\n... and {more} more rows" if more else "")


def _shown(column: Column, value: Any, chain: Chain) -> str:
    if value is None:
        return ""
    if column.kind is ColumnKind.AMOUNT:
        return format_coins(int(value), chain.native_decimals)
    return str(value).replace("|", "\\|").replace("\n", " ")


def _listed(items: Sequence[str]) -> str:
    return "\n".join(f"* {item}" for item in items) or "none"

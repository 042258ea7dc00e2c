"""How a layer's outcome becomes a Dagster materialization: its checks, its digests, its totals, its preview."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import dagster as dg

from aurora_pipeline.canonical.gates import providers_disagree
from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.money import format_coins
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.layers import GATE
from aurora_pipeline.orchestration.failing import Said, told_of
from aurora_pipeline.orchestration.previews import names_of, notes, preview
from aurora_pipeline.statements.documents import payable_statements
from aurora_pipeline.statements.tables import EPOCH_PAYABLES, MONTHLY_STATEMENTS, PARTNER_COMMISSION_STATEMENTS
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Column, Table
from aurora_pipeline.store.drafts import Draft, DraftOutcome, Rejected
from aurora_pipeline.store.gate.rule import NOTED, Violation, stored
from aurora_pipeline.store.gate.shown import as_markdown
from aurora_pipeline.store.snapshots import write_check_publish
from aurora_pipeline.store.tables import WARNINGS_NOW
from aurora_pipeline.work.acknowledging import Known, acknowledged_now, known_of

_GATE, _WARNINGS = "gate", "warnings"
_NOTHING_DUE = "nothing due: validators of this chain have no balances of their own"
_ID_SHOWN = 8
_NUMBERS = re.compile(r"\b[0-9]+\b")
_EXPECTED = re.compile(r"^HELD: |: FORMULA: |, known as [A-Z_]+$")
"""Warnings that stay until somebody settles something: their amounts change in every period, and say nothing new."""
_EPOCH = re.compile(r", epoch [0-9]+: ")
_MORE = re.compile(r" and [0-9]+ more$")
_INPUTS_SHOWN = 200
_PAYABLES = frozenset({MONTHLY_STATEMENTS.name, EPOCH_PAYABLES.name})
_EPOCH_STATEMENTS = f"{PARTNER_COMMISSION_STATEMENTS.name}@"
AssetEvent = dg.MaterializeResult[Any] | dg.AssetCheckResult


def gate(table: Table) -> dg.AssetCheckSpec:
    """The check that shows the gate in Postgres: schema, keys, invariants. It blocks what comes after it."""
    return dg.AssetCheckSpec(
        _GATE,
        asset=table.name,
        blocking=True,
        description="Schema, unique keys and invariants held, so the snapshot was published. If not, the rejected rows"
        " are kept beside what stays in force.",
    )


def drift(table: Table) -> dg.AssetCheckSpec:
    """The check that shows what looks odd and holds nothing back."""
    return dg.AssetCheckSpec(_WARNINGS, asset=table.name, description="What looks odd but holds nothing back.")


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
    told = [rule.words() for rule in column.rules]
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


def publish(context: dg.AssetExecutionContext, aurora: Aurora, drafts: Sequence[Draft]) -> Iterator[AssetEvent]:
    """Write, check and publish drafts, and tell Dagster; a failed check is recorded and then fails the step."""
    chain = aurora.configuration.chain(drafts[0].key.chain_id)
    with aurora.database.connect() as connection:
        names = names_of(connection, chain.chain_id)
        before = {draft.table.name: _warned_before(connection, draft) for draft in drafts}
        acknowledged = acknowledged_now(connection, chain.chain_id)
    try:
        with told_of(f"publish {drafts[0].table.name}", context.run.run_id, drafts[0].key):
            outcomes = write_check_publish(aurora.database, drafts, GATE, context.run.run_id)
    except Rejected as rejected:
        for outcome in rejected.outcomes:
            yield _gate_result(outcome, passed=False)
        raise Said(str(rejected)) from None
    frames = {draft.table.name: draft for draft in drafts}
    for outcome in outcomes:
        yield _gate_result(outcome, passed=True)
        yield _warnings_result(outcome, before[outcome.table.name], acknowledged)
        told = materialization(outcome, frames[outcome.table.name], chain, names, aurora.workspace.is_demo)
        if outcome.table.name in _PAYABLES:
            with aurora.database.connect() as connection:
                stages = _stages(connection, frames[outcome.table.name])
            told = told._replace(metadata={**(told.metadata or {}), **stages})
        yield told


def nothing_due(tables: Sequence[Table]) -> Iterator[AssetEvent]:
    """What Dagster is told of a layer that chains of this family do not have: it is done, and nothing is published."""
    for table in tables:
        for name in (_GATE, _WARNINGS):
            yield dg.AssetCheckResult(asset_key=table.name, check_name=name, passed=True)
        yield dg.MaterializeResult(asset_key=table.name, metadata={"standing": _NOTHING_DUE})


def _warned_before(connection: Connection, draft: Draft) -> frozenset[str]:
    """What the period before was warned of, in the words by which warnings are compared."""
    row = connection.execute(
        f"""SELECT {WARNINGS_NOW} AS warnings FROM in_force f JOIN snapshot_reports r USING (snapshot_id)
           WHERE f.asset = %s AND f.chain_id = %s AND (f.epoch IS NULL) = %s
             AND (length(f.period), f.period) < (length(%s), %s)
           ORDER BY length(f.period) DESC, f.period DESC LIMIT 1""".encode(),
        [draft.table.name, draft.key.chain_id, "epoch" not in draft.key.columns, draft.key.period, draft.key.period],
    ).fetchone()
    return frozenset() if row is None else frozenset(_known_by(stored(told)) for told in row["warnings"])


def _known_by(warning: Violation) -> str:
    """What has to be equal for a warning to be no news: of a rule what it is about; of differences their number too."""
    if warning.rule == NOTED:
        return _compared(warning.words)
    where = ", ".join(sorted(f"{name} {value}" for name, value in warning.where.items()))
    return f"{warning.rule}: {warning.words if warning.rule == providers_disagree.NAME else where}"


def _compared(warning: str) -> str:
    """What has to be equal for a warning to be known: of an expected one its words, of any other its numbers too.

    A statement over many epochs says what is held in each of them: that is known where it is the same, in however many.
    """
    whose, of_epochs, told = warning.partition(": epoch ")
    if of_epochs and warning.startswith("HELD: "):
        held = set(_EPOCH.split(_MORE.sub("", told.partition(": ")[2])))
        return f"{whose}: {'; '.join(sorted(held))}"
    return _NUMBERS.sub("N", warning) if _EXPECTED.search(warning) else warning


def _warnings_result(
    outcome: DraftOutcome, before: frozenset[str], acknowledged: frozenset[Known] = frozenset()
) -> dg.AssetCheckResult:
    """Amber where something is new: what the period before was warned of, or somebody acknowledged, stays green."""
    open_ones = [warning for warning in outcome.warnings if known_of(outcome.table.name, warning) not in acknowledged]
    new = [warning for warning in open_ones if _known_by(warning) not in before]
    known = len(open_ones) - len(new)
    metadata: dict[str, Any] = {"warnings": dg.MetadataValue.md(as_markdown(outcome.warnings))}
    if len(open_ones) < len(outcome.warnings):
        metadata["acknowledged"] = dg.MetadataValue.text(str(len(outcome.warnings) - len(open_ones)))
    if known:
        metadata["as in the period before"] = dg.MetadataValue.text(str(known))
    return dg.AssetCheckResult(
        asset_key=outcome.table.name,
        check_name=_WARNINGS,
        passed=not new,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )


def _gate_result(outcome: DraftOutcome, passed: bool) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=outcome.table.name,
        check_name=_GATE,
        passed=passed,
        metadata={
            "rows": dg.MetadataValue.text(str(outcome.row_count)),
            "standing": outcome.standing.value,
            "snapshot": dg.MetadataValue.text(str(outcome.snapshot_id)),
            "violations": dg.MetadataValue.md(as_markdown(outcome.violations)),
        },
    )


def materialization(
    outcome: DraftOutcome, draft: Draft, chain: Chain, names: Mapping[str, str], is_demo: bool = False
) -> dg.MaterializeResult[Any]:
    """One partition's materialization with everything an auditor looks for first."""
    inputs = {f"{item.kind} {item.name}": item.digest for item in sorted(draft.inputs)[:_INPUTS_SHOWN]}
    metadata: dict[str, Any] = {
        "dagster/partition_row_count": outcome.row_count,
        "standing": outcome.standing.value,
        "completeness": outcome.completeness.value,
        "content_digest": outcome.content_digest,
        "lineage_digest": outcome.lineage_digest,
        # As text: Dagster would draw a line through their numbers.
        "snapshot": dg.MetadataValue.text(str(outcome.snapshot_id)),
        "layer version": dg.MetadataValue.text(str(outcome.table.version)),
        "inputs": dg.MetadataValue.json(inputs | {"count": len(set(draft.inputs))}),
        "preview": dg.MetadataValue.md(preview(outcome.table, draft.frame, chain, names)),
    }
    told = notes(outcome.table, draft.frame, names)
    if told:
        metadata["notes"] = dg.MetadataValue.md(told)
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
        metadata[f"{name if 'total' in name else f'total_{name}'}_{chain.native_unit.lower()}"] = float(
            Decimal(total).scaleb(-chain.native_decimals)
        )
    command = "aurora --demo" if is_demo else "aurora"
    if outcome.table is PARTNER_COMMISSION_STATEMENTS:
        metadata |= _proofs(draft, command)
    if outcome.table.name in _PAYABLES:
        metadata |= _documents(draft, command)
    return dg.MaterializeResult(
        asset_key=outcome.table.name, metadata=metadata, data_version=dg.DataVersion(outcome.content_digest)
    )


def partition_link(asset: str, key: str) -> str:
    """The page of one partition of an asset, inside the Dagster UI; its own links lead to the asset alone."""
    return f"[{asset} of {key}](/assets/{asset}?view=partitions&partition={quote(key, safe='')})"


def _documents(draft: Draft, command: str) -> dict[str, Any]:
    """The periods that statements are made of or adjust, as links, and the commands that show and trace each."""
    read = sorted({item.name.partition("@")[2] for item in draft.inputs if item.name.startswith(_EPOCH_STATEMENTS)})
    links = [f"* {partition_link(PARTNER_COMMISSION_STATEMENTS.name, key)}" for key in read]
    told = zip(draft.frame["partner_name"], draft.frame["statement_id"], strict=True)
    commands = [
        f"* {name}: `{command} statements show {short}`, `{command} trace {short}`"
        for name, short in ((name, str(statement)[:_ID_SHOWN]) for name, statement in told)
    ]
    return {
        "epochs": dg.MetadataValue.md("\n".join(links) or "none"),
        "proof": dg.MetadataValue.md("\n".join(commands) or "none"),
    }


def _stages(connection: Connection, draft: Draft) -> dict[str, Any]:
    """Where each statement stands in its life, and who has to do what next."""
    found = [one for one in payable_statements(connection, draft.key.chain_id) if one.key == draft.key]
    lines = ["| partner | stage | next |", "|---|---|---|"]
    for one in found:
        stage = f"{one.stage}, FROZEN" if one.stage.is_frozen else str(one.stage)
        lines.append(f"| {one.row['partner_name']} | {stage if one.is_payable else 'information'} | {one.next_step} |")
    return {"stages when it was computed": dg.MetadataValue.md("\n".join(lines) if found else "none")}


def _proofs(draft: Draft, command: str) -> dict[str, Any]:
    """Where each statement's lines are, and the command that traces it down to the bytes."""
    told = zip(draft.frame["partner_name"], draft.frame["statement_id"], strict=True)
    commands = [f"* {name}: `{command} trace {str(statement)[:_ID_SHOWN]}`" for name, statement in told]
    return {
        "lines": dg.MetadataValue.md(partition_link(PARTNER_COMMISSION_LINES.name, str(draft.key))),
        "proof": dg.MetadataValue.md("\n".join(commands) or "none"),
    }


def _totals(totals: Mapping[str, Amount], chain: Chain) -> str:
    lines = [f"| column | {chain.native_unit} | {chain.base_units}, exact |", "|---|---:|---:|"]
    for name, total in totals.items():
        lines.append(f"| {name} | {format_coins(total, chain.native_decimals)} | {total} |")
    return "\n".join(lines)

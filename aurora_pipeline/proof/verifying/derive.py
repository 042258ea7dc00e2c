"""Computes what is in force again from what is stored, and names every figure that does not follow from it.

Matching digests show that nothing was changed since it was written; this shows that what was written is right. The
same pure functions run on the same bytes and decisions, without a network.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from aurora_pipeline.asking.adapter import Answer, Question
from aurora_pipeline.decisions.unlogged_rows import differences, not_logged
from aurora_pipeline.foundation.listing import listed
from aurora_pipeline.foundation.outages import explained
from aurora_pipeline.foundation.period_key import PartitionKey, PeriodKey
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.layers import ALL_LAYERS, LAYERS, MONTHLY_LAYERS
from aurora_pipeline.periods.record import Period, find_period
from aurora_pipeline.proof.findings import Checked, Findings
from aurora_pipeline.proof.snapshot_records import Snapshot
from aurora_pipeline.proof.verifying.staged import in_archive
from aurora_pipeline.sources.families import source_of
from aurora_pipeline.sources.files.periods import read_bounds
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.file_bodies import is_file
from aurora_pipeline.store.payloads.answers import answers_by_id
from aurora_pipeline.store.ranges import moved_out

_DIFFERENCES_SHOWN = 20
_UNLOGGED = "it stands in no entry of the audit log as it is: somebody wrote or changed it outside Aurora"


def verify_derivation(
    aurora: Aurora,
    connection: Connection,
    key: PartitionKey,
    snapshots: Sequence[Snapshot],
    frames: Mapping[int, pl.DataFrame],
    findings: Findings,
) -> None:
    """Compute what is in force of a period or month again and compare it, row by row and figure by figure."""
    if isinstance(key, PeriodKey):
        place = moved_out(connection, key.chain_id, key.epoch)
        if place is not None:
            findings.note(
                Checked.DERIVATION, str(key), f"not computed again, its evidence was {in_archive(key, place)}"
            )
            return
        _verify_bounds(aurora, connection, key, findings)
    standing = {
        row["asset"]: row["snapshot_id"]
        for row in connection.execute(
            "SELECT asset, snapshot_id FROM in_force WHERE chain_id = %s AND period = %s", [key.chain_id, key.period]
        )
    }
    by_id = {snapshot.snapshot_id: snapshot for snapshot in snapshots}
    told = _verify_decisions(connection, findings)
    for layer in LAYERS if isinstance(key, PeriodKey) else MONTHLY_LAYERS:
        concerned = {t.name: by_id[standing[t.name]] for t in layer.tables if standing.get(t.name) in by_id}
        if not concerned:
            continue
        try:
            with connection.transaction():
                drafts = layer.draft(aurora.configuration, connection, key)
        # Whatever a tampered payload does to the code that reads it, the rest still has to be verified.
        except Exception as error:
            if explained(error) is not None:
                raise
            for snapshot in concerned.values():
                problem = f"it cannot be computed again: {type(error).__name__}: {error}"
                findings.fail(Checked.DERIVATION, snapshot.name, problem)
            continue
        for name in not_logged(connection, {item for draft in drafts for item in draft.inputs}):
            if name not in told:
                findings.fail(Checked.DECISION, name, _UNLOGGED)
                told.add(name)
        for draft in drafts:
            if draft.table.name in concerned:
                snapshot = concerned[draft.table.name]
                _compare(snapshot, frames[snapshot.snapshot_id], draft, findings)


def _verify_decisions(connection: Connection, findings: Findings) -> set[str]:
    """Compare whole tables: what is no input may hide what was one. Returns the names of the rows that were found."""
    tables = list(dict.fromkeys(table for layer in ALL_LAYERS for table in layer.decisions))
    unlogged, gone = differences(connection, tables)
    for name in unlogged:
        findings.fail(Checked.DECISION, name, _UNLOGGED)
    for name in sorted(set(gone) - set(unlogged)):
        findings.fail(Checked.DECISION, name, "the audit log says it was written; it is not there as it was")
    return {*unlogged, *gone}


def _compare(snapshot: Snapshot, stored: pl.DataFrame, draft: Draft, findings: Findings) -> None:
    differences = list(row_differences(draft.table, stored, draft.frame))
    if snapshot.completeness != draft.completeness:
        differences.append(f"completeness: recorded {snapshot.completeness}, derived {draft.completeness}")
    if not differences:
        findings.ok(Checked.DERIVATION)
        return
    stale = _stale_inputs(snapshot, draft)
    if stale:
        problem = (
            f"what counts now is not what it was computed from ({stale}): recompute the period to bring it up to date"
        )
        findings.note(Checked.DERIVATION, snapshot.name, problem)
        return
    for difference in differences[:_DIFFERENCES_SHOWN]:
        findings.fail(Checked.DERIVATION, snapshot.name, f"does not follow from its inputs: {difference}")
    if len(differences) > _DIFFERENCES_SHOWN:
        more = f"{len(differences) - _DIFFERENCES_SHOWN} more figures do not follow from its inputs"
        findings.fail(Checked.DERIVATION, snapshot.name, more)


def _stale_inputs(snapshot: Snapshot, draft: Draft) -> str | None:
    """How the inputs that count now differ from every recorded lineage; none where one lineage names just these."""
    now = set(draft.inputs)
    for lineage in snapshot.lineages:
        if lineage.inputs is not None and set(lineage.inputs) == now and lineage.layer_version == draft.table.version:
            return None
    changed = sorted(now ^ set(snapshot.first.inputs or ()))
    names = list(dict.fromkeys(f"{item.kind} {item.name}" for item in changed)) or ["the layer's version"]
    return listed(names)


def row_differences(table: Table, stored: pl.DataFrame, derived: pl.DataFrame) -> Iterator[str]:
    """Each row and figure in which what is stored is not what was derived."""
    old, new = _by_key(table, stored), _by_key(table, derived)
    for key in sorted(old.keys() - new.keys(), key=str):
        yield f"row {_words(key)} is stored, but not derived"
    for key in sorted(new.keys() - old.keys(), key=str):
        yield f"row {_words(key)} is derived, but not stored"
    for key in sorted(old.keys() & new.keys(), key=str):
        for column in table.digested:
            was, now = old[key][column.name], new[key][column.name]
            if was != now:
                yield f"row {_words(key)}, {column.name}: stored {was}, derived {now}"


def _by_key(table: Table, frame: pl.DataFrame) -> dict[tuple[Any, ...], dict[str, Any]]:
    names = [name for name in table.key if name not in {"chain_id", "epoch"}]
    return {tuple(row[name] for name in names): row for row in frame.iter_rows(named=True)}


def _words(key: tuple[Any, ...]) -> str:
    return "/".join(map(str, key))


def _verify_bounds(aurora: Aurora, connection: Connection, key: PeriodKey, findings: Findings) -> None:
    """Read the period's slots and instants again from the answers it was recorded from."""
    chain = aurora.configuration.chains.get(key.chain_id)
    row = connection.execute(
        "SELECT payload_ids FROM canonical_periods WHERE chain_id = %s AND epoch = %s", [key.chain_id, key.epoch]
    ).fetchone()
    recorded = find_period(connection, key)
    if chain is None or row is None or recorded is None or not row["payload_ids"]:
        return
    stored = {answer.request_key: answer for answer in answers_by_id(connection, row["payload_ids"]).values()}

    async def ask(questions: Sequence[Question]) -> list[Answer]:
        return [stored[question.key] for question in questions]

    where = f"{key} canonical_periods"
    of_files = [answer for answer in stored.values() if is_file(answer.request)]
    try:
        if of_files:
            found = read_bounds(of_files[0], "the stored answers")
        else:
            found = asyncio.run(source_of(chain).bounds(key.epoch, ask, "the stored answers"))
    # Whatever a tampered answer does to the code that reads it, the rest still has to be verified.
    except Exception as error:
        if explained(error) is not None:
            raise
        problem = f"its bounds cannot be read again: {type(error).__name__}: {error}"
        findings.fail(Checked.DERIVATION, where, problem)
        return
    derived = Period(
        key,
        found.first_slot,
        found.last_slot,
        found.first_block_slot,
        found.last_block_slot,
        found.started_at,
        found.ended_at,
    )
    problem = "its bounds do not follow from the stored answers"
    findings.equal(Checked.DERIVATION, where, problem, recorded, derived)

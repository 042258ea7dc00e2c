"""Write, check, publish: how a layer's result becomes the truth, or does not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from aurora_pipeline.foundation.money import stored_amount
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.ddl import LAYER_SCHEMA
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import (
    GENESIS_HASH,
    SNAPSHOT_RECORD,
    Input,
    body_hash,
    lineage_digest,
    publication_record,
    snapshot_record,
)
from aurora_pipeline.store.drafts import Draft, DraftOutcome, DraftStanding, Rejected
from aurora_pipeline.store.errors import PublicationRefused, StoredOtherwise
from aurora_pipeline.store.gate.judging import JudgedDraft, is_released, judged, judged_beside_others
from aurora_pipeline.store.gate.rule import Gate
from aurora_pipeline.store.layer_rows import LayerRows, instance_secret
from aurora_pipeline.store.ranges import room_for
from aurora_pipeline.store.row_chains import append_chained
from aurora_pipeline.store.tables import ATTESTATIONS, WARNINGS_NOW

_PARTITION_LOCK = 4717


class _Settled(NamedTuple):
    """What became of a draft, and the new lineage of a snapshot that is known already."""

    outcome: DraftOutcome
    attestation: dict[str, object] | None


def write_check_publish(
    database: Database, drafts: Sequence[Draft], gate: Gate, dagster_run: str | None = None
) -> list[DraftOutcome]:
    """Write each draft as a snapshot, check all of them, publish all of them or none, in one transaction.

    There is no other way into a layer, and none without a gate that knows its table.

    Raises Rejected, after the rejected snapshots were committed, when a check fails.
    """
    _make_room(database, drafts)
    checked = [judged(database, draft, gate) for draft in sorted(drafts, key=lambda draft: draft.table.name)]
    with database.connect() as connection:
        for one in checked:
            _lock_partition(connection, one.draft)
        checked = [judged_beside_others(connection, one, gate) for one in checked]
        accepted = all(not one.violations or is_released(connection, one, _digest) for one in checked)
        settled = [_settle(connection, one, accepted, dagster_run) for one in checked]
        # Last, because the ledger's clock stands still for everybody else from here to the commit.
        append_chained(connection, ATTESTATIONS, [new.attestation for new in settled if new.attestation is not None])
        outcomes = [told.outcome for told in settled]
        for outcome in outcomes:
            if outcome.standing is DraftStanding.PUBLISHED:
                _publish(connection, outcome)
    if not accepted:
        raise Rejected([o for o in outcomes if o.violations])
    return outcomes


def _make_room(database: Database, drafts: Sequence[Draft]) -> None:
    """In a transaction of its own: a new range waits for all who write snapshots, and nobody waits for long."""
    places = {draft.key for draft in drafts if draft.table.in_ranges}
    with database.connect() as connection:
        for key in sorted(key for key in places if isinstance(key, PeriodKey)):
            room_for(connection, key.chain_id, key.epoch)


def _digest(connection: Connection, draft: Draft) -> str:
    return _rows_of(connection, draft).content_digest()


def _rows_of(connection: Connection, draft: Draft) -> LayerRows:
    return LayerRows(draft.table, draft.frame, instance_secret(connection) if draft.table.salted else None)


def _lock_partition(connection: Connection, draft: Draft) -> None:
    """Two writers of the same partition take turns; others are not held up."""
    connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))",
        [f"{draft.table.name}@{draft.key}", _PARTITION_LOCK],
    )


def _settle(connection: Connection, judged: JudgedDraft, accepted: bool, dagster_run: str | None) -> _Settled:
    """Write the draft, or recognise it; say what became of it and what has yet to be appended."""
    draft = judged.draft
    rows = _rows_of(connection, draft)
    alike = _published_alike(connection, draft) if accepted else []
    # Where nothing published could be equal there is no need to know the digest before the rows are on their way.
    content = None if accepted and not alike and not rows.are_few else rows.content_digest()
    totals = _totals(draft)
    attestation = None
    equal = next((one for one in alike if one["content_digest"] == content), None)
    if equal is None:
        snapshot_id, content, lineage = _write(connection, judged, rows, content, totals, accepted, dagster_run)
        standing = DraftStanding.PUBLISHED if accepted else DraftStanding.REJECTED
    else:
        snapshot_id, content, lineage = equal["snapshot_id"], equal["content_digest"], equal["lineage_digest"]
        attestation = _attestation(connection, draft, snapshot_id, lineage, _lineage(draft, content), dagster_run)
        standing = DraftStanding.UNCHANGED if attestation is None else DraftStanding.ATTESTED
        _record_warnings(connection, judged, snapshot_id, dagster_run)
        if not equal["in_force"]:
            # The figures went back to what they once were: that snapshot comes into force again.
            standing = DraftStanding.PUBLISHED
    outcome = DraftOutcome(
        draft.table,
        draft.key,
        snapshot_id,
        content,
        lineage,
        standing,
        draft.completeness,
        len(draft.frame),
        totals,
        judged.violations,
        judged.warnings,
    )
    return _Settled(outcome, attestation)


def _totals(draft: Draft) -> dict[str, Amount]:
    numeric = [name for name in draft.table.amounts if draft.frame.schema[name].is_numeric()]
    return {name: stored_amount(draft.frame[name].sum() or 0, name) for name in numeric}


def _lineage(draft: Draft, content: str) -> str:
    return lineage_digest(draft.table, draft.key, content, draft.inputs)


def _published_alike(connection: Connection, draft: Draft) -> list[dict[str, Any]]:
    """The once published snapshots that may be of equal content, the one in force first."""
    return connection.execute(
        """SELECT s.snapshot_id, s.content_digest, s.lineage_digest, f.snapshot_id IS NOT NULL AS in_force
           FROM snapshots s
           LEFT JOIN in_force f ON f.snapshot_id = s.snapshot_id AND f.asset = s.asset
                AND f.chain_id = s.chain_id AND f.period = s.period
           WHERE s.asset = %s AND s.chain_id = %s AND s.period = %s AND s.completeness = %s AND s.row_count = %s
             AND EXISTS (SELECT FROM publications p WHERE p.snapshot_id = s.snapshot_id)
           ORDER BY in_force DESC, s.snapshot_id""",
        [draft.table.name, draft.key.chain_id, draft.key.period, draft.completeness, len(draft.frame)],
    ).fetchall()


def _write(
    connection: Connection,
    judged: JudgedDraft,
    rows: LayerRows,
    content: str | None,
    totals: dict[str, Amount],
    accepted: bool,
    dagster_run: str | None,
) -> tuple[int, str, str]:
    """Write a snapshot, its rows and its report; its number, its content digest and its lineage digest."""
    draft = judged.draft
    report_violations = [one.as_json for one in judged.violations]
    if content is None:
        snapshot_id = _next_snapshot_id(connection)
        # The rows come before the snapshot they belong to, as its digest is not known yet.
        connection.execute("SET CONSTRAINTS ALL DEFERRED")
        content = rows.load_and_digest(connection, snapshot_id)
        _record(connection, draft, content, dagster_run, snapshot_id)
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    else:
        snapshot_id = _record(connection, draft, content, dagster_run)
        if judged.violations and not accepted:
            report_violations += _keep_rejected_rows(connection, rows, snapshot_id)
        else:
            rows.load(connection, snapshot_id)
    if accepted or not judged.violations:
        _assert_read_back(connection, draft, snapshot_id, len(draft.frame), totals)
    connection.execute(
        """INSERT INTO snapshot_reports (snapshot_id, totals, accepted, violations, warnings)
           VALUES (%s, %s, %s, %s, %s)""",
        [
            snapshot_id,
            json.dumps({name: str(value) for name, value in totals.items()}),
            accepted,
            json.dumps(report_violations),
            json.dumps(judged.warnings_json),
        ],
    )
    return snapshot_id, content, _lineage(draft, content)


def _record_warnings(connection: Connection, judged: JudgedDraft, snapshot_id: int, dagster_run: str | None) -> None:
    """Append what looks odd now about a snapshot that is known already, where it is not what was told of it last."""
    query = f"SELECT {WARNINGS_NOW} AS warnings FROM snapshot_reports r WHERE r.snapshot_id = %s"
    told = connection.execute(query.encode(), [snapshot_id]).fetchone()
    if told is not None and told["warnings"] != judged.warnings_json:
        connection.execute(
            """INSERT INTO later_warnings (snapshot_id, number, warnings, dagster_run)
               SELECT %s, count(*) + 1, %s, %s FROM later_warnings WHERE snapshot_id = %s""",
            [snapshot_id, json.dumps(judged.warnings_json), dagster_run, snapshot_id],
        )


def _next_snapshot_id(connection: Connection) -> int:
    row = connection.execute("SELECT nextval(pg_get_serial_sequence('snapshots', 'snapshot_id')) AS number").fetchone()
    assert row is not None  # a sequence always gives a number
    return int(row["number"])


def _record(
    connection: Connection, draft: Draft, content: str, dagster_run: str | None, snapshot_id: int | None = None
) -> int:
    """Append the snapshot to the list of all, under its next number or the one that its rows have already."""
    number = sql.SQL("DEFAULT") if snapshot_id is None else sql.Literal(snapshot_id)
    row = connection.execute(
        sql.SQL(
            """INSERT INTO snapshots (snapshot_id, asset, chain_id, period, content_digest, lineage_digest, inputs,
                                      layer_version, row_count, completeness, dagster_run)
               OVERRIDING SYSTEM VALUE
               VALUES ({}, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING snapshot_id"""
        ).format(number),
        [
            draft.table.name,
            draft.key.chain_id,
            draft.key.period,
            content,
            _lineage(draft, content),
            _inputs_json(draft.inputs),
            draft.table.version,
            len(draft.frame),
            draft.completeness,
            dagster_run,
        ],
    ).fetchone()
    assert row is not None  # INSERT ... RETURNING gives a row or raises
    return int(row["snapshot_id"])


def _keep_rejected_rows(connection: Connection, rows: LayerRows, snapshot_id: int) -> list[object]:
    """Keep a rejected snapshot's rows readable where the table can hold them at all; say so where it can't."""
    try:
        with connection.transaction():
            rows.load(connection, snapshot_id)
    except psycopg.DatabaseError as error:
        return [f"its rows could not be kept: {str(error).splitlines()[0]}"]
    return []


def _assert_read_back(
    connection: Connection, draft: Draft, snapshot_id: int, rows: int, totals: dict[str, Amount]
) -> None:
    """What the database holds is what was checked: counts and exact sums, read back before anything is published."""
    sums = [sql.SQL("coalesce(sum({0}), 0) AS {0}").format(sql.Identifier(name)) for name in totals]
    query = sql.SQL("SELECT {} FROM {} WHERE snapshot_id = %s").format(
        sql.SQL(", ").join([sql.SQL("count(*) AS row_count"), *sums]), _layer(draft.table)
    )
    stored = connection.execute(query, [snapshot_id]).fetchone()
    assert stored is not None  # an aggregate always gives a row
    found = {name: stored_amount(stored[name], name) for name in totals}
    if stored["row_count"] != rows or found != totals:
        raise StoredOtherwise(
            f"{draft.name}: the database holds {stored['row_count']} rows with totals {found},"
            f" but {rows} rows with totals {totals} were checked",
            "nothing was published; this points to a fault in the database or the driver",
        )


def _publish(connection: Connection, outcome: DraftOutcome) -> None:
    """Bring a snapshot into force. The instant comes with the ledger's lock, so the newest publication is the last."""
    clock = connection.execute("SELECT record_instant() AS instant").fetchone()
    assert clock is not None  # a function always gives a row
    last = connection.execute("SELECT sequence, entry_hash FROM publications ORDER BY sequence DESC LIMIT 1").fetchone()
    sequence, before = (1, GENESIS_HASH) if last is None else (last["sequence"] + 1, str(last["entry_hash"]))
    digests = (outcome.content_digest, outcome.lineage_digest)
    told = (sequence, clock["instant"], outcome.snapshot_id, outcome.table.name)
    record = _snapshot_record(connection, outcome.snapshot_id)
    own = body_hash(publication_record(*told, outcome.key, *digests, outcome.completeness, record, before))
    try:
        connection.execute(
            """INSERT INTO publications (sequence, published_at, snapshot_id, asset, chain_id, period,
                                         previous_hash, entry_hash)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
            [*told, outcome.key.chain_id, outcome.key.period, before, own],
        )
    except psycopg.errors.RaiseException as error:
        said = error.diag.message_primary or str(error)
        raise PublicationRefused(f"{said}; nothing was published", error.diag.message_hint) from None


def _snapshot_record(connection: Connection, snapshot_id: int) -> str:
    query = f"SELECT {SNAPSHOT_RECORD} FROM snapshots s JOIN snapshot_reports r USING (snapshot_id)"
    row = connection.execute(f"{query} WHERE s.snapshot_id = %s".encode(), [snapshot_id]).fetchone()
    assert row is not None  # a snapshot is written with its report
    return snapshot_record(row)


def _attestation(
    connection: Connection, draft: Draft, snapshot_id: int, first: str, lineage: str, dagster_run: str | None
) -> dict[str, object] | None:
    """The lineage as a new attestation of the snapshot; none where it is known already."""
    known = connection.execute(
        "SELECT FROM attestations WHERE snapshot_id = %s AND lineage_digest = %s", [snapshot_id, lineage]
    ).fetchone()
    if lineage == first or known is not None:
        return None
    return {
        "snapshot_id": snapshot_id,
        "lineage_digest": lineage,
        "inputs": _listed(draft.inputs),
        "layer_version": draft.table.version,
        "dagster_run": dagster_run,
    }


def _inputs_json(inputs: Sequence[Input]) -> str:
    return json.dumps(_listed(inputs))


def _listed(inputs: Sequence[Input]) -> list[list[str]]:
    return [[item.kind, item.name, item.digest] for item in sorted(set(inputs))]


def _layer(table: Table) -> sql.Identifier:
    return sql.Identifier(LAYER_SCHEMA, table.name)

"""Write, check, publish: how a layer's result becomes the truth, or does not; and how the next layer reads it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import polars as pl
import psycopg
from psycopg import sql

from aurora_pipeline.foundation.errors import CheckFailed, Conflict
from aurora_pipeline.foundation.money import stored_amount
from aurora_pipeline.foundation.period_key import PartitionKey, PeriodKey
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.store.database import Connection, Database, read_frame, table_kinds
from aurora_pipeline.store.ddl import LAYER_SCHEMA
from aurora_pipeline.store.declaration import Completeness, Table
from aurora_pipeline.store.digests import (
    GENESIS_HASH,
    SNAPSHOT_RECORD,
    Input,
    lineage_digest,
    publication_hash,
    snapshot_record,
    sorted_by_key,
)
from aurora_pipeline.store.errors import PublicationRefused, SecretMissing, StoredOtherwise
from aurora_pipeline.store.frames import schema_violations
from aurora_pipeline.store.layer_rows import LayerRows
from aurora_pipeline.store.row_chains import append_chained
from aurora_pipeline.store.tables import ATTESTATIONS, WARNINGS_NOW

_PARTITION_LOCK = 4717


@dataclass(frozen=True)
class Draft:
    """A layer's result for one period before anyone may rely on it."""

    table: Table
    key: PartitionKey
    frame: pl.DataFrame
    inputs: tuple[Input, ...]
    completeness: Completeness
    violations: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The asset and period, for messages."""
        return f"{self.table.name} of {self.key}"


class DraftStanding(StrEnum):
    """What became of a draft."""

    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    """Equal content from equal inputs: nothing was written."""
    ATTESTED = "attested"
    """Equal content from other inputs: the new lineage was appended, nothing was published."""
    REJECTED = "rejected"


@dataclass(frozen=True)
class DraftOutcome:
    """What became of a draft, and the digests of the snapshot that holds its content."""

    table: Table
    key: PartitionKey
    snapshot_id: int
    content_digest: str
    lineage_digest: str
    standing: DraftStanding
    completeness: Completeness
    row_count: int
    totals: dict[str, Amount]
    violations: tuple[str, ...]
    warnings: tuple[str, ...]


class Rejected(CheckFailed):
    """A check failed: the snapshot is readable as rejected, and what was in force before still is."""

    code = "checks-failed"
    what_to_do = "Look at the rejected rows, which the message names, correct the cause and recompute."

    def __init__(self, outcomes: Sequence[DraftOutcome]) -> None:
        self.outcomes = tuple(outcomes)
        broken = [f"{o.table.name}: {violation}" for o in outcomes for violation in o.violations]
        first = outcomes[0]
        super().__init__(
            f"{first.key} was not published, {len(broken)} check(s) failed:\n  " + "\n  ".join(broken[:20]),
            f"the rejected rows are in {LAYER_SCHEMA}.{first.table.name} where snapshot_id = {first.snapshot_id};"
            " correct the cause and recompute",
        )


class NotPublished(Conflict):
    """An input a layer needs has no published snapshot for the period."""

    code = "not-published"
    what_to_do = "Compute what is missing: `aurora backfill CHAIN EPOCH`."


@dataclass(frozen=True)
class Published:
    """A published snapshot as the next layer reads it."""

    table: Table
    key: PartitionKey
    snapshot_id: int
    content_digest: str
    lineage_digest: str
    completeness: Completeness
    frame: pl.DataFrame

    @property
    def as_input(self) -> Input:
        """How a consumer names this snapshot in its lineage: by the snapshot's first lineage digest."""
        return snapshot_input(self.table, self.key, self.lineage_digest)


def snapshot_input(table: Table, key: PartitionKey, lineage: str) -> Input:
    """How a lineage names a snapshot of a layer: by the snapshot's first lineage digest."""
    return Input("snapshot", f"{table.name}@{key}", lineage)


class _Settled(NamedTuple):
    """What became of a draft, and the new lineage of a snapshot that is known already."""

    outcome: DraftOutcome
    attestation: dict[str, object] | None


def write_check_publish(
    database: Database, drafts: Sequence[Draft], dagster_run: str | None = None
) -> list[DraftOutcome]:
    """Write each draft as a snapshot, check all of them, publish all of them or none, in one transaction.

    Raises Rejected, after the rejected snapshots were committed, when a check fails.
    """
    checked = [_checked(draft) for draft in sorted(drafts, key=lambda draft: draft.table.name)]
    accepted = not any(draft.violations for draft in checked)
    with database.connect() as connection:
        for draft in checked:
            _lock_partition(connection, draft)
        settled = [_settle(connection, draft, accepted, dagster_run) for draft in checked]
        # Last, because the ledger's clock stands still for everybody else from here to the commit.
        append_chained(connection, ATTESTATIONS, [one.attestation for one in settled if one.attestation is not None])
        for one in settled:
            if one.outcome.standing is DraftStanding.PUBLISHED:
                _publish(connection, one.outcome)
    outcomes = [one.outcome for one in settled]
    if not accepted:
        raise Rejected([o for o in outcomes if o.violations])
    return outcomes


def _checked(draft: Draft) -> Draft:
    """The draft with what its schema and keys say added to its violations."""
    violations = [*draft.violations, *schema_violations(draft.table, draft.frame)]
    if not violations:
        strangers = draft.frame.filter(
            pl.any_horizontal(pl.col(name) != value for name, value in draft.key.columns.items())
        )
        if len(strangers):
            violations.append(f"{len(strangers)} rows belong to another period than {draft.name}")
    return replace(draft, violations=tuple(violations))


def _lock_partition(connection: Connection, draft: Draft) -> None:
    """Two writers of the same partition take turns; others are not held up."""
    connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))",
        [f"{draft.table.name}@{draft.key}", _PARTITION_LOCK],
    )


def _settle(connection: Connection, draft: Draft, accepted: bool, dagster_run: str | None) -> _Settled:
    """Write the draft, or recognise it; say what became of it and what has yet to be appended."""
    rows = LayerRows(draft.table, draft.frame, instance_secret(connection) if draft.table.salted else None)
    alike = _published_alike(connection, draft) if accepted else []
    # Where nothing published could be equal there is no need to know the digest before the rows are on their way.
    content = None if accepted and not alike and not rows.are_few else rows.content_digest()
    totals = _totals(draft)
    attestation = None
    equal = next((one for one in alike if one["content_digest"] == content), None)
    if equal is None:
        snapshot_id, content, lineage = _write(connection, draft, rows, content, totals, accepted, dagster_run)
        standing = DraftStanding.PUBLISHED if accepted else DraftStanding.REJECTED
    else:
        snapshot_id, content, lineage = equal["snapshot_id"], equal["content_digest"], equal["lineage_digest"]
        attestation = _attestation(connection, draft, snapshot_id, lineage, _lineage(draft, content), dagster_run)
        standing = DraftStanding.UNCHANGED if attestation is None else DraftStanding.ATTESTED
        _record_warnings(connection, draft, snapshot_id, dagster_run)
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
        draft.violations,
        draft.warnings,
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
    draft: Draft,
    rows: LayerRows,
    content: str | None,
    totals: dict[str, Amount],
    accepted: bool,
    dagster_run: str | None,
) -> tuple[int, str, str]:
    """Write a snapshot, its rows and its report; its number, its content digest and its lineage digest."""
    report_violations = list(draft.violations)
    if content is None:
        snapshot_id = _next_snapshot_id(connection)
        # The rows come before the snapshot they belong to, as its digest is not known yet.
        connection.execute("SET CONSTRAINTS ALL DEFERRED")
        content = rows.load_and_digest(connection, snapshot_id)
        _record(connection, draft, content, dagster_run, snapshot_id)
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    else:
        snapshot_id = _record(connection, draft, content, dagster_run)
        if draft.violations:
            report_violations += _keep_rejected_rows(connection, rows, snapshot_id)
        else:
            rows.load(connection, snapshot_id)
    if not draft.violations:
        _assert_read_back(connection, draft, snapshot_id, len(draft.frame), totals)
    connection.execute(
        """INSERT INTO snapshot_reports (snapshot_id, totals, accepted, violations, warnings)
           VALUES (%s, %s, %s, %s, %s)""",
        [
            snapshot_id,
            json.dumps({name: str(value) for name, value in totals.items()}),
            accepted,
            json.dumps(report_violations),
            json.dumps(list(draft.warnings)),
        ],
    )
    return snapshot_id, content, _lineage(draft, content)


def _record_warnings(connection: Connection, draft: Draft, snapshot_id: int, dagster_run: str | None) -> None:
    """Append what looks odd now about a snapshot that is known already, where it is not what was told of it last."""
    query = f"SELECT {WARNINGS_NOW} AS warnings FROM snapshot_reports r WHERE r.snapshot_id = %s"
    told = connection.execute(query.encode(), [snapshot_id]).fetchone()
    if told is not None and told["warnings"] != list(draft.warnings):
        connection.execute(
            """INSERT INTO later_warnings (snapshot_id, number, warnings, dagster_run)
               SELECT %s, count(*) + 1, %s, %s FROM later_warnings WHERE snapshot_id = %s""",
            [snapshot_id, json.dumps(list(draft.warnings)), dagster_run, snapshot_id],
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


def _keep_rejected_rows(connection: Connection, rows: LayerRows, snapshot_id: int) -> list[str]:
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
    own = publication_hash(*told, outcome.key, *digests, outcome.completeness, record, before)
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


def instance_secret(connection: Connection) -> bytes:
    """The secret that salts the leaves of what is shown row by row. Never log it."""
    row = connection.execute("SELECT secret FROM instance_secret").fetchone()
    if row is None:
        raise SecretMissing("the instance secret is missing", "restore the table instance_secret from a backup")
    return bytes(row["secret"])


def load_published(connection: Connection, table: Table, key: PartitionKey, as_of: datetime | None = None) -> Published:
    """The snapshot in force (or in force at a past moment); raises NotPublished where there is none."""
    place: list[object] = [table.name, key.chain_id, key.period]
    if as_of is None:
        query, parameters = "in_force WHERE asset = %s AND chain_id = %s AND period = %s", place
    else:
        query, parameters = "in_force_as_of(%s, of_asset => %s, of_chain => %s, of_period => %s)", [as_of, *place]
    row = connection.execute(f"SELECT * FROM {query}", parameters).fetchone()
    if row is None:
        raise NotPublished(
            f"{table.name} of {key} is not published{'' if as_of is None else f' as of {as_of}'}",
            f"run `{_computing(key)}`, or see in the Dagster UI why it failed",
        )
    return Published(
        table,
        key,
        row["snapshot_id"],
        row["content_digest"],
        row["lineage_digest"],
        Completeness(row["completeness"]),
        stored_rows(connection, table, row["snapshot_id"]).drop("salt", strict=False),
    )


def _computing(key: PartitionKey) -> str:
    if isinstance(key, PeriodKey):
        return f"aurora backfill {key.chain_id} {key.epoch}"
    return f"aurora statements compute {key.chain_id} {key.period}"


def stored_rows(connection: Connection, table: Table, snapshot_id: int) -> pl.DataFrame:
    """The rows of one snapshot, published or not, in digest order, with their salts where the table has them."""
    extra = ("salt",) if table.salted else ()
    kinds = table_kinds(table, *extra)
    query = sql.SQL("SELECT {} FROM {} WHERE snapshot_id = %s").format(
        sql.SQL(", ").join(sql.Identifier(name) for name in kinds), _layer(table)
    )
    return sorted_by_key(table, read_frame(connection, query, kinds, [snapshot_id]))

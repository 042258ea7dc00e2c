"""Checking an archive against what the database records: every body by its hash, every snapshot by its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import polars as pl

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.proof.findings import Checked, Findings, VerifyReport
from aurora_pipeline.proof.snapshot_records import Snapshot, snapshots_of_period
from aurora_pipeline.proof.verifying.snapshots import rows_were_not_kept
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table, TableKind
from aurora_pipeline.store.digests import content_digest
from aurora_pipeline.store.file_bodies import READ_VERB
from aurora_pipeline.store.payloads.packing import unpacked
from aurora_pipeline.store.payloads.tables import BODIES
from aurora_pipeline.work.archives.ranges import RANGED, PeriodRange
from aurora_pipeline.work.archives.reading import Archive

_LAYERS = tuple(table for table in RANGED if table.kind is TableKind.LAYER)
_EPOCHS = """
SELECT epoch FROM snapshots WHERE chain_id = %(chain)s AND epoch >= %(from)s AND epoch < %(to)s
UNION SELECT epoch FROM staging_payloads WHERE chain_id = %(chain)s AND epoch >= %(from)s AND epoch < %(to)s
ORDER BY 1
"""


def check(connection: Connection, found: PeriodRange, archive: Archive) -> VerifyReport:
    """Hash every body and every snapshot's rows that the archive holds, and find those that it should hold."""
    findings = Findings()
    between = {"chain": found.chain_id, "from": found.from_epoch, "to": found.to_epoch}
    for row in connection.execute(_EPOCHS, between).fetchall():
        key = PeriodKey(found.chain_id, EpochNumber(row["epoch"]))
        _check_bodies(connection, key, archive, findings)
        snapshots = snapshots_of_period(connection, key, _LAYERS)
        for table in _LAYERS:
            _check_rows(key, table, [one for one in snapshots if one.table.name == table.name], archive, findings)
    return findings.report(f"archive of {found.name}")


def _check_bodies(connection: Connection, key: PeriodKey, archive: Archive, findings: Findings) -> None:
    rows = connection.execute(
        """SELECT DISTINCT response_hash::text AS digest FROM staging_payloads
           WHERE chain_id = %s AND epoch = %s AND request ->> 'verb' IS DISTINCT FROM %s""",
        [key.chain_id, key.epoch, READ_VERB],
    ).fetchall()
    missing = {row["digest"] for row in rows}
    for frame in _readable(key, BODIES.name, archive, Checked.BODY, findings):
        for row in frame.iter_rows(named=True):
            missing.discard(row["response_hash"])
            recomputed = hashlib.sha256(unpacked(row["body"], row["packed_from"])).hexdigest()
            findings.equal(Checked.BODY, f"{key} body", "its bytes were changed", row["response_hash"], recomputed)
    for digest in sorted(missing):
        findings.fail(Checked.PAYLOAD, str(key), "the body of an answer is not in the archive", digest)


def _check_rows(
    key: PeriodKey, table: Table, snapshots: Sequence[Snapshot], archive: Archive, findings: Findings
) -> None:
    parts = list(_readable(key, table.name, archive, Checked.CONTENT, findings))
    if not parts and not snapshots:
        return
    whole = pl.concat(parts) if parts else None
    frames = {} if whole is None else {part["snapshot_id"][0]: part for part in whole.partition_by("snapshot_id")}
    for number in sorted(frames.keys() - {one.snapshot_id for one in snapshots}):
        findings.fail(Checked.CONTENT, f"{table.name} of {key}", f"it holds rows of snapshot {number}, which is none")
    for snapshot in snapshots:
        if rows_were_not_kept(snapshot):
            continue
        rows = frames.get(snapshot.snapshot_id)
        if rows is None and snapshot.row_count:
            findings.fail(Checked.CONTENT, snapshot.name, f"none of its {snapshot.row_count} rows is in the archive")
        elif rows is not None:
            problem = "the rows in the archive are not those that were recorded"
            recomputed = content_digest(snapshot.table, rows)
            findings.equal(Checked.CONTENT, snapshot.name, problem, snapshot.content_digest, recomputed)


def _readable(
    key: PeriodKey, table: str, archive: Archive, kind: Checked, findings: Findings
) -> Iterator[pl.DataFrame]:
    """Frames of the files that are what the manifest says; each that is not is found, and the others go on."""
    for file in archive.files(table, key.epoch):
        try:
            yield archive.frame(file)
        except AuroraError as error:
            findings.fail(kind, f"{table} of {key}", error.message)

"""Verifies what is recorded from the stored bytes up: a period, whatever a digest names, or the audit log.

Nothing stops at the first failure, and nothing is taken from the database that can be recomputed outside it. Run it
with a connection of its own: it reads everything as of one moment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from psycopg.pq import TransactionStatus

from aurora_pipeline.decisions.log import Head, head
from aurora_pipeline.decisions.log import verify as verify_log
from aurora_pipeline.foundation.errors import NotUnderstood
from aurora_pipeline.foundation.period_key import PartitionKey, PeriodKey
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.proof.errors import DigestUnknown
from aurora_pipeline.proof.findings import Checked, Findings, VerifyReport
from aurora_pipeline.proof.signing.evidence import verify_evidence, verify_evidence_inputs
from aurora_pipeline.proof.signing.signed_log import verify_signed_log
from aurora_pipeline.proof.snapshot_records import Snapshot, snapshots_by_id, snapshots_of_period
from aurora_pipeline.proof.verifying.decisions import verify_decisions
from aurora_pipeline.proof.verifying.derive import verify_derivation
from aurora_pipeline.proof.verifying.named_inputs import configured_values, decision_digests, period_digests
from aurora_pipeline.proof.verifying.payables import verify_payables
from aurora_pipeline.proof.verifying.publications import (
    publication_head,
    published_among,
    verify_publication_chain,
    verify_publications_by_id,
    verify_publications_of,
    verify_reports,
)
from aurora_pipeline.proof.verifying.released import verify_released
from aurora_pipeline.proof.verifying.row_chains import CHAINED, chain_head, verify_chain
from aurora_pipeline.proof.verifying.snapshots import Below, named_upstream, verify_snapshots
from aurora_pipeline.proof.verifying.staged import Staged, fetch_place, verify_staged
from aurora_pipeline.proof.verifying.statements import verify_statements
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.layer_rows import instance_secret
from aurora_pipeline.tables import ALL_TABLES, LAYER_TABLES

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


def verify_period(
    connection: Connection,
    key: PartitionKey,
    tables: Sequence[Table] = LAYER_TABLES,
    *,
    aurora: Aurora | None = None,
    deep: bool = False,
) -> VerifyReport:
    """Recompute all that is recorded of a period or month: staged bytes, every snapshot, what came into force.

    With `aurora`, configuration values are compared with the files. `deep` also computes what is in force again from
    the bytes and names every figure that does not follow from them; it needs `aurora`.
    """
    read_as_of_one_moment(connection)
    findings = Findings()
    staged = {key: verify_staged(connection, key, findings)} if isinstance(key, PeriodKey) else {}
    snapshots = snapshots_of_period(connection, key, tables)
    for place, names in _fetches_by_period(snapshots).items():
        if place not in staged:
            staged[place] = verify_staged(connection, place, findings, names)
    frames = _verify_all(connection, snapshots, staged, aurora, findings)
    verify_publications_of(connection, key, findings)
    for table in CHAINED:
        verify_chain(connection, table, findings)
    if not snapshots:
        findings.note(Checked.CONTENT, str(key), "no layer has written anything for it")
    if deep:
        if aurora is None:
            raise ValueError("computing a period again needs the configuration: pass aurora")
        verify_derivation(aurora, connection, key, snapshots, frames, findings)
    return findings.report(str(key))


def verify_digest(connection: Connection, digest: str, *, aurora: Aurora | None = None) -> VerifyReport:
    """Recompute what a digest names and everything below it, down to the bytes.

    Snapshots and attestations have a content and a lineage digest; statements (over their lines), fetches, periods,
    bodies and audit entries have one each. Raises CheckFailed where nothing has that digest.
    """
    if not _DIGEST.match(digest):
        raise NotUnderstood(f"{digest!r} is no digest", "a digest has 64 characters, 0-9 and a-f")
    read_as_of_one_moment(connection)
    numbers = _snapshots_with(connection, digest)
    if numbers:
        return _verify_closure(connection, numbers, digest, aurora)
    findings = Findings()
    places = _staged_with(connection, digest)
    for key, names in places.items():
        verify_staged(connection, key, findings, names)
    if places:
        return findings.report(digest)
    if connection.execute("SELECT FROM audit_log WHERE entry_hash = %s", [digest]).fetchone() is not None:
        return verify_audit(connection)
    raise DigestUnknown(
        f"nothing recorded here has the digest {digest}",
        "if it was shown by this instance, what had it was changed or removed: verify the period it belongs to;"
        " else ask the instance that issued it",
    )


@dataclass(frozen=True)
class Heads:
    """The newest row of each chain: noted outside, they prove later that nothing was cut off."""

    log: Head | None
    publications: Head | None
    attestations: Head | None
    observations: Head | None


def heads(connection: Connection) -> Heads:
    """The heads of all chains as they are now."""
    chained = (chain_head(connection, table) for table in CHAINED)
    return Heads(head(connection), publication_head(connection), *chained)


def verify_audit(connection: Connection, witness: Heads | None = None) -> VerifyReport:
    """Recompute the audit log and every other chain; a `witness` noted earlier shows what was cut off."""
    findings = Findings()
    report = verify_log(connection, None if witness is None else witness.log)
    if report.entries:
        findings.ok(Checked.AUDIT, report.entries)
    if report.problem is not None:
        findings.fail(Checked.AUDIT, f"audit_log entry {report.broken_at}", report.problem)
    else:
        verify_decisions(connection, findings)
        verify_released(connection, findings)
    verify_publication_chain(connection, findings, None if witness is None else witness.publications)
    verify_reports(connection, findings)
    verify_evidence_inputs(connection, readable_secret(connection), findings)
    for table in CHAINED:
        verify_chain(connection, table, findings, None if witness is None else getattr(witness, table.name))
    verify_signed_log(connection, findings)
    return findings.report("audit log and chains")


def read_as_of_one_moment(connection: Connection) -> None:
    """Somebody may publish while we read; what we compare has to be from one moment."""
    if connection.info.transaction_status is TransactionStatus.IDLE and not connection.autocommit:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def _verify_all(
    connection: Connection,
    snapshots: Sequence[Snapshot],
    staged: Mapping[PeriodKey, Staged],
    aurora: Aurora | None,
    findings: Findings,
) -> dict[int, pl.DataFrame]:
    """Recompute some snapshots against what was staged and recorded; returns their rows."""
    upstream = named_upstream(connection, snapshots, LAYER_TABLES)
    below = Below(
        staged=staged,
        periods=period_digests(connection, _named(snapshots, "period")),
        decisions=decision_digests(connection, _named(snapshots, "decision"), ALL_TABLES),
        upstream=upstream,
        published=published_among(connection, [found.snapshot_id for found in upstream.values()]),
        configured=None if aurora is None else configured_values(connection, aurora.configuration),
    )
    secret = readable_secret(connection)
    frames = verify_snapshots(connection, snapshots, below, secret, findings)
    verify_statements(connection, snapshots, frames, upstream, findings)
    verify_payables(connection, snapshots, frames, upstream, findings)
    verify_evidence(connection, snapshots, secret, findings)
    return frames


def _verify_closure(connection: Connection, numbers: Iterable[int], digest: str, aurora: Aurora | None) -> VerifyReport:
    """Verify some snapshots and every snapshot and fetch they rest on, whatever period they are of."""
    closure: dict[int, Snapshot] = {}
    reached = snapshots_by_id(connection, list(numbers), LAYER_TABLES)
    while reached:
        closure |= {snapshot.snapshot_id: snapshot for snapshot in reached}
        upstream = named_upstream(connection, reached, LAYER_TABLES)
        reached = [snapshot for snapshot in upstream.values() if snapshot.snapshot_id not in closure]
    findings = Findings()
    periods = [snapshot.key for snapshot in closure.values() if isinstance(snapshot.key, PeriodKey)]
    names = {key: set[str]() for key in periods} | _fetches_by_period(closure.values())
    staged = {key: verify_staged(connection, key, findings, only) for key, only in sorted(names.items())}
    _verify_all(connection, list(closure.values()), staged, aurora, findings)
    verify_publications_by_id(connection, list(closure), findings)
    return findings.report(digest)


def _fetches_by_period(snapshots: Iterable[Snapshot]) -> dict[PeriodKey, set[str]]:
    """The fetches that snapshots name, by the period each is of."""
    names: dict[PeriodKey, set[str]] = {}
    for snapshot in snapshots:
        key = snapshot.key
        if not isinstance(key, PeriodKey):
            continue  # a month is computed from figures, never from a fetch
        for name in _named([snapshot], "fetch"):
            place, fetch = fetch_place(key, name)
            names.setdefault(place, set()).add(fetch)
    return names


def _named(snapshots: Iterable[Snapshot], kind: str) -> list[str]:
    return [
        item.name
        for snapshot in snapshots
        for lineage in snapshot.lineages
        for item in lineage.inputs or ()
        if item.kind == kind
    ]


def _snapshots_with(connection: Connection, digest: str) -> list[int]:
    rows = connection.execute(
        """SELECT snapshot_id FROM snapshots WHERE content_digest = %(digest)s OR lineage_digest = %(digest)s
           UNION SELECT snapshot_id FROM attestations WHERE lineage_digest = %(digest)s
           UNION SELECT snapshot_id FROM layers.partner_commission_statements WHERE lines_digest = %(digest)s""",
        {"digest": digest},
    ).fetchall()
    return [row["snapshot_id"] for row in rows]


def _staged_with(connection: Connection, digest: str) -> dict[PeriodKey, list[str] | None]:
    """The periods in which something staged has a digest, and which fetches; None: all of the period's."""
    rows = connection.execute(
        """SELECT chain_id, epoch, data_type || '/' || provider || '/' || subject AS name FROM staging_fetches
           WHERE fetch_digest = %(digest)s
           UNION SELECT chain_id, epoch, NULL FROM staging_bodies WHERE response_hash = %(digest)s
           UNION SELECT chain_id, epoch, NULL FROM staging_payloads WHERE response_hash = %(digest)s
           UNION SELECT chain_id, epoch, NULL FROM canonical_periods WHERE period_digest = %(digest)s""",
        {"digest": digest},
    ).fetchall()
    places: dict[PeriodKey, list[str] | None] = {}
    for row in rows:
        names = places.setdefault(PeriodKey(row["chain_id"], row["epoch"]), [])
        if row["name"] is None or names is None:
            places[PeriodKey(row["chain_id"], row["epoch"])] = None
        else:
            names.append(row["name"])
    return places


def readable_secret(connection: Connection) -> bytes | None:
    """The instance secret, where this login may read it."""
    allowed = connection.execute("SELECT has_table_privilege('instance_secret', 'SELECT') AS allowed").fetchone()
    return instance_secret(connection) if allowed is not None and allowed["allowed"] else None

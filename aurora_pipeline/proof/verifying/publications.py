"""Checks publications: against the snapshots they bring into force, and their chain, from the first to the newest."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from aurora_pipeline.decisions.log import Head
from aurora_pipeline.foundation.period_key import PartitionKey
from aurora_pipeline.proof.findings import Checked, Findings
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.digests import GENESIS_HASH, body_hash
from aurora_pipeline.store.publication_records import publications, recorded

_COLUMNS = """
SELECT p.sequence, p.published_at, p.snapshot_id, p.asset, p.chain_id, p.period,
       s.asset AS written_asset, s.chain_id AS written_chain, s.period AS written_period,
       CASE WHEN EXISTS (
           SELECT FROM snapshot_releases l JOIN snapshots o USING (snapshot_id)
           WHERE (o.asset, o.chain_id, o.period, o.content_digest) = (s.asset, s.chain_id, s.period, s.content_digest)
             AND NOT EXISTS (SELECT FROM jsonb_array_elements(r.violations) v
                             WHERE coalesce(v ->> 'rule', '') <> ALL (string_to_array(l.rules, ', ')))
       ) THEN 0 ELSE coalesce(jsonb_array_length(r.violations), 0) END AS violations
FROM publications p LEFT JOIN snapshots s USING (snapshot_id) LEFT JOIN snapshot_reports r USING (snapshot_id)
"""


def verify_publications_of(connection: Connection, key: PartitionKey, findings: Findings) -> None:
    """Check every publication that is, or should be, one of a period."""
    where = "WHERE (p.chain_id, p.period) = (%(chain)s, %(period)s) OR (s.chain_id, s.period) = (%(chain)s, %(period)s)"
    rows = connection.execute(
        f"{_COLUMNS} {where} ORDER BY p.sequence".encode(), {"chain": key.chain_id, "period": key.period}
    ).fetchall()
    _verify(rows, findings)
    _verify_all_are_published(connection, key, findings)
    verify_publication_chain(connection, findings)


def publication_head(connection: Connection) -> Head | None:
    """The newest publication's place and hash; none before the first."""
    row = connection.execute("SELECT sequence, entry_hash FROM publications ORDER BY sequence DESC LIMIT 1").fetchone()
    return None if row is None else Head(row["sequence"], row["entry_hash"])


def verify_publication_chain(connection: Connection, findings: Findings, witness: Head | None = None) -> None:
    """Check that no publication of any period was changed, removed or slipped in; the first break is named.

    What came into force for one period is told by the order of all. Cut-off newest ones leave a chain that holds:
    a `witness`, a head noted earlier outside the database, shows them.
    """
    newest: Head | None = None
    latest: datetime | None = None
    for row in publications(connection):
        where = f"publication {row['sequence']} of {row['asset']} of {row['chain_id']}:{row['period']}"
        due = 1 if newest is None else newest.sequence + 1
        expected = None if row["content_digest"] is None else _expected_hash(row)
        if expected is None:
            problem = f"it publishes snapshot {row['snapshot_id']}, which is gone"
        elif row["entry_hash"] != expected:
            problem = "it, or its snapshot, or that one's report, was changed: its content has another hash"
        elif row["sequence"] != due or row["previous_hash"] != (newest.entry_hash if newest else GENESIS_HASH):
            problem = f"it does not follow publication {due - 1}: one was removed, replaced or slipped in"
        elif latest is not None and row["published_at"] < latest:
            problem = "it is recorded as earlier than the publication before it"
        elif witness is not None and witness.sequence == due and witness.entry_hash != expected:
            problem = "it is not the one that was seen: what came into force up to here was rewritten"
        else:
            newest, latest = Head(row["sequence"], row["entry_hash"]), row["published_at"]
            findings.ok(Checked.PUBLICATION)
            continue
        findings.fail(Checked.PUBLICATION, where, problem)
        return
    last = 0 if newest is None else newest.sequence
    if witness is not None and last < witness.sequence:
        problem = f"they end at publication {last}, but publication {witness.sequence} was seen: they were cut"
        findings.fail(Checked.PUBLICATION, "publications", problem)


def _expected_hash(row: dict[str, Any]) -> str:
    record = recorded(row)
    return "no hash: it names no period and no month" if record is None else body_hash(record)


def _verify_all_are_published(connection: Connection, key: PartitionKey, findings: Findings) -> None:
    rows = connection.execute(
        """SELECT s.snapshot_id, s.asset FROM snapshots s JOIN snapshot_reports r USING (snapshot_id)
           WHERE s.chain_id = %s AND s.period = %s AND r.accepted
             AND NOT EXISTS (SELECT FROM publications p WHERE p.snapshot_id = s.snapshot_id)
           ORDER BY s.snapshot_id""",
        [key.chain_id, key.period],
    )
    for row in rows:
        problem = f"snapshot {row['snapshot_id']} was accepted, and its publication is gone"
        findings.fail(Checked.PUBLICATION, f"{row['asset']} of {key}", problem)


def verify_reports(connection: Connection, findings: Findings) -> None:
    """Check that every report is of a snapshot that exists, and every snapshot has one."""
    rows = connection.execute(
        """SELECT snapshot_id, r.snapshot_id IS NULL AS unreported
           FROM snapshots s FULL JOIN snapshot_reports r USING (snapshot_id)
           WHERE s.snapshot_id IS NULL OR r.snapshot_id IS NULL ORDER BY snapshot_id"""
    )
    for row in rows:
        problem = "its report is gone" if row["unreported"] else "it is reported on, and there is no such snapshot"
        findings.fail(Checked.TOTAL, f"snapshot {row['snapshot_id']}", problem)


def verify_publications_by_id(connection: Connection, snapshot_ids: Collection[int], findings: Findings) -> None:
    """Check the publications of some snapshots."""
    query = f"{_COLUMNS} WHERE p.snapshot_id = ANY(%s) ORDER BY p.sequence"
    _verify(connection.execute(query.encode(), [list(snapshot_ids)]).fetchall(), findings)


def published_among(connection: Connection, snapshot_ids: Collection[int]) -> frozenset[int]:
    """Which of some snapshots were ever published."""
    rows = connection.execute(
        "SELECT DISTINCT snapshot_id FROM publications WHERE snapshot_id = ANY(%s)", [list(snapshot_ids)]
    ).fetchall()
    return frozenset(row["snapshot_id"] for row in rows)


def _verify(rows: list[dict[str, Any]], findings: Findings) -> None:
    newest: dict[tuple[str, str, str], Any] = {}
    for row in rows:
        told = (row["asset"], row["chain_id"], row["period"])
        where = f"publication {row['sequence']} of {row['asset']} of {row['chain_id']}:{row['period']}"
        written = (row["written_asset"], row["written_chain"], row["written_period"])
        if row["written_asset"] is None:
            problem = f"it publishes snapshot {row['snapshot_id']}, which is gone"
            findings.fail(Checked.PUBLICATION, where, problem)
        elif told != written:
            problem = f"it publishes snapshot {row['snapshot_id']}, which is of something else"
            findings.fail(Checked.PUBLICATION, where, problem, _words(told), _words(written))
        elif row["violations"]:
            problem = f"it publishes snapshot {row['snapshot_id']}, which failed {row['violations']} check(s)"
            findings.fail(Checked.PUBLICATION, where, problem)
        elif told in newest and row["published_at"] < newest[told]:
            problem = "it is recorded as earlier than the publication it supersedes"
            findings.fail(Checked.PUBLICATION, where, problem, row["published_at"])
        else:
            findings.ok(Checked.PUBLICATION)
        newest[told] = row["published_at"]


def _words(place: tuple[str, str, str]) -> str:
    return f"{place[0]} of {place[1]}:{place[2]}"

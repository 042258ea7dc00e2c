"""Letting a rejected snapshot count after all: a decision with a reason, which the next computation carries out."""

from __future__ import annotations

import psycopg

from aurora_pipeline.decisions.gate_tables import RELEASABLE, SNAPSHOT_RELEASES
from aurora_pipeline.decisions.recording import Change, Recording
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.errors import SnapshotNotReleased
from aurora_pipeline.work.reads.snapshots import SnapshotShape, snapshot


def release(connection: Connection, snapshot_id: int, actor: str, reason: str) -> Change:
    """Release a snapshot from the rules that it breaks. The database refuses what may not be, whoever asks."""
    recording = Recording.begin(connection, actor, reason)
    recording.require_reason()
    one = snapshot(connection, snapshot_id)
    _require_releasable(one)
    rules = ", ".join(sorted({found.rule for found in one.violations}))
    named = f"snapshot {snapshot_id}, {one.asset} of {one.chain_id}:{one.period}"
    try:
        recording.write(SNAPSHOT_RELEASES, {"snapshot_id": snapshot_id, "chain_id": one.chain_id, "rules": rules})
        return recording.note(
            f"snapshot/{snapshot_id}",
            "snapshot.released",
            None,
            {"snapshot_id": snapshot_id, "rules": rules, "content_digest": one.content_digest},
            [f"{named}, counts although it breaks {rules}"],
        )
    except psycopg.errors.RaiseException as error:
        said = error.diag.message_primary or str(error)
        raise SnapshotNotReleased(f"{said}; nothing was written", error.diag.message_hint) from None


def _require_releasable(one: SnapshotShape) -> None:
    if one.standing != "rejected" or not one.violations:
        what = "was rejected for another that was to be published with it" if one.standing == "rejected" else "counts"
        if one.standing == "superseded":
            what = "was published"
        raise SnapshotNotReleased(
            f"snapshot {one.snapshot_id} {what}: there is nothing to release",
            "`aurora snapshots list --rejected` names those that broke a rule",
        )
    if one.released_by is not None:
        raise SnapshotNotReleased(
            f"snapshot {one.snapshot_id} was released by {one.released_by} on {one.released_at:%Y-%m-%d}",
            f"compute it again: `aurora recompute {one.chain_id} EPOCH`",
        )
    never = sorted({found.rule for found in one.violations} - set(RELEASABLE))
    if never:
        raise SnapshotNotReleased(
            f"snapshot {one.snapshot_id} breaks {', '.join(never)}, which nobody may release",
            "docs/gates.md says what to do about it; correct the cause and recompute",
        )


def may_compute(connection: Connection) -> bool:
    """Whether this login writes layers; on a server of its own only Aurora's worker does."""
    row = connection.execute("SELECT has_table_privilege('snapshots', 'INSERT') AS may").fetchone()
    assert row is not None  # a function gives a row
    return bool(row["may"])

"""Recomputes snapshots from stored rows and inputs: content, salts, totals, lineage, and that each input exists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from aurora_pipeline.foundation.period_key import PartitionKey, PeriodKey
from aurora_pipeline.proof.findings import Checked, Findings
from aurora_pipeline.proof.snapshot_records import Lineage, Snapshot, rows_of, snapshots_by_lineage
from aurora_pipeline.proof.verifying.staged import Staged, fetch_place, in_archive
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Completeness, FigureState, Table
from aurora_pipeline.store.digests import Input, content_digest, lineage_digest, salts
from aurora_pipeline.store.ranges import moved_out

_SHOWN = 5
_ROWS_NOT_KEPT = "its rows could not be kept"


Configured = Callable[[PeriodKey, str], str | None]


@dataclass(frozen=True)
class Below:
    """Everything inputs may name, recomputed."""

    staged: Mapping[PeriodKey, Staged]
    periods: Mapping[str, str]
    """Recomputed period digests by input name."""
    decisions: Mapping[str, str]
    """Recomputed digests of decision rows by input name."""
    upstream: Mapping[str, Snapshot]
    """Snapshots by first lineage digest."""
    published: frozenset[int]
    """Which snapshots were ever published."""
    configured: Configured | None
    """The digest of a configuration value as it is now, by period and input name; None: not known here."""


def named_upstream(
    connection: Connection, snapshots: Iterable[Snapshot], tables: Sequence[Table]
) -> dict[str, Snapshot]:
    """The snapshots that some snapshots name as inputs, by first lineage digest."""
    digests = {
        item.digest
        for snapshot in snapshots
        for lineage in snapshot.lineages
        for item in lineage.inputs or ()
        if item.kind == "snapshot"
    }
    return {found.first.lineage_digest: found for found in snapshots_by_lineage(connection, digests, tables)}


def verify_snapshots(
    connection: Connection, snapshots: Sequence[Snapshot], below: Below, secret: bytes | None, findings: Findings
) -> dict[int, pl.DataFrame]:
    """Recompute some snapshots; returns the stored rows of those that are in the database."""
    outside = {one.snapshot_id for one in snapshots if _is_in_archive(connection, one, findings)}
    by_columns: dict[tuple[str, int], list[Snapshot]] = {}
    for snapshot in snapshots:
        if snapshot.snapshot_id not in outside:
            by_columns.setdefault((snapshot.table.name, snapshot.table.version), []).append(snapshot)
    frames: dict[int, pl.DataFrame] = {}
    for members in by_columns.values():
        frames |= rows_of(connection, members[0].table, [member.snapshot_id for member in members])
    for snapshot in snapshots:
        if snapshot.snapshot_id in frames:
            _verify_rows(snapshot, frames[snapshot.snapshot_id], secret, findings)
            _verify_sources(snapshot, frames[snapshot.snapshot_id], below, findings)
        for lineage in snapshot.lineages:
            _verify_lineage(snapshot, lineage, below, findings)
    return frames


def _is_in_archive(connection: Connection, snapshot: Snapshot, findings: Findings) -> bool:
    """Whether its rows are outside the database, which is noted: what it was computed from is verified all the same."""
    if not (snapshot.table.in_ranges and isinstance(snapshot.key, PeriodKey)):
        return False
    place = moved_out(connection, snapshot.key.chain_id, snapshot.key.epoch)
    if place is None:
        return False
    findings.note(Checked.CONTENT, f"rows of canonical layers of {snapshot.key}", in_archive(snapshot.key, place))
    return True


def rows_were_not_kept(snapshot: Snapshot) -> bool:
    """Whether it was rejected with rows that the table could not hold."""
    report = snapshot.report
    return report is not None and any(str(text).startswith(_ROWS_NOT_KEPT) for text in report["violations"])


def _verify_rows(snapshot: Snapshot, frame: pl.DataFrame, secret: bytes | None, findings: Findings) -> None:
    report = snapshot.report
    if report is None:
        findings.fail(Checked.TOTAL, snapshot.name, "its report (totals and violations) is gone")
    elif rows_were_not_kept(snapshot):
        findings.note(Checked.CONTENT, snapshot.name, "it was rejected and its rows could not be kept, so none to hash")
        return
    if snapshot.table.salted:
        _verify_salts(snapshot, frame, secret, findings)
    recomputed = content_digest(snapshot.table, frame)
    if recomputed == snapshot.content_digest:
        findings.ok(Checked.CONTENT)
    else:
        problem = f"its rows are not those that were published: {_difference(snapshot, frame)}"
        findings.fail(Checked.CONTENT, snapshot.name, problem, snapshot.content_digest, recomputed)
    _verify_totals(snapshot, frame, findings)


def _totals(table: Table, frame: pl.DataFrame) -> dict[str, int]:
    return {name: int(frame[name].sum() or 0) for name in table.amounts}


def _difference(snapshot: Snapshot, frame: pl.DataFrame) -> str:
    """What can be said of changed rows without the old ones: their number, and which column's sum moved."""
    if len(frame) != snapshot.row_count:
        return f"{snapshot.row_count} were written, {len(frame)} are there"
    recorded = {} if snapshot.report is None else snapshot.report["totals"]
    moved = [
        f"{name} sums to {now}, was {recorded[name]}"
        for name, now in _totals(snapshot.table, frame).items()
        if recorded.get(name, str(now)) != str(now)
    ]
    return "; ".join(moved) or "a column that is no sum, or the recorded digest itself, was changed"


def _verify_totals(snapshot: Snapshot, frame: pl.DataFrame, findings: Findings) -> None:
    problem = "the number of its rows is another than recorded"
    findings.equal(Checked.TOTAL, snapshot.name, problem, snapshot.row_count, len(frame))
    recorded = {} if snapshot.report is None else snapshot.report["totals"]
    for name, total in _totals(snapshot.table, frame).items():
        if snapshot.report is not None:
            problem = f"the total of {name} is another than recorded"
            findings.equal(Checked.TOTAL, snapshot.name, problem, recorded.get(name), str(total))
    if snapshot.completeness == Completeness.FINAL and "state" in frame.columns:
        open_rows = frame.filter(pl.col("state") != FigureState.FINAL.value)
        if len(open_rows):
            where = f"{snapshot.name}, {_keys(snapshot.table, open_rows)}"
            findings.fail(Checked.TOTAL, where, "it calls itself FINAL, but these rows are not")


def _verify_salts(snapshot: Snapshot, frame: pl.DataFrame, secret: bytes | None, findings: Findings) -> None:
    if secret is None:
        findings.note(Checked.SALT, snapshot.name, "the instance secret is not at hand, so salts are taken as stored")
        return
    expected = pl.Series("expected", salts(snapshot.table, frame, secret), pl.String)
    changed = frame.with_columns(expected).filter(pl.col("salt") != pl.col("expected"))
    findings.ok(Checked.SALT, len(frame) - len(changed))
    for row in changed.iter_rows(named=True):
        where = f"{snapshot.name}, row {_key(snapshot.table, row)}"
        problem = "its salt does not belong to its key: the key or the salt was changed, or the row was added"
        findings.fail(Checked.SALT, where, problem, row["salt"], row["expected"])


def _verify_sources(snapshot: Snapshot, frame: pl.DataFrame, below: Below, findings: Findings) -> None:
    """Rows point to the fetch they were read from; what they point to has to be an input."""
    staged = below.staged.get(snapshot.key) if isinstance(snapshot.key, PeriodKey) else None
    if "source_fetch" not in frame.columns or staged is None:
        return
    named = {item.digest for item in snapshot.inputs("fetch")}
    digests = staged.fetch_digests
    for number in frame["source_fetch"].drop_nulls().unique().sort():
        if digests.get(number) in named:
            findings.ok(Checked.INPUT)
            continue
        where = f"{snapshot.name}, {_keys(snapshot.table, frame.filter(pl.col('source_fetch') == number))}"
        findings.fail(Checked.INPUT, where, f"read from fetch {number}, which is gone, changed or no input of it")


def _verify_lineage(snapshot: Snapshot, lineage: Lineage, below: Below, findings: Findings) -> None:
    where = f"{snapshot.name}, {lineage.name}"
    if lineage.inputs is None:
        findings.fail(Checked.LINEAGE, where, "its inputs are no list of [kind, name, digest]", lineage.lineage_digest)
        return
    table = replace(snapshot.table, version=lineage.layer_version)
    key = snapshot.key
    recomputed = lineage_digest(table, key, snapshot.content_digest, lineage.inputs)
    problem = "its inputs, version, content digest or lineage digest were changed"
    findings.equal(Checked.LINEAGE, where, problem, lineage.lineage_digest, recomputed)
    for item in lineage.inputs:
        _verify_input(where, key, item, below, findings)


def _verify_input(where: str, key: PartitionKey, item: Input, below: Below, findings: Findings) -> None:
    place = f"{where}, input {item.kind} {item.name}"
    match item.kind:
        case "snapshot":
            _verify_snapshot_input(place, item, below, findings)
        case "fetch":
            digests = _fetches_named(below, key, item.name)
            if item.digest in digests:
                findings.ok(Checked.INPUT)
            else:
                problem = "no fetch of that name has this digest any more: it or its answers were removed or changed"
                findings.fail(Checked.INPUT, place, problem, item.digest, _listed(digests))
        case "period":
            problem = "the period's bounds were changed or removed"
            findings.equal(Checked.INPUT, place, problem, item.digest, below.periods.get(item.name))
        case "decision":
            problem = "the decision's row was changed or removed"
            findings.equal(Checked.DECISION, place, problem, item.digest, below.decisions.get(item.name))
        case "config":
            _note_config(key, place, item, below, findings)
        case _:
            findings.fail(Checked.INPUT, place, f"there is no kind of input {item.kind!r}", item.digest)


def _verify_snapshot_input(place: str, item: Input, below: Below, findings: Findings) -> None:
    found = below.upstream.get(item.digest)
    if found is None:
        findings.fail(Checked.INPUT, place, "no snapshot has this first lineage digest", item.digest)
        return
    name = f"{found.table.name}@{found.key}"
    if findings.equal(Checked.INPUT, place, "the snapshot of that digest is another one", item.name, name) and (
        found.snapshot_id not in below.published
    ):
        problem = f"it was read, so it was published once, but snapshot {found.snapshot_id} has no publication"
        findings.fail(Checked.PUBLICATION, place, problem, item.digest)


def _fetches_named(below: Below, key: PartitionKey, name: str) -> Mapping[str, int]:
    if not isinstance(key, PeriodKey):
        return {}
    place, fetch = fetch_place(key, name)
    staged = below.staged.get(place)
    return {} if staged is None else staged.fetches.get(fetch, {})


def _note_config(key: PartitionKey, place: str, item: Input, below: Below, findings: Findings) -> None:
    """Configuration lives in files that may change: another value now is worth knowing, not wrong."""
    if below.configured is None or not isinstance(key, PeriodKey):
        findings.note(Checked.INPUT, item.name, "a configuration value, not compared with the files", item.digest)
        return
    now = below.configured(key, item.name)
    if now == item.digest:
        findings.ok(Checked.INPUT)
    else:
        findings.note(Checked.INPUT, place, "the configuration says something else now", item.digest, now)


def _key(table: Table, row: Mapping[str, Any]) -> str:
    return "/".join(str(row[name]) for name in table.key if name not in {"chain_id", "epoch", "month"})


def _keys(table: Table, frame: pl.DataFrame) -> str:
    names = [_key(table, row) for row in frame.head(_SHOWN).iter_rows(named=True)]
    more = f" and {len(frame) - _SHOWN} more" if len(frame) > _SHOWN else ""
    return f"rows {', '.join(names)}{more}"


def _listed(digests: Iterable[str]) -> str | None:
    return ", ".join(sorted(digests)) or None

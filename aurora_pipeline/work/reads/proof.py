"""Traces, what verifying found, and the audit log."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from aurora_pipeline.decisions.export import LogRoot
from aurora_pipeline.decisions.log import Entry
from aurora_pipeline.proof.findings import Checked, VerifyReport
from aurora_pipeline.proof.findings import Finding as FoundFinding
from aurora_pipeline.proof.replay.compared import Replayed
from aurora_pipeline.proof.tracing.node import TraceNode as FoundNode
from aurora_pipeline.proof.verifying.verify import Heads
from aurora_pipeline.work.json_form import Amount, amount, shaped


@dataclass(frozen=True)
class TraceNode:
    """One traced figure or document, and everything it rests on."""

    kind: str
    title: str
    figure: str | None
    amount: Amount | None
    formula: str | None
    note: str | None
    digest: str | None
    content_digest: str | None
    children: Sequence[TraceNode]


@dataclass(frozen=True)
class Held:
    """How many things of a kind were recomputed and hold."""

    kind: str
    count: int


@dataclass(frozen=True)
class Finding:
    """One thing that does not hold, or is worth knowing."""

    kind: str
    where: str
    problem: str
    recorded: str | None
    recomputed: str | None


@dataclass(frozen=True)
class Report:
    """What verifying found."""

    subject: str
    holds: bool
    held: Sequence[Held]
    failures: Sequence[Finding]
    notes: Sequence[Finding]


@dataclass(frozen=True)
class Head:
    """The newest entry of a chain of hashes."""

    hash_chain: str
    sequence: int
    entry_hash: str


@dataclass(frozen=True)
class Audit:
    """Whether the hash chains hold, and their heads; `witness` is what `--witness` takes."""

    reports: Sequence[Report]
    heads: Sequence[Head]
    witness: str | None


@dataclass(frozen=True)
class ReplayedLayer:
    """A table of a period that was computed again beside the database."""

    asset: str
    period: str
    verdict: str
    holds: bool
    recorded: str | None
    """The content digest in force."""
    replayed: str | None
    why: Sequence[str]
    """What explains a difference."""


@dataclass(frozen=True)
class Replay:
    """A period or month that was computed again beside the database."""

    holds: bool
    layers: Sequence[ReplayedLayer]
    bytes_changed: Sequence[str]
    """What of the stored answers is not as it was recorded."""


@dataclass(frozen=True)
class AuditEntry:
    """An entry of the audit log; the states before and after are as they were recorded."""

    sequence: int
    recorded_at: datetime
    actor: str
    action: str
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    previous_hash: str
    entry_hash: str
    recorded_through: str | None
    """The login that it came through; null: recorded before that was."""
    correlation_id: str | None
    """What all entries of one command or request share; null: recorded before that was."""
    request: str | None
    """The command or request it came with, as that said itself; null: recorded before that was."""
    actor_role: str | None
    """What the actor was then; null: no user, or recorded before that was."""


@dataclass(frozen=True)
class AuditRoot:
    """The Merkle root over all entries of the audit log."""

    entries: int
    root: str


def trace_node(node: FoundNode) -> TraceNode:
    """A traced figure with all below it."""
    return shaped(
        TraceNode,
        vars(node),
        amount=None if node.amount is None else amount(node.amount, node.unit),
        children=[trace_node(child) for child in node.children],
    )


def report(found: VerifyReport) -> Report:
    """What verifying one thing found."""
    held = [Held(_kind(kind), count) for kind, count in found.held.items()]
    failures, notes = ([_finding(one) for one in those] for those in (found.failures, found.notes))
    return Report(found.subject, found.holds, held, failures, notes)


def replayed(found: Replayed) -> Replay:
    """What a replay found."""
    layers = [
        shaped(ReplayedLayer, vars(one), period=str(one.key), holds=one.holds, verdict=one.verdict.name.lower())
        for one in found.layers
    ]
    return Replay(found.holds, layers, found.bytes_changed)


def _finding(one: FoundFinding) -> Finding:
    return shaped(Finding, {**vars(one), "kind": _kind(one.kind)})


def _kind(kind: Checked) -> str:
    return kind.value.replace(" ", "_")


def audit(reports: Sequence[VerifyReport], newest: Heads) -> Audit:
    """What verifying the hash chains found, and their heads."""
    named = {part.name: getattr(newest, part.name) for part in fields(Heads)}
    told = [Head(name, one.sequence, one.entry_hash) for name, one in named.items() if one is not None]
    shown = [NO_HEAD if one is None else f"{one.sequence}:{one.entry_hash}" for one in named.values()]
    witness = None if set(shown) == {NO_HEAD} else "/".join(shown)
    return Audit([report(one) for one in reports], told, witness)


def audit_root(found: LogRoot) -> AuditRoot:
    """The root over all entries."""
    return AuditRoot(found.entries, found.root)


def audit_entries(found: Sequence[Entry]) -> list[AuditEntry]:
    """Entries of the audit log, with the states before and after as they were recorded."""
    return [shaped(AuditEntry, vars(one), before=_state(one.before), after=_state(one.after)) for one in found]


def _state(text: str | None) -> dict[str, Any] | None:
    return None if text is None else dict(json.loads(text))


NO_HEAD: Final = "-"
"""What stands in a witness for a hash chain that has no entry yet."""

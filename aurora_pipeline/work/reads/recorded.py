"""What was recorded, and what applying a file of agreements did or would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aurora_pipeline.work.json_form import shaped

if TYPE_CHECKING:
    # Every command that records something loads this module, also where it is only asked for help.
    from aurora_pipeline.agreements.apply import ApplyReport
    from aurora_pipeline.decisions.recording import Change as RecordedChange
    from aurora_pipeline.decisions.revisions import ImportReport


@dataclass(frozen=True)
class Change:
    """One thing that was recorded, and sentence by sentence what changed."""

    subject: str
    action: str
    words: Sequence[str]


@dataclass(frozen=True)
class Recorded:
    """What a command recorded."""

    changes: Sequence[Change]
    unchanged: int
    warnings: Sequence[str]


@dataclass(frozen=True)
class Applied:
    """What applying a file of agreements did, or would do."""

    changes: Sequence[Change]
    unchanged: int
    unchanged_subjects: Sequence[str]
    warnings: Sequence[str]
    dry_run: bool


def recorded(changes: Sequence[RecordedChange], unchanged: int = 0, warnings: Sequence[str] = ()) -> Recorded:
    """What was recorded."""
    return Recorded([shaped(Change, vars(change)) for change in changes], unchanged, warnings)


def imported(report: ImportReport) -> Recorded:
    """What an import of dated rows recorded."""
    told = [text.partition(": ") for text in report.changed]
    return Recorded([Change(subject, "imported", [words]) for subject, _, words in told], report.unchanged, [])


def applied(report: ApplyReport, dry_run: bool) -> Applied:
    """What applying a file of agreements did, or would do."""
    changes = recorded(report.changes).changes
    return Applied(changes, len(report.unchanged), report.unchanged, report.warnings, dry_run)

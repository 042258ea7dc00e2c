"""What verifying found: how much held, what did not, and what a reader should know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Checked(StrEnum):
    """The kinds of things that are recomputed."""

    BODY = "bodies"
    PAYLOAD = "payloads"
    FETCH = "fetches"
    OBSERVATION = "observations"
    ATTESTATION = "attestations"
    PERIOD = "periods"
    DECISION = "decisions"
    CONTENT = "content digests"
    LINEAGE = "lineage digests"
    INPUT = "inputs"
    SALT = "salts"
    TOTAL = "totals"
    STATEMENT = "statements"
    PUBLICATION = "publications"
    EVIDENCE = "evidence"
    DERIVATION = "derivations"
    AUDIT = "audit entries"
    LEAF = "leaves of the log"
    CHECKPOINT = "checkpoints"
    SCHEMA = "schema objects"
    CLOCK = "clocks"
    REGISTRY = "registry values"
    MEMBER = "members of roles"
    RANGE = "tables of ranges"


@dataclass(frozen=True)
class Finding:
    """One thing that does not hold, or is worth knowing: what it is, where, and both values where there are two."""

    kind: Checked
    where: str
    problem: str
    recorded: str | None = None
    recomputed: str | None = None

    def __str__(self) -> str:
        values = []
        if self.recorded is not None:
            values.append(f"recorded {self.recorded}")
        if self.recomputed is not None:
            values.append(f"recomputed {self.recomputed}")
        return f"{self.where}: {self.problem}" + (f" ({', '.join(values)})" if values else "")


@dataclass(frozen=True)
class VerifyReport:
    """The end of a verification. It holds where nothing failed; notes do not count against it."""

    subject: str
    held: Mapping[Checked, int]
    failures: tuple[Finding, ...]
    notes: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Whether everything recomputed equals what is recorded."""
        return not self.failures


def together(subject: str, reports: Sequence[VerifyReport]) -> VerifyReport:
    """Several reports as one, under a name for all of their subjects."""
    held = sum((Counter(report.held) for report in reports), Counter[Checked]())
    failures = [one for report in reports for one in report.failures]
    notes = [one for report in reports for one in report.notes]
    ordered = {kind: held[kind] for kind in Checked if held[kind]}
    return VerifyReport(subject, ordered, tuple(dict.fromkeys(failures)), tuple(dict.fromkeys(notes)))


class Findings:
    """Collects what is found; nothing stops at the first failure."""

    def __init__(self) -> None:
        self._held: Counter[Checked] = Counter()
        self._failures: list[Finding] = []
        self._notes: list[Finding] = []

    def ok(self, kind: Checked, count: int = 1) -> None:
        """Something holds."""
        self._held[kind] += count

    def fail(self, kind: Checked, where: str, problem: str, recorded: object = None, recomputed: object = None) -> None:
        """Something does not hold."""
        self._failures.append(_finding(kind, where, problem, recorded, recomputed))

    def note(self, kind: Checked, where: str, problem: str, recorded: object = None, recomputed: object = None) -> None:
        """Something is worth knowing and no failure."""
        self._notes.append(_finding(kind, where, problem, recorded, recomputed))

    def equal(self, kind: Checked, where: str, problem: str, recorded: object, recomputed: object) -> bool:
        """Count two values as holding, or fail with both; says which."""
        if recorded == recomputed:
            self.ok(kind)
            return True
        self.fail(kind, where, problem, recorded, recomputed)
        return False

    def report(self, subject: str) -> VerifyReport:
        """All that was found about a subject."""
        held = {kind: self._held[kind] for kind in Checked if self._held[kind]}
        # The same row can be reached on two ways; a reader wants to hear of it once.
        return VerifyReport(subject, held, tuple(dict.fromkeys(self._failures)), tuple(dict.fromkeys(self._notes)))


def _finding(kind: Checked, where: str, problem: str, recorded: object, recomputed: object) -> Finding:
    texts = [None if value is None else str(value) for value in (recorded, recomputed)]
    return Finding(kind, where, problem, texts[0], texts[1])

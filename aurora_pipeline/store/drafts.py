"""A layer's result before anyone may rely on it, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from aurora_pipeline.foundation.errors import CheckFailed
from aurora_pipeline.foundation.period_key import PartitionKey
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.store.declaration import Completeness, Table
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.gate.rule import Grounds, Violation
from aurora_pipeline.store.gate.shown import as_text


@dataclass(frozen=True)
class Draft:
    """A layer's result for one period before anyone may rely on it."""

    table: Table
    key: PartitionKey
    frame: pl.DataFrame
    inputs: tuple[Input, ...]
    completeness: Completeness
    grounds: Grounds = field(default_factory=dict)
    """What the rules of its gate look at beside the rows."""
    warnings: tuple[str, ...] = ()
    """What computing itself found odd."""

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
    violations: tuple[Violation, ...]
    warnings: tuple[Violation, ...]


class Rejected(CheckFailed):
    """A check failed: the snapshot is readable as rejected, and what was in force before still is."""

    code = "checks-failed"
    what_to_do = "Look at the rejected rows, which the message names, correct the cause and recompute."

    def __init__(self, outcomes: Sequence[DraftOutcome]) -> None:
        self.outcomes = tuple(outcomes)
        broken = [(o.table.name, violation) for o in outcomes for violation in o.violations]
        first = outcomes[0]
        table = as_text(broken).replace("\n", "\n  ")
        super().__init__(
            f"{first.key} was not published, {len(broken)} check(s) failed:\n  {table}",
            f"`aurora snapshots show {first.snapshot_id}` and `aurora snapshots diff {first.snapshot_id}` tell more;"
            " docs/gates.md says what to do about each rule; correct the cause and recompute",
        )

"""What a replay found of each layer: equal or not, and what explains the difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from aurora_pipeline.foundation.period_key import PartitionKey
from aurora_pipeline.proof.snapshot_records import Snapshot
from aurora_pipeline.proof.verifying.derive import row_differences
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.drafts import Draft

_ROWS_SHOWN: Final = 10


class ReplayVerdict(StrEnum):
    """How what was computed again stands to what is in force."""

    EQUAL = "equal"
    EQUAL_OTHERWISE = "equal, from other inputs"
    """The same content; what counts now is not what any recorded lineage names."""
    DIFFERS = "differs"
    NOT_COMPUTED = "could not be computed"
    NOT_RECORDED = "is not in force"
    """It was computed, and nothing of it is published to compare it with."""


@dataclass(frozen=True)
class ComparedLayer:
    """One table of one period, computed again."""

    asset: str
    key: PartitionKey
    verdict: ReplayVerdict
    recorded: str | None
    """The content digest in force."""
    replayed: str | None
    why: tuple[str, ...] = ()
    """What explains a difference: layer versions, inputs, changed bytes; then the rows that differ."""

    @property
    def holds(self) -> bool:
        """Whether the figures in force are those that come out."""
        return self.verdict in (ReplayVerdict.EQUAL, ReplayVerdict.EQUAL_OTHERWISE)


@dataclass(frozen=True)
class Replayed:
    """A whole replay."""

    layers: tuple[ComparedLayer, ...]
    bytes_changed: tuple[str, ...]
    """What of the stored answers is not as it was recorded."""

    @property
    def holds(self) -> bool:
        """Whether every layer comes out as it is in force, from bytes that are as they came."""
        return not self.bytes_changed and all(one.holds for one in self.layers)


def compared(
    snapshot: Snapshot, stored: pl.DataFrame, is_stored_whole: bool, draft: Draft, digest: str
) -> ComparedLayer:
    """A draft beside the snapshot in force; `stored` are the rows that stand in the database now."""
    named = [
        lineage
        for lineage in snapshot.lineages
        if lineage.inputs is not None and lineage.layer_version == draft.table.version
    ]
    if digest == snapshot.content_digest and is_stored_whole:
        is_same = any(set(lineage.inputs or ()) == set(draft.inputs) for lineage in named)
        why = () if is_same else tuple(_explained(snapshot, draft))
        verdict = ReplayVerdict.EQUAL if is_same else ReplayVerdict.EQUAL_OTHERWISE
        return ComparedLayer(draft.table.name, draft.key, verdict, snapshot.content_digest, digest, why)
    reasons = list(_explained(snapshot, draft))
    if not is_stored_whole:
        reasons.append("its stored rows are not those that were published: they were changed since")
    elif not reasons:
        reasons.append(
            "no input and no layer version is another: the code computes it otherwise than it did, or reads"
            " something that no lineage names"
        )
    rows = list(row_differences(snapshot.table, stored, draft.frame))
    more = [f"and {len(rows) - _ROWS_SHOWN} more"] if len(rows) > _ROWS_SHOWN else []
    why = (*reasons, *rows[:_ROWS_SHOWN], *more)
    return ComparedLayer(draft.table.name, draft.key, ReplayVerdict.DIFFERS, snapshot.content_digest, digest, why)


def _explained(snapshot: Snapshot, draft: Draft) -> Iterator[str]:
    """The layer version and the inputs that are others than those of the nearest recorded lineage."""
    now = set(draft.inputs)
    nearest = min(snapshot.lineages, key=lambda one: len(now ^ set(one.inputs or ())))
    if nearest.layer_version != draft.table.version:
        yield f"the layer is version {draft.table.version} now, and was computed by version {nearest.layer_version}"
    before = set(nearest.inputs or ())
    old, new = _by_name(before - now), _by_name(now - before)
    for name in sorted(old.keys() | new.keys()):
        match old.get(name), new.get(name):
            case str(was), str(is_now):
                yield f"{name} is {is_now[:12]}, and was {was[:12]} then"
            case str(was), None:
                yield f"{name} ({was[:12]}) does not count any more"
            case _, is_now:
                yield f"{name} ({str(is_now)[:12]}) did not count then"


def _by_name(items: set[Input]) -> dict[str, str]:
    return {f"{item.kind} {item.name}": item.digest for item in items}


def stands(layers: Sequence[ComparedLayer]) -> str:
    """In a few words how many are what."""
    counts = {verdict: sum(one.verdict is verdict for one in layers) for verdict in ReplayVerdict}
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)

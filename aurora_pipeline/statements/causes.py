"""Why the lines of a period are others than those that were stated, from what both were computed from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from aurora_pipeline.agreements.tables import AGREEMENT_TABLES, COMMISSION_OVERRIDES
from aurora_pipeline.statements.adjustments import Origins
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.digests import Input

_TERMS: Final = {table.name for table in AGREEMENT_TABLES} - {COMMISSION_OVERRIDES.name}
NEVER_STATED: Final = Origins(terms=True)
"""Lines of a period of which nothing was stated: they came with terms that reach back."""


@dataclass(frozen=True)
class _Snapshot:
    inputs: frozenset[Input]
    layer_version: int


@dataclass
class Causes:
    """Compares snapshots with those that took their place, down to what was fetched and decided; each pair once."""

    connection: Connection
    _known: dict[tuple[str, str], Origins] = field(default_factory=dict)
    _snapshots: dict[str, _Snapshot] = field(default_factory=dict)

    def between(self, was: str, now: str) -> Origins:
        """What changed between two snapshots of one layer and period, by their first lineage digests."""
        if was == now:
            return Origins()
        if (was, now) not in self._known:
            # Before it is worked out, for what is reached from itself adds nothing new.
            self._known[was, now] = Origins()
            self._known[was, now] = self._compare(was, now)
        return self._known[was, now]

    def changed(self, was: str, now: str) -> list[Input]:
        """The fetches, periods and decisions now in use below a snapshot that were not below the one before it."""
        found: dict[Input, None] = {}
        self._collect(was, now, found, set())
        return sorted(found)

    def _collect(self, was: str, now: str, found: dict[Input, None], seen: set[tuple[str, str]]) -> None:
        if was == now or (was, now) in seen:
            return
        seen.add((was, now))
        self._load([was, now])
        before, after = self._snapshots[was].inputs, self._snapshots[now].inputs
        found |= dict.fromkeys(item for item in after - before if item.kind != "snapshot")
        earlier, later = _snapshots_by_name(before - after), _snapshots_by_name(after - before)
        for name in sorted(earlier.keys() & later.keys()):
            self._collect(earlier[name], later[name], found, seen)

    def _compare(self, was: str, now: str) -> Origins:
        self._load([was, now])
        before, after = self._snapshots[was], self._snapshots[now]
        gone, new = before.inputs - after.inputs, after.inputs - before.inputs
        found = [Origins(code=before.layer_version != after.layer_version), *map(_origin, {*gone, *new})]
        earlier = _snapshots_by_name(gone)
        later = _snapshots_by_name(new)
        both = earlier.keys() & later.keys()
        self._load([*(earlier[name] for name in both), *(later[name] for name in both)])
        found += [self.between(earlier[name], later[name]) for name in sorted(both)]
        return _together(found)

    def _load(self, digests: Iterable[str]) -> None:
        wanted = sorted(set(digests) - self._snapshots.keys())
        if not wanted:
            return
        rows = self.connection.execute(
            "SELECT lineage_digest, inputs, layer_version FROM snapshots WHERE lineage_digest = ANY(%s)", [wanted]
        )
        for row in rows:
            inputs = frozenset(Input(*item) for item in row["inputs"])
            self._snapshots[row["lineage_digest"]] = _Snapshot(inputs, row["layer_version"])


def _origin(item: Input) -> Origins:
    """What an input tells that is named on one side only."""
    if item.kind == "snapshot":
        return Origins()
    table = item.name.partition(":")[0]
    if item.kind == "decision" and table == COMMISSION_OVERRIDES.name:
        return Origins(overrides=True)
    if item.kind == "decision" and table in _TERMS:
        return Origins(terms=True)
    return Origins(data=True)


def _snapshots_by_name(items: Iterable[Input]) -> Mapping[str, str]:
    return {item.name: item.digest for item in items if item.kind == "snapshot"}


def _together(found: Iterable[Origins]) -> Origins:
    every = list(found)
    return Origins(
        data=any(one.data for one in every),
        code=any(one.code for one in every),
        terms=any(one.terms for one in every),
        overrides=any(one.overrides for one in every),
    )

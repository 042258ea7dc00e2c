"""Two states of a statement, or two statements, line by line: what changed, by how much, why, and from which input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aurora_pipeline.foundation.money import amount
from aurora_pipeline.foundation.units import ZERO, Amount, EpochNumber
from aurora_pipeline.statements.causes import Causes
from aurora_pipeline.statements.documents import StatementDocument, in_words
from aurora_pipeline.statements.published import statements_by_digest, statements_named
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.digests import Input

Row = Mapping[str, Any]
_INPUTS_SHOWN: Final = 4
_COMPARED: Final = ("override", "agreement_version", "held", "revenue", "costs", "weight_whole", "weight", "base")
_STEPS: Final = ("opening", "lines", "top_ups", "adjustments", "known_total", "payable", "closing")


@dataclass(frozen=True)
class ChangedLine:
    """A line or an entry that says something else, or is on one side only. Held and missing amounts count 0."""

    line_id: str
    words: str
    before: Amount
    after: Amount
    why: str
    inputs: tuple[Input, ...]
    """What it is computed from now and was not before: fetches, by the digest of their answers, and decisions."""

    @property
    def difference(self) -> Amount:
        """By how much it changed."""
        return self.after - self.before


@dataclass(frozen=True)
class Compared:
    """What differs between two states."""

    steps: Mapping[str, tuple[Amount, Amount]]
    """Of the way from the opening to the closing balance, the steps that differ."""
    lines: tuple[ChangedLine, ...]


def compare(connection: Connection, before: StatementDocument, after: StatementDocument) -> Compared:
    """What differs: of one statement at two moments its lines, of two statements the lines of either."""
    was, is_now = (one.statement.row for one in (before, after))
    steps = {name: (amount(was[name] or 0, name), amount(is_now[name] or 0, name)) for name in _STEPS}
    old, new = _by_id(before), _by_id(after)
    origins = _origins(connection, before, after)
    changed = [
        _changed(one, old.get(one), new.get(one), origins)
        for one in sorted({*old, *new})
        if _amount(old.get(one)) != _amount(new.get(one)) or (one in old) != (one in new)
    ]
    changed.sort(key=lambda one: (-abs(one.difference), one.words))
    return Compared({name: pair for name, pair in steps.items() if pair[0] != pair[1]}, tuple(changed))


def _by_id(told: StatementDocument) -> dict[str, Row]:
    lines = {str(line["line_id"]): line for line in told.lines}
    return lines | {str(entry["entry_id"]): entry for entry in told.entries}


def _amount(row: Row | None) -> Amount:
    """What a line or an entry counts: 0 where it is held or has no amount."""
    if row is None or row.get("held"):
        return ZERO
    return amount(row["final" if "final" in row else "amount"] or 0)


def _changed(
    identifier: str, old: Row | None, new: Row | None, origins: Mapping[EpochNumber, tuple[Input, ...]]
) -> ChangedLine:
    row = new if new is not None else old
    assert row is not None  # it is on one of the sides
    epoch = row.get("epoch")
    is_on_both = old is not None and new is not None and epoch is not None
    inputs = origins.get(EpochNumber(epoch or 0), ()) if is_on_both else ()
    return ChangedLine(identifier, in_words(row), _amount(old), _amount(new), _why(old, new), inputs)


def _why(old: Row | None, new: Row | None) -> str:
    if old is None:
        return str((new or {}).get("reason") or "it was not there")
    if new is None:
        return "it is not there any more"
    moved = [name for name in _COMPARED if name in old and old[name] != new.get(name)]
    if not moved:
        return "what it is computed from changed"
    return ", ".join(f"{name.replace('_', ' ')} was {_said(old[name])}, is {_said(new.get(name))}" for name in moved)


def _said(value: object) -> str:
    return "none" if value is None else "yes" if value is True else "no" if value is False else str(value)


def _origins(
    connection: Connection, before: StatementDocument, after: StatementDocument
) -> dict[EpochNumber, tuple[Input, ...]]:
    """By epoch that both states have, the inputs that differ below its lines."""
    old, new = (_lines_digests(connection, one.statement.snapshot_id) for one in (before, after))
    causes = Causes(connection)
    return {
        epoch: tuple(causes.changed(old[epoch], new[epoch])[:_INPUTS_SHOWN])
        for epoch in old.keys() & new.keys()
        if old[epoch] != new[epoch]
    }


def _lines_digests(connection: Connection, snapshot_id: int) -> dict[EpochNumber, str]:
    """By epoch, the first lineage digest of the lines that a statement's snapshot was computed from."""
    row = connection.execute("SELECT inputs FROM snapshots WHERE snapshot_id = %s", [snapshot_id]).fetchone()
    named = statements_named([] if row is None else row["inputs"])
    found = statements_by_digest(connection, list(named.values())).values()
    return {one.key.epoch: one.lines_digest for one in found}

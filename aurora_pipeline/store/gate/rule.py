"""What a rule of the gate is, what it looks at, and what it says where rows break it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

import polars as pl

from aurora_pipeline.foundation.period_key import PartitionKey
from aurora_pipeline.store.declaration import Table

T = TypeVar("T")


class Effect(StrEnum):
    """What happens to a snapshot that breaks a rule."""

    BLOCKS = "BLOCKS"
    """Nothing of it is published; its rows are kept as rejected."""
    WARNS = "WARNS"
    """It is published, and what is odd is told."""


@dataclass(frozen=True)
class Violation:
    """One thing that a rule found: where, what is wrong in words, and the figures. Stored with the snapshot."""

    rule: str
    words: str
    where: Mapping[str, str] = field(default_factory=dict)
    """Key columns and their values; chain and period are those of the snapshot."""
    figures: Mapping[str, str] = field(default_factory=dict)
    """What was compared, by name. Amounts are texts: they are exact."""

    def __str__(self) -> str:
        return self.words

    def __hash__(self) -> int:
        return hash((self.rule, self.words))

    @property
    def as_json(self) -> object:
        """How it is stored: what a layer said in its own words stays the plain text that it always was."""
        if self.rule == NOTED:
            return self.words
        return {"rule": self.rule, "words": self.words, "where": dict(self.where), "figures": dict(self.figures)}


NOTED: Final = "noted"
"""The rule of what is told in words alone: by computing itself, or in reports of before rules had names."""


def violation(rule: str, words: str, where: Mapping[str, object], **figures: object) -> Violation:
    """A violation with its values as texts; what is not known is said to be so."""
    return Violation(rule, words, _texts(where), _texts(figures))


def _texts(values: Mapping[str, object]) -> dict[str, str]:
    return {name: "not known" if value is None else str(value) for name, value in values.items()}


def noted(words: str) -> Violation:
    """What computing itself finds odd, in its own words."""
    return Violation(NOTED, words)


def stored(told: object) -> Violation:
    """A violation as it was stored, of today or of before rules had names."""
    if not isinstance(told, Mapping):
        return noted(str(told))
    return Violation(str(told["rule"]), str(told["words"]), told.get("where") or {}, told.get("figures") or {})


@dataclass(frozen=True)
class Ground(Generic[T]):
    """Something beside the rows that rules look at; whoever computes a layer hands it over with the rows."""

    name: str
    what: str
    """In words, for docs/gates.md."""


Grounds = Mapping[Ground[Any], Any]


@dataclass(frozen=True)
class Context:
    """What a rule may look at beside the rows."""

    table: Table
    key: PartitionKey
    grounds: Grounds = field(default_factory=dict)

    def of(self, ground: Ground[T]) -> T:
        """What was handed over under a name."""
        found: T = self.grounds[ground]
        return found


Check = Callable[[pl.DataFrame, Context], Iterable[Violation]]


@dataclass(frozen=True)
class GateRule:
    """One rule: declared once; the gate, the docs and the tests are made of it. `check` is pure."""

    name: str
    looks_at: str
    why: str
    when_it_fires: str
    """What to do then."""
    check: Check
    effect: Effect = Effect.BLOCKS
    releasable: bool = False
    """Whether somebody entitled may let a snapshot count that breaks it."""
    needs: tuple[Ground[Any], ...] = ()

    def violations(self, frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
        """What rows break of it. A rule that cannot look does not pass."""
        lacking = [ground.what for ground in self.needs if ground not in context.grounds]
        if lacking:
            yield Violation(self.name, f"it could not be checked: nothing was handed over of {', '.join(lacking)}")
            return
        yield from self.check(frame, context)


@dataclass(frozen=True)
class Gate:
    """The rules of each layer table. Nothing is written into a table of which it does not know."""

    rules: Mapping[str, Sequence[GateRule]]

    def of(self, table: Table) -> tuple[GateRule, ...]:
        """The rules of a table's own."""
        if table.name not in self.rules:
            raise ValueError(f"no gate is declared for {table.name}: name its rules in layers.py")
        return tuple(self.rules[table.name])

"""What rules of statements look at beside the rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from aurora_pipeline.foundation.units import ZERO, Amount
from aurora_pipeline.store.gate.rule import Ground


@dataclass(frozen=True)
class Settled:
    """How many lines of a partner are not final, or held: they have to be accepted by name."""

    lines: int = 0
    known: Amount = ZERO
    held: Amount = ZERO
    unsettled: int = 0


LINES: Final = Ground[pl.DataFrame]("lines", "the published lines of the period")
SETTLED: Final = Ground[Mapping[str, Settled]](
    "settled", "the published lines of its periods by partner, counted and summed by the database itself"
)
COMPUTED: Final = Ground[frozenset[str]]("computed", "the partners whose statement was computed, and not stated before")
ENTRIES: Final = Ground[pl.DataFrame]("entries", "top-ups and adjustments of the same place")

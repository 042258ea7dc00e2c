"""Writing through the gate in tests: computed drafts meet the rules of their layer, rows made by hand those of any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.layers import GATE
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.store import snapshots
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.drafts import Draft, DraftOutcome
from aurora_pipeline.store.gate import keys_unique, schema_holds
from aurora_pipeline.store.gate.other_chains import OTHER_CHAINS
from aurora_pipeline.store.gate.rule import Context, Effect, Gate, GateRule, violation


def write_check_publish(
    database: Database, drafts: Sequence[Draft], dagster_run: str | None = None, broken: Sequence[str] = ()
) -> list[DraftOutcome]:
    """As the store does it; `broken` are what a rule that always finds something says of the first draft."""
    own = {draft.table.name: GATE.of(draft.table) if draft.grounds else () for draft in drafts}
    if broken:
        own[drafts[0].table.name] = (always(*broken),)
    return snapshots.write_check_publish(database, drafts, Gate(own), dagster_run)


def always(*words: str, name: str = "always", releasable: bool = False) -> GateRule:
    """A rule that every frame breaks."""
    return GateRule(
        name,
        "nothing",
        "tests",
        "nothing",
        lambda *_: [violation(name, told, {}) for told in words],
        Effect.BLOCKS,
        releasable,
    )


def schema_violations(table: Table, frame: pl.DataFrame) -> list[str]:
    """What of schema and keys does not hold, as sentences."""
    context = Context(table, PeriodKey("any", EpochNumber(0)))
    found = [str(one) for one in schema_holds.RULE.violations(frame, context)]
    return found or [str(one) for one in keys_unique.RULE.violations(frame, context)]


def broken(result: LayerResult, **changed: Any) -> tuple[str, ...]:
    """What the rules of its layer find in a result, as sentences."""
    context = Context(
        result.table, PeriodKey("any", EpochNumber(0)), {OTHER_CHAINS: result.frame.clear(), **result.grounds}
    )
    rules = [rule for rule in GATE.of(result.table) if rule.effect is Effect.BLOCKS]
    return tuple(str(one) for rule in rules for one in rule.violations(result.frame, context))

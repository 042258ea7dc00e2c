"""Periods of a chain in line: no slot is in two of them, and none is left out between two."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from aurora_pipeline.periods.errors import PeriodsOverlap
from aurora_pipeline.periods.record import Period
from aurora_pipeline.store.database import Connection

_LOCK: Final = 5


def lock_chain(connection: Connection, chain_id: str) -> None:
    """Whoever records periods of a chain does it one after the other, until the transaction ends."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [chain_id, _LOCK])


def require_in_line(period: Period, recorded: Sequence[Period], step: int) -> None:
    """Raise PeriodsOverlap where a period does not follow those that are recorded, as where their size was changed.

    Numbers rise by `step` from one period to the next. Where they are whole epochs one by one, none can be left out.
    """
    others = [one for one in recorded if one.key != period.key]
    problem = _overlap(period, others) or (_left_out(period, others) if step > 1 else None)
    if problem is None:
        return
    last = max(others, key=lambda one: one.last_slot)
    slots_of_each = max((period.last_slot - period.first_slot + 1) // step, 1)
    go_on = period.key.epoch + (last.last_slot + 1 - period.first_slot) // slots_of_each
    raise PeriodsOverlap(
        f"{period.key} would be slots {period.first_slot} to {period.last_slot}, but {problem}",
        f"periods that are recorded stay: set first_period of {period.key.chain_id} in chains.yaml to {go_on}, where"
        " they end, or back to what it was when they were recorded, and period_size with it",
    )


def _overlap(period: Period, others: Sequence[Period]) -> str | None:
    for one in others:
        if one.first_slot <= period.last_slot and period.first_slot <= one.last_slot:
            return f"{one.key} is recorded as slots {one.first_slot} to {one.last_slot}: some would count twice"
    return None


def _left_out(period: Period, others: Sequence[Period]) -> str | None:
    """Between two periods there may be room for whole ones, which are still to come, and for nothing else."""
    size = period.last_slot - period.first_slot + 1
    in_order = sorted([*others, period], key=lambda one: one.first_slot)
    for before, after in pairwise(in_order):
        left_out = after.first_slot - before.last_slot - 1
        if period in (before, after) and left_out % size:
            return f"slots {before.last_slot + 1} to {after.first_slot - 1} would be in no period"
    return None

"""Conservation, checked from the finished rows: the parts of a component sum to it, and every line has its part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import polars as pl

from aurora_pipeline.commissions.revenue import Revenue
from aurora_pipeline.commissions.tables import Party
from aurora_pipeline.store.frames import ints


def allocation_violations(available: Sequence[Revenue], lines: pl.DataFrame, allocation: pl.DataFrame) -> list[str]:
    """What in an allocation does not add up, in words; empty when every unit is accounted for once."""
    parts: dict[tuple[str, str], list[int | None]] = defaultdict(list)
    columns = zip(allocation["validator_key"], allocation["component"], ints(allocation["amount"]), strict=True)
    for validator_key, component, amount in columns:
        parts[validator_key, component].append(amount)
    return [
        *_unequal_sums(available, parts),
        *_strangers(available, parts),
        *_lines_without_part(lines, allocation),
    ]


def _unequal_sums(available: Sequence[Revenue], parts: dict[tuple[str, str], list[int | None]]) -> list[str]:
    problems = []
    for revenue in available:
        amounts = parts.get((revenue.validator_key, revenue.component.value), [])
        name = f"{revenue.component} of {revenue.validator_key}"
        if revenue.amount is None:
            if amounts != [None]:
                problems.append(f"{name} is not known, but is divided into {amounts}")
        elif None in amounts or sum(amount or 0 for amount in amounts) != revenue.amount or not amounts:
            problems.append(f"{name} is {revenue.amount}, but its parts are {amounts}")
    return problems


def _strangers(available: Sequence[Revenue], parts: dict[tuple[str, str], list[int | None]]) -> list[str]:
    known = {(revenue.validator_key, revenue.component.value) for revenue in available}
    return [
        f"{component} of {key} is divided, but has no P&L" for key, component in parts if (key, component) not in known
    ]


def _lines_without_part(lines: pl.DataFrame, allocation: pl.DataFrame) -> list[str]:
    """Lines that are due now have exactly their amount as a LINE part; held and unknown ones have none."""
    due = {
        line_id: amount
        for line_id, amount, held in zip(lines["line_id"], ints(lines["final"]), lines["held"], strict=True)
        if amount is not None and not held
    }
    # A line without a claim gets no part of a component that is HELD as a whole.
    held = allocation.filter(pl.col("party") == Party.HELD.value)
    waiting = set(zip(held["validator_key"], held["component"], strict=True))
    idle = {
        line_id
        for line_id, key, component in zip(lines["line_id"], lines["validator_key"], lines["funded_by"], strict=True)
        if (key, component) in waiting and due.get(line_id) == 0
    }
    granted = allocation.filter(pl.col("party") == Party.LINE.value)
    given = dict(zip(granted["part_id"], ints(granted["amount"]), strict=True))
    expected = {line_id: amount for line_id, amount in due.items() if line_id not in idle}
    return [
        f"line {line_id} pays {expected.get(line_id)}, but its part is {given.get(line_id)}"
        for line_id in sorted(expected.keys() | given.keys())
        if expected.get(line_id) != given.get(line_id)
    ]

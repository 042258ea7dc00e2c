"""Rule: totals and net follow from the columns of their own line."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.config.vocabulary import CostType
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.store.frames import exact_rows
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "pnl_adds_up"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """Lines whose totals do not follow from their own columns."""
    for row in exact_rows(context.table, frame):
        key = row["validator_key"]
        revenue = sum(row[component.column] or 0 for component in Component)
        spent = sum(row.get(cost.value.lower()) or 0 for cost in CostType)
        income = row["other_income"] or 0
        net = revenue + income - spent
        if (row["known_revenue"], row["known_costs"], row["known_net"]) != (revenue, spent, net):
            words = f"{key}: its columns give a net of {net}, the line says {row['known_net']}"
            figures = {"columns": net, "line": row["known_net"]}
            yield violation(NAME, words, {"validator_key": key}, **figures)
        if row["net"] is not None and row["net"] != row["total_revenue"] + income - row["total_costs"]:
            words = f"{key}: net {row['net']} is not revenue + other income - costs"
            figures = {"net": row["net"], "revenue": row["total_revenue"], "costs": row["total_costs"]}
            yield violation(NAME, words, {"validator_key": key}, **figures)


RULE = GateRule(
    name=NAME,
    looks_at="components, costs, known and whole totals, and net of every line",
    why="Shares of partners are read from the columns, what is shown from the totals: they are the same money.",
    when_it_fires="It is a fault of Aurora's: report it with the validator.",
    check=check,
)

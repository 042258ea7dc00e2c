"""Rule: what a validator's balance gained is what it earned less what it lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from aurora_pipeline.store.frames import ints
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "balance_adds_up"
_MOVED = (
    "balance_start",
    "balance_end",
    "withdrawals",
    "queued",
    "deposits",
    "consolidated_in",
    "consolidated_out",
)
_EARNED = ("profit", "rewards", "penalties")


def _moved(row: Mapping[str, int | None]) -> int:
    """What the balance gained by itself."""
    of = {name: row[name] or 0 for name in _MOVED}
    came_in = of["deposits"] + of["consolidated_in"]
    went_out = of["withdrawals"] + of["queued"] + of["consolidated_out"]
    return of["balance_end"] - of["balance_start"] + went_out - came_in


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """Rows whose columns do not give the profit that they say."""
    columns = {name: ints(frame[name]) for name in (*_MOVED, *_EARNED)}
    for number, key in enumerate(frame["validator_key"]):
        row = {name: values[number] for name, values in columns.items()}
        if row["profit"] is None:
            continue
        lacking = [name for name in _MOVED if row[name] is None]
        if lacking:
            yield violation(NAME, f"{key}: it has a profit, but no {', '.join(lacking)}", {"validator_key": key})
            continue
        moved = _moved(row)
        earned = moved if row["rewards"] is None else row["rewards"] - (row["penalties"] or 0)
        if not moved == earned == row["profit"]:
            words = f"{key}: its balance gives {moved}, its rewards {earned}, the row says {row['profit']}"
            yield violation(NAME, words, {"validator_key": key}, balance=moved, rewards=earned, profit=row["profit"])


RULE = GateRule(
    name=NAME,
    looks_at="balances at both ends, withdrawals, deposits, consolidations, rewards and penalties of every row",
    why="The balance is what the chain itself says: income that it does not show was not earned.",
    when_it_fires="Compare the row with the beacon node's answers (`aurora trace`); report it.",
    check=check,
)

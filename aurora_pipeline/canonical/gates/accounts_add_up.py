"""Rule: what an account held at the end is what it held at the start and everything that moved between."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.units import ZERO
from aurora_pipeline.store.frames import ints
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "accounts_add_up"
_IN, _OUT = ("rewards", "received"), ("charges", "fees_paid", "sent")
_ALL = ("balance_start", "balance_end", "residual", *_IN, *_OUT)


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """Rows whose columns do not give the balance at the end, and those that say what is left over without an edge."""
    columns = {name: ints(frame[name]) for name in _ALL}
    for number, (key, account) in enumerate(frame.select("validator_key", "account_key").iter_rows()):
        row = {name: values[number] for name, values in columns.items()}
        start, end, left = row["balance_start"], row["balance_end"], row["residual"]
        where = {"validator_key": key, "account_key": account}
        if left is None:
            continue
        if start is None or end is None:
            words = f"{key}: {left} is left over of {account}, of which an edge is not known"
            yield violation(NAME, words, where, residual=left)
            continue
        came_in, went_out = (total(row[name] or ZERO for name in names) for names in (_IN, _OUT))
        given = start + came_in - went_out + left
        if given != end:
            words = f"{key}: {account} held {end} at the end, and what moved gives {given}"
            yield violation(NAME, words, where, balance_end=end, given=given)


RULE = GateRule(
    name=NAME,
    looks_at="balances at both edges, everything that moved between them, and the residual of every row",
    why="A unit that is neither explained nor left over would be income that nobody sees, or a loss.",
    when_it_fires="It is a fault of Aurora's, which makes the residual from the others: report it with the account.",
    check=check,
)

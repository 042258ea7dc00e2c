"""Rule (warns): a component of all validators together is far from what it was: said once, and of no validator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from aurora_pipeline.pnl.gates.income import IncomeSeries, is_regime, series_of
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.frames import ints
from aurora_pipeline.store.gate.earlier import EARLIER, EarlierRows
from aurora_pipeline.store.gate.rule import Context, Effect, GateRule, Violation, violation
from aurora_pipeline.store.gate.series import expected

NAME = "chain_drift"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The components whose sum stands out, and whether validators moved together."""
    earlier = context.of(EARLIER)
    for component in Component:
        found = series_of(component, frame, earlier)
        together = is_regime(found, earlier.small)
        told = expected(_sums(component, earlier, found), earlier.small * max(len(found), 1))
        now = sum(one.now for one in found.values())
        if told is None or not told.is_odd(now):
            continue
        cause = "most validators moved alike: it is the chain's" if together else "validators did not move alike"
        words = (
            f"{component} of all {len(found)} validators is {now}; in {told.periods} periods before it was between"
            f" {told.lowest} and {told.highest}, mostly {told.median} give or take {told.spread}; {cause}"
        )
        yield violation(NAME, words, {"component": component}, now=now, median=told.median, spread=told.spread)


def _sums(component: Component, earlier: EarlierRows, found: Mapping[str, IncomeSeries]) -> list[int]:
    """The sums of the same validators, in the periods in which all of them are known."""
    final = pl.col(f"{component.column}_state") == FigureState.FINAL.value
    own = earlier.rows.filter(final & pl.col("validator_key").is_in(list(found)))
    sums = own.group_by("epoch").agg(pl.col(component.column).cast(pl.Int128).sum(), pl.len().alias("n"))
    whole = sums.filter(pl.col("n") == len(found))
    return [int(amount or 0) for amount in ints(whole[component.column])]


RULE = GateRule(
    name=NAME,
    looks_at="the sum of every component over the validators, beside the same sum in 8 to 30 periods; and whether most"
    " validators moved to the same side",
    why="Fees, tips and rewards of a whole chain rise and fall: that is told once, and not of each validator.",
    when_it_fires="Look at the chain: an upgrade, a busy day, another rate of rewards. Where only one validator moved,"
    " the rule drift names it.",
    check=check,
    effect=Effect.WARNS,
    needs=(EARLIER,),
)

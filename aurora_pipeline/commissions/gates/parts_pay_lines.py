"""Rule: what is due now is what the LINE parts of its component and of the operator's guarantee give."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.commissions.gates.grounds import LINES, claims, columns
from aurora_pipeline.commissions.identity import line_id
from aurora_pipeline.commissions.tables import OPERATOR_GUARANTEE, LineKind, Party
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "parts_pay_lines"
_SHARE = ("agreement_id", "rule_key", "validator_key", "funded_by")


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """Lines that pay something else than their part."""
    lines = context.of(LINES)
    undivided = frame.filter(
        pl.col("party").is_in([Party.HELD.value, Party.UNKNOWN.value])
        & ((pl.col("party") == Party.HELD.value) | pl.col("amount").is_null())
    )
    without_parts = set(undivided.select("validator_key", "component").iter_rows())
    due = pl.col("held").not_()
    sums = (
        claims(lines)
        .group_by(_SHARE)
        .agg(
            claimed=pl.when(pl.col("claim").null_count() == 0).then(pl.col("claim").filter(due).sum()),
            paid=pl.when(pl.col("final").null_count() == 0).then(pl.col("final").filter(due).sum()),
        )
    )
    chain_id, epoch = lines.select("chain_id", "epoch").row(0) if len(lines) else ("", 0)
    claimed: dict[str, Amount] = {}
    guaranteed: dict[str, Amount | None] = {}
    for agreement, rule, validator_key, payer, claim, paid in sums.collect(engine="streaming").iter_rows():
        identity = line_id(agreement, rule, validator_key, "", chain_id, epoch, LineKind.LINE.value)
        if claim is not None and (validator_key, payer) not in without_parts:
            claimed[identity] = claim
        if paid is not None and paid != claim:
            guaranteed[identity] = None if claim is None else paid - claim
    top_ups = lines.filter(pl.col("kind") == LineKind.FLOOR_TOP_UP.value)
    for identity, amount, override in columns(top_ups, "line_id", "final", "override"):
        if override is None:
            guaranteed[identity] = amount
    granted = frame.filter(pl.col("party") == Party.LINE.value)
    is_guarantee = pl.col("component") == OPERATOR_GUARANTEE
    yield from _different(claimed, granted.filter(~is_guarantee))
    yield from _different(guaranteed, granted.filter(is_guarantee))


def _different(expected: dict[str, Amount] | dict[str, Amount | None], granted: pl.DataFrame) -> Iterator[Violation]:
    given: dict[str, Amount | None] = dict(columns(granted, "part_id", "amount"))
    nothing = object()
    for identity in sorted(expected.keys() | given.keys()):
        if expected.get(identity, nothing) != given.get(identity, nothing):
            pays, part = expected.get(identity), given.get(identity)
            words = f"line {identity} pays {pays}, but its part is {part}"
            yield violation(NAME, words, {"line_id": identity}, pays=pays, part=part)


RULE = GateRule(
    name=NAME,
    looks_at="what every line pays, and the parts of revenue and of the operator's guarantee that it is paid from",
    why="Conservation: a line is paid from its part, to the last unit, and every part pays a line.",
    when_it_fires="It is a fault of Aurora's: report it with the line.",
    check=check,
    needs=(LINES,),
)

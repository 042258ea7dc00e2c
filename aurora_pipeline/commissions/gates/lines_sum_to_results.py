"""Rule: the lines of a rule sum to what its result says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from aurora_pipeline.commissions.gates.grounds import RESULTS, columns
from aurora_pipeline.commissions.tables import LineKind
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "lines_sum_to_results"
_RULE = ("agreement_id", "rule_key")
_KINDS: Final = {
    "computed": LineKind.LINE,
    "cap_reduction": LineKind.CAP_REDUCTION,
    "floor_top_up": LineKind.FLOOR_TOP_UP,
}


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """Rules whose lines do not add up to what their row in commission_rule_results says."""
    found = _sums(frame)
    for agreement, rule, *stated in columns(context.of(RESULTS), *_RULE, *_KINDS, "final"):
        summed = found.pop((agreement, rule), [0, 0, 0, 0])
        # A top-up that is not known yet is null on its line as in the total, and no sum.
        expected = [
            0 if amount is None and name == "floor_top_up" else amount
            for name, amount in zip(_KINDS, stated, strict=False)
        ]
        if summed != [*expected, stated[-1]]:
            words = f"the lines of {agreement}/{rule} sum to {summed}, its result says {stated}"
            yield violation(NAME, words, dict(zip(_RULE, (agreement, rule), strict=True)), lines=summed, result=stated)
    for agreement, rule in found:
        where = {"agreement_id": agreement, "rule_key": rule}
        yield violation(NAME, f"{agreement}/{rule} has lines, but no result", where)


def _sums(lines: pl.DataFrame) -> dict[tuple[str, str], list[int | None]]:
    exact = lines.select(*_RULE, "kind", pl.col("computed", "final").cast(pl.Int128))
    sums = exact.group_by(_RULE).agg(
        *[pl.col("computed").filter(pl.col("kind") == kind.value).sum().alias(name) for name, kind in _KINDS.items()],
        pl.when(pl.col("final").null_count() == 0).then(pl.col("final").sum()).alias("final"),
    )
    rows = sums.select(*_RULE, *_KINDS, "final").iter_rows()
    return {(agreement, rule): row for agreement, rule, *row in rows}


RULE = GateRule(
    name=NAME,
    looks_at="computed amounts, cuts, top-ups and final amounts of the lines of every rule, and its result",
    why="Caps and floors are of the rule as a whole: a line beside its result would be paid outside of them.",
    when_it_fires="It is a fault of Aurora's: report it with the agreement and the rule.",
    check=check,
    needs=(RESULTS,),
)

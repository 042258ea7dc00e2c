"""Conservation, checked from the finished rows: parts sum to their component, lines to their parts and their rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from aurora_pipeline.commissions.identity import line_id
from aurora_pipeline.commissions.revenue import Revenue
from aurora_pipeline.commissions.tables import OPERATOR_GUARANTEE, LineKind, Party
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.units import ZERO, Amount
from aurora_pipeline.store.frames import ints

_SHARE = ("agreement_id", "rule_key", "validator_key", "funded_by")
_RULE = ("agreement_id", "rule_key")


def allocation_violations(available: Sequence[Revenue], lines: pl.DataFrame, allocation: pl.DataFrame) -> list[str]:
    """What in an allocation does not add up, as sentences; empty when every unit is accounted for once."""
    divided = allocation.filter(pl.col("component") != OPERATOR_GUARANTEE)
    parts: dict[tuple[str, str], list[Amount | None]] = defaultdict(list)
    for validator_key, component, amount in _columns(divided, "validator_key", "component", "amount"):
        parts[validator_key, component].append(amount)
    claims = _claims(lines)
    return [
        *_unequal_sums(available, parts),
        *_strangers(available, parts),
        *_wrongly_held(claims, divided),
        *_unequal_parts(lines, claims, allocation),
    ]


def result_violations(lines: pl.DataFrame, totals: pl.DataFrame) -> list[str]:
    """Rules whose lines do not add up to what their row in commission_rule_results says."""
    kinds = {"computed": LineKind.LINE, "cap_reduction": LineKind.CAP_REDUCTION, "floor_top_up": LineKind.FLOOR_TOP_UP}
    exact = lines.select(*_RULE, "kind", pl.col("computed", "final").cast(pl.Int128))
    sums = exact.group_by(_RULE).agg(
        *[pl.col("computed").filter(pl.col("kind") == kind.value).sum().alias(name) for name, kind in kinds.items()],
        pl.when(pl.col("final").null_count() == 0).then(pl.col("final").sum()).alias("final"),
    )
    found = {(agreement, rule): row for agreement, rule, *row in sums.select(*_RULE, *kinds, "final").iter_rows()}
    problems = []
    for agreement, rule, *stated in _columns(totals, *_RULE, *kinds, "final"):
        summed = found.pop((agreement, rule), [0, 0, 0, 0])
        # A top-up that is not known yet is null on its line as in the total, and no sum.
        expected = [
            0 if amount is None and name == "floor_top_up" else amount
            for name, amount in zip(kinds, stated, strict=False)
        ]
        if summed != [*expected, stated[-1]]:
            problems.append(f"the lines of {agreement}/{rule} sum to {summed}, its result says {stated}")
    return problems + [f"{agreement}/{rule} has lines, but no result" for agreement, rule in found]


def _claims(lines: pl.DataFrame) -> pl.LazyFrame:
    """Per line what is due after its cut, what is paid, and the smaller of both, which is its claim."""
    keys = ["agreement_id", "rule_key", "validator_key", "wallet_address"]
    amounts = [pl.col(name).cast(pl.Int128) for name in ("computed", "final")]
    of_kind, columns = pl.col("kind"), [*keys, "funded_by", "line_id", "held", *amounts]
    claims = lines.lazy().filter(of_kind == LineKind.LINE.value).select(columns)
    cuts = lines.filter(of_kind == LineKind.CAP_REDUCTION.value).select(*keys, *amounts)
    if len(cuts):
        joined = claims.join(cuts.lazy(), on=keys, how="left", suffix="_cut")
        claims = joined.with_columns(
            pl.col("computed") + pl.col("computed_cut").fill_null(0), pl.col("final") + pl.col("final_cut").fill_null(0)
        )
    claim = pl.when(pl.col("computed").is_not_null()).then(pl.min_horizontal("computed", "final"))
    return claims.with_columns(claim.alias("claim"))


def _unequal_sums(available: Sequence[Revenue], parts: dict[tuple[str, str], list[Amount | None]]) -> Iterator[str]:
    for revenue in available:
        amounts = parts.get((revenue.validator_key, revenue.component.value), [])
        name = f"{revenue.component} of {revenue.validator_key}"
        if revenue.amount is None:
            if amounts != [None]:
                yield f"{name} is not known, but is divided into {amounts}"
        elif None in amounts or total(amount or ZERO for amount in amounts) != revenue.amount or not amounts:
            yield f"{name} is {revenue.amount}, but its parts are {amounts}"


def _strangers(available: Sequence[Revenue], parts: dict[tuple[str, str], list[Amount | None]]) -> Iterator[str]:
    known = {(revenue.validator_key, revenue.component.value) for revenue in available}
    for key, component in parts:
        if (key, component) not in known:
            yield f"{component} of {key} is divided, but has no P&L"


def _wrongly_held(claims: pl.LazyFrame, divided: pl.DataFrame) -> Iterator[str]:
    """Held are exactly the lines with a positive claim on a component that is HELD."""
    whole = divided.filter(pl.col("party") == Party.HELD.value).select(
        "validator_key", pl.col("component").alias("funded_by"), over_claimed=True
    )
    waiting = claims.join(whole.lazy(), on=["validator_key", "funded_by"], how="left").with_columns(
        expected=pl.col("over_claimed").fill_null(False) & (pl.col("claim") > 0).fill_null(False)
    )
    wrong = waiting.filter(pl.col("held") != pl.col("expected")).select("line_id", "held").sort("line_id")
    for identity, held in wrong.collect(engine="streaming").iter_rows():
        state = "is held, though its component can pay" if held else "is not held, though its component is over-claimed"
        yield f"line {identity} {state}"


def _unequal_parts(lines: pl.DataFrame, claims: pl.LazyFrame, allocation: pl.DataFrame) -> Iterator[str]:
    """What is due now is what the LINE parts of its component and of the operator's guarantee give, to the unit."""
    undivided = allocation.filter(
        pl.col("party").is_in([Party.HELD.value, Party.UNKNOWN.value])
        & ((pl.col("party") == Party.HELD.value) | pl.col("amount").is_null())
    )
    without_parts = set(undivided.select("validator_key", "component").iter_rows())
    due = pl.col("held").not_()
    sums = claims.group_by(_SHARE).agg(
        claimed=pl.when(pl.col("claim").null_count() == 0).then(pl.col("claim").filter(due).sum()),
        paid=pl.when(pl.col("final").null_count() == 0).then(pl.col("final").filter(due).sum()),
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
    for identity, amount, override in _columns(top_ups, "line_id", "final", "override"):
        if override is None:
            guaranteed[identity] = amount
    granted = allocation.filter(pl.col("party") == Party.LINE.value)
    is_guarantee = pl.col("component") == OPERATOR_GUARANTEE
    yield from _different(claimed, granted.filter(~is_guarantee))
    yield from _different(guaranteed, granted.filter(is_guarantee))


def _different(expected: dict[str, Amount] | dict[str, Amount | None], granted: pl.DataFrame) -> Iterator[str]:
    given: dict[str, Amount | None] = dict(_columns(granted, "part_id", "amount"))
    nothing = object()
    for identity in sorted(expected.keys() | given.keys()):
        if expected.get(identity, nothing) != given.get(identity, nothing):
            yield f"line {identity} pays {expected.get(identity)}, but its part is {given.get(identity)}"


def _columns(frame: pl.DataFrame, *names: str) -> Iterator[tuple[Any, ...]]:
    """Rows of some columns, amounts as exact ints."""
    return zip(*(ints(frame[name]) if frame.schema[name].is_decimal() else frame[name] for name in names), strict=True)

"""What rules of conservation look at beside the rows: what there is to share, and the layers computed with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

import polars as pl

from aurora_pipeline.commissions.revenue import Revenue
from aurora_pipeline.commissions.tables import OPERATOR_GUARANTEE, LineKind
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.store.frames import ints
from aurora_pipeline.store.gate.rule import Ground

REVENUES: Final = Ground[Sequence[Revenue]]("revenues", "the components of every validator's P&L")
LINES: Final = Ground[pl.DataFrame]("lines", "the commission lines of the same period")
RESULTS: Final = Ground[pl.DataFrame]("results", "the rule results of the same period")


def divided(allocation: pl.DataFrame) -> pl.DataFrame:
    """The parts that revenue is divided into; what the operator guarantees comes on top."""
    return allocation.filter(pl.col("component") != OPERATOR_GUARANTEE)


def parts_by_component(allocation: pl.DataFrame) -> dict[tuple[str, str], list[Amount | None]]:
    """The amounts of each component's parts, by validator and component."""
    parts: dict[tuple[str, str], list[Amount | None]] = defaultdict(list)
    for key, component, amount in columns(divided(allocation), "validator_key", "component", "amount"):
        parts[key, component].append(amount)
    return parts


def claims(lines: pl.DataFrame) -> pl.LazyFrame:
    """Per line what is due after its cut, what is paid, and the smaller of both, which is its claim."""
    keys = ["agreement_id", "rule_key", "validator_key", "wallet_address"]
    amounts = [pl.col(name).cast(pl.Int128) for name in ("computed", "final")]
    of_kind, names = pl.col("kind"), [*keys, "funded_by", "line_id", "held", *amounts]
    found = lines.lazy().filter(of_kind == LineKind.LINE.value).select(names)
    cuts = lines.filter(of_kind == LineKind.CAP_REDUCTION.value).select(*keys, *amounts)
    if len(cuts):
        joined = found.join(cuts.lazy(), on=keys, how="left", suffix="_cut")
        found = joined.with_columns(
            pl.col("computed") + pl.col("computed_cut").fill_null(0), pl.col("final") + pl.col("final_cut").fill_null(0)
        )
    claim = pl.when(pl.col("computed").is_not_null()).then(pl.min_horizontal("computed", "final"))
    return found.with_columns(claim.alias("claim"))


def columns(frame: pl.DataFrame, *names: str) -> Iterator[tuple[Any, ...]]:
    """Rows of some columns, amounts as exact ints."""
    return zip(*(ints(frame[name]) if frame.schema[name].is_decimal() else frame[name] for name in names), strict=True)

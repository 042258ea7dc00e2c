"""What stated lines are more or less than was stated so far: one adjustment per line, with its cause. Pure.

What was stated for a line is what the statement said plus every adjustment since; never a running balance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from aurora_pipeline.agreements.tables import PARTNER_ID
from aurora_pipeline.commissions.identity import adjustment_ids
from aurora_pipeline.foundation.period_key import DIGITS_MIN
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.statements.tables import Cause, EntryKind
from aurora_pipeline.store.declaration import ColumnKind, FigureState
from aurora_pipeline.store.frames import FRAME_TYPES

LINE_COLUMNS: Final = (
    "epoch",
    "line_id",
    PARTNER_ID.name,
    "agreement_id",
    "agreement_version",
    "rule_key",
    "validator_key",
    "wallet_address",
    "kind",
    "component",
    "rate_bps",
    "revenue",
    "costs",
    "weight",
    "weight_whole",
    "override",
    "final",
    "held",
)
"""What is compared of a line, and by what it is named."""
_KEY: Final = ("partner_id", "line_id")
_NAMED: Final = ("epoch", "agreement_id", "rule_key", "validator_key", "wallet_address", "kind", "component")
_AMOUNT: Final = FRAME_TYPES[ColumnKind.AMOUNT]


@dataclass(frozen=True)
class Origins:
    """What changed under the lines of a period since they were stated."""

    data: bool = False
    code: bool = False
    terms: bool = False
    overrides: bool = False

    @property
    def likeliest(self) -> Cause:
        """The cause of a line that does not show by itself why it is another one."""
        for is_it, cause in ((self.data, Cause.DATA), (self.code, Cause.CODE), (self.terms, Cause.RULE)):
            if is_it:
                return cause
        return Cause.OVERRIDE if self.overrides else Cause.DATA


EARLIER: Final = {"partner_id": pl.String, "line_id": pl.String, "adjusted": _AMOUNT, "entries": pl.Int64}
"""The frame of what earlier statements adjusted: the sum per line, and how many entries it is of."""
CAUSES: Final = {
    name: pl.Int64 if name == "epoch" else pl.String
    for name in ("partner_id", "epoch", "likeliest", "by_terms", "by_code")
}
"""The frame of why a period's lines of a partner moved: where a line does not tell, where terms or code come first."""


def causes_of(origins: Mapping[tuple[str, EpochNumber], Origins]) -> pl.DataFrame:
    """The causes by partner and epoch, from what changed under the lines."""
    rows = [
        (
            partner_id,
            epoch,
            one.likeliest.value,
            (Cause.RULE if one.terms else one.likeliest).value,
            (Cause.CODE if one.code else one.likeliest).value,
        )
        for (partner_id, epoch), one in origins.items()
    ]
    return pl.DataFrame(rows, schema=CAUSES, orient="row")


def adjustments(stated: pl.DataFrame, now: pl.DataFrame, earlier: pl.DataFrame, causes: pl.DataFrame) -> pl.DataFrame:
    """The adjustments of lines: those that were stated, and those that stand there now. One row each, without ids.

    A line that has no amount now, or is held, is left alone until it has one; one that is gone counts 0.
    """
    there = pl.lit(True)
    both = (
        stated.with_columns(is_stated=there)
        .join(now.with_columns(is_now=there), on=_KEY, how="full", coalesce=True, suffix="_now")
        .join(earlier, on=_KEY, how="left")
    )
    zero = pl.lit(0).cast(_AMOUNT)
    said = pl.when(pl.col("held").fill_null(True)).then(zero).otherwise(pl.col("final").fill_null(zero))
    due = (
        pl.when(pl.col("is_now").is_null())
        .then(zero)
        .when(pl.col("held_now"))
        .then(pl.lit(None, dtype=_AMOUNT))
        .otherwise(pl.col("final_now"))
    )
    found = both.with_columns(
        stated=(said + pl.col("adjusted").fill_null(zero)).cast(_AMOUNT),
        now=due.cast(_AMOUNT),
        number=pl.col("entries").fill_null(0) + 1,
    ).with_columns(amount=(pl.col("now") - pl.col("stated")).cast(_AMOUNT))
    return _told(found.filter(pl.col("amount").is_not_null() & (pl.col("amount") != zero)), causes)


def without_amount(stated: pl.DataFrame, now: pl.DataFrame) -> dict[str, int]:
    """By partner, how many lines were stated with an amount and have none now, or are held: they wait for one."""
    said = stated.filter(pl.col("final").is_not_null() & ~pl.col("held")).select(_KEY)
    waiting = now.filter(pl.col("final").is_null() | pl.col("held")).join(said, on=_KEY, how="semi")
    return dict(waiting.group_by("partner_id").len().iter_rows())


def _told(found: pl.DataFrame, causes: pl.DataFrame) -> pl.DataFrame:
    """The columns of entries, from lines joined with what they are now."""
    if found.is_empty():
        return found
    named = [pl.coalesce(pl.col(f"{name}_now"), pl.col(name)).alias(name) for name in _NAMED]
    found = found.with_columns(named).join(causes, on=["partner_id", "epoch"], how="left")
    fallback = pl.col("likeliest").fill_null(Cause.DATA.value)
    by_terms = pl.col("by_terms").fill_null(Cause.RULE.value)
    is_other = {name: pl.col(name).ne_missing(pl.col(f"{name}_now")) for name in _COMPARED}
    is_one_sided = pl.col("is_stated").is_null() | pl.col("is_now").is_null()
    moved = is_other["revenue"] | is_other["costs"] | is_other["weight_whole"]
    # A flat line of which nothing moved can only be computed otherwise, whatever else changed in its period.
    is_flat = pl.col("rate_bps").is_not_null() & pl.col("rate_bps_now").is_not_null()
    had_amount = pl.col("final").is_not_null() & ~pl.col("held").fill_null(True)
    cause = (
        pl.when(is_other["override"])
        .then(pl.lit(Cause.OVERRIDE.value))
        .when(is_one_sided)
        .then(by_terms)
        .when(is_other["agreement_version"])
        .then(pl.lit(Cause.RULE.value))
        .when(moved)
        .then(fallback)
        .when(is_other["weight"])
        .then(by_terms)
        .when(is_flat & had_amount)
        .then(pl.col("by_code").fill_null(Cause.DATA.value))
        .otherwise(fallback)
    )
    why = (
        pl.when(is_other["override"])
        .then(_moved("override"))
        .when(pl.col("is_stated").is_null())
        .then(pl.lit("the line was not there"))
        .when(pl.col("is_now").is_null())
        .then(pl.lit("the line is gone"))
        .when(is_other["agreement_version"])
        .then(_moved("agreement_version"))
        .when(is_other["revenue"])
        .then(_moved("revenue"))
        .when(is_other["costs"])
        .then(_moved("costs"))
        .when(is_other["weight_whole"])
        .then(_moved("weight_whole"))
        .when(is_other["weight"])
        .then(_moved("weight"))
        .otherwise(pl.lit("what it is computed from changed"))
    )
    ids = adjustment_ids(found["line_id"].to_list(), found["number"].to_list())
    return found.select(
        pl.Series("entry_id", ids),
        "partner_id",
        pl.lit(EntryKind.ADJUSTMENT.value).alias("kind"),
        pl.col("epoch").cast(pl.String).str.zfill(DIGITS_MIN).alias("source_period"),
        "line_id",
        "number",
        "agreement_id",
        pl.col("agreement_version_now").alias("agreement_version"),
        "rule_key",
        "validator_key",
        "wallet_address",
        pl.col("kind").alias("line_kind"),
        "component",
        "stated",
        "now",
        "amount",
        cause.alias("cause"),
        pl.lit(FigureState.FINAL.value).alias("state"),
        why.alias("reason"),
    )


_COMPARED: Final = ("override", "agreement_version", "revenue", "costs", "weight", "weight_whole")


def _moved(name: str) -> pl.Expr:
    """In words, from what to what a column moved."""
    was, is_now = (pl.col(column).cast(pl.String).fill_null("none") for column in (name, f"{name}_now"))
    return pl.format(name.replace("_", " ") + " was {}, is {}", was, is_now)

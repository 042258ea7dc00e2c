"""What a cross-checking provider itself says, where a canonical layer would rather leave that out or compute it anew.

A layer takes no figure that a third party estimates: stakers' rewards extrapolated from one account, stake rounded to
whole coins, tips by a formula of its own. A comparison is about just these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.fetch_choice import Missing, Once, fetch_about
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.trillium.answers import TrilliumValidator
from aurora_pipeline.sources.trillium.tells import trillium_row
from aurora_pipeline.store.payloads import StagedFetch

Figures = Mapping[str, int | None]


def as_told(role: DataType, frame: pl.DataFrame, reference: Reference, fetches: Sequence[StagedFetch]) -> pl.DataFrame:
    """A cross-checker's canonical frame with its own figures in the place of those that were computed for it."""
    if role is DataType.MEV:
        # A part that Aurora computed from total and commission is nobody's word.
        is_own = pl.col("method").is_null() | (pl.col("method") != "FORMULA")
        shares = [pl.when(is_own).then(pl.col(name)) for name in ("validator_tips", "protocol_tips", "staker_tips")]
        frame = frame.with_columns(shares)
    tell = _TRILLIUM.get(role)
    told = {} if tell is None else {key: tell(row) for key, row in _trillium_rows(reference, fetches).items()}
    for name in sorted({name for figures in told.values() for name in figures}):
        frame = frame.with_columns(_filled(frame, name, {key: figures[name] for key, figures in told.items()}))
    return frame


def _filled(frame: pl.DataFrame, name: str, told: Figures) -> pl.Series:
    """A column with what is told of validators in the place of what stood there; rows of stake accounts stay."""
    kinds = frame["row_kind"] if "row_kind" in frame.columns else pl.repeat("VALIDATOR", len(frame), eager=True)
    values = [
        str(told[key]) if kind == "VALIDATOR" and told.get(key) is not None else None if value is None else str(value)
        for key, kind, value in zip(frame["validator_key"], kinds, frame[name], strict=True)
    ]
    return pl.Series(name, values, dtype=pl.String).cast(frame.schema[name], strict=True)


def _trillium_rows(reference: Reference, fetches: Sequence[StagedFetch]) -> dict[str, TrilliumValidator]:
    once, rows = Once(), {}
    for key in reference.keys:
        fetch = fetch_about(fetches, key)
        row = trillium_row(reference, key, fetch, once) if fetch is not None and fetch.kind == "trillium" else None
        if row is not None and not isinstance(row, Missing):
            rows[key] = row
    return rows


_TRILLIUM: Mapping[DataType, Callable[[TrilliumValidator], Figures]] = {
    DataType.MEV: lambda row: {"validator_tips": row.tips_to_validator},
    DataType.REWARDS: lambda row: {"staker_rewards": row.staker_rewards},
    DataType.META: lambda row: {"active_stake": row.active_stake},
}

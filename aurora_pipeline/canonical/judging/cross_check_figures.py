"""What a cross-checking provider itself says, where a canonical layer would rather leave that out or compute it anew.

A layer takes no figure that a third party estimates: stakers' rewards extrapolated from one account, stake rounded to
whole coins, tips by a formula of its own. A comparison is about just these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from aurora_pipeline.canonical.heard import staged_by_kind
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.kinds import SOURCES
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.store.payloads.fetches import StagedFetch

Figures = Mapping[str, int | None]


def as_told(role: DataType, frame: pl.DataFrame, reference: Reference, fetches: Sequence[StagedFetch]) -> pl.DataFrame:
    """A cross-checker's canonical frame with its own figures in the place of those that were computed for it."""
    if role is DataType.MEV:
        # A part that Aurora computed from total and commission is nobody's word.
        is_own = pl.col("method").is_null() | (pl.col("method") != "FORMULA")
        shares = [pl.when(is_own).then(pl.col(name)) for name in ("validator_tips", "protocol_tips", "staker_tips")]
        frame = frame.with_columns(shares)
    for kind, staged in staged_by_kind(reference, fetches).items():
        own_words = SOURCES[kind].own_words.get(role) if kind in SOURCES else None
        for name, figures in sorted(({} if own_words is None else own_words(staged)).items()):
            frame = frame.with_columns(_filled(frame, name, figures))
    return frame


def _filled(frame: pl.DataFrame, name: str, told: Figures) -> pl.Series:
    """A column with what is told of validators in the place of what stood there; rows of stake accounts stay."""
    kinds = frame["row_kind"] if "row_kind" in frame.columns else pl.repeat("VALIDATOR", len(frame), eager=True)
    values = [
        str(told[key]) if kind == "VALIDATOR" and told.get(key) is not None else None if value is None else str(value)
        for key, kind, value in zip(frame["validator_key"], kinds, frame[name], strict=True)
    ]
    return pl.Series(name, values, dtype=pl.String).cast(frame.schema[name], strict=True)

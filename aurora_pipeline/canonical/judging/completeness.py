"""How complete each data type of each validator is: derived from the published rows, never from a clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import polars as pl

from aurora_pipeline.canonical.judging.tables import COMPLETENESS
from aurora_pipeline.config.vocabulary import ROLES, DataType
from aurora_pipeline.foundation.listing import listed
from aurora_pipeline.foundation.money import stored_amount, stored_amount_or_none
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.result import LayerResult, Row, layer_result
from aurora_pipeline.store.declaration import FigureState

NO_ROW: Final = "the layer has no row about it"
NO_COSTS: Final = "NO_COSTS"
"""No cost is due and none is known: a complete answer."""
SLOTS_NOT_TOLD: Final = "NOT_CHECKED: the source gives fees without leader slots"
STAKE_NOT_TOLD: Final = "NOT_CHECKED: the source does not tell the validator's active stake"

Frames = Mapping[DataType, pl.DataFrame]
Judge = Callable[[Sequence[Mapping[str, Any]]], Row]


def canonical_completeness(reference: Reference, frames: Frames) -> LayerResult:
    """One row per operated validator and data type, from the canonical frames that are in force."""
    rows = []
    for data_type in ROLES:
        by_validator = _needed_rows(data_type, frames[data_type])
        for key in reference.keys:
            judged = _JUDGES[data_type](by_validator.get(key, []))
            rows.append({**reference.row(key), "data_type": data_type.value, **judged})
    return layer_result(
        COMPLETENESS,
        rows,
        due=reference.keys,
        says_something=[True for _ in rows],
        states=[row["state"] for row in rows],
        warnings=in_words(rows),
    )


def in_words(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is not final, counted by data type and state, with the first reasons."""
    open_rows = [row for row in rows if row["state"] != FigureState.FINAL]
    counts = Counter((str(row["data_type"]), str(row["state"])) for row in open_rows)
    told = []
    for (data_type, state), count in counts.items():
        reasons = dict.fromkeys(
            str(row["reason"]) for row in open_rows if (row["data_type"], row["state"]) == (data_type, state)
        )
        told.append(f"{data_type}: {count} {state} ({listed(reasons, at_most=2)})")
    return told


def counted(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """How many validators are in which state, by data type."""
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        of_type = counts.setdefault(str(row["data_type"]), {})
        of_type[str(row["state"])] = of_type.get(str(row["state"]), 0) + 1
    return counts


def _needed_rows(data_type: DataType, frame: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """The rows a judge looks at, by validator; a million stake accounts are summed where they lie."""
    if data_type is DataType.POSITIONS:
        sums = (
            frame.filter(pl.col("row_kind") == "ACCOUNT")
            .group_by("validator_key")
            .agg(pl.col("active_stake").sum().alias("accounts_stake"), pl.len().alias("accounts"))
        )
        frame = frame.filter(pl.col("row_kind") == "VALIDATOR").join(sums, on="validator_key", how="left")
    elif data_type is DataType.REWARDS:
        frame = frame.filter(pl.col("row_kind") == "VALIDATOR")
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in frame.iter_rows(named=True):
        rows.setdefault(row["validator_key"], []).append(row)
    return rows


def _together(parts: Sequence[tuple[str, str | None]]) -> Row:
    """Several states as one: pending where waiting helps, partial where only some is known."""
    states = {state for state, _ in parts}
    if FigureState.PENDING in states:
        state = FigureState.PENDING
    elif len(states) == 1:
        state = FigureState(next(iter(states)))
    else:
        state = FigureState.PARTIAL
    # A final figure's reason explains the figure, not what is lacking.
    open_reasons = [text for one, text in parts if one != FigureState.FINAL and text]
    reasons = open_reasons or [text for _, text in parts if text]
    return {"state": state.value, "reason": "; ".join(dict.fromkeys(reasons)) or None}


def _no_row() -> Row:
    return {"state": FigureState.UNAVAILABLE.value, "reason": NO_ROW}


def _plain(rows: Sequence[Mapping[str, Any]]) -> Row:
    return _together([(row["state"], row["reason"]) for row in rows]) if rows else _no_row()


def _fees(rows: Sequence[Mapping[str, Any]]) -> Row:
    """Final where every leader slot is a block that was read or a proven skip."""
    if not rows:
        return _no_row()
    slots = {name: rows[0][name] for name in ("leader_slots", "blocks_produced", "slots_skipped")}
    judged = _plain(rows)
    if judged["state"] == FigureState.FINAL:
        if slots["leader_slots"] is None:
            judged["reason"] = judged["reason"] or SLOTS_NOT_TOLD
        elif slots["leader_slots"] != (slots["blocks_produced"] or 0) + (slots["slots_skipped"] or 0):
            reason = (
                f"{slots['leader_slots']} slots led, but {slots['blocks_produced']} blocks and"
                f" {slots['slots_skipped']} proven skips"
            )
            judged = {"state": FigureState.PARTIAL.value, "reason": reason}
    return slots | judged


def _rewards(rows: Sequence[Mapping[str, Any]]) -> Row:
    """Commission and what the stakers received; both are told only after the reward period."""
    if not rows:
        return _no_row()
    row = rows[0]
    parts = [(row["state"], row["reason"])]
    if row["stakers_state"] is not None:
        parts.append((row["stakers_state"], row["stakers_reason"]))
    return _together(parts)


def _positions(rows: Sequence[Mapping[str, Any]]) -> Row:
    """Final where the stake accounts sum to the validator's active stake."""
    if not rows:
        return _no_row()
    row, judged = rows[0], _plain(rows)
    active = stored_amount_or_none(row["active_stake"], "active_stake")
    # No accounts of a validator whose list is complete sum to nothing; without a list there is no sum.
    has_sum = row["accounts"] is not None or judged["state"] == FigureState.FINAL
    held = stored_amount(row["accounts_stake"] or 0, "accounts_stake") if has_sum else None
    if judged["state"] == FigureState.FINAL:
        if active is None:
            judged["reason"] = judged["reason"] or STAKE_NOT_TOLD
        elif active != held:
            reason = f"its stake accounts hold {held} of active stake, the validator has {active}"
            judged = {"state": FigureState.PARTIAL.value, "reason": reason}
    return {"active_stake": active, "accounts_stake": held} | judged


def _costs(rows: Sequence[Mapping[str, Any]]) -> Row:
    return _plain(rows) if rows else {"state": FigureState.FINAL.value, "reason": NO_COSTS}


_JUDGES: Final[Mapping[DataType, Judge]] = {
    DataType.FEES: _fees,
    DataType.MEV: _plain,
    DataType.REWARDS: _rewards,
    DataType.META: _plain,
    DataType.POSITIONS: _positions,
    DataType.COSTS: _costs,
}

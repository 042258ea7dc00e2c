"""Completeness per validator and data type: each rule, from the rows in force."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from aurora_pipeline.canonical.judging.completeness import (
    NO_COSTS,
    NO_ROW,
    SLOTS_NOT_TOLD,
    STAKE_NOT_TOLD,
    canonical_completeness,
    counted,
)
from aurora_pipeline.canonical.judging.drafts import TABLE_OF
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline_tests.gated import broken

A = "vote-a"
REFERENCE = Reference(
    "chain",
    EpochNumber(7),
    700,
    799,
    datetime(2026, 9, 1, tzinfo=UTC),
    datetime(2026, 9, 3, tzinfo=UTC),
    (OperatedValidator(A, "identity-a", "a", "OPERATOR"),),
)
START: dict[str, Any] = {"chain_id": "chain", "epoch": 7, "validator_key": A, "state": "final"}
VALIDATOR = {**START, "row_kind": "VALIDATOR", "account_key": A}
ACCOUNT = {**START, "row_kind": "ACCOUNT"}
WHOLE: dict[DataType, list[dict[str, Any]]] = {
    DataType.FEES: [{**START, "leader_slots": 8, "blocks_produced": 6, "slots_skipped": 2, "fees": 5}],
    DataType.MEV: [{**START, "total_tips": 5}],
    DataType.REWARDS: [{**VALIDATOR, "commission": 5, "stakers_state": "final"}],
    DataType.META: [START],
    DataType.POSITIONS: [
        {**VALIDATOR, "active_stake": 7},
        {**ACCOUNT, "account_key": "x", "active_stake": 3},
        {**ACCOUNT, "account_key": "y", "active_stake": 4},
    ],
    DataType.COSTS: [{**START, "entry_type": "VOTE_FEES", "amount": 1}],
}


def frames(**changed: list[dict[str, Any]]) -> dict[DataType, pl.DataFrame]:
    rows = WHOLE | {DataType(name): found for name, found in changed.items()}
    return {data_type: frame_of(TABLE_OF[data_type], found) for data_type, found in rows.items()}


def judged(data_type: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    result = canonical_completeness(REFERENCE, frames(**{data_type: rows}))
    return next(row for row in result.frame.to_dicts() if row["data_type"] == data_type)


def test_completeness__everything_known__all_final_with_the_facts_checked() -> None:
    result = canonical_completeness(REFERENCE, frames())
    rows = {row["data_type"]: row for row in result.frame.to_dicts()}
    assert set(rows) == set(DataType) - {DataType.PERIOD}
    assert {row["state"] for row in rows.values()} == {"final"}
    fees, positions = rows["fees"], rows["positions"]
    assert (fees["leader_slots"], fees["blocks_produced"], fees["slots_skipped"]) == (8, 6, 2)
    assert (positions["active_stake"], positions["accounts_stake"]) == (7, 7)
    assert (result.completeness, broken(result), result.warnings) == ("FINAL", (), ())


@pytest.mark.parametrize(
    ("data_type", "rows", "state", "reason"),
    [
        ("fees", [{**WHOLE[DataType.FEES][0], "slots_skipped": 1}], "partial", "8 slots led, but 6 blocks and 1"),
        ("fees", [{**START, "fees": 5}], "final", SLOTS_NOT_TOLD),
        ("fees", [{**START, "state": "pending", "reason": "node down"}], "pending", "node down"),
        (
            "fees",
            [{**START, "leader_slots": 8, "blocks_produced": 6, "state": "pending", "reason": "2 not read yet"}],
            "pending",
            "2 not read yet",
        ),
        ("mev", [{**START, "state": "pending", "reason": "no tree"}], "pending", "no tree"),
        *((name, [], "unavailable", NO_ROW) for name in ("fees", "mev", "rewards", "meta", "positions")),
        (
            "rewards",
            [{**VALIDATOR, "commission": 5, "stakers_state": "pending", "stakers_reason": "still paid"}],
            "pending",
            "still paid",
        ),
        (
            "rewards",
            [{**VALIDATOR, "reason": "NO_REWARD", "stakers_state": "unavailable", "stakers_reason": "not observed"}],
            "partial",
            "not observed",
        ),
        (
            "rewards",
            [
                {**ACCOUNT, "account_key": "x", "state": "pending", "reason": "of an account"},
                {**VALIDATOR, "commission": 5, "stakers_state": "partial", "stakers_reason": "1 of 9 not known"},
            ],
            "partial",
            "1 of 9 not known",
        ),
        ("meta", [{**START, "state": "unavailable", "reason": "not observed"}], "unavailable", "not observed"),
        ("positions", [{**VALIDATOR, "active_stake": 7}], "partial", "its stake accounts hold 0"),
        (
            "positions",
            [{**VALIDATOR, "active_stake": 7}, {**ACCOUNT, "account_key": "x", "active_stake": 6}],
            "partial",
            "its stake accounts hold 6 of active stake, the validator has 7",
        ),
        (
            "positions",
            [{**VALIDATOR, "active_stake": 7, "state": "pending", "reason": "not all pages"}],
            "pending",
            "not all pages",
        ),
        ("positions", [VALIDATOR, *WHOLE[DataType.POSITIONS][1:]], "final", STAKE_NOT_TOLD),
        ("positions", [{**VALIDATOR, "reason": "THIRD_PARTY"}], "final", "THIRD_PARTY"),
        ("fees", [{**START, "fees": 5, "reason": "THIRD_PARTY"}], "final", "THIRD_PARTY"),
        ("costs", [], "final", NO_COSTS),
        (
            "costs",
            [
                {**START, "entry_type": "VOTE_FEES", "amount": 1},
                {**START, "entry_type": "INFRASTRUCTURE", "state": "unavailable", "reason": "not entered"},
            ],
            "partial",
            "not entered",
        ),
    ],
)
def test_completeness__something_lacks__that_data_type_says_so_and_why(
    data_type: str, rows: list[dict[str, Any]], state: str, reason: str
) -> None:
    found = judged(data_type, rows)
    assert found["state"] == state
    assert reason in found["reason"]


def test_completeness__something_pending__partial_and_counted_in_words() -> None:
    result = canonical_completeness(REFERENCE, frames(mev=[{**START, "state": "pending", "reason": "no tree"}]))
    assert result.completeness == "PARTIAL"
    assert result.warnings == ("mev: 1 pending (no tree)",)


def test_counted__states_of_several_validators__by_data_type() -> None:
    rows = [("fees", "final"), ("fees", "pending"), ("fees", "final"), ("mev", "final")]
    told = counted([{"data_type": data_type, "state": state} for data_type, state in rows])
    assert told == {"fees": {"final": 2, "pending": 1}, "mev": {"final": 1}}

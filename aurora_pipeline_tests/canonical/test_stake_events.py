"""Stake events: what two periods' positions show, and what they cannot."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from aurora_pipeline.canonical.stake_events import NO_EARLIER_POSITIONS, NOT_OPERATED_BEFORE, canonical_stake_events
from aurora_pipeline.canonical.tables import POSITIONS, REWARDS, STAKE_EVENTS
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.store.declaration import Completeness
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline_tests.canonical.answers import CHAIN, EPOCH, reference
from aurora_pipeline_tests.gated import broken, schema_violations

Account = tuple[str, str, int, int, int]
"""Account, validator, active, activating, deactivating."""


def positions(
    *accounts: Account, epoch: int = EPOCH, owners: dict[str, str] | None = None, state: str = "final"
) -> pl.DataFrame:
    rows: list[dict[str, Any]] = [
        {
            "chain_id": CHAIN,
            "epoch": epoch,
            "validator_key": key,
            "row_kind": "VALIDATOR",
            "account_key": key,
            "state": state,
            "reason": None if state == "final" else "why",
        }
        for key in ("V", "W")
    ]
    for account, key, active, activating, deactivating in accounts:
        rows.append(
            {
                "chain_id": CHAIN,
                "epoch": epoch,
                "validator_key": key,
                "row_kind": "ACCOUNT",
                "account_key": account,
                "withdrawer_key": (owners or {}).get(account, "Client"),
                "active_stake": active,
                "activating_stake": activating,
                "deactivating_stake": deactivating,
                "state": "final",
            }
        )
    return frame_of(POSITIONS, rows)


def rewards(**paid: int) -> pl.DataFrame:
    rows = [
        {
            "chain_id": CHAIN,
            "epoch": EPOCH - 1,
            "validator_key": "V",
            "row_kind": "ACCOUNT",
            "account_key": account,
            "staker_rewards": lamports,
            "state": "final",
        }
        for account, lamports in paid.items()
    ]
    return frame_of(REWARDS, rows)


def events_from(
    now: pl.DataFrame, before: pl.DataFrame | None, paid: pl.DataFrame | None = None, whose: str = "VW"
) -> tuple[LayerResult, set[tuple[str, str, str, int | None]]]:
    result = canonical_stake_events(reference(*whose), now, before, rewards() if paid is None else paid)
    assert schema_violations(STAKE_EVENTS, result.frame) == []
    assert broken(result) == ()
    rows = [row for row in result.frame.to_dicts() if row["event_type"] != "SUMMARY"]
    return result, {
        (row["validator_key"], row["event_type"], row["account_key"], None if (a := row["amount"]) is None else int(a))
        for row in rows
    }


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ([], [("a", "V", 0, 9, 0)], {("V", "STAKE", "a", 9)}),
        ([("a", "V", 0, 9, 0)], [("a", "V", 9, 0, 0)], set()),
        ([("a", "V", 9, 0, 0)], [("a", "V", 9, 0, 9)], {("V", "UNSTAKE", "a", 9)}),
        ([("a", "V", 9, 0, 9)], [("a", "V", 0, 0, 0)], set()),
        ([("a", "V", 9, 0, 0)], [("a", "V", 0, 0, 0)], {("V", "UNSTAKE", "a", 9)}),
        ([("a", "V", 9, 0, 9)], [], {("V", "WITHDRAW", "a", 9)}),
        ([("a", "V", 0, 0, 0)], [], {("V", "WITHDRAW", "a", None)}),
        ([("a", "V", 9, 0, 0)], [], {("V", "UNSTAKE", "a", 9)}),
        ([("a", "V", 9, 0, 9)], [("a", "W", 0, 10, 0)], {("V", "MOVE_OUT", "a", 9), ("W", "MOVE_IN", "a", 10)}),
        ([("a", "V", 9, 0, 0)], [("a", "V", 12, 0, 0)], {("V", "STAKE", "a", 3)}),
        ([("a", "V", 9, 0, 0)], [("a", "V", 5, 0, 0)], {("V", "UNSTAKE", "a", 4)}),
        ([("a", "V", 0, 0, 0)], [("a", "V", 0, 5, 0)], {("V", "STAKE", "a", 5)}),
    ],
    ids=[
        "new",
        "warmed up",
        "asked back",
        "cooled down",
        "asked back after the look",
        "taken out",
        "taken out later",
        "gone while active",
        "moved",
        "merged",
        "split",
        "delegated again",
    ],
)
def test_events__two_looks__what_changed(before: list[Account], now: list[Account], expected: set[Any]) -> None:
    result, events = events_from(positions(*now), positions(*before, epoch=EPOCH - 1))
    assert events == expected
    assert result.completeness is Completeness.FINAL


def test_events__growth_by_the_reward__is_no_event() -> None:
    before, now = positions(("a", "V", 1_000, 0, 0), epoch=EPOCH - 1), positions(("a", "V", 1_007, 0, 0))
    assert events_from(now, before, rewards(a=7))[1] == set()
    assert events_from(now, before, rewards(a=5))[1] == {("V", "STAKE", "a", 2)}


def test_events__another_withdrawer__named_with_the_former_one() -> None:
    before = positions(("a", "V", 9, 0, 0), epoch=EPOCH - 1, owners={"a": "Old"})
    result, events = events_from(positions(("a", "V", 9, 0, 0), owners={"a": "New"}), before)
    assert events == {("V", "OWNER", "a", 9)}
    row = next(row for row in result.frame.to_dicts() if row["event_type"] == "OWNER")
    assert (row["withdrawer_key"], row["other_key"]) == ("New", "Old")


def test_events__no_earlier_positions__none_and_the_reason_but_nothing_held_back() -> None:
    result, events = events_from(positions(("a", "V", 9, 0, 0)), None)
    assert events == set()
    assert [row["state"] for row in result.frame.to_dicts()] == ["final"] * 2
    assert all("NO_EARLIER_POSITIONS" in row["reason"] for row in result.frame.to_dicts())
    assert result.completeness is Completeness.FINAL


def test_events__accounts_not_known_in_one_period__nobody_left() -> None:
    before = positions(("a", "V", 9, 0, 0), epoch=EPOCH - 1)
    result, events = events_from(positions(state="unavailable"), before)
    assert events == set()
    assert {row["state"] for row in result.frame.to_dicts()} == {"unavailable"}


def test_events__positions_do_not_sum_up__partial() -> None:
    result, _ = events_from(positions(state="partial"), positions(epoch=EPOCH - 1))
    assert result.completeness is Completeness.PARTIAL


def test_events__rewards_of_the_period_before_not_published__changes_but_no_growth_and_says_so() -> None:
    before = positions(("a", "V", 9, 0, 0), ("b", "V", 5, 0, 0), epoch=EPOCH - 1)
    now = positions(("a", "V", 12, 0, 0), ("c", "V", 4, 0, 0))
    result = canonical_stake_events(reference("V", "W"), now, before, None)
    summaries = [row["reason"] for row in result.frame.to_dicts() if row["event_type"] == "SUMMARY"]
    assert summaries == ["rewards of the period before are not published: no growth"] * 2
    events = {(row["event_type"], row["account_key"]) for row in result.frame.to_dicts()}
    assert {account for kind, account in events if kind != "SUMMARY"} == {"b", "c"}


def test_events__validator_not_operated_in_the_period_before__nothing_came_or_left() -> None:
    before = positions(("a", "V", 9, 0, 0), epoch=EPOCH - 1).filter(pl.col("validator_key") == "V")
    result, events = events_from(positions(("a", "V", 9, 0, 0), ("b", "W", 5, 0, 0)), before)
    assert events == set()
    summary = next(row for row in result.frame.to_dicts() if row["account_key"] == "W")
    assert (summary["state"], summary["reason"]) == ("final", NOT_OPERATED_BEFORE)


def test_events__positions_of_the_period_before_not_known__nothing_came_and_says_why() -> None:
    before = positions(epoch=EPOCH - 1, state="unavailable")
    result, events = events_from(positions(("a", "V", 9, 0, 0)), before)
    assert events == set()
    assert {row["reason"] for row in result.frame.to_dicts()} == {f"{NO_EARLIER_POSITIONS} (why)"}


def test_events__no_positions_of_a_validator_at_all__unavailable_and_nobody_left() -> None:
    before = positions(("a", "W", 9, 0, 0), epoch=EPOCH - 1)
    result, events = events_from(positions().filter(pl.col("validator_key") == "V"), before)
    assert events == set()
    assert next(row["state"] for row in result.frame.to_dicts() if row["account_key"] == "W") == "unavailable"

"""Validator P&L: worked figures, what a missing part does to a line, and conservation against another way to add."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurora_pipeline.config.vocabulary import CostType
from aurora_pipeline.pnl.tables import VALIDATOR_PNL, Component
from aurora_pipeline.store.declaration import Completeness
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline_tests.gated import broken, schema_violations
from aurora_pipeline_tests.pnl.frames import Books, complete, everything_but, missing, only_row


def test_line__validator_abc_of_epoch_850__as_in_the_worked_figures() -> None:
    result = complete().pnl("ABC")
    row = only_row(result)
    assert [row[component.column] for component in Component] == [
        1_500_000_000,
        800_000_000,
        2_000_000_000,
        100_000_000,
    ]
    assert (row["total_revenue"], row["known_revenue"]) == (4_400_000_000, 4_400_000_000)
    assert (row["vote_fees"], row["total_costs"], row["net"]) == (500_000_000, 500_000_000, 3_900_000_000)
    assert (row["state"], row["reason"]) == ("final", None)
    assert (result.completeness, broken(result)) == (Completeness.FINAL, ())
    assert schema_violations(VALIDATOR_PNL, result.frame) == []


@pytest.mark.parametrize(
    ("left_out", "lost", "named"),
    [
        ("fees", [Component.EXEC_FEES], "EXEC_FEES unavailable: canonical_validator_fees has no row for it"),
        ("mev", [Component.MEV_TIPS], "MEV_TIPS unavailable: canonical_validator_mev has no row for it"),
        (
            "rewards",
            [Component.VOTE_REWARDS, Component.COMMISSION],
            "VOTE_REWARDS unavailable: own stake own unavailable: canonical_stake_rewards has no row for it",
        ),
        (
            "positions",
            [Component.VOTE_REWARDS],
            "VOTE_REWARDS unavailable: canonical_stake_positions has no row for it",
        ),
    ],
)
def test_line__layer_without_a_row__component_is_null_and_the_rest_stands(
    left_out: str, lost: list[Component], named: str
) -> None:
    result = everything_but("ABC", left_out).pnl("ABC")
    row, whole = only_row(result), only_row(complete().pnl("ABC"))
    for component in Component:
        assert row[component.column] == (None if component in lost else whole[component.column])
    missing_part = sum(whole[component.column] for component in lost)
    assert row["total_revenue"] is None
    assert row["known_revenue"] == whole["known_revenue"] - missing_part
    assert row["net"] is None
    assert row["known_net"] == whole["net"] - missing_part
    assert row["state"] == "partial"
    assert named in row["reason"]
    assert result.completeness is Completeness.PARTIAL
    assert broken(result) == ()
    assert schema_violations(VALIDATOR_PNL, result.frame) == []


def test_line__due_cost_without_a_row__net_is_null_and_the_reason_names_it() -> None:
    row = only_row(everything_but("ABC", "costs").pnl("ABC"))
    assert (row["vote_fees"], row["total_costs"], row["known_costs"], row["net"]) == (None, None, 0, None)
    assert (row["total_revenue"], row["known_net"]) == (4_400_000_000, 4_400_000_000)
    assert row["reason"].startswith("VOTE_FEES unavailable: due")


def test_line__cost_that_is_not_due_and_not_known__costs_are_complete() -> None:
    row = only_row(everything_but("ABC", "costs").pnl("ABC", due=()))
    assert (row["vote_fees"], row["total_costs"], row["net"], row["state"]) == (None, 0, 4_400_000_000, "final")


def test_line__several_parts_missing__each_is_named_with_its_state_and_reason() -> None:
    books = everything_but("ABC", "mev", "costs")
    books.mev("ABC", None, **missing("pending", "tree of epoch 850 not published"))
    books.cost("ABC", "VOTE_FEES", None, **missing("unavailable", "node has no history"))
    row = only_row(books.pnl("ABC"))
    assert row["reason"] == (
        "MEV_TIPS pending: tree of epoch 850 not published; VOTE_FEES unavailable: node has no history"
    )
    assert (row["mev_tips_state"], row["mev_tips_reason"]) == ("pending", "tree of epoch 850 not published")


def test_line__other_income__is_shown_and_counts_in_net_but_not_in_revenue() -> None:
    row = only_row(complete().cost("ABC", "OTHER_INCOME", 40).pnl("ABC"))
    assert (row["other_income"], row["total_revenue"], row["net"]) == (40, 4_400_000_000, 3_900_000_040)


def test_line__costs_above_revenue__net_is_negative() -> None:
    row = only_row(complete().cost("ABC", "INFRASTRUCTURE", 10**10).pnl("ABC"))
    assert row["net"] == 4_400_000_000 - 500_000_000 - 10**10


def test_vote_rewards__no_own_stake_and_final_positions__zero_and_final() -> None:
    books = everything_but("ABC", "positions").stake("ABC", 5).account("ABC", "client", "Client", 5)
    row = only_row(books.pnl("ABC"))
    assert (row["vote_rewards"], row["vote_rewards_state"], row["vote_rewards_reason"]) == (0, "final", "NO_OWN_STAKE")


@pytest.mark.parametrize("positions", ["none", "unavailable", "anonymous"])
def test_vote_rewards__no_operator_wallet_at_all__zero_and_final_whatever_is_known_of_stake(positions: str) -> None:
    books = everything_but("ABC", "positions")
    if positions == "unavailable":
        books.stake("ABC", None, **missing("unavailable", "not observed while the period ran"))
    if positions == "anonymous":
        books.stake("ABC", 5).account("ABC", "client", None, 5)
    row = only_row(books.pnl("ABC", wallets=[]))
    told = (row["vote_rewards"], row["vote_rewards_state"], row["vote_rewards_reason"])
    assert told == (0, "final", "NO_OPERATOR_WALLETS")
    assert (row["net"], row["state"]) == (1_900_000_000, "final")


def test_vote_rewards__no_own_stake_seen_but_positions_not_final__not_zero() -> None:
    books = everything_but("ABC", "positions").account("ABC", "client", "Client", 4)
    books.stake("ABC", 5, **missing("partial", "accounts hold 4 of 5"))
    row = only_row(books.pnl("ABC"))
    assert (row["vote_rewards"], row["vote_rewards_state"]) == (None, "partial")
    assert row["vote_rewards_reason"] == "stake positions: accounts hold 4 of 5"


def test_vote_rewards__reward_of_one_of_two_own_accounts_pending__null_and_partial() -> None:
    books = complete().account("ABC", "own2", "OperatorWithdrawer", 1)
    books.reward("ABC", "own2", None, **missing("pending", "rewards are still being paid"))
    row = only_row(books.pnl("ABC"))
    assert (row["vote_rewards"], row["vote_rewards_state"]) == (None, "partial")
    assert "own2 pending: rewards are still being paid" in row["vote_rewards_reason"]


def test_vote_rewards__all_stakers_rewards_awaited__pending_with_the_rewards_reason() -> None:
    paying = "rewards are still being paid"
    books = everything_but("ABC", "rewards")
    books.commission("ABC", None, stakers_state="pending", stakers_reason=paying, **missing("pending", paying))
    row = only_row(books.pnl("ABC"))
    assert (row["vote_rewards"], row["vote_rewards_state"]) == (None, "pending")
    assert row["vote_rewards_reason"] == f"own stake own pending: {paying}"


def test_vote_rewards__own_account_that_was_not_active__counts_zero_without_a_reward() -> None:
    row = only_row(complete().account("ABC", "new", "OperatorWithdrawer", 0).pnl("ABC"))
    assert (row["vote_rewards"], row["vote_rewards_state"]) == (2_000_000_000, "final")


def test_vote_rewards__client_account_without_a_reward__does_not_matter() -> None:
    row = only_row(complete().account("ABC", "other", "Somebody", 9).pnl("ABC"))
    assert (row["vote_rewards"], row["vote_rewards_state"]) == (2_000_000_000, "final")


def test_vote_rewards__withdrawer_of_an_account_unknown__not_known() -> None:
    row = only_row(complete().account("ABC", "strange", None, 1).pnl("ABC"))
    assert (row["vote_rewards"], row["vote_rewards_state"]) == (None, "unavailable")


def test_lines__one_validator_without_anything__the_other_one_stands() -> None:
    result = complete("ABC").pnl("ABC", "XYZ")
    states = dict(result.frame.select("validator_key", "state").iter_rows())
    assert states == {"ABC": "final", "XYZ": "unavailable"}
    assert broken(result) == ()
    assert result.completeness is Completeness.PARTIAL


def test_lines__nothing_known_of_anybody__is_a_violation() -> None:
    (violation,) = broken(Books().pnl("ABC", "XYZ"))
    assert violation.startswith("nothing is known of validator_pnl")


def test_lines__final_row_without_an_amount__is_a_violation() -> None:
    result = everything_but("ABC", "fees").fees("ABC", None).pnl("ABC")
    assert broken(result) == ("ABC: EXEC_FEES is final but has no amount",)


def test_state__all_missing_but_one_may_still_come__pending() -> None:
    books = Books().fees("ABC", None, **missing("pending", "blocks are being fetched"))
    row = only_row(books.pnl("ABC"))
    assert (row["state"], row["known_net"], row["known_revenue"]) == ("pending", 0, 0)


AMOUNTS = st.none() | st.integers(0, 10**29)


@settings(max_examples=60, deadline=None)
@given(
    components=st.tuples(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS),
    costs=st.dictionaries(st.sampled_from([cost.value for cost in CostType]), AMOUNTS),
    income=st.none() | st.integers(0, 10**29),
    due=st.sets(st.sampled_from(list(CostType))),
)
def test_totals__any_parts__equal_exact_sums_made_another_way(
    components: tuple[int | None, ...], costs: dict[str, int | None], income: int | None, due: set[CostType]
) -> None:
    unknown = missing("pending", "later")
    fees, mev, own, commission = components
    books = Books().stake("V", 1).account("V", "own", "OperatorWithdrawer", 1)
    books.fees("V", fees, **({} if fees is not None else unknown))
    books.mev("V", mev, **({} if mev is not None else unknown))
    books.reward("V", "own", own, **({} if own is not None else unknown))
    books.commission("V", commission, **({} if commission is not None else unknown))
    for name, amount in costs.items():
        books.cost("V", name, amount, **({} if amount is not None else unknown))
    if income is not None:
        books.cost("V", "OTHER_INCOME", income)
    result = books.pnl("V", due=sorted(due))
    row = only_row(result)

    earned = sum(Fraction(amount) for amount in components if amount is not None)
    spent = sum(Fraction(amount) for amount in costs.values() if amount is not None)
    revenue_whole = None not in components
    costs_whole = None not in costs.values() and all(cost.value in costs for cost in due)
    assert row["known_revenue"] == earned
    assert row["known_costs"] == spent
    assert row["known_net"] == earned + (income or 0) - spent
    assert row["total_revenue"] == (earned if revenue_whole else None)
    assert row["total_costs"] == (spent if costs_whole else None)
    assert row["net"] == (row["known_net"] if revenue_whole and costs_whole else None)
    assert (row["state"] == "final") == (revenue_whole and costs_whole)
    assert (result.completeness is Completeness.FINAL) == (row["state"] == "final")
    assert result.frame.schema["net"] == pl.Decimal(38, 0)


def unbalanced(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """What the gate says of lines as they would be published."""
    exact = [{name: int(v) if isinstance(v, Decimal) else v for name, v in row.items()} for row in rows]
    frame = frame_of(VALIDATOR_PNL, exact)
    return broken(replace(complete().pnl("ABC"), frame=frame))


@pytest.mark.parametrize("total", ["known_revenue", "known_costs", "known_net"])
def test_unbalanced__a_total_one_unit_off__is_named(total: str) -> None:
    row = only_row(complete().pnl("ABC"))
    assert unbalanced([row]) == ()
    (problem,) = unbalanced([row | {total: row[total] + 1}])
    assert problem.startswith("ABC: its columns give a net of ")


def test_unbalanced__other_income__counts_on_the_side_of_revenue() -> None:
    row = only_row(complete().cost("ABC", "OTHER_INCOME", 40).pnl("ABC"))
    assert unbalanced([row]) == ()
    assert len(unbalanced([row | {"other_income": 0}])) == 2


def test_unbalanced__net_that_is_not_revenue_and_income_less_costs__is_named() -> None:
    row = only_row(complete().pnl("ABC"))
    for changed in ("net", "total_revenue", "total_costs"):
        (problem,) = unbalanced([row | {changed: row[changed] - 1}])
        assert problem.endswith("is not revenue + other income - costs")
    assert unbalanced([row | {"net": None}]) == ()

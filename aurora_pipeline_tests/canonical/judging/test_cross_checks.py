"""Cross-checks: every difference is a row with both digests; systematic ones have names, none is tolerated away."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from aurora_pipeline.canonical.judging.cross_checks import OPERATOR, RoleComparison, canonical_cross_checks
from aurora_pipeline.canonical.judging.drafts import TABLE_OF
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.differences import STAKE_OF_NEXT_EPOCH
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.trillium.known_differences import (
    EXTRAPOLATED_DELEGATOR_REWARDS,
    ROUNDED_AT_SOURCE,
    TRILLIUM_MEV_FORMULA,
    VOTE_COST_ESTIMATED,
)
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.payloads.fetches import FetchIdentity

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
FETCHES = {1: FetchIdentity(1, "x", "first", A, "a" * 64), 2: FetchIdentity(2, "x", "second", A, "b" * 64)}
START: dict[str, Any] = {"chain_id": "chain", "epoch": 7, "validator_key": A, "state": "final"}
Rows = list[dict[str, Any]]


def found(
    role: DataType, stated: Rows, other: Rows, kind: str = "trillium", stakes: dict[str, int] | None = None
) -> Rows:
    table = TABLE_OF[role]
    frames = [
        frame_of(table, [{**START, "source_fetch": number, **row} for row in rows])
        for number, rows in ((1, stated), (2, other))
    ]
    comparison = RoleComparison(role, table, frames[0], frames[1], "second", kind, FETCHES)
    return canonical_cross_checks(REFERENCE, [comparison], stakes or {}).frame.to_dicts()


# The worked example of a real validator: 88.565530355 SOL of tips at 7 %.
TIPS = {"total_tips": 88_565_530_355, "mev_commission_bps": 700, "method": "NODE"}
TREE = TIPS | {"validator_tips": 6_199_587_124, "protocol_tips": 2_736_674_887, "staker_tips": 79_629_268_344}


def test_cross_check__equal_figures__no_row() -> None:
    assert found(DataType.MEV, [TREE], [TREE]) == []


def test_cross_check__one_unit_more__a_row_with_both_figures_and_both_digests() -> None:
    (row,) = found(DataType.FEES, [{"fees": 10**20}], [{"fees": 10**20 + 1}], "solanabeach")
    assert (row["figure"], row["stated"], row["other_stated"]) == ("fees", str(10**20), str(10**20 + 1))
    assert (row["difference"], row["known_as"]) == (1, None)
    assert (row["provider"], row["other_provider"]) == ("first", "second")
    assert (row["fetch_digest"], row["other_fetch_digest"]) == ("a" * 64, "b" * 64)


def test_cross_check__other_provider_says_nothing__no_row() -> None:
    silent = {"fees": None, "state": "pending", "reason": "down"}
    assert found(DataType.FEES, [{"fees": 5}], [silent]) == []


def test_cross_check__what_counts_is_missing__the_other_figure_is_shown() -> None:
    lacking = {"fees": None, "state": "unavailable", "reason": "not known"}
    (row,) = found(DataType.FEES, [lacking], [{"fees": 5}])
    assert (row["stated"], row["other_stated"], row["difference"]) == (None, "5", None)


@pytest.mark.parametrize("validator_tips", [6_007_847_316, 6_007_847_317, 6_007_840_000, 6_007_850_000])
def test_cross_check__tips_by_trilliums_formula__named(validator_tips: int) -> None:
    rows = found(DataType.MEV, [TREE], [TIPS | {"validator_tips": validator_tips}])
    assert [(row["figure"], row["known_as"]) for row in rows] == [("validator_tips", TRILLIUM_MEV_FORMULA)]
    assert rows[0]["difference"] == validator_tips - 6_199_587_124


@pytest.mark.parametrize("validator_tips", [6_007_847_300, 6_007_860_000, 6_199_587_123])
def test_cross_check__tips_that_no_formula_gives__unexplained(validator_tips: int) -> None:
    (row,) = found(DataType.MEV, [TREE], [TIPS | {"validator_tips": validator_tips}])
    assert row["known_as"] is None


@pytest.mark.parametrize(
    ("tips", "part", "name"),
    [
        (9_700, 9_399, TRILLIUM_MEV_FORMULA),
        (9_700, 9_401, TRILLIUM_MEV_FORMULA),
        (9_700, 9_402, None),
        (97_000_000, 94_010_000, None),
        (97_000_000, 93_990_000, None),
    ],
    ids=["a lamport less", "a lamport more", "two", "five decimals more", "five decimals less"],
)
def test_cross_check__beside_trilliums_formula__named_within_its_own_rounding(
    tips: int, part: int, name: str | None
) -> None:
    # Exactly 94/97 of the total at 100 %: no rounding of ours is in the way.
    whole = {"total_tips": tips, "mev_commission_bps": 10_000, "method": "NODE"}
    (row,) = found(DataType.MEV, [whole | {"validator_tips": 1}], [whole | {"validator_tips": part}])
    assert row["known_as"] == name


@pytest.mark.parametrize("told", [{}, {"total_tips": 1_000}, {"mev_commission_bps": 800}, {"validator_tips": 80}])
def test_cross_check__too_little_told_for_a_formula__unexplained(told: dict[str, int]) -> None:
    stated = {"total_tips": 1_000, "mev_commission_bps": 800, "validator_tips": 80, "staker_tips": 890}
    (row,) = found(DataType.MEV, [stated], [told | {"staker_tips": 889}])
    assert (row["figure"], row["known_as"]) == ("staker_tips", None)


def test_cross_check__formula_at_another_provider__unexplained() -> None:
    (row,) = found(DataType.MEV, [TREE], [TIPS | {"validator_tips": 6_007_847_316}], "jito")
    assert row["known_as"] is None


VALIDATOR = {"row_kind": "VALIDATOR", "account_key": A}


def test_cross_check__trilliums_stakers__named_as_extrapolated() -> None:
    stated, other = VALIDATOR | {"commission": 5, "staker_rewards": 70}, VALIDATOR | {"staker_rewards": 71}
    (row,) = found(DataType.REWARDS, [stated], [other])
    assert (row["figure"], row["known_as"]) == ("staker_rewards", EXTRAPOLATED_DELEGATOR_REWARDS)
    wrong = VALIDATOR | {"commission": 6, "staker_rewards": 70}
    (row,) = found(DataType.REWARDS, [stated], [wrong])
    assert (row["figure"], row["known_as"]) == ("commission", None)


@pytest.mark.parametrize(
    ("other", "kind", "name"),
    [
        (120, "stakewiz", STAKE_OF_NEXT_EPOCH),
        (121, "stakewiz", None),
        (119, "trillium", None),
        (10**9, "trillium", STAKE_OF_NEXT_EPOCH),
        (10**9, "stakewiz", None),
        (3 * 10**9, "trillium", None),
    ],
)
def test_cross_check__stake_looked_up_after_the_end__named(other: int, kind: str, name: str | None) -> None:
    # Only Trillium rounds, to whole coins.
    after = 10**9 + 5 if other >= 10**9 else 120
    (row,) = found(DataType.META, [{"active_stake": 100}], [{"active_stake": other}], kind, {A: after})
    assert row["known_as"] == name


def test_cross_check__whole_coins_of_stake__named_as_rounded() -> None:
    stated = {"active_stake": 9_722_905_981_191_089}
    (row,) = found(DataType.META, [stated], [{"active_stake": 9_722_905_000_000_000}])
    assert row["known_as"] == ROUNDED_AT_SOURCE
    (row,) = found(DataType.META, [stated], [{"active_stake": 9_722_904_000_000_000}])
    assert row["known_as"] is None


def test_cross_check__votes_counted_at_5000_each__named_and_the_operators_entry_has_no_fetch() -> None:
    stated = {"entry_type": "VOTE_FEES", "amount": 2_155_010_001, "origin": "OPERATOR", "source_fetch": None}
    (row,) = found(DataType.COSTS, [stated], [{"entry_type": "VOTE_FEES", "amount": 2_155_000_000}])
    assert row["known_as"] == VOTE_COST_ESTIMATED
    assert (row["provider"], row["fetch_digest"], row["source_fetch"]) == (OPERATOR, None, None)


def account(name: str, stake: int) -> dict[str, Any]:
    return {"row_kind": "ACCOUNT", "account_key": name, "withdrawer_key": "w", "active_stake": stake}


def test_cross_check__account_lists__missing_and_additional_accounts_and_other_owners_are_rows() -> None:
    stated = [VALIDATOR | {"active_stake": 7}, account("x", 3), account("y", 4), account("idle", 0)]
    other = [VALIDATOR | {"active_stake": 7}, account("x", 3) | {"withdrawer_key": "thief"}, account("z", 4)]
    rows = {(row["subject"], row["figure"]): row for row in found(DataType.POSITIONS, stated, other, "solanabeach")}
    assert rows["x", "withdrawer_key"]["other_stated"] == "thief"
    assert (rows["y", "active_stake"]["stated"], rows["y", "active_stake"]["other_stated"]) == ("4", None)
    assert (rows["z", "active_stake"]["stated"], rows["z", "active_stake"]["other_stated"]) == (None, "4")
    assert not any(subject == "idle" for subject, _ in rows)

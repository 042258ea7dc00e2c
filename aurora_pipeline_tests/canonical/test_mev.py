"""Canonical MEV: the node is the truth, the formula its check and marked fallback, and 0 never means "not yet"."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurora_pipeline.asking.adapter import Question
from aurora_pipeline.canonical.mev import canonical_mev, formula_tips
from aurora_pipeline.canonical.tables import MEV
from aurora_pipeline.foundation.units import Amount, Bps
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.store.declaration import Completeness, FigureState
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline_tests.canonical.answers import (
    EPOCH,
    FINAL,
    PARTIAL,
    PENDING,
    UNAVAILABLE,
    VOTE,
    answer,
    fetch,
    own_file,
    reference,
    row_of,
    tip_nodes,
    tip_trees,
)
from aurora_pipeline_tests.gated import broken, schema_violations


def mev_from(*answers: Answer, state: FigureState = FINAL, reason: str | None = None) -> LayerResult:
    result = canonical_mev(reference("V"), [fetch("mev", answers, kind="jito", state=state, reason=reason)], Bps(309))
    assert schema_violations(MEV, result.frame) == []
    return result


PARTS = ("protocol_tips", "validator_tips", "staker_tips")


@pytest.mark.parametrize(
    ("total", "bps", "own", "parts"),
    [
        (1_000, 800, 80, (30, 80, 890)),
        (1_000, 10_000, 970, (30, 970, 0)),
        # Epoch 842, vote account CcaHc2L43ZWjwCHART3oZoJvHLAe9hzT2DJNUpBzoTN1.
        (88_565_530_355, 700, 6_199_587_124, (2_736_674_887, 6_199_587_124, 79_629_268_344)),
        (0, 500, 0, (0, 0, 0)),
    ],
)
def test_mev__worked_figures__split_as_the_tree_is(total: int, bps: int, own: int, parts: tuple[int, int, int]) -> None:
    result = mev_from(tip_trees(("V", total, bps), ("W", 5, 0)), tip_nodes("V", own, staker=min(5, total)))
    row = row_of(result)
    assert tuple(row[name] for name in PARTS) == parts
    assert (row["total_tips"], row["mev_commission_bps"], row["method"]) == (total, bps, "NODE")
    assert (row["state"], result.completeness, broken(result), result.warnings) == (
        "final",
        Completeness.FINAL,
        (),
        (),
    )


def test_mev__node_differs_from_the_formula__node_wins_and_both_are_named() -> None:
    result = mev_from(tip_trees(("V", 1_000, 800)), tip_nodes("V", 79))
    row = row_of(result)
    assert tuple(row[name] for name in PARTS) == (30, 79, 891)
    (warning,) = result.warnings
    assert "79" in warning
    assert "80" in warning


def test_mev__node_leaves_less_than_the_protocols_share__parts_still_add_up() -> None:
    row = row_of(mev_from(tip_trees(("V", 1_000, 10_000)), tip_nodes("V", 990)))
    assert tuple(row[name] for name in PARTS) == (10, 990, 0)


def test_mev__node_above_the_total__not_believed() -> None:
    row = row_of(mev_from(tip_trees(("V", 1_000, 800)), tip_nodes("V", 1_001)))
    assert (row["validator_tips"], row["total_tips"], row["state"]) == (None, None, "unavailable")


def test_mev__tree_without_its_own_node__formula_marked_as_such() -> None:
    result = mev_from(tip_trees(("V", 1_000, 800)), tip_nodes("V", None))
    row = row_of(result)
    assert tuple(row[name] for name in PARTS) == (30, 80, 890)
    assert row["method"] == "FORMULA"
    assert "does not list its own node" in row["reason"]
    assert len(result.warnings) == 1


def test_mev__listed_under_what_is_its_identity__is_another_validators_tree() -> None:
    whose = reference("V", identities={"V": "W"})
    answers = [tip_trees(("W", 5_000, 10_000)), tip_nodes("W", 4_850)]
    row = row_of(canonical_mev(whose, [fetch("mev", answers, kind="jito")], Bps(309)))
    assert (row["validator_tips"], row["reason"], row["state"]) == (0, "NOT_PARTICIPATING", "final")


def test_mev__nodes_not_readable__formula_marked_as_such() -> None:
    row = row_of(mev_from(tip_trees(("V", 1_000, 800))))
    assert (row["method"], row["validator_tips"]) == ("FORMULA", 80)


def test_mev__absent_from_a_complete_list__zero_not_participating() -> None:
    row = row_of(mev_from(tip_trees(("W", 5, 0))))
    assert (row["method"], row["reason"], row["state"]) == ("NOT_PARTICIPATING", "NOT_PARTICIPATING", "final")
    assert (row["total_tips"], *(row[name] for name in PARTS)) == (0, 0, 0, 0)


def test_mev__absent_from_the_list_though_its_own_tree_was_answered__no_zero() -> None:
    row = row_of(mev_from(tip_trees(("W", 5, 0)), tip_nodes("V", 80)))
    assert (row["total_tips"], row["validator_tips"], row["state"]) == (None, None, "unavailable")
    assert row["reason"] == "the list of tip trees does not name it, but its tree has 3 nodes"
    empty = answer(tip_question("V"), {"rewards": [], "total_count": 0})
    assert row_of(mev_from(tip_trees(("W", 5, 0)), empty))["reason"] == "NOT_PARTICIPATING"
    garbage = answer(tip_question("V"), b"{")
    assert row_of(mev_from(tip_trees(("W", 5, 0)), garbage))["state"] == "unavailable"


def tip_question(key: str) -> Question:
    """The question about a validator's tip tree."""
    query: dict[str, str | int] = {"validator_vote_account": key, "epoch": EPOCH}
    return Question(f"staker_rewards {key} {EPOCH}", "/staker_rewards", query=query)


def test_mev__nodes_claim_more_than_the_total__not_believed() -> None:
    row = row_of(mev_from(tip_trees(("V", 1_000, 800)), tip_nodes("V", 80, protocol=30, staker=891)))
    assert (row["total_tips"], row["state"]) == (None, "unavailable")
    assert row["reason"] == "its nodes claim 1001, more than the tree's total 1000"


@pytest.mark.parametrize(("total", "state"), [(10**16, "final"), (10**16 + 1, "unavailable"), (2**63, "unavailable")])
def test_mev__more_than_there_can_be__refused_by_name(total: int, state: str) -> None:
    row = row_of(mev_from(tip_trees(("V", total, 10_000)), tip_nodes("V", total, staker=0)))
    assert (row["state"], row["total_tips"]) == (state, total if state == "final" else None)
    if state != "final":
        assert f"{total} is more than 10000000 SOL, which no validator earns or pays" in row["reason"]


@pytest.mark.parametrize("state", [PENDING, UNAVAILABLE, PARTIAL])
def test_mev__absent_from_a_list_that_is_not_final__stays_null(state: FigureState) -> None:
    row = row_of(mev_from(tip_trees(("W", 5, 0)), state=state, reason="tree not published"))
    assert (row["total_tips"], row["validator_tips"], row["method"], row["state"]) == (None, None, None, state.value)
    assert "tree not published" in row["reason"]


def test_mev__pending_but_listed_with_zero__is_no_zero() -> None:
    row = row_of(mev_from(tip_trees(("V", 0, 800)), tip_nodes("V", 0), state=PENDING, reason="epoch still running"))
    assert (row["validator_tips"], row["state"]) == (None, "pending")


@pytest.mark.parametrize(
    "listing",
    [
        tip_trees(),
        tip_trees(("V", 1_000, 800), epoch=EPOCH + 1),
        answer(Question("validator_rewards", "/validator_rewards"), {"validators": []}, status=500),
        answer(Question("validator_rewards", "/validator_rewards"), {"rewards": [], "total_count": 3}),
        answer(Question("validator_rewards", "/validator_rewards"), b"{"),
    ],
    ids=["empty", "another epoch", "empty default body", "cut off", "garbage"],
)
def test_mev__listing_that_says_nothing__never_zero(listing: Answer) -> None:
    row = row_of(mev_from(listing))
    assert (row["total_tips"], row["validator_tips"], row["state"]) == (None, None, "unavailable")


@settings(max_examples=200, deadline=None)
@given(total=st.integers(0, 10**19), bps=st.integers(0, 10_000), protocol=st.integers(0, 10_000))
def test_formula__any_tree__is_that_of_the_tip_router(total: int, bps: int, protocol: int) -> None:
    router_protocol, validator = total * protocol // 10_000, total * bps // 10_000
    if validator + router_protocol > total:
        validator = total - router_protocol
    assert formula_tips(Amount(total), Bps(bps), Bps(protocol)) == validator


@pytest.mark.parametrize(
    ("columns", "line", "split", "state"),
    [
        ({"validator_tips": "lamports"}, "80", (None, 80, None, None), "final"),
        ({"validator_tips": "lamports", "total_tips": "lamports"}, "80,1000", (1_000, 80, None, None), "final"),
        ({"validator_tips": "lamports", "total_tips": "lamports"}, "80,80", (80, 80, None, None), "final"),
        ({"validator_tips": "lamports", "total_tips": "lamports"}, "81,80", (None, None, None, None), "unavailable"),
        (
            {"validator_tips": "lamports", "total_tips": "lamports", "mev_commission": "bps"},
            "80,1000,800",
            (1_000, 80, 30, 890),
            "final",
        ),
        ({"total_tips": "lamports", "mev_commission": "bps"}, "1000,800", (1_000, 80, 30, 890), "final"),
        ({"validator_tips": "lamports", "total_tips": "lamports"}, ",1000", (None, None, None, None), "unavailable"),
    ],
    ids=["own alone", "own of a total", "the whole of it", "more than the total", "all", "formula", "total alone"],
)
def test_mev__from_a_file__what_its_columns_tell(
    columns: dict[str, str], line: str, split: tuple[int | None, ...], state: str
) -> None:
    listing = own_file("mev", f"validator,{','.join(columns)}\n{VOTE},{line}\n", validator=None, **columns)
    result = canonical_mev(reference(VOTE), [fetch("mev", [listing], subject=VOTE, kind="file")], Bps(309))
    assert (schema_violations(MEV, result.frame), broken(result)) == ([], ())
    row = row_of(result, VOTE)
    assert tuple(row[name] for name in ("total_tips", "validator_tips", "protocol_tips", "staker_tips")) == split
    assert row["state"] == state

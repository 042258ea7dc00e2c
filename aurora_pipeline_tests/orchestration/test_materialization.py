"""What Dagster shows of an outcome: exact totals, a readable preview, no total of what is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from aurora_pipeline.canonical.judging.tables import CROSS_CHECKS
from aurora_pipeline.canonical.tables import FEES
from aurora_pipeline.commissions.tables import COMMISSION_RULE_RESULTS
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.loading import load_configuration
from aurora_pipeline.demo.solana.parameters import CHAIN_ID
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import Amount, EpochNumber
from aurora_pipeline.instance.workspace import find_workspace
from aurora_pipeline.orchestration.materialization import (
    _compared,
    _gate_result,
    _warnings_result,
    column_schema,
    materialization,
)
from aurora_pipeline.orchestration.previews import PREVIEWS, notes, preview
from aurora_pipeline.sources.kinds import KINDS
from aurora_pipeline.statements.tables import PARTNER_COMMISSION_STATEMENTS
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import Completeness
from aurora_pipeline.store.drafts import Draft, DraftOutcome, DraftStanding
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.gate.rule import noted
from aurora_pipeline.tables import LAYER_TABLES
from aurora_pipeline_tests.gated import write_check_publish


def demo_chain() -> Chain:
    place = find_workspace(demo=True, env={})
    variables = {"AURORA_DEMO_URL": "http://127.0.0.1:9"}
    return load_configuration(place.chains_path, place.providers_path, variables, KINDS).chain(CHAIN_ID)


def draft(fees: int | None) -> Draft:
    state = {"state": "final"} if fees is not None else {"state": "pending", "reason": "late | very\nlate"}
    row = {"chain_id": CHAIN_ID, "epoch": 850, "validator_key": "V1", "leader_slots": 4, "fees": fees, **state}
    return Draft(FEES, PeriodKey(CHAIN_ID, EpochNumber(850)), frame_of(FEES, [row]), (), Completeness.FINAL)


def text_of(shown: Mapping[str, Any] | None, name: str) -> str:
    """What a text among the metadata says."""
    assert shown is not None
    assert isinstance(shown[name].value, str)
    return str(shown[name].value)


def test_materialization__amount_beyond_a_float__is_exact_in_its_text(database: Database) -> None:
    (outcome,) = write_check_publish(database, [draft(10**29 + 1)])
    shown = materialization(outcome, draft(10**29 + 1), demo_chain(), {}).metadata
    assert shown is not None
    assert "| fees | 100000000000000000000.000000001 | 100000000000000000000000000001 |" in text_of(shown, "totals")
    assert shown["content_digest"] == outcome.content_digest


def test_materialization__column_of_which_nothing_is_known__has_no_total(database: Database) -> None:
    (outcome,) = write_check_publish(database, [draft(None)])
    shown = materialization(outcome, draft(None), demo_chain(), {}).metadata
    assert shown is not None
    assert "totals" not in shown
    assert not [name for name in shown if name.startswith("total_")]


def test_materialization__amounts_that_rows_repeat__have_no_total(database: Database) -> None:
    row = {
        **dict.fromkeys(COMMISSION_RULE_RESULTS.amounts, 7),
        **{"chain_id": CHAIN_ID, "epoch": 850, "partner_id": "p", "agreement_id": "a", "agreement_version": 1},
        **{"rule_key": "r", "validator_count": 1, "missing_count": 0, "metric": "PERIOD", "state": "final"},
    }
    frame = frame_of(COMMISSION_RULE_RESULTS, [row])
    one = Draft(COMMISSION_RULE_RESULTS, PeriodKey(CHAIN_ID, EpochNumber(850)), frame, (), Completeness.FINAL)
    (outcome,) = write_check_publish(database, [one])
    shown = materialization(outcome, one, demo_chain(), {}).metadata
    assert shown is not None
    totals = {name.removeprefix("total_").removesuffix("_sol") for name in shown if name.startswith("total_")}
    assert totals == {"computed", "cap_reduction", "floor_top_up", "override", "final"}
    assert "metric_end" not in text_of(shown, "totals")


def test_preview__text_that_would_break_a_table__is_escaped() -> None:
    frame = draft(None).frame
    assert preview(FEES, frame, demo_chain(), {"V1": "A|B"}).splitlines()[2].startswith("| A\\|B |")
    assert notes(FEES, frame, {"V1": "A|B"}) == "* A\\|B: late \\| very late"
    assert "fees" not in preview(FEES, frame, demo_chain(), {}).splitlines()[0]


def test_notes__reason_that_many_have__whole_and_once_with_their_names() -> None:
    start = {"chain_id": CHAIN_ID, "epoch": 850, "leader_slots": 1}
    reason = "asked in vain " * 40
    late = {"state": "pending", "reason": reason}
    rows = [{**start, **late, "validator_key": f"V{number}"} for number in range(7)]
    rows.append({**start, "validator_key": "V9", "fees": 3, "state": "final"})
    shown = notes(FEES, frame_of(FEES, rows), {"V0": "Aurora Vega"})
    assert shown == f"* Aurora Vega, V1, V2, V3, V4 and 2 more: {reason}"
    assert notes(FEES, draft(3).frame, {}) == ""


def statement_draft() -> Draft:
    row: dict[str, Any] = {"chain_id": CHAIN_ID, "epoch": 850, "partner_id": "p", "partner_name": "Halcyon | Co"}
    row |= {"statement_id": str(UUID(int=1)), "started_at": datetime(2026, 8, 1, tzinfo=UTC), "line_count": 2}
    row |= {"ended_at": datetime(2026, 8, 3, tzinfo=UTC), "held_count": 1, "missing_count": 0, "blocked_count": 0}
    row |= {"lines_total": 5, "known_total": 5, "held_total": 2, "lines_digest": "a" * 64, "state": "final"}
    table = PARTNER_COMMISSION_STATEMENTS
    frame = frame_of(table, [{**row, "reason": "2 of a line are held"}])
    return Draft(table, PeriodKey(CHAIN_ID, EpochNumber(850)), frame, (), Completeness.FINAL)


@pytest.mark.parametrize(("is_demo", "command"), [(True, "aurora --demo trace"), (False, "aurora trace")])
def test_materialization__of_statements__leads_to_the_lines_of_the_period_and_to_the_proof(
    is_demo: bool, command: str
) -> None:
    draft = statement_draft()
    outcome = replace(outcome_with(), table=draft.table, totals={"lines_total": Amount(5)})
    shown = materialization(outcome, draft, demo_chain(), {"p": "Halcyon"}, is_demo).metadata
    assert text_of(shown, "proof") == f"* Halcyon | Co: `{command} 00000000`"
    link = "(/assets/partner_commission_lines?view=partitions&partition=solana-demo%3A0000850)"
    assert text_of(shown, "lines") == f"[partner_commission_lines of solana-demo:0000850]{link}"
    assert text_of(shown, "notes") == "* Halcyon: 2 of a line are held"
    assert "reason" not in text_of(shown, "preview").splitlines()[0]


def test_metadata__of_an_outcome__plots_amounts_and_row_counts_alone() -> None:
    draft = statement_draft()
    outcome = replace(outcome_with("one"), table=draft.table, totals={"lines_total": Amount(5)})
    shown = materialization(outcome, draft, demo_chain(), {}).metadata or {}
    plotted = {name for name, one in shown.items() if isinstance(getattr(one, "value", one), int | float)}
    assert plotted == {"dagster/partition_row_count", "lines_total_sol"}
    for result in (_gate_result(outcome, passed=True), _warnings_result(outcome, frozenset({_compared("one")}))):
        assert not [name for name, one in result.metadata.items() if isinstance(one.value, int | float)]


def test_column_schema__of_a_layer__tells_bounds_and_what_the_digest_leaves_out() -> None:
    columns = {column.name: column for column in column_schema(FEES).columns}
    assert "at least 0" in columns["fees"].constraints.other
    assert "not part of the digest" in columns["source_fetch"].constraints.other
    assert not columns["state"].constraints.nullable


def test_previews__of_every_layer__have_columns_it_has_and_few_of_them() -> None:
    assert set(PREVIEWS) == {table.name for table in LAYER_TABLES}
    for table in LAYER_TABLES:
        chosen = PREVIEWS[table.name]
        assert {*chosen.columns, chosen.largest} <= set(table.names)
        assert 5 <= len(chosen.columns) <= 8


def test_preview__rows__the_largest_first_with_names_for_keys() -> None:
    rows = [
        {"chain_id": CHAIN_ID, "epoch": 850, "validator_key": key, "leader_slots": 1, "fees": fees, "state": "final"}
        for key, fees in (("V1", 1), ("V2", 3), ("V3", None), ("V4", 2))
    ]
    shown = preview(FEES, frame_of(FEES, rows), demo_chain(), {"V2": "Aurora Vega"}).splitlines()
    assert shown[0].startswith("| validator | fees (SOL) |")
    assert [line.split("|")[1].strip() for line in shown[2:]] == ["Aurora Vega", "V4", "V1", "V3"]
    assert "0.000000003" in shown[2]


def test_warnings__that_the_period_before_had_too__are_noted_and_stay_green() -> None:
    before = frozenset(map(_compared, ["HELD: EXEC_FEES of V is 7, 9 is claimed"]))
    again, new = "HELD: EXEC_FEES of V is 12, 15 is claimed", "commission changed"
    known = _warnings_result(outcome_with(again), before)
    assert (known.passed, known.metadata["as in the period before"].value) == (True, "1")
    assert not _warnings_result(outcome_with(again, new), before).passed
    assert not _warnings_result(outcome_with(again), frozenset()).passed


OF_A = "HELD: statement of a: epoch "


@pytest.mark.parametrize(
    ("earlier", "now", "is_known"),
    [
        ("V1: FORMULA: computed from 5, because x", "V1: FORMULA: computed from 6, because x", True),
        ("V1: FORMULA: computed from 5, because x", "V2: FORMULA: computed from 5, because x", False),
        ("mev tips: 3 differ from t, known as ROUNDED", "mev tips: 4 differ from t, known as ROUNDED", True),
        ("fees fees: 1 differ from t, UNEXPLAINED", "fees fees: 961 differ from t, UNEXPLAINED", False),
        ("fees fees: 1 differ from t, UNEXPLAINED", "fees fees: 1 differ from t, UNEXPLAINED", True),
        ("V: its node in the tip tree is 5", "V: its node in the tip tree is 500", False),
        (f"{OF_A}1: held: r A, epoch 2: held: r A", f"{OF_A}3: held: r A", True),
        (f"{OF_A}1: held: r A, epoch 2: held: q B", f"{OF_A}3: held: q B, epoch 4: held: r A and 9 more", True),
        (f"{OF_A}1: held: r A", f"{OF_A}3: held: r B", False),
        (f"{OF_A}1: held: r A", "HELD: statement of b: epoch 3: held: r A", False),
        (f"{OF_A}1: held: r A", "statement of a: epoch 3: held: r A, epoch 4: 2 lines are missing", False),
        ("statement of a: epoch 1: 2 lines are missing", "statement of a: epoch 3: 2 lines are missing", False),
    ],
)
def test_warnings__what_grew_or_is_anothers__are_new(earlier: str, now: str, is_known: bool) -> None:
    assert _warnings_result(outcome_with(now), frozenset({_compared(earlier)})).passed == is_known


def test_preview__differences__far_below_zero_is_as_large_as_far_above() -> None:
    start = {"chain_id": CHAIN_ID, "epoch": 850, "data_type": "fees", "figure": "fees", "subject": ""}
    start |= {"provider": "n", "other_provider": "t", "stated": "9", "other_stated": "9"}
    rows = [{**start, "validator_key": f"V{n}", "difference": n} for n in range(1, 15)]
    rows.append({**start, "validator_key": "LOST", "difference": -100_000_000_000})
    assert "| LOST |" in preview(CROSS_CHECKS, frame_of(CROSS_CHECKS, rows), demo_chain(), {}).splitlines()[2]


def outcome_with(*warnings: str) -> DraftOutcome:
    return DraftOutcome(
        FEES,
        PeriodKey(CHAIN_ID, EpochNumber(850)),
        1,
        "a" * 64,
        "b" * 64,
        DraftStanding.PUBLISHED,
        Completeness.FINAL,
        1,
        {},
        (),
        tuple(map(noted, warnings)),
    )

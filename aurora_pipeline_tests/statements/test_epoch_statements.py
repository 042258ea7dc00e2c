"""EPOCH statements: sums over a partner's lines, what they leave out, and the digest a partner can check."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from aurora_pipeline.agreements.terms import Partner, Terms
from aurora_pipeline.commissions.compute import commission_lines
from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.periods.record import Period
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.statements.assemble import epoch_statements
from aurora_pipeline.statements.tables import PARTNER_COMMISSION_STATEMENTS
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import Completeness
from aurora_pipeline.store.digests import encode_value, leaves, salts
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.published import load_published, stored_rows
from aurora_pipeline_tests.commissions.conftest import (
    CHAIN,
    EPOCH,
    NO_STAKE,
    Amounts,
    per_period,
    pnl_frame,
    rule,
    terms,
)
from aurora_pipeline_tests.gated import broken, schema_violations, write_check_publish

FEES, TIPS = Component.EXEC_FEES, Component.MEV_TIPS
PERIOD = Period(PeriodKey(CHAIN, EPOCH), 0, 9, 0, 9, datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 9, 3, tzinfo=UTC))


def _salted_lines(validators: dict[str, Amounts], agreed: Terms) -> pl.DataFrame:
    frame = commission_lines(CHAIN, EPOCH, pnl_frame(validators), *NO_STAKE, agreed).lines.frame
    return frame.with_columns(pl.Series("salt", salts(PARTNER_COMMISSION_LINES, frame, b"secret"), pl.String))


def _rows(result: LayerResult) -> dict[str, dict[str, Any]]:
    assert schema_violations(PARTNER_COMMISSION_STATEMENTS, result.frame) == []
    assert broken(result) == ()
    return {row["partner_id"]: row for row in result.frame.to_dicts()}


def test_epoch_statements__final_lines__their_exact_sum() -> None:
    agreed = terms({"a": [rule("tips", TIPS, 500), rule("fees", FEES, 1000)]})
    lines = _salted_lines({"V1": {TIPS: 10**30, FEES: 19}, "V2": {TIPS: 10**30 - 1}}, agreed)
    result = epoch_statements(PERIOD, lines, agreed)
    row = _rows(result)["p-a"]
    expected = 10**30 // 20 + (10**30 - 1) // 20 + 1
    assert (int(row["lines_total"]), int(row["known_total"]), int(row["held_total"])) == (expected, expected, 0)
    assert (row["line_count"], row["held_count"], row["missing_count"]) == (4, 0, 0)
    assert (row["state"], row["reason"], result.completeness) == ("final", None, Completeness.FINAL)
    assert (row["partner_name"], row["ended_at"]) == ("Partner a", PERIOD.ended_at)


def test_epoch_statements__cuts_and_top_ups__counted_as_lines_of_their_own() -> None:
    agreed = terms(
        {"a": [rule("tips", TIPS, 1000, cap=per_period(10)), rule("fees", FEES, 1000, floor=per_period(50))]}
    )
    lines = _salted_lines({"V1": {TIPS: 70, FEES: 90}, "V2": {TIPS: 80, FEES: 100}}, agreed)
    row = _rows(epoch_statements(PERIOD, lines, agreed))["p-a"]
    assert (row["line_count"], int(row["lines_total"])) == (2 + 2 + 2 + 1, 10 + 50)


def test_epoch_statements__held_line_with_a_cut__both_are_held_and_named() -> None:
    agreed = terms({"a": [rule("tips", TIPS, 10_000, cap=per_period(60))], "b": [rule("tips", TIPS, 5000)]})
    lines = _salted_lines({"V1": {TIPS: 100}}, agreed)
    row = _rows(epoch_statements(PERIOD, lines, agreed))["p-a"]
    assert (row["held_count"], int(row["held_total"]), int(row["lines_total"])) == (2, 60, 0)
    assert row["reason"] == "held: a/tips CAP_REDUCTION of V1, a/tips MEV_TIPS of V1"


def test_epoch_statements__top_up_missing__named_without_a_validator() -> None:
    agreed = terms({"a": [rule("tips", TIPS, 1000, floor=per_period(60))]})
    lines = _salted_lines({"V1": {TIPS: None}, "V2": {TIPS: 100}}, agreed)
    row = _rows(epoch_statements(PERIOD, lines, agreed))["p-a"]
    assert (row["missing_count"], row["lines_total"], int(row["known_total"])) == (2, None, 10)
    assert row["reason"] == "not final: a/tips FLOOR_TOP_UP, a/tips MEV_TIPS of V1"


def test_epoch_statements__line_missing__no_total_beside_the_known_one() -> None:
    agreed = terms({"a": [rule("tips", TIPS, 1000)], "b": [rule("fees", FEES, 1000)]})
    lines = _salted_lines({"V1": {TIPS: None, FEES: 50}, "V2": {TIPS: 70}}, agreed)
    result = epoch_statements(PERIOD, lines, agreed)
    row = _rows(result)["p-a"]
    assert (row["lines_total"], row["known_total"], row["missing_count"]) == (None, 7, 1)
    assert (row["state"], row["reason"]) == ("partial", "not final: a/tips MEV_TIPS of V1")
    assert (_rows(result)["p-b"]["lines_total"], _rows(result)["p-b"]["state"]) == (5, "final")
    assert result.completeness is Completeness.PARTIAL


def test_epoch_statements__held_line__counts_nothing_and_is_named() -> None:
    agreed = terms({"a": [rule("r", TIPS, 9000)], "b": [rule("r", TIPS, 2000), rule("fees", FEES, 1000)]})
    lines = _salted_lines({"V1": {TIPS: 100, FEES: 100}}, agreed)
    result = epoch_statements(PERIOD, lines, agreed)
    row = _rows(result)["p-b"]
    assert (row["lines_total"], row["held_total"], row["held_count"], row["line_count"]) == (10, 20, 1, 2)
    assert row["reason"] == "held: b/r MEV_TIPS of V1"
    assert len(result.warnings) == 2


def test_epoch_statements__partner_without_lines__gets_a_statement_of_nothing() -> None:
    agreed = terms({"a": [rule("tips", TIPS, 1000, "nobody")]})
    row = _rows(epoch_statements(PERIOD, _salted_lines({"V1": {TIPS: 5}}, agreed), agreed))["p-a"]
    assert (row["line_count"], row["lines_total"], row["known_total"], row["state"]) == (0, 0, 0, "final")
    assert row["lines_digest"] == hashlib.sha256(b"").hexdigest()


def test_epoch_statements__two_agreements_of_one_partner__one_statement() -> None:
    agreed = terms({"a": [rule("tips", TIPS, 1000)], "b": [rule("fees", FEES, 1000)]})
    same = tuple(replace(agreement, partner_id="p") for agreement in agreed.agreements)
    agreed = replace(agreed, agreements=same, partners=(Partner("p", "P"),))
    rows = _rows(epoch_statements(PERIOD, _salted_lines({"V1": {TIPS: 50, FEES: 70}}, agreed), agreed))
    assert {key: (row["line_count"], row["lines_total"]) for key, row in rows.items()} == {"p": (2, 12)}


def test_epoch_statements__lines_of_a_partner_without_agreement__violation() -> None:
    agreed = terms({"a": [rule("tips", TIPS, 1000)]})
    lines = _salted_lines({"V1": {TIPS: 50}}, agreed)
    result = epoch_statements(PERIOD, lines, terms({}))
    assert "lines of partner p-a, who has no agreement in force" in broken(result)[0]


def test_epoch_statements__lines_digest__can_be_recomputed_by_the_partner_from_its_own_lines() -> None:
    agreed = terms({"a": [rule("tips", TIPS, 1000)], "b": [rule("fees", FEES, 1000)]})
    lines = _salted_lines({"V2": {TIPS: 50}, "V1": {TIPS: 40}}, agreed)
    own = lines.filter(pl.col("partner_id") == "p-a").sort("validator_key")
    hashed = [hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves(PARTNER_COMMISSION_LINES, own)]
    root = hashlib.sha256(b"\x01" + hashed[0] + hashed[1]).hexdigest()
    shuffled = lines.reverse()
    assert _rows(epoch_statements(PERIOD, shuffled, agreed))["p-a"]["lines_digest"] == root
    assert leaves(PARTNER_COMMISSION_LINES, own)[0].startswith(encode_value(own["salt"][0]))


@pytest.mark.parametrize("column", ["final", "salt", "reason"])
def test_epoch_statements__anything_in_a_line_changes__other_digest(column: str) -> None:
    agreed = terms({"a": [rule("tips", TIPS, 1000)]})
    lines = _salted_lines({"V1": {TIPS: 50}}, agreed)
    other = {"final": pl.lit("6").cast(pl.Decimal(38, 0)), "salt": pl.lit("0" * 64), "reason": pl.lit("x")}[column]
    digests = [
        _rows(epoch_statements(PERIOD, frame, agreed))["p-a"]["lines_digest"]
        for frame in (lines, lines.with_columns(other.alias(column)))
    ]
    assert digests[0] != digests[1]


def test_epoch_statements__from_published_lines__published_with_the_salts_in_force(database: Database) -> None:
    agreed = terms({"a": [rule("tips", TIPS, 500)]})
    layer = commission_lines(CHAIN, EPOCH, pnl_frame({"V1": {TIPS: 800_000_000}}), *NO_STAKE, agreed).lines
    write_check_publish(
        database,
        [Draft(PARTNER_COMMISSION_LINES, PeriodKey(CHAIN, EPOCH), layer.frame, (), layer.completeness)],
    )
    with database.connect() as connection:
        published = load_published(connection, PARTNER_COMMISSION_LINES, PeriodKey(CHAIN, EPOCH))
        lines = stored_rows(connection, PARTNER_COMMISSION_LINES, published.snapshot_id)
    result = epoch_statements(PERIOD, lines, agreed)
    draft = Draft(
        PARTNER_COMMISSION_STATEMENTS,
        PeriodKey(CHAIN, EPOCH),
        result.frame,
        (published.as_input,),
        result.completeness,
    )
    (outcome,) = write_check_publish(database, [draft])
    assert outcome.totals["lines_total"] == 40_000_000
    # One partner has all lines, so its digest is that of the whole lines snapshot.
    assert result.frame["lines_digest"].to_list() == [published.content_digest]


@pytest.mark.parametrize("change", [{"line_count": 2}, {"known_total": 6}, {"held_total": 1}])
def test_gate__statements_that_do_not_hold_every_line_once__found(change: dict[str, int]) -> None:
    agreed = terms({"a": [rule("tips", TIPS, 1000)]})
    result = epoch_statements(PERIOD, _salted_lines({"V1": {TIPS: 50}}, agreed), agreed)
    assert broken(result) == ()
    types = result.frame.schema
    changed = result.frame.with_columns(pl.lit(value).cast(types[name]).alias(name) for name, value in change.items())
    assert len(broken(replace(result, frame=changed))) == 1

"""What an adjustment names as its cause: what the line shows by itself, else what differs below its period."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES
from aurora_pipeline.statements.adjustments import (
    EARLIER,
    LINE_COLUMNS,
    Origins,
    adjustments,
    causes_of,
    without_amount,
)
from aurora_pipeline.store.frames import FRAME_TYPES
from aurora_pipeline_tests.statements.books import line_of

LINE: dict[str, Any] = {"epoch": 850, "line_id": line_of("acme", "v1", 850), "partner_id": "acme"}
LINE |= {"agreement_id": "acme-1", "agreement_version": 1, "rule_key": "r", "validator_key": "v1"}
LINE |= {"wallet_address": "", "kind": "LINE", "component": "MEV_TIPS", "rate_bps": 500, "revenue": 2_000}
LINE |= {"costs": None, "weight": 1, "weight_whole": 2, "override": None, "final": 50, "held": False}
SCHEMA = {name: FRAME_TYPES[PARTNER_COMMISSION_LINES.column(name).kind] for name in LINE_COLUMNS}
ALL = Origins(data=True, code=True, terms=True)


def cause(origins: Origins, was: dict[str, Any] | None = None, **now: Any) -> str:
    stated, is_now = (pl.DataFrame([row], schema=SCHEMA) for row in (LINE | (was or {}), LINE | {"final": 51} | now))
    found = adjustments(stated, is_now, pl.DataFrame(schema=EARLIER), causes_of({("acme", LINE["epoch"]): origins}))
    assert found.height == 1
    return str(found["cause"][0])


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ({"override": 51}, "OVERRIDE"),
        ({"agreement_version": 2, "revenue": 2_040}, "RULE"),
        ({"revenue": 2_040}, "DATA"),
        ({"weight_whole": 3}, "DATA"),
        ({"weight": 2}, "RULE"),
        ({}, "CODE"),
        ({"rate_bps": None}, "DATA"),
    ],
    ids=str,
)
def test_cause__where_data_code_and_terms_changed__is_what_the_line_shows(now: dict[str, Any], expected: str) -> None:
    assert cause(ALL, **now) == expected


def test_cause__of_a_flat_line_of_which_nothing_moved__is_the_code_where_that_changed() -> None:
    assert cause(Origins(code=True)) == "CODE"
    assert cause(Origins(data=True)) == "DATA"
    assert cause(Origins(terms=True)) == "RULE"


def test_cause__of_a_tiered_line__is_what_most_likely_moved_the_rule() -> None:
    tiered = {"rate_bps": None}
    assert cause(Origins(code=True), tiered, **tiered) == "CODE"
    assert cause(ALL, tiered, **tiered) == "DATA"


def test_cause__of_a_line_that_was_held__is_not_the_code() -> None:
    assert cause(Origins(code=True, terms=True, data=True), {"held": True}) == "DATA"


def test_without_amount__lines_that_lost_theirs__are_counted_by_partner() -> None:
    def lines(*rows: dict[str, Any]) -> pl.DataFrame:
        return pl.DataFrame([LINE | row for row in rows], schema=SCHEMA)

    ids = [line_of("acme", f"v{number}", 850) for number in range(5)]
    stated = lines(
        *({"line_id": one} for one in ids[:3]),
        {"line_id": ids[3], "final": None},
        {"line_id": ids[4], "partner_id": "brook"},
    )
    now = lines(
        {"line_id": ids[0], "final": None},
        {"line_id": ids[1], "held": True},
        {"line_id": ids[2]},
        {"line_id": ids[3], "final": None},
        {"line_id": ids[4], "partner_id": "brook", "final": None},
        {"line_id": line_of("acme", "new", 850), "final": None},
    )
    assert without_amount(stated, now) == {"acme": 2, "brook": 1}
    assert without_amount(stated, stated) == {}

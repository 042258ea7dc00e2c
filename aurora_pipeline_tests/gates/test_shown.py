"""What rules found, as tables: every violation of every draft, and no cell that breaks out of its row."""

from __future__ import annotations

from aurora_pipeline.store.gate.rule import violation
from aurora_pipeline.store.gate.shown import as_markdown, as_text

_ODD = violation("tips_add_up", "V1: 1 | 2\n<b>", {"validator_key": "V1"}, whole=10**30)


def test_as_text__violations_of_two_tables__are_columns() -> None:
    other = violation("rows_due", "no row", {})
    lines = as_text([("canonical_validator_mev", _ODD), ("validator_pnl", other)]).splitlines()
    assert lines[0].split() == ["table", "rule", "where", "what", "is", "wrong"]
    assert lines[-1].split() == ["validator_pnl", "rows_due", "no", "row"]
    assert lines[0].index("rule") == lines[1].index("tips_add_up") == lines[-1].index("rows_due")


def test_as_text__more_than_a_screen__says_how_many() -> None:
    told = as_text([("t", _ODD)] * 23, at_most=20)
    assert told.endswith("and 3 more")


def test_as_markdown__a_cell_with_bars_lines_and_tags__stays_one_cell() -> None:
    head, _, row = as_markdown([_ODD]).splitlines()
    assert head == "| rule | where | what | figures |"
    assert row == f"| tips_add_up | validator_key V1 | V1: 1 \\| 2 &lt;b> | whole {10**30} |"


def test_as_markdown__nothing_found__says_none() -> None:
    assert as_markdown([]) == "none"

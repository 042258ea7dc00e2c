"""docs/gates.md says what the rules declare."""

from __future__ import annotations

from pathlib import Path

from aurora_pipeline.layers import GATE
from aurora_pipeline.store.gate.checking import EVERY_TABLE
from aurora_pipeline.store.gate.page import page

DOCUMENT = Path(__file__).parents[2] / "docs" / "gates.md"


def test_gates_document__rules_as_they_are_declared__is_up_to_date() -> None:
    assert DOCUMENT.read_text("utf-8") == page(GATE), "run: python -m aurora_pipeline.layers > docs/gates.md"


def test_page__every_rule__is_there_once_with_every_table() -> None:
    text = page(GATE)
    for table, rules in GATE.rules.items():
        for rule in rules:
            (section,) = [part for part in text.split("\n## ") if part.startswith(f"{rule.name}\n")]
            assert f"`{table}`" in section
    assert all(f"\n## {rule.name}\n" in text for rule in EVERY_TABLE)

"""How the lines of a statement came about, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from aurora_pipeline.cli.terminal import print_table
from aurora_pipeline.statements.documents import Row
from aurora_pipeline.statements.formulas import formulas


def print_formulas(lines: Sequence[Row]) -> None:
    """Each rule's terms with its formula."""
    shown = formulas(lines)
    if shown:
        print_table("Formulas, in base units", ["rule", "of", "terms", "formula"], shown, prose=["terms", "formula"])

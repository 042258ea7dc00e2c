"""Units in signatures: what is named like an amount, a rate or an epoch is not annotated as a plain int."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import aurora_pipeline
from aurora_pipeline.store.declaration import ColumnKind
from aurora_pipeline.tables import ALL_TABLES

PACKAGE: Final = Path(aurora_pipeline.__file__).parent
FACES: Final = ("cli", "demo", "work/reads")
"""What is printed, read from a terminal, or simulated: plain numbers that no figure is computed from."""
AMOUNTS: Final = {column.name for table in ALL_TABLES for column in table.columns if column.kind is ColumnKind.AMOUNT}
MEANT: Final = {
    "pnl/gates/income.py now": "a figure of any component, compared with those before and never paid",
    "proof/bundle/verify.py base": "verify.py stands alone: it shares no code with Aurora, nor its units",
    "proof/bundle/verify.py total": "as above",
    "statements/gates/grounds.py lines": "how many lines a partner has",
    "sources/differences.py stated": "a figure that two providers tell, an amount or a count",
    "sources/solanabeach/answers.py total": "how many rows a list says it has",
}


def test_annotations__of_amounts_rates_and_epochs__say_the_unit() -> None:
    found = {
        f"{place} {name}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if not (place := path.relative_to(PACKAGE).as_posix()).startswith(FACES)
        for name, annotation in _annotated(ast.parse(path.read_text()))
        if (name in AMOUNTS or name.endswith("_bps") or name == "epoch") and "int" in _plain_names(annotation)
    }
    assert found == MEANT.keys()


def _annotated(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation is not None:
            yield node.arg, node.annotation
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, node.annotation


def _plain_names(annotation: ast.expr) -> set[str]:
    """The types an annotation allows for the value itself: `int | None` allows int, `Mapping[str, int]` does not."""
    match annotation:
        case ast.BinOp(left=left, right=right):
            return _plain_names(left) | _plain_names(right)
        case ast.Name(id=name):
            return {name}
    return set()

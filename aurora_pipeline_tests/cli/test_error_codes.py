"""Codes of errors: every error that is raised has one of its own, and docs/errors.md tells them all."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import aurora_pipeline
from aurora_pipeline.cli.error_codes import FILE, errors, page
from aurora_pipeline.foundation.errors import KINDS

PACKAGE = Path(aurora_pipeline.__file__).parent


def test_page__of_every_code__is_written_down() -> None:
    assert FILE.read_text("utf-8") == page(), "run: python -m aurora_pipeline.cli.error_codes"


def test_codes__of_all_errors__each_its_own_in_one_grammar() -> None:
    counted = Counter(error.code for error in errors())
    assert {code for code, count in counted.items() if count > 1} == set()
    assert [code for code in counted if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", code)] == []


def test_errors__every_class__says_its_own_code_meaning_and_what_to_do() -> None:
    for error in errors():
        assert {"code", "what_to_do"} <= vars(error).keys(), error
        for text in (error.__doc__ or "", error.what_to_do):
            assert re.fullmatch(r"[A-Z`][^|\n]+\.", text), error


def test_kinds__each__its_name_and_exit_code_on_the_page() -> None:
    for kind in KINDS:
        assert f"| `{kind.kind}` | {kind.exit_code} |" in page()
        assert not hasattr(kind, "code")


def calls() -> Iterator[tuple[str, str]]:
    """Where a class of a name is made or raised."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=made) | ast.Raise(exc=ast.Name() | ast.Attribute() as made):
                    yield f"{path.relative_to(PACKAGE)}:{node.lineno}", ast.unparse(made).rpartition(".")[2]


def names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id


def test_package__raises_no_error_without_a_code() -> None:
    bare = {kind.__name__ for kind in KINDS}
    assert [(where, name) for where, name in calls() if name in bare] == []


def test_package__chooses_no_kind_to_raise_it_later() -> None:
    """A kind is written in annotations, in `except`, `isinstance` and as a base: never as a value to be called."""
    bare = {kind.__name__ for kind in KINDS}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Assign | ast.IfExp | ast.Return):
                values = [node.value] if not isinstance(node, ast.IfExp) else [node.body, node.orelse]
                for value in values:
                    assert not (isinstance(value, ast.Name) and value.id in bare), f"{path}:{node.lineno}"


def test_codes__every_one__is_used() -> None:
    used = Counter(name for path in PACKAGE.rglob("*.py") for name in names(path))
    assert [error.__name__ for error in errors() if not used[error.__name__]] == []

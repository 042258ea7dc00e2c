"""Names: two public classes, or a class and an alias, that share a name mean the same, and this file says why."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import aurora_pipeline

PACKAGE: Final = Path(aurora_pipeline.__file__).parent
READS: Final = "work/reads/"
"""What `--json` prints of a thing has the thing's own name: docs/schemas/ shows it to others."""
MAY_SHARE: Final = {
    "Row": "a row of a table by its column names; where it is only read, a Mapping",
    "Value": "what a column holds, as it is digested and as it is compared",
    "Validator": "of a simulated chain, and as --json prints a registered one",
    "Wallet": "of a simulated chain, and as --json prints a registered one",
}


def test_classes__of_the_package__no_two_share_a_name() -> None:
    places: dict[str, set[str]] = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        place = path.relative_to(PACKAGE).as_posix()
        for name in _public_names(ast.parse(path.read_text())):
            places[name].add(place)
    shared = {
        name: sorted(where)
        for name, where in places.items()
        if len([place for place in where if not place.startswith(READS)]) > 1
    }
    assert {name: where for name, where in shared.items() if name not in MAY_SHARE} == {}
    assert MAY_SHARE.keys() <= {name for name, where in places.items() if len(where) > 1}


def _public_names(tree: ast.Module) -> Iterator[str]:
    for statement in tree.body:
        match statement:
            case ast.ClassDef(name=name) if not name.startswith("_"):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_type_name(name) and _is_alias(value):
                yield name


def _is_type_name(name: str) -> bool:
    return name[0].isupper() and not name.isupper()


def _is_alias(value: ast.expr) -> bool:
    """Whether it is a type of its own: no type variable, and no option of a command with its help."""
    return not isinstance(value, ast.Call) and not ast.unparse(value).startswith("Annotated")

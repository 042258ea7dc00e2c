"""Every attack in docs/attacks.md names the tests that hold it, and each of them exists."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "attacks.md").read_text("utf-8")
TABLE, _, TESTS = PAGE.partition("\n## The tests\n")
ATTACKS = re.findall(r"^\| .+ \| .+ \| \[([A-Z]\d+)\]\(#[a-z]\d+\) \|$", TABLE, re.MULTILINE)
HELD = dict(re.findall(r'^\* <a id="[a-z]\d+"></a>([A-Z]\d+): (.+)$', TESTS, re.MULTILINE))


def named(line: str) -> list[tuple[str, str]]:
    """The tests that a line names, each with the file that is named before it."""
    found, file = [], ""
    for word in re.findall(r"`([^`]+)`", line):
        if word.endswith(".py"):
            file = word
        else:
            found.append((file, word))
    return found


def test_attacks__of_the_table__are_those_of_the_list_in_order() -> None:
    rows = [line for line in TABLE.splitlines() if line.startswith("| ")]
    headings = [line for line in rows if line == "| what was tried | what happens now | tests |"]
    assert len(ATTACKS) == len(rows) - len(headings) > 70
    assert list(HELD) == ATTACKS
    assert sorted(set(ATTACKS), key=lambda attack: (attack[0], int(attack[1:]))) == ATTACKS


@pytest.mark.parametrize("attack", HELD)
def test_attack__each__is_held_by_tests_that_exist(attack: str) -> None:
    tests = named(HELD[attack])
    assert tests
    for file, name in tests:
        module = import_module(f"aurora_pipeline_tests.{file.removesuffix('.py').replace('/', '.')}")
        assert name.startswith("test_"), f"{attack}: {file} {name}"
        assert callable(vars(module).get(name)), f"{attack}: {file} has no {name}"

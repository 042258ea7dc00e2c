"""Mutants: each differs from its source in one place, and money code under one is noticed."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest

from aurora_pipeline_tests.mutation.__main__ import ROOMS, ROOT, Fate, candidates, fate
from aurora_pipeline_tests.mutation.mutants import mutants, mutated

SOURCE = '''"""What it is about: 7."""

def owed(lines: list[int], cap: int | None = None) -> int:
    """At most 7."""
    if cap is not None and not cap >= 0:
        raise ValueError(f"{cap + 1} is below {0 + 1}")
    known = [line for line in lines if line > 1]
    log(known)
    paid = sum(known) - len(list(zip(known, known, strict=True)))
    return paid if cap is None else min(paid, cap)
'''


def test_mutants__of_a_function__one_change_each_and_none_in_words() -> None:
    assert [(mutant.line, mutant.words) for mutant in mutants(SOURCE)] == [
        (5, "if is turned round"),
        (5, "and becomes or"),
        (5, "IsNot becomes Is"),
        (5, "not is left out"),
        (5, "GtE becomes Gt"),
        (5, "0 becomes 1"),
        (7, "a condition is left out"),
        (7, "Gt becomes GtE"),
        (7, "1 becomes 2"),
        (8, "the call is left out"),
        (9, "Sub becomes Add"),
        (10, "if is turned round"),
        (10, "Is becomes IsNot"),
        (10, "min becomes max"),
    ]


def test_mutated__each_number__another_program_that_compiles() -> None:
    made = [ast.dump(mutated(SOURCE, mutant.number)) for mutant in mutants(SOURCE)]
    assert len({ast.dump(ast.parse(SOURCE)), *made}) == len(made) + 1
    for mutant in mutants(SOURCE):
        compile(mutated(SOURCE, mutant.number), "source", "exec")
    with pytest.raises(IndexError):
        mutated(SOURCE, len(made))


def test_rooms__each_with_mutants_and_tests_that_exist() -> None:
    for room, tests in ROOMS.items():
        assert len(candidates([room])) > 50
        assert all((ROOT / test).exists() for test in tests)


@pytest.mark.slow
def test_fate__a_share_rounded_otherwise__noticed_but_not_by_tests_of_something_else() -> None:
    rounded = [one for one in candidates(["foundation/money.py"]) if one.mutant.words == "FloorDiv becomes Mult"]
    assert [fate(one) for one in rounded] == [Fate.NOTICED, Fate.NOTICED]
    assert fate(replace(rounded[0], tests=("aurora_pipeline_tests/test_rooms.py",))) is Fate.SURVIVED

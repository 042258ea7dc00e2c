"""Strange words in any place of any command: a sentence and an exit code, never the program's inside."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from aurora_pipeline.cli.app import build_app
from aurora_pipeline.demo.solana.parameters import CHAIN_ID
from aurora_pipeline_tests.cli.conftest import Run
from aurora_pipeline_tests.cli.test_agreements_commands import TERMS
from aurora_pipeline_tests.cli.test_help import ALL

STAYING = {
    ("up",),
    ("demo",),
    ("sql",),
    ("metrics",),
    ("init",),
    ("simulate",),
    ("service", "run"),
    ("service", "install"),
}
"""They serve until they are ended, or write whole folders."""
WORDS = (
    *("", "x", "-1", "0", "850", "850..", "99999999999999999999", "1e999999999", "nan", "2026-13-45", "9999-12-31"),
    *("0001-01-01", "2026-08", CHAIN_ID, f"{CHAIN_ID}:0000850", "acme", "00000000-0000-0000-0000-000000000000"),
    *("\u202e", "\n", "\udcff", "x" * 3_000, "a'b\"; DROP", "%s{0}*", "../..", "/dev/null"),
)
TRIES = 300
TOLD_MAX = 9_000


def found(name: tuple[str, ...]) -> Any:
    command: Any = typer.main.get_command(build_app([name[0]]))
    for word in name:
        command = command.commands[word]
    return command


def typed(command: Any, chance: random.Random) -> Iterator[str]:
    """A strange word for each argument, and for some options."""
    word, arguments = chance.choice(WORDS), []
    for one in command.params:
        if one.param_type_name == "argument":
            arguments += [word] * max(1, one.nargs) if one.required or chance.random() < 0.7 else []
        elif not one.is_flag and (one.required or chance.random() < 0.35):
            yield from (one.opts[-1], chance.choice((word, chance.choice(WORDS))))
    yield from (["--", *arguments] if any(word.startswith("-") for word in arguments) else arguments)


@pytest.mark.slow
def test_any_command__strange_words__a_sentence_and_an_exit_code(run: Run, home: Path) -> None:
    (home / "terms.yaml").write_text(TERMS)
    assert run("agreements", "apply", "terms.yaml", "--reason", "signed").code == 0
    names = [name for name in ALL if name not in STAYING]
    for number in range(TRIES):
        chance = random.Random(f"words/{number}")
        name = names[number % len(names)]
        words = [*name, *typed(found(name), chance)]
        ended = run(*words)
        shown = f"{[word[:60] for word in words]}: {ended.code} {ended.err[-600:]}"
        assert ended.code in (0, 1, 2, 75), shown
        assert len(ended.err) < TOLD_MAX, shown
        assert not any(bad in ended.err for bad in ("Traceback", "a defect", "\u202e")), shown

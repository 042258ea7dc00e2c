"""The command line's face: help with examples under headings, versions, completion, typos; and none of it slow."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from aurora_pipeline.cli.app import COMMANDS, build_app
from aurora_pipeline.cli.examples import EXAMPLES
from aurora_pipeline_tests.cli.conftest import Run

HEAVY = {"dagster", "alembic", "polars", "pydantic", "psycopg", "sqlalchemy", "yaml", "httpx", "pandera"}

HEAVIEST = {"dagster", "alembic", "sqlalchemy", "pandera"}
"""What takes longer to import than all else that a command has to: imported where it is used."""


def commands() -> Iterator[tuple[str, ...]]:
    """Every command, as it is typed."""
    for name in COMMANDS:
        command: Any = getattr(typer.main.get_command(build_app([name])), "commands", {})[name]
        below = getattr(command, "commands", None)
        yield from [(name,)] if below is None else [(name, inner) for inner in below]


ALL = list(commands())


def said(*arguments: str) -> str:
    result = CliRunner().invoke(build_app(arguments), list(arguments))
    assert result.exit_code == 0, result.output
    return result.output


def test_examples__of_every_command_and_no_other() -> None:
    assert {" ".join(command) for command in ALL} == set(EXAMPLES)


@pytest.mark.parametrize("command", [*ALL, *((name,) for name in COMMANDS)], ids=" ".join)
def test_help__of_every_command__has_a_line_to_copy(command: tuple[str, ...]) -> None:
    lines = [line.strip() for line in said(*command, "--help").splitlines()]
    assert any(line.startswith(f"aurora {' '.join(command)}") for line in lines)


def test_help__whole__every_command_under_a_heading_with_what_it_is_for() -> None:
    told = said("--help")
    for name, command in COMMANDS.items():
        assert f"─ {command.panel} ─" in told
        assert f"│ {name} " in told
        assert command.help.split()[-1] in told


@pytest.mark.parametrize("arguments", [(), ("overrides",), ("agreements",)])
def test_bare__the_whole_or_a_group__help_and_exit_2(run: Run, arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)
    assert ended.code == 2
    assert "Usage: aurora" in ended.out + ended.err


@pytest.mark.parametrize(
    ("typed", "meant"), [(("verfy",), "verify"), (("overrides", "lst"), "list"), (("recomptue",), "recompute")]
)
def test_typo__in_a_command__did_you_mean(run: Run, typed: tuple[str, ...], meant: str) -> None:
    ended = run(*typed)
    assert (ended.code, f"Did you mean '{meant}'?" in ended.err) == (2, True)


@pytest.mark.parametrize(
    "typed",
    [("stauts", "--json"), ("status", "--jsn", "--json"), ("status", "a", "b", "c", "--json"), ("override", "--json")],
)
def test_bad_arguments__with_json__the_error_is_a_document(run: Run, typed: tuple[str, ...]) -> None:
    ended = run(*typed)
    assert (ended.code, ended.out) == (2, "")
    assert (ended.failure["code"], ended.failure["exit_code"]) == ("command-not-understood", 2)


def test_error__of_a_command_with_json__is_a_document_on_standard_error(run: Run) -> None:
    ended = run("status", "nope", "--json")
    assert (ended.code, ended.out) == (2, "")
    assert (ended.failure["code"], ended.failure["kind"]) == ("chain-unknown", "not_found")
    assert "there is no chain 'nope'" in ended.failure["message"]


def aurora(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "aurora_pipeline", *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version__ask__import_nothing_heavy(option: str) -> None:
    ended = aurora(option)
    imported = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in ended.stderr.splitlines()}
    assert not imported & HEAVY
    assert "aurora" in ended.stdout


def loaded_with(modules: Sequence[str], looked_for: set[str]) -> list[str]:
    """The modules in a process of their own, one after the other, each with what of this is loaded by then."""
    code = f"""
import sys
from importlib import import_module
for name in {list(modules)}:
    import_module(f"aurora_pipeline.{{name}}")
    print(name, *sorted({looked_for} & set(sys.modules)))
"""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_help__of_any_command__waits_for_neither_dagster_nor_alembic() -> None:
    modules = sorted({f"cli.{command.module.partition(':')[0]}" for command in COMMANDS.values()})
    assert loaded_with(modules, HEAVIEST) == modules


def test_reading__asks_nobody__loads_no_http_client() -> None:
    modules = ["sources.kinds", *(f"cli.{name}" for name in ("status", "statement_commands", "figures", "agreements"))]
    assert loaded_with(modules, {"httpx"}) == modules


def test_version__says_which() -> None:
    assert said("--version").startswith("aurora 0.")


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("aurora sta", ["status", "statements"]),
        ("aurora overrides ", ["list", "withdraw"]),
        ("aurora periods l", ["list"]),
    ],
)
def test_completion__in_bash__commands_and_what_is_below_them(words: str, completed: list[str]) -> None:
    place = len(words.split(" ")) - 1
    ended = aurora(_AURORA_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=str(place))
    assert ended.stdout.split() == completed


def test_completion__shown__for_a_shell() -> None:
    # Named, not looked for among the processes above this one: in a job of a build server there may be none.
    named = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    assert "complete -o default -F _aurora_completion aurora" in aurora("--show-completion", "bash", **named).stdout

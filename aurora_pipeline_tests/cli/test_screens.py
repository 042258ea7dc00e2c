"""What commands print on terminals of any width, and what status says while something is to be done."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from rich.cells import cell_len

from aurora_pipeline.cli import terminal
from aurora_pipeline.demo.settling import settle
from aurora_pipeline.demo.solana.parameters import CHAIN_ID, Parameters
from aurora_pipeline.foundation.money import format_coins
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import HOME_VARIABLE, Workspace
from aurora_pipeline_tests.cli.conftest import Command, Made
from aurora_pipeline_tests.cli.documents import data_of

WIDTHS = (60, 80, 100, 120, 160)
EPOCH = 850
TERMS = ".aurora/demo/files/agreements.yaml"
SIMULATE = ("agreements", "simulate", TERMS, "--chain", CHAIN_ID, "--from", str(EPOCH), "--to", str(EPOCH))
TABLES = [
    ("status",),
    ("status", CHAIN_ID, str(EPOCH)),
    ("overrides", "list"),
    SIMULATE,
    ("config", "check"),
    ("providers", "check"),
    ("validators", "list"),
    ("wallets", "list"),
    ("partners", "list"),
    ("agreements", "list"),
    ("users", "list"),
    ("audit", "--list", "--newest", "5"),
    ("periods", "list", CHAIN_ID),
    ("pnl", CHAIN_ID, str(EPOCH)),
    ("lines", CHAIN_ID, str(EPOCH)),
    ("allocation", CHAIN_ID, str(EPOCH)),
    ("statements", "epochs", CHAIN_ID),
]

SHOWN: dict[str, list[str]] = {
    # A table has the amounts that matter; --json and --csv have every column. `agreements show` has the terms', and
    # `partners show` the least that is paid.
    "agreements": [],
    "partners": [],
    "pnl": ["exec_fees", "mev_tips", "vote_rewards", "commission", "total_costs", "net"],
    "lines": ["final"],
}


@pytest.fixture(scope="module")
def open_demo(made: Made) -> Iterator[Made]:
    """The demo with its server running, so that no command waits for it, and with a line that is overridden."""
    with Aurora(Workspace(made.home, True, {})) as aurora, aurora.database.connect():
        if settle(aurora.database, Parameters(validators=4, stake_accounts=60), EPOCH) is not None:
            command = [sys.executable, "-m", "aurora_pipeline", "--demo", "recompute", CHAIN_ID, "--stale"]
            subprocess.run(command, env={**os.environ, HOME_VARIABLE: str(made.home)}, check=True, capture_output=True)
        yield made


def amounts(value: Any) -> Iterator[str]:
    if isinstance(value, dict) and value.keys() == {"amount", "unit"}:
        yield value["amount"]
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from amounts(one)


def fitted(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    for console in (terminal.out, terminal.err):
        monkeypatch.setattr(console, "_width", width)
        monkeypatch.setattr(console, "wraps", True)


@pytest.mark.parametrize("command", TABLES, ids=" ".join)
def test_tables__on_any_terminal__every_amount_whole_and_no_line_too_long(
    command: tuple[str, ...], open_demo: Made, aurora: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(open_demo.home)
    document = data_of(aurora(open_demo.home, "--demo", *command, "--json").out)
    if command[0] in SHOWN and command != SIMULATE:
        document = [[row[name] for name in SHOWN[command[0]]] for row in document]
    wanted = set(amounts(document))
    assert wanted or command not in (("overrides", "list"), SIMULATE)
    for width in WIDTHS:
        fitted(monkeypatch, width)
        ended = aurora(open_demo.home, "--demo", *command)
        assert ended.code == 0, ended.told
        assert [line for line in (ended.out + ended.err).splitlines() if cell_len(line) > width] == []
        said = set(re.findall(r"[0-9][0-9.]*", ended.out))
        for amount in wanted:
            assert {amount.lstrip("-"), format_coins(Amount(abs(int(amount))), 9)} & said, (width, amount)


@pytest.mark.parametrize("width", WIDTHS)
def test_statements_show__on_any_terminal__total_and_lines_whole_and_no_line_too_long(
    width: int, open_demo: Made, aurora: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("--demo", "statements", "show", "northwind", CHAIN_ID, str(EPOCH))
    document = data_of(aurora(open_demo.home, *command, "--json").out)
    wanted = set(amounts([document["statement"]["lines_total"], [line["final"] for line in document["lines"]]]))
    assert len(wanted) > 1
    fitted(monkeypatch, width)
    ended = aurora(open_demo.home, *command)
    assert ended.code == 0, ended.told
    assert [line for line in (ended.out + ended.err).splitlines() if cell_len(line) > width] == []
    said = set(re.findall(r"[0-9][0-9.]*", ended.out))
    assert [amount for amount in wanted if format_coins(Amount(abs(int(amount))), 9) not in said] == []


def test_demo__second_time_at_80_columns__every_figure_whole(open_demo: Made) -> None:
    """On a real terminal, as somebody sees it first."""
    ended = on_terminal(80, open_demo, "demo", "--epochs", "1", "--validators", "4", "--stake-accounts", "60")
    assert "nothing changed" in ended
    assert [line for line in ended.splitlines() if cell_len(line) > 80] == []
    figures = [word for word in re.findall(r"[0-9]+\.[0-9]+", ended.partition("One line, down")[0]) if len(word) > 8]
    assert len(figures) > 40
    # The decimals of both coins.
    assert {len(word.partition(".")[2]) for word in figures} == {9, 18}


def on_terminal(width: int, made: Made, *arguments: str) -> str:
    """What a command prints on a terminal, without colours."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, HOME_VARIABLE: str(made.home), "COLUMNS": str(width), "TERM": "dumb"}
    process = subprocess.Popen(
        [sys.executable, "-m", "aurora_pipeline", *arguments],
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    chunks = []
    # A terminal whose other end is gone is an error on Linux, and no end of file.
    with suppress(OSError):
        while chunk := os.read(ours, 65536):
            chunks.append(chunk)
    os.close(ours)
    assert process.wait(60) == 0
    return re.sub(r"\x1b\[[0-9;]*m", "", b"".join(chunks).decode()).replace("\r", "")


def test_status__an_override_that_is_not_in_force_yet__stale_and_needs_somebody(
    open_demo: Made, aurora: Command
) -> None:
    home = open_demo.home

    def run(*arguments: str) -> Any:
        return aurora(home, "--demo", *arguments)

    assert run("status", "--check").code == 0
    (recorded, *_) = data_of(run("overrides", "list", "--json").out)
    line = recorded["line_id"][:8]
    assert run("override", line, "2 lamports", "--reason", "settled anew").code == 0
    told = run("status", "--check")
    assert (told.code, run("status").code) == (1, 0)
    hint = f"`aurora --demo recompute {CHAIN_ID} --stale`"
    assert f"needs a person: {CHAIN_ID}: epoch {EPOCH} rests on what no longer counts: {hint}" in told.told
    status = data_of(run("status", "--check", "--json").out)
    (period,) = status["chains"][0]["periods"]
    assert "changed" in period["stale"]
    assert len(status["attention"]) == 1
    assert run("recompute", CHAIN_ID, "--stale").code == 0
    assert run("status", "--check").code == 0

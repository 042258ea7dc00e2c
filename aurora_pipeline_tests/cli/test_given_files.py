"""Files and words that people give: bounded, never waited for, shown as they are, not as they turn the line."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from aurora_pipeline.demo.solana.parameters import CHAIN_ID
from aurora_pipeline.foundation import given_file
from aurora_pipeline.foundation.printable import printable
from aurora_pipeline.instance.workspace import HOME_VARIABLE
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.revision import wanted_revision
from aurora_pipeline_tests.cli.conftest import VOTE, Made, Run
from aurora_pipeline_tests.cli.test_agreements_commands import TERMS

HEAD = "chain_id,epoch,validator_key,cost_type,amount,unit,notes\n"


def test_import__a_device_without_end__refused(run: Run) -> None:
    for command in (("costs", "import"), ("validators", "import"), ("wallets", "import")):
        ended = run(*command, "/dev/zero")
        assert ended.code == 2
        assert "is larger than" in ended.err


def test_import__a_pipe__read_if_somebody_writes_and_refused_if_nobody_does(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    line = f"{CHAIN_ID},850,{VOTE},INFRASTRUCTURE,1,SOL,\n"
    writer = threading.Thread(target=lambda: pipe.write_text(HEAD + line))
    writer.start()
    assert run("costs", "import", str(pipe)).code == 0
    writer.join()
    monkeypatch.setattr(given_file, "_WAIT_SECONDS_MAX", 0)
    ended = run("costs", "import", str(pipe))
    assert ended.code == 2
    assert "to which nobody wrote" in ended.err


def test_import__a_million_columns__refused_in_a_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "wide.csv").write_text(",".join(f"c{number}" for number in range(1_000_000)) + "\n")
    ended = run("costs", "import", str(tmp_path / "wide.csv"))
    assert ended.code == 2
    assert "1000000 columns" in ended.err
    assert len(ended.err) < 1_000


def test_configuration__twenty_thousand_mistakes__the_first_and_how_many_more(run: Run, home: Path) -> None:
    chains = home / "chains.yaml"
    chains.write_text("".join(f"k{number}: &a{number} x\n" for number in range(20_000)) + chains.read_text())
    ended = run("config", "check")
    assert ended.code == 2
    assert "mistakes in the configuration" in ended.err
    assert "more" in ended.err
    assert len(ended.err) < 20_000


@pytest.mark.parametrize("mark", ["\u202e", "\x1b[31m", "\u2066", "\x07", "\x9b"])
def test_message__marks_that_turn_or_colour_the_line__are_shown_escaped(run: Run, mark: str) -> None:
    ended = run("agreements", "show", f"acme{mark}2026")
    assert ended.code == 2
    assert mark not in ended.err
    assert printable(mark) in ended.err


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\x9b"])
def test_file__marks_that_turn_the_line_in_a_key_that_is_refused__are_shown_escaped(
    run: Run, tmp_path: Path, mark: str
) -> None:
    (tmp_path / "terms.yaml").write_text(f'agreements: [{{"{printable(mark)}tnemeerga": acme-2026}}]\n')
    ended = run("agreements", "apply", "terms.yaml", "--reason", "signed")
    assert ended.code == 2
    assert mark not in ended.err
    assert f"{printable(mark)}tnemeerga" in "".join(ended.err.split())


CODE = "!!python/object/apply:os.mkdir [ran]"


@pytest.mark.parametrize("name", ["chains.yaml", "providers.yaml", "terms.yaml"])
def test_file__that_would_run_code__refused_and_nothing_runs(run: Run, home: Path, name: str) -> None:
    path = home / name
    path.write_text((path.read_text() if path.exists() else "") + f"\nmine: {CODE}\n")
    ended = run(*(("config", "check") if name != "terms.yaml" else ("agreements", "apply", name, "--reason", "signed")))
    assert ended.code == 2
    assert name in ended.err
    assert not (home / "ran").exists()


QUERY = "Robert'); DROP TABLE partners; --"


def test_words__that_would_be_a_query__are_words(run: Run, home: Path, database: Database) -> None:
    head = "chain_id,validator_key,name,valid_from\n"
    (home / "validators.csv").write_text(f'{head}{CHAIN_ID},{VOTE},"{QUERY}",2026-01-01\n')
    (home / "terms.yaml").write_text(TERMS.replace("name: Acme}", f'name: "{QUERY}"}}'))
    assert run("validators", "import", "validators.csv").code == 0
    assert run("agreements", "apply", "terms.yaml", "--reason", QUERY).code == 0
    for listing in ("validators", "partners"):
        assert QUERY in run(listing, "list", "--json").out
    for command in (("status", QUERY), ("partners", "show", QUERY), ("agreements", "show", QUERY), ("trace", QUERY)):
        assert run(*command).code == 2
    assert run("pnl", CHAIN_ID, "850", "--validator", QUERY).code == 2
    with database.connect() as connection:
        (row,) = connection.execute("SELECT count(*) AS partners FROM partners").fetchall()
    assert row["partners"] == 1


def test_printable__plain_words_and_line_breaks__stay_as_they_are() -> None:
    assert printable("Zürich €\n\tzwei 日本") == "Zürich €\n\tzwei 日本"
    assert printable("a\u202eb\x00c\u2028") == "a\\u202eb\\x00c\\u2028"


@pytest.mark.parametrize("epoch", [str(10**12), "9" * 30])
def test_costs__an_epoch_no_key_can_hold__refused(run: Run, tmp_path: Path, epoch: str) -> None:
    path = tmp_path / "costs.csv"
    path.write_text(f"{HEAD}{CHAIN_ID},{epoch},{VOTE},INFRASTRUCTURE,1,SOL,\n")
    ended = run("costs", "import", str(path))
    assert ended.code == 2
    assert "beyond every chain" in ended.err or "is no epoch" in ended.err


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("backup", "x" * 3_000), "can't be used: File name too long"),
        (("verify", "x" * 3_000), "can't be used: File name too long"),
        (("overrides", "list", "--epoch", "9" * 20), "less than or equal to 999999999999"),
        (("audit", "export", "--after", "9" * 20), f"less than or equal to {2**63 - 1}"),
        (("checkpoint", "show", "9" * 20), f"less than or equal to {2**63 - 1}"),
        (("snapshots", "show", "9" * 20), f"less than or equal to {2**63 - 1}"),
        (("status", CHAIN_ID, "9" * 20), "less than or equal to 999999999999"),
        (("diff", CHAIN_ID, "9" * 20), "less than or equal to 999999999999"),
        (("db", "upgrade", "0001-01-01"), "'0001-01-01' is no revision"),
        (("db", "upgrade", "x" * 3_000), "is no revision"),
    ],
    ids=lambda value: " ".join(word[:12] for word in value) if isinstance(value, tuple) else None,
)
def test_word__that_is_no_path_number_or_revision__refused_in_a_sentence(
    run: Run, command: tuple[str, ...], told: str
) -> None:
    ended = run(*command)
    assert ended.code == 2
    assert told in " ".join(ended.err.replace("│", " ").split())
    assert len(ended.err) < 1_000


@pytest.mark.parametrize("arguments", [("-1", "--yes"), ("--yes", "--", "-1")])
def test_downgrade__one_step__as_its_help_says(run: Run, arguments: tuple[str, ...]) -> None:
    ended = run("db", "downgrade", *arguments)
    assert ended.code == 0, ended.err
    assert f"revision {int(wanted_revision()) - 1:04d}" in ended.out


def test_audit__more_entries_than_there_can_be__refused(run: Run) -> None:
    assert run("audit", "--list", "--newest", "9" * 20).code == 2


def test_demo__two_commands_at_once__both_have_their_providers(made: Made) -> None:
    command = [sys.executable, "-m", "aurora_pipeline", "--demo", "providers", "check"]
    environment = {**os.environ, HOME_VARIABLE: str(made.home)}
    both = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(3)
    ]
    ended = [(process.communicate(timeout=250)[0], process.returncode) for process in both]
    assert [code for _, code in ended] == [0, 0, 0], ended

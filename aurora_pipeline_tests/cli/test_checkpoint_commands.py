"""`aurora keys` and `aurora checkpoint` as people use them, and what a release says of its checkpoint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aurora_pipeline.signed_log.checkpoint_text import parse_checkpoint, parse_growth
from aurora_pipeline.signed_log.notes import parse_public_key
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.cli.conftest import Run
from aurora_pipeline_tests.statements.books import Books
from aurora_pipeline_tests.statements.forging import AUGUST

NAME = "example.com/aurora"


@pytest.fixture
def books(database: Database, monkeypatch: pytest.MonkeyPatch) -> Books:
    """A month of 150 for acme, and somebody who may decide."""
    monkeypatch.setenv("LOGNAME", "sam")
    made = Books(database).begin()
    made.set(850, "acme", "v1", 100)
    made.set(851, "acme", "v1", 50)
    made.live(AUGUST)
    made.settle()
    return made


def approved(books: Books, run: Run, monkeypatch: pytest.MonkeyPatch) -> str:
    identifier = books.statement("acme", AUGUST).statement_id[:8]
    for who, command in (("sam", "submit"), ("ann", "approve")):
        monkeypatch.setenv("LOGNAME", who)
        assert run("statements", command, identifier, "--reason", "why").code == 0
    monkeypatch.setenv("LOGNAME", "rob")
    return identifier


def test_release__with_the_key_at_hand__is_signed_and_each_checkpoint_proven(
    books: Books, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    identifier = approved(books, run, monkeypatch)
    made = run("keys", "new", NAME, "--reason", "partners verify by it")
    assert made.code == 0, made
    (known,) = run("keys", "list", "--json").json
    key = parse_public_key(known["public_key"])
    assert known["public_key"] in "".join(made.out.split())
    assert "PRIVATE" not in made.out + made.err
    assert run("checkpoint").code == 0
    first = tmp_path / "first.checkpoint"
    first.write_text(run("checkpoint", "show").out)
    kept = parse_checkpoint(first.read_bytes())
    assert kept.verified_by([key]) == [key]
    released = run("statements", "release", identifier, "--reason", "why")
    assert released.code == 0, released
    listed = run("checkpoint", "list", "--json").json
    assert f"signed under the checkpoint of {listed[-1]['size']} leaves" in " ".join(released.out.split())
    assert listed[-1]["size"] > kept.head.size
    under = f"under the checkpoint of {listed[-1]['size']} leaves"
    for command in ("history", "show"):
        assert under in " ".join(run("statements", command, identifier).out.split())
    assert run("statements", "history", identifier, "--json").json[-1]["checkpoint_size"] == listed[-1]["size"]
    told = run("checkpoint", "prove", str(first))
    growth = parse_growth(told.out.encode())
    assert growth.proves(kept.head)
    assert growth.checkpoint.verified_by([key]) == [key]
    assert run("checkpoint", "prove", str(kept.head.size), str(listed[-1]["size"])).out == told.out
    for pinned in ((), ("--key", known["public_key"])):
        ran = run("checkpoint", "verify", str(first), *pinned)
        assert (ran.code, "holds" in ran.out) == (0, True), ran
    assert "Nothing is new" in run("checkpoint", "sign").out


def test_release__without_the_key__is_released_and_says_so(
    books: Books, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    identifier = approved(books, run, monkeypatch)
    assert run("keys", "new", NAME, "--reason", "partners verify by it").code == 0
    monkeypatch.setenv("AURORA_LOG_KEY", str(tmp_path / "elsewhere.key"))
    released = run("statements", "release", identifier, "--reason", "why", "--json")
    assert released.code == 0, released
    (warning,) = released.json["warnings"]
    assert "no checkpoint was signed, for the key is not in" in warning
    refused = run("checkpoint")
    assert refused.code == 2
    assert "elsewhere.key is not there" in " ".join(refused.err.split())
    monkeypatch.delenv("AURORA_LOG_KEY")
    assert run("checkpoint", "--help").code == 0
    unsigned = " ".join(run("statements", "history", identifier).out.split())
    assert "under no checkpoint yet" in unsigned
    assert run("checkpoint", "sign").code == 0
    assert "under no checkpoint yet" not in " ".join(run("statements", "history", identifier).out.split())


def test_rotation__on_the_command_line__is_signed_by_both_keys(books: Books, run: Run) -> None:
    assert run("keys", "rotate", "--reason", "too early").code == 2
    assert run("keys", "new", NAME, "--reason", "partners verify by it").code == 0
    assert run("keys", "new", NAME, "--reason", "again").code == 2
    rotated = run("keys", "rotate", "--reason", "a year is over")
    assert rotated.code == 0, rotated
    old, new = run("keys", "list", "--json").json
    assert (old["is_newest"], new["is_newest"]) == (False, True)
    assert run("checkpoint", "show", "--json").json["key_ids"] == [old["key_id"], new["key_id"]]
    assert run("audit").code == 0


@pytest.mark.parametrize(
    "command",
    [
        ["checkpoint", "show"],
        ["checkpoint", "show", "7"],
        ["checkpoint", "prove", "7"],
        ["checkpoint", "prove", "no-such-file"],
        ["checkpoint", "verify", "no-such-file"],
        ["checkpoint", "verify", "text.txt"],
        ["checkpoint", "verify", "text.txt", "--key", "no key"],
        ["keys", "new", "two words", "--reason", "why"],
    ],
)
def test_commands__that_cannot__say_why_in_a_sentence(run: Run, home: Path, command: list[str]) -> None:
    (home / "text.txt").write_text("text\n")
    ran = run(*[str(home / word) if word == "text.txt" else word for word in command])
    assert (ran.code, ran.err.count("Error:")) == (2, 1), ran


def test_verify__of_a_checkpoint_that_somebody_forged__fails(books: Books, run: Run, tmp_path: Path) -> None:
    assert run("keys", "new", NAME, "--reason", "partners verify by it").code == 0
    assert run("checkpoint").code == 0
    other = tmp_path / "forged.checkpoint"
    size = run("checkpoint", "show", "--json").json["size"]
    other.write_text(run("checkpoint", "show").out.replace(f"\n{size}\n", f"\n{size - 1}\n"))
    ran = run("checkpoint", "verify", str(other))
    assert (ran.code, "does not fit the text" in ran.err, "history was rewritten" in ran.err) == (1, True, True), ran


def test_audit__its_parts__verify_commit_and_leave_as_lines(books: Books, run: Run) -> None:
    listed = run("audit", "--list", "--json").json
    assert run("audit", "verify").code == run("audit").code == 0
    root = run("audit", "root", "--json").json
    assert root["entries"] == len(listed)
    assert run("audit", "root").out.startswith(root["root"])
    lines = [json.loads(line) for line in run("audit", "export").out.splitlines()]
    assert [line["entry_hash"] for line in lines] == [entry["entry_hash"] for entry in listed]
    assert [line["sequence"] for line in map(json.loads, run("audit", "export", "--after", "3").out.splitlines())] == [
        line["sequence"] for line in lines[3:]
    ]
    with books.database.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("UPDATE audit_log SET actor = 'mallory' WHERE sequence = 3")
    broken = run("audit", "verify")
    assert (broken.code, "audit_log entry 3" in broken.err) == (1, True), broken

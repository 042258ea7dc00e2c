"""`aurora statements` and `disputes`: a whole life on the command line, each step by who may take it."""

from __future__ import annotations

import re

import pytest

from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.cli.conftest import Run
from aurora_pipeline_tests.statements.books import ADDRESS, Books
from aurora_pipeline_tests.statements.forging import AUGUST, LINE


@pytest.fixture
def books(database: Database) -> Books:
    """A month of 150 for acme."""
    made = Books(database).begin()
    made.set(850, "acme", "v1", 100)
    made.set(851, "acme", "v1", 50)
    made.live(AUGUST)
    made.settle()
    return made


def test_commands__of_a_whole_life__each_by_who_may(books: Books, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command once as it is meant and once as it is not: exit code 2, one sentence, no traceback."""
    identifier = books.statement("acme", AUGUST).statement_id[:8]
    paid_to = ("--to", ADDRESS, "--reference", "INV-1", "--transaction", "T")
    life = [
        ("sam", ("statements", "submit", identifier), "approve or reject it"),
        ("ann", ("statements", "approve", identifier), "release it"),
        ("rob", ("statements", "release", identifier), "pay it"),
        ("rob", ("statements", "acknowledge", identifier, "--on-behalf-of", "acme"), "is acknowledged already"),
        ("rob", ("disputes", "open", identifier, LINE[:8], "120 lamports", "--on-behalf-of", "acme"), "disputed"),
        ("ann", ("disputes", "answer", identifier, LINE[:8], "rejected"), "REJECTED already"),
        ("rob", ("statements", "pay", identifier, "150 lamports", *paid_to), "nothing"),
    ]
    for who, command, again in life:
        monkeypatch.setenv("LOGNAME", "nobody")
        refused = run(*command, "--reason", "why")
        assert (refused.code, "nobody is not a user" in refused.err) == (2, True), refused
        monkeypatch.setenv("LOGNAME", who)
        done = run(*command, "--reason", "why")
        assert done.code == 0, done
        twice = run(*command, "--reason", "why")
        assert (twice.code, again in re.sub(r"\s+", " ", twice.err)) == (2, True), twice
    history = run("statements", "history", identifier, "--json").json
    assert [event["recorded_by"] for event in history] == ["sam", "ann", "rob", "rob", "rob", "ann", "rob"]
    assert run("statements", "list").out.count("PAID") >= 1

"""`aurora archives` as an operator types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline_tests.work.archives.conftest import live_on
from aurora_pipeline_tests.work.conftest import Ask, ask

__all__ = ["ask"]


def test_archives__from_the_command_line__out_verified_and_back(copied: Aurora, ask: Ask, tmp_path: Path) -> None:
    live_on(copied)
    assert "800..899" in ask("archives", "list").out
    assert "No range is outside" in ask("archives", "verify").out
    gone = ask("archives", "detach", "solana-demo", "850", "--to", str(tmp_path / "kept"), "--reason", "old")
    assert gone.code == 0, gone.err
    assert "read back and checked" in gone.out
    (told,) = json.loads(ask("archives", "list", "--json").out)["data"]
    assert told["place"].startswith(f"file://{tmp_path}/kept/solana-demo/0000800-0000899-")
    assert (told["from_epoch"], told["to_epoch"], told["database_bytes"]) == (800, 899, 0)
    checked = ask("archives", "verify", "solana-demo", "850")
    assert checked.code == 0
    assert "holds" in checked.out
    assert ask("verify", "solana-demo", "850").code == 0
    read = ask("sql", "SELECT count(*) FROM canonical_stake_rewards")
    assert read.code == 2
    assert "(periods-moved-out)" in read.err
    assert "aurora archives attach solana-demo 850" in " ".join(read.err.split())
    assert ask("pnl", "solana-demo", "850").code == 0
    assert ask("lines", "solana-demo", "850").code == 0
    back = ask("archives", "attach", "solana-demo", "850", "--reason", "an auditor asks")
    assert back.code == 0, back.err
    assert ask("verify", "solana-demo", "850", "--deep").code == 0
    assert ask("archives", "attach", "solana-demo", "850", "--reason", "again").code == 2
    assert ask("archives", "verify", "solana-demo", "850").code == 2
    assert ask("audit", "verify").code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["detach", "solana-demo", "850", "--to", "/nowhere"], "too new"),
        (["detach", "solana-demo", "7", "--to", "/nowhere"], "no range of solana-demo holds epoch 7"),
        (["detach", "solana-demo", "850", "--to", "s3://a:b@c/d"], "keys do not belong in it"),
        (["attach", "solana-demo", "850"], "is in the database"),
        (["verify", "solana-demo"], "a chain needs its epochs"),
    ],
)
def test_archives__what_cannot_be__is_told_without_a_traceback(
    copied: Aurora, ask: Ask, words: list[str], told: str
) -> None:
    reason = [] if words[0] == "verify" else ["--reason", "why"]
    refused = ask("archives", *words, *reason)
    assert refused.code == 2
    assert told in " ".join(refused.err.split())


def test_sql__that_is_refused_when_its_transaction_ends__is_told_without_a_traceback(ask: Ask) -> None:
    again = """INSERT INTO partners SELECT (jsonb_populate_record(p, '{"revision": 99}')).* FROM partners p LIMIT 1"""
    written = ask("sql", "--write", again)
    assert written.code == 2
    assert "comes without an entry of the audit log" in " ".join(written.err.split())
    assert "(query-refused)" in written.err

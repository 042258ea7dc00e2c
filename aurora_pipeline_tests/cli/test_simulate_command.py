"""`aurora agreements simulate` and `recompute`: what they refuse, with place and remedy, and nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from aurora_pipeline.demo.solana.parameters import CHAIN_ID
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.cli.conftest import VOTE, Run

TERMS = f"""\
partners:
  - {{partner: acme, name: Acme}}
agreements:
  - agreement: acme-2026
    partner: acme
    rules:
      - {{rule: tips, chain: {CHAIN_ID}, validator: {VOTE}, component: MEV_TIPS, method: FIXED_SHARE, rate_bps: 500}}
"""
RANGE = ("--chain", CHAIN_ID, "--from", "850", "--to", "851")


def _simulate(run: Run, folder: Path, text: str, *options: str) -> tuple[int, str]:
    path = folder / "proposed.yaml"
    path.write_text(text, encoding="utf-8")
    ended = run("agreements", "simulate", str(path), *(options or RANGE))
    assert "Traceback" not in ended.err
    return ended.code, " ".join(ended.err.split())


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        (TERMS, ("--chain", CHAIN_ID, "--from", "851", "--to", "850"), "write --from 850 --to 851"),
        (TERMS, (*RANGE, "--json", "--csv"), "give one of the two"),
        (TERMS, ("--chain", "nochain", "--from", "1", "--to", "2"), "nochain"),
        (TERMS, RANGE, "epoch 850..851 of solana-demo is no finalized period that is known"),
        (TERMS, ("--chain", CHAIN_ID, "--from", "0", "--to", "1000000000"), "do at most 10000 at a time"),
        (TERMS.replace("rate_bps: 500", "rate_bps: 10001"), RANGE, "proposed.yaml:7"),
        (TERMS.replace("partner: acme\n", "partner: acmee\n"), RANGE, 'there is no partner "acmee"'),
        (TERMS.replace("MEV_TIPS", "TIPS"), RANGE, "MEV_TIPS"),
        (TERMS[: TERMS.index("agreements:")], RANGE, "proposes no terms"),
    ],
)
def test_simulate__what_cannot_be__refused_with_the_remedy(
    run: Run, database: Database, tmp_path: Path, text: str, options: tuple[str, ...], words: str
) -> None:
    code, told = _simulate(run, tmp_path, text, *options)
    assert (code, words in told) == (2, True), told
    with database.connect() as connection:
        assert connection.execute("SELECT FROM partners").fetchall() == []


@pytest.mark.parametrize("arguments", [(), ("850", "--stale")])
def test_recompute__neither_epochs_nor_stale_or_both__refused(run: Run, arguments: tuple[str, ...]) -> None:
    ended = run("recompute", CHAIN_ID, *arguments)
    assert ended.code == 2
    assert "give either epochs or --stale" in ended.err

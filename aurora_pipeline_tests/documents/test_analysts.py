"""docs/analysts.md and the notebook as they stand: every query runs on a computed epoch, every table named exists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.commissions.earlier_periods import month_start
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.periods.record import load_period
from aurora_pipeline_tests.proof.conftest import EPOCH, KEY, Proven, computed, proven, shared

__all__ = ["computed", "proven", "shared"]

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "analysts.md").read_text("utf-8")
QUESTIONS = dict(re.findall(r"^### \d+\. ([^\n]+)\n```sql\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))
NOTEBOOK = ROOT / "notebooks" / "aurora.py"
_NOTHING_TO_TELL = {
    "Which figures are not final, and why?",
    "What is held, and until what is settled?",
    "Where was something else paid than the terms give?",
    "Which published figures became others later (restatements), since when, and why?",
}
"""Questions that a computed epoch without trouble answers with no row."""


def answered(proven: Proven, question: str) -> list[dict[str, Any]]:
    return proven.connection.execute(QUESTIONS[question].encode()).fetchall()


def test_questions__of_the_page__are_fifteen_and_all_sql_is_theirs() -> None:
    assert len(QUESTIONS) == len(re.findall("^```sql", PAGE, re.MULTILINE)) == 15
    assert set(QUESTIONS) >= _NOTHING_TO_TELL


@pytest.mark.parametrize("question", QUESTIONS)
def test_question__asked_of_a_computed_epoch__is_answered(proven: Proven, question: str) -> None:
    rows = answered(proven, question)
    assert rows or question in _NOTHING_TO_TELL


def test_question__what_partners_are_owed__is_what_statements_say(proven: Proven) -> None:
    told = {row["partner_id"]: row for row in answered(proven, "What is each partner owed per month?")}
    statements = proven.run("SELECT partner_id, lines_total, held_total FROM partner_commission_statements")
    assert {row["partner_id"] for row in statements} == set(told)
    for row in statements:
        assert told[row["partner_id"]]["owed"] == row["lines_total"].scaleb(-9)
        assert told[row["partner_id"]]["held"] == row["held_total"].scaleb(-9)


def test_question__parts_of_each_component__are_the_component(proven: Proven) -> None:
    rows = answered(proven, "Does each component divide without a rest?")
    assert {row["component"] for row in rows} == {"EXEC_FEES", "MEV_TIPS", "VOTE_REWARDS", "COMMISSION"}
    assert [row for row in rows if row["divided"] != row["earned"]] == []


def test_question__stake_of_wallets__is_that_of_the_partners_wallets(proven: Proven) -> None:
    rows = answered(proven, "How much stake do a partner's wallets have per epoch?")
    known = proven.run(
        """SELECT withdrawer_key AS wallet, sum(active_stake) AS stake FROM canonical_stake_positions
           WHERE withdrawer_key IN (SELECT wallet_address FROM partner_wallets WHERE partner_id = 'halcyon')
           GROUP BY 1"""
    )
    assert {row["wallet"]: row["active_stake"] for row in rows} == {
        row["wallet"]: Decimal(row["stake"]).scaleb(-9) for row in known
    }
    assert {row["epoch"] for row in rows} == {EPOCH}


def test_months__of_the_views__are_those_that_terms_go_by(proven: Proven) -> None:
    (row,) = proven.run("SELECT DISTINCT month, period_ended_at FROM validator_pnl_named")
    period = load_period(proven.connection, KEY)
    assert row == {"month": f"{month_start(period):%Y-%m}", "period_ended_at": period.ended_at}


def test_picture__every_table_in_it__exists(proven: Proven) -> None:
    (picture,) = re.findall(r"```mermaid\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    pairs = re.findall(r"^ +(\w+) \S+--\S+ (\w+) :", picture, re.MULTILINE)
    assert len(pairs) == len(picture.strip().splitlines()) - 1
    for name in {name for pair in pairs for name in pair}:
        (row,) = proven.run("SELECT to_regclass(%s) AS found", name)
        assert row["found"], name


@pytest.mark.slow
def test_notebook__run_as_a_script__shows_the_figures(shared: Aurora, tmp_path: Path) -> None:
    if util.find_spec("marimo") is None:
        pytest.skip("marimo is not installed: pip install -c constraints.txt -e '.[analysis]'")
    page = tmp_path / "aurora.html"
    environment = {**os.environ, "AURORA_DSN": shared.database.conninfo}
    export = [sys.executable, "-m", "marimo", "export", "html", str(NOTEBOOK), "-o", str(page), "--no-include-code"]
    for command in ([sys.executable, str(NOTEBOOK)], export):
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert ran.returncode == 0, ran.stderr
    with shared.database.connect() as connection:
        rows = connection.execute("SELECT partner_name FROM partner_names").fetchall()
    shown = page.read_text("utf-8")
    assert rows
    assert [row["partner_name"] for row in rows if row["partner_name"] not in shown] == []


@pytest.mark.slow
def test_notebook__without_an_address__says_what_to_set(tmp_path: Path) -> None:
    if util.find_spec("marimo") is None:
        pytest.skip("marimo is not installed: pip install -c constraints.txt -e '.[analysis]'")
    environment = {name: value for name, value in os.environ.items() if name != "AURORA_DSN"}
    ran = subprocess.run([sys.executable, str(NOTEBOOK)], env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode != 0
    assert "AURORA_DSN is not set" in ran.stderr

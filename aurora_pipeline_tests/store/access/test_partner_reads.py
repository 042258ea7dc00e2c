"""A partner at the command line with a login of its own: it reads what was released to it, and nothing else."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from aurora_pipeline_tests.store.access.conftest import PARTNER, UNRELEASED, Guarded
from aurora_pipeline_tests.store.access.test_people_work import Run, home, run

__all__ = ["home", "run"]
REFUSED = "refused: Error: this login is of the partner northwind: it reads the statements that were released to it"
"""How every other command ends."""
OTHERS = ["lumen", "halcyon", "meridian"]
"""What stands in no answer to the partner northwind."""


def _stated(guarded: Guarded, partner: str) -> str:
    (row,) = guarded.rows(
        f"""SELECT statement_id::text AS id FROM released_statements
            WHERE partner_id = '{partner}' AND period = '2026-08'"""
    )
    return str(row["id"])


@pytest.fixture
def alone(home: Path) -> Path:
    """A partner's directory: it has no files of the operator's."""
    for name in ("chains.yaml", "providers.yaml"):
        (home / name).unlink()
    return home


def test_partner__list__shows_what_was_released_to_it(guarded: Guarded, alone: Path, run: Run) -> None:
    told = run(PARTNER, "statements", "list")
    assert _stated(guarded, "northwind")[:8] in told
    assert "Northwind" in told
    assert not [name for name in OTHERS if name in told.casefold()]
    assert json.loads(run(PARTNER, "statements", "list", "--json"))["data"][0]["period"] == "2026-08"
    assert "2026-08" in run(PARTNER, "statements", "list", "solana-demo", "--csv")
    for nothing in (("elsewhere",), ("--partner", "lumen"), ("--as-of", "2026-01-02")):
        assert run(PARTNER, "statements", "list", *nothing) == "no statement was released to you yet"
    assert run(UNRELEASED, "statements", "list") == "no statement was released to you yet"


def test_partner__show__says_what_its_statement_says(guarded: Guarded, alone: Path, run: Run) -> None:
    wanted = _stated(guarded, "northwind")
    told = run(PARTNER, "statements", "show", wanted[:8])
    assert told == run(PARTNER, "statements", "show", "northwind", "solana-demo", "2026-08")
    assert not [name for name in [*OTHERS, "aurora trace", "olivia"] if name in told.casefold()]
    shown = json.loads(run(PARTNER, "statements", "show", wanted, "--json"))["data"]
    (own,) = guarded.rows(
        f"SELECT payable, closing, line_count FROM released_statements WHERE statement_id = '{wanted}'"
    )
    assert shown["statement"]["payable"]["amount"] == str(own["payable"])
    assert shown["statement"]["closing"]["amount"] == str(own["closing"])
    lines = guarded.rows(f"SELECT line_id::text AS id FROM released_statement_lines WHERE statement_id = '{wanted}'")
    assert {line["line_id"] for line in shown["lines"]} == {line["id"] for line in lines}
    assert len(shown["lines"]) == own["line_count"] > 0
    assert {line["reason"] for line in shown["lines"]} == {None}


def test_partner__show__as_the_operator_sees_the_same_statement(guarded: Guarded, run: Run) -> None:
    """Figures are the same; what differs is what is hidden from the partner."""
    wanted = _stated(guarded, "northwind")
    as_partner, as_finance = (
        json.loads(run(who, "statements", "show", wanted, "--json"))["data"] for who in (PARTNER, "fiona")
    )
    for document in (as_partner, as_finance):
        for row in [*document["lines"], *document["entries"]]:
            row["reason"] = row["validator_name"] = None
        document["lines"].sort(key=str)
        document["entries"].sort(key=str)
    assert as_partner["lines"] == as_finance["lines"]
    assert as_partner["entries"] == as_finance["entries"]
    own = {"reason": None, "next_step": ""}
    assert as_partner["statement"] | own == as_finance["statement"] | own
    names = {"raised_by": "", "answered_by": ""}
    assert [one | names for one in as_partner["disputes"]] == [one | names for one in as_finance["disputes"]]


def test_partner__of_others_and_of_drafts__nothing_is_there(guarded: Guarded, alone: Path, run: Run) -> None:
    (draft,) = guarded.rows(
        """SELECT statement_id::text AS id FROM monthly_statements
           WHERE partner_id = 'northwind' ORDER BY month DESC LIMIT 1"""
    )
    for text in (_stated(guarded, "lumen"), "lumen/solana-demo/2026-08", "zzzz", "abc", ""):
        assert "was released to you" in run(PARTNER, "statements", "show", text), text
        assert "was released to you" in run(PARTNER, "statements", "export", text, "--csv", str(alone / "x")), text
    if draft["id"] not in run(PARTNER, "statements", "list", "--json"):
        assert "was released to you" in run(PARTNER, "statements", "show", draft["id"])
    assert not (alone / "x").exists()


def test_partner__export__writes_its_lines_and_says_where_the_bundle_is(
    guarded: Guarded, alone: Path, run: Run
) -> None:
    wanted, target = _stated(guarded, "northwind"), alone / "lines.csv"
    assert run(PARTNER, "statements", "export", wanted, "--csv", str(target)).startswith(f"wrote {target}: Northwind")
    rows = list(csv.DictReader(target.read_text().splitlines()))
    seen = guarded.rows("SELECT line_id::text AS id FROM released_statement_lines", PARTNER)
    assert {row["line_id"] for row in rows} <= {row["id"] for row in seen}
    assert {row["partner_id"] for row in rows} == {"northwind"}
    for more in (("--bundle", str(alone / "b")), ("--pdf", str(alone / "p.pdf"))):
        assert "ask the operator for the bundle" in run(PARTNER, "statements", "export", wanted, *more)
    assert sorted(path.name for path in alone.iterdir()) == ["lines.csv"]


@pytest.mark.parametrize(
    "command",
    [
        "status", "pnl solana-demo 850", "lines solana-demo 850", "allocation solana-demo 850",
        "statements history northwind/solana-demo/2026-08", "statements epochs solana-demo 850",
        "statements acknowledge northwind/solana-demo/2026-08 --reason x",
        "disputes open northwind/solana-demo/2026-08 abcd 1 --reason x", "partners list", "wallets export",
        "agreements list", "users list", "trace abcd", "audit", "checkpoint", "validators list",
        "backfill solana-demo 850", "diff solana-demo 850", "alerts list", "sql SELECT", "db current",
        "db upgrade", "db downgrade base --yes",
        "backup /nowhere/there",
    ],
)  # fmt: skip
def test_partner__any_other_command__is_refused_before_anything_is_read(run: Run, command: str) -> None:
    assert run(PARTNER, *command.split()).startswith(REFUSED)


@pytest.mark.parametrize("command", ["status", "metrics", "statements history abcd"])
def test_partner__without_files_of_the_operators__is_refused_as_with_them(alone: Path, run: Run, command: str) -> None:
    assert run(PARTNER, *command.split()).startswith(REFUSED)


def test_login_of_nobody__that_is_let_into_the_database__sees_nothing(guarded: Guarded, run: Run) -> None:
    with guarded.database.connect() as connection:
        connection.execute("CREATE ROLE stranger LOGIN PASSWORD 'the secret of stranger'")
        connection.execute(f"GRANT CONNECT ON DATABASE {guarded.name} TO stranger".encode())
    try:
        for command in (("statements", "list"), ("status",), ("db", "current")):
            assert "the login stranger is of nobody who may see anything here" in run("stranger", *command)
    finally:
        with guarded.database.connect() as connection:
            connection.execute(f"REVOKE CONNECT ON DATABASE {guarded.name} FROM stranger; DROP ROLE stranger".encode())

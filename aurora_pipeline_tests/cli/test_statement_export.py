"""`aurora statements export`: the PDF of a statement as a file."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfReader

from aurora_pipeline.agreements.tables import Series
from aurora_pipeline.instance.workspace import DATABASE_VARIABLE
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.cli.conftest import Command, Ended
from aurora_pipeline_tests.statements.books import CHAIN, Books
from aurora_pipeline_tests.statements.forging import AUGUST

_DEMO = Path(__file__).parents[2] / "aurora_pipeline" / "demo"
_LETTERHEAD = """    letterhead:
      address: [Rue du Rhône 14, 1204 Genève]
      tax_id: CHE-1
      paper: letter
"""


@pytest.fixture
def books(database: Database) -> Books:
    """August released."""
    made = Books(database).begin()
    made.pay_by("brook", Series.EPOCH, AUGUST)
    made.set(850, "acme", "v1", 100)
    made.set(850, "brook", "v1", 70)
    made.live(AUGUST)
    made.settle()
    made.freeze("acme", AUGUST)
    return made


@pytest.fixture
def run(books: Books, aurora: Command, tmp_path: Path) -> Callable[..., Ended]:
    """`aurora statements ...` where the chain has a letterhead."""
    told = (_DEMO / "chains.yaml").read_text(encoding="utf-8")
    head = "    operator: Aurora Validators\n"
    assert head in told
    (tmp_path / "chains.yaml").write_text(told.replace(head, head + _LETTERHEAD, 1), encoding="utf-8")
    (tmp_path / "providers.yaml").write_bytes((_DEMO / "providers.yaml").read_bytes())

    def said(*arguments: str) -> Ended:
        variables = {DATABASE_VARIABLE: books.database.conninfo, "AURORA_DEMO_URL": "http://x"}
        return aurora(tmp_path, "statements", *arguments, **variables)

    return said


def _statement(books: Books) -> str:
    return books.statement("acme", AUGUST).statement_id


def test_export__pdf__is_written_whole_with_the_figures_that_show_prints(
    books: Books, run: Callable[..., Ended], tmp_path: Path
) -> None:
    file = tmp_path / "acme.pdf"
    file.write_bytes(b"an older one")
    assert run("export", _statement(books), "--pdf", str(file)).code == 0
    pdf = PdfReader(io.BytesIO(file.read_bytes()), strict=True)
    (row,) = json.loads(pdf.attachments["statement.json"][0])["statement"]
    assert (row["statement_id"], row["payable"]) == (_statement(books), "100")
    told = pdf.pages[0].extract_text()
    assert "Rue du Rhône 14" in told
    assert "0.000000100" in told
    assert round(pdf.pages[0].mediabox.height) == 792
    assert sorted(one.name for one in tmp_path.iterdir() if "pdf" in one.name) == ["acme.pdf"]
    again = tmp_path / "again.pdf"
    ended = run("export", "acme", CHAIN, AUGUST, "--pdf", str(again))
    assert ended.code == 0
    assert "without proof: no checkpoint is signed yet" in ended.told
    assert again.read_bytes() == file.read_bytes()


def test_export__of_an_epoch_and_of_a_month_for_information__say_what_they_are(
    books: Books, run: Callable[..., Ended], tmp_path: Path
) -> None:
    told = {}
    for period in ("0000850", AUGUST):
        identifier = books.statement("brook", period).statement_id
        assert run("export", identifier, "--pdf", str(tmp_path / "a.pdf")).code == 0
        told[period] = PdfReader(tmp_path / "a.pdf").pages[0].extract_text()
        assert "not known" not in told[period]
    assert "Period Epoch 850" in told["0000850"]
    assert "Opening balance" in told["0000850"]
    assert "For information only" in told[AUGUST]
    assert "Opening balance" not in told[AUGUST]


def test_export__other_paper__is_taken(books: Books, run: Callable[..., Ended], tmp_path: Path) -> None:
    assert run("export", _statement(books), "--pdf", str(tmp_path / "a.pdf"), "--paper", "a4").code == 0
    assert round(PdfReader(tmp_path / "a.pdf").pages[0].mediabox.height) == 842


def test_export__what_cannot_be_done__is_refused_and_nothing_is_written(
    books: Books, run: Callable[..., Ended], tmp_path: Path
) -> None:
    file = tmp_path / "no" / "a.pdf"
    for arguments, said in (
        ((_statement(books),), "give --bundle FOLDER, --pdf FILE"),
        (("ffffffff", "--pdf", str(file)), "there is no statement"),
        ((_statement(books), "--pdf", str(file)), "can't be written: No such file or directory"),
        ((_statement(books), "--pdf", str(tmp_path)), "can't be written: Is a directory"),
    ):
        ended = run("export", *arguments)
        assert ended.code == 2, arguments
        assert said in ended.told
    assert not [one for one in tmp_path.rglob("*") if "pdf" in one.name]


def test_export__a_logo_that_is_none__is_said_with_its_file(
    books: Books, run: Callable[..., Ended], tmp_path: Path
) -> None:
    chains = tmp_path / "chains.yaml"
    chains.write_text(chains.read_text("utf-8").replace("tax_id: CHE-1", "logo: head.gif"), encoding="utf-8")
    ended = run("export", _statement(books), "--pdf", str(tmp_path / "a.pdf"))
    assert ended.code == 2
    assert f"the logo {tmp_path}/head.gif can't be read" in ended.told
    assert not (tmp_path / "a.pdf").exists()


def test_statements__named_by_partner_chain_and_month__is_the_one_of_that_id(
    books: Books, run: Callable[..., Ended]
) -> None:
    by_id, named = run("show", _statement(books), "--json"), f"acme/{CHAIN}/{AUGUST}"
    assert run("show", "acme", CHAIN, AUGUST, "--json").out == run("show", named, "--json").out == by_id.out
    assert run("history", "acme", CHAIN, AUGUST, "--json").out == run("history", _statement(books), "--json").out
    for given, said in (
        ("acme/elsewhere/2026-08", "there is no chain 'elsewhere'"),
        ("acme/2026-08", "names no statement"),
        (f"acme/{CHAIN}/2026-01", "has no statement of"),
        (f"acme/{CHAIN}/yesterday", "is no month's key"),
    ):
        ended = run("show", given)
        assert ended.code == 2, given
        assert said in ended.told
    assert run("history", "acme", CHAIN).code == 2

"""`aurora statements export --bundle` and `aurora verify BUNDLE`: a folder, a zip and a PDF that prove themselves."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from aurora_pipeline.instance.workspace import DATABASE_VARIABLE
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.cli.conftest import Command, Ended
from aurora_pipeline_tests.proof.bundle.made import AUGUST, SEPTEMBER, close_two_months, key_file, sign_everything
from aurora_pipeline_tests.statements.books import CHAIN
from aurora_pipeline_tests.statements.computed_books import ComputedBooks

_DEMO = Path(__file__).parents[2] / "aurora_pipeline" / "demo"
OTHER_KEY = "example.com/aurora+545528b4+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"


class Closed(NamedTuple):
    """Two months that are released, and `aurora ...` for whoever works with them."""

    books: ComputedBooks
    run: Callable[..., Ended]
    home: Path

    def export(self, period: str, name: str) -> Path:
        """Export a month's statement into a folder."""
        folder = self.home / name
        identifier = self.books.statement("acme", period).statement_id
        ended = self.run("statements", "export", identifier, "--bundle", str(folder))
        assert ended.code == 0, ended.err
        return folder


@pytest.fixture
def closed(database: Database, aurora: Command, tmp_path: Path) -> Closed:
    """Acme's August and September are released."""
    for name in ("chains.yaml", "providers.yaml"):
        shutil.copy(_DEMO / name, tmp_path / name)

    def said(*arguments: str) -> Ended:
        return aurora(tmp_path, *arguments, **{DATABASE_VARIABLE: database.conninfo, "AURORA_DEMO_URL": "http://x"})

    return Closed(close_two_months(database), said, tmp_path)


def test_export__before_a_checkpoint__says_what_to_run_and_writes_nothing(closed: Closed) -> None:
    identifier = closed.books.statement("acme", AUGUST).statement_id
    ended = closed.run("statements", "export", identifier, "--bundle", str(closed.home / "b"))
    assert ended.code == 2
    assert "aurora checkpoint" in ended.err
    assert not (closed.home / "b").exists()
    draft = closed.books.statement("brook", AUGUST).statement_id
    sign_everything(closed.books.database, key_file(closed.home))
    ended = closed.run("statements", "export", draft, "--bundle", str(closed.home / "b"))
    assert ended.code == 2
    assert "is DRAFT" in ended.err


def test_export_and_verify__folder_zip_and_pdf__hold_and_equal_content_is_equal_bytes(closed: Closed) -> None:
    key = str(sign_everything(closed.books.database, key_file(closed.home)))
    folder, again = closed.export(SEPTEMBER, "one"), closed.export(SEPTEMBER, "two")
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert files == {path.name: path.read_bytes() for path in again.iterdir()}
    archive = folder.with_name("one.zip")
    assert archive.read_bytes() == again.with_name("two.zip").read_bytes()
    for bundle in (folder, archive, folder / "statement.pdf"):
        ended = closed.run("verify", str(bundle), "--key", key)
        assert (ended.code, ended.err) == (0, ""), ended.out
        assert "To be paid" in ended.out
        refused = closed.run("verify", str(bundle), "--key", OTHER_KEY)
        assert refused.code == 1
        assert "proof.json log[0].vkey" in refused.out
    page = closed.home / "page.pdf"
    assert closed.run("statements", "export", f"acme/{CHAIN}/{SEPTEMBER}", "--pdf", str(page)).code == 0
    assert page.read_bytes() == files["statement.pdf"]
    alone = subprocess.run([sys.executable, "-I", "-S", str(folder / "verify.py")], capture_output=True, text=True)
    assert (alone.returncode, alone.stderr) == (0, "")
    assert "that the bundle itself names" in alone.stdout
    taken = closed.run(
        "statements", "export", closed.books.statement("acme", AUGUST).statement_id, "--bundle", str(folder)
    )
    assert taken.code == 2
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files
    (folder / "lines.csv").write_bytes(files["lines.csv"] + b" ")
    assert "FAILED lines.csv" in closed.run("verify", str(folder)).out


def test_verify__with_the_checkpoint_that_was_kept__proves_that_nothing_was_rewritten(closed: Closed) -> None:
    key = str(sign_everything(closed.books.database, key_file(closed.home)))
    kept = closed.export(AUGUST, "august") / "checkpoint"
    closed.books.pay("acme", AUGUST, 500)
    sign_everything(closed.books.database, key_file(closed.home))
    folder = closed.export(SEPTEMBER, "september")
    ended = closed.run("verify", str(folder), "--key", key, "--previous", str(kept))
    assert ended.code == 0
    assert "that you kept" in ended.out
    elsewhere = closed.home / "elsewhere"
    elsewhere.mkdir()
    with Database(closed.books.database.conninfo).connect() as connection:
        row = connection.execute("SELECT note FROM log_checkpoints ORDER BY size LIMIT 1").fetchone()
    assert row is not None
    forged = elsewhere / "checkpoint"
    forged.write_text(row["note"].replace("\n", "\n1", 1), encoding="utf-8")
    refused = closed.run("verify", str(folder), "--key", key, "--previous", str(forged))
    assert refused.code == 1
    assert "FAILED checkpoint" in refused.out


def _zipped(*names: str, data: bytes = b"x") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, data)
    return buffer.getvalue()


HOSTILE = {
    "out of the folder": _zipped("../verify.py"),
    "an absolute path": _zipped("/etc/passwd"),
    "a name of Windows": _zipped("..\\verify.py"),
    "something else": _zipped("run.sh"),
    "no zip": b"PK\x03\x04 and then nothing",
    "nothing": b"",
    "a page without a bundle": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n",
    "much out of little": _zipped("lines.json", "proof.json", "statement.json", data=bytes(200 * 2**20)),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_verify__a_hostile_file__is_refused_in_one_sentence(aurora: Command, tmp_path: Path, what: str) -> None:
    (tmp_path / "bundle.zip").write_bytes(HOSTILE[what])
    ended = aurora(tmp_path, "verify", str(tmp_path / "bundle.zip"))
    assert ended.code == 1
    assert ended.out.count("\n") == 1
    assert "Traceback" not in ended.err
    assert sorted(path.name for path in tmp_path.iterdir() if path.name[0] != ".") == ["bundle.zip"]


def test_verify__no_such_file_and_words_as_json__say_so(aurora: Command, tmp_path: Path) -> None:
    for given in ((f"{tmp_path}/missing",), ("b.zip",), (str(tmp_path), "--previous", "kept")):
        ended = aurora(tmp_path, "verify", *given)
        assert ended.code == 2
        assert f"there is no file or folder {given[-1]}" in ended.told
    (tmp_path / "b").mkdir()
    assert aurora(tmp_path, "verify", "./b", "--json").code == 2


def test_verify_py__shipped__is_short_and_needs_only_the_standard_library() -> None:
    text = (_DEMO.parent / "proof" / "bundle" / "verify.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 600
    imported = {
        name.strip() for line in text.splitlines() if line.startswith("import ") for name in line[7:].split(",")
    }
    imported |= {line.split()[1] for line in text.splitlines() if line.startswith("from ")} - {"__future__"}
    assert imported <= sys.stdlib_module_names

"""The PDF of a bundle is the bundle: whoever has only it verifies everything, and reads the same figures."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from pypdf import PdfReader

from aurora_pipeline.foundation.period_key import MonthKey
from aurora_pipeline.statements.documents import statement_of
from aurora_pipeline.store.database import Database
from aurora_pipeline.work.bundles import statement_bundle
from aurora_pipeline_tests.proof.bundle.made import SEPTEMBER, close_two_months, key_file, sign_everything
from aurora_pipeline_tests.statements.books import CHAIN


@pytest.fixture(scope="module")
def files(shared_database: Database, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The bundle of acme's September, made twice."""
    books = close_two_months(shared_database)
    sign_everything(shared_database, key_file(tmp_path_factory.mktemp("log")))
    with shared_database.connect() as connection:
        found = statement_of(connection, "acme", MonthKey(CHAIN, SEPTEMBER))
        made, again = (statement_bundle(connection, books.configuration.chain(CHAIN), found) for _ in range(2))
    assert made == again
    return made


def verified(folder: Path, files: dict[str, bytes], pdf: bytes) -> subprocess.CompletedProcess[str]:
    """What the bundle's own verifier says of a PDF, run as a stranger runs it."""
    (folder / "verify.py").write_bytes(files["verify.py"])
    (folder / "statement.pdf").write_bytes(pdf)
    command = [sys.executable, "-I", "verify.py", "statement.pdf"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_pdf__alone__is_verified_by_the_verifier_that_came_with_it(files: dict[str, bytes], tmp_path: Path) -> None:
    ended = verified(tmp_path, files, files["statement.pdf"])
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_pdf__its_bundle_changed__is_refused(files: dict[str, bytes], tmp_path: Path) -> None:
    pdf = files["statement.pdf"]
    start = pdf.index(b"stream", pdf.index(b"EmbeddedFile"))
    places = range(start + 60, len(pdf), max(1, len(pdf) // 9))
    ended = [verified(tmp_path, files, pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]) for at in places]
    assert any(one.returncode for one in ended)
    assert not [one.stderr for one in ended if "Traceback" in one.stderr]


def test_pdf__its_page_and_its_data__say_the_same(files: dict[str, bytes]) -> None:
    pdf = PdfReader(io.BytesIO(files["statement.pdf"]), strict=True)
    (row,) = json.loads(files["statement.json"])["statement"]
    told = " ".join(page.extract_text() for page in pdf.pages)
    assert row["statement_digest"] in told
    for name in ("known_total", "payable", "closing"):
        whole, fraction = divmod(int(row[name]), 10**9)
        assert f"{whole:,}.{fraction:09d}" in told, name
    assert all(line in told for line in files["checkpoint"].decode().split())
    assert set(pdf.attachments) == {"statement.json", "bundle.zip"}
    assert pdf.attachments["statement.json"] == [files["statement.json"]]

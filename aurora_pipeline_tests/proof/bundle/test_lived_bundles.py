"""Bundles of a life that was lived: what older versions stored, and all that the demo's partners agreed, hold."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.proof.bundle.collecting import collect
from aurora_pipeline.proof.bundle.files import bundle_files
from aurora_pipeline.proof.bundle.log_view import load_log
from aurora_pipeline.proof.bundle.verify import verify
from aurora_pipeline.statements.documents import payable_statements
from aurora_pipeline.statements.stated import Stage
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline_tests.end_to_end.test_month_end import two_months
from aurora_pipeline_tests.proof.bundle.made import bundles, key_file, sign_everything
from aurora_pipeline_tests.proof.bundle.tampered import changed, corpus, with_manifest
from aurora_pipeline_tests.proof.bundle.test_verify import wrongly_told
from aurora_pipeline_tests.statements.books import CHAIN, Books
from aurora_pipeline_tests.store.kept_data import put_back, revision_of

KEPT = Path(__file__).parents[2] / "store" / "kept" / "0001.tar.xz"


def test_bundles__of_data_from_before_there_was_evidence__hold(server: EmbeddedPostgres, tmp_path: Path) -> None:
    name = f"kept_bundles_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with Database(server.dsn("postgres")).autocommit() as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
    database = Database(server.dsn(name))
    upgrade(database, revision_of(KEPT))
    with database.connect() as connection:
        put_back(connection, KEPT)
    upgrade(database)
    key = str(sign_everything(database, key_file(tmp_path)))
    found = bundles(database, Books(database).configuration)
    assert len(found) >= 3
    with database.connect() as connection:
        log = load_log(connection)
        chain = Books(database).configuration.chain(CHAIN)
        released = [one for one in payable_statements(connection, CHAIN) if one.stage is Stage.RELEASED]
        whole = bundle_files(collect(connection, chain, released[0], log, with_payloads=True), log, {})
    assert list(verify(whole, key).failures) == []
    _require_bytes_are_proven(whole, key)
    for files in found.values():
        report = verify(files, key)
        assert list(report.failures) == []
        assert len(report.checked) == 6
    database.let_go()


def _require_bytes_are_proven(files: dict[str, bytes], key: str) -> None:
    """Whoever changes a byte that a provider sent, a request, a status or a verdict, is refused."""
    bodies = [name for name in files if name.startswith("payloads/")]
    assert len(bodies) > 50
    body = bodies[7]
    changed_body = with_manifest({**files, body: files[body] + b" "})
    assert {file for file, *_ in verify(changed_body, key).failures} == {"payloads.json"}
    gone = with_manifest({name: data for name, data in files.items() if name != body})
    assert {(file, field) for file, _, field, _ in verify(gone, key).failures} == {("payloads.json", "response_hash")}
    for member, fields in (("answers", ("request", "status", "question")), ("fetches", ("verdict", "state", "reason"))):
        for field in fields:
            told = with_manifest(changed(files, "payloads.json", member, 0, field))
            assert any(file == "payloads.json" for file, *_ in verify(told, key).failures), field


@pytest.mark.slow
def test_bundles__of_the_demos_months__hold_and_what_is_changed_is_refused(tmp_path: Path) -> None:
    with two_months(tmp_path) as demo:
        key = str(sign_everything(demo.aurora.database, key_file(tmp_path)))
        found = bundles(demo.aurora.database, demo.aurora.configuration)
    assert len(found) == 3
    for files in found.values():
        assert list(verify(files, key).failures) == []
    some = min(found.values(), key=lambda files: len(files["lines.json"]))
    wrong = [words for case in list(corpus(some))[::20] if (words := wrongly_told(case, key)) is not None]
    assert not wrong, "\n".join(wrong)

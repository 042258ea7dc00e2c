"""verify.html refuses every case of the corpus of tampered bundles, and names it, as verify.py does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pytest

from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.proof.bundle.bundle_bytes import zipped
from aurora_pipeline_tests.proof.bundle.made import bundles, close_two_months, key_file, sign_everything
from aurora_pipeline_tests.proof.bundle.tampered import Tampered, corpus
from aurora_pipeline_tests.proof.bundle.verify_page import Page, Report, messages, needs_node, places


class Exported(NamedTuple):
    """The bundles of a database, and the key that signed them."""

    bundles: Mapping[str, Mapping[str, bytes]]
    key: str


@pytest.fixture(scope="module")
def exported(shared_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Acme's August and September."""
    books = close_two_months(shared_database)
    key = sign_everything(shared_database, key_file(tmp_path_factory.mktemp("log")))
    return Exported(bundles(shared_database, books.configuration), str(key))


@needs_node
def test_exported_bundles_hold(page: Page, exported: Exported) -> None:
    reports = page.verify([zipped(dict(files)) for files in exported.bundles.values()], keys=[exported.key])
    assert [messages(report) for report in reports] == ["", ""]


@needs_node
def test_some_of_the_corpus_is_refused_and_named(page: Page, exported: Exported) -> None:
    check(page, exported.key, list(corpus(exported.bundles["acme 2026-09"]))[::29])


@pytest.mark.slow
@needs_node
def test_the_whole_corpus_is_refused_and_named(page: Page, exported: Exported) -> None:
    check(page, exported.key, list(corpus(exported.bundles["acme 2026-08"])))


def check(page: Page, key: str, cases: Sequence[Tampered]) -> None:
    reports = page.verify([zipped(dict(case.files)) for case in cases], keys=[key])
    wrong = [told for case, report in zip(cases, reports, strict=True) if (told := wrongly(case, report))]
    assert not wrong, f"{len(wrong)}\n" + "\n".join(wrong[:40])


def wrongly(case: Tampered, report: Report) -> str | None:
    """What is wrong about how a case is told; None: it is refused, and named as it should be."""
    if report["good"]:
        return f"{case.name}: it holds"
    found = report["findings"]
    if not any(one.get("file") == case.file and case.field in (None, one.get("field")) for one in found):
        return f"{case.name}: not {case.file} {case.field or ''} is named, but {places(report)[:4]}"
    if any("could not be checked" in one["message"] for one in found):
        return f"{case.name}: no reason is named: {messages(report)[:200]}"
    return None

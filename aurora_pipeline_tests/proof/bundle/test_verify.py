"""The verifier of bundles: what holds is accepted, and whatever was changed is refused by its name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from aurora_pipeline.agreements.partners import rename
from aurora_pipeline.agreements.tables import COMMISSION_OVERRIDES, Series
from aurora_pipeline.proof.bundle.verify import verify
from aurora_pipeline.statements.transitions.opening import import_openings
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.decided import decide
from aurora_pipeline_tests.proof.bundle import made as made_module
from aurora_pipeline_tests.proof.bundle.bundle_bytes import zipped
from aurora_pipeline_tests.proof.bundle.made import (
    AUGUST,
    SEPTEMBER,
    bundles,
    close_two_months,
    key_file,
    sign_everything,
)
from aurora_pipeline_tests.proof.bundle.resigned_cases import cases_of
from aurora_pipeline_tests.proof.bundle.tampered import Tampered, changed_fields, corpus
from aurora_pipeline_tests.proof.bundle.test_resigned import judged
from aurora_pipeline_tests.proof.bundle.verify_page import NODE, Page, messages, needs_node
from aurora_pipeline_tests.statements import books as books_module
from aurora_pipeline_tests.statements import computed_books as computed_books_module
from aurora_pipeline_tests.statements.books import CHAIN
from aurora_pipeline_tests.statements.computed_books import ComputedBooks


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


def test_verify__as_written__holds_with_the_key_and_without(exported: Exported) -> None:
    assert list(exported.bundles) == ["acme 2026-08", "acme 2026-09"]
    for files in exported.bundles.values():
        assert not verify(dict(files), exported.key).failures
        assert not verify(dict(files)).failures


@pytest.mark.parametrize(("period", "every"), [pytest.param("2026-08", 3, marks=pytest.mark.slow), ("2026-09", 10)])
def test_verify__every_case_of_the_corpus__is_refused_and_named(exported: Exported, period: str, every: int) -> None:
    cases = list(corpus(exported.bundles[f"acme {period}"]))
    assert len({case.name for case in cases}) == len(cases) > 500
    wrong = [words for case in cases[::every] if (words := wrongly_told(case, exported.key)) is not None]
    assert not wrong, "\n".join(wrong)


def wrongly_told(case: Tampered, key: str) -> str | None:
    """What is wrong about how a case is told; None: it is refused, and named as it should be."""
    failures = verify(dict(case.files), key).failures
    if not failures:
        return f"{case.name}: it holds"
    if any(file == case.file and case.field in (None, field) for file, _, field, _ in failures):
        return None
    told = [f"{file} {where} {field}" for file, where, field, _ in failures][:4]
    return f"{case.name}: not {case.file} {case.field or ''} is named, but {told}"


def test_verify__a_partner_paid_by_epoch_and_then_by_month__holds_in_both_verifiers(
    database: Database, page: Page, tmp_path: Path
) -> None:
    books = ComputedBooks(database)
    books.begin()
    books.pay_by("acme", Series.EPOCH, AUGUST)
    books.pay_by("acme", Series.MONTH, SEPTEMBER)
    for epoch, amount in ((850, 100), (851, 50), (852, 70)):
        books.set(epoch, "acme", "a1", amount)
    books.live(AUGUST, SEPTEMBER)
    books.settle()
    books.freeze("acme", "0000850")
    books.set(850, "acme", "a1", 77)
    books.publish(850)
    for period in ("0000851", SEPTEMBER):
        books.settle()
        books.freeze("acme", period)
    key = str(sign_everything(database, key_file(tmp_path)))
    found = bundles(database, books.configuration)
    assert list(found) == ["acme 0000850", "acme 0000851", "acme 2026-09"]
    for files in found.values():
        assert list(verify(files, key).failures) == []
    some = list(changed_fields(found["acme 0000851"]))[::5]
    assert [words for case in some if (words := wrongly_told(case, key)) is not None] == []
    if NODE is not None:
        reports = page.verify([zipped(files) for files in found.values()], keys=[key])
        assert [messages(report) for report in reports] == ["", "", ""]
        for files in (found["acme 0000851"], found["acme 2026-09"]):
            assert judged(page, files, list(cases_of(files, 1))[::29])[0] == []


@needs_node
def test_verify__after_overrides_a_rename_corrected_terms_and_a_line_that_is_gone__holds_in_both_verifiers(
    database: Database, page: Page, tmp_path: Path
) -> None:
    books = ComputedBooks(database, floor=5000)
    books.begin()
    balances = tmp_path / "balances.csv"
    balances.write_text(f"partner,chain_id,opening,paid_through\nacme,{CHAIN},-40 lamports,2026-07\n")
    import_openings(database, balances, "ann", "cut-over")
    own = {"agreement_id": "acme-1", "rule_key": "r", "chain_id": CHAIN, "wallet_address": "", "computed_seen": None}
    line = own | {"target": "LINE", "epoch": 852, "validator_key": "a1", "amount": 999, "revision": 1}
    total = own | {"target": "RULE", "epoch": 853, "validator_key": "", "amount": 77, "revision": 1}
    with database.connect() as connection:
        decide(connection, COMMISSION_OVERRIDES, line, total)
    for epoch, amount in ((850, 100), (851, 50), (852, 700), (853, 41)):
        books.set(epoch, "acme", "a1", amount)
        books.set(epoch, "acme", "a2", 2 * amount)
        books.set(epoch, "brook", "b1", 9 * amount)
    books.live(AUGUST)
    books.settle()
    books.freeze("acme", AUGUST)
    rename(database, "acme", "Acme & Sons", "ann", "they said so")
    books.remove(850, "acme", "a2")
    books.set(850, "brook", "b1", 1)
    books.set(851, "acme", "a1", None)
    for epoch in (850, 851):
        books.publish(epoch)
    books.settle()
    books.freeze("brook", AUGUST)
    books.correct("brook", 2)
    books.live(AUGUST, SEPTEMBER)
    books.settle()
    for partner in ("acme", "brook"):
        books.freeze(partner, SEPTEMBER)
    key = str(sign_everything(database, key_file(tmp_path)))
    found = bundles(database, books.configuration)
    assert [json.loads(files["statement.json"])["statement"][0]["partner_name"] for files in found.values()] == [
        "Acme",
        "Acme & Sons",
        "Brook",
        "Brook",
    ]
    entries = json.loads(found["acme 2026-09"]["statement.json"])["entries"]
    assert None in [row["agreement_version"] for row in entries]
    terms = json.loads(found["acme 2026-09"]["agreements.json"])
    assert (len(terms["commission_overrides"]), len(terms["statement_openings"])) == (2, 1)
    assert [list(verify(files, key).failures) for files in found.values()] == [[]] * 4
    reports = page.verify([zipped(files) for files in found.values()], keys=[key])
    assert [messages(report) for report in reports] == [""] * 4


@needs_node
def test_verify__statements_on_ethereum__hold_in_both_verifiers_and_are_refused_where_they_contradict_themselves(
    database: Database, page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (books_module, computed_books_module, made_module):
        monkeypatch.setattr(module, "CHAIN", "ethereum-demo")
    books = close_two_months(database)
    key = str(sign_everything(database, key_file(tmp_path)))
    found = bundles(database, books.configuration, ["ethereum-demo"])
    assert [json.loads(files["statement.json"])["about"]["native_unit"] for files in found.values()] == ["ETH", "ETH"]
    assert [list(verify(files, key).failures) for files in found.values()] == [[], []]
    reports = page.verify([zipped(files) for files in found.values()], keys=[key])
    assert [messages(report) for report in reports] == ["", ""]
    september = found["acme 2026-09"]
    assert judged(page, september, list(cases_of(september, 1))[::31])[0] == []

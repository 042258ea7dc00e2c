"""Whoever holds the key and signs a bundle again that contradicts itself is refused, by both verifiers.

Every field of every list is changed, one by one, and everything that commits to it is made again by the right key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aurora_pipeline.proof.bundle.verify import verify
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.proof.bundle.bundle_bytes import PAGE, zipped
from aurora_pipeline_tests.proof.bundle.made import bundles, close_two_months, key_file, sign_everything
from aurora_pipeline_tests.proof.bundle.made_bundles import MadeBundle
from aurora_pipeline_tests.proof.bundle.resigned_cases import UNDETERMINED, cases_of, is_undetermined
from aurora_pipeline_tests.proof.bundle.resigning import Place, resigned
from aurora_pipeline_tests.proof.bundle.verify_page import Page, messages, needs_node

KEY = Ed25519PrivateKey.from_private_bytes(b"the operator's key, 32 bytes   .")
_AT_ONCE = 100
_IN_THE_FAST_SUITE = 19
"""Of so many cases one is tried each time; the slow suite tries them all."""

_IN_OTHER_BUNDLES = {"partner_series", "statement_openings", "fetches", "answers"}
_IN_OTHER_ROWS = {
    "agreement_events.status",
    "agreement_rule_tiers.rate_bps",
    "agreement_rule_tiers.up_to",
    "partner_minimum_payouts.minimum_payout",
    "periods.last_block_slot",
    "snapshots.content_digest",
    "snapshots.previous_hash",
    "withheld.index",
}
"""Columns of which no value that these cases change can be another one; the demo's bundles have some."""


@needs_node
def test_a_bundle_that_is_only_signed_again_holds(page: Page, made: MadeBundle) -> None:
    files = resigned(made.files, KEY, {})
    assert list(verify(files).failures) == []
    assert messages(page.one(zipped(files))) == ""


@needs_node
def test_some_contradictions_are_refused_by_both(page: Page, made: MadeBundle) -> None:
    cases = list(cases_of(made.files, 2))
    assert len({case[0][1::2] for case in cases}) > 250
    wrong, _ = judged(page, made.files, cases[::_IN_THE_FAST_SUITE])
    assert wrong == []


@pytest.mark.slow
@needs_node
def test_every_contradiction_is_refused_by_both(page: Page, shared_database: Database, tmp_path: Path) -> None:
    books = close_two_months(shared_database)
    sign_everything(shared_database, key_file(tmp_path))
    exported = bundles(shared_database, books.configuration)["acme 2026-09"]
    accepted: set[tuple[str, str]] = set()
    for files, rows in ((MadeBundle().files, 2), (exported, 1)):
        wrong, held = judged(page, files, list(cases_of(files, rows)))
        assert wrong == []
        accepted |= held
    listed = {
        f"{name}.{field}"
        for lists, of in UNDETERMINED.items()
        for name in lists.split()
        for fields in of
        for field in fields.split()
    }
    unseen = listed - {f"{name}.{field}" for name, field in accepted}
    assert {one for one in unseen if one.split(".")[0] not in _IN_OTHER_BUNDLES} <= _IN_OTHER_ROWS


def test_the_page_lists_what_nothing_determines() -> None:
    text = PAGE.read_text(encoding="utf-8").split("\n## 11.")[1]
    told = re.findall(r"^\| (`.+`) \| (`.+`) \| (.+) \|$", text, re.MULTILINE)
    listed = [(lists, fields, why) for lists, of in UNDETERMINED.items() for fields, why in of.items()]
    assert [(_words(lists), _words(fields), why) for lists, fields, why in told] == listed


def _words(cell: str) -> str:
    return " ".join(re.findall(r"`(\w+)`", cell))


def judged(
    page: Page, files: Mapping[str, bytes], cases: Sequence[tuple[Place, Any]]
) -> tuple[list[str], set[tuple[str, str]]]:
    """What is wrong about how both verifiers judge some cases; and the columns of which they accept one."""
    wrong: list[str] = []
    accepted: set[tuple[str, str]] = set()
    for start in range(0, len(cases), _AT_ONCE):
        some = cases[start : start + _AT_ONCE]
        signed = [resigned(files, KEY, {place: value}) for place, value in some]
        for (place, value), told, report in zip(some, signed, page.verify(list(map(zipped, signed))), strict=True):
            failures, holds = verify(told).failures, report["good"]
            case = f"{place} = {value!r}"
            if holds == bool(failures):
                wrong.append(f"{case}: the page {'accepts' if holds else 'refuses'} it, verify.py does not")
            if "could not be checked" in messages(report):
                wrong.append(f"{case}: {messages(report)}")
            if holds:
                accepted.add((place.list, place.field))
                if not is_undetermined(place.list, place.field):
                    wrong.append(f"{case}: both accept it")
    return wrong, accepted

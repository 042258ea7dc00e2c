"""verify.html: whole by itself, and it refuses whatever was changed, by name.

Its script runs under Node; without Node these tests are skipped.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence

import pytest

from aurora_pipeline_tests.proof.bundle.bundle_bytes import Row, compact, record, root, sha, texts, vkey, zipped
from aurora_pipeline_tests.proof.bundle.made_bundles import MadeBundle
from aurora_pipeline_tests.proof.bundle.verify_page import (
    PAGE,
    Files,
    Page,
    Report,
    messages,
    needs_node,
    pdf_with,
    places,
    resealed,
    told_places,
)

# The page by itself


def test_the_page_allows_nothing_but_its_own_script_and_style() -> None:
    text = PAGE.read_text(encoding="utf-8")
    parts = {tag: re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL) for tag in ("script", "style")}
    for tag, found in parts.items():
        assert found
        digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in text, (
            f"the page's policy has to name the hash of its {tag}: 'sha256-{digest}'"
        )
    assert "default-src 'none'" in text
    assert "unsafe" not in text
    assert text.count("<script") == text.count("<style") == 1


def test_the_page_names_no_address_and_makes_no_markup_of_data() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
        "new Function",
        "fetch(",
        "XMLHttpRequest",
        "WebSocket",
        "http:",
        "https:",
        "import(",
        " src=",
        "href=",
        "localStorage",
        "cookie",
    ):
        assert word not in text, word


# Good bundles


@needs_node
def test_good_bundles_hold_however_they_are_packed(page: Page, made: MadeBundle) -> None:
    stored, deflated = zipped(made.files, zipfile.ZIP_STORED), zipped(made.files)
    reports = page.verify(
        [stored, deflated, pdf_with(deflated), pdf_with(stored, packed=True), zipped(MadeBundle(5, seed=9).files)]
    )
    assert [messages(report) for report in reports] == [""] * 5
    assert all(report["good"] for report in reports)
    words = " ".join(step["words"] for step in reports[0]["steps"])
    assert "30 lines computed again" in words
    assert "Merkle trees" in words
    assert ["Payable", coins(made)] in reports[0]["facts"]


def coins(made: MadeBundle) -> str:
    return f"{int(str(made.lists['statement'][0]['payable'])) / 10**9:.9f}".rstrip("0") + " SOL"


@needs_node
def test_names_of_any_script_and_spreadsheet_formulas_hold(page: Page) -> None:
    made = MadeBundle(1, partner_name='=1+"<script>alert(1)</script>", \U0001f600 \u05d0\u65e5\r\n\x01')
    assert messages(page.one(zipped(made.files))) == ""


# What was changed is named, with the manifest as it was


_ROWS = 8
"""So many rows of a list are changed, from its beginning and its end; at_length changes all of them."""


def fields_of(made: Files, most: int = _ROWS) -> Iterator[tuple[str, str, int, str]]:
    for name in sorted(made):
        if name.endswith(".json"):
            for list_name, rows in json.loads(made[name]).items():
                every = list(enumerate(rows if isinstance(rows, list) else [rows]))
                for at, row in every if len(every) <= most else (*every[: most - 2], *every[-2:]):
                    yield from ((name, list_name, at, one) for one in row)


def other_value(value: object) -> object:
    if isinstance(value, bool):
        return not value
    if isinstance(value, list):
        return value[:-1] if value else ["7"]
    if value is None:
        return "1"
    text = str(value)
    if re.fullmatch(r"-?[0-9]+", text):
        return str(int(text) + 1)
    if text[:1].isdigit() and text.endswith("Z"):
        return text.replace("000000Z", "000001Z")
    return ("0" if text[:1] != "0" else "1") + text[1:] if re.fullmatch(r"[0-9a-f]{16,64}", text) else text + "x"


def with_field(made: Files, name: str, list_name: str, at: int, one: str) -> bytes:
    document = json.loads(made[name])
    rows = document[list_name] if isinstance(document[list_name], list) else [document[list_name]]
    rows[at][one] = other_value(rows[at][one])
    return (compact(document) + "\n").encode()


def one_of_each_field(made: Files) -> list[tuple[str, str, int, str]]:
    """A row of every list and field, chosen by chance."""
    every: dict[tuple[str, str, str], list[int]] = {}
    for name, list_name, at, one in fields_of(made):
        every.setdefault((name, list_name, one), []).append(at)
    chance = random.Random(7)
    return [(name, list_name, chance.choice(rows), one) for (name, list_name, one), rows in every.items()]


def is_proven(place: tuple[str, str, int, str]) -> bool:
    """Units are for people; a snapshot's version only says which columns its rows have (§5)."""
    return place[1] != "about" and place[0] != "manifest.json" and (place[1], place[3]) != ("snapshots", "version")


def named(place: tuple[str, str, int, str]) -> str:
    return f"{place[0]} {place[1]}[{place[2]}].{place[3]}"


@needs_node
def test_a_changed_field_is_named(page: Page, made: MadeBundle) -> None:
    changed = random.Random(5).sample(one_of_each_field(made.files), 40)
    reports = page.verify([zipped(made.files | {place[0]: with_field(made.files, *place)}) for place in changed])
    unseen = [
        named(place)
        for place, report in zip(changed, reports, strict=True)
        if report["good"] or not is_named(place, report)
    ]
    assert not unseen


def is_named(place: tuple[str, str, int, str], report: Report) -> bool:
    return (
        any(found.startswith("manifest.json") for found in places(report))
        if place[0] == "manifest.json"
        else named(place) in places(report)
    )


@needs_node
def test_a_changed_field_is_refused_even_where_the_manifest_says_the_same(page: Page, made: MadeBundle) -> None:
    changed = random.Random(3).sample([place for place in one_of_each_field(made.files) if is_proven(place)], 40)
    reports = page.verify([resealed(made.files, **{place[0]: with_field(made.files, *place)}) for place in changed])
    assert [named(place) for place, report in zip(changed, reports, strict=True) if report["good"]] == []
    assert all(finding["file"] for report in reports for finding in report["findings"])


@pytest.mark.slow
@needs_node
def test_fields_of_the_first_and_last_rows_are_named_and_refused(page: Page, made: MadeBundle) -> None:
    fields = [place for place in fields_of(made.files) if place[0] != "manifest.json"]
    # The corpus changes every field of another bundle; here each is changed with a manifest that fits as well.
    assert unseen_fields(page, made, fields[::3]) == []


def unseen_fields(page: Page, made: MadeBundle, changed: Sequence[tuple[str, str, int, str]]) -> list[str]:
    """Of fields that are changed one by one, those that are not named; or not refused where the manifest fits."""
    reports = page.verify([zipped(made.files | {place[0]: with_field(made.files, *place)}) for place in changed])
    found = [
        named(place)
        for place, report in zip(changed, reports, strict=True)
        if report["good"] or named(place) not in places(report)
    ]
    proven = [place for place in changed if is_proven(place)]
    reports = page.verify([resealed(made.files, **{place[0]: with_field(made.files, *place)}) for place in proven])
    return found + [f"{named(place)} held" for place, report in zip(proven, reports, strict=True) if report["good"]]


@needs_node
def test_files_that_are_gone_new_cut_or_swapped_are_named(page: Page, made: MadeBundle) -> None:
    whole, names = made.files, sorted(made.files)
    gone = [zipped({name: data for name, data in whole.items() if name != one}) for one in names]
    cut = [zipped(whole | {one: whole[one][:-1]}) for one in names]
    swapped = [zipped(whole | {one: whole[names[at - 1]], names[at - 1]: whole[one]}) for at, one in enumerate(names)]
    for bundles in (gone, cut, swapped):
        for one, report in zip(names, page.verify(bundles), strict=True):
            assert not report["good"]
            assert any(place.startswith(one) for place in places(report)), (one, places(report))
    report = page.one(zipped(whole | {"statement.pdf": b"%PDF-"}))
    assert places(report) == ["statement.pdf", "manifest.json hashes.file"]
    thorough = page.verify(
        [
            resealed({name: data for name, data in whole.items() if name != one})
            for one in names
            if one != "manifest.json"
        ]
    )
    assert [report["good"] for report in thorough] == [False] * (len(names) - 1)


@needs_node
def test_rows_that_are_gone_new_or_moved_are_named(page: Page, made: MadeBundle) -> None:
    document = json.loads(made.files["lines.json"])
    rows = document["lines"]
    cases = {
        "lines.json lines[3]": rows[:3] + rows[4:],
        "lines.json lines[5]": [*rows[:5], rows[4], *rows[5:]],
        "lines.json lines[6]": [*rows[:6], rows[7], rows[6], *rows[8:]],
    }
    bundles = [(compact(document | {"lines": changed}) + "\n").encode() for changed in cases.values()]
    for place, report in zip(
        cases, page.verify([zipped(made.files | {"lines.json": data}) for data in bundles]), strict=True
    ):
        assert place in places(report)
    assert not any(
        report["good"] for report in page.verify([resealed(made.files, **{"lines.json": data}) for data in bundles])
    )


@needs_node
def test_a_withheld_line_shows_no_salt_by_which_its_reason_could_be_guessed(page: Page, made: MadeBundle) -> None:
    document = json.loads(made.files["lines.json"])
    at = next(at for at, row in enumerate(document["lines"]) if row["held"])
    document["lines"][at]["salt"] = "00" * 32
    report = page.one(resealed(made.files, **{"lines.json": (compact(document) + "\n").encode()}))
    assert f"lines.json lines[{at}].salt" in places(report)


@needs_node
def test_a_cell_of_a_spreadsheet_is_named(page: Page, made: MadeBundle) -> None:
    lines = made.files["lines.csv"].decode().split("\n")
    cells = lines[3].split(",")
    cells[2] += "x"
    data = "\n".join([*lines[:3], ",".join(cells), *lines[4:]]).encode()
    for report in page.verify([zipped(made.files | {"lines.csv": data}), resealed(made.files, **{"lines.csv": data})]):
        assert places(report) == ["lines.csv rows[2].epoch"]


@needs_node
@pytest.mark.parametrize("cells", [",x" * 2, "x" * 200_000, "\0", "\r"])
def test_a_spreadsheet_that_none_can_be_is_named_by_both(page: Page, made: MadeBundle, cells: str) -> None:
    lines = made.files["lines.csv"].decode().split("\n")
    for row in (0, 1, 3):
        data = "\n".join([*lines[:row], lines[row] + cells, *lines[row + 1 :]]).encode()
        changed = made.files | {"lines.csv": data}
        for told in (told_places(changed), places(page.one(zipped(changed)))):
            assert any(place.startswith("lines.csv") for place in told), row


@needs_node
def test_the_heading_of_an_empty_spreadsheet_is_named(page: Page) -> None:
    def without_entries(made: MadeBundle) -> None:
        made.lists["entries"].clear()
        snapshot = next(one for one in made.snapshots.values() if one.asset == "monthly_statement_entries")
        snapshot.rows.clear()
        statement = made.lists["statement"][0]
        known = int(str(statement["lines"]))
        statement.update(adjustments=0, total=known, known_total=known, payable=known)
        made.finish(statement)

    whole = MadeBundle(edit=without_entries).files
    good, changed = page.verify(
        [zipped(whole), zipped(whole | {"entries.csv": whole["entries.csv"].replace(b"m", b"l", 1)})]
    )
    assert messages(good) == ""
    assert places(changed) == ["entries.csv"]


# Figures that were signed and are wrong


def edit_line(**values: object) -> Callable[[MadeBundle], None]:
    def edit(made: MadeBundle) -> None:
        row = next(
            row
            for row in made.lists["lines"]
            if row["rule_key"] == values.get("rule_key", "tips") and row["kind"] == "LINE"
        )
        row.update(values)
        made.finish(made.lists["statement"][0])

    return edit


def edit_list(name: str, at: int = 0, **values: object) -> Callable[[MadeBundle], None]:
    def edit(made: MadeBundle) -> None:
        made.lists[name][at].update(values)
        for one in ("previous", "statement"):
            made.finish(made.lists[one][0])

    return edit


SIGNED_WRONG = {
    "lines.json lines[8].base": edit_line(base=5),
    "lines.json lines[8].revenue": edit_line(revenue=5),
    "lines.json lines[8].computed": edit_line(computed=5),
    "lines.json lines[8].final": edit_line(final=5),
    "lines.json lines[8].override": edit_line(override=0, final=0),
    "lines.json lines[8].rate_bps": edit_line(rate_bps=501),
    "lines.json lines[8].funded_by": edit_line(funded_by="COMMISSION"),
    "lines.json lines[8].agreement_version": edit_line(agreement_version=2),
    "lines.json lines[0].wallet_weight": edit_line(rule_key="stake", wallet_weight=1),
    "lines.json lines[0].loss_after": edit_line(rule_key="stake", loss_after=10**9),
    "lines.json lines[0].weight": edit_line(rule_key="stake", weight=1),
    "lines.json lines[0].weight_whole": edit_line(rule_key="stake", weight_whole=1),
    "lines.json lines[5].rule_amount": edit_line(rule_key="tiers", rule_amount=1),
    "lines.json lines[5].rule_base": edit_line(rule_key="tiers", rule_base=1),
    "lines.json rules[0].base": edit_list("rules", base=1),
    "lines.json rules[1].cap_start": edit_list("rules", 1, cap_start=1),
    "statement.json epochs[0].known_total": edit_list("epochs", known_total=1),
    "statement.json epochs[0].line_count": edit_list("epochs", line_count=1),
    "statement.json statement[0].opening": edit_list("statement", opening=1),
    "statement.json statement[0].lines": edit_list("statement", lines=1),
    "statement.json statement[0].payable": edit_list("statement", payable=1),
    "statement.json statement[0].closing": edit_list("statement", closing=1),
    "statement.json statement[0].adjustments": edit_list("statement", adjustments=0),
    "statement.json statement[0].minimum_payout": edit_list("statement", minimum_payout=10**12),
    "statement.json statement[0].total": edit_list("statement", total=None),
    "statement.json entries[0].amount": edit_list("entries", amount=7),
    "statement.json previous[0].number": edit_list("previous", number=3),
}


@needs_node
def test_a_wrong_figure_is_found_though_it_was_signed(page: Page) -> None:
    reports = page.verify([zipped(MadeBundle(edit=edit).files) for edit in SIGNED_WRONG.values()])
    assert [place for place, report in zip(SIGNED_WRONG, reports, strict=True) if place not in places(report)] == []


# With --payloads


def with_payloads(made: MadeBundle) -> None:
    """A fetch of two answers behind the first lines, as digests.md §4 tells its digest."""
    bodies = [b'{"jsonrpc":"2.0","result":[],"id":1}', b"\x00\xff"]
    answers: list[Row] = [
        {
            "request_key": f"getBlock {at}",
            "question": "",
            "request": "{}",
            "status": "200",
            "response_hash": sha(body).hex(),
        }
        for at, body in enumerate(bodies)
    ]
    leaves = [sha(b"\0", record(("t", "aurora.response.2"), *of_answer(answer))) for answer in answers]
    told = texts("aurora.fetch.2", "solana_rpc", "final", "TOLD", None, root(leaves).hex())
    digest = sha(record(*told)).hex()
    lines = next(one for one in made.snapshots.values() if one.asset == "partner_commission_lines")
    made.input(lines, "fetch", "fees/1", digest)
    fetch = {"snapshot": lines.id, "name": "fees/1", "kind": "solana_rpc", "state": "final", "verdict": "TOLD"}
    document = {
        "fetches": [fetch | {"reason": None, "fetch_digest": digest}],
        "answers": [{"fetch_digest": digest, **answer} for answer in answers],
    }
    made.payloads = {"payloads.json": (compact(document) + "\n").encode()}
    made.payloads |= {f"payloads/{sha(body).hex()}": body for body in bodies}


def of_answer(answer: Row) -> list[tuple[str, object]]:
    return [("i" if name == "status" else "t", value) for name, value in answer.items()]


@needs_node
def test_answers_of_providers_are_checked_too(page: Page) -> None:
    whole = MadeBundle(edit=with_payloads).files
    body = next(name for name in whole if name.startswith("payloads/"))
    other = whole["payloads.json"].replace(b'"status":"200"', b'"status":"500"', 1)
    good, changed, gone, forged = page.verify(
        [
            zipped(whole),
            resealed(whole, **{body: b"x"}),
            resealed({name: data for name, data in whole.items() if name != body}),
            resealed(whole, **{"payloads.json": other}),
        ]
    )
    assert messages(good) == ""
    assert places(changed) == [body]
    assert places(gone) == ["payloads.json answers[0].response_hash"]
    assert places(forged) == ["payloads.json fetches[0].fetch_digest"]


# Keys and earlier checkpoints


@needs_node
def test_a_key_that_was_given_counts(page: Page, made: MadeBundle) -> None:
    other = MadeBundle(seed=2)
    good, own = zipped(made.files), vkey(made.origin, made.key)
    assert page.one(good, keys=[own])["good"]
    assert "is not signed by the key that you were given" in messages(
        page.one(good, keys=[vkey(other.origin, other.key)])
    )
    assert "no key like" in messages(page.one(good, keys=["rubbish"]))


@needs_node
def test_an_earlier_checkpoint_catches_a_history_that_was_rewritten(page: Page, made: MadeBundle) -> None:
    good = zipped(made.files)
    assert page.one(good, previous=made.earlier_checkpoint(16))["good"]
    assert page.one(good, previous=made.files["checkpoint"])["good"]
    assert "no row for its size" in messages(page.one(good, previous=made.earlier_checkpoint(15)))
    rewritten = MadeBundle(edit=edit_list("rules", base=1))
    rewritten.log[3] = bytes(32)
    assert "HISTORY WAS REWRITTEN" in messages(page.one(good, previous=rewritten.earlier_checkpoint(16)))
    assert "is not signed by" in messages(page.one(good, previous=MadeBundle(seed=2).earlier_checkpoint(16)))
    assert not page.one(good, previous=b"rubbish")["good"]

"""Statements on paper: what the pages say, what is attached, the same bytes everywhere, and any name anybody has."""

from __future__ import annotations

import hashlib
import io
import os
import re
import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from aurora_pipeline.config.letterhead import Paper
from aurora_pipeline.foundation.money import amount
from aurora_pipeline.foundation.said_amounts import grouped, trimmed
from aurora_pipeline.statements.export.errors import LogoRefused
from aurora_pipeline.statements.export.logo import Logo, read_logo
from aurora_pipeline.statements.export.pdf import Attachment, statement_pdf
from aurora_pipeline.statements.export.printed import printed
from aurora_pipeline.statements.stated import Stage
from aurora_pipeline_tests.statements.paper import shown

FIGURES = Attachment("statement.json", b'{"total": "1"}\n', "application/json", "the figures", is_source=True)
NASTY = (
    '#panic("x") #read("/etc/passwd") `code` $x^2$ *b* _i_ @ref <label> // c /* d */ ] } " \\ #{ --- https://x.example'
)


def read(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf), strict=True)


def words(pdf: bytes) -> str:
    """All that the pages say, in one line, without the marks that keep a name's direction and let it break."""
    told = " ".join(page.extract_text() for page in read(pdf).pages)
    return " ".join(re.sub("[\u2060-\u206f\u200b]", "", told).split())


def paper(count: int = 24, **how: Any) -> bytes:
    return statement_pdf(printed(shown(count, **how)), [FIGURES])


def test_pages__of_a_statement__say_parties_period_balance_lines_and_everything_behind_them() -> None:
    told = words(paper())
    for said in (
        "Aurora Validators SA", "1204 Genève", "CHE-123.456.789 MWST", "partners@aurora.example",
        "Commission statement no. 3", "Northwind Staking Ltd", "August 2026, epochs 850 to 851",
        "2026-08-01 00:00 to 2026-09-01 03:04 UTC", "Opening balance 0.123456789", "Payable",
        "COMMISSION northwind-2026/commission version 2", "2 of 3", "5.50 %", "floor(base × 550 / 10000)",
        "min(9000, 9500) - 9500 = -500", "CAP REDUCTION", "held: lines claim 0.000000300 SOL more than MEV_TIPS holds",
        "pending: the provider has not told the rewards yet", "not known", "overridden: computed",
        "OVERRIDE: override was none, is 0.000000175 (ann: agreed by mail)", "DATA:", "TOP-UP:", "settles the dispute",
        "decided by sam", "ACCEPTED", "OPEN", "paula", "you are right", "Not answered yet",
        "Held or missing, counted 0", "released rob", "3" * 64, "page 1 of",
    ):  # fmt: skip
        assert said in told, said
    assert "For information only" not in told
    assert "Draft" not in told


def test_pages__sums__are_those_of_the_lines_that_count() -> None:
    told = shown()
    lines = [one for one in told.document.lines if one["final"] is not None and not one["held"]]
    content = printed(told)
    assert content["summary"][-1] == [
        "All",
        *(grouped(amount(sum(o["final"] for o in lines if o["component"] == c)), 9) for c in content["columns"]),
        grouped(amount(sum(one["final"] for one in lines)), 9),
    ]
    assert content["balance"][1][1] == content["summary"][-1][-1]
    rows = [row for one in content["validators"] for part in one["parts"] for row in part["rows"]]
    assert len(rows) == len(told.document.lines)


@pytest.mark.parametrize(
    ("stage", "is_payable", "warned"),
    [
        (Stage.DRAFT, True, "Draft: nobody has approved it"),
        (Stage.PENDING_APPROVAL, True, "Submitted and not approved yet"),
        (Stage.APPROVED, True, "Approved and not released yet"),
        (Stage.DRAFT, False, "For information only: nothing is paid"),
        (Stage.PAID, True, "paid rob 0.000001500 SOL to W, R, T"),
    ],
)
def test_pages__of_a_statement_that_is_not_to_be_paid_as_it_is__say_so(
    stage: Stage, is_payable: bool, warned: str
) -> None:
    assert warned in words(paper(stage=stage, is_payable=is_payable))


def test_pdf__its_format__is_archivable_and_carries_its_figures() -> None:
    zipped = Attachment("bundle.zip", bytes(range(256)) * 4, "application/zip", "the proof")
    pdf = read(statement_pdf(printed(shown()), [FIGURES, zipped]))
    assert {name: files[0] for name, files in pdf.attachments.items()} == {
        "statement.json": FIGURES.body,
        "bundle.zip": zipped.body,
    }
    metadata = cast("Any", pdf.root_object["/Metadata"]).get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in metadata
    related = [one.get_object() for one in cast("Any", pdf.root_object["/AF"])]
    assert {one["/UF"]: one["/AFRelationship"] for one in related} == {
        "statement.json": "/Source",
        "bundle.zip": "/Supplement",
    }


def test_pages__a4_and_letter__have_their_size() -> None:
    for size, points in ((Paper.A4, (595, 842)), (Paper.LETTER, (612, 792))):
        (box, *_) = [page.mediabox for page in read(statement_pdf(printed(shown(4)), paper=size)).pages]
        assert (round(box.width), round(box.height)) == points


_AGAIN = """
import hashlib, sys
from aurora_pipeline_tests.statements.test_paper import nasty_paper
print(hashlib.sha256(nasty_paper()).hexdigest())
"""


def nasty_paper() -> bytes:
    """A statement with much of everything."""
    return paper(60, validators=("日本バリデーター", "שלום", "مدقق 😀"), words=NASTY, partner="Zürich ₿ 𓀀")


def test_bytes__in_other_processes_time_zones_and_languages__are_the_same() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", _AGAIN], env={**os.environ, **other}, capture_output=True, text=True, check=True
        ).stdout.strip()
        for other in ({"TZ": "Asia/Tokyo", "LC_ALL": "de_DE.UTF-8"}, {"TZ": "America/New_York", "LC_ALL": "C"})
    ]
    assert told == 2 * [hashlib.sha256(nasty_paper()).hexdigest()]


def test_bytes__of_another_figure_or_attachment__are_others() -> None:
    told = shown(4)
    one = statement_pdf(printed(told), [FIGURES])
    assert one == statement_pdf(printed(told), [FIGURES])
    assert one != statement_pdf(printed(told), [replace(FIGURES, body=b"{}")])
    assert one != statement_pdf(printed(told) | {"partner": "Southwind"}, [FIGURES])


def test_pages__what_people_wrote__stands_there_as_written_and_is_never_read_as_markup() -> None:
    pdf = paper(words=NASTY, partner=NASTY, validators=(NASTY,), letterhead={"address": (NASTY[:100],)})
    told = words(pdf).replace(" ", "")
    assert told.count(NASTY.replace(" ", "")) >= 6
    assert not [one for page in read(pdf).pages for one in page.get("/Annots", []) if "/URI" in str(one.get_object())]


@pytest.mark.parametrize("decimals", [9, 18])
def test_pages__names_of_any_script_and_length__fit_and_are_whole(decimals: int) -> None:
    names = (
        "日本バリデーター株式会社",
        "검증인",
        "x" * 200,
        "Донецький Валідатор",
        "ผู้ตรวจสอบ",
        "Αθήνα",
        "प्रमाणक",
        "A b" * 60,
    )
    pdf = paper(40, decimals=decimals, validators=names, partner="W" * 200)
    told = words(pdf).replace(" ", "")
    for name in ("日本バリデーター株式会社", "검증인", "x" * 200, "ДонецькийВалідатор", "W" * 200, "Ab" * 30):
        assert name in told, name


def test_pages__right_to_left_names__keep_what_stands_behind_them_behind_them() -> None:
    placed: list[tuple[str, float]] = []

    def note(text: str, matrix: list[float], *_: object) -> None:
        placed.extend([(text.strip(), matrix[4])] if text.strip() else [])

    for page in read(paper(12, validators=("שלום",))).pages:
        page.extract_text(visitor_text=note)
    (start,) = [n for n, (text, _) in enumerate(placed) if text == "MEV TIPS of" and placed[n + 3][0] == "851"]
    assert [text for text, _ in placed[start + 1 : start + 3]] == ["שלום", ","]
    assert placed[start][1] < placed[start + 1][1] < placed[start + 3][1]


def test_pages__a_character_that_no_font_has__stands_as_its_number() -> None:
    told = words(paper(partner="Egypt 𓀀 \ue000 \u202eevil \x07 end"))
    assert "Egypt [U+13000] \\ue000 \\u202eevil \\x07 end" in told


def test_pages__without_lines_or_letterhead__are_still_a_statement() -> None:
    told = shown(0, is_rich=False, letterhead={"address": (), "tax_id": None, "contact": ()})
    bare = replace(told, chain=told.chain.model_copy(update={"operator": None}), events=[])
    assert "Commission statement no. 3" in words(statement_pdf(printed(bare)))


def test_pages__keys__can_be_copied_as_they_are() -> None:
    source = shown(4)
    key = "a" * 98
    lines = [{**one, "validator_key": key, "wallet_address": "W" * 44} for one in source.document.lines]
    pdf = statement_pdf(printed(replace(source, document=replace(source.document, lines=lines))))
    told = " ".join(page.extract_text() for page in read(pdf).pages)
    assert told.count(key) >= len({one["validator_name"] for one in lines})
    assert told.count(f"wallet {'W' * 44}") == len(lines)


@settings(max_examples=25)
@given(st.text(max_size=60), st.sampled_from(list(Paper)))
def test_pages__of_any_name__are_made(name: str, size: Paper) -> None:
    content = printed(shown(3, partner=name, validators=(name or "x",), words=name, is_rich=False))
    assert statement_pdf(content, paper=size).startswith(b"%PDF-1.7")


def test_checkpoint__that_it_was_released_under__stands_on_the_page() -> None:
    note = f"aurora.example/log\n42\n{'qWQ0Z1c' * 6}=\n\n— aurora.example/log {'AbC+' * 23}\n"
    pdf = statement_pdf(printed(shown(4), note))
    told = read(pdf).pages[-1].extract_text()
    assert all(line in told for line in note.split())


def _png(side: int = 4) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\x00" + b"\xff\x00\x00" * side for _ in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_logo__a_picture__stands_at_the_head(tmp_path: Any) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
    for name, body in (("a.png", _png()), ("a.svg", svg)):
        (tmp_path / name).write_bytes(body)
        logo = read_logo(str(tmp_path / name))
        assert len(statement_pdf(printed(shown(2)), logo=logo)) > len(statement_pdf(printed(shown(2))))


@pytest.mark.parametrize("body", [b"", b"GIF89a", b"\x00" * 3_000_000])
def test_logo__no_picture_or_too_large__is_refused(tmp_path: Any, body: bytes) -> None:
    (tmp_path / "logo").write_bytes(body)
    with pytest.raises(LogoRefused):
        read_logo(str(tmp_path / "logo"))


def test_logo__not_there_or_broken__is_refused_in_words(tmp_path: Any) -> None:
    with pytest.raises(LogoRefused, match="No such file"):
        read_logo(str(tmp_path / "none.png"))
    for broken in (Logo(_png()[:40], "png"), Logo(b"<svg", "svg"), Logo(b"\xff\xd8\xff", "jpg")):
        with pytest.raises(LogoRefused, match=r"no (PNG|SVG|JPG) picture"):
            statement_pdf(printed(shown(2)), logo=broken)


@given(st.integers(-(10**30), 10**30), st.integers(0, 30))
def test_amounts__on_paper__are_exact(value: int, decimals: int) -> None:
    for said in (grouped(amount(value), decimals), trimmed(amount(value), decimals)):
        whole, _, fraction = said.replace(",", "").partition(".")
        assert int(whole + fraction.ljust(decimals, "0")) == value
        assert re.fullmatch(r"-?[0-9]{1,3}(,[0-9]{3})*(\.[0-9]+)?", said)

"""verify.html refuses containers and JSON that are not as docs/bundles.md says, and survives random bytes."""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
import zlib
from typing import Any

import pytest

from aurora_pipeline.proof.bundle.verify import Untrue, read_files, unzipped
from aurora_pipeline_tests.proof.bundle.bundle_bytes import compact, manifest_of, zipped
from aurora_pipeline_tests.proof.bundle.made_bundles import MadeBundle
from aurora_pipeline_tests.proof.bundle.verify_page import (
    Files,
    Page,
    messages,
    needs_node,
    packed_places,
    pdf_with,
    places,
    told_places,
)

# Containers


def raw_entry(
    name: bytes, data: bytes, packed: bytes | None = None, method: int = 0, size: int | None = None
) -> tuple[bytes, bytes]:
    content = data if packed is None else packed
    common = struct.pack(
        "<HHHHIII", 0, method, 0, 33, zlib.crc32(data), len(content), len(data) if size is None else size
    )
    local = b"PK\3\4" + struct.pack("<H", 20) + common + struct.pack("<HH", len(name), 0) + name + content
    return local, b"PK\1\2" + struct.pack("<HH", 20, 20) + common + struct.pack("<HHHHHI", len(name), 0, 0, 0, 0, 0)


def raw_zip(*entries: tuple[bytes, bytes, bytes]) -> bytes:
    """A zip from local parts, central parts and names, as they are."""
    body, listed = b"", b""
    for local, central, name in entries:
        listed += central + struct.pack("<I", len(body)) + name
        body += local
    return (
        body + listed + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(listed), len(body), 0)
    )


def entry(name: bytes, data: bytes, **options: Any) -> tuple[bytes, bytes, bytes]:
    return (*raw_entry(name, data, **options), name)


def deflated(data: bytes) -> bytes:
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    return pack.compress(data) + pack.flush()


@needs_node
def test_containers_that_are_refused(page: Page, made: MadeBundle) -> None:
    good = zipped(made.files)
    twice = raw_zip(entry(b"README.txt", b"a"), entry(b"README.txt", b"b"))
    local, _, _ = entry(b"README.txt", b"a")
    cases = {
        "stands twice in the zip": twice,
        "../README.txt is no file of a bundle": raw_zip(entry(b"../README.txt", b"a")),
        "payloads/ is no file of a bundle": raw_zip(entry(b"payloads/", b"")),
        "<img src=x>? is no file of a bundle": raw_zip(entry(b"<img src=x>\n", b"a")),
        "unpacks to another size than it says": raw_zip(entry(b"README.txt", b"abc", size=9)),
        "unpacks to more than it says": raw_zip(
            entry(b"README.txt", b"a" * 999, packed=deflated(b"a" * 999), method=8, size=10)
        ),
        "unpacks to 999 bytes, not the 1000 it says": raw_zip(
            entry(b"README.txt", b"a" * 999, packed=deflated(b"a" * 999), method=8, size=1000)
        ),
        "has bytes after its packed bytes": raw_zip(entry(b"README.txt", b"a", packed=deflated(b"a") + b"x", method=8)),
        "the zip holds more than 512 MB": raw_zip(
            entry(b"README.txt", b"a", size=2**29), entry(b"verify.py", b"a", size=1)
        ),
        "packed in a way other than deflate": raw_zip(entry(b"README.txt", b"a", method=12)),
        "is not where the zip says": raw_zip((local[:-1], *entry(b"README.txt", b"ab")[1:])),
        "has two names in the zip": raw_zip((local, entry(b"manifest.json", b"a")[1], b"manifest.json")),
        "the zip has no end": good[:-1],
        "neither a zip nor a PDF": b"rubbish",
        "the PDF carries no bundle.zip": b"%PDF-1.7\n",
        "the PDF carries more than one zip": pdf_with(good) + pdf_with(good),
        "does not end where the zip does": b"PK" + good,
    }
    reports = page.verify(list(cases.values()))
    assert [text for text, report in zip(cases, reports, strict=True) if text not in messages(report)] == []
    assert "its check sum is another" in messages(
        page.one(good.replace(struct.pack("<I", zlib.crc32(b"Words.\n")), b"0000"))
    )


# Strict JSON

REFUSED_JSON = {
    "a number": '{"log":{"vkey":1}}\n',
    "a key twice": '{"log":{},"log":{}}\n',
    "white space": '{"log": {}}\n',
    "an escape": '{"log":{"vkey":"\\u0041"}}\n',
    "an escape that": '{"log":{"vkey":"\\ud800"}}\n',
    "more than 64 levels": '{"log":' + "[" * 70 + "]" * 70 + "}\n",
    "one line feed": '{"log":{"vkey":"a"}}',
    "after the object": '{"log":{"vkey":"a"}}\n\n',
    "ends too early": '{"log":{"vkey":"a"}',
    "does not end": '{"log":{"vkey":"a',
    "control character": '{"log":{"vkey":"\x01"}}\n',
    "one object": "[]\n",
    "neither a text": '{"log":{"vkey":{}}}\n',
    "no list of rows": '{"log":"a"}\n',
    "is no list of this file": '{"__proto__":[]}\n',
}


@needs_node
def test_json_that_is_refused(page: Page, made: MadeBundle) -> None:
    bundles = [zipped(made.files | {"proof.json": text.encode()}) for text in REFUSED_JSON.values()]
    for why, report in zip(REFUSED_JSON, page.verify(bundles), strict=True):
        assert any(found["file"] == "proof.json" and why in found["message"] for found in report["findings"]), (
            why,
            messages(report),
        )
    for data in (b'{"log":{"vkey":"\xff"}}\n', b"\xef\xbb\xbf{}\n"):
        report = page.one(zipped(made.files | {"proof.json": data}))
        assert any(found["file"] == "proof.json" for found in report["findings"])


# By chance


@needs_node
def test_bytes_that_change_by_chance_never_hold_and_always_have_a_reason(page: Page, made: MadeBundle) -> None:
    assert storm(page, made, random.Random(40), 25) == []


@pytest.mark.slow
@needs_node
def test_many_bytes_that_change_by_chance(page: Page, made: MadeBundle) -> None:
    assert storm(page, made, random.Random(1000), 200) == []


@needs_node
def test_values_that_change_by_chance_always_have_a_reason(page: Page, made: MadeBundle) -> None:
    assert other_values(page, made, random.Random(40), 25) == []


@pytest.mark.slow
@needs_node
def test_many_values_that_change_by_chance(page: Page, made: MadeBundle) -> None:
    assert other_values(page, made, random.Random(700), 150) == []


def other_values(page: Page, made: MadeBundle, chance: random.Random, count: int) -> list[str]:
    """Values of any kind in any field, under a manifest that fits: nothing is proven of them, and nothing may break.

    Returns where a verifier broke, or where the two do not agree.
    """
    names = [name for name in made.files if name.endswith(".json") and name != "manifest.json"]
    bundles: list[Files] = []
    for _ in range(count):
        name = chance.choice(names)
        document = json.loads(made.files[name])
        for _ in range(chance.choice((1, 1, 3))):
            rows = document[chance.choice(list(document))]
            if rows and isinstance(rows, list):
                row = chance.choice(rows)
                row[chance.choice(list(row))] = chance.choice(
                    (None, "", "0", "-1", "9" * 60, "9" * 15, True, [], ["1"], "s1", "2026-08-01T00:00:00.000000Z", "x")
                )
        whole = made.files | {name: (compact(document) + "\n").encode()}
        bundles.append(whole | {"manifest.json": manifest_of(whole)})
    wrong = []
    for number, (bundle, report) in enumerate(zip(bundles, page.verify(list(map(zipped, bundles))), strict=True)):
        by_script = told_places(bundle)
        if "could not be checked" in messages(report) or not all(one["file"] for one in report["findings"]):
            wrong.append(f"{number}: {messages(report)}")
        if report["good"] == bool(by_script):
            wrong.append(f"{number}: the page says {places(report)[:4]}, verify.py {by_script[:4]}")
    return wrong


def storm(page: Page, made: MadeBundle, chance: random.Random, count: int) -> list[str]:
    """Bytes of files, and of a zip, that change by chance; returns where a bundle held or a verifier broke."""
    names = sorted(made.files)
    bundles: list[Files] = []
    while len(bundles) < count:
        name = chance.choice(names)
        data = bytearray(made.files[name])
        for _ in range(chance.choice((1, 1, 1, 5))):
            if not data:
                break
            at = chance.randrange(len(data))
            data[at : at + chance.choice((1, 1, 0, 9))] = chance.choice(
                (bytes([data[at] ^ 1 << chance.randrange(8)]), b"", b'"', b"[", b"0", b"\xff", b"null", b",")
            )
        if bytes(data) != made.files[name]:
            bundles.append(made.files | {name: bytes(data)})
    packed, broken = zipped(made.files), list[bytes]()
    for _ in range(count // 4):
        other = bytearray(packed)
        at = chance.choice((chance.randrange(len(other)), len(other) - 1 - chance.randrange(1000)))
        other[at] ^= 1 << chance.randrange(8)
        broken.append(bytes(other))
    reports = page.verify([*map(zipped, bundles), *broken])
    wrong = [
        f"{number}: {messages(one)}" for number, one in enumerate(reports) if "could not be checked" in messages(one)
    ]
    wrong += [f"{number} holds" for number, report in enumerate(reports[:count]) if report["good"]]
    wrong += [f"{number} holds for verify.py" for number, bundle in enumerate(bundles) if not told_places(bundle)]
    path = page.folder / "broken.zip"
    for number, content in enumerate(broken, count):
        if not packed_places(path, content) and read_files(str(path)) != made.files:
            wrong.append(f"{number}: verify.py reads other files, and they hold")
    return wrong


# Both readers of zips


@needs_node
def test_a_flipped_bit_of_a_header_is_judged_the_same_by_both(page: Page) -> None:
    assert judged_otherwise(page, 80) == []


@pytest.mark.slow
@needs_node
def test_flipped_bits_of_many_headers_are_judged_the_same_by_both(page: Page) -> None:
    assert judged_otherwise(page, 1500) == []


def judged_otherwise(page: Page, count: int) -> list[str]:
    """Of zips with one bit flipped in what is said of their files: those that only one verifier takes for sound."""
    made = MadeBundle(1)
    whole = zipped(made.files)
    archive = zipfile.ZipFile(io.BytesIO(whole))
    heads = [at for one in archive.filelist for at in range(one.header_offset, one.header_offset + 30)]
    chance = random.Random(9)
    flips = [
        (at, chance.randrange(8)) for at in chance.choices([*heads, *range(archive.start_dir, len(whole))], k=count)
    ]
    cases = [whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :] for at, bit in flips]
    reports = page.verify(cases)
    told = [(at, bit, report["good"]) for (at, bit), report in zip(flips, reports, strict=True)]
    assert {good for *_, good in told} == {True, False}
    return [
        f"{at}.{bit}" for (at, bit, good), case in zip(told, cases, strict=True) if good != _is_read(case, made.files)
    ]


def _is_read(data: bytes, files: Files) -> bool:
    try:
        return unzipped(data) == files
    except (Untrue, zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, OSError, ValueError):
        return False


class _Stream(io.RawIOBase):
    """What cannot be gone back in: then a zip says sizes and check sums behind each file."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.data += bytes(data)
        return len(data)


@needs_node
def test_a_zip_that_was_streamed_holds_in_both(page: Page, made: MadeBundle) -> None:
    stream = _Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in made.files.items():
            archive.writestr(name, data)
    assert b"PK\7\10" in stream.data
    assert messages(page.one(stream.data)) == ""
    assert unzipped(stream.data) == made.files

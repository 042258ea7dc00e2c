"""More that an operator, or somebody between, could hand over: other keys, other files, other chains, an empty page."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aurora_pipeline.proof.bundle.verify import Untrue, carried, verify
from aurora_pipeline_tests.proof.bundle.bundle_bytes import key_id, manifest_of, signed, vkey, zipped
from aurora_pipeline_tests.proof.bundle.made_bundles import MadeBundle
from aurora_pipeline_tests.proof.bundle.resigned_cases import cases_of
from aurora_pipeline_tests.proof.bundle.resigning import resigned
from aurora_pipeline_tests.proof.bundle.test_resigned import judged
from aurora_pipeline_tests.proof.bundle.test_verify_page import with_payloads
from aurora_pipeline_tests.proof.bundle.verify_page import Page, messages, needs_node, pdf_with

OTHER = Ed25519PrivateKey.from_private_bytes(b"another key, of nobody we know. ")
Files = Mapping[str, bytes]


class OfEther(MadeBundle):
    """A chain of windows of 225 epochs whose amounts are in wei, above what fits into 64 bits."""

    epochs = (364050, 364275, 364500)
    unit = ("ETH", 18, "wei")
    opened = 7 * 10**29


def both(page: Page, files: Files, *keys: str) -> list[bool]:
    """Whether verify.py and the page take a bundle for sound."""
    return [not verify(dict(files), *keys).failures, page.one(zipped(dict(files)), keys=keys)["good"]]


def with_files(files: Files, **others: bytes) -> dict[str, bytes]:
    whole = dict(files) | others
    return whole | {"manifest.json": manifest_of(whole)}


def with_checkpoint(files: Files, note: bytes) -> dict[str, bytes]:
    """Another note of the same log, also behind the proof of the statement."""
    proof = files["statement.tlog-proof"].split(b"\n\n")[0] + b"\n\n" + note
    return with_files(files, **{"checkpoint": note, "statement.tlog-proof": proof})


@needs_node
def test_a_bundle_that_another_key_signed_holds_only_by_itself(page: Page, made: MadeBundle) -> None:
    own = vkey(made.origin, made.key)
    forged = resigned(made.files, OTHER, {})
    assert both(page, forged) == [True, True]
    assert both(page, forged, own) == [False, False]
    named = json.loads(forged["proof.json"])
    named["log"]["vkey"] = own
    told = (json.dumps(named, separators=(",", ":")) + "\n").encode()
    assert both(page, with_files(forged, **{"proof.json": told})) == [False, False]


@needs_node
def test_a_key_that_replaced_another(page: Page, made: MadeBundle, tmp_path: Path) -> None:
    old, new = vkey(made.origin, OTHER), vkey(made.origin, made.key)
    note = made.files["checkpoint"]
    text = note.split(b"\n\n")[0] + b"\n"
    lines = [
        f"\u2014 {made.origin} {base64.b64encode(key_id(made.origin, key) + key.sign(text)).decode()}\n".encode()
        for key in (OTHER, made.key)
    ]
    of_both = with_checkpoint(made.files, text + b"\n" + b"".join(lines))
    assert both(page, of_both) == both(page, of_both, new) == both(page, of_both, old, new) == [True, True]
    assert both(page, of_both, old) == [False, False]
    for broken in (lines[1][:-9] + b"AAAAAAA=\n", lines[0] + lines[1].replace(b"A", b"B")):
        assert both(page, with_checkpoint(made.files, text + b"\n" + broken)) == [False, False]
    assert both(page, with_checkpoint(made.files, text + b"\n" + lines[0])) == [False, False]
    kept = tmp_path / "kept"
    kept.write_bytes(signed(made.origin, made.log[:16], OTHER))
    for keys, holds in (([new], False), ([new, old], True)):
        assert page.one(zipped(made.files), keys=keys, previous=kept.read_bytes())["good"] == holds
        assert (not verify(made.files, *keys, previous=str(kept)).failures) == holds


@needs_node
def test_files_of_another_bundle_of_the_same_key(page: Page, made: MadeBundle) -> None:
    other = MadeBundle(seed=2)
    other.key = made.key
    other.seal()
    differ = [name for name in made.files if name != "manifest.json" and made.files[name] != other.files[name]]
    names = [name for name in differ if not name.endswith(".csv")]
    assert len(names) == 6
    swapped = [with_files(made.files, **{name: other.files[name]}) for name in names]
    swapped.append(with_files(made.files, **{name: other.files[name] for name in ("checkpoint", "proof.json")}))
    swapped.append(with_files(other.files, **{name: made.files[name] for name in ("statement.json", "statement.csv")}))
    reports = page.verify(list(map(zipped, swapped)))
    assert [report["good"] for report in reports] == [False] * len(swapped)
    assert all(verify(files).failures for files in swapped)


@needs_node
def test_a_first_statement_of_large_amounts(page: Page) -> None:
    whole = OfEther().files
    assert [list(verify(whole).failures), messages(page.one(zipped(whole)))] == [[], ""]
    told = dict(page.one(zipped(whole))["facts"])
    assert told["Opening balance"] == "700,000,000,000 ETH"
    cases = [case for case in cases_of(whole, 1) if case[0].list in ("statement", "statement_openings")]
    wrong, accepted = judged(page, whole, cases[::7])
    assert wrong == []
    assert {field for name, field in accepted if name == "statement_openings"} <= {
        "paid_through",
        "evidence",
        "evidence_hash",
    }


@needs_node
def test_answers_of_providers_that_contradict_their_fetches(page: Page) -> None:
    whole = MadeBundle(1, edit=with_payloads).files
    cases = [case for case in cases_of(whole, 1) if case[0].file == "payloads.json"]
    wrong, accepted = judged(page, whole, cases)
    assert wrong == []
    told = {field for name, field in accepted if name == "answers"}
    assert told == {"request_key", "question", "request", "status"}


@needs_node
@pytest.mark.parametrize(
    "attached", [None, b"", b"{}\n", b"PK\3\4 and no more"], ids=["nothing", "empty", "a statement", "half a zip"]
)
def test_a_page_with_nothing_proven(page: Page, attached: bytes | None) -> None:
    pdf = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n" if attached is None else pdf_with(attached)
    assert not page.one(pdf)["good"]
    if attached is None or not attached.startswith(b"PK"):
        with pytest.raises(Untrue, match="carries 0 zips"):
            carried(pdf)

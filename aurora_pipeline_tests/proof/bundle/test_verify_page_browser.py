"""verify.html in a real browser, opened from its file: it verifies, asks no network, and runs nothing of a bundle."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aurora_pipeline_tests.proof.bundle.bundle_bytes import compact, manifest_of, vkey, zipped
from aurora_pipeline_tests.proof.bundle.chromium import CHROMIUM, Tab, opened
from aurora_pipeline_tests.proof.bundle.made_bundles import MadeBundle
from aurora_pipeline_tests.proof.bundle.verify_page import PAGE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (apt install chromium)"),
]
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


def verified(tab: Tab, bundle: Path) -> str:
    """Choose a bundle; what the page says then."""
    tab.choose("#file", bundle)
    return str(tab.wait_for("!document.getElementById('result').hidden && document.getElementById('result').innerText"))


def is_quiet(tab: Tab) -> bool:
    return [told for told in tab.seen if not re.fullmatch(r"(file:///.*/verify\.html|about:blank)", told)] == []


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """The page alone in a folder, as a partner has it."""
    file = tmp_path / "verify.html"
    file.write_bytes(PAGE.read_bytes())
    return file


def test_a_good_bundle_holds_on_a_phone_with_key_and_earlier_checkpoint(page: Path, made: MadeBundle) -> None:
    bundle, previous = page.with_name("good.zip"), page.with_name("previous")
    bundle.write_bytes(zipped(made.files))
    previous.write_bytes(made.earlier_checkpoint(16))
    with opened(page, page.parent, width=360) as tab:
        assert "Everything holds" in verified(tab, bundle)
        tab.value(f"document.getElementById('key').value = {compact(vkey(made.origin, made.key))}")
        tab.choose("#previous", previous)
        words = "The earlier checkpoint (16 entries) was compared"
        told = tab.wait_for(f"document.body.innerText.includes({compact(words)}) && document.body.innerText")
        assert "signed by the key that you gave" in told
        assert tab.value("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert is_quiet(tab), tab.seen


def test_what_was_changed_is_named(page: Path, made: MadeBundle) -> None:
    bundle = page.with_name("bad.zip")
    bundle.write_bytes(
        zipped(made.files | {"lines.json": made.files["lines.json"].replace(b'"final":"', b'"final":"1', 1)})
    )
    with opened(page, page.parent) as tab:
        told = verified(tab, bundle)
        assert "This bundle does not hold" in told
        assert "lines.json lines[0].final" in told
        assert is_quiet(tab), tab.seen


def test_nothing_of_a_hostile_bundle_runs(page: Path) -> None:
    made = MadeBundle(1, partner_name=HOSTILE)
    files = {name: data.replace(b"Vote1", HOSTILE.encode().replace(b'"', b"'")) for name, data in made.files.items()}
    bundles = {
        "a.zip": zipped(made.files),
        "b.zip": zipped(files | {"manifest.json": manifest_of(files)}),
        "c.zip": zipped(made.files | {HOSTILE: b"x"}),
        "d.zip": zipped(made.files | {"proof.json": (compact({HOSTILE: [{HOSTILE: HOSTILE}]}) + "\n").encode()}),
    }
    with opened(page, page.parent) as tab:
        for name, data in bundles.items():
            page.with_name(name).write_bytes(data)
            tab.value("document.getElementById('result').hidden = true")
            told = verified(tab, page.with_name(name))
            assert "<img" in told or "onerror" in told or name == "b.zip", told
            assert tab.value("document.title") == "Verify a statement"
            assert tab.value("document.querySelectorAll('img, main script, iframe, object').length") == 0
        assert is_quiet(tab), tab.seen

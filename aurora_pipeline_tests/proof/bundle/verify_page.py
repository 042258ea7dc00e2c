"""The script of verify.html under Node: many bundles in one process, and what it tells of each."""

from __future__ import annotations

import json
import shutil
import subprocess
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.proof.bundle.verify import Report as Handed
from aurora_pipeline.proof.bundle.verify import read_files, verify
from aurora_pipeline_tests.proof.bundle.bundle_bytes import manifest_of, zipped

PAGE = files("aurora_pipeline") / "proof" / "bundle" / "verify.html"
RUNNER = Path(__file__).with_name("run_page.js")
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(
    NODE is None, reason="the page's script runs under Node, which is not installed (apt install nodejs)"
)

Files = dict[str, bytes]
Report = dict[str, Any]


@dataclass
class Page:
    """Verifies bundles with the script of verify.html, many in one process."""

    folder: Path

    def verify(self, bundles: Sequence[bytes], keys: Sequence[str] = (), previous: bytes | None = None) -> list[Report]:
        jobs = []
        for number, bundle in enumerate(bundles):
            path = self.folder / f"{number}.zip"
            path.write_bytes(bundle)
            jobs.append({"bundle": str(path), "keys": list(keys), "previous": None})
        if previous is not None:
            (self.folder / "previous").write_bytes(previous)
            jobs = [job | {"previous": str(self.folder / "previous")} for job in jobs]
        return _run(jobs)

    @staticmethod
    def holds(vectors: Sequence[Mapping[str, Any]]) -> list[bool]:
        """Whether the page takes each row of vectors.json for sound."""
        return _run([{"vector": vector} for vector in vectors])

    def one(self, bundle: bytes, **options: Any) -> Report:
        return self.verify([bundle], **options)[0]


def _run(jobs: Sequence[Mapping[str, Any]]) -> list[Any]:
    told = subprocess.run(
        [str(NODE), RUNNER, str(PAGE)],
        input="\n".join(map(json.dumps, jobs)),
        capture_output=True,
        text=True,
        check=True,
    )
    found = [json.loads(line) for line in told.stdout.splitlines()]
    assert len(found) == len(jobs), told.stderr
    return found


def places(report: Report) -> list[str]:
    return [finding["place"] for finding in report["findings"]]


def messages(report: Report) -> str:
    return "\n".join(f"{finding['place']} {finding['message']}" for finding in report["findings"])


def told_places(bundle: Files) -> list[str]:
    """What verify.py names of a bundle, written as the page does."""
    return _places(verify(bundle))


def packed_places(path: Path, bundle: bytes) -> list[str]:
    """The same of a zip, as somebody hands it over."""
    path.write_bytes(bundle)
    report = Handed()
    files = report.attempt(path.name, read_files, str(path))
    return _places(report if files is None else verify(files))


def _places(report: Handed) -> list[str]:
    told = [(file, where, field) for file, where, field, _ in report.failures]
    return [f"{file} {where}{'.' if field else ''}{field}".strip() for file, where, field in told]


def resealed(made: Files, **changed: bytes) -> bytes:
    """A zip whose manifest was written again for what was changed: nobody sees it there."""
    whole = made | changed
    return zipped(whole | {"manifest.json": manifest_of(whole)})


def pdf_with(content: bytes, packed: bool = False) -> bytes:
    stream = zlib.compress(content) if packed else content
    head = b"<< /Type /EmbeddedFile /Subtype /application#2Fzip /Length %d %s>>" % (
        len(stream),
        b"/Filter /FlateDecode " if packed else b"",
    )
    other = b"3 0 obj\n<< /Type /EmbeddedFile /Length 4 >>\nstream\nword\nendstream\nendobj\n"
    return (
        b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
        + other
        + b"2 0 obj\n"
        + head
        + b"\nstream\n"
        + stream
        + b"\nendstream\nendobj\n%%EOF\n"
    )

"""What a kind of provider promises to serve, it tells, and nothing else; one that does not is not registered."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import aurora_pipeline
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.sources import kinds
from aurora_pipeline.sources.contract import Source, Tells
from aurora_pipeline.sources.kinds import SOURCES, adapter_for
from aurora_pipeline_tests.asking.asked import provider
from aurora_pipeline_tests.sources.good import kinds_asked
from aurora_pipeline_tests.sources.tally.source import TALLY


@pytest.mark.parametrize("kind", SOURCES)
def test_every_kind__what_it_promises__it_tells_and_nothing_else(kind: str) -> None:
    source = SOURCES[kind]
    adapter = source.adapter("")
    promised = {DataType(name) for name in adapter.serves | adapter.observes if name in set(DataType)}
    assert source.tells.roles == promised
    assert set(source.costs_beside) == source.promised_beside
    assert set(source.own_words) <= promised
    assert set(source.glances) <= promised
    assert source.broken_promises() == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (replace(TALLY, tells=Tells()), "it promises fees and does not tell them"),
        (replace(TALLY, tells=replace(TALLY.tells, mev=SOURCES["jito"].tells.mev)), "it tells mev and does not"),
        (replace(SOURCES["jito"], costs_beside={}), "it promises costs beside mev and does not tell them"),
        (replace(TALLY, costs_beside=SOURCES["jito"].costs_beside), "it tells costs beside mev and does not"),
        (replace(SOURCES["jito"], glances={}), "it tells costs beside mev, and no glance reads what tells them"),
        (SOURCES["jito"], "it is registered already"),
    ],
    ids=["serves only", "tells only", "promises costs only", "tells costs only", "costs that nobody reads", "twice"],
)
def test_register__promises_and_tellers_differ__refused_by_name(source: Source, said: str) -> None:
    before = dict(kinds.KINDS)
    with pytest.raises(ValueError, match=f"providers of kind {source.kind} can't be used: .*{said}"):
        kinds.register(source)
    assert dict(kinds.KINDS) == before


def test_adapter_for__unknown_kind__names_the_known_ones() -> None:
    with pytest.raises(AuroraError, match=", ".join(sorted(kinds.KINDS))):
        adapter_for(provider("http://somewhere", "telepathy"))
    for kind in kinds_asked():
        assert adapter_for(provider("http://somewhere", kind)).kind == kind


PACKAGE = Path(aurora_pipeline.__file__).parent
APIS = {path.parent.name for path in (PACKAGE / "sources").glob("*/source.py")} - {"files"}
"""The folders of APIs; the operator's files are no API, and tell periods and their own mistakes besides."""


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text("utf-8")))


def test_apis__outside_the_sources_and_the_simulator__nobody_imports_one() -> None:
    assert {"solana", "jito"} <= APIS
    theirs = re.compile(rf"aurora_pipeline\.sources\.({'|'.join(sorted(APIS))})\b")
    found = [
        f"{path.relative_to(PACKAGE)}: {node.module}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).parts[0] not in ("sources", "demo")
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom) and node.module is not None and theirs.match(node.module)
    ]
    assert found == []


def test_canonical__its_text__names_no_kind_of_provider() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}: {node.value!r}"
        for path in sorted((PACKAGE / "canonical").rglob("*.py"))
        for node in nodes(path)
        if isinstance(node, ast.Constant) and node.value in SOURCES
    ]
    assert found == []

"""Good answers of relays: those of the small chain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aurora_pipeline.sources.relays.answers import read_pages
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline_tests.devchain.answers import RELAYS, page_of
from aurora_pipeline_tests.pnl.test_against_the_simulator import Epoch
from aurora_pipeline_tests.sources.good import PROVIDER, Good, Reader


def _answers(epoch: Epoch) -> Iterable[Answer]:
    for relay in RELAYS:
        yield page_of(relay, 127)


def _readers(epoch: Epoch) -> Mapping[str, Reader]:
    return {"read_pages": lambda one: read_pages([one], PROVIDER, 10, 127)}


GOOD = Good(_answers, _readers, tells_figures=False)

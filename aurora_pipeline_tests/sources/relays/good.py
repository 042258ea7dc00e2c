"""Good answers of relays: those of the small chain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aurora_pipeline.sources.relays.answers import read_pages, read_slots
from aurora_pipeline.sources.relays.questions import delivered_in
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline_tests.asking.asked import answer_to
from aurora_pipeline_tests.devchain.answers import RELAYS, delivered, page_of
from aurora_pipeline_tests.pnl.test_against_the_simulator import Epoch
from aurora_pipeline_tests.sources.good import PROVIDER, Good, Reader

SLOT = 125
"""One in which each relay delivered a block."""


def _answers(epoch: Epoch) -> Iterable[Answer]:
    for relay in RELAYS:
        yield page_of(relay, 127)
        yield answer_to(delivered_in(SLOT), [row for row in delivered(relay, 127, 200) if row["slot"] == str(SLOT)])


def _readers(epoch: Epoch) -> Mapping[str, Reader]:
    return {
        "read_pages": lambda one: read_pages([one], PROVIDER, 10, 127),
        "read_slots": lambda one: read_slots([one], PROVIDER),
    }


GOOD = Good(_answers, _readers, tells_figures=False)

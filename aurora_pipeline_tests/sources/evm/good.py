"""Good answers of an execution node: those of the small chain."""

from __future__ import annotations

from collections.abc import Iterable

from aurora_pipeline.sources.evm import questions
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline_tests.asking.asked import result_of
from aurora_pipeline_tests.devchain.answers import block_at, receipts_at
from aurora_pipeline_tests.pnl.test_against_the_simulator import Epoch
from aurora_pipeline_tests.sources.good import Good


def _answers(epoch: Epoch) -> Iterable[Answer]:
    for slot in (1, 46, 61):
        yield from (block_at(slot), receipts_at(slot))
    yield result_of(questions.chain_id(), "0x539")
    yield result_of(questions.head(), "0x7b")


GOOD = Good(_answers, tells_figures=False)

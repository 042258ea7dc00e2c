"""Good answers of a beacon node: those of the generated chain."""

from __future__ import annotations

import json
from collections.abc import Iterable

from aurora_pipeline.sources.beacon import questions
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline_tests.asking.asked import answer_to
from aurora_pipeline_tests.devchain.server import DevChain
from aurora_pipeline_tests.faults.server import Seen
from aurora_pipeline_tests.pnl.test_against_the_simulator import Epoch
from aurora_pipeline_tests.sources.good import Good


def _answers(epoch: Epoch) -> Iterable[Answer]:
    chain = DevChain()
    asked = (questions.genesis(), questions.spec(), questions.syncing(), questions.finality())
    for question in (*asked, questions.header(27), questions.block(27)):
        reply = chain(Seen("GET", question.path, {}, {}, b""))
        yield answer_to(question, json.loads(reply.body))


GOOD = Good(_answers, tells_figures=False)

"""Good answers of a beacon node: those of the generated chain."""

from __future__ import annotations

import json
from collections.abc import Iterable

from aurora_pipeline.foundation.units import EpochNumber
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
    of_slots = (
        questions.header(27),
        questions.block(27),
        questions.block_rewards(42),
        questions.proposer_duties(EpochNumber(4)),
    )
    some = [str(index) for index in range(8)]
    of_validators = (
        questions.validators("119", some, questions.END),
        questions.attestation_rewards(EpochNumber(5), some),
        questions.sync_rewards(42, ["9", "51"]),
    )
    for question in (*asked, *of_slots, *of_validators):
        verb, body = ("GET", b"") if question.body is None else ("POST", json.dumps(question.body).encode())
        reply = chain(Seen(verb, question.path, {}, {}, body))
        yield answer_to(question, json.loads(reply.body))
    yield answer_to(questions.sync_committee(42, EpochNumber(5)), {"data": {"validators": ["9", "51", "51"]}})
    yield answer_to(questions.pending_deposits(119, questions.DEPOSITS_END), {"data": [_DEPOSIT]})
    yield answer_to(questions.proposer_lookahead(40), {"data": ["9", "51"] * 8})
    consolidation = {"source_index": "4", "target_index": "5"}
    yield answer_to(questions.pending_consolidations(119, questions.CONSOLIDATIONS_END), {"data": [consolidation]})


_DEPOSIT = {"pubkey": "0x" + "ab" * 48, "withdrawal_credentials": "0x01", "amount": "32000000000", "slot": "0"}
GOOD = Good(_answers, tells_figures=False)

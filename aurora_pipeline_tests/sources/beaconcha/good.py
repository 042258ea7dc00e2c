"""Good answers of beaconcha.in: what blocks of the small chain paid."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline_tests.pnl.test_against_the_simulator import Epoch
from aurora_pipeline_tests.sources.good import Good

_OWN, _BUILDER = "0x" + "ab" * 20, "0x" + "cd" * 20


def _side(amount: int, address: str) -> dict[str, object]:
    return {"amount": str(amount), "recipient": {"address": address, "is_contract": False}}


def _answers(epoch: Epoch) -> Iterable[Answer]:
    tips, paid = _side(5 * 10**16, _BUILDER), _side(6 * 10**16, _OWN)
    body = {"data": {"total_reward": paid, "priority_fees": tips, "mev": paid, "finality": "finalized"}}
    request = {"verb": "POST", "path": "/block/rewards", "body": {"block": {"number": 100}, "chain": "mainnet"}}
    yield Answer(
        "block rewards 100", request, 200, {}, json.dumps(body).encode(), datetime.now(UTC), 1, "block rewards"
    )


GOOD = Good(_answers, tells_figures=False)

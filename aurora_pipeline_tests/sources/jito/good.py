"""Good answers of Jito's API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aurora_pipeline.demo.solana import kobe
from aurora_pipeline.sources.jito.answers import read_staker_rewards, read_validator_rewards
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline_tests.pnl.test_against_the_simulator import Epoch
from aurora_pipeline_tests.sources.good import PROVIDER, Good, Reader, told


def _answers(epoch: Epoch) -> Iterable[Answer]:
    for fetch in epoch.staged_mev():
        yield from fetch.answers
    yield told("published", kobe.mev_rewards(epoch.after, None), "/mev_rewards")


def _readers(epoch: Epoch) -> Mapping[str, Reader]:
    number, vote = epoch.reference.epoch, epoch.reference.keys[0]
    return {
        "read_validator_rewards": lambda one: read_validator_rewards([one], PROVIDER, number),
        "read_staker_rewards": lambda one: read_staker_rewards([one], PROVIDER, number, vote),
    }


GOOD = Good(_answers, _readers, "/kobe/api/v1")

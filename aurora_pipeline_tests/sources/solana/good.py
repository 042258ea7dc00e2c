"""Good answers of a Solana node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aurora_pipeline.sources.solana import balance_moves, questions, reward_rows
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline_tests.pnl.test_against_the_simulator import Epoch
from aurora_pipeline_tests.sources.good import PROVIDER, Good, Reader


def _answers(epoch: Epoch) -> Iterable[Answer]:
    staged = (epoch.staged_fees(), epoch.staged_rewards(), epoch.staged_positions(), epoch.staged_costs())
    for fetches in staged:
        for fetch in fetches:
            yield from fetch.answers
    for question in (questions.epoch_info(), questions.epoch_schedule()):
        yield epoch.ask(epoch.after, question)


def _readers(epoch: Epoch) -> Mapping[str, Reader]:
    last = epoch.reference.last_slot
    accounts = {key for one in epoch.reference.validators for key in (one.validator_key, *one.identities)}
    return {
        "read_paid_in_blocks": lambda one: reward_rows.read_paid_in_blocks([one], PROVIDER, last),
        "read_moves": lambda one: balance_moves.read_moves(one, PROVIDER, accounts),
    }


GOOD = Good(_answers, _readers, "/rpc")

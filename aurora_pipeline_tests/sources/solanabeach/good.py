"""Good answers of Solana Beach."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aurora_pipeline.demo.solana import solanabeach
from aurora_pipeline.sources.solanabeach import answers as beach
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline_tests.pnl.test_against_the_simulator import Epoch
from aurora_pipeline_tests.sources.good import PROVIDER, Good, Reader, told


def _answers(epoch: Epoch) -> Iterable[Answer]:
    first = epoch.reference.validators[0]
    node, vote = first.identity_key or "", first.validator_key
    query = {"from": str(epoch.epoch), "to": str(epoch.epoch)}
    yield told("beach epoch", solanabeach.epoch_info(epoch.after))
    for name, key in (
        (beach.BLOCK_REWARDS, node),
        (beach.SUCCESS_RATE, node),
        (beach.STAKE, vote),
        (beach.STAKE_ACCOUNTS, vote),
    ):
        yield told(f"beach {name}", solanabeach.history(epoch.after, key, name, query))


def _readers(epoch: Epoch) -> Mapping[str, Reader]:
    number, vote = epoch.reference.epoch, epoch.reference.keys[0]
    return {
        "read_fees": lambda one: beach.read_fees([one], PROVIDER, number),
        "read_slots": lambda one: beach.read_slots([one], PROVIDER, number),
        "read_stake": lambda one: beach.read_stake([one], PROVIDER, number),
        "read_accounts": lambda one: beach.read_accounts([one], PROVIDER, vote),
    }


GOOD = Good(_answers, _readers, "/solanabeach")

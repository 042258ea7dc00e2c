"""When an epoch ended: the instant of its last block, and of no other block that a node answers in its place."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from aurora_pipeline.asking.adapter import Answer
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.family import PeriodBounds
from aurora_pipeline.sources.solana import questions
from aurora_pipeline.sources.solana.answers.blocks import NO_HASH
from aurora_pipeline.sources.solana.periods import bounds
from aurora_pipeline_tests.sources.storm.chains import Node
from aurora_pipeline_tests.sources.storm.readers import EPOCH
from aurora_pipeline_tests.staging.storm import Replayed


def told(*changed: Answer) -> PeriodBounds:
    """The bounds of the epoch, where the node answers some questions otherwise."""
    node = Node()
    asyncio.run(bounds(EpochNumber(EPOCH.epoch), node, "node"))
    answers = node.answers | {one.request_key: one for one in changed}
    return asyncio.run(bounds(EpochNumber(EPOCH.epoch), Replayed(answers.values()), "node"))


def block(slot: int) -> Answer:
    return EPOCH.ask(EPOCH.after, questions.block(slot))


@pytest.mark.parametrize("number", [0, 20, -3], ids=["the first", "one within", "the one before"])
def test_bounds__another_block_in_the_place_of_the_last__refused(number: int) -> None:
    slots = [slot for slot in EPOCH.slots if slot <= EPOCH.reference.last_slot]
    last = told().last_block_slot
    assert last == slots[-1]
    other = replace(block(last), body=block(slots[number]).body)
    with pytest.raises(UnreadableAnswer, match="it is another block"):
        told(other)


def test_bounds__a_block_whose_parent_the_node_has_removed__are_the_same() -> None:
    good = told()
    after = block(next(slot for slot in EPOCH.slots if slot > good.last_block_slot))
    body = json.loads(after.body)
    body["result"]["previousBlockhash"] = NO_HASH
    changed = told(replace(after, body=json.dumps(body).encode()))
    assert (changed.ended_at, changed.last_block_slot) == (good.ended_at, good.last_block_slot)


def test_bounds__a_block_that_does_not_tell_its_hash__are_the_same() -> None:
    good = told()
    body = json.loads(block(good.last_block_slot).body)
    del body["result"]["blockhash"]
    changed = told(replace(block(good.last_block_slot), body=json.dumps(body).encode()))
    assert (changed.ended_at, changed.last_block_slot) == (good.ended_at, good.last_block_slot)

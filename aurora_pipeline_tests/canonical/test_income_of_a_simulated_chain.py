"""Every block of a simulated chain, read over HTTP: what it brought its proposer is what the chain's own books say."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from aurora_pipeline.asking.adapter import Answer, Question
from aurora_pipeline.asking.proposals import ProposedSlot
from aurora_pipeline.canonical.block_income import (
    BlockIncome,
    IncomeKind,
    Recipients,
    RelaysHeard,
    block_income,
)
from aurora_pipeline.demo.ethereum.building import Built
from aurora_pipeline.demo.ethereum.cast import RELAYS
from aurora_pipeline.demo.ethereum.parameters import EthereumParameters
from aurora_pipeline.demo.ethereum.truth import EthereumTruth, SlotTruth, truth_of
from aurora_pipeline.demo.process import SimulatorProcess
from aurora_pipeline.sources.beacon import questions as beacon
from aurora_pipeline.sources.beacon.answers.blocks import read_block
from aurora_pipeline.sources.blocks_told import Delivered, ExecutedBlock
from aurora_pipeline.sources.evm import questions as evm
from aurora_pipeline.sources.evm.blocks import blocks_in
from aurora_pipeline.sources.relays import questions as relays
from aurora_pipeline.sources.relays.answers import read_pages
from aurora_pipeline_tests.asking.asked import NODE, answer_to

CHAIN = EthereumParameters(seed=31, validators=24, strangers=24)
EPOCHS = range(1, 20)
FIRST, LAST = CHAIN.first_slot(EPOCHS[0]), CHAIN.last_slot(EPOCHS[-1])
KINDS = {
    None: IncomeKind.MISSED,
    Built.LOCALLY: IncomeKind.VANILLA,
    Built.WITH_TRANSFERS: IncomeKind.VANILLA,
    Built.TO_OWN: IncomeKind.VANILLA,
    Built.PAID: IncomeKind.MEV_PAYMENT,
    Built.LOTTERY: IncomeKind.MEV_PAYMENT,
    Built.SHORT: IncomeKind.SHORT_PAYMENT,
    Built.UNPAID: IncomeKind.NO_PAYMENT,
    Built.ELSEWHERE: IncomeKind.PAYMENT_TO_OPERATOR,
    Built.LOST: IncomeKind.PAYMENT_ELSEWHERE,
}


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    options = {f"ethereum_{name}": value for name, value in CHAIN.as_dict().items()}
    with SimulatorProcess(tmp_path_factory.mktemp("chain") / "simulator.json", **options) as simulator:
        simulator.advance_ethereum(epoch=EPOCHS[-1] + 5)
        with httpx.Client(base_url=f"{simulator.url}/ethereum") as client:
            yield client


def _asked(http: httpx.Client, place: str, question: Question) -> Answer:
    """The stored answer of one of the chain's providers."""
    url = f"/{place}{question.path}"
    if question.body is not None:
        response = http.post(url, json=question.body)
    else:
        response = http.get(url, params={name: str(value) for name, value in (question.query or {}).items()})
    return answer_to(question, response.content, response.status_code)


def _delivered(http: httpx.Client) -> list[Delivered]:
    """What both relays say of the period."""
    found = []
    for relay in RELAYS:
        pages, cursor = [], LAST
        while cursor >= FIRST:
            pages.append(_asked(http, relay, relays.delivered_up_to(cursor)))
            slots = [int(row["slot"]) for row in httpx.Response(200, content=pages[-1].body).json()]
            cursor = min(slots) - 1 if slots else FIRST - 1
        for row in read_pages(pages, relay, FIRST, LAST):
            keys = (row.builder_key, row.proposer_key, row.proposer_recipient)
            found.append(Delivered(relay, row.slot, row.block_hash, *keys, row.claim))
    return found


def _income(http: httpx.Client, slot: SlotTruth, told: EthereumTruth, heard: list[Delivered]) -> BlockIncome:
    block = read_block(_asked(http, "beacon", beacon.block(slot.slot)), NODE)
    payload = None if block is None else block.payload
    executed: ExecutedBlock | None = None
    if payload is not None:
        asked = [_asked(http, "execution", one(payload.number)) for one in (evm.block, evm.receipts)]
        found = blocks_in(asked, NODE)[payload.number]
        assert isinstance(found, ExecutedBlock), found
        executed = found
    rows = RelaysHeard([row for row in heard if row.slot == slot.slot])
    return block_income(
        ProposedSlot(slot.slot, payload),
        executed,
        rows,
        Recipients({slot.registered_recipient}, {told.cast.treasury}),
    )


def test_income__of_every_slot__is_that_of_the_truth(http: httpx.Client) -> None:
    told, heard = truth_of(CHAIN), _delivered(http)
    kinds = set()
    for slot in told.slots(EPOCHS):
        found = _income(http, slot, told, heard)
        assert found.kind is KINDS[slot.built], slot
        assert (found.fees, found.mev, found.income) == (slot.fees, slot.income - slot.fees, slot.income), slot
        if slot.built is not None:
            assert (found.tips, found.claim) == (slot.tips, slot.claimed), slot
        assert set(found.relays) == set(slot.relays), slot
        assert len(found.phantom_relays) == slot.phantom_claims, slot
        kinds.add(slot.built)
    assert kinds == KINDS.keys()

"""Execution nodes and relays whose answers are struck: no figure but the right one, and nothing that stumbles."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from aurora_pipeline.asking.adapter import Adapter, Answer, AskMany, Fetched
from aurora_pipeline.asking.proposals import Proposals
from aurora_pipeline.asking.reading import ReaderStumbled, UnreadableAnswer
from aurora_pipeline.canonical.block_income import Recipients
from aurora_pipeline.canonical.execution_income import execution_income, incomes
from aurora_pipeline.sources.evm import questions
from aurora_pipeline.sources.evm.ask import EvmRpc
from aurora_pipeline.sources.relays.ask import MevRelay
from aurora_pipeline.sources.relays.tells import delivered
from aurora_pipeline.sources.told import Missing
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline_tests.asking.asked import result_of
from aurora_pipeline_tests.devchain.answers import RELAYS, block_at, pages_of_period, receipts_at, slots
from aurora_pipeline_tests.devchain.files import held
from aurora_pipeline_tests.devchain.scopes import FIRST_SLOT, LAST_SLOT, proposals, scope
from aurora_pipeline_tests.devchain.server import pubkeys
from aurora_pipeline_tests.devchain.staged import reference
from aurora_pipeline_tests.sources.storm.garbling import garbled, struck
from aurora_pipeline_tests.staging.storm import Replayed, refusals

Figures = dict[tuple[str, str, int], tuple[int | None, int | None]]


@cache
def good() -> tuple[list[Answer], dict[str, list[Answer]]]:
    """What the execution node says of the window's blocks, and each relay's pages."""
    in_window = [slot for slot in slots() if FIRST_SLOT <= slot <= LAST_SLOT]
    node = [answer for slot in in_window for answer in (block_at(slot), receipts_at(slot))]
    beside = [result_of(questions.head(), "0x7b"), result_of(questions.chain_id(), "0x539")]
    return [*node, *beside], {relay: pages_of_period(relay, FIRST_SLOT, LAST_SLOT, 20) for relay in RELAYS}


def asked(adapter: Adapter, data_type: str, answers: Sequence[Answer]) -> list[StagedFetch]:
    """What an adapter makes of answers, as it would be stored; of a relay whose list broke off, nothing."""
    ask: AskMany = Replayed(answers)
    try:
        found: list[Fetched] = asyncio.run(adapter.fetch(data_type, scope(), ask))
    except UnreadableAnswer:
        return []
    by_key = {answer.request_key: answer for answer in answers}
    return [
        StagedFetch(
            number,
            data_type,
            "struck",
            adapter.kind,
            one.subject,
            one.state,
            one.reason,
            tuple(by_key[kept.request_key] for kept in one.answers),
        )
        for number, one in enumerate(found, start=1)
    ]


def figures(node: Sequence[Answer], relays: dict[str, list[Answer]]) -> Figures:
    """Every figure that comes out final."""
    window = reference()
    told = [delivered(fetch, window) for relay in relays.values() for fetch in asked(MevRelay("relay"), "mev", relay)]
    own = {pubkeys()[index]: frozenset({address}) for index, address in held("fee_recipients").items()}
    found = incomes(
        window,
        asked(EvmRpc("struck"), "fees", node),
        Proposals(proposals(), tells_missed=True),
        told,
        lambda key, slot: Recipients(own[key]),
    )
    result = execution_income(window, found)
    assert not any(isinstance(one.fees, Missing) and one.fees.state is FigureState.FINAL for one in found)
    return {
        (row["validator_key"], row["row_kind"], row["slot"]): (
            None if row["fees"] is None else int(row["fees"]),
            None if row["mev"] is None else int(row["mev"]),
        )
        for row in result.frame.to_dicts()
    }


@cache
def right() -> Figures:
    return figures(*good())


def test_figures__of_good_answers__all_are_final() -> None:
    assert all(None not in figure for figure in right().values())


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.booleans(), st.booleans())
def test_figures__of_struck_answers__the_right_ones_or_none(seed: int, of_relay: bool, garbles: bool) -> None:
    node, relays = good()
    random = Random(seed)
    strike = garbled if garbles else struck
    if of_relay:
        relay = random.choice(RELAYS)
        place = random.randrange(len(relays[relay]))
        pages = list(relays[relay])
        pages[place] = replace(pages[place], body=strike(pages[place].body, random))
        relays = {**relays, relay: pages}
    else:
        place = random.randrange(len(node))
        node = [*node[:place], replace(node[place], body=strike(node[place].body, random)), *node[place + 1 :]]
    with refusals() as met:
        found = figures(node, relays)
    assert [error for error in met if isinstance(error, ReaderStumbled)] == []
    for place_of, told in found.items():
        assert all(one in (None, good_one) for one, good_one in zip(told, right()[place_of], strict=True))

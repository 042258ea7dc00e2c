"""Asking a relay: all that it delivered in a period, and nothing final where its list is cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from aurora_pipeline.asking.adapter import Fetched, FetchScope
from aurora_pipeline.asking.recording import asking_unrecorded
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.blocks_told import DeliveredTold
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.relays.ask import MevRelay
from aurora_pipeline.sources.relays.tells import delivered
from aurora_pipeline.sources.told import Missing
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline_tests.asking.asked import provider, whole
from aurora_pipeline_tests.devchain import answers as small
from aurora_pipeline_tests.devchain.scopes import FIRST_SLOT, LAST_SLOT, scope
from aurora_pipeline_tests.devchain.server import DevChain, serving
from aurora_pipeline_tests.faults.server import Reply, Seen, json_reply

PATH = r"/relay_a/.*"
REFERENCE = Reference(
    "ethereum-dev",
    EpochNumber(2),
    FIRST_SLOT,
    LAST_SLOT,
    datetime(2027, 1, 1, tzinfo=UTC),
    datetime(2027, 1, 2, tzinfo=UTC),
    (),
)


def asked(chain: DevChain, relay: str = "a", within: FetchScope | None = None) -> tuple[Fetched, list[Seen]]:
    async def go(url: str) -> list[Fetched]:
        adapter = MevRelay("relay")
        async with asking_unrecorded(provider(f"{url}/relay_{relay}", adapter.kind), adapter) as ask:
            return await adapter.fetch("mev", within or scope(), ask)

    with serving(chain) as server:
        (one,) = asyncio.run(go(server.url))
    return one, server.seen


def told(one: Fetched) -> DeliveredTold:
    staged = StagedFetch(1, "mev", "relay", MevRelay.kind, one.subject, one.state, one.reason, whole(one.answers))
    return delivered(staged, REFERENCE)


def with_pages(reply: Callable[[int], object], status: int = 200) -> DevChain:
    """The chain with a relay of its own making: what it answers by cursor."""
    chain = DevChain()
    chain.answers[PATH] = lambda seen: json_reply(reply(int(seen.query["cursor"])), status)
    return chain


@pytest.mark.parametrize("relay", small.RELAYS)
@pytest.mark.parametrize("limit", [200, 7])
def test_fetch__the_small_chain__every_row_of_the_window(relay: str, limit: int) -> None:
    chain = DevChain()
    chain.answers[rf"/relay_{relay}/.*"] = lambda seen: json_reply(
        small.delivered(relay, int(seen.query["cursor"]), limit)
    )
    one, seen = asked(chain, relay)
    assert (one.state, one.reason) == (FigureState.FINAL, None)
    rows = told(one).rows
    assert not isinstance(rows, Missing)
    listed = [row for row in small.delivered(relay, LAST_SLOT) if int(row["slot"]) >= FIRST_SLOT]
    assert [(row.block_hash, row.claim) for row in rows] == [(row["block_hash"], int(row["value"])) for row in listed]
    assert (len(seen) > 5) == (limit == 7)


def test_fetch__page_that_ends_early__goes_on_until_the_period_is_over() -> None:
    one, seen = asked(with_pages(lambda cursor: small.delivered("a", cursor, 1)))
    assert one.state is FigureState.FINAL
    assert len(seen) > 40


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (lambda cursor: list(reversed(small.delivered("a", cursor))), "do not fall"),
        (lambda cursor: {"code": 400, "message": "invalid cursor"}, "expected a list"),
        (lambda cursor: None, "expected a list"),
        (lambda cursor: [{**small.delivered("a", cursor)[0], "value": 1.5}], "whole number"),
    ],
    ids=["oldest first", "error with 200", "null", "fraction"],
)
def test_fetch__page_that_is_none__waits_and_tells_no_row(page: Callable[[int], object], said: str) -> None:
    one, _ = asked(with_pages(page))
    assert one.state is FigureState.PENDING
    assert one.reason is not None
    assert said in one.reason
    assert isinstance(told(one).rows, Missing)


def test_fetch__second_page_broken__none_of_the_first_counts() -> None:
    def page(cursor: int) -> object:
        return small.delivered("a", cursor, 10) if cursor == LAST_SLOT else {"message": "busy"}

    one, _ = asked(with_pages(page))
    assert one.state is FigureState.PENDING
    assert isinstance(told(one).rows, Missing)


def test_fetch__relay_that_is_down__says_so() -> None:
    chain = DevChain()
    chain.answers[PATH] = lambda seen: Reply(b"", 503)
    one, _ = asked(chain)
    assert (one.state, one.answers) == (FigureState.PENDING, ())
    assert one.reason is not None
    assert "provider down" in one.reason


# Relays without pages are asked slot by slot.


def slot_by_slot(page: Callable[[Seen], Reply]) -> DevChain:
    """The chain with a relay that answers by slot, and to a cursor something of its own."""
    chain = DevChain()
    rows = small.delivered("a", None)

    def answer(seen: Seen) -> Reply:
        if "slot" not in seen.query:
            return page(seen)
        return json_reply([row for row in rows if row["slot"] == seen.query["slot"]])

    chain.answers[PATH] = answer
    return chain


def newest(seen: Seen) -> Reply:
    return json_reply(small.delivered("a", None))


def refused(seen: Seen) -> Reply:
    return json_reply({"code": 400, "message": "invalid cursor argument"}, 400)


@pytest.mark.parametrize("page", [newest, refused], ids=["not heeding the cursor", "refusing it"])
def test_fetch__relay_without_pages__is_asked_about_the_slots_of_our_validators(page: Callable[[Seen], Reply]) -> None:
    one, seen = asked(slot_by_slot(page))
    assert (one.state, one.reason) == (FigureState.FINAL, None)
    due = sorted({slot.slot for slots in scope().proposals.values() for slot in slots})
    assert [int(each.query["slot"]) for each in seen if "slot" in each.query] == due
    found = told(one)
    assert not isinstance(found.rows, Missing)
    listed = {row["block_hash"] for row in small.delivered("a", LAST_SLOT) if int(row["slot"]) in due}
    assert {row.block_hash for row in found.rows} == listed
    assert found.slots == frozenset(due)
    assert found.silence(due[0]) is None
    assert "was not asked about this one" in str(found.silence(LAST_SLOT + 1))


def test_fetch__relay_without_pages_and_slots_not_known_yet__waits() -> None:
    one, seen = asked(slot_by_slot(refused), within=replace(scope(), proposals={}))
    assert (one.state, len(seen)) == (FigureState.PENDING, 1)
    assert "only when it is known which slots" in str(one.reason)


def test_fetch__relay_without_pages_and_no_slot_of_ours__is_heard_in_full() -> None:
    one, seen = asked(slot_by_slot(newest), within=replace(scope(), proposals={"one": ()}))
    assert (one.state, len(seen)) == (FigureState.FINAL, 1)
    assert (told(one).rows, told(one).slots) == ([], frozenset())


def test_fetch__relay_that_heeds_neither_cursor_nor_slot__tells_no_row() -> None:
    chain = DevChain()
    chain.answers[PATH] = newest
    one, _ = asked(chain)
    assert one.state is FigureState.PENDING
    assert "was answered where slot" in str(one.reason)
    assert isinstance(told(one).rows, Missing)

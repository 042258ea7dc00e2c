"""Reading Solana Beach: pages, wrong epochs; what does not fit is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aurora_pipeline.asking.adapter import Answer, Fetched, FetchScope, Question, ValidatorAsked
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.asking.recording import asking_unrecorded
from aurora_pipeline.config.families import Family
from aurora_pipeline.foundation.units import EpochNumber, Lamports
from aurora_pipeline.sources.solanabeach.answers import (
    BeachFees,
    Page,
    read_accounts,
    read_fees,
    read_page,
    read_slots,
    read_stake,
)
from aurora_pipeline.sources.solanabeach.ask import PAGE_ROWS, SolanaBeach
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline_tests.asking.asked import NODE, answer_to, provider, whole
from aurora_pipeline_tests.faults.server import FaultServer, Handler, Reply, Seen, json_reply

EPOCH = EpochNumber(842)
ASKED = Question("q", "/somewhere")


def page(*rows: dict[str, Any], name: str = "history", total: int | None = None, offset: int = 0) -> Answer:
    pagination = {"total": len(rows) if total is None else total, "offset": offset, "limit": PAGE_ROWS}
    return answer_to(ASKED, {name: list(rows), "pagination": pagination})


def test_read_fees__among_other_epochs__the_row_of_the_epoch() -> None:
    rows = [{"epoch": epoch, "blocks": epoch, "fees": 10 * epoch} for epoch in (843, EPOCH, 841)]
    assert read_fees([page(*rows)], NODE, EPOCH) == BeachFees(EPOCH, Lamports(10 * EPOCH))
    assert read_fees([page(rows[0]), page(rows[2])], NODE, EPOCH) is None


@pytest.mark.parametrize(
    "row",
    [
        {"epoch": EPOCH, "blocks": 1, "fees": 0.5},
        {"epoch": EPOCH, "blocks": 1, "fees": "5"},
        {"epoch": EPOCH, "blocks": 1, "fees": -5},
        {"epoch": EPOCH, "blocks": 1},
        {"epoch": str(EPOCH), "blocks": 1, "fees": 5},
    ],
)
def test_read_fees__not_whole_lamports__refused(row: dict[str, Any]) -> None:
    with pytest.raises(UnreadableAnswer):
        read_fees([page(row)], NODE, EPOCH)


def test_read_fees__epoch_on_two_pages__refused() -> None:
    row = {"epoch": EPOCH, "blocks": 1, "fees": 5}
    with pytest.raises(UnreadableAnswer, match="twice"):
        read_fees([page(row), page(row)], NODE, EPOCH)


def test_read_slots__more_blocks_than_slots__refused() -> None:
    assert read_slots([page({"epoch": EPOCH, "slots": 4, "blocks": 3})], NODE, EPOCH) == (4, 3)
    with pytest.raises(UnreadableAnswer):
        read_slots([page({"epoch": EPOCH, "slots": 3, "blocks": 4})], NODE, EPOCH)


def test_read_stake__whole_number_or_text_of_one__exact() -> None:
    for stake in (9_722_905_981_190_890, "9722905981190890"):
        assert read_stake([page({"epoch": EPOCH, "activatedStake": stake})], NODE, EPOCH) == 9_722_905_981_190_890


def account(key: str, **change: Any) -> dict[str, Any]:
    told = {
        "stakePubkey": key,
        "stakeAuthority": "staker",
        "withdrawAuthority": "withdrawer",
        "state": "delegated",
        "stake": 5,
        "activationEpoch": 700,
        "deactivationEpoch": 2**64 - 1,
        "lastUpdate": 1,
    }
    return told | change


def test_read_accounts__never_and_null__not_deactivating() -> None:
    rows = [account("a"), account("b", deactivationEpoch=None), account("c", deactivationEpoch="843")]
    a, b, c = read_accounts([page(*rows, name="stakeAccounts")], NODE, "vote")
    assert (a.deactivation_epoch, b.deactivation_epoch, c.deactivation_epoch) == (None, None, 843)
    assert (a.withdrawer_key, a.voter_key, a.activation_epoch) == ("withdrawer", "vote", 700)


def test_read_accounts__lamports_as_text__exact() -> None:
    rows = [account("a", stake="9722905981190890"), account("b", stake=9_722_905_981_190_890)]
    a, b = read_accounts([page(*rows, name="stakeAccounts")], NODE, "vote")
    assert a.stake == b.stake == 9_722_905_981_190_890


def test_read_accounts__account_on_two_pages__refused() -> None:
    with pytest.raises(UnreadableAnswer, match="twice"):
        read_accounts([page(account("a"), name="stakeAccounts")] * 2, NODE, "vote")


def test_read_page__where_it_stands() -> None:
    assert read_page(page({"epoch": 1}, total=3, offset=1), NODE) == Page(1, 1, 3)
    assert [Page(1, 1, 3).is_last, Page(2, 1, 3).is_last, Page(0, 0, 3).is_last] == [False, True, True]


def test_read__error_body__refused_with_its_words() -> None:
    for status in (200, 404):
        with pytest.raises(UnreadableAnswer, match="no such validator"):
            read_fees([answer_to(ASKED, {"err": "no such validator"}, status)], NODE, EPOCH)


def beach_fees(handler: Handler, identity: str | None = "node") -> Fetched:
    async def go(url: str) -> list[Fetched]:
        adapter = SolanaBeach(NODE)
        scope = FetchScope("chain", EPOCH, 0, 1, (ValidatorAsked("vote", identity),), family=Family.SOLANA)
        async with asking_unrecorded(provider(url, "solanabeach"), adapter) as ask:
            return await adapter.fetch("fees", scope, ask)

    with FaultServer(handler) as server:
        (one,) = asyncio.run(go(server.url))
    return one


def histories(newest: int) -> Handler:
    """Epochs down from `newest`, in pages as asked for."""

    def handler(seen: Seen) -> Reply:
        offset, limit = int(seen.query["offset"]), int(seen.query["limit"])
        epochs = list(range(newest, -1, -1))[offset : offset + limit]
        rows = [{"epoch": epoch, "blocks": 3, "fees": epoch, "slots": 4} for epoch in epochs]
        return json_reply({"history": rows, "pagination": {"total": newest + 1, "offset": offset, "limit": limit}})

    return handler


def test_fees__epoch_on_a_later_page__found_and_no_further_page_asked() -> None:
    one = beach_fees(histories(EPOCH + 2 * PAGE_ROWS + 5))
    assert one.state is FigureState.FINAL
    assert [answer.request["query"] for answer in whole(one.answers[:3])] == [
        {"offset": offset, "limit": PAGE_ROWS} for offset in (0, PAGE_ROWS, 2 * PAGE_ROWS)
    ]
    assert len(one.answers) == 6


def test_fees__history_ends_before_the_epoch__unavailable_and_another_may_know() -> None:
    one = beach_fees(histories(EPOCH - 1))
    assert (one.state, one.other_may_know) == (FigureState.UNAVAILABLE, True)


def test_fees__identity_not_known__unavailable_without_asking() -> None:
    asked: list[Seen] = []
    one = beach_fees(lambda seen: asked.append(seen) or Reply(), None)  # type: ignore[func-returns-value]  # counts
    assert (one.state, asked) == (FigureState.UNAVAILABLE, [])

"""Reading Solana Beach and Trillium: pages, nulls, floats, wrong epochs; what does not fit is refused."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from aurora_pipeline.sources.trillium.answers import read_validators
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


def trillium_row(**change: Any) -> dict[str, Any]:
    told = {
        "epoch": EPOCH,
        "identity_pubkey": "node",
        "vote_account_pubkey": "vote",
        "name": "A validator",
        "commission": 7,
        "mev_commission": 700,
        "leader_slots": 10,
        "blocks_produced": 9,
        "rewards": 241.071861667,
        "mev_earned": 88.565530355,
        "mev_to_validator": 6.007847316,
        "validator_inflation_reward": 240.394314937,
        "vote_cost": 2.155,
    }
    return {name: value for name, value in (told | change).items() if value is not ...}


def test_trillium__full_row__to_the_lamport() -> None:
    row = read_validators(answer_to(ASKED, [trillium_row()]), NODE, EPOCH)["vote"]
    assert (row.fees, row.tips_total, row.commission, row.vote_cost) == (
        241_071_861_667,
        88_565_530_355,
        240_394_314_937,
        2_155_000_000,
    )
    assert (row.tips_to_validator, row.commission_bps, row.mev_commission_bps) == (6_007_847_316, 700, 700)


def test_trillium__everything_null__nothing_known() -> None:
    nulls = dict.fromkeys(trillium_row(), None) | {"epoch": EPOCH, "vote_account_pubkey": "vote"}
    row = read_validators(answer_to(ASKED, [nulls]), NODE, EPOCH)["vote"]
    assert {value for name, value in vars(row).items() if name != "vote_key"} == {None}


@given(st.integers(0, 8 * 10**15))  # beyond 8 million SOL a float no longer tells lamports apart
def test_trillium__any_lamports_as_a_float_of_sol__the_same_lamports(lamports: int) -> None:
    body = json.dumps([trillium_row(rewards=lamports / 10**9)])
    assert read_validators(answer_to(ASKED, body.encode()), NODE, EPOCH)["vote"].fees == lamports


@pytest.mark.parametrize(
    ("percent", "bps"), [(7, 700), (9.95, 995), (0, 0), (100, 10_000), (7.0, 700), (7.123, None), (101, None)]
)
def test_trillium__commission_in_percent__whole_basis_points_or_refused(percent: float, bps: int | None) -> None:
    answer = answer_to(ASKED, [trillium_row(commission=percent)])
    if bps is None:
        with pytest.raises(UnreadableAnswer):
            read_validators(answer, NODE, EPOCH)
    else:
        assert read_validators(answer, NODE, EPOCH)["vote"].commission_bps == bps


@pytest.mark.parametrize(
    "rows",
    [
        [trillium_row(epoch=EPOCH - 1)],
        [trillium_row(), trillium_row(vote_account_pubkey="other", epoch=EPOCH + 1)],
        [trillium_row(), trillium_row()],
        [trillium_row(vote_account_pubkey=...)],
        [trillium_row(rewards=-1)],
        [trillium_row(rewards="241.07")],
        [trillium_row(leader_slots=9.5)],
        {"error": "not found"},
    ],
)
def test_trillium__wrong_rows__the_whole_answer_refused(rows: Any) -> None:
    with pytest.raises(UnreadableAnswer):
        read_validators(answer_to(ASKED, rows), NODE, EPOCH)


def test_trillium__epoch_as_text__read() -> None:
    assert read_validators(answer_to(ASKED, [trillium_row(epoch=str(EPOCH))]), NODE, EPOCH)

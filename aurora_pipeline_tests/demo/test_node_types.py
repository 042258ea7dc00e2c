"""Every answer of the simulated node parses with the node's own types."""

from __future__ import annotations

import json
from typing import Any

import pytest
from solders.rpc import responses

from aurora_pipeline.demo.solana.node_accounts import STAKE_HISTORY
from aurora_pipeline.demo.solana.stake import STAKE_RENT
from aurora_pipeline.demo.solana.truth import world_of
from aurora_pipeline_tests.demo.conftest import SMALL, ProviderClient

STAKE_PROGRAM = "Stake11111111111111111111111111111111111111"
BOUNDARY = SMALL.first_slot(851)


@pytest.mark.parametrize(
    ("method", "params", "type_name"),
    [
        ("getEpochInfo", [{"commitment": "finalized"}], "GetEpochInfoResp"),
        ("getEpochSchedule", [], "GetEpochScheduleResp"),
        ("getLeaderSchedule", [None, {"commitment": "finalized"}], "GetLeaderScheduleResp"),
        ("getLeaderSchedule", [BOUNDARY], "GetLeaderScheduleResp"),  # forgotten: null
        ("getBlocks", [BOUNDARY, BOUNDARY + 20, {"commitment": "finalized"}], "GetBlocksResp"),
        ("getBlocksWithLimit", [BOUNDARY, 3], "GetBlocksWithLimitResp"),
        ("getBlockTime", [BOUNDARY], "GetBlockTimeResp"),
        ("getBlockProduction", [], "GetBlockProductionResp"),
        ("getFirstAvailableBlock", [], "GetFirstAvailableBlockResp"),
        ("getHealth", [], "GetHealthResp"),
        ("getSlot", [], "GetSlotResp"),
        ("getBlockHeight", [], "GetBlockHeightResp"),
        ("getVoteAccounts", [{"commitment": "finalized"}], "GetVoteAccountsResp"),
        ("getProgramAccounts", [STAKE_PROGRAM, {"encoding": "jsonParsed"}], "GetProgramAccountsJsonParsedResp"),
        ("getAccountInfo", [STAKE_HISTORY, {"encoding": "jsonParsed"}], "GetAccountInfoMaybeJsonParsedResp"),
        ("getAccountInfo", [SMALL.key("vote", 2), {"encoding": "jsonParsed"}], "GetAccountInfoMaybeJsonParsedResp"),
        (
            "getMultipleAccounts",
            [[STAKE_HISTORY, SMALL.key("vote", 0), SMALL.key("nobody")], {"encoding": "jsonParsed"}],
            "GetMultipleAccountsMaybeJsonParsedResp",
        ),
    ],
)
def test_answer__parsed_with_node_type__is_of_it(
    late: ProviderClient, method: str, params: list[Any], type_name: str
) -> None:
    node_type = getattr(responses, type_name)
    assert isinstance(node_type.from_json(late.rpc_text(method, *params)), node_type)


@pytest.mark.parametrize("slot", [BOUNDARY, BOUNDARY + 1, BOUNDARY + 40])
@pytest.mark.parametrize("encoding", ["json", "jsonParsed"])
@pytest.mark.parametrize("details", ["none", "signatures", "accounts", "full"])
def test_block__every_detail_and_encoding__parses(late: ProviderClient, slot: int, encoding: str, details: str) -> None:
    config = {"encoding": encoding, "transactionDetails": details, "maxSupportedTransactionVersion": 1}
    block = responses.GetBlockResp.from_json(late.rpc_text("getBlock", slot, config))
    assert isinstance(block, responses.GetBlockResp)
    assert block.value is not None
    assert block.value.block_time == SMALL.slot_time(slot)
    assert (block.value.transactions is not None) == (details in ("accounts", "full"))


def test_inflation_reward__vote_stake_and_stranger__are_aligned(late: ProviderClient) -> None:
    world = world_of(SMALL)
    steady = next(account for account in world.book.accounts_of(0) if world.book.is_active(account, 850))
    addresses = [world.book.key(steady), SMALL.key("nobody"), world.cast.validators[0].vote]
    text = late.rpc_text("getInflationReward", addresses, {"epoch": 852})
    answer = responses.GetInflationRewardResp.from_json(text)
    assert isinstance(answer, responses.GetInflationRewardResp)
    stake, nobody, vote = answer.value
    assert nobody is None
    assert stake is not None
    assert vote is not None
    assert stake.epoch == vote.epoch == 852
    assert stake.post_balance > stake.amount + STAKE_RENT
    assert vote.effective_slot == late.rpc("getBlocksWithLimit", SMALL.first_slot(853), 1)[0] < stake.effective_slot


@pytest.mark.parametrize(
    ("method", "params", "type_name", "code"),
    [
        ("getBlock", [SMALL.first_slot(852)], "SlotSkippedMessage", -32007),
        ("getBlockTime", [SMALL.first_slot(852)], "SlotSkippedMessage", -32007),
        ("getBlock", [SMALL.last_slot(854)], "BlockNotAvailableMessage", -32004),
        ("getBlock", [SMALL.first_slot(850) - 1], "BlockCleanedUpMessage", -32001),
        ("getBlock", [BOUNDARY], "UnsupportedTransactionVersionMessage", -32015),
        ("getInflationReward", [[], {"epoch": 854}], "BlockNotAvailableMessage", -32004),
        ("getInflationReward", [[], {"epoch": 700}], "BlockCleanedUpMessage", -32001),
        ("getInflationReward", [["not a key"]], "InvalidParamsMessage", -32602),
        ("getBlock", ["850"], "InvalidParamsMessage", -32602),
        ("getBlocks", [0, 600_000], "InvalidParamsMessage", -32602),
        ("getEpochInfo", [{"minContextSlot": 10**9}], "MinContextSlotNotReachedMessage", -32016),
        ("getMilk", [], "MethodNotFoundMessage", -32601),
    ],
)
def test_error__parsed_with_node_type__is_of_it(
    late: ProviderClient, method: str, params: list[Any], type_name: str, code: int
) -> None:
    text = late.rpc_text(method, *params)
    assert isinstance(responses.GetBlockResp.from_json(text), getattr(responses, type_name))
    assert late.rpc_error(method, *params)["code"] == code


def test_batch__of_two_and_garbage__answers_each(late: ProviderClient) -> None:
    calls = [
        {"jsonrpc": "2.0", "id": "a", "method": "getHealth"},
        {"method": 1},
        {"jsonrpc": "2.0", "id": "b", "method": "getBlockTime", "params": [SMALL.first_slot(852)]},
    ]
    answers = late.http.post("/rpc", json=calls).json()
    assert [answer["id"] for answer in answers] == ["a", None, "b"]
    assert answers[0]["result"] == "ok"
    assert [answer["error"]["code"] for answer in answers[1:]] == [-32600, -32007]
    assert late.http.post("/rpc/", json=calls[0]).json() == answers[0]
    assert late.http.post("/rpc", content=b"{").json()["error"]["code"] == -32700


def test_stake_accounts__filtered_by_withdrawer__are_its_own(late: ProviderClient) -> None:
    cast = world_of(SMALL).cast
    client, vote = cast.client_wallets[0].address, cast.validators[0].vote
    every = late.rpc("getProgramAccounts", STAKE_PROGRAM, {"encoding": "jsonParsed"})
    by_filter = [{"dataSize": 200}, {"memcmp": {"offset": 44, "bytes": client}}]
    mine = late.rpc("getProgramAccounts", STAKE_PROGRAM, {"encoding": "jsonParsed", "filters": by_filter})

    def withdrawer(row: dict[str, Any]) -> Any:
        return row["account"]["data"]["parsed"]["info"]["meta"]["authorized"]["withdrawer"]

    assert mine
    assert mine == [row for row in every if withdrawer(row) == client]
    by_voter = [{"memcmp": {"offset": 124, "bytes": vote}}]
    voting = late.rpc("getProgramAccounts", STAKE_PROGRAM, {"encoding": "jsonParsed", "filters": by_voter})
    assert voting == [row for row in every if f'"voter": "{vote}"' in _text(row)]
    kinds = {row["account"]["data"]["parsed"]["type"] for row in every}
    assert kinds == {"delegated", "initialized"}


def _text(row: dict[str, Any]) -> str:
    return json.dumps(row)

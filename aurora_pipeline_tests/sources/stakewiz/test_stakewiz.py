"""Stakewiz: SOL floats become exact lamports, and rows of another epoch are not known for this one."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.asking.adapter import EVERYONE, Fetched, FetchScope, Question, ValidatorAsked
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.asking.recording import asking_unrecorded
from aurora_pipeline.config.families import Family
from aurora_pipeline.foundation.units import Bps, EpochNumber, Lamports
from aurora_pipeline.sources.kinds import KINDS
from aurora_pipeline.sources.stakewiz.answers import StakewizValidator, read_epoch_info, read_validators
from aurora_pipeline.sources.stakewiz.ask import Stakewiz
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline_tests.asking.asked import NODE, answer_to, provider, whole
from aurora_pipeline_tests.faults.server import FaultServer, Handler, Reply, Seen, json_reply

EPOCH = EpochNumber(842)
VALIDATORS = Question("validators", "/validators")


def row(vote: str = "v1", **change: Any) -> dict[str, Any]:
    shown = {
        "vote_identity": vote,
        "identity": f"id of {vote}",
        "name": "A validator",
        "commission": 7,
        "is_jito": True,
        "jito_commission_bps": 800,
        "activated_stake": 9722905.98119089,
        "delinquent": False,
        "epoch": EPOCH,
    }
    return {name: value for name, value in (shown | change).items() if value is not ...}


def read(*rows: Any) -> dict[str, StakewizValidator]:
    return read_validators(answer_to(VALIDATORS, list(rows)), NODE, EPOCH)


def test_read_validators__full_row__exact() -> None:
    assert read(row())["v1"] == StakewizValidator(
        "v1", "id of v1", "A validator", Bps(700), Bps(800), Lamports(9_722_905_981_190_890), False
    )


def test_read_validators__bare_row__everything_not_known() -> None:
    assert read({"vote_identity": "v1"})["v1"] == StakewizValidator("v1", None, None, None, None, None, None)


def test_read_validators__no_jito__no_mev_commission() -> None:
    assert read(row(is_jito=False, jito_commission_bps=0))["v1"].mev_commission_bps is None


@pytest.mark.parametrize(
    ("text", "lamports"),
    [
        ("0", 0),
        ("1e-9", 1),
        ("1.5", 1_500_000_000),
        ("241.071861666999", 241_071_861_667),
        ("400000000.000000001", 400_000_000_000_000_001),
        ("1E3", 1_000_000_000_000),
    ],
)
def test_read_validators__sol_float__its_decimal_text_to_the_lamport(text: str, lamports: int) -> None:
    body = json.dumps([row(activated_stake="STAKE")]).replace('"STAKE"', text).encode()
    assert read_validators(answer_to(VALIDATORS, body), NODE, EPOCH)["v1"].active_stake == lamports


@given(st.integers(0, 6 * 10**17))
def test_read_validators__any_stake_written_out__exact(lamports: int) -> None:
    text = f"{Decimal(lamports).scaleb(-9):f}"
    body = json.dumps([row(activated_stake="STAKE")]).replace('"STAKE"', text).encode()
    assert read_validators(answer_to(VALIDATORS, body), NODE, EPOCH)["v1"].active_stake == lamports


@pytest.mark.parametrize("stake", ["-1", '"5"', "1e999999999", "true", "1e40"])
def test_read_validators__no_amount__refused(stake: str) -> None:
    body = json.dumps([row(activated_stake="STAKE")]).replace('"STAKE"', stake).encode()
    with pytest.raises(UnreadableAnswer):
        read_validators(answer_to(VALIDATORS, body), NODE, EPOCH)


def test_read_validators__row_of_another_epoch__not_known() -> None:
    assert set(read(row("v1"), row("v2", epoch=EPOCH - 1), row("v3", epoch=...))) == {"v1", "v3"}


@pytest.mark.parametrize("rows", [[row(), row()], [row(vote_identity=...)], [row(commission=7.5)], [None]])
def test_read_validators__wrong_row__refused(rows: list[Any]) -> None:
    with pytest.raises(UnreadableAnswer):
        read(*rows)


def test_read_validators__not_found_object__refused_with_its_words() -> None:
    with pytest.raises(UnreadableAnswer, match="out of order"):
        read_validators(answer_to(VALIDATORS, {"message": "out of order"}), NODE, EPOCH)


def observe(handler: Handler) -> Fetched:
    async def go(url: str) -> list[Fetched]:
        adapter = Stakewiz(NODE)
        scope = FetchScope("chain", EPOCH, 0, 1, (ValidatorAsked("v1", None),), family=Family.SOLANA)
        async with asking_unrecorded(provider(url, "stakewiz"), adapter) as ask:
            return await adapter.observe("meta", scope, ask)

    with FaultServer(handler) as server:
        (one,) = asyncio.run(go(server.url))
    return one


def api(rows: list[Any], *epochs: int) -> Handler:
    shown = list(epochs)

    def handler(seen: Seen) -> Reply:
        if seen.path == "/validators":
            return json_reply(rows)
        return json_reply({"epoch": shown.pop(0), "slot_height": 5})

    return handler


def test_observe__inside_the_epoch__list_between_two_looks() -> None:
    one = observe(api([row()], EPOCH, EPOCH))
    assert (one.subject, one.state, len(one.answers)) == (EVERYONE, FigureState.FINAL, 3)
    assert Stakewiz(NODE).identities(whole(one.answers)) == {"v1": "id of v1"}
    assert read_epoch_info(whole(one.answers)[0], NODE).slot == 5


@pytest.mark.parametrize("epochs", [(EPOCH, EPOCH + 1), (EPOCH - 1, EPOCH)])
def test_observe__straddles_the_end__no_observation(epochs: tuple[int, int]) -> None:
    assert observe(api([row()], *epochs)).state is FigureState.UNAVAILABLE


@pytest.mark.parametrize("rows", [[], [row("v2")], [row("v1", epoch=EPOCH - 1)]])
def test_observe__operated_validator_not_listed__no_observation(rows: list[Any]) -> None:
    one = observe(api(rows, EPOCH, EPOCH))
    assert (one.state, one.other_may_know) == (FigureState.UNAVAILABLE, True)
    assert "first v1" in str(one.reason)


def test_observe__garbage__no_observation() -> None:
    assert observe(lambda seen: Reply(b"[{")).state is FigureState.PENDING


def test_kind__its_roles__meta_alone() -> None:
    assert KINDS["stakewiz"] == {"meta"}

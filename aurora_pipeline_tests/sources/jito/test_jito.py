"""Jito's tip trees: nothing published is pending, absence from a published list is no participation."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.asking.adapter import (
    NOT_PARTICIPATING,
    Answer,
    Fetched,
    FetchScope,
    ProviderDown,
    Question,
    ValidatorAsked,
)
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.asking.recording import asking_unrecorded
from aurora_pipeline.config.families import Family
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.jito import ask as jito
from aurora_pipeline.sources.jito.answers import (
    NO_AUTHORITY,
    read_staker_rewards,
    read_validator_rewards,
)
from aurora_pipeline.sources.jito.ask import Jito
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline_tests.asking.asked import NODE, answer_to, provider, whole
from aurora_pipeline_tests.faults.server import FaultServer, Handler, Reply, Seen, json_reply

EPOCH = EpochNumber(842)
SCOPE = FetchScope(
    "chain", EPOCH, 0, 1, (ValidatorAsked("v1", "id1"), ValidatorAsked("v2", "id2")), family=Family.SOLANA
)


def tree(vote: str, **change: object) -> dict[str, object]:
    row: dict[str, object] = {
        "vote_account": vote,
        "mev_revenue": 88_565_530_355,
        "mev_commission": 700,
        "priority_fee_revenue": 5,
        "priority_fee_commission": None,
        "num_stakers": 3,
        "epoch": EPOCH,
        "claim_status_account": None,
    }
    return row | change


def node(claimant: str, amount: object, authority: str = NO_AUTHORITY, **change: object) -> dict[str, object]:
    row = {
        "claimant": claimant,
        "stake_authority": authority,
        "withdraw_authority": authority,
        "validator_vote_account": "v1",
        "epoch": EPOCH,
        "amount": amount,
    }
    return row | change


NODES = [node("router", 2_736_674_887), node("v1", 6_199_587_124), node("s1", 79_629_268_344, "owner")]


def api(trees: list[Any], nodes: list[Any]) -> Handler:
    """A server with pages, as Kobe has them."""

    def handler(seen: Seen) -> Reply:
        is_list = seen.path == "/validator_rewards"
        rows = (
            trees
            if is_list
            else [row for row in nodes if row["validator_vote_account"] == seen.query["validator_vote_account"]]
        )
        page, limit = int(seen.query["page"]), int(seen.query["limit"])
        assert seen.query["epoch"] == str(EPOCH)
        shown = rows[(page - 1) * limit : page * limit]
        return json_reply({"rewards": shown, "total_count": len(rows) if is_list else 0})

    return handler


def fetch(handler: Handler) -> dict[str, Fetched]:
    async def go(url: str) -> list[Fetched]:
        adapter = Jito(NODE)
        async with asking_unrecorded(provider(url, "jito"), adapter) as ask:
            return await adapter.fetch("mev", SCOPE, ask)

    with FaultServer(handler) as server:
        return {one.subject: one for one in asyncio.run(go(server.url))}


def test_fetch__published__own_node_of_one_and_no_participation_of_the_other() -> None:
    mev = fetch(api([tree("v1"), tree("other")], NODES))
    assert (mev["v1"].state, mev["v1"].reason) == (FigureState.FINAL, None)
    assert (mev["v2"].state, mev["v2"].reason) == (FigureState.FINAL, NOT_PARTICIPATING)
    assert read_validator_rewards(whole(mev["v1"].answers), NODE, EPOCH)["v1"].total == 88_565_530_355
    own = read_staker_rewards(whole(mev["v1"].answers), NODE, EPOCH, "v1").own_node
    assert own is not None
    assert own.lamports == 6_199_587_124


def test_fetch__list_without_a_validator_whose_tree_is_there__asked_again_elsewhere() -> None:
    mev = fetch(api([tree("other")], [*NODES, node("v2", 5, validator_vote_account="v2")]))
    for key, count in (("v1", 3), ("v2", 1)):
        assert (mev[key].state, mev[key].other_may_know) == (FigureState.PENDING, True)
        assert mev[key].reason == f"the list of tip trees does not name it, but its tree has {count} nodes"


@pytest.mark.parametrize("field", ["mev_revenue", "priority_fee_revenue"])
def test_read_validator_rewards__more_than_there_can_be__refused_by_name(field: str) -> None:
    page = {"rewards": [tree("v1", **{field: 2**63})], "total_count": 1}
    listed = answer_to(jito._validators_question(EPOCH, 1), json.dumps(page).encode())
    with pytest.raises(UnreadableAnswer, match=f"{field}: {2**63} is more than 10000000 SOL"):
        read_validator_rewards([listed], NODE, EPOCH)


@pytest.mark.parametrize(
    ("history", "state"),
    [
        ([{"epoch": EPOCH, "mev_rewards": 0}, {"epoch": EPOCH - 1, "mev_rewards": 7}], FigureState.FINAL),
        ([{"epoch": str(EPOCH), "mev_rewards": 0}], FigureState.FINAL),
        ([{"epoch": EPOCH - 1, "mev_rewards": 7}], FigureState.PENDING),
        ([], FigureState.PENDING),
    ],
    ids=["published", "published, epoch as text", "not yet", "unknown"],
)
def test_fetch__total_of_zero__counts_only_where_its_history_has_the_epoch(
    history: list[dict[str, object]], state: FigureState
) -> None:
    empty = api([tree("v1", mev_revenue=0)], [node("v1", 0), node("router", 0)])
    mev = fetch(lambda seen: json_reply(history) if seen.path == "/validators/v1" else empty(seen))
    assert mev["v1"].state is state
    assert [answer.request_key for answer in mev["v1"].answers][-1] == "validators v1"


def test_read_validator_rewards__beside_mev_earned_in_hundredths_of_sol__lamports_count() -> None:
    page = {"rewards": [tree("v1", mev_earned=8_857)], "total_count": 1}
    listed = answer_to(jito._validators_question(EPOCH, 1), json.dumps(page).encode())
    assert read_validator_rewards([listed], NODE, EPOCH)["v1"].total == 88_565_530_355


@pytest.mark.parametrize("rows", [[], [tree("v1", mev_revenue=0)]], ids=["empty default", "zeros"])
def test_read_validator_rewards__http_500__says_nothing(rows: list[object]) -> None:
    page = json.dumps({"rewards": rows, "total_count": len(rows)}).encode()
    failed = answer_to(jito._validators_question(EPOCH, 1), page, status=500)
    with pytest.raises(UnreadableAnswer, match="HTTP 500"):
        read_validator_rewards([failed], NODE, EPOCH)


def test_fetch__list_of_several_pages__all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jito, "PAGE_ROWS", 2)
    mev = fetch(api([tree(name) for name in ("a", "b", "c", "v1", "e")], NODES))
    assert [answer.request_key for answer in mev["v1"].answers] == [
        "validator_rewards 842 page 1",
        "validator_rewards 842 page 2",
        "validator_rewards 842 page 3",
        "staker_rewards 842 v1 page 1",
        "staker_rewards 842 v1 page 2",
    ]
    assert (mev["v1"].state, mev["v2"].reason) == (FigureState.FINAL, NOT_PARTICIPATING)


def test_fetch__nobody_listed__pending_and_never_zero() -> None:
    mev = fetch(api([], []))
    assert {one.state for one in mev.values()} == {FigureState.PENDING}
    assert {one.reason for one in mev.values()} == {"tip trees not published yet"}


def test_fetch__500_with_the_empty_default__pending_and_kept() -> None:
    mev = fetch(lambda seen: json_reply({"rewards": [], "total_count": 0}, status=500))
    assert {one.state for one in mev.values()} == {FigureState.PENDING}
    assert whole(mev["v1"].answers)[0].status == 500


@pytest.mark.parametrize("status", [500, 503, 408])
def test_fetch__a_real_failure__provider_down(status: int) -> None:
    with pytest.raises(ProviderDown):
        fetch(lambda seen: Reply(b"<html>", status))


@pytest.mark.parametrize(
    "trees",
    [
        [tree("v1", epoch=EPOCH - 1)],
        [tree("v1"), tree("v1")],
        [tree("v1", mev_revenue=1.5)],
        [tree("v1", mev_revenue=None)],
        [tree("v1", mev_commission=10_001)],
        [tree("v1", epoch=str(EPOCH))],
    ],
    ids=["other epoch", "twice", "float", "null", "over 100 %", "epoch as text"],
)
def test_fetch__wrong_list__unreadable_for_all(trees: list[object]) -> None:
    mev = fetch(api(trees, NODES))
    assert {(one.state, one.other_may_know) for one in mev.values()} == {(FigureState.PENDING, True)}
    assert all("unreadable" in str(one.reason) for one in mev.values())


def test_fetch__list_shorter_than_it_says__unreadable() -> None:
    mev = fetch(lambda seen: json_reply({"rewards": [tree("other")], "total_count": 2}))
    assert mev["v2"].state is FigureState.PENDING


@pytest.mark.parametrize("nodes", [[], [node("v1", 5, "somebody")], [node("router", 5)]])
def test_fetch__own_node_not_listed__partial_because_the_total_is_known(nodes: list[Any]) -> None:
    mev = fetch(api([tree("v1")], nodes))
    assert mev["v1"].state is FigureState.PARTIAL


@pytest.mark.parametrize(
    "nodes",
    [
        [node("v1", 5, epoch=EPOCH + 1)],
        [node("v1", 5), node("v1", 5)],
        [node("v1", -5)],
        [node("v1", "5")],
    ],
    ids=["other epoch", "twice", "negative", "text"],
)
def test_fetch__wrong_nodes__that_validator_alone_unreadable(nodes: list[Any]) -> None:
    mev = fetch(api([tree("v1")], nodes))
    assert (mev["v1"].state, mev["v2"].state) == (FigureState.PENDING, FigureState.FINAL)


def test_fetch__nodes_of_one_validator_not_to_be_had__the_others_stand() -> None:
    fine = api([tree("v1")], NODES)
    mev = fetch(lambda seen: Reply(status=503) if seen.query.get("validator_vote_account") == "v1" else fine(seen))
    assert (mev["v1"].state, mev["v1"].other_may_know) == (FigureState.PENDING, True)
    assert mev["v2"].reason == NOT_PARTICIPATING


def test_read_staker_rewards__nodes_of_another_validator__refused() -> None:
    question = Question("q", "/staker_rewards")
    with pytest.raises(UnreadableAnswer, match="v1 was answered where v2"):
        read_staker_rewards([answer_to(question, {"rewards": NODES})], NODE, EPOCH, "v2")


def stored(rows: list[Any], status: int = 200) -> Answer:
    return answer_to(Question("q", "/validator_rewards"), {"rewards": rows, "total_count": len(rows)}, status)


def test_accepts__stored_page__reused_only_with_rows_of_its_epoch() -> None:
    seen: list[Question] = []

    async def ask(questions: Any) -> list[Answer]:
        seen.extend(questions)
        return [stored([]) for _ in questions]

    asyncio.run(Jito(NODE).fetch("mev", SCOPE, ask))
    accepts = seen[0].accepts
    assert accepts(stored([tree("v1")]))
    assert not accepts(stored([]))
    assert not accepts(stored([tree("v1")], status=500))
    assert not accepts(stored([tree("v1", epoch=EPOCH - 1)]))
    assert not accepts(answer_to(seen[0], b"{cut"))


def test_read__documented_answers__parse(shared_data: Path) -> None:
    path = shared_data / "solana" / "recorded" / "kobe_documented_responses.json"
    read = 0
    for exchange in json.loads(path.read_bytes()):
        rows = exchange["response"].get("rewards") if isinstance(exchange["response"], dict) else None
        if not rows or "claimant" not in rows[0]:
            continue
        first = rows[0]
        one = [row for row in rows if row["validator_vote_account"] == first["validator_vote_account"]]
        answer = answer_to(Question("q", "/staker_rewards"), {"rewards": one})
        claims = read_staker_rewards([answer], NODE, first["epoch"], first["validator_vote_account"])
        read += len(claims.claims)
    assert read

"""What a Solana node tells while an epoch runs, and where its epochs begin and end."""

from __future__ import annotations

import pytest

from aurora_pipeline.asking.adapter import (
    EVERYONE,
    LEADER_SCHEDULE,
)
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.family import PeriodBounds
from aurora_pipeline.sources.solana.answers.epochs import EpochSchedule
from aurora_pipeline.sources.solana.ask import SolanaRpc
from aurora_pipeline.sources.solana.periods import bounds, head, slots_of
from aurora_pipeline_tests.asking.asked import NODE, whole
from aurora_pipeline_tests.faults.server import FaultServer, rpc_result
from aurora_pipeline_tests.sources.small_node import EPOCH, FINAL, PENDING, UNAVAILABLE, Node, observe, run, scope


def test_observe_positions__inside_the_epoch__six_answers_per_validator() -> None:
    seen = observe(Node(), "positions", scope("1", "2"))
    assert [one.state for one in seen.values()] == [FINAL, FINAL]
    keys = ["getEpochInfo", "getVoteAccounts", "getMultipleAccounts", "getMultipleAccounts", "getProgramAccounts"]
    assert [answer.request_key.split()[0] for answer in seen["v2"].answers] == [*keys, "getEpochInfo"]
    assert SolanaRpc(NODE).collectors(whole(seen["v2"].answers)) == {"v1": "treasury", "v2": "treasury"}


def test_observe_positions__shared_questions__asked_once_and_epoch_twice() -> None:
    with FaultServer(Node()) as server:
        run(server, lambda adapter, ask: adapter.observe("positions", scope("1", "2"), ask))
    asked = [seen.rpc["method"] for seen in server.seen]
    twice = ["getEpochInfo", "getMultipleAccounts", "getProgramAccounts"]
    assert sorted(asked) == sorted(["getVoteAccounts", *twice, *twice])


@pytest.mark.parametrize("epochs", [[EPOCH, EPOCH + 1], [EPOCH + 1], [EPOCH - 1, EPOCH]])
@pytest.mark.parametrize("data_type", ["positions", "meta"])
def test_observe__straddles_the_end__no_observation(data_type: str, epochs: list[EpochNumber]) -> None:
    node = Node()
    node.epochs = list(epochs)
    (one,) = observe(node, data_type, scope("1")).values()
    assert one.state is UNAVAILABLE
    assert "not of 10 alone" in str(one.reason)


def test_observe_meta__inside_the_epoch__vote_accounts_between_two_looks() -> None:
    one = observe(Node(), "meta", scope("1"))[EVERYONE]
    assert (one.state, len(one.answers)) == (FINAL, 3)
    assert SolanaRpc(NODE).identities(whole(one.answers)) == {"v1": "id1"}


def test_observe_leader_schedule__null__no_observation() -> None:
    assert observe(Node(), LEADER_SCHEDULE, scope())[EVERYONE].state is FINAL
    unknown = Node(getLeaderSchedule=lambda seen: rpc_result(seen, None))
    assert observe(unknown, LEADER_SCHEDULE, scope())[EVERYONE].state is UNAVAILABLE


def test_observe_positions__garbage__no_observation() -> None:
    seen = observe(Node(getProgramAccounts=lambda seen: rpc_result(seen, [{}])), "positions", scope("1"))
    assert seen["v1"].state is PENDING


# Periods


def bounds_of(node: Node, epoch: int = EPOCH) -> PeriodBounds:
    with FaultServer(node) as server:
        result: PeriodBounds = run(server, lambda adapter, ask: bounds(EpochNumber(epoch), ask, NODE))
    return result


def test_head__running_epoch__its_bounds() -> None:
    with FaultServer(Node()) as server:
        info = run(server, lambda adapter, ask: head(ask, NODE))
    assert (info.epoch, info.slot, info.first_slot, info.last_slot) == (10, 105, 100, 109)


def test_bounds__ended_epoch__slots_and_times_of_its_first_and_last_block() -> None:
    found = bounds_of(Node())
    assert (found.first_slot, found.first_block_slot, found.last_block_slot, found.last_slot) == (100, 100, 107, 109)
    assert (found.started_at.timestamp(), found.ended_at.timestamp()) == (1_700_000_100, 1_700_000_107)
    assert len(found.answers) == 6


def test_bounds__running_epoch__refused() -> None:
    with pytest.raises(UnreadableAnswer, match="has not ended"):
        bounds_of(Node(), EPOCH + 1)


def test_bounds__history_begins_late__refused() -> None:
    node = Node(getBlocksWithLimit=lambda seen: rpc_result(seen, [103 if seen.rpc["params"][0] == 100 else 112]))
    with pytest.raises(UnreadableAnswer, match="history begins too late"):
        bounds_of(node)


def test_bounds__block_without_time__refused() -> None:
    node = Node()
    node.replies["getBlock"] = lambda seen: rpc_result(seen, {**node.getBlock(*seen.rpc["params"]), "blockTime": None})
    with pytest.raises(UnreadableAnswer, match="no time"):
        bounds_of(node)


def test_slots_of__warm_up__as_solanas_own_schedule() -> None:
    oracle = pytest.importorskip("solders.epoch_schedule").EpochSchedule.custom(432_000, 432_000, True)
    schedule = EpochSchedule(432_000, oracle.first_normal_epoch, oracle.first_normal_slot)
    for epoch in (0, 1, 5, 13, 14, 15, 207):
        assert slots_of(EpochNumber(epoch), schedule) == (
            oracle.get_first_slot_in_epoch(epoch),
            oracle.get_last_slot_in_epoch(epoch),
        )

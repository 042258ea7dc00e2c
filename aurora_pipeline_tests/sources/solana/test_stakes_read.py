"""Stake accounts that were read last are not read again, and only what fits is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.sources.solana.answers.accounts import StakeAccount, read_stake_accounts
from aurora_pipeline.sources.solana.stakes_read import LastRead
from aurora_pipeline.store.payloads.answers import Answer


def answer(*keys: str, voter: str = "V") -> Answer:
    """A node's list of delegated stake accounts."""
    rows = [
        {
            "pubkey": key,
            "account": {
                "data": {
                    "parsed": {
                        "type": "delegated",
                        "info": {
                            "meta": {"authorized": {"staker": "S", "withdrawer": "W"}},
                            "stake": {
                                "delegation": {
                                    "voter": voter,
                                    "stake": "5",
                                    "activationEpoch": "1",
                                    "deactivationEpoch": "18446744073709551615",
                                }
                            },
                        },
                    }
                }
            },
        }
        for key in keys
    ]
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "result": rows}).encode()
    return Answer(f"stakes of {voter}", {}, 200, {}, body, datetime(2026, 9, 1, tzinfo=UTC))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which answers were read, by their questions."""
    told: list[str] = []

    def read(answer: Answer, provider: str) -> tuple[StakeAccount, ...]:
        told.append(f"{answer.request_key} by {provider}")
        return read_stake_accounts(answer, provider)

    monkeypatch.setattr("aurora_pipeline.sources.solana.stakes_read.read_stake_accounts", read)
    return told


def test_accounts__of_the_same_answer__are_read_once_and_of_another_anew(reads: list[str]) -> None:
    last = LastRead()
    first = last.accounts(answer("a", "b"), "node")
    assert [one.stake_key for one in first] == ["a", "b"]
    assert last.accounts(answer("a", "b"), "node") == first
    assert reads == ["stakes of V by node"], "equal bytes to the same question"
    assert last.accounts(answer("a", "b"), "other") == first
    assert last.accounts(replace(answer("a", "b"), request_key="another"), "node") == first
    assert reads[1:] == ["stakes of V by other", "another by node"]
    assert [one.stake_key for one in last.accounts(answer("a", "c"), "node")] == ["a", "c"]
    assert last.accounts(answer("a", "b"), "node") == first, "the next epoch's answer took its place"
    assert len(reads) == 5
    for _ in range(2):
        assert last.accounts(answer("a", "b"), "node") == first
    assert len(reads) == 5
    assert last.accounts(answer("a", "b"), "node") == first, "handed out as often as a run needs it"
    assert len(reads) == 6


def test_accounts__of_more_than_may_be_kept__are_those_that_were_asked_for_last(reads: list[str]) -> None:
    last = LastRead(accounts_max=3)
    lists = [answer("a", "b", voter="V"), answer("c", voter="W"), answer("d", voter="X")]
    for one in (lists[0], lists[1], lists[0], lists[2]):
        last.accounts(one, "node")
    assert len(reads) == 3
    last.accounts(lists[0], "node")
    assert len(reads) == 3
    last.accounts(lists[1], "node")
    assert len(reads) == 4, "asked for longest ago"
    large = answer("e", "f", "g", "h", voter="Y")
    assert len(last.accounts(large, "node")) == len(last.accounts(large, "node")) == 4
    assert len(reads) == 6, "more than may be kept is read each time"


def test_accounts__that_cannot_be_read__are_refused_each_time() -> None:
    last = LastRead()
    for _ in range(2):
        with pytest.raises(UnreadableAnswer, match="listed twice"):
            last.accounts(answer("a", "a"), "node")

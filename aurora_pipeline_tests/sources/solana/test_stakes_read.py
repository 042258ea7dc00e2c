"""Stake accounts that were read last are not read again, and only what fits is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from aurora_pipeline.asking.reading import UnreadableAnswer
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


def test_accounts__of_the_same_answer__are_read_once_and_of_another_anew() -> None:
    read = LastRead()
    first = read.accounts(answer("a", "b"), "node")
    assert [one.stake_key for one in first] == ["a", "b"]
    assert read.accounts(answer("a", "b"), "node") is first, "equal bytes to the same question"
    assert read.accounts(answer("a", "b"), "other") is not first
    assert read.accounts(replace(answer("a", "b"), request_key="another question"), "node") is not first
    assert [one.stake_key for one in read.accounts(answer("a", "c"), "node")] == ["a", "c"]


def test_accounts__of_more_than_may_be_kept__are_those_of_the_newest_answers() -> None:
    read = LastRead(accounts_max=3)
    first, second = read.accounts(answer("a", "b"), "node"), read.accounts(answer("c"), "node")
    assert read.accounts(answer("a", "b"), "node") is first
    read.accounts(answer("d"), "node")
    assert read.accounts(answer("c"), "node") is not second, "asked for longest ago"
    whole = read.accounts(answer("e", "f", "g", "h"), "node")
    assert len(whole) == 4, "more than may be kept is read all the same"
    assert read.accounts(answer("e", "f", "g", "h"), "node") is not whole


def test_accounts__that_cannot_be_read__are_refused_each_time() -> None:
    read = LastRead()
    for _ in range(2):
        with pytest.raises(UnreadableAnswer, match="listed twice"):
            read.accounts(answer("a", "a"), "node")

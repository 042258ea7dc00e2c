"""A balance that moved by what nobody told: no slashing and no odd sync reward is taken for what cannot be one."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.beacon.answers.chain import Spec
from aurora_pipeline.sources.beacon.ask import BeaconApi
from aurora_pipeline.sources.beacon.tells import balances
from aurora_pipeline.sources.beacon.truth import seat_reward_max
from aurora_pipeline.sources.told import BalanceTold, StagedFetches
from aurora_pipeline_tests.devchain import scopes
from aurora_pipeline_tests.devchain.ask import SmallChain
from aurora_pipeline_tests.devchain.files import expected, held
from aurora_pipeline_tests.devchain.server import DevChain, blocks, pubkeys
from aurora_pipeline_tests.devchain.staged import reference
from aurora_pipeline_tests.faults.server import Reply, Seen, json_reply

COIN = 10**9
SEATED, SLASHED = "4", "20"
"""Validators: one in the sync committee, one that is slashed in the window."""
Twist = Callable[[DevChain], None]


def told(index: str, *twists: Twist, spec: Mapping[str, str] | None = None) -> BalanceTold:
    """What is told of a validator where its chain is twisted so."""
    chain = SmallChain(spoil={})
    if spec:
        chain._chain.spec = {"data": {**held("spec_excerpt")["data"], **spec}}
    for twist in twists:
        twist(chain._chain)
    [fetch] = chain.fetched(BeaconApi("n"), DataType.REWARDS, scopes.scope())
    window = reference()
    one = dict(balances(StagedFetches(window, dict.fromkeys(window.keys, fetch))).rows)[pubkeys()[index]]
    assert isinstance(one, BalanceTold), one
    return one


def moved(index: str, by: int) -> Twist:
    """Its balance at the end is another by so much."""

    def twist(chain: DevChain) -> None:
        def validators(seen: Seen) -> Reply:
            slot = seen.path.split("/")[-2]
            state = json.loads(chain._validators(seen, slot).body)
            for one in state["data"]:
                if (one["index"], slot) == (index, "119"):
                    one["balance"] = str(int(one["balance"]) + by)
            return json_reply(state)

        chain.answers[r"/eth/v1/beacon/states/\d+/validators"] = validators

    return twist


def seats_tell_balances(chain: DevChain) -> None:
    def sync(seen: Seen) -> Reply:
        rows = held("rewards_sync_committee_by_slot")[seen.path.rsplit("/", 1)[1]]["data"]
        return json_reply({"data": [{**row, "reward": "32675030525"} for row in rows]})

    chain.answers[r".*/rewards/sync_committee/\d+"] = sync


def one_seat_earns_a_coin(chain: DevChain) -> None:
    twisted: list[str] = []

    def sync(seen: Seen) -> Reply:
        slot = seen.path.rsplit("/", 1)[1]
        rows = copy.deepcopy(held("rewards_sync_committee_by_slot")[slot]["data"])
        for row in rows:
            if row["validator_index"] == SEATED and twisted in ([], [slot]):
                twisted[:] = [slot]
                row["reward"] = str(COIN)
        return json_reply({"data": rows})

    chain.answers[r".*/rewards/sync_committee/\d+"] = sync


def deposited_at_50(chain: DevChain) -> None:
    """A deposit to the slashed one, which waits to be credited; the node tells of no queue."""

    def block(seen: Seen) -> Reply:
        changed = json.loads(json.dumps(blocks()["50"]))
        deposit = {
            "pubkey": pubkeys()[SLASHED],
            "withdrawal_credentials": "0x01" + "00" * 31,
            "amount": str(32 * COIN),
            "signature": "0x00",
            "index": "0",
        }
        changed["data"]["message"]["body"]["execution_requests"]["deposits"] = [deposit]
        return json_reply(changed)

    chain.answers["/eth/v2/beacon/blocks/50"] = block


def queued_before(chain: DevChain) -> None:
    """A top-up of the seated one was on its way when the window began, and came in it."""
    waiting = {
        "pubkey": pubkeys()[SEATED],
        "withdrawal_credentials": "0x01" + "00" * 31,
        "amount": str(32 * COIN),
        "signature": "0x00",
        "slot": "5",
    }
    chain.answers[r"/eth/v1/beacon/states/15/pending_deposits"] = lambda seen: json_reply({"data": [waiting]})
    chain.answers[r"/eth/v1/beacon/states/119/pending_deposits"] = lambda seen: json_reply({"data": []})


def twice_as_much_and_none(chain: DevChain) -> None:
    """Rewards of one epoch that are taken back in the next: the balance fits them."""

    def rewards(seen: Seen) -> Reply:
        epoch = seen.path.rsplit("/", 1)[1]
        whole = copy.deepcopy(held("rewards_attestations_by_epoch")[epoch])
        for row in whole["data"]["total_rewards"]:
            if row["validator_index"] == "7":
                row["target"] = str(int(row["target"]) + {"5": 1, "6": -1}.get(epoch, 0) * 1_000 * COIN)
        return json_reply(whole)

    chain.answers[r".*/rewards/attestations/\d+"] = rewards


def only_ideal_rewards(chain: DevChain) -> None:
    def rewards(seen: Seen) -> Reply:
        whole = copy.deepcopy(held("rewards_attestations_by_epoch")[seen.path.rsplit("/", 1)[1]])
        whole["data"]["total_rewards"] = []
        return json_reply(whole)

    chain.answers[r".*/rewards/attestations/\d+"] = rewards


HALF_WAY_HERE = {"EPOCHS_PER_SLASHINGS_VECTOR": str(2 * (69 - 10))}
"""The validator can withdraw in epoch 69: what others' crimes add is lost in epoch 11 then, which is in the window."""


@pytest.mark.parametrize(
    ("index", "twists", "spec"),
    [
        (SEATED, [seats_tell_balances, moved(SEATED, 32 * COIN)], None),
        (SEATED, [seats_tell_balances, moved(SEATED, -31 * COIN)], None),
        (SEATED, [one_seat_earns_a_coin, moved(SEATED, 5 * COIN)], None),
        (SLASHED, [deposited_at_50], None),
        (SLASHED, [deposited_at_50], HALF_WAY_HERE),
        (SLASHED, [moved(SLASHED, -31 * COIN)], None),
        (SLASHED, [only_ideal_rewards], None),
    ],
    ids=[
        "a coin came beside seats that tell balances",
        "coins went beside seats that tell balances",
        "a seat of a coin hides five",
        "a deposit waits",
        "a deposit waits, half-way to the exit",
        "coins went of a slashed one",
        "no attestation of a slashed one is told",
    ],
)
def test_balance__moved_by_what_nobody_told__is_no_figure(
    index: str, twists: list[Twist], spec: Mapping[str, str] | None
) -> None:
    one = told(index, *twists, spec=spec)
    assert (one.rewards, one.penalties, one.explained) == (None, None, None)
    assert one.reason is not None
    assert "that nothing which was told explains" in one.reason


def test_attestations__that_earn_more_than_the_stake_can__are_no_figure() -> None:
    one = told("7", twice_as_much_and_none)
    assert (one.rewards, one.penalties) == (None, None)
    assert "and its stake can earn" in str(one.reason)


def test_slashing__half_way_to_the_exit__may_cost_more_than_at_once() -> None:
    one = told(SLASHED, moved(SLASHED, -COIN), spec=HALF_WAY_HERE)
    (true,) = (row for row in expected("by_validator") if row["validator_index"] == SLASHED)
    assert one.explained == "SLASHING"
    assert one.profit == (int(true["cl_pnl_gwei"]) - COIN) * COIN


def test_top_up__that_was_on_its_way__is_asked_for_and_no_income() -> None:
    one = told(SEATED, seats_tell_balances, queued_before, moved(SEATED, 32 * COIN))
    (true,) = (row for row in expected("by_validator") if row["validator_index"] == SEATED)
    assert (one.explained, one.profit) == ("SYNC_REWARDS", int(true["cl_pnl_gwei"]) * COIN)


def test_seat__on_mainnet__earns_no_more_than_all_coins_at_stake_would_give() -> None:
    spec = Spec(32, timedelta(seconds=12), 256, {"SYNC_COMMITTEE_SIZE": 512, "BASE_REWARD_FACTOR": 64})
    # 22,000 gwei where a quarter of all coins are at stake.
    assert 22_000 < seat_reward_max(spec) < 50_000

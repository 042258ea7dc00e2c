"""What the generator says happened is what its providers let one read, to the lamport."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from aurora_pipeline.demo.solana.blocks import VOTE_PROGRAM
from aurora_pipeline.demo.solana.truth import (
    cast_of,
    costs_csv,
    operator_wallets_csv,
    truth,
    validators_csv,
)
from aurora_pipeline_tests.demo.conftest import SMALL, ProviderClient

EPOCH = 853
STAKE_PROGRAM = "Stake11111111111111111111111111111111111111"


@pytest.fixture(scope="module")
def blocks(late: ProviderClient) -> dict[int, dict[str, Any]]:
    """All blocks of the epoch, with their accounts."""
    config = {"transactionDetails": "accounts", "maxSupportedTransactionVersion": 1}
    slots = late.rpc("getBlocks", SMALL.first_slot(EPOCH), SMALL.last_slot(EPOCH))
    return {slot: late.rpc("getBlock", slot, config) for slot in slots}


def test_fees__read_from_blocks__are_the_truth(late: ProviderClient, blocks: dict[int, dict[str, Any]]) -> None:
    schedule = late.rpc("getLeaderSchedule", SMALL.first_slot(EPOCH))
    for validator in truth(SMALL, EPOCH).validators:
        led = [SMALL.first_slot(EPOCH) + index for index in schedule.get(validator.identity, [])]
        produced = [blocks[slot] for slot in led if slot in blocks]
        rows = [row for block in produced for row in block["rewards"] if row["rewardType"] == "Fee"]
        transactions = [item for block in produced for item in block["transactions"]]
        base = sum(5_000 * len(item["transaction"]["signatures"]) for item in transactions)
        assert (len(led), len(produced)) == (validator.leader_slots, validator.blocks)
        assert {row["pubkey"] for row in rows} <= {validator.identity}
        assert sum(row["lamports"] for row in rows) == validator.fees_lamports
        assert base == validator.base_fees_lamports
        assert sum(item["meta"]["fee"] for item in transactions) - base == validator.priority_fees_lamports
        assert validator.fees_lamports == base - validator.burned_lamports + validator.priority_fees_lamports


def test_fee_row__of_every_block__is_what_its_transactions_paid_less_the_burn(
    blocks: dict[int, dict[str, Any]],
) -> None:
    for block in blocks.values():
        base = sum(5_000 * len(item["transaction"]["signatures"]) for item in block["transactions"])
        paid = sum(item["meta"]["fee"] for item in block["transactions"])
        rows = [row["lamports"] for row in block["rewards"] if row["rewardType"] == "Fee"]
        assert sum(rows) == paid - base * 50 // 100


def test_vote_fees__summed_over_blocks__are_the_truth(blocks: dict[int, dict[str, Any]]) -> None:
    paid: Counter[str] = Counter()
    for block in blocks.values():
        for item in block["transactions"]:
            keys = item["transaction"]["accountKeys"]
            if VOTE_PROGRAM in {key["pubkey"] for key in keys}:
                assert keys[0]["signer"]
                paid[keys[0]["pubkey"]] += item["meta"]["fee"]
    for validator in truth(SMALL, EPOCH).validators:
        assert paid[validator.identity] == validator.vote_fees_lamports


def test_rewards__asked_for_every_account__are_the_truth(late: ProviderClient) -> None:
    accounts = late.rpc("getProgramAccounts", STAKE_PROGRAM, {"encoding": "jsonParsed"})
    voter, withdrawer = {}, {}
    for row in accounts:
        info = row["account"]["data"]["parsed"]["info"]
        withdrawer[row["pubkey"]] = info["meta"]["authorized"]["withdrawer"]
        voter[row["pubkey"]] = info["stake"] and info["stake"]["delegation"]["voter"]
    answers = late.rpc("getInflationReward", list(voter), {"epoch": EPOCH})
    earned = {key: row["amount"] for key, row in zip(voter, answers, strict=True) if row}
    operator = cast_of(SMALL).operator_wallets[0].address
    told = truth(SMALL, EPOCH)
    for validator in told.validators:
        mine = {key: amount for key, amount in earned.items() if voter[key] == validator.vote}
        (commission,) = late.rpc("getInflationReward", [validator.collector], {"epoch": EPOCH})
        assert sum(mine.values()) == validator.staker_rewards_lamports
        own = sum(amount for key, amount in mine.items() if withdrawer[key] == operator)
        assert own == validator.own_stake_rewards_lamports
        assert commission["amount"] == validator.collector_lamports
        sharing = [one.commission_lamports for one in told.validators if one.collector == validator.collector]
        assert sum(sharing) == validator.collector_lamports
    for wallet in told.wallets:
        theirs = [key for key in earned if (voter[key], withdrawer[key]) == (wallet.vote, wallet.address)]
        assert sum(earned[key] for key in theirs) == wallet.staker_rewards_lamports
    assert sum(validator.own_stake_rewards_lamports for validator in told.validators) > 0


def test_reward_rows__of_the_first_blocks__are_what_inflation_rewards_say(
    late: ProviderClient, blocks: dict[int, dict[str, Any]]
) -> None:
    rows = [
        (row["pubkey"], row["lamports"], row["postBalance"], slot)
        for slot, block in blocks.items()
        for row in block["rewards"]
        if row["rewardType"] in ("Voting", "Staking")
    ]
    answers = late.rpc("getInflationReward", [row[0] for row in rows], {"epoch": EPOCH - 1})
    assert rows == [
        (row[0], answer["amount"], answer["postBalance"], answer["effectiveSlot"])
        for row, answer in zip(rows, answers, strict=True)
    ]
    assert len({row[3] for row in rows}) > 1


def test_positions__observed_while_the_epoch_runs__sum_to_active_stake(late: ProviderClient) -> None:
    running = 854
    active: Counter[str] = Counter()
    for row in late.rpc("getProgramAccounts", STAKE_PROGRAM, {"encoding": "jsonParsed"}):
        stake = row["account"]["data"]["parsed"]["info"]["stake"]
        if stake:
            delegation = stake["delegation"]
            if int(delegation["activationEpoch"]) < running <= int(delegation["deactivationEpoch"]):
                active[delegation["voter"]] += int(delegation["stake"])
    groups = late.rpc("getVoteAccounts")
    shown = {row["votePubkey"]: row["activatedStake"] for row in groups["current"] + groups["delinquent"]}
    assert dict(active) == shown
    for validator in truth(SMALL, running).validators:
        assert shown[validator.vote] == validator.active_stake_lamports


def test_tips__read_from_the_tip_tree__are_the_truth(late: ProviderClient) -> None:
    for validator in truth(SMALL, EPOCH).validators:
        rewards = late.kobe("validator_rewards", vote_account=validator.vote, epoch=EPOCH)["rewards"]
        nodes = late.kobe("staker_rewards", validator_vote_account=validator.vote, epoch=EPOCH, limit=10_000)["rewards"]
        if not validator.has_mev_client:
            assert (rewards, nodes, validator.mev_total_lamports) == ([], [], 0)
            continue
        (own,) = [node["amount"] for node in nodes if node["claimant"] == validator.vote]
        assert own == validator.mev_validator_lamports
        assert rewards[0]["mev_revenue"] == validator.mev_total_lamports
        assert rewards[0]["mev_commission"] == validator.mev_commission_bps
        assert rewards[0]["num_stakers"] == len(nodes)
        left = validator.mev_total_lamports - sum(node["amount"] for node in nodes)
        assert 0 <= left < len(nodes)


def test_staker_rewards__paged__are_all_of_them_once(late: ProviderClient) -> None:
    whole = late.kobe("staker_rewards", epoch=EPOCH, limit=10_000)["rewards"]
    pages = [late.kobe("staker_rewards", epoch=EPOCH, limit=100, page=page)["rewards"] for page in range(1, 9)]
    assert [row for page in pages for row in page] == whole
    assert not pages[-1]
    refused = late.http.get("/kobe/api/v1/staker_rewards", params={"limit": 10_001})
    assert (refused.status_code, refused.json()) == (400, {"error": "Limit exceeds maximum allowed value of 10000"})


def test_stakewiz__and_vote_accounts__agree(late: ProviderClient) -> None:
    rows = late.http.get("/stakewiz/validators").json()
    groups = late.rpc("getVoteAccounts")
    votes = {row["votePubkey"]: row for row in groups["current"] + groups["delinquent"]}
    assert {row["vote_identity"] for row in rows} == set(votes)
    for row in rows:
        assert row["identity"] == votes[row["vote_identity"]]["nodePubkey"]
        assert row["commission"] == votes[row["vote_identity"]]["commission"]
    assert late.http.get(f"/stakewiz/validator/{rows[0]['vote_identity']}").json() == rows[0]
    assert "message" in late.http.get("/stakewiz/validator/nobody").json()
    assert late.http.get("/stakewiz/epoch_info").json()["epoch"] == 854


def test_files__for_the_registries__name_the_cast() -> None:
    validators = list(csv.DictReader(io.StringIO(validators_csv(SMALL))))
    wallets = list(csv.DictReader(io.StringIO(operator_wallets_csv(SMALL))))
    costs = list(csv.DictReader(io.StringIO(costs_csv(SMALL, [850, 851]))))
    votes = [validator.vote for validator in cast_of(SMALL).operated]
    assert list(dict.fromkeys(row["validator_key"] for row in validators)) == votes
    (first, second) = [row for row in validators if row["validator_key"] == votes[3]]
    assert first["valid_until"] == second["valid_from"] == "2026-08-31T00:00:00Z"
    assert first["identity_key"] == truth(SMALL, 852).validator(votes[3]).identity
    assert second["identity_key"] == truth(SMALL, 853).validator(votes[3]).identity
    assert [row["wallet_address"] for row in wallets] == [cast_of(SMALL).operator_wallets[0].address]
    assert len(costs) == 2 * SMALL.validators + 1
    assert {row["unit"] for row in costs} == {"SOL", "lamports"}
    (network,) = [row for row in costs if row["cost_type"] == "NETWORK_FEE"]
    assert (network["epoch"], network["validator_key"]) == ("850", votes[2])


def test_truth__printed_by_another_process__is_the_same() -> None:
    options = [text for name, value in SMALL.as_dict().items() for text in (f"--{name.replace('_', '-')}", str(value))]
    command = [sys.executable, "-m", "aurora_pipeline.demo.solana.truth", "--epoch", "851", *options]
    printed = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    told = truth(SMALL, 851)
    assert [row["fees_lamports"] for row in printed["validators"]] == [row.fees_lamports for row in told.validators]
    assert printed["started_at"] == told.started_at == "2026-08-27T00:00:00Z"

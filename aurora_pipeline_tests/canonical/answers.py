"""Staged answers as providers send them: exact bytes with the question they answer, for one small Solana epoch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

from aurora_pipeline.asking.adapter import Question
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.sources.solana.answers.accounts import STAKE_PROGRAM
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline.store.payloads.tables import Verdict

CHAIN, EPOCH, SLOTS = "solana-mainnet", EpochNumber(842), 40
FIRST, LAST = EPOCH * SLOTS, EPOCH * SLOTS + SLOTS - 1
FETCHED_AT = datetime(2026, 9, 4, tzinfo=UTC)
FINAL, PENDING, PARTIAL, UNAVAILABLE = (
    FigureState.FINAL,
    FigureState.PENDING,
    FigureState.PARTIAL,
    FigureState.UNAVAILABLE,
)
NEVER = str(2**64 - 1)
VOTE, OTHER = "CcaHc2L43ZWjwCHART3oZoJvHLAe9hzT2DJNUpBzoTN1", "Fd7btgySsrjuo25CJCj7oE7VPMyezDhnx7pZkj2v69Nk"
"""Addresses that are some, for files, whose rows are read with care."""
ERROR_CODES = (*range(-32_019, -32_000), *range(-32_603, -32_599), -32_700, -1)
"""Every error a Solana node is known to answer with, and some that it is not."""
Row = dict[str, Any]


def reference(*keys: str, identities: Mapping[str, str | None] | None = None) -> Reference:
    """The epoch with some validators; the identity of V is id-V unless told otherwise."""
    known = identities or {}
    return Reference(
        chain_id=CHAIN,
        epoch=EPOCH,
        first_slot=FIRST,
        last_slot=LAST,
        started_at=datetime(2026, 9, 1, tzinfo=UTC),
        ended_at=datetime(2026, 9, 3, tzinfo=UTC),
        validators=tuple(
            OperatedValidator(key, known.get(key, f"id-{key}"), f"Validator {key}", "OPERATOR") for key in keys
        ),
    )


def answer(question: Question, body: bytes | object, status: int = 200) -> Answer:
    """What was answered to a question; a body that is no bytes is sent as JSON."""
    request: dict[str, object] = {"verb": "GET" if question.body is None else "POST", "path": question.path}
    if question.query:
        request["query"] = dict(question.query)
    if question.body is not None:
        request["body"] = question.body
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(question.key, request, status, {}, sent, FETCHED_AT, question=question.kind)


def rpc(question: Question, result: object) -> Answer:
    """A JSON-RPC result."""
    return answer(question, {"jsonrpc": "2.0", "result": result, "id": 1})


def rpc_failure(question: Question, code: int, message: str) -> Answer:
    """A JSON-RPC error, which comes with HTTP 200."""
    return answer(question, {"jsonrpc": "2.0", "error": {"code": code, "message": message}, "id": 1})


def fetch(
    data_type: str,
    answers: Sequence[Answer],
    *,
    subject: str = "V",
    kind: str = "solana_rpc",
    state: FigureState = FINAL,
    reason: str | None = None,
    fetch_id: int = 7,
    verdict: Verdict = Verdict.TOLD,
) -> StagedFetch:
    told = (state, reason, tuple(answers))
    return StagedFetch(fetch_id, data_type, "the-provider", kind, subject, *told, verdict=verdict)


def block(slot: int, parent: int, *rewards: tuple[str, int, str]) -> Answer:
    """A block without transactions; rewards are (account, lamports, type)."""
    rows = [
        {"pubkey": key, "lamports": lamports, "postBalance": 10**9, "rewardType": kind, "commission": None}
        for key, lamports, kind in rewards
    ]
    return rpc(
        questions.block(slot),
        {
            "blockHeight": slot - 1000,
            "blockTime": 1_788_220_800 + slot,
            "blockhash": f"hash{slot}",
            "parentSlot": parent,
            "previousBlockhash": f"hash{parent}",
            "rewards": rows,
        },
    )


def schedule(**indices: Sequence[int]) -> Answer:
    """The leader schedule; `id_V=[0, 1]` gives id-V the first two slots, and strangers have those nobody is given."""
    named = {name.replace("_", "-"): list(slots) for name, slots in indices.items()}
    return rpc(questions.leader_schedule(FIRST), whole(named))


def whole(schedule: Mapping[str, Sequence[int]], slots: int = SLOTS) -> dict[str, list[int]]:
    """A schedule with the slots that nobody is given added as those of a stranger."""
    given = {index for indices in schedule.values() for index in indices}
    return {**{name: list(of) for name, of in schedule.items()}, "stranger": sorted(set(range(slots)) - given)}


def with_blocks(*indices: int) -> Answer:
    """getBlocks of the epoch, by indices relative to its first slot."""
    return rpc(questions.blocks(FIRST, LAST), [FIRST + index for index in indices])


def after_epoch(slot: int = LAST + 1) -> Answer:
    """The first block after the epoch."""
    return rpc(questions.first_block_from(LAST + 1), [slot])


def inflation_rewards(*addresses: str, epoch: int = EPOCH, paid: Mapping[str, int] | None = None) -> Answer:
    """getInflationReward: a row for each address in `paid`, null for the others."""
    amounts = paid or {}
    rows = [
        None
        if address not in amounts
        else {
            "epoch": epoch,
            "effectiveSlot": LAST + 1 + number,
            "amount": amounts[address],
            "postBalance": 10**12,
            "commission": None,
        }
        for number, address in enumerate(addresses)
    ]
    return rpc(questions.inflation_rewards(EpochNumber(epoch), addresses), rows)


def told(key: str, *accounts: str, epoch: int = EPOCH, paid: Mapping[str, int] | None = None) -> list[Answer]:
    """What is asked about a validator: its vote account by itself, then its stake accounts."""
    answers = [inflation_rewards(key, epoch=epoch, paid=paid)]
    return answers + ([inflation_rewards(*accounts, epoch=epoch, paid=paid)] if accounts else [])


def vote_state(
    key: str, commission_bps: int = 700, collector: str | None = None, earned: Sequence[tuple[int, int]] = ()
) -> Row:
    """A vote account's own data; without a collector it is one from before SIMD-0185."""
    info: Row = {
        "nodePubkey": f"id-{key}",
        "authorizedWithdrawer": "somebody",
        "commission": commission_bps // 100,
        "inflationRewardsCommissionBps": commission_bps,
        "votes": [],
        "rootSlot": LAST - 31,
        "authorizedVoters": [],
        "priorVoters": [],
        "epochCredits": [
            {"epoch": epoch, "credits": str(1_000 + after), "previousCredits": str(1_000 + after - count)}
            for (epoch, count), after in zip(earned, accumulate(c for _, c in earned), strict=True)
        ],
        "lastTimestamp": {"slot": LAST, "timestamp": 0},
    }
    if collector is not None:
        info |= {"inflationRewardsCollector": collector, "blockRevenueCommissionBps": 10_000}
    return {"lamports": 1, "data": {"program": "vote", "parsed": {"type": "vote", "info": info}, "space": 3_762}}


def vote_states(**states: Row) -> Answer:
    return rpc(questions.vote_states(list(states)), {"context": {"slot": LAST}, "value": list(states.values())})


def stake_history(entries: Mapping[int, tuple[int, int, int]]) -> Answer:
    """The cluster's (effective, activating, deactivating) stake by epoch."""
    info = [
        {"epoch": epoch, "stakeHistory": {"effective": one, "activating": two, "deactivating": three}}
        for epoch, (one, two, three) in entries.items()
    ]
    account = {"lamports": 1, "data": {"program": "sysvar", "parsed": {"type": "stakeHistory", "info": info}}}
    return rpc(questions.stake_history(), {"context": {"slot": LAST}, "value": [account]})


def vote_account(key: str, stake: int, commission_bps: int = 700, identity: str | None = None) -> Row:
    return {
        "votePubkey": key,
        "nodePubkey": identity or f"id-{key}",
        "activatedStake": stake,
        "epochVoteAccount": True,
        "commission": commission_bps // 100,
        "inflationRewardsCommissionBps": commission_bps,
        "lastVote": LAST,
        "rootSlot": LAST - 31,
        "epochCredits": [[EPOCH, 6_900_000, 0]],
    }


def vote_accounts(*current: Row, delinquent: Sequence[Row] = ()) -> Answer:
    return rpc(questions.vote_accounts(), {"current": list(current), "delinquent": list(delinquent)})


def stake_account(
    key: str, voter: str, stake: int, activated: object = 100, deactivated: object = NEVER, withdrawer: str = "Client"
) -> Row:
    info = {
        "meta": {
            "rentExemptReserve": "2282880",
            "authorized": {"staker": f"staker of {key}", "withdrawer": withdrawer},
            "lockup": {"unixTimestamp": 0, "epoch": 0, "custodian": "11111111111111111111111111111111"},
        },
        "stake": {
            "creditsObserved": 1,
            "delegation": {
                "voter": voter,
                "stake": str(stake),
                "activationEpoch": str(activated),
                "deactivationEpoch": str(deactivated),
            },
        },
    }
    return {
        "pubkey": key,
        "account": {
            "lamports": stake + 2_282_880,
            "owner": STAKE_PROGRAM,
            "data": {"program": "stake", "parsed": {"type": "delegated", "info": info}, "space": 200},
            "executable": False,
            "rentEpoch": 2**64 - 1,
            "space": 200,
        },
    }


def stake_states(**accounts: Row | None) -> Answer:
    """Single stake accounts as they are now; None for one that is gone."""
    value = [None if row is None else row["account"] for row in accounts.values()]
    return rpc(questions.stake_states(list(accounts)), {"context": {"slot": LAST + 40}, "value": value})


def gone(*accounts: str) -> Answer:
    """Stake accounts that were closed."""
    return stake_states(**dict.fromkeys(accounts))


def stake_accounts(voter: str, *accounts: Row) -> Answer:
    return rpc(questions.stake_accounts(voter), list(accounts))


def tip_trees(*trees: tuple[str, int, int], epoch: int = EPOCH, shared: int | None = 0) -> Answer:
    """Kobe's /validator_rewards: (vote account, total, commission in bps)."""
    rows = [
        {
            "vote_account": key,
            "mev_revenue": total,
            "mev_commission": bps,
            "priority_fee_revenue": shared,
            "priority_fee_commission": 10_000,
            "num_stakers": 5,
            "epoch": epoch,
            "claim_status_account": None,
        }
        for key, total, bps in trees
    ]
    question = Question(f"validator_rewards {epoch}", "/validator_rewards", query={"epoch": epoch, "limit": 10_000})
    return answer(question, {"rewards": rows, "total_count": len(rows)})


def tip_nodes(key: str, own: int | None, protocol: int = 0, epoch: int = EPOCH, staker: int = 5) -> Answer:
    """Kobe's /staker_rewards: the validator's own node (where there is one), the protocol's, a staker's."""
    nobody = "11111111111111111111111111111111"
    nodes = [("TipRouter", nobody, protocol), ("stake of somebody", "Client", staker)]
    nodes += [] if own is None else [(key, nobody, own)]
    rows = [
        {
            "claimant": claimant,
            "stake_authority": authority,
            "withdraw_authority": authority,
            "validator_vote_account": key,
            "epoch": epoch,
            "amount": amount,
            "claim_status_account": None,
            "priority_fee_amount": None,
            "priority_fee_claim_status_account": None,
        }
        for claimant, authority, amount in nodes
    ]
    question = Question(
        f"staker_rewards {key} {epoch}", "/staker_rewards", query={"validator_vote_account": key, "epoch": epoch}
    )
    return answer(question, {"rewards": rows, "total_count": 0})


def own_file(data_type: str, text: str, **columns: str | None) -> Answer:
    """A CSV file of the epoch; `columns` gives each field's unit, and the column is named like the field."""
    named = {
        name: {"column": name, "rounding": "exact"} | ({} if unit is None else {"unit": unit})
        for name, unit in columns.items()
    }
    path, mapping = f"{data_type}{EPOCH}.csv", {"data_type": data_type, "family": "solana", "columns": named}
    request = {"verb": "READ", "path": path, "query": {"epoch": EPOCH}, "body": mapping}
    return Answer(f"file {path} epoch {EPOCH}", request, 200, {}, text.encode(), FETCHED_AT)


def row_of(result: LayerResult, key: str = "V", **where: object) -> Row:
    """The one row of a validator (and kind, account or type), amounts as ints."""
    rows = [
        row
        for row in result.frame.to_dicts()
        if row["validator_key"] == key and all(row[name] == value for name, value in where.items())
    ]
    assert len(rows) == 1, f"{len(rows)} rows of {key} {where}"
    decimals = {name for name, kind in result.frame.schema.items() if kind.is_decimal()}
    return {name: int(value) if name in decimals and value is not None else value for name, value in rows[0].items()}

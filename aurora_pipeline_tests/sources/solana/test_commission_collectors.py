"""Where commission goes: custom and shared collectors, the blocks that paid, and what is told of the rate."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from aurora_pipeline.asking.adapter import Question
from aurora_pipeline.canonical.rewards import canonical_rewards
from aurora_pipeline.canonical.tables import REWARDS
from aurora_pipeline.demo.solana.economy import split_inflation
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.sources.solanabeach.answers import STAKE_ACCOUNTS, path_of
from aurora_pipeline.store.declaration import Completeness, FigureState
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline_tests.canonical.answers import (
    EPOCH,
    FINAL,
    LAST,
    PARTIAL,
    PENDING,
    Row,
    answer,
    fetch,
    gone,
    inflation_rewards,
    reference,
    row_of,
    rpc,
    stake_account,
    stake_accounts,
    told,
    vote_account,
    vote_accounts,
    vote_state,
    vote_states,
)
from aurora_pipeline_tests.gated import schema_violations

GROSS = {"s1": 1_000_003, "s2": 8_999_999_999, "s3": 123_456_789}
STAKE = {"s1": 10_000_030_001, "s2": 89_999_999_990_001, "s3": 1_234_567_890_001}


def observed(*states: tuple[str, Row], stakes: Mapping[str, Sequence[str]] | None = None) -> list[StagedFetch]:
    """Positions fetches that saw vote accounts, and stake accounts where they are given."""
    named = dict(states)
    fetches = []
    for key in named:
        accounts = [stake_account(account, key, STAKE[account]) for account in (stakes or {}).get(key, ())]
        answers = [vote_accounts(vote_account(key, 1)), vote_states(**named), stake_accounts(key, *accounts)]
        fetches.append(fetch("positions", answers, subject=key))
    return fetches


def rewards_of(
    fetches: Sequence[StagedFetch], seen: Sequence[StagedFetch], before: Sequence[StagedFetch] = (), keys: str = "V"
) -> LayerResult:
    result = canonical_rewards(reference(*keys), fetches, [seen, before])
    assert schema_violations(REWARDS, result.frame) == []
    return result


def paid_at(rate: int, *accounts: str) -> tuple[int, dict[str, int]]:
    splits = {account: split_inflation(GROSS[account], rate) for account in accounts}
    return sum(voter for voter, _ in splits.values()), {account: staker for account, (_, staker) in splits.items()}


def test_collector__of_its_own__its_row_is_the_commission() -> None:
    commission, parts = paid_at(700, "s1", "s2")
    answers = [
        inflation_rewards("V", "C", paid={"C": commission}),
        inflation_rewards("s1", "s2", paid=parts),
    ]
    row = row_of(rewards_of([fetch("rewards", answers)], observed(("V", vote_state("V", 700, "C")))), account_key="V")
    assert (row["commission"], row["recipient_key"], row["method"], row["state"]) == (commission, "C", "RPC", "final")
    assert (row["commission_bps"], row["commission_source"], row["applied_commission_bps"]) == (700, "BPS", 700)
    assert row["gross_rewards"] == commission + sum(parts.values())


def test_collector__shared_by_two__split_by_recomputation_and_says_so() -> None:
    (first, parts), (second, others) = paid_at(700, "s1", "s2"), paid_at(1_000, "s3")
    recipients = inflation_rewards("V", "W", "C", paid={"C": first + second})
    fetches = [
        fetch("rewards", [recipients, inflation_rewards("s1", "s2", paid=parts)], subject="V"),
        fetch("rewards", [recipients, inflation_rewards("s3", paid=others)], subject="W"),
    ]
    states = (("V", vote_state("V", 700, "C")), ("W", vote_state("W", 1_000, "C")))
    seen = observed(*states, stakes={"V": ["s1", "s2"], "W": ["s3"]})
    result = rewards_of(fetches, seen, keys="VW")
    row, other = row_of(result, account_key="V"), row_of(result, "W", account_key="W")
    assert (row["commission"], other["commission"]) == (first, second)
    assert (row["method"], other["method"]) == ("RECOMPUTED", "RECOMPUTED")
    assert row["reason"].startswith(f"RECOMPUTED: C received {first + second} for V, W together")
    assert result.completeness is Completeness.FINAL


def test_collector__shared_and_one_ones_stakers_unknown__neither_is_guessed() -> None:
    commission, parts = paid_at(700, "s1", "s2")
    recipients = inflation_rewards("V", "W", "C", paid={"C": commission + 5})
    fetches = [
        fetch("rewards", [recipients, inflation_rewards("s1", "s2", paid=parts)], subject="V"),
        fetch("rewards", [recipients], subject="W", state=PARTIAL, reason="positions not observed"),
    ]
    seen = observed(("V", vote_state("V", 700, "C")), ("W", vote_state("W", 700, "C")))
    result = rewards_of(fetches, seen, keys="VW")
    assert row_of(result, account_key="V")["commission"] is None
    assert "cannot be split" in row_of(result, "W", account_key="W")["reason"]


@pytest.mark.parametrize("state", [PARTIAL, PENDING])
def test_collector__shared_and_one_ones_stakers_awaited__both_wait_as_long(state: FigureState) -> None:
    commission, parts = paid_at(700, "s1", "s2")
    recipients = inflation_rewards("V", "W", "C", paid={"C": commission + 5})
    fetches = [
        fetch("rewards", [recipients, inflation_rewards("s1", "s2", paid=parts)], subject="V"),
        fetch("rewards", [recipients], subject="W", state=state, reason="still being paid"),
    ]
    result = rewards_of(
        fetches, observed(("V", vote_state("V", 700, "C")), ("W", vote_state("W", 700, "C"))), keys="VW"
    )
    for key in "VW":
        row = row_of(result, key, account_key=key)
        assert (row["commission"], row["state"]) == (None, state.value)
        assert row["reason"].endswith(f"because of W: {row_of(result, 'W', account_key='W')['stakers_reason']}")


@pytest.mark.parametrize(
    ("listed", "off"),
    [(None, 0), ([answer(questions.stake_accounts("V"), b"{")], 1), ([], 1)],
    ids=["stakes known", "stakes unreadable", "stakes not looked up"],
)
def test_collector__shared_and_stakes_tell_more_than_parts__split_to_the_lamport(
    listed: list[Answer] | None, off: int
) -> None:
    (first, parts), (second, others) = paid_at(4_000, "s1", "s2"), paid_at(5_899, "s3")
    recipients = inflation_rewards("V", "W", "C", paid={"C": first + second})
    fetches = [
        fetch("rewards", [recipients, inflation_rewards("s1", "s2", paid=parts)], subject="V"),
        fetch("rewards", [recipients, inflation_rewards("s3", paid=others)], subject="W"),
    ]
    states = {"V": vote_state("V", 4_000, "C"), "W": vote_state("W", 5_899, "C")}
    seen = observed(*states.items(), stakes={"V": ["s1", "s2"], "W": ["s3"]})
    if listed is not None:
        seen = [fetch("positions", [vote_states(**states), *listed], subject=key) for key in "VW"]
    result = rewards_of(fetches, seen, keys="VW")
    row, other = row_of(result, account_key="V"), row_of(result, "W", account_key="W")
    assert (row["commission"], other["commission"]) == (first - off, second + off)
    assert row["reason"].endswith(f"exact to {off}")


def test_collector__nobody_asked_what_it_received__not_known() -> None:
    _, parts = paid_at(700, "s1", "s2")
    row = row_of(
        rewards_of(
            [fetch("rewards", [inflation_rewards("V"), inflation_rewards("s1", "s2", paid=parts)])],
            observed(("V", vote_state("V", 700, "C"))),
        ),
        account_key="V",
    )
    assert (row["commission"], row["state"]) == (None, "unavailable")
    assert row["reason"] == "nothing is known of what C received"


@pytest.mark.parametrize(
    ("received", "now", "before"),
    [(-(10**8), 700, None), (10**9, 700, 900), (10**9, 10_000, None)],
    ids=["less than its stakers prove", "two rates", "keeps everything"],
)
def test_collector__perhaps_of_strangers_too__nothing_is_taken_that_is_not_proven(
    received: int, now: int, before: int | None
) -> None:
    commission, parts = paid_at(700, "s1", "s2")
    asked = [inflation_rewards("V", "C", paid={"C": commission + received}), inflation_rewards("s1", "s2", paid=parts)]
    seen = observed(("V", vote_state("V", now, "C")))
    earlier = [] if before is None else observed(("V", vote_state("V", before, "C")))
    row = row_of(rewards_of([fetch("rewards", asked)], seen, earlier), account_key="V")
    assert (row["commission"], row["method"], row["state"]) == (None, None, "unavailable")
    assert (
        f"C received {commission + received}, which no observed commission of this validator explains" in row["reason"]
    )


def test_collector__received_more_than_the_operators_validator_earned__recomputed_with_the_doubt() -> None:
    commission, parts = paid_at(700, "s1", "s2")
    answers = [inflation_rewards("V", "C", paid={"C": commission + 10**9}), inflation_rewards("s1", "s2", paid=parts)]
    seen = observed(("V", vote_state("V", 700, "C")), stakes={"V": ["s1", "s2"]})
    row = row_of(rewards_of([fetch("rewards", answers)], seen), account_key="V")
    assert (row["commission"], row["method"]) == (commission, "RECOMPUTED")
    assert "not all of them the operator's" in row["reason"]


def test_collector__changed_since_the_period_before__the_one_with_a_row_counts() -> None:
    commission, parts = paid_at(700, "s1")
    answers = [inflation_rewards("V", "New", "Old", paid={"Old": commission}), inflation_rewards("s1", paid=parts)]
    now, before = observed(("V", vote_state("V", 700, "New"))), observed(("V", vote_state("V", 700, "Old")))
    row = row_of(rewards_of([fetch("rewards", answers)], now, before), account_key="V")
    assert (row["commission"], row["recipient_key"]) == (commission, "Old")


def test_commission__raised_since__the_applied_one_is_what_the_amounts_imply() -> None:
    commission, parts = paid_at(500, "s1", "s2")
    answers = told("V", "s1", "s2", paid={"V": commission, **parts})
    now, before = observed(("V", vote_state("V", 700))), observed(("V", vote_state("V", 500)))
    result = rewards_of([fetch("rewards", answers)], now, before)
    row = row_of(result, account_key="V")
    assert (row["commission_bps"], row["applied_commission_bps"]) == (700, 500)
    assert result.warnings == ()
    # Had nobody seen the old rate, the row would still count, and the difference would be said.
    (warning,) = rewards_of([fetch("rewards", answers)], now).warnings
    assert "implies 500 bps" in warning


def test_commission__named_by_the_row__is_the_applied_one() -> None:
    row = {"epoch": EPOCH, "effectiveSlot": LAST + 1, "amount": 70_000, "postBalance": 10**9, "commission": 7}
    answers = [rpc(questions.inflation_rewards(EPOCH, ["V"]), [row]), inflation_rewards("s1", paid={"s1": 930_002})]
    found = row_of(rewards_of([fetch("rewards", answers)], []), account_key="V")
    told_as = (found["commission_bps"], found["commission_source"], found["applied_commission_bps"])
    assert told_as == (700, "ROW", 700)


def with_rate(address: str, lamports: int, bps: int | None) -> Answer:
    row = {"epoch": EPOCH, "effectiveSlot": LAST + 1, "amount": lamports, "postBalance": 10**12, "commission": None}
    named = row if bps is None else row | {"commissionBps": bps}
    return rpc(questions.inflation_rewards(EPOCH, [address]), [named])


def test_commission__named_by_the_row_and_another_observed__the_rows_is_the_applied_one() -> None:
    commission, parts = paid_at(500, "s1", "s2")
    answers = [with_rate("V", commission, 500), inflation_rewards("s1", "s2", paid=parts)]
    result = rewards_of([fetch("rewards", answers)], observed(("V", vote_state("V", 700))))
    row = row_of(result, account_key="V")
    assert (row["commission"], row["commission_bps"], row["commission_source"]) == (commission, 500, "ROW")
    assert (row["applied_commission_bps"], row["state"], result.warnings) == (500, "final", ())


@pytest.mark.parametrize("bps", [500, None])
def test_commission__stakers_not_known__applied_only_where_the_row_names_it(bps: int | None) -> None:
    staged = fetch("rewards", [with_rate("V", 70, bps)], state=PARTIAL, reason="positions not observed")
    row = row_of(rewards_of([staged], observed(("V", vote_state("V", 700)))), account_key="V")
    assert (row["commission"], row["applied_commission_bps"], row["state"]) == (70, bps, "final")


def test_commission__never_observed__implied_by_the_amounts_without_a_warning() -> None:
    commission, parts = paid_at(700, "s1", "s2")
    result = rewards_of([fetch("rewards", told("V", "s1", "s2", paid={"V": commission, **parts}))], [])
    row = row_of(result, account_key="V")
    assert (row["commission"], row["applied_commission_bps"], row["state"]) == (commission, 700, "final")
    assert result.warnings == ()


def test_first_blocks__only_the_very_first_and_nobody_has_stake__is_still_known() -> None:
    answers = [inflation_rewards("V"), reward_block(LAST + 3, LAST, ("W", 9, "Voting"), partitions=2)]
    row = row_of(rewards_of([fetch("rewards", answers)], observed(("V", vote_state("V", 700)))), account_key="V")
    assert (row["commission"], row["reason"]) == (0, "NO_REWARD")
    assert (row["staker_rewards"], row["stakers_reason"]) == (0, "NO_STAKE_ACCOUNTS")


def test_accounts__gross__least_that_leaves_the_part() -> None:
    commission, parts = paid_at(700, "s1", "s2")
    result = rewards_of([fetch("rewards", told("V", "s1", "s2", paid={"V": commission, **parts}))], [])
    gross = row_of(result, account_key="s2")["gross_rewards"]
    assert split_inflation(gross, 700)[1] == parts["s2"]
    assert gross <= GROSS["s2"] <= gross + 2


# The first blocks of the next epoch


def reward_block(slot: int, parent: int, *rows: tuple[str, int, str], partitions: int | None = None) -> Answer:
    shown = {
        "blockHeight": slot,
        "blockTime": 1_788_220_800,
        "blockhash": f"h{slot}",
        "parentSlot": parent,
        "previousBlockhash": f"h{parent}",
        "rewards": [
            {"pubkey": key, "lamports": lamports, "postBalance": 1, "rewardType": kind, "commission": None}
            for key, lamports, kind in rows
        ],
    }
    return rpc(questions.block(slot), shown | ({} if partitions is None else {"numRewardPartitions": partitions}))


def in_blocks(parts: Mapping[str, int], commission: int, lost: int | None = None) -> list[Answer]:
    """Commission in the first block, behind a fee row of its leader; stakers in the two that follow."""
    first, second, third = LAST + 3, LAST + 4, LAST + 6
    rows = [(account, part, "Staking") for account, part in parts.items()]
    blocks = [
        reward_block(first, LAST, ("leader", 7, "Fee"), ("V", commission, "Voting"), partitions=2),
        replace(reward_block(second, first, *rows[:1], ("leader", 5, "Fee")), question=questions.PAYING_BLOCK),
        replace(reward_block(third, second, *rows[1:]), question=questions.PAYING_BLOCK),
    ]
    return [block for number, block in enumerate(blocks) if number != lost]


def test_first_blocks__all_read__stakers_parts_and_the_absent_one_got_nothing() -> None:
    commission, parts = paid_at(700, "s1", "s2")
    seen = observed(("V", vote_state("V", 700)), stakes={"V": ["s1", "s2", "s3"]})
    asked = [inflation_rewards("V", paid={"V": commission}), inflation_rewards("s3"), gone("s3")]
    result = rewards_of([fetch("rewards", [*asked, *in_blocks(parts, commission)])], seen)
    whole, one, none = (row_of(result, account_key=key) for key in ("V", "s1", "s3"))
    assert (whole["commission"], whole["staker_rewards"], whole["state"]) == (commission, sum(parts.values()), "final")
    assert (one["staker_rewards"], one["method"]) == (parts["s1"], "FIRST_BLOCKS")
    assert (none["staker_rewards"], none["reason"]) == (0, "NO_REWARD")


def lost_row(answers: Sequence[Answer], account: str, change: Mapping[str, object] | None) -> list[Answer]:
    """The answers without a staker's row, or with it changed."""
    found = []
    for one in answers:
        body = json.loads(one.body)
        rows = body["result"]["rewards"]
        changed = [row | (change or {}) if row["pubkey"] == account else row for row in rows]
        kept = [row for row in changed if change is not None or row["pubkey"] != account]
        body["result"]["rewards"] = kept
        found.append(replace(one, body=json.dumps(body).encode()))
    return found


@pytest.mark.parametrize("rate", [0, 700])
@pytest.mark.parametrize("change", [None, {"rewardType": "Rent"}, {"pubkey": "s9"}], ids=["cut off", "Rent", "renamed"])
@pytest.mark.parametrize("confirmed", [False, True])
def test_first_blocks__row_of_a_staker_is_left_out__no_figure(
    rate: int, change: Mapping[str, object] | None, confirmed: bool
) -> None:
    commission, parts = paid_at(rate, "s1", "s2")
    seen = observed(("V", vote_state("V", rate)), stakes={"V": ["s1", "s2"]})
    blocks = lost_row(in_blocks(parts, commission), "s1", change)
    asked = [inflation_rewards("V", paid={"V": commission})]
    asked += [inflation_rewards("s1", paid={"s1": parts["s1"]})] if confirmed else []
    result = rewards_of([fetch("rewards", [*asked, *blocks])], seen)
    whole, one = (row_of(result, account_key=key) for key in ("V", "s1"))
    assert (whole["staker_rewards"], whole["stakers_state"]) == (None, "partial")
    assert (one["staker_rewards"], one["state"]) == (None, "unavailable")
    said = f"the node says s1 received {parts['s1']}, the blocks that paid stakers say nothing of it"
    assert one["reason"] == (said if confirmed else "no block pays s1, and the node was not asked about it")


@pytest.mark.parametrize("kind", ["staking", None, ["Staking"], {"a": 1}, "Reward"], ids=repr)
def test_first_blocks__row_of_an_unknown_type__block_refused(kind: object) -> None:
    commission, parts = paid_at(0, "s1", "s2")
    seen = observed(("V", vote_state("V", 0)), stakes={"V": ["s1", "s2"]})
    blocks = lost_row(in_blocks(parts, commission), "s1", {"rewardType": kind})
    result = rewards_of([fetch("rewards", [inflation_rewards("V", paid={"V": commission}), *blocks])], seen)
    assert row_of(result, row_kind="VALIDATOR")["staker_rewards"] is None


@pytest.mark.parametrize("lost", [0, 1, 2], ids=["the very first", "in between", "the last"])
def test_first_blocks__one_is_missing__no_account_reads_as_unpaid(lost: int) -> None:
    commission, parts = paid_at(700, "s1", "s2")
    seen = observed(("V", vote_state("V", 700)), stakes={"V": ["s1", "s2"]})
    answers = [inflation_rewards("V", paid={"V": commission}), *in_blocks(parts, commission, lost=lost)]
    result = rewards_of([fetch("rewards", answers)], seen)
    (row,) = result.frame.to_dicts()
    assert (row["row_kind"], row["commission"], row["state"]) == ("VALIDATOR", commission, "final")
    # Nor does the validator read as one whose stakers got nothing, or that has none.
    assert (row["staker_rewards"], row["stakers_state"]) == (None, "unavailable")
    assert row["stakers_reason"] == "no stake account of it was asked about"


def test_first_blocks__who_has_stake_was_not_observed__not_taken_for_nobody() -> None:
    commission, parts = paid_at(700, "s1", "s2")
    answers = [inflation_rewards("V", paid={"V": commission}), *in_blocks(parts, commission)]
    row = row_of(rewards_of([fetch("rewards", answers)], []), row_kind="VALIDATOR")
    assert (row["commission"], row["staker_rewards"], row["stakers_state"]) == (commission, None, "unavailable")


def test_first_blocks__another_provider_observed_who_has_stake__its_accounts_count() -> None:
    commission, parts = paid_at(700, "s1", "s2")
    listed = [
        {
            "stakePubkey": account,
            "stakeAuthority": "a",
            "withdrawAuthority": "b",
            "stake": STAKE[account],
            "activationEpoch": 100,
        }
        for account in parts
    ]
    page = {"stakeAccounts": listed, "pagination": {"offset": 0, "limit": 9, "total": 2}}
    seen = fetch(
        "positions", [answer(Question("stakes", path_of("V", STAKE_ACCOUNTS)), page)], subject="V", kind="solanabeach"
    )
    asked = [inflation_rewards("V", paid={"V": commission}), *in_blocks(parts, commission)]
    whole = row_of(rewards_of([fetch("rewards", asked)], [seen]), row_kind="VALIDATOR")
    assert (whole["commission"], whole["staker_rewards"], whole["stakers_state"]) == (
        commission,
        sum(parts.values()),
        "final",
    )


def test_first_blocks__do_not_follow_each_other__no_account_reads_as_unpaid() -> None:
    commission, parts = paid_at(700, "s1", "s2")
    seen = observed(("V", vote_state("V", 700)), stakes={"V": ["s1", "s2"]})
    gap = reward_block(LAST + 6, LAST + 5, ("s2", parts["s2"], "Staking"))
    answers = [inflation_rewards("V", paid={"V": commission}), *in_blocks(parts, commission)[:2], gap]
    result = rewards_of([fetch("rewards", answers)], seen)
    assert [row["row_kind"] for row in result.frame.to_dicts()] == ["VALIDATOR"]


def test_first_blocks__node_gives_no_row_for_the_collector__the_block_does() -> None:
    commission, parts = paid_at(700, "s1")
    answers = [*told("V", "s1", paid=parts), in_blocks(parts, commission)[0]]
    row = row_of(rewards_of([fetch("rewards", answers)], []), account_key="V")
    assert (row["commission"], row["method"]) == (commission, "FIRST_BLOCKS")


@pytest.mark.parametrize("said", [0, 1, 2**64 - 5], ids=["another's zero", "another's row", "near 2^64"])
def test_first_blocks__contradict_the_node__the_block_counts_and_says_so(said: int) -> None:
    commission, parts = paid_at(700, "s1", "s2")
    answers = [*told("V", "s1", "s2", paid={"V": said, **parts}), in_blocks(parts, commission)[0]]
    result = rewards_of([fetch("rewards", answers)], observed(("V", vote_state("V", 700))))
    row = row_of(result, account_key="V")
    assert (row["commission"], row["method"], row["state"]) == (commission, "FIRST_BLOCKS", "final")
    if said != 2**64 - 5:
        # An answer that nobody's balance can hold is not even read.
        assert f"the node says V received {said}, the block that paid it says {commission}" in row["reason"]
        assert any(f"says {commission}" in warning for warning in result.warnings)


@pytest.mark.parametrize(
    ("rates", "stakers"), [((700,), True), ((), True), ((700,), False)], ids=["misfit", "no rate", "no stakers"]
)
def test_first_blocks__contradict_the_node_and_no_third_witness__neither_is_published(
    rates: tuple[int, ...], stakers: bool
) -> None:
    commission, parts = paid_at(700, "s1", "s2")
    wrong = in_blocks(parts, commission + 1_000 if rates and stakers else commission)[0]
    asked = told("V", "s1", "s2", paid={"V": 5, **parts}) if stakers else told("V", paid={"V": 5})
    seen = [one for rate in rates for one in observed(("V", vote_state("V", rate)))]
    state = FINAL if stakers else PARTIAL
    row = row_of(rewards_of([fetch("rewards", [*asked, wrong], state=state)], seen), account_key="V")
    assert (row["commission"], row["state"]) == (None, "unavailable")
    assert "the node says V received 5, the block that paid it says" in row["reason"]


def test_first_blocks__have_no_row_that_the_node_tells__not_believed() -> None:
    commission, parts = paid_at(700, "s1")
    of_another = reward_block(LAST + 3, LAST, ("W", 9, "Voting"), partitions=1)
    answers = [*told("V", "s1", paid={"V": commission, **parts}), of_another]
    row = row_of(rewards_of([fetch("rewards", answers)], observed(("V", vote_state("V", 700)))), account_key="V")
    assert (row["commission"], row["state"]) == (None, "unavailable")
    assert f"received {commission}, the block that paid it says nothing of it" in row["reason"]


def test_commission__alone_and_everything_went_to_it_though_a_rate_was_observed__not_final() -> None:
    asked = told("V", "s1", paid={"V": 70, "s1": 0})
    row = row_of(rewards_of([fetch("rewards", asked)], observed(("V", vote_state("V", 700)))), account_key="V")
    assert (row["commission"], row["state"]) == (None, "unavailable")
    assert "no commission explains that (700 bps)" in row["reason"]


@pytest.mark.parametrize("said", [0, 10**16, 3], ids=["zero", "huge", "tiny"])
def test_commission__alone_and_explained_by_no_rate__not_final(said: int) -> None:
    _, parts = paid_at(700, "s1", "s2")
    rows = [
        {"epoch": EPOCH, "effectiveSlot": LAST + 1, "amount": said, "postBalance": 2**64 - 1, "commission": None},
    ]
    answers = [rpc(questions.inflation_rewards(EPOCH, ["V"]), rows), inflation_rewards("s1", "s2", paid=parts)]
    row = row_of(rewards_of([fetch("rewards", answers)], observed(("V", vote_state("V", 700)))), account_key="V")
    assert (row["commission"], row["state"]) == (None, "unavailable")
    assert "no commission explains that (700 bps)" in row["reason"]


def test_commission__confirmed_by_the_block_though_nobody_saw_its_rate__counts_and_is_said() -> None:
    commission, parts = paid_at(500, "s1", "s2")
    # A third staker, whom nobody saw, paid too: no rate explains the sums exactly.
    answers = [
        *told("V", "s1", "s2", paid={"V": commission + 12_345, **parts}),
        in_blocks(parts, commission + 12_345)[0],
    ]
    result = rewards_of([fetch("rewards", answers)], observed(("V", vote_state("V", 700))))
    assert (row_of(result, account_key="V")["commission"], row_of(result, account_key="V")["state"]) == (
        commission + 12_345,
        "final",
    )
    (warning,) = result.warnings
    assert "observed were 700 bps" in warning


def test_first_blocks__an_account_is_paid_twice__blocks_not_believed() -> None:
    commission, parts = paid_at(700, "s1", "s2")
    seen = observed(("V", vote_state("V", 700)), stakes={"V": ["s1", "s2"]})
    asked = inflation_rewards("V", paid={"V": commission})
    first, second, _ = in_blocks(parts, commission)
    twice = reward_block(LAST + 6, LAST + 4, *((account, part, "Staking") for account, part in parts.items()))
    result = rewards_of([fetch("rewards", [asked, first, second, twice])], seen)
    assert [row["row_kind"] for row in result.frame.to_dicts()] == ["VALIDATOR"]
    doubled = reward_block(LAST + 3, LAST, ("V", commission, "Voting"), ("V", commission, "Voting"), partitions=2)
    row = row_of(rewards_of([fetch("rewards", [*told("V", "s1", paid=parts), doubled])], []), account_key="V")
    assert (row["commission"], row["state"]) == (None, "unavailable")

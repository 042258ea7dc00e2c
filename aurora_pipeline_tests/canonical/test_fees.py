"""Canonical fees: which slots count, what a missing or wrong block does, and what a skip needs to be believed."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurora_pipeline.asking.adapter import Question
from aurora_pipeline.canonical.fees import canonical_fees
from aurora_pipeline.canonical.tables import FEES
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.sources.solanabeach.answers import BLOCK_REWARDS, SUCCESS_RATE, path_of
from aurora_pipeline.store.declaration import Completeness, FigureState
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline.store.payloads.tables import EVERYONE
from aurora_pipeline_tests.canonical.answers import (
    EPOCH,
    ERROR_CODES,
    FINAL,
    FIRST,
    LAST,
    PARTIAL,
    PENDING,
    UNAVAILABLE,
    after_epoch,
    answer,
    block,
    fetch,
    reference,
    row_of,
    rpc,
    rpc_failure,
    schedule,
    whole,
    with_blocks,
)
from aurora_pipeline_tests.gated import broken, schema_violations

# V leads the slots with the indices 4..7; there are blocks in 3, 4, 6, 7 and 8, so that 5 was skipped.
SCHEDULE = schedule(id_V=[4, 5, 6, 7], id_W=[0, 1, 2, 3])
BLOCKS = with_blocks(3, 4, 6, 7, 8)
BLOCK_4 = block(FIRST + 4, FIRST + 3, ("id-V", 7_507, "Fee"))
BLOCK_6 = block(FIRST + 6, FIRST + 4, ("V", 900, "Voting"), ("s", 50, "Staking"), ("id-V", 1_000, "Fee"))
BLOCK_7 = block(FIRST + 7, FIRST + 6, ("a collector", 20, "Fee"))
WHOLE = (SCHEDULE, BLOCKS, BLOCK_4, BLOCK_6, BLOCK_7)


def fees_from(*answers: Answer, state: FigureState = FINAL, reason: str | None = None) -> LayerResult:
    result = canonical_fees(reference("V"), [fetch("fees", answers, state=state, reason=reason)])
    assert schema_violations(FEES, result.frame) == []
    return result


def test_fees__blocks_and_a_proven_skip__summed_whoever_received_them() -> None:
    result = fees_from(*WHOLE)
    row = row_of(result)
    assert (row["leader_slots"], row["blocks_produced"], row["slots_skipped"]) == (4, 3, 1)
    assert (row["fees"], row["state"], row["reason"], row["source_fetch"]) == (7_507 + 1_000 + 20, "final", None, 7)
    assert (result.completeness, broken(result)) == (Completeness.FINAL, ())


SILENT_7 = block(FIRST + 7, FIRST + 6)


def signatures(slot: int, parent: int, *shown: str) -> Answer:
    """A block without reward rows, with the signatures of its transactions."""
    body = {"blockTime": 1, "parentSlot": parent, "rewards": [], "signatures": list(shown)}
    return rpc(questions.block_signatures(slot), body)


def test_fees__block_without_a_fee_row__unavailable_unless_proven_empty() -> None:
    row = row_of(fees_from(SCHEDULE, BLOCKS, BLOCK_4, BLOCK_6, SILENT_7))
    assert (row["fees"], row["state"], row["blocks_produced"]) == (None, "unavailable", 3)
    assert row["reason"].startswith(f"1 of 3 led blocks have no Fee row and are not proven empty (slot {FIRST + 7})")
    assert row["reason"].endswith("; the other blocks paid 8507")
    busy = signatures(FIRST + 7, FIRST + 6, "s")
    assert row_of(fees_from(SCHEDULE, BLOCKS, BLOCK_4, BLOCK_6, SILENT_7, busy))["state"] == "unavailable"
    empty = signatures(FIRST + 7, FIRST + 6)
    row = row_of(fees_from(SCHEDULE, BLOCKS, BLOCK_4, BLOCK_6, SILENT_7, empty))
    assert (row["fees"], row["state"]) == (8_507, "final")


def test_fees__fetch_that_is_pending_and_a_block_cannot_tell__pending() -> None:
    row = row_of(fees_from(SCHEDULE, BLOCKS, BLOCK_4, BLOCK_6, SILENT_7, state=PENDING, reason="waiting"))
    assert (row["fees"], row["state"]) == (None, "pending")


@pytest.mark.parametrize("kind", ["fee", "Fees", "", None, ["Fee"], {"Fee": 1}, 7], ids=repr)
def test_fees__fee_row_spelled_otherwise__no_figure(kind: object) -> None:
    rewards = [{"pubkey": "id-V", "lamports": 20, "postBalance": 30, "rewardType": kind}]
    shown = {"blockTime": 1, "parentSlot": FIRST + 6, "rewards": rewards}
    row = row_of(fees_from(SCHEDULE, BLOCKS, BLOCK_4, BLOCK_6, rpc(questions.block(FIRST + 7), shown)))
    assert (row["fees"], row["state"]) == (None, "partial")
    assert "rewardType" in row["reason"]


def test_fees__no_fee_row_in_any_block_of_all_validators__never_final() -> None:
    empty = [signatures(FIRST + index, FIRST + before) for index, before in ((4, 3), (6, 4), (7, 6))]
    led_by_w = signatures(FIRST + 3, FIRST - 1)
    silent = [fetch("fees", [SCHEDULE, BLOCKS, *empty, led_by_w], subject=EVERYONE)]
    result = canonical_fees(reference("V", "W", "X"), silent)
    for key in "VW":
        row = row_of(result, key)
        assert (row["fees"], row["base_fees"], row["state"]) == (None, None, "unavailable")
        assert row["reason"] == "none of the 4 led blocks of all validators has a Fee row"
    assert (row_of(result, "X")["fees"], row_of(result, "X")["reason"]) == (0, "NO_LEADER_SLOTS")
    paid = block(FIRST + 3, FIRST - 1, ("id-W", 11, "Fee"))
    result = canonical_fees(reference("V", "W"), [fetch("fees", [SCHEDULE, BLOCKS, *empty, paid], subject=EVERYONE)])
    assert [(row_of(result, key)["fees"], row_of(result, key)["state"]) for key in "VW"] == [
        (0, "final"),
        (11, "final"),
    ]


@pytest.mark.parametrize(
    ("leaders", "why"),
    [
        ({"id-V": [4, 5, 6], "a": [0, 1, 2, 3]}, "gives 7 of the epoch's 40 slots; slot 33687 is the first without"),
        (whole({"id-V": [4, 5, 6, 7]}) | {"stranger": list(range(8, 40))}, "slot index 0 has no leader"),
        (whole({"id-V": [4, 5, 6, 6]}), "slot index 6 is given twice (41 in all)"),
        (whole({"id-V": [4, 5, 6, 7]}, 41), "the schedule names a slot beyond the epoch"),
    ],
    ids=["cut off", "one leader's missing", "doubled", "beyond"],
)
def test_fees__schedule_without_some_slots__no_figure(leaders: dict[str, list[int]], why: str) -> None:
    answers = [rpc(questions.leader_schedule(FIRST), leaders), BLOCKS, BLOCK_4, BLOCK_6, BLOCK_7]
    result = canonical_fees(reference("V", "W"), [fetch("fees", answers, subject=EVERYONE)])
    for key in "VW":
        row = row_of(result, key)
        assert (row["fees"], row["leader_slots"], row["state"]) == (None, None, "unavailable")
        assert why in row["reason"]


@pytest.mark.parametrize(
    ("state", "expected"),
    [(FINAL, "partial"), (PENDING, "pending"), (PARTIAL, "partial"), (UNAVAILABLE, "unavailable")],
)
def test_fees__one_block_missing__null_never_the_sum_of_the_others(state: FigureState, expected: str) -> None:
    result = fees_from(SCHEDULE, BLOCKS, BLOCK_4, BLOCK_7, state=state, reason="the node is behind")
    row = row_of(result)
    assert (row["fees"], row["state"]) == (None, expected)
    assert (row["leader_slots"], row["blocks_produced"]) == (4, 3)
    assert "1 of 3 led blocks not known" in row["reason"]
    assert str(FIRST + 6) in row["reason"]
    assert "the node is behind" in row["reason"]
    assert result.completeness is Completeness.PARTIAL
    assert broken(result) == ()


def test_fees__block_answered_with_an_error__is_missing() -> None:
    failed = rpc_failure(questions.block(FIRST + 6), -32004, f"Block not available for slot {FIRST + 6}")
    row = row_of(fees_from(SCHEDULE, BLOCKS, BLOCK_4, failed, BLOCK_7, state=PENDING))
    assert (row["fees"], row["state"]) == (None, "pending")
    assert "Block not available" in row["reason"]


@pytest.mark.parametrize("code", ERROR_CODES)
def test_fees__led_block_answered_with_any_error__never_a_skip_nor_a_block_without_fees(code: int) -> None:
    failed = rpc_failure(questions.block(FIRST + 7), code, f"Slot {FIRST + 7} was skipped")
    row = row_of(fees_from(SCHEDULE, BLOCKS, BLOCK_4, BLOCK_6, failed))
    assert (row["fees"], row["blocks_produced"], row["slots_skipped"], row["state"]) == (None, 3, 1, "partial")
    assert f"1 of 3 led blocks not known (slot {FIRST + 7})" in row["reason"]


def test_fees__answer_holds_another_block__does_not_slip_in() -> None:
    stranger = block(FIRST + 6, FIRST + 5, ("id-V", 10**12, "Fee"))
    row = row_of(fees_from(SCHEDULE, BLOCKS, BLOCK_4, stranger, BLOCK_7))
    assert (row["fees"], row["state"]) == (None, "unavailable")
    assert f"the block of slot {FIRST + 6} has the parent {FIRST + 5}" in row["reason"]


def test_fees__list_of_blocks_lost_one__the_gap_is_noticed() -> None:
    # The node forgot block 6, which would read as a skip of 5 and 6; block 7 names 6 as its parent.
    row = row_of(fees_from(SCHEDULE, with_blocks(3, 4, 7, 8), BLOCK_4, BLOCK_7))
    assert (row["fees"], row["state"]) == (None, "unavailable")


def test_fees__skip_without_a_later_block_to_prove_it__not_believed() -> None:
    led_last = schedule(id_V=[4, 39])
    row = row_of(fees_from(led_last, BLOCKS, BLOCK_4))
    assert (row["fees"], row["slots_skipped"], row["state"]) == (None, None, "partial")
    assert f"no later block proves that slot {LAST} was skipped" in row["reason"]


def test_fees__skip_whose_witness_is_listed_but_was_not_read__not_believed() -> None:
    # Block 8 is listed after the led slot 5 without a block, but nobody read which parent it names.
    row = row_of(fees_from(schedule(id_V=[4, 5]), with_blocks(3, 4, 8), BLOCK_4))
    assert (row["fees"], row["blocks_produced"], row["slots_skipped"], row["state"]) == (None, 1, None, "partial")
    assert f"no later block proves that slot {FIRST + 5} was skipped" in row["reason"]


def test_fees__skipped_last_slot_proven_by_the_next_epochs_first_block__counts() -> None:
    witness = block(LAST + 1, FIRST + 8)
    row = row_of(fees_from(schedule(id_V=[4, 39]), BLOCKS, after_epoch(), BLOCK_4, witness))
    assert (row["fees"], row["blocks_produced"], row["slots_skipped"], row["state"]) == (7_507, 1, 1, "final")


def test_fees__first_block_of_the_epoch_claims_a_parent_inside_it__not_believed() -> None:
    row = row_of(fees_from(schedule(id_V=[3]), BLOCKS, block(FIRST + 3, FIRST + 2, ("id-V", 5, "Fee"))))
    assert (row["fees"], row["state"]) == (None, "unavailable")
    row = row_of(fees_from(schedule(id_V=[3]), BLOCKS, block(FIRST + 3, FIRST - 1, ("id-V", 5, "Fee"))))
    assert (row["fees"], row["state"]) == (5, "final")


def test_fees__identity_without_slots__zero_with_the_reason() -> None:
    row = row_of(fees_from(schedule(id_W=[0, 1, 2, 3]), BLOCKS))
    assert (row["fees"], row["leader_slots"], row["state"], row["reason"]) == (0, 0, "final", "NO_LEADER_SLOTS")


@pytest.mark.parametrize(
    "schedule_answer",
    [
        rpc(questions.leader_schedule(FIRST), None),
        rpc(questions.leader_schedule(LAST + 1), whole({"id-V": [4]})),
        rpc(questions.leader_schedule(FIRST), whole({"id-V": [40]})),
        answer(questions.leader_schedule(FIRST), b"<html>busy</html>"),
        rpc_failure(questions.leader_schedule(FIRST), -32601, "Method not found"),
    ],
    ids=["null", "another epoch", "beyond the epoch", "garbage", "error"],
)
def test_fees__schedule_not_usable__unavailable_not_zero(schedule_answer: Answer) -> None:
    result = fees_from(schedule_answer, BLOCKS, BLOCK_4, BLOCK_6, BLOCK_7)
    row = row_of(result)
    assert (row["fees"], row["leader_slots"], row["state"]) == (None, None, "unavailable")
    assert row["reason"].startswith("leader schedule not known")
    assert (result.completeness, broken(result)) == (Completeness.PARTIAL, ())


def test_fees__empty_list_of_blocks__is_no_epoch_of_skips() -> None:
    row = row_of(fees_from(SCHEDULE, with_blocks()))
    assert (row["fees"], row["slots_skipped"], row["state"]) == (None, None, "unavailable")


def test_fees__nothing_staged_about_one_validator__row_says_so_and_the_other_stands() -> None:
    result = canonical_fees(reference("V", "W"), [fetch("fees", WHOLE)])
    assert row_of(result)["state"] == "final"
    other = row_of(result, "W")
    assert (other["fees"], other["state"]) == (None, "unavailable")
    assert other["reason"].startswith("nothing staged")
    assert broken(result) == ()


def test_fees__one_fetch_about_everyone__serves_every_validator() -> None:
    led_by_w = block(FIRST + 3, FIRST - 1, ("id-W", 11, "Fee"))
    result = canonical_fees(reference("V", "W"), [fetch("fees", [*WHOLE, led_by_w], subject=EVERYONE)])
    assert row_of(result)["fees"] == 8_527
    assert (row_of(result, "W")["fees"], row_of(result, "W")["slots_skipped"]) == (11, 3)


def test_fees__two_validators_under_one_identity__neither_gets_them() -> None:
    twins = reference("V", "W", identities={"V": "id-V", "W": "id-V"})
    result = canonical_fees(twins, [fetch("fees", WHOLE, subject=EVERYONE)])
    assert row_of(result)["fees"] is None
    assert "stands for several validators" in row_of(result, "W")["reason"]


def test_fees_by_node_keys__two_validators_under_one_identity__neither_gets_them() -> None:
    rows = [{"epoch": EPOCH, "blocks": 3, "fees": 8_527}]
    page = {"history": rows, "pagination": {"offset": 0, "limit": 100, "total": 1}}
    path = path_of("id-V", BLOCK_REWARDS)
    staged = [fetch("fees", [answer(Question(path, path), page)], subject=EVERYONE, kind="solanabeach")]
    assert row_of(canonical_fees(reference("V"), staged))["fees"] == 8_527
    twins = canonical_fees(reference("V", "W", identities={"V": "id-V", "W": "id-V"}), staged)
    assert [row_of(twins, key)["fees"] for key in "VW"] == [None, None]
    assert "stands for several validators" in row_of(twins)["reason"]


def test_fees__two_validators_under_an_identity_without_slots__zero_for_both() -> None:
    whose = reference("V", "W", identities={"V": "id", "W": "id"})
    result = canonical_fees(whose, [fetch("fees", [SCHEDULE, BLOCKS], subject=EVERYONE)])
    assert [(row_of(result, key)["fees"], row_of(result, key)["reason"]) for key in "VW"] == [
        (0, "NO_LEADER_SLOTS")
    ] * 2


def test_fees__identity_changed_in_the_period__slots_of_both_count() -> None:
    whose = reference("V", identities={"V": "new"})
    changed = replace(whose.validators[0], former_identities=("old",))
    answers = [
        rpc(questions.leader_schedule(FIRST), whole({"old": [4], "new": [6]})),
        with_blocks(4, 6),
        block(FIRST + 4, FIRST - 1, ("old", 100, "Fee")),
        block(FIRST + 6, FIRST + 4, ("new", 20, "Fee")),
    ]
    row = row_of(canonical_fees(replace(whose, validators=(changed,)), [fetch("fees", answers)]))
    assert (row["fees"], row["leader_slots"], row["identity_key"]) == (120, 2, "new")


@pytest.mark.parametrize(
    ("fee", "base", "priority"), [(7_507, 7_500, 7), (None, None, None)], ids=["paid", "left out or burned"]
)
def test_fees__led_blocks_with_transactions__base_and_priority_told_apart(
    fee: int | None, base: int | None, priority: int | None
) -> None:
    # Base 15,000 of three signatures, priority 7: half of the base is burned.
    paid = [(["a", "b"], 10_003), (["c"], 5_004)]
    shown = {
        "blockHeight": 1,
        "blockTime": 1_788_220_800,
        "blockhash": "h",
        "parentSlot": FIRST - 1,
        "previousBlockhash": "p",
        "rewards": [] if not fee else [{"pubkey": "id-V", "lamports": fee, "postBalance": 1, "rewardType": "Fee"}],
        "transactions": [
            {"transaction": {"signatures": signatures, "accountKeys": []}, "meta": {"fee": lamports}}
            for signatures, lamports in paid
        ],
    }
    row = row_of(fees_from(schedule(id_V=[4]), with_blocks(4), rpc(questions.block_split(FIRST + 4), shown)))
    assert (row["fees"], row["base_fees"], row["priority_fees"]) == (fee, base, priority)


def test_fees__identity_not_known__unavailable() -> None:
    nameless = reference("V", identities={"V": None})
    row = row_of(canonical_fees(nameless, [fetch("fees", WHOLE)]))
    assert (row["fees"], row["reason"]) == (None, "its identity is not known")
    why = "its identity is not known; books: there is no file fees842.csv"
    row = row_of(canonical_fees(nameless, [fetch("fees", [], state=UNAVAILABLE, reason=why)]))
    assert (row["fees"], row["state"], row["reason"]) == (None, "unavailable", why)


def test_fees__answers_of_an_adapter_nobody_reads__unavailable() -> None:
    row = row_of(canonical_fees(reference("V"), [fetch("fees", WHOLE, kind="carrier_pigeon")]))
    assert (row["fees"], row["state"]) == (None, "unavailable")
    assert "carrier_pigeon" in row["reason"]


@settings(max_examples=60, deadline=None)
@given(
    leaders=st.lists(st.sampled_from("VWX"), min_size=10, max_size=10),
    made=st.sets(st.integers(0, 39), min_size=1),
    fee=st.integers(0, 2**47),
)
def test_fees__any_epoch__every_validator_gets_exactly_the_fees_of_its_slots(
    leaders: list[str], made: set[int], fee: int
) -> None:
    slots = {
        key: [turn * 4 + n for turn, leader in enumerate(leaders) if leader == key for n in range(4)] for key in "VWX"
    }
    chain = [FIRST - 1, *(FIRST + index for index in sorted(made)), LAST + 1]
    blocks = [block(slot, parent, ("id", fee + slot, "Fee")) for parent, slot in itertools.pairwise(chain)]
    answers = [
        schedule(**{f"id_{key}": indices for key, indices in slots.items() if indices}),
        with_blocks(*sorted(made)),
        after_epoch(),
        *blocks,
    ]
    result = canonical_fees(reference("V", "W", "X"), [fetch("fees", answers, subject=EVERYONE)])
    assert (broken(result), result.completeness) == ((), Completeness.FINAL)
    for key, indices in slots.items():
        row = row_of(result, key)
        assert row["fees"] == sum(fee + FIRST + index for index in indices if index in made)
        assert (row["leader_slots"], row["blocks_produced"]) == (len(indices), len(made & set(indices)))


def test_fees__more_than_there_can_be__refused_by_name_alone_and_in_sum() -> None:
    one = block(FIRST + 7, FIRST + 6, ("id-V", 10**16 + 1, "Fee"))
    row = row_of(fees_from(SCHEDULE, BLOCKS, BLOCK_4, BLOCK_6, one))
    assert (row["fees"], row["state"]) == (None, "partial")
    assert f"{10**16 + 1} is more than 10000000 SOL, which no validator earns or pays in one period" in row["reason"]
    most = block(FIRST + 7, FIRST + 6, ("id-V", 10**16, "Fee"))
    row = row_of(fees_from(SCHEDULE, BLOCKS, BLOCK_4, BLOCK_6, most))
    assert (row["fees"], row["state"]) == (None, "unavailable")
    assert row["reason"] == (
        f"fees {10**16 + 8_507} is more than 10000000 SOL, which no validator earns or pays in one period"
    )


def test_fees_by_node_keys__blocks_without_fees__no_zero() -> None:
    rows = [{"epoch": EPOCH, "blocks": 3, "fees": 0}]
    page = {"history": rows, "pagination": {"offset": 0, "limit": 100, "total": 1}}
    path = path_of("id-V", BLOCK_REWARDS)
    staged = [fetch("fees", [answer(Question(path, path), page)], subject=EVERYONE, kind="solanabeach")]
    row = row_of(canonical_fees(reference("V"), staged))
    assert (row["fees"], row["state"], row["reason"]) == (
        None,
        "unavailable",
        "the-provider has 3 blocks of it, and fees of 0",
    )


@pytest.mark.parametrize("again", [7_507, 1], ids=["the same row", "another amount"])
def test_fees__account_paid_twice_by_one_block__block_refused_and_no_sum(again: int) -> None:
    doubled = block(FIRST + 4, FIRST + 3, ("id-V", 7_507, "Fee"), ("id-V", again, "Fee"))
    row = row_of(fees_from(SCHEDULE, BLOCKS, doubled, BLOCK_6, BLOCK_7))
    assert (row["fees"], row["state"]) == (None, "partial")
    assert "to id-V more than once" in row["reason"]


def test_fees__two_accounts_paid_by_one_block__both_count() -> None:
    shared = block(FIRST + 4, FIRST + 3, ("id-V", 7_000, "Fee"), ("a collector", 507, "Fee"))
    row = row_of(fees_from(SCHEDULE, BLOCKS, shared, BLOCK_6, BLOCK_7))
    assert (row["fees"], row["state"]) == (8_527, "final")


@pytest.mark.parametrize(("fee", "state"), [(7_507, "final"), (7_508, "partial"), (7_504, "final"), (7_503, "partial")])
def test_fees__other_than_the_blocks_transactions_left__refused(fee: int, state: str) -> None:
    # Three signatures and 7 lamports of priority: 15,007 paid, of which 7,500 are burned; before SIMD-0096 7,503.
    transactions = [
        {"transaction": {"signatures": ["a", "b"], "accountKeys": []}, "meta": {"fee": 10_007}},
        {"transaction": {"signatures": ["c"], "accountKeys": []}, "meta": {"fee": 5_000}},
    ]
    shown = {
        "blockTime": 1,
        "parentSlot": FIRST + 3,
        "rewards": [{"pubkey": "id-V", "lamports": fee, "postBalance": 10**9, "rewardType": "Fee"}],
        "transactions": transactions,
    }
    answers = [schedule(id_V=[4]), with_blocks(3, 4), rpc(questions.block_split(FIRST + 4), shown)]
    assert row_of(fees_from(*answers))["state"] == state


def beach(blocks: int, slots: tuple[int, int]) -> StagedFetch:
    """What Solana Beach's two histories say of V's node: blocks with fees, and (led slots, blocks)."""
    histories: dict[str, dict[str, int]] = {
        BLOCK_REWARDS: {"epoch": EPOCH, "blocks": blocks, "fees": 70},
        SUCCESS_RATE: {"epoch": EPOCH, "slots": slots[0], "blocks": slots[1]},
    }
    answers = [
        answer(
            Question(path_of("id-V", name), path_of("id-V", name)),
            {"history": [row], "pagination": {"offset": 0, "limit": 100, "total": 1}},
        )
        for name, row in histories.items()
    ]
    return fetch("fees", answers, subject=EVERYONE, kind="solanabeach")


def test_fees_by_node_keys__histories_that_disagree_about_the_blocks__no_figure() -> None:
    row = row_of(canonical_fees(reference("V"), [beach(3, (4, 2))]))
    assert (row["fees"], row["state"], row["leader_slots"]) == (None, "unavailable", 4)
    assert row["reason"] == "the-provider lists 3 blocks with fees, but 2 produced"
    row = row_of(canonical_fees(reference("V"), [beach(3, (4, 3))]))
    assert (row["fees"], row["leader_slots"], row["blocks_produced"], row["slots_skipped"]) == (70, 4, 3, 1)

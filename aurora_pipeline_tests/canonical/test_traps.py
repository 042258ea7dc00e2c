"""The traps of Solana's data, each with the tests that fail when it is walked into."""
# ruff: noqa: E501 - a table is read by rows

from __future__ import annotations

from importlib import import_module

import pytest

CANONICAL, SOURCES = "aurora_pipeline_tests.canonical", "aurora_pipeline_tests.sources"
FEES, COSTS, REWARDS = (f"{CANONICAL}.test_{name}" for name in ("fees", "costs", "rewards"))
COLLECTORS, COMMISSION = (f"{SOURCES}.solana.test_{name}" for name in ("commission_collectors", "commission"))
ANSWERS, RPC, BLOCKS = (f"{SOURCES}.solana.test_{name}" for name in ("answers", "ask", "led_blocks"))
JITO, FILES = f"{SOURCES}.jito.test_jito", f"{SOURCES}.files.test_own_files"
STAKEWIZ, BEACH = f"{SOURCES}.stakewiz.test_stakewiz", f"{SOURCES}.solanabeach.test_solanabeach"

TRAPS = [
    ("the first reward row of a block is no fee row", ANSWERS, "test_read_block__first_of_an_epoch__fees_only_whatever_stands_first"),
    ("null of a stake account is 0, null of a vote account may not be", REWARDS, "test_rewards__null_of_the_vote_account_though_a_staker_was_paid__unavailable_not_zero"),
    ("a row of 0 is a row", REWARDS, "test_rewards__commission_of_zero_percent__row_of_zero_is_zero"),
    ("a slot that is not listed may be a gap, not a skip", FEES, "test_fees__list_of_blocks_lost_one__the_gap_is_noticed"),
    ("a skip needs a proof", FEES, "test_fees__skip_without_a_later_block_to_prove_it__not_believed"),
    ("a skip needs a proof that was read", FEES, "test_fees__skip_whose_witness_is_listed_but_was_not_read__not_believed"),
    ("a block answered with an error is no skip and no block without fees", FEES, "test_fees__led_block_answered_with_any_error__never_a_skip_nor_a_block_without_fees"),
    ("a node that keeps no rewards answers blocks without a Fee row", FEES, "test_fees__block_without_a_fee_row__unavailable_unless_proven_empty"),
    ("a schedule without some of the slots is no schedule", FEES, "test_fees__schedule_without_some_slots__no_figure"),
    ("identity changed in the period: slots stay with the old one", FEES, "test_fees__identity_changed_in_the_period__slots_of_both_count"),
    ("identity changed in the period: blocks of both are fetched", RPC, "test_fees__identity_changed_in_the_period__blocks_of_both_are_asked_for"),
    ("identity changed in the period: votes are paid by both", COSTS, "test_vote_fees__identity_changed__votes_of_its_vote_account_count_whoever_paid"),
    ("two vote accounts of one identity", FEES, "test_fees__two_validators_under_one_identity__neither_gets_them"),
    ("two vote accounts of one identity: a source by node keys", FEES, "test_fees_by_node_keys__two_validators_under_one_identity__neither_gets_them"),
    ("two vote accounts of one identity, one of them a stranger's", f"{CANONICAL}.test_meta", "test_meta__its_identity_runs_another_vote_account_with_stake__warns"),
    ("two vote accounts of one identity that leads nothing", FEES, "test_fees__two_validators_under_an_identity_without_slots__zero_for_both"),
    ("two vote accounts of one identity: votes can be told apart", COSTS, "test_vote_fees__two_vote_accounts_of_one_identity__told_apart"),
    ("commission in percent or in bps", ANSWERS, "test_read_vote_accounts__percent_or_bps__bps"),
    ("commission as a decimal percent: 9.95 is 995 bps", FILES, None),
    ("commission null since SIMD-0232", COLLECTORS, "test_collector__of_its_own__its_row_is_the_commission"),
    ("commission applied late", COLLECTORS, "test_commission__raised_since__the_applied_one_is_what_the_amounts_imply"),
    ("one row for several validators", COLLECTORS, "test_collector__shared_by_two__split_by_recomputation_and_says_so"),
    ("one row for validators of others, too", COLLECTORS, "test_collector__received_more_than_the_operators_validator_earned__recomputed_with_the_doubt"),
    ("one row for validators of others, nothing of it proven", COLLECTORS, "test_collector__perhaps_of_strangers_too__nothing_is_taken_that_is_not_proven"),
    ("Kobe's empty default with HTTP 500", JITO, "test_fetch__500_with_the_empty_default__pending_and_kept"),
    ("Kobe's HTTP 500 with rows", JITO, "test_read_validator_rewards__http_500__says_nothing"),
    ("Kobe's running epoch reads 0", f"{CANONICAL}.test_mev", "test_mev__pending_but_listed_with_zero__is_no_zero"),
    ("Kobe's 0 may mean no data", JITO, "test_fetch__total_of_zero__counts_only_where_its_history_has_the_epoch"),
    ("a GET whose body is ignored answers the latest epoch", JITO, "test_fetch__wrong_list__unreadable_for_all"),
    ("Kobe lists by vote account, never by identity", JITO, "test_read_staker_rewards__nodes_of_another_validator__refused"),
    ("another validator's tree under a name that is our identity", f"{CANONICAL}.test_mev", "test_mev__listed_under_what_is_its_identity__is_another_validators_tree"),
    ("lamports as text", ANSWERS, "test_read_stake_accounts__all_types__exact_and_sorted"),
    ("lamports as text, beyond what a float holds", ANSWERS, "test_read_stake_accounts__more_than_a_float_holds__exact"),
    ("lamports as text in another source", BEACH, "test_read_accounts__lamports_as_text__exact"),
    ("1/100 SOL beside lamports", JITO, "test_read_validator_rewards__beside_mev_earned_in_hundredths_of_sol__lamports_count"),
    ("SOL as a binary float", STAKEWIZ, None),
    ("u64 near 2^64", ANSWERS, "test_whole__any_integer__exact_inside_bounds_refused_outside"),
    ("a number as text where a number belongs", ANSWERS, "test_whole__no_exact_u64__refused"),
    ("epoch as text", f"{SOURCES}.trillium.test_trillium", "test_trillium__epoch_as_text__read"),
    ("the first slots of an epoch are skipped", COLLECTORS, "test_first_blocks__all_read__stakers_parts_and_the_absent_one_got_nothing"),
    ("the first slots of an epoch are skipped: fees", BLOCKS, "test_led_fees__first_slots_skipped__proven_by_the_first_block_of_the_epoch"),
    ("rewards are paid in the next epoch", REWARDS, "test_rewards__effective_slot_outside_the_next_epoch__not_believed"),
    ("a null does not say of which epoch it is", REWARDS, "test_rewards__nulls_of_a_question_about_another_epoch__no_zeros"),
    ("rows align with addresses, nulls included", ANSWERS, "test_read_inflation_rewards__wrong_epoch_length_or_row__refused"),
    ("accounts align with addresses, absent ones included", ANSWERS, "test_read_vote_states__absent_account_between_others__each_address_its_own"),
    ("floor, never half-up", COMMISSION, "test_split__worked_example__read_backwards"),
    ("a block that paid stakers is missing", COLLECTORS, "test_first_blocks__one_is_missing__no_account_reads_as_unpaid"),
    ("rewards still being paid (-32017)", RPC, "test_rewards__still_being_paid__says_so"),
    ("every error code leads to its action", RPC, "test_rewards__error__state_retries_and_reason"),
    ("no error code reads as zero", REWARDS, "test_rewards__answered_with_any_error__no_zero"),
    ("a skipped slot that is listed (-32007, -32009)", RPC, "test_fees__listed_block_reported_as_skipped__no_skip"),
    ("transactions of version 1 (-32015)", RPC, "test_blocks__node_with_transactions_of_version_1__asked_for_up_to_it"),
]  # fmt: skip
"""Trap, module, test; None: several tests of the module. Kobe's validator_history, in 1/100 SOL, is never asked."""


@pytest.mark.parametrize(("trap", "module", "name"), TRAPS, ids=[trap for trap, _, _ in TRAPS])
def test_trap__each__has_its_test(trap: str, module: str, name: str | None) -> None:
    found = vars(import_module(module))
    assert name is None or callable(found.get(name)), f"{trap}: {module} has no {name}"

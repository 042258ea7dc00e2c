"""The chain keeps its own books: balances, moves and payments agree with one another, whatever the seed."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurora_pipeline.demo.ethereum.building import Built
from aurora_pipeline.demo.ethereum.cast import BUILDERS
from aurora_pipeline.demo.ethereum.parameters import EthereumParameters
from aurora_pipeline.demo.ethereum.plot import LEAK_FROM, LEAK_UNTIL
from aurora_pipeline.demo.ethereum.protocol import GWEI_PER_ETH, WEI_PER_GWEI
from aurora_pipeline.demo.ethereum.truth import EthereumTruth
from aurora_pipeline_tests.demo.ethereum.conftest import LAST_EPOCH, TINY

STORY = range(2, LAST_EPOCH)
CHAINS = st.builds(
    EthereumParameters,
    seed=st.integers(1, 10**6),
    validators=st.integers(1, 20),
    strangers=st.integers(15, 40),
    slots_per_epoch=st.sampled_from([4, 8, 16]),
    sync_committee_size=st.sampled_from([1, 16, 32]),
    transactions=st.integers(1, 6),
)


@settings(max_examples=12, deadline=None)
@given(CHAINS, st.integers(0, 20), st.integers(1, 8))
def test_balances__of_everybody_in_any_window__move_by_what_the_moves_say(
    parameters: EthereumParameters, first: int, length: int
) -> None:
    told = EthereumTruth(parameters)
    window = range(first, first + length)
    start = told.world.balances(parameters.first_slot(first) - 1) if first else told.world.epoch(0).balances
    end = told.world.balances(parameters.last_slot(window[-1]))
    moves = told.consensus(window)
    assert len(moves) == len(end)
    for index, one in enumerate(moves):
        before = start[index] if index < len(start) else 0
        assert end[index] - before == one.profit + one.principal, f"validator {index}"
        assert min(vars(one).values()) >= 0
    assert {one.residual for one in told.validators(window)} <= {0}


@settings(max_examples=6, deadline=None)
@given(CHAINS)
def test_fee_recipients__in_any_chain__hold_tips_and_payments_and_what_was_sent_to_them(
    parameters: EthereumParameters,
) -> None:
    told = EthereumTruth(parameters)
    slots = list(told.slots(range(14)))
    blocks = [block for slot in slots if (block := told.execution.at_slot(slot.slot))]
    for recipient in told.cast.operator_recipients:
        earned = sum(slot.fees + slot.payment for slot in slots if slot.registered_recipient == recipient)
        deposited = sum(
            one.value
            for block in blocks
            for one in block.transactions
            if one.to == recipient and one.is_successful and one.tip(block.base_fee)
        )
        assert told.execution.balance(recipient, blocks[-1].number) == earned + deposited


@settings(max_examples=4, deadline=None)
@given(CHAINS)
def test_coins__over_the_whole_chain__come_from_withdrawals_and_go_where_they_are_burnt(
    parameters: EthereumParameters,
) -> None:
    told = EthereumTruth(parameters)
    slots = list(told.slots(range(10)))
    accounts = told.execution.accounts
    last = max(slot.block_number or 0 for slot in slots)
    held = sum(told.execution.balance(one, last) - told.execution.balance(one, 0) for one in accounts)
    withdrawn = sum(one.withdrawn for one in told.consensus(range(10)))
    assert held == withdrawn * WEI_PER_GWEI - sum(slot.burnt for slot in slots)


def test_chain__built_again__is_the_same(known: EthereumTruth) -> None:
    again = EthereumTruth(TINY)
    assert again.validators(STORY) == known.validators(STORY)
    assert list(again.slots(STORY)) == list(known.slots(STORY))
    other = EthereumTruth(EthereumParameters.from_dict({**TINY.as_dict(), "seed": 8}))
    assert other.validators(STORY) != known.validators(STORY)


def test_windows__side_by_side__add_up_to_the_whole(known: EthereumTruth) -> None:
    parts = [known.validators(range(first, first + 4)) for first in range(2, 26, 4)]
    for one in known.validators(STORY):
        mine = [part for row in parts for part in row if part.index == one.index]
        assert sum(part.cl_profit for part in mine) == one.cl_profit
        assert sum(part.profit_wei for part in mine) == one.profit_wei


def test_leak__costs_who_is_absent_and_ends(known: EthereumTruth) -> None:
    world = known.world
    stuck = world.epoch(LEAK_UNTIL).finality.finalized
    assert world.epoch(LEAK_FROM + 2).finality.finalized == stuck
    assert world.epoch(LAST_EPOCH).finality.finalized >= LEAK_UNTIL
    by_epoch = [known.consensus(range(epoch, epoch + 1)) for epoch in range(LEAK_FROM + 5, LEAK_UNTIL + 2)]
    absent = [moved[10].inactivity_penalties for moved in by_epoch]
    assert absent == sorted(absent)
    assert 0 < absent[0] < absent[-1]
    assert {moved[0].inactivity_penalties for moved in by_epoch} == {0}
    assert known.validator(10, range(LEAK_FROM + 2, LEAK_UNTIL + 2)).cl_profit < 0
    leaked = [world.epoch(number).paid for number in range(LEAK_FROM, LEAK_UNTIL + 2)]
    assert {paid.participation.is_leaking for paid in leaked if paid} == {True, False}


def test_slashing__costs_at_once_and_halfway_and_pays_the_proposer(known: EthereumTruth) -> None:
    slashed = known.validator(3, STORY)
    assert slashed.consensus.slashed == 32 * GWEI_PER_ETH // 4096
    assert slashed.consensus.correlated > slashed.consensus.slashed
    assert slashed.cl_profit < -slashed.consensus.correlated
    assert slashed.consensus.in_rewards_api - slashed.cl_profit == (
        slashed.consensus.slashed + slashed.consensus.correlated
    )
    assert slashed.status == "withdrawal_done"
    assert sum(one.proposed_slashings for one in known.consensus(STORY)) == slashed.consensus.slashed


def test_principal__that_comes_and_goes__is_nobodys_profit(known: EthereumTruth) -> None:
    exited, topped_up, switched, parted = (known.validator(index, STORY) for index in (4, 7, 2, 5))
    source, target, joined = (known.validator(index, STORY) for index in (6, 1, known.cast.joining.index))
    assert exited.end_balance == 0
    assert exited.consensus.withdrawn > 32 * GWEI_PER_ETH > exited.cl_profit > 0
    assert topped_up.consensus.deposited == 8 * GWEI_PER_ETH > topped_up.cl_profit > 0
    assert switched.consensus.queued == switched.consensus.requeued > 0
    assert parted.consensus.withdrawn == 5 * GWEI_PER_ETH
    assert source.consensus.consolidated_out == target.consensus.consolidated_in == 32 * GWEI_PER_ETH
    assert (joined.start_balance, joined.consensus.deposited) == (0, 32 * GWEI_PER_ETH)
    assert joined.status == "active_ongoing"
    assert 0 < joined.cl_profit < GWEI_PER_ETH
    assert target.effective_balance > target.start_balance + 31 * GWEI_PER_ETH


def test_payments__of_the_operators_blocks__are_of_every_kind(known: EthereumTruth) -> None:
    ours = [slot for slot in known.slots(STORY) if known.cast.by_index[slot.proposer].is_operated]
    assert {slot.built for slot in ours} == {*Built, None} - {Built.LOST}
    by_kind = {slot.built: slot for slot in ours}
    short, unpaid, elsewhere = by_kind[Built.SHORT], by_kind[Built.UNPAID], by_kind[Built.ELSEWHERE]
    assert short.claimed is not None
    assert short.income == short.payment == short.claimed // 2
    assert unpaid.claimed
    assert unpaid.income == 0 < unpaid.tips
    assert (elsewhere.payment, elsewhere.income) == (0, elsewhere.claimed)
    assert by_kind[Built.LOTTERY].income > 10 * by_kind[Built.LOTTERY].tips
    to_own = by_kind[Built.TO_OWN]
    assert to_own.income == to_own.tips + to_own.sent_directly == to_own.claimed
    missed, local = by_kind[None], by_kind[Built.LOCALLY]
    assert (missed.income, missed.phantom_claims, missed.relays) == (0, 1, ())
    assert (local.income, local.phantom_claims, local.relays) == (local.tips, 1, ())
    assert any(len(slot.relays) == 2 for slot in ours)


def test_sync_committee__of_who_is_paid_out__charges_nothing_that_is_not_there() -> None:
    told = EthereumTruth(
        EthereumParameters(seed=286376, validators=5, strangers=19, slots_per_epoch=4, sync_committee_size=1)
    )
    blocks = [block for slot in range(1, 36) if (block := told.world.block(slot))]
    spared = [block for block in blocks if block.spared]
    assert spared
    assert {told.world.balances(block.slot)[block.committee[0]] for block in spared} == {0}
    assert {sum(block.sync_rewards().values()) for block in spared} == {0}


def test_sync_committee__charges_who_is_absent(known: EthereumTruth) -> None:
    moved = known.consensus(STORY)
    assert sum(one.sync_rewards for one in moved) > sum(one.sync_penalties for one in moved) > 0


@pytest.mark.parametrize("missed", [True, False])
def test_proposals__that_are_missed_or_not__are_counted(known: EthereumTruth, missed: bool) -> None:
    counted = Counter(slot.proposer for slot in known.slots(STORY) if (slot.built is None) is missed)
    for index, one in enumerate(known.consensus(STORY)):
        assert (one.blocks_missed if missed else one.blocks_proposed) == counted[index]


def test_clients__own_validators_with_a_fee_and_a_wallet_of_their_own(known: EthereumTruth) -> None:
    owned = [one for one in known.validators(STORY) if one.client is not None]
    assert owned
    assert all(one.operator_fee_bps and one.withdrawal_address != known.cast.operator_wallet for one in owned)


def test_builders__pay_out_of_their_own(known: EthereumTruth) -> None:
    last = known.execution.last_until(TINY.last_slot(LAST_EPOCH))
    assert last is not None
    assert len({known.execution.balance(known.cast.builder(name), last.number) for name in BUILDERS}) == len(BUILDERS)

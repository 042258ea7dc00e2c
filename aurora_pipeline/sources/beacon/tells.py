"""What a beacon node says of validators: what their balances did, who they were, and what was at stake for whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from aurora_pipeline.asking.proposals import NO_SUCH_VALIDATOR
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.config.families.ethereum import check_address
from aurora_pipeline.foundation.listing import spans
from aurora_pipeline.foundation.money import wei_of
from aurora_pipeline.foundation.units import EpochNumber, Gwei, Wei
from aurora_pipeline.sources.beacon.answers.envelope import FAR_FUTURE
from aurora_pipeline.sources.beacon.answers.validators import ValidatorState
from aurora_pipeline.sources.beacon.last_read import recall
from aurora_pipeline.sources.beacon.ledger import NOTHING, WindowLedger
from aurora_pipeline.sources.beacon.truth import Earned, earned
from aurora_pipeline.sources.fetch_choice import missing
from aurora_pipeline.sources.told import (
    AccountStake,
    BalanceTold,
    MetaTold,
    Missing,
    PositionsTold,
    StagedFetches,
    StakeTotal,
    Told,
)
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch

Item = TypeVar("Item")
Said = TypeVar("Said")
_NOT_HAD: Final = frozenset({"commission_bps"})
"""What a validator of this family does not have."""
_NOT_ASKED: Final = "it was not asked about: it was registered later; `aurora backfill CHAIN EPOCH --refetch` asks"


def balances(staged: StagedFetches) -> Told[BalanceTold | Missing]:
    """What each validator's balance did, and what it was earned for."""
    return _told(staged, earned, _balance)


def meta(staged: StagedFetches) -> Told[MetaTold | Missing]:
    """What each validator was at the window's end."""

    def of_one(ledger: WindowLedger, one: ValidatorState) -> MetaTold:
        return MetaTold(
            identity_key=one.pubkey,
            active_stake=wei_of(_stake(ledger, None, one)),
            status=one.status,
            withdrawal_credentials=one.credentials,
            activation_epoch=_if_known(one.activation_epoch),
            exit_epoch=_if_known(one.exit_epoch),
            has_no=_NOT_HAD,
        )

    return _told(staged, lambda ledger: ledger.end, of_one)


def _if_known(told: int) -> EpochNumber | None:
    return None if told == FAR_FUTURE else EpochNumber(told)


def positions(staged: StagedFetches) -> Told[PositionsTold]:
    """The one stake on each validator: what counted of its balance, for the address its withdrawals go to."""
    told = _told(staged, _of_both_ends, _position)
    rows = [(key, PositionsTold(item, None) if isinstance(item, Missing) else item) for key, item in told.rows]
    return Told(rows, told.warnings)


def _of_both_ends(ledger: WindowLedger) -> Mapping[str, ValidatorState]:
    """Validators at the end, where neither end lacks one that the other shows."""
    ledger.prove_states()
    return ledger.end


def _position(ledger: WindowLedger, one: ValidatorState) -> PositionsTold:
    staked = wei_of(_stake(ledger, ledger.start.get(one.pubkey), one))
    leaves = one.exit_epoch != FAR_FUTURE
    account = AccountStake(
        account_key=one.pubkey,
        staker_key=None,
        withdrawer_key=None if one.address is None else check_address(one.address),
        active=staked,
        activating=wei_of(one.effective_balance) if _is_coming(ledger, one) else Wei(0),
        deactivating=staked if leaves else Wei(0),
    )
    return PositionsTold([account], StakeTotal(staked, "the chain"))


def _told(
    staged: StagedFetches,
    found_in: Callable[[WindowLedger], Mapping[str, Item]],
    tell: Callable[[WindowLedger, Item], Said],
) -> Told[Said | Missing]:
    rows: list[tuple[str, Said | Missing]] = []
    for fetch in staged.each:
        keys = [key for key, its in staged.fetches.items() if its.subject == fetch.subject]
        ledger, found = _found(staged, fetch, found_in)
        for key in keys:
            if isinstance(found, Missing):
                rows.append((key, found))
            elif key in found:
                rows.append((key, tell(ledger, found[key])))
            else:
                rows.append((key, missing(fetch, NO_SUCH_VALIDATOR if key in ledger.asked else _NOT_ASKED)))
    return Told(rows)


def _found(
    staged: StagedFetches, fetch: StagedFetch, found_in: Callable[[WindowLedger], Mapping[str, Item]]
) -> tuple[WindowLedger, Mapping[str, Item] | Missing]:
    """What a fetch's answers add up to; or why they are not read."""
    slots = (staged.reference.first_slot, staged.reference.last_slot)
    ledger = WindowLedger(fetch.provider, *slots)
    if fetch.state is not FigureState.FINAL:
        return ledger, missing(fetch)
    try:
        ledger = recall(fetch, *slots) or ledger.read(fetch.answers)
        return ledger, found_in(ledger)
    except UnreadableAnswer as error:
        return ledger, missing(fetch, error.problem)


def _stake(ledger: WindowLedger, start: ValidatorState | None, end: ValidatorState) -> Gwei:
    """What counted of a balance in the window; of one that left in it and was paid out, what counted before."""
    if not any(end.is_active_in(epoch) for epoch in ledger.duty_epochs_due):
        return NOTHING
    return start.effective_balance if end.effective_balance == 0 and start is not None else end.effective_balance


def _is_coming(ledger: WindowLedger, one: ValidatorState) -> bool:
    return one.activation_epoch > ledger.duty_epochs_due[-1] and one.exit_epoch == FAR_FUTURE


def _balance(ledger: WindowLedger, one: Earned) -> BalanceTold:
    start = NOTHING if one.start is None else one.start.balance
    epochs = ledger.attestation_epochs
    is_known = one.unexplained is None
    return BalanceTold(
        index=one.end.index,
        status=one.end.status,
        withdrawal_address=None if one.end.address is None else check_address(one.end.address),
        compounds=one.end.compounds,
        slashed=one.end.slashed,
        stake=wei_of(_stake(ledger, one.start, one.end)),
        balance_start=wei_of(start),
        balance_end=wei_of(one.end.balance),
        withdrawals=wei_of(one.withdrawals),
        deposits=wei_of(one.deposits),
        consolidated_in=wei_of(one.consolidated_in),
        consolidated_out=wei_of(one.consolidated_out),
        queued=wei_of(one.queued),
        profit=wei_of(one.profit),
        attestation_head=wei_of(one.parts["head"]),
        attestation_target=wei_of(one.parts["target"]),
        attestation_source=wei_of(one.parts["source"]),
        inactivity=wei_of(one.parts["inactivity"]),
        proposals=wei_of(one.proposals),
        sync_committee=wei_of(one.sync),
        slashing=wei_of(one.slashing),
        residual=wei_of(one.residual),
        explained=None if one.explained is None else one.explained.value,
        rewards=wei_of(one.rewards) if is_known else None,
        penalties=wei_of(one.penalties) if is_known else None,
        blocks_proposed=one.blocks_proposed,
        blocks_missed=one.blocks_missed,
        first_attested_epoch=epochs[0] if epochs else None,
        last_attested_epoch=epochs[-1] if epochs else None,
        reason=one.unexplained or _uncounted(ledger, one),
    )


def _uncounted(ledger: WindowLedger, one: Earned) -> str | None:
    """Why it is not known how many of its proposals it missed."""
    if one.blocks_missed is not None:
        return None
    epochs = spans(ledger.duties_unknown)
    return f"missed proposals are not counted: nobody told who had to propose in epochs {epochs}, nor was it sampled"

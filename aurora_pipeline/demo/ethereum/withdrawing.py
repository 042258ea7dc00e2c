"""What a simulated block withdraws: requested parts first, then the sweep over all validators."""

from __future__ import annotations

from aurora_pipeline.demo.ethereum import protocol
from aurora_pipeline.demo.ethereum.parameters import FAR_FUTURE_EPOCH, EthereumParameters
from aurora_pipeline.demo.ethereum.protocol import MIN_ACTIVATION_BALANCE
from aurora_pipeline.demo.ethereum.registry import Record
from aurora_pipeline.demo.ethereum.state import Move, Moved, PaidWithdrawal, State


def withdraw(state: State, parameters: EthereumParameters, slot: int) -> tuple[list[PaidWithdrawal], list[Moved]]:
    """Take out of the balances what a block of this slot pays to withdrawal addresses."""
    epoch = parameters.epoch_of(slot)
    found: list[PaidWithdrawal] = []
    _requested(state, parameters, slot, epoch, found)
    _swept(state, parameters, epoch, found)
    moves = [state.move(one.validator, Move.WITHDRAWN, -one.amount) for one in found]
    state.next_withdrawal += len(found)
    return found, moves


def _requested(
    state: State, parameters: EthereumParameters, slot: int, epoch: int, found: list[PaidWithdrawal]
) -> None:
    pending, done = state.partials.now, 0
    for one in pending:
        if one.withdrawable_epoch > epoch or len(found) == parameters.max_pending_partials_per_withdrawals_sweep:
            break
        done += 1
        record = state.registry.records[one.validator]
        balance = _left(state, one.validator, found)
        is_due = record.exit_epoch == FAR_FUTURE_EPOCH and state.effective[one.validator] >= MIN_ACTIVATION_BALANCE
        if is_due and balance > MIN_ACTIVATION_BALANCE:
            amount = min(balance - MIN_ACTIVATION_BALANCE, one.amount)
            found.append(_withdrawal(state, one.validator, record, amount, found))
    if done:
        state.partials.change(slot, pending[done:])


def _swept(state: State, parameters: EthereumParameters, epoch: int, found: list[PaidWithdrawal]) -> None:
    records, count = state.registry.records, len(state.balances)
    bound = min(count, parameters.max_validators_per_withdrawals_sweep)
    index = state.next_swept
    for _ in range(bound):
        record, balance = records[index], state.balances[index]
        maximum = protocol.max_effective_balance(record.is_compounding)
        if balance > maximum or record.withdrawable_epoch <= epoch:
            balance = _left(state, index, found)
            amount = balance if record.withdrawable_epoch <= epoch else balance - maximum
            if amount > 0 and (record.withdrawable_epoch <= epoch or state.effective[index] == maximum):
                found.append(_withdrawal(state, index, record, amount, found))
        index = (index + 1) % count
        if len(found) == parameters.max_withdrawals_per_payload:
            break
    is_full = len(found) == parameters.max_withdrawals_per_payload
    state.next_swept = (
        index if is_full else (state.next_swept + parameters.max_validators_per_withdrawals_sweep) % count
    )


def _withdrawal(
    state: State, validator: int, record: Record, amount: int, found: list[PaidWithdrawal]
) -> PaidWithdrawal:
    return PaidWithdrawal(state.next_withdrawal + len(found), validator, record.withdrawal_address, amount)


def _left(state: State, validator: int, found: list[PaidWithdrawal]) -> int:
    """A balance less what the same block withdraws of it already."""
    return state.balances[validator] - sum(one.amount for one in found if one.validator == validator)

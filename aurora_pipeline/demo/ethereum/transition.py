"""What happens between two simulated epochs: justification, rewards and penalties, queues, effective balances."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from aurora_pipeline.demo.ethereum import protocol
from aurora_pipeline.demo.ethereum.parameters import FAR_FUTURE_EPOCH, EthereumParameters
from aurora_pipeline.demo.ethereum.protocol import (
    HEAD,
    MIN_ACTIVATION_BALANCE,
    MIN_EPOCHS_TO_INACTIVITY_PENALTY,
    SOURCE,
    TARGET,
    Participation,
)
from aurora_pipeline.demo.ethereum.registry import Record
from aurora_pipeline.demo.ethereum.state import (
    ELIGIBLE,
    SLASHED,
    Epoch,
    Finality,
    Move,
    Moved,
    QueuedDeposit,
    Settlement,
    State,
)

_MAX_DEPOSITS = 16


class Transition:
    """From the end of one epoch to the beginning of the next, in the protocol's order."""

    def __init__(self, state: State, parameters: EthereumParameters, ending: Epoch) -> None:
        self._state = state
        self._parameters = parameters
        self._ending = ending
        self._next = ending.number + 1
        self._slot = parameters.first_slot(self._next)
        self.moves: list[Moved] = []

    def run(self) -> Settlement | None:
        """Carry it out; returns the attestations that were paid."""
        state, epoch = self._state, self._ending.number
        if epoch > 1:
            self._justify()
        paid = self._settle() if epoch > 0 else None
        self._update_registry()
        self._correlate()
        self._apply_deposits()
        self._consolidate()
        for index, record in enumerate(state.registry.records):
            maximum = protocol.max_effective_balance(record.is_compounding)
            state.effective[index] = protocol.next_effective_balance(
                state.balances[index], state.effective[index], maximum
            )
        return paid

    def _target_balance(self, epoch: int) -> int:
        """The stake that voted for an epoch's checkpoint so far, and was not slashed."""
        marks, records = self._state.marks[epoch], self._state.registry.records
        voted = sum(effective for mark, effective in zip(marks, self._ending.effective, strict=False) if mark & TARGET)
        slashed = (index for index, record in enumerate(records) if record.slashed)
        return voted - sum(
            self._ending.effective[index] for index in slashed if index < len(marks) and marks[index] & TARGET
        )

    def _justify(self) -> None:
        state, epoch, total = self._state, self._ending.number, self._ending.total_active
        before = state.finality
        bits = [False, *state.justified[:3]]
        current, finalized = before.current_justified, before.finalized
        if self._target_balance(epoch - 1) * 3 >= total * 2:
            current, bits[1] = epoch - 1, True
        if self._target_balance(epoch) * 3 >= total * 2:
            current, bits[0] = epoch, True
        for span, justified, distance in (
            (bits[1:4], before.previous_justified, 3),
            (bits[1:3], before.previous_justified, 2),
            (bits[0:3], before.current_justified, 2),
            (bits[0:2], before.current_justified, 1),
        ):
            if all(span) and justified + distance == epoch:
                finalized = justified
        state.justified = bits
        state.finality = Finality(before.current_justified, current, finalized)

    def _settle(self) -> Settlement:
        """Pay and charge the attestations of the epoch before the one that ends."""
        state, duty = self._state, self._ending.number - 1
        marks = state.marks.pop(duty)
        is_leaking = duty - state.finality.finalized > MIN_EPOCHS_TO_INACTIVITY_PENALTY
        self._mark(marks, duty)
        self._score(marks, is_leaking)
        settlement = Settlement(
            duty, self._participation(marks, is_leaking), marks, self._ending.effective, dict(state.scores)
        )
        totals: dict[tuple[int, int], int] = {}
        balances, effective = state.balances, settlement.effective
        for index, mark in enumerate(marks):
            if mark & ELIGIBLE and index not in state.scores:
                key = effective[index], mark
                if key not in totals:
                    totals[key] = settlement.attested(index).total
                balances[index] += totals[key]
        for index in state.scores:
            balances[index] += settlement.attested(index).total
        return settlement

    def _mark(self, marks: bytearray, duty: int) -> None:
        for index, record in enumerate(self._state.registry.records[: len(marks)]):
            if record.is_active(duty) or (record.slashed and duty + 1 < record.withdrawable_epoch):
                marks[index] |= ELIGIBLE
            if record.slashed:
                marks[index] |= SLASHED

    def _score(self, marks: bytearray, is_leaking: bool) -> None:
        """Whoever missed the target scores, which costs as long as it lasts."""
        scores = self._state.scores
        absent = {
            index for index, mark in enumerate(marks) if mark & ELIGIBLE and (mark & SLASHED or not mark & TARGET)
        }
        for index in sorted(absent | scores.keys()):
            if not marks[index] & ELIGIBLE:
                continue
            score = protocol.next_inactivity_score(
                scores.pop(index, 0), hit_target=index not in absent, is_leaking=is_leaking
            )
            if score:
                scores[index] = score

    def _participation(self, marks: bytearray, is_leaking: bool) -> Participation:
        by_flag = {SOURCE: 0, TARGET: 0, HEAD: 0}
        by_mark: dict[int, int] = {}
        for mark, effective in zip(marks, self._ending.effective, strict=False):
            by_mark[mark] = by_mark.get(mark, 0) + effective
        for mark, effective in by_mark.items():
            for flag in by_flag:
                if mark & flag and not mark & SLASHED:
                    by_flag[flag] += effective // protocol.INCREMENT
        total = self._ending.total_active
        return Participation(
            protocol.base_reward_per_increment(total),
            total // protocol.INCREMENT,
            by_flag[SOURCE],
            by_flag[TARGET],
            by_flag[HEAD],
            is_leaking,
        )

    def _update_registry(self) -> None:
        state, epoch = self._state, self._ending.number
        for index, record in enumerate(state.registry.records):
            if record.activation_epoch != FAR_FUTURE_EPOCH:
                continue
            if record.activation_eligibility_epoch == FAR_FUTURE_EPOCH:
                if state.effective[index] >= MIN_ACTIVATION_BALANCE:
                    state.registry.change(self._slot, index, activation_eligibility_epoch=epoch + 1)
            elif record.activation_eligibility_epoch <= state.finality.finalized:
                begins = epoch + 1 + self._parameters.max_seed_lookahead
                state.registry.change(self._slot, index, activation_epoch=begins)

    def _correlate(self) -> None:
        """Charge those who were slashed half a vector ago, by how much was slashed around them."""
        state, vector = self._state, self._parameters.epochs_per_slashings_vector
        epoch = self._ending.number
        slashed = sum(stake for when, stake in state.slashed_stake.items() if when > epoch - vector)
        for index, record in enumerate(state.registry.records):
            if record.slashed and epoch + vector // 2 == record.withdrawable_epoch:
                penalty = protocol.correlation_penalty(state.effective[index], slashed, self._ending.total_active)
                self.moves.append(state.move(index, Move.CORRELATED, -penalty))

    def _apply_deposits(self) -> None:
        """Credit the deposits whose slot is final, first come first served; one of an exiting validator waits."""
        state = self._state
        pending = state.deposits.now
        final_slot = self._parameters.first_slot(state.finality.finalized)
        ready = 0
        while ready < min(len(pending), _MAX_DEPOSITS) and pending[ready].slot <= final_slot:
            ready += 1
        waiting = [deposit for deposit in pending[:ready] if not self._apply_deposit(deposit)]
        if ready:
            state.deposits.change(self._slot, (*pending[ready:], *waiting))

    def _apply_deposit(self, deposit: QueuedDeposit) -> bool:
        state, records = self._state, self._state.registry.records
        index = next((number for number, record in enumerate(records) if record.pubkey == deposit.pubkey), None)
        if index is None:
            index = state.registry.add(
                self._slot, Record(deposit.pubkey, deposit.withdrawal_address, deposit.is_compounding)
            )
            state.balances.append(0)
            maximum = protocol.max_effective_balance(deposit.is_compounding)
            state.effective.append(min(deposit.amount - deposit.amount % protocol.INCREMENT, maximum))
        elif records[index].exit_epoch != FAR_FUTURE_EPOCH and records[index].withdrawable_epoch >= self._next:
            return False
        kind = Move.DEPOSITED if deposit.slot else Move.REQUEUED
        self.moves.append(state.move(index, kind, deposit.amount))
        return True

    def _consolidate(self) -> None:
        state, records = self._state, self._state.registry.records
        pending, done = state.consolidations.now, 0
        for one in pending:
            source = records[one.source]
            if not source.slashed and source.withdrawable_epoch > self._next:
                break
            done += 1
            if not source.slashed:
                amount = min(state.balances[one.source], state.effective[one.source])
                self.moves.append(state.move(one.source, Move.CONSOLIDATED_OUT, -amount))
                self.moves.append(state.move(one.target, Move.CONSOLIDATED_IN, amount))
        if done:
            state.consolidations.change(self._slot, pending[done:])


def snapshot(values: Sequence[int]) -> array[int]:
    """Balances as they stand."""
    return array("Q", values)

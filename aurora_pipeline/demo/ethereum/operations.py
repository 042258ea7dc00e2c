"""What a simulated block's operations do to the beacon state: slashings, exits, requests of withdrawal addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aurora_pipeline.demo.ethereum import protocol
from aurora_pipeline.demo.ethereum.cast import EthereumCast
from aurora_pipeline.demo.ethereum.parameters import FAR_FUTURE_EPOCH, EthereumParameters
from aurora_pipeline.demo.ethereum.plot import Event, Kind
from aurora_pipeline.demo.ethereum.protocol import MIN_ACTIVATION_BALANCE
from aurora_pipeline.demo.ethereum.state import (
    Move,
    ProposedBlock,
    QueuedConsolidation,
    QueuedDeposit,
    QueuedPartial,
    State,
)


class Operations:
    """Carries out what a block holds besides attestations."""

    def __init__(self, state: State, parameters: EthereumParameters, cast: EthereumCast) -> None:
        self._state = state
        self._parameters = parameters
        self._cast = cast
        self._how: Mapping[Kind, Callable[[ProposedBlock, Event], None]] = {
            Kind.DEPOSIT: self._deposit,
            Kind.EXIT: self._exit,
            Kind.WITHDRAWAL_REQUEST: self._withdrawal_request,
            Kind.CONSOLIDATION_REQUEST: self._consolidation_request,
            Kind.SLASHING: self._slash,
        }

    def carry_out(self, block: ProposedBlock, event: Event) -> None:
        block.operations.append(event)
        self._how[event.kind](block, event)

    def _deposit(self, block: ProposedBlock, event: Event) -> None:
        validator = self._cast.by_index[event.validator]
        record = (
            self._state.registry.records[event.validator] if event.validator < len(self._state.balances) else validator
        )
        queued = QueuedDeposit(
            validator.pubkey, validator.withdrawal_address, record.is_compounding, event.amount, block.slot
        )
        self._state.deposits.change(block.slot, (*self._state.deposits.now, queued))

    def _exit(self, block: ProposedBlock, event: Event) -> None:
        self._initiate_exit(block.slot, event.validator)

    def _initiate_exit(self, slot: int, validator: int) -> int:
        """Begin a validator's exit, and return the epoch of it."""
        record = self._state.registry.records[validator]
        if record.exit_epoch == FAR_FUTURE_EPOCH:
            leaves = self._parameters.epoch_of(slot) + 1 + self._parameters.max_seed_lookahead
            record = self._state.registry.change(
                slot,
                validator,
                exit_epoch=leaves,
                withdrawable_epoch=leaves + self._parameters.withdrawability_delay,
            )
        return record.exit_epoch

    def _slash(self, block: ProposedBlock, event: Event) -> None:
        state, epoch = self._state, self._parameters.epoch_of(block.slot)
        self._initiate_exit(block.slot, event.validator)
        record = state.registry.records[event.validator]
        stays_until = epoch + self._parameters.epochs_per_slashings_vector
        until = max(record.withdrawable_epoch, stays_until)
        state.registry.change(block.slot, event.validator, slashed=True, withdrawable_epoch=until)
        effective = state.effective[event.validator]
        state.slashed_stake[epoch] = state.slashed_stake.get(epoch, 0) + effective
        penalty, reward = protocol.initial_slashing_penalty(effective), protocol.whistleblower_reward(effective)
        block.moves.append(state.move(event.validator, Move.SLASHED, -penalty))
        block.moves.append(state.move(block.proposer, Move.PROPOSED_SLASHINGS, reward))

    def _withdrawal_request(self, block: ProposedBlock, event: Event) -> None:
        state, record = self._state, self._state.registry.records[event.validator]
        queued = sum(one.amount for one in state.partials.now if one.validator == event.validator)
        if not event.amount and not queued:
            self._initiate_exit(block.slot, event.validator)
        excess = state.balances[event.validator] - MIN_ACTIVATION_BALANCE - queued
        if event.amount and record.is_compounding and record.exit_epoch == FAR_FUTURE_EPOCH and excess > 0:
            leaves = self._parameters.epoch_of(block.slot) + 1 + self._parameters.max_seed_lookahead
            part = QueuedPartial(
                event.validator, min(excess, event.amount), leaves + self._parameters.withdrawability_delay
            )
            state.partials.change(block.slot, (*state.partials.now, part))

    def _consolidation_request(self, block: ProposedBlock, event: Event) -> None:
        if event.validator == event.target:
            self._begin_to_compound(block, event.validator)
            return
        state = self._state
        self._initiate_exit(block.slot, event.validator)
        moved = QueuedConsolidation(event.validator, event.target)
        state.consolidations.change(block.slot, (*state.consolidations.now, moved))

    def _begin_to_compound(self, block: ProposedBlock, validator: int) -> None:
        """Switch to 0x02: what exceeds 32 ETH leaves the balance, and comes back as a deposit of slot 0."""
        state = self._state
        record = state.registry.change(block.slot, validator, is_compounding=True)
        excess = state.balances[validator] - MIN_ACTIVATION_BALANCE
        if excess > 0:
            block.moves.append(state.move(validator, Move.QUEUED, -excess))
            queued = QueuedDeposit(record.pubkey, record.withdrawal_address, True, excess, 0)
            state.deposits.change(block.slot, (*state.deposits.now, queued))

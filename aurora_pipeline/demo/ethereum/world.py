"""The whole simulated Ethereum chain as a function of its parameters: epochs built in order, on demand, and kept."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from aurora_pipeline.demo.ethereum import protocol
from aurora_pipeline.demo.ethereum.cast import EthereumCast
from aurora_pipeline.demo.ethereum.operations import Operations
from aurora_pipeline.demo.ethereum.parameters import EthereumParameters
from aurora_pipeline.demo.ethereum.plot import Event, Kind, Plot
from aurora_pipeline.demo.ethereum.registry import Record
from aurora_pipeline.demo.ethereum.state import Epoch, Move, Moved, ProposedBlock, Settlement, State
from aurora_pipeline.demo.ethereum.transition import Transition, snapshot
from aurora_pipeline.demo.ethereum.voting import Votes
from aurora_pipeline.demo.ethereum.withdrawing import withdraw

_MISSED_PER_MILLE = 20
_OUR_MISSED_ONE_IN = 17
_MOST_MISSED_SEATS = 3


class BeaconWorld:
    """All epochs from genesis on. Slot 0 is genesis: nobody proposes in it."""

    def __init__(self, parameters: EthereumParameters) -> None:
        self.parameters = parameters
        self.cast = EthereumCast(parameters)
        self.plot = Plot(parameters, self.cast)
        self.state = State()
        self._epochs: list[Epoch] = []
        self._votes = Votes(parameters)
        self._operations = Operations(self.state, parameters, self.cast)
        self._waiting: list[Event] = []
        self._our_duties = 0
        self._proposers: dict[int, list[int]] = {}
        self._committee: list[int] = []
        self._active: tuple[int, int, list[int]] = (-1, -1, [])

    def epoch(self, number: int) -> Epoch:
        """An epoch, with all its blocks."""
        while len(self._epochs) <= number:
            self._add_epoch()
        return self._epochs[number]

    def block(self, slot: int) -> ProposedBlock | None:
        """The block of a slot; None where it was missed, and for genesis."""
        return self.epoch(self.parameters.epoch_of(slot)).blocks.get(slot) if slot > 0 else None

    def proposers(self, epoch: int) -> Sequence[int]:
        """Who is to propose in each slot of an epoch, which is settled when the epoch before it begins."""
        self.epoch(max(epoch - 1, 0))
        return self._proposers[epoch]

    def balances(self, slot: int) -> array[int]:
        """All balances in the state of a slot, its block included."""
        epoch = self.epoch(self.parameters.epoch_of(slot))
        found = array("Q", epoch.balances)
        for number in range(self.parameters.first_slot(epoch.number), slot + 1):
            block = epoch.blocks.get(number)
            for validator, delta in block.deltas().items() if block else ():
                found[validator] += delta
        return found

    def _add_epoch(self) -> None:
        paid, moves = self._enter() if self._epochs else self._begin()
        number, state = len(self._epochs), self.state
        active = self._active_in(number)
        total = max(sum(state.effective[index] for index in active), protocol.INCREMENT)
        for coming in (number, number + 1):
            if coming not in self._proposers:
                self._proposers[coming] = self._drawn_proposers(coming)
        if number % self.parameters.epochs_per_sync_committee_period == 0:
            self._committee = self._drawn_committee(number, active)
        epoch = Epoch(
            number=number,
            balances=snapshot(state.balances),
            effective=snapshot(state.effective),
            total_active=total,
            finality=state.finality,
            proposers=self._proposers[number],
            committee=self._committee,
            paid=paid,
            moves=moves,
        )
        self._epochs.append(epoch)
        state.marks[number] = bytearray(len(state.balances))
        offline = self.plot.offline(number)
        records = state.registry.records
        self._votes.begin(number, active, lambda index: index in offline or records[index].slashed)
        self._waiting += self.plot.events.get(number, ())
        first = self.parameters.first_slot(number)
        for slot in range(max(first, 1), first + self.parameters.slots_per_epoch):
            if not self._is_missed(epoch, slot):
                epoch.blocks[slot] = self._propose(epoch, slot)

    def _begin(self) -> tuple[None, list[Moved]]:
        for validator in self.cast.genesis:
            record = Record(validator.pubkey, validator.withdrawal_address, validator.is_compounding, 0, 0)
            self.state.registry.add(0, record)
            maximum = protocol.max_effective_balance(validator.is_compounding)
            balance = validator.genesis_balance
            self.state.balances.append(balance)
            self.state.effective.append(min(balance - balance % protocol.INCREMENT, maximum))
        return None, []

    def _enter(self) -> tuple[Settlement | None, list[Moved]]:
        transition = Transition(self.state, self.parameters, self._epochs[-1])
        return transition.run(), transition.moves

    def _active_in(self, epoch: int) -> list[int]:
        changes = self.state.registry.changes
        if self._active[:2] != (changes, epoch):
            self._active = (changes, epoch, self.state.registry.active(epoch))
        return self._active[2]

    def _drawn_proposers(self, epoch: int) -> list[int]:
        """Proposers by effective balance; those who will have left by then are not drawn."""
        active = self.state.registry.active(epoch)
        sums = list(accumulate(self.state.effective[index] for index in active))
        slots = range(self.parameters.first_slot(epoch), self.parameters.first_slot(epoch + 1))
        return [active[bisect_right(sums, self.parameters.draw(sums[-1], "proposer", slot))] for slot in slots]

    def _drawn_committee(self, epoch: int, active: Sequence[int]) -> list[int]:
        sums = list(accumulate(self.state.effective[index] for index in active))
        random = self.parameters.random("sync committee", epoch)
        return [
            active[bisect_right(sums, random.randrange(sums[-1]))] for _ in range(self.parameters.sync_committee_size)
        ]

    def _is_missed(self, epoch: Epoch, slot: int) -> bool:
        proposer = epoch.proposers[slot - self.parameters.first_slot(epoch.number)]
        record = self.state.registry.records[proposer]
        is_ours = self.cast.by_index[proposer].is_operated
        self._our_duties += is_ours
        if record.slashed or not record.is_active(epoch.number) or self.plot.is_offline(proposer, epoch.number):
            return True
        if is_ours:
            return self._our_duties % _OUR_MISSED_ONE_IN == 5
        return self.parameters.draw(1_000, "missed", slot) < _MISSED_PER_MILLE

    def _propose(self, epoch: Epoch, slot: int) -> ProposedBlock:
        state, parameters = self.state, self.parameters
        proposer = epoch.proposers[slot - parameters.first_slot(epoch.number)]
        seat_reward = protocol.sync_participant_reward(
            epoch.total_active, parameters.slots_per_epoch, parameters.sync_committee_size
        )
        block = ProposedBlock(slot, proposer, epoch.committee, self._took_part(epoch, slot), seat_reward)
        block.withdrawals, block.moves = withdraw(state, parameters, slot)
        self._hold_events(block)
        block.attestations, reward = self._votes.arrive(state, slot, epoch.total_active)
        block.moves.append(state.move(proposer, Move.PROPOSED_ATTESTATIONS, reward))
        self._pay_seats(block)
        seats = sum(block.took_part)
        reward = seats * protocol.sync_proposer_reward(seat_reward)
        block.moves.append(state.move(proposer, Move.PROPOSED_SYNC, reward))
        return block

    def _pay_seats(self, block: ProposedBlock) -> None:
        balances, reward = self.state.balances, block.seat_reward
        for seat, (validator, took_part) in enumerate(zip(block.committee, block.took_part, strict=True)):
            balances[validator] += reward if took_part else -reward
            if balances[validator] < 0:
                # Whoever left and was paid out can still sit in the committee; no balance falls below zero.
                block.spared[seat] = -balances[validator]
                balances[validator] = 0

    def _hold_events(self, block: ProposedBlock) -> None:
        left = []
        for event in self._waiting:
            # Nobody reports itself.
            if event.kind is Kind.SLASHING and event.validator == block.proposer:
                left.append(event)
            else:
                self._operations.carry_out(block, event)
        self._waiting = left

    def _took_part(self, epoch: Epoch, slot: int) -> list[bool]:
        records = self.state.registry.records
        away = self.plot.offline(epoch.number)
        took_part = [seat not in away and not records[seat].slashed for seat in epoch.committee]
        random = self.parameters.random("seats", slot)
        for _ in range(random.randrange(_MOST_MISSED_SEATS)):
            took_part[random.randrange(len(took_part))] = False
        return took_part

"""What the simulated nodes know at one setting of the clock, and in which condition they are."""

from __future__ import annotations

from array import array
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import Any

from aurora_pipeline.demo.errors import SimulatorMisused
from aurora_pipeline.demo.ethereum.execution import BuiltBlock, ExecutionChain
from aurora_pipeline.demo.ethereum.parameters import EthereumParameters
from aurora_pipeline.demo.ethereum.registry import Record
from aurora_pipeline.demo.ethereum.state import Finality
from aurora_pipeline.demo.ethereum.world import BeaconWorld

ZERO_ROOT = "0x" + "00" * 32


@dataclass(frozen=True)
class Condition:
    """What ails the nodes; each can be switched on and off while the simulator runs."""

    syncing: int = 0
    """How many slots the beacon node is behind."""
    is_optimistic: bool = False
    """Whether it follows blocks that its execution node has not checked."""
    is_execution_offline: bool = False
    execution_lag: int = 0
    """How many blocks the execution node is behind the beacon node."""
    pruned_before: int = 0
    """The first slot of which it still has the state."""
    blocks_from: int = 0
    """The first slot of which it has the block."""
    other_fork_at: int = 0
    """A slot whose block it sees otherwise than the chain has it; 0 for none."""
    knows_old_duties: bool = True
    """Whether it tells who was to propose in epochs that are over."""
    rounds_rewards: bool = False
    """Whether it rounds what attestations earn and cost, as Lodestar does, where the protocol floors."""
    tells_sync_balances: bool = False
    """Whether it tells balances in place of what a sync committee earned, as Lodestar did once."""
    is_lodestar: bool = False
    """Whether it speaks as old Lodestar does: flags left out, ids with commas not understood, other errors."""

    @classmethod
    def ordered(cls, order: Any) -> Condition:
        """Read a control request: the conditions that are to hold from now on, the others as usual."""
        usual = asdict(cls())
        if not isinstance(order, dict) or set(order) - set(usual):
            raise SimulatorMisused(f"the condition of a node has the names {', '.join(usual)}; got {order!r}")
        for name, value in order.items():
            if type(value) is not type(usual[name]) or (type(value) is int and value < 0):
                kind = "true or false" if isinstance(usual[name], bool) else "a number that is not negative"
                raise SimulatorMisused(f"{name} of a node is {kind}, got {value!r}")
        return cls(**order)

    def as_dict(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


class Names:
    """Which slot each root and hash of the chain belongs to."""

    def __init__(self, world: BeaconWorld) -> None:
        self._world = world
        self._slots: dict[tuple[str, str], int] = {}
        self._known_until = -1

    def slot(self, what: str, name: str, until: int) -> int | None:
        """The slot of a block (`root`), a state (`state`) or an execution block (`block hash`); None beyond a slot."""
        parameters = self._world.parameters
        for slot in range(self._known_until + 1, until + 1):
            has_block = slot == 0 or self._world.block(slot) is not None
            for kind in ("state", "root", "block hash") if has_block else ("state",):
                self._slots[kind, parameters.hex(kind, slot)] = slot
        self._known_until = max(self._known_until, until)
        found = self._slots.get((what, name))
        return None if found is None or found > until else found


class SimulatedNode:
    """The beacon node and the execution node beside it, as of one slot."""

    def __init__(self, chain: ExecutionChain, names: Names, slot: int, condition: Condition) -> None:
        self.execution = chain
        self.world = chain.world
        self.parameters: EthereumParameters = chain.world.parameters
        self.condition = condition
        self.slot = max(slot - condition.syncing, 0)
        """The slot that it thinks it is at."""
        self.wall_slot = slot
        self.head_slot = self.block_slot_until(self.slot)
        self._names = names

    @property
    def head_epoch(self) -> int:
        return self.parameters.epoch_of(self.head_slot)

    @property
    def finality(self) -> Finality:
        """The checkpoints of the head's state."""
        return self.finality_in(self.head_slot)

    @property
    def finalized_slot(self) -> int:
        """The first slot of the finalized epoch: what is at it or before stays."""
        return self.parameters.first_slot(self.finality.finalized)

    def finality_in(self, slot: int) -> Finality:
        return self.world.epoch(self.parameters.epoch_of(slot)).finality

    def block_slot_until(self, slot: int) -> int:
        """The newest slot with a block, at a slot or before; 0 is genesis."""
        while slot > 0 and self.world.block(slot) is None:
            slot -= 1
        return slot

    def has_block(self, slot: int) -> bool:
        """Whether the node has a block in a slot."""
        if slot > self.head_slot or (0 < slot < self.condition.blocks_from):
            return False
        return slot == 0 or self.world.block(slot) is not None

    def has_state(self, slot: int) -> bool:
        return slot == 0 or self.condition.pruned_before <= slot <= self.slot

    def root(self, slot: int) -> str:
        """The root of the block in a slot."""
        return self.parameters.hex("root", slot, *self._fork(slot))

    def checkpoint_root(self, epoch: int) -> str:
        return self.root(self.block_slot_until(self.parameters.first_slot(epoch)))

    def state_root(self, slot: int) -> str:
        return self.parameters.hex("state", slot, *self._fork(slot))

    def block_hash(self, slot: int) -> str:
        """The hash of the execution block in a slot."""
        return self.parameters.hex("block hash", slot, *self._fork(slot))

    def slot_of_root(self, root: str) -> int | None:
        return self._slot_of("root", root)

    def slot_of_hash(self, known: str) -> int | None:
        return self._slot_of("block hash", known)

    def slot_of_state(self, root: str) -> int | None:
        return self._names.slot("state", root, self.slot)

    def _slot_of(self, what: str, name: str) -> int | None:
        """Of a block on the fork that the node sees."""
        other = self.condition.other_fork_at
        if other and name == self.parameters.hex(what, other, *self._fork(other)):
            return other
        slot = self._names.slot(what, name, self.head_slot)
        return None if other and slot == other else slot

    def balances(self, slot: int) -> array[int]:
        """All balances in the state of a slot."""
        return _balances(self.world, slot)

    def effective(self, slot: int) -> array[int]:
        return self.world.epoch(self.parameters.epoch_of(slot)).effective

    def record(self, slot: int, index: int) -> Record | None:
        return self.world.state.registry.at(slot, index)

    @property
    def latest(self) -> BuiltBlock | None:
        """The newest block the execution node has; None for its genesis."""
        newest = self.execution.last_until(self.head_slot)
        number = newest.number - self.condition.execution_lag if newest else 0
        return self.execution.numbered(number)

    def _fork(self, slot: int) -> tuple[str, ...]:
        return ("other fork",) if slot and slot == self.condition.other_fork_at else ()


@lru_cache(maxsize=8)
def _balances(world: BeaconWorld, slot: int) -> array[int]:
    return world.balances(slot)

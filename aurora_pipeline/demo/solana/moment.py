"""What of the simulated chain exists at one setting of the clock: its head, what is published, what is forgotten."""

from __future__ import annotations

from aurora_pipeline.demo.solana.world import World


class Moment:
    """The chain as of one absolute slot."""

    def __init__(self, world: World, slot: int) -> None:
        self.world = world
        self.slot = slot
        parameters = world.parameters
        epoch = parameters.epoch_of(slot)
        index = world.chain(epoch).produced.last_until(slot - parameters.first_slot(epoch))
        if index is None:
            # The epoch's first slots were skipped: its first block is still to come.
            epoch -= 1
            index = world.chain(epoch).block_indices[-1]
        self.epoch = epoch
        """The epoch of the newest block, which is the running one for everybody who asks a node."""
        self.head_index = index
        self.head_slot = parameters.first_slot(epoch) + index

    @property
    def block_height(self) -> int:
        produced = self.world.chain(self.epoch).produced
        return self.world.height_before(self.epoch) + produced.count_until(self.head_index)

    @property
    def newest_tip_tree_epoch(self) -> int:
        """The newest epoch whose tip trees are published: they take a tenth of the following epoch."""
        parameters = self.world.parameters
        published_from = parameters.first_slot(self.epoch) + parameters.slots_per_epoch // 10
        return self.epoch - 1 if self.slot >= published_from else self.epoch - 2

    def index_limit(self, epoch: int) -> int:
        """The last slot index of an epoch that has come to pass; negative for an epoch to come."""
        return min(self.head_slot - self.world.parameters.first_slot(epoch), self.world.parameters.slots_per_epoch - 1)

"""The whole simulated chain as a function of its parameters: epochs built in order, on demand, and kept."""

from __future__ import annotations

from array import array

from aurora_pipeline.demo.errors import SimulatorMisused
from aurora_pipeline.demo.solana.cast import Cast
from aurora_pipeline.demo.solana.chain import EpochChain
from aurora_pipeline.demo.solana.economy import EpochEconomy
from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.demo.solana.purses import Purses
from aurora_pipeline.demo.solana.stake import StakeBook, make_stake_book


class World:
    """All epochs from genesis on; genesis is there for its stake and rewards, and nobody can ask for its blocks."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self.cast = Cast(parameters)
        self.book: StakeBook = make_stake_book(parameters, self.cast)
        self._economies: list[EpochEconomy] = []
        self.purses = Purses(parameters, self.cast, self._economies)
        # Heights differ from slots by what was skipped before genesis.
        self._heights = [parameters.first_slot(parameters.genesis_epoch) * 94 // 100]

    def economy(self, epoch: int) -> EpochEconomy:
        """The economy of an epoch from genesis on."""
        if epoch < self.parameters.genesis_epoch:
            raise SimulatorMisused(
                f"the simulated chain knows nothing of epoch {epoch}: it begins at {self.parameters.first_epoch}"
            )
        while len(self._economies) <= epoch - self.parameters.genesis_epoch:
            self._add_epoch()
        return self._economies[epoch - self.parameters.genesis_epoch]

    def chain(self, epoch: int) -> EpochChain:
        return self.economy(epoch).chain

    def schedule_ahead(self, epoch: int) -> EpochChain:
        """The chain of an epoch to come, for its leaders: they follow from stake at the start of the epoch before."""
        weights = self.economy(max(epoch - 1, self.parameters.genesis_epoch)).active_stake
        return EpochChain(self.parameters, self.cast, epoch, weights)

    def height_before(self, epoch: int) -> int:
        """Block height of the last block before an epoch."""
        self.economy(epoch)
        return self._heights[epoch - self.parameters.genesis_epoch]

    def _add_epoch(self) -> None:
        if not self._economies:
            epoch, stake = self.parameters.genesis_epoch, self.book.genesis_stake
            idle = array("Q", bytes(8 * len(stake)))
            weights = [sum(stake[account] for account in self.book.accounts_of(v.index)) for v in self.cast.validators]
        else:
            before = self._economies[-1]
            epoch, stake, idle = before.epoch + 1, before.stake_after(), before.idle_after_tips()
            weights = before.active_stake
        chain = EpochChain(self.parameters, self.cast, epoch, weights)
        self._economies.append(EpochEconomy(self.book, chain, stake, idle))
        self._heights.append(self._heights[-1] + len(chain.produced))

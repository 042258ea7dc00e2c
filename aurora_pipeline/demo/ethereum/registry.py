"""The validators' records in the simulated beacon state, and how each read at any slot before."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any, NamedTuple

from aurora_pipeline.demo.ethereum.parameters import FAR_FUTURE_EPOCH


class Record(NamedTuple):
    """What the state says of one validator, but for its balances."""

    pubkey: str
    withdrawal_address: str
    is_compounding: bool
    activation_eligibility_epoch: int = FAR_FUTURE_EPOCH
    activation_epoch: int = FAR_FUTURE_EPOCH
    exit_epoch: int = FAR_FUTURE_EPOCH
    withdrawable_epoch: int = FAR_FUTURE_EPOCH
    slashed: bool = False

    @property
    def credentials(self) -> str:
        """The withdrawal credentials of 32 bytes."""
        return f"0x{'02' if self.is_compounding else '01'}{'00' * 11}{self.withdrawal_address[2:]}"

    def is_active(self, epoch: int) -> bool:
        return self.activation_epoch <= epoch < self.exit_epoch

    def status(self, epoch: int, balance: int) -> str:
        """The status by the beacon API's definition."""
        if self.activation_epoch > epoch:
            is_queued = self.activation_eligibility_epoch != FAR_FUTURE_EPOCH
            return "pending_queued" if is_queued else "pending_initialized"
        if epoch < self.exit_epoch:
            if self.exit_epoch == FAR_FUTURE_EPOCH:
                return "active_ongoing"
            return "active_slashed" if self.slashed else "active_exiting"
        if epoch < self.withdrawable_epoch:
            return "exited_slashed" if self.slashed else "exited_unslashed"
        return "withdrawal_possible" if balance else "withdrawal_done"


class Registry:
    """All validators of the state, in the order in which they came."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._history: list[list[tuple[int, Record]]] = []
        self.changes = 0
        """How often any record changed, so that what follows from records need not be worked out again."""

    def add(self, slot: int, record: Record) -> int:
        """Register a validator with the state of a slot, and return its index."""
        self.records.append(record)
        self._history.append([(slot, record)])
        self.changes += 1
        return len(self.records) - 1

    def change(self, slot: int, index: int, **fields: Any) -> Record:
        """Change some of a validator's fields with the state of a slot."""
        record = self.records[index] = self.records[index]._replace(**fields)
        self._history[index].append((slot, record))
        self.changes += 1
        return record

    def at(self, slot: int, index: int) -> Record | None:
        """A validator as the state of a slot says; None before it was registered."""
        history = self._history[index]
        known = bisect_right(history, slot, key=lambda change: change[0])
        return history[known - 1][1] if known else None

    def active(self, epoch: int) -> list[int]:
        return [
            index for index, record in enumerate(self.records) if record.activation_epoch <= epoch < record.exit_epoch
        ]

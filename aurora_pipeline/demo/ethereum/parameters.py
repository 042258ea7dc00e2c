"""What a simulated Ethereum chain is made from, its slot arithmetic, and the keyed draws every part of it uses."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, fields
from random import Random
from typing import Any

from aurora_pipeline.demo.errors import SimulatorMisused

CHAIN_ID = "ethereum-demo"
NETWORK_ID = 32_382
"""What its execution node says it is, by EIP-155."""
GENESIS_TIME = 1_787_616_000
"""2026-08-25T00:00:00Z, when the demo's other chain begins, too."""
FAR_FUTURE_EPOCH = 2**64 - 1
_MAINNET_SLOTS = 32


@dataclass(frozen=True)
class EthereumParameters:
    """Everything a simulated chain follows from, apart from how far its clock went."""

    seed: int = 1
    validators: int = 24
    """Those the operator runs at genesis; they come first."""
    strangers: int = 48
    slots_per_epoch: int = 8
    seconds_per_slot: int = 12
    sync_committee_size: int = 32
    transactions: int = 4
    """How many others send to a block, about."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if type(value) is not int or value < 0:
                raise SimulatorMisused(
                    f"simulator parameter {field.name} must be a non-negative integer, got {value!r}"
                )
        if self.validators < 1 or self.validators + self.strangers < 16:
            raise SimulatorMisused(
                f"a simulated Ethereum chain needs 16 validators, one of them the operator's; "
                f"got {self.validators} and {self.strangers} strangers"
            )
        if self.slots_per_epoch < 4:
            raise SimulatorMisused(
                f"simulator parameter slots_per_epoch must be at least 4, got {self.slots_per_epoch}"
            )
        if not self.seconds_per_slot or not self.sync_committee_size or not self.transactions:
            raise SimulatorMisused(
                "simulator parameters seconds_per_slot, sync_committee_size and transactions must be positive"
            )

    @property
    def first_epoch(self) -> int:
        """The epoch of genesis."""
        return 0

    @property
    def is_minimal(self) -> bool:
        """Whether the chain is smaller than mainnet's preset, in all that is counted per slot or epoch."""
        return self.slots_per_epoch < _MAINNET_SLOTS

    @property
    def epochs_per_sync_committee_period(self) -> int:
        return 8 if self.is_minimal else 256

    @property
    def epochs_per_slashings_vector(self) -> int:
        """How long a slashed validator stays; it is correlated with others halfway."""
        return 8 if self.is_minimal else 64

    @property
    def max_withdrawals_per_payload(self) -> int:
        return 4 if self.is_minimal else 16

    @property
    def max_validators_per_withdrawals_sweep(self) -> int:
        return 16 if self.is_minimal else 16_384

    @property
    def max_pending_partials_per_withdrawals_sweep(self) -> int:
        return 2 if self.is_minimal else 8

    @property
    def withdrawability_delay(self) -> int:
        """Epochs from a validator's exit to its last withdrawal."""
        return 2

    @property
    def max_seed_lookahead(self) -> int:
        """Epochs from an activation or exit that is decided to its beginning, less one."""
        return 1

    def first_slot(self, epoch: int) -> int:
        return epoch * self.slots_per_epoch

    def last_slot(self, epoch: int) -> int:
        return (epoch + 1) * self.slots_per_epoch - 1

    def epoch_of(self, slot: int) -> int:
        return slot // self.slots_per_epoch

    def slot_time(self, slot: int) -> int:
        """Unix seconds at which a slot begins."""
        return GENESIS_TIME + slot * self.seconds_per_slot

    def digest(self, *what: object, size: int = 32) -> bytes:
        """Bytes that depend on the seed and on what they are for, and on nothing else."""
        return hashlib.shake_256("/".join(map(str, ("ethereum", self.seed, *what))).encode()).digest(size)

    def hex(self, *what: object, size: int = 32) -> str:
        """Such bytes as a node prints them; 32 of them are a root, 48 a public key, 96 a signature."""
        return "0x" + self.digest(*what, size=size).hex()

    def address(self, *what: object) -> str:
        """An account of the execution layer, in small letters."""
        return self.hex("address", *what, size=20)

    def draw(self, bound: int, *what: object) -> int:
        """One integer in [0, bound)."""
        return int.from_bytes(self.digest(*what, size=8), "big") % bound

    def random(self, *what: object) -> Random:
        """A stream of draws; callers use its integers only, because floats may differ between platforms."""
        return Random("/".join(map(str, ("ethereum", self.seed, *what))))

    def as_dict(self) -> dict[str, int]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> EthereumParameters:
        """Read what `as_dict` wrote; unknown and missing names are refused."""
        known = {field.name for field in fields(cls)}
        if set(values) != known:
            raise SimulatorMisused(f"simulator parameters must be exactly {sorted(known)}, got {sorted(values)}")
        return cls(**values)

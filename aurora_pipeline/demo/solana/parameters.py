"""What a simulated chain is made from, its slot arithmetic, and the keyed draws every part of it uses."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, fields
from random import Random
from typing import Any

from aurora_pipeline.demo.errors import SimulatorMisused

CHAIN_ID = "solana-demo"
EPOCH_SECONDS = 48 * 3600
FIRST_EPOCH_STARTED_AT = 1_787_616_000
"""2026-08-25T00:00:00Z: the first slot of `first_epoch`; two-day epochs keep every boundary at midnight UTC.

The fourth epoch begins in August and ends in September, so that what runs over a month is seen to begin anew.
"""
STANDSTILL_AFTER_EPOCHS, STANDSTILL_SECONDS = 6, 24 * 24 * 3600
"""In the middle of its seventh epoch, of 6 September, the chain stands still for 24 days: so September ends in it.

A month that nobody has to wait for: September has three epochs, as August has, and two months are over after seven.
"""
SLOTS_PER_TURN = 4
"""A Solana leader gets four slots in a row."""

_BASE58 = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_TO_LETTER = bytes(_BASE58[value % 58] for value in range(256))
# 43 letters of which the first is worth 4 or more are 2^248..2^252, and 87 letters whose first is worth 2 or more are
# 2^504..2^510: exactly 32 and 64 bytes. So keys are drawn as text, ten times cheaper than encoding bytes.
_FIRST_KEY_LETTER = bytes(_BASE58[4 + value % 54] for value in range(256))
KEY_LETTERS = 43
SIGNATURE_LETTERS = 87


@dataclass(frozen=True)
class Parameters:
    """Everything a simulated chain follows from, apart from how far its clock went."""

    seed: int = 1
    validators: int = 20
    stake_accounts: int = 2000
    first_epoch: int = 850
    slots_per_epoch: int = 240

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if type(value) is not int or value < 0:
                raise SimulatorMisused(
                    f"simulator parameter {field.name} must be a non-negative integer, got {value!r}"
                )
        if self.validators < 1:
            raise SimulatorMisused("simulator parameter validators must be at least 1")
        if self.first_epoch < 1:
            raise SimulatorMisused("simulator parameter first_epoch must be at least 1")
        if self.slots_per_epoch < 40 or self.slots_per_epoch % SLOTS_PER_TURN:
            raise SimulatorMisused(
                f"simulator parameter slots_per_epoch must be at least 40 and a multiple of {SLOTS_PER_TURN}, "
                f"got {self.slots_per_epoch}"
            )
        if self.stake_accounts < 5 * self.cluster_size:
            raise SimulatorMisused(
                f"simulator parameter stake_accounts must be at least {5 * self.cluster_size} "
                f"(five for each of {self.cluster_size} validators), got {self.stake_accounts}"
            )

    @property
    def cluster_size(self) -> int:
        """The operated validators, which come first, and the strangers on the same cluster."""
        return self.validators + max(4, self.validators // 4)

    @property
    def genesis_epoch(self) -> int:
        """The oldest epoch the economy knows; its rewards are paid in the first block a node still has."""
        return self.first_epoch - 1

    def first_slot(self, epoch: int) -> int:
        return epoch * self.slots_per_epoch

    def last_slot(self, epoch: int) -> int:
        return (epoch + 1) * self.slots_per_epoch - 1

    def epoch_of(self, slot: int) -> int:
        return slot // self.slots_per_epoch

    def slot_time(self, slot: int) -> int:
        """Unix seconds at which a slot began."""
        elapsed_slots = slot - self.first_slot(self.first_epoch)
        running = FIRST_EPOCH_STARTED_AT + elapsed_slots * EPOCH_SECONDS // self.slots_per_epoch
        stood_still = 2 * elapsed_slots >= (2 * STANDSTILL_AFTER_EPOCHS + 1) * self.slots_per_epoch
        return running + (STANDSTILL_SECONDS if stood_still else 0)

    def digest(self, *what: object, size: int = 32) -> bytes:
        """Bytes that depend on the seed and on what they are for, and on nothing else."""
        return hashlib.shake_256("/".join(map(str, (self.seed, *what))).encode()).digest(size)

    def draw(self, bound: int, *what: object) -> int:
        """One integer in [0, bound)."""
        return int.from_bytes(self.digest(*what, size=8), "big") % bound

    def random(self, *what: object) -> Random:
        """A stream of draws; callers use its integers only, because floats may differ between platforms."""
        return Random("/".join(map(str, (self.seed, *what))))

    def key(self, *what: object) -> str:
        """A public key: base58 text of 32 bytes."""
        raw = self.digest("key", *what, size=KEY_LETTERS)
        return (raw[:1].translate(_FIRST_KEY_LETTER) + raw[1:].translate(_TO_LETTER)).decode()

    def signature(self, *what: object) -> str:
        """A transaction signature: base58 text of 64 bytes."""
        raw = self.digest("signature", *what, size=SIGNATURE_LETTERS)
        return (raw[:1].translate(_FIRST_KEY_LETTER) + raw[1:].translate(_TO_LETTER)).decode()

    def as_dict(self) -> dict[str, int]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Parameters:
        """Read what `as_dict` wrote; unknown and missing names are refused."""
        known = {field.name for field in fields(cls)}
        if set(values) != known:
            raise SimulatorMisused(f"simulator parameters must be exactly {sorted(known)}, got {sorted(values)}")
        return cls(**values)

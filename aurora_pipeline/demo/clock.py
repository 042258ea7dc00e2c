"""The clock of a simulated chain: its only state, kept in a small file so that a later process goes on from there."""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path
from typing import IO, Any, Generic, Protocol, Self, TypeVar

from aurora_pipeline.demo.errors import SimulatorBusy, SimulatorMisused, SimulatorStateUnusable
from aurora_pipeline.foundation.money import BPS_WHOLE

_STATE_VERSION = 2
_EPOCHS_AT_ONCE = 1_000
_TRIES, _PAUSE_SECONDS = 30, 0.1
"""A simulator that was told to end needs a moment to let go of its state: the next one asks for so long."""


class ChainParameters(Protocol):
    """What a clock has to know of a chain, of whichever family."""

    @property
    def first_epoch(self) -> int: ...

    @property
    def slots_per_epoch(self) -> int: ...

    def first_slot(self, epoch: int) -> int: ...

    def last_slot(self, epoch: int) -> int: ...

    def epoch_of(self, slot: int) -> int: ...

    def slot_time(self, slot: int) -> int: ...

    def as_dict(self) -> dict[str, int]: ...

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self: ...


P = TypeVar("P", bound=ChainParameters)


def _lock(path: Path) -> IO[bytes]:
    """Hold the state file's lock until the process ends; a predecessor gets a moment to go."""
    file = path.with_name(path.name + ".lock").open("wb")
    for _ in range(_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except BlockingIOError:
            time.sleep(_PAUSE_SECONDS)
    file.close()
    raise SimulatorBusy(f"another process serves the simulated chain in {path}", "Use that one, or stop it first.")


def _begin_anew(path: Path) -> str:
    # Not the state alone: what was computed beside it would be another chain's.
    return f"To begin a new chain, delete {path.parent}."


class Clock(Generic[P]):
    """The absolute slot the chain has come to. It moves only forward, and one process at a time moves it."""

    def __init__(self, path: Path, lock: IO[bytes], parameters: P, slot: int) -> None:
        self._path = path
        self._lock = lock
        self.parameters = parameters
        self.slot = slot

    @classmethod
    def open(cls, path: Path, usual: P, wanted: dict[str, int]) -> Clock[P]:
        """Continue the chain kept at a path, or begin one with the wanted parameters and the usual ones for the rest.

        A wanted parameter that contradicts the file's is an error, for it would be another chain.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = _lock(path)
        if not path.exists():
            parameters = usual.from_dict({**usual.as_dict(), **wanted})
            clock = cls(path, lock, parameters, parameters.first_slot(parameters.first_epoch))
            clock._write()
            return clock
        try:
            state = json.loads(path.read_text(encoding="utf-8"))
            parameters, slot = usual.from_dict(state["parameters"]), state["slot"]
            is_known = state["version"] == _STATE_VERSION and type(slot) is int
        except (ValueError, KeyError, TypeError) as error:
            raise SimulatorStateUnusable(f"{path} is no simulator state: {error}", _begin_anew(path)) from error
        if not is_known or slot < parameters.first_slot(parameters.first_epoch):
            raise SimulatorStateUnusable(f"{path} is no simulator state of version {_STATE_VERSION}", _begin_anew(path))
        kept = parameters.as_dict()
        differences = [
            f"{name} is {kept[name]} there and {value} here" for name, value in wanted.items() if kept[name] != value
        ]
        if differences:
            raise SimulatorStateUnusable(
                f"{path} holds another simulated chain: {'; '.join(differences)}",
                f"Leave these options out to continue it. {_begin_anew(path)}",
            )
        return cls(path, lock, parameters, slot)

    def advance(self, slot: int) -> None:
        """Move to a slot; going back is refused, because what was forgotten stays forgotten."""
        if slot < self.slot:
            raise SimulatorMisused(f"the clock is at slot {self.slot} and cannot go back to {slot}")
        if slot > self.slot + _EPOCHS_AT_ONCE * self.parameters.slots_per_epoch:
            raise SimulatorMisused(
                f"the clock moves at most {_EPOCHS_AT_ONCE} epochs at once, from {self.slot} not to {slot}"
            )
        self.slot = slot
        self._write()

    def slot_at(self, epoch: int, fraction_bps: int) -> int:
        """The slot at which some part of an epoch has passed; 10000 is its last slot."""
        if not 0 <= fraction_bps <= BPS_WHOLE:
            raise SimulatorMisused(f"fraction_bps must lie in 0..{BPS_WHOLE}, got {fraction_bps}")
        passed = self.parameters.slots_per_epoch * fraction_bps // BPS_WHOLE
        return min(self.parameters.first_slot(epoch) + passed, self.parameters.last_slot(epoch))

    def as_dict(self) -> dict[str, Any]:
        """Where the chain is, in all the ways to say it, and which chain it is."""
        parameters, slot = self.parameters, self.slot
        return {
            "slot": slot,
            "epoch": parameters.epoch_of(slot),
            "slot_index": slot % parameters.slots_per_epoch,
            "unix_time": parameters.slot_time(slot),
            "parameters": parameters.as_dict(),
        }

    def move(self, order: Any) -> None:
        """Move as a control request says: to a slot, or to where some part of an epoch has passed."""
        names = set(order) if isinstance(order, dict) else set()
        if names == {"slot"} and type(order["slot"]) is int:
            self.advance(order["slot"])
        elif names in ({"epoch"}, {"epoch", "fraction_bps"}) and all(type(value) is int for value in order.values()):
            self.advance(self.slot_at(order["epoch"], order.get("fraction_bps", 0)))
        else:
            raise SimulatorMisused('advance takes {"slot": S} or {"epoch": N, "fraction_bps": 0..10000}, all integers')

    def _write(self) -> None:
        state = {"version": _STATE_VERSION, "parameters": self.parameters.as_dict(), "slot": self.slot}
        draft = self._path.with_name(self._path.name + ".new")
        with draft.open("w", encoding="utf-8") as file:
            json.dump(state, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)

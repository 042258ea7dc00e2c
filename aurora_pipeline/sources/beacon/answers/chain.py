"""Reading what a node says of its chain: genesis, specification, how far it has come, and what is final."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from aurora_pipeline.asking.reading import Node, reader
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.beacon.answers.envelope import data
from aurora_pipeline.sources.hex_values import hash_of
from aurora_pipeline.store.payloads.answers import Answer

_SLOT_MS_MAX: Final = 3_600_000
_SLOTS_MAX: Final = 100_000


@dataclass(frozen=True)
class Genesis:
    """When the chain began, and which chain it is."""

    time: datetime
    validators_root: str
    fork_version: str

    @property
    def network(self) -> str:
        """What no two networks share."""
        return f"genesis validators {self.validators_root}, fork version {self.fork_version}"


@dataclass(frozen=True)
class Spec:
    """What differs from network to network: the length of slots and epochs, and constants of rewards."""

    slots_per_epoch: int
    slot: timedelta
    epochs_per_sync_committee: int | None
    constants: dict[str, int]
    """Every whole number of the specification, by name."""

    def epoch_of(self, slot: int) -> EpochNumber:
        """The epoch that a slot lies in."""
        return EpochNumber(slot // self.slots_per_epoch)

    def first_slot(self, epoch: EpochNumber) -> int:
        """An epoch's first slot."""
        return epoch * self.slots_per_epoch


@dataclass(frozen=True)
class Syncing:
    """How far the node itself has come."""

    head_slot: int
    distance: int
    problem: str | None
    """Why its answers cannot be relied on now."""


@dataclass(frozen=True)
class Checkpoint:
    """The newest epoch whose start is final."""

    epoch: EpochNumber
    root: str


@reader
def read_genesis(answer: Answer, provider: str) -> Genesis:
    """/eth/v1/beacon/genesis."""
    told = data(answer, provider)
    seconds = told["genesis_time"].whole_text(2**40)
    return Genesis(
        datetime.fromtimestamp(seconds, UTC),
        hash_of(told["genesis_validators_root"]),
        told["genesis_fork_version"].text().lower(),
    )


@reader
def read_spec(answer: Answer, provider: str) -> Spec:
    """/eth/v1/config/spec; its values are texts, but not all of them: some are lists."""
    told = data(answer, provider)
    per_epoch = _within(told["SLOTS_PER_EPOCH"], _SLOTS_MAX)
    milliseconds = told.get("SLOT_DURATION_MS")
    if milliseconds is not None:
        slot = timedelta(milliseconds=_within(milliseconds, _SLOT_MS_MAX))
    else:
        slot = timedelta(seconds=_within(told["SECONDS_PER_SLOT"], _SLOT_MS_MAX // 1000))
    sync = told.get("EPOCHS_PER_SYNC_COMMITTEE_PERIOD")
    return Spec(per_epoch, slot, None if sync is None else _within(sync, _SLOTS_MAX), _whole_numbers(told))


def _within(node: Node, most: int) -> int:
    number = node.whole_text(most)
    if number == 0:
        node.refuse("it is 0")
    return number


def _whole_numbers(told: Node) -> dict[str, int]:
    texts = {name: node.value for name, node in told.entries() if isinstance(node.value, str)}
    return {name: int(text) for name, text in texts.items() if text.isascii() and text.isdigit() and len(text) <= 20}


@reader
def read_syncing(answer: Answer, provider: str) -> Syncing:
    """/eth/v1/node/syncing."""
    told = data(answer, provider)
    distance = told["sync_distance"].whole_text()
    optimistic, el_offline = told.get("is_optimistic"), told.get("el_offline")
    problem = None
    if told["is_syncing"].flag():
        problem = f"it is syncing, {distance} slots behind the chain"
    elif optimistic is not None and optimistic.flag():
        problem = "its execution client lags behind it (is_optimistic)"
    elif el_offline is not None and el_offline.flag():
        problem = "its execution client is offline (el_offline)"
    return Syncing(told["head_slot"].whole_text(), distance, problem)


@reader
def read_finalized(answer: Answer, provider: str) -> Checkpoint:
    """/eth/v1/beacon/states/head/finality_checkpoints."""
    told = data(answer, provider)["finalized"]
    return Checkpoint(EpochNumber(told["epoch"].whole_text()), hash_of(told["root"]))

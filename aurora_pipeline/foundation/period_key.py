"""The one key of whatever is computed together: of a period, `chain:0000850`, or of a month, `chain:2026-03`.

No text is a key of both grains. Time order is that of numbers; that of texts is the same as long as keys are equally
long, which those of epochs are.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aurora_pipeline.foundation.errors import PeriodNotUnderstood
from aurora_pipeline.foundation.units import EpochNumber

EPOCH_MAX = 10**12 - 1
"""No chain's time comes to that in slots; epochs are far from seven digits."""
DIGITS_MIN = 7
"""Keys have so many digits at least. Windows of slots, named by their first slot, come to more of them."""
_CHAIN = "[a-z0-9][a-z0-9-]*"
_PERIOD = re.compile(rf"({_CHAIN}):([0-9]{{7}}|[1-9][0-9]{{7,11}})\Z")
_MONTH = re.compile(rf"({_CHAIN}):([0-9]{{4}}-(?:0[1-9]|1[0-2]))\Z")


class PartitionKey(ABC):
    """What a snapshot is of: one chain, and a stretch of its time. A `PeriodKey` or a `MonthKey`."""

    chain_id: str

    @property
    @abstractmethod
    def period(self) -> str:
        """The stretch of time as text: what follows the chain in the key."""

    @property
    @abstractmethod
    def digested(self) -> int | str:
        """The stretch of time as digests encode it."""

    @property
    @abstractmethod
    def columns(self) -> dict[str, int | str]:
        """The columns, and their values, by which a layer's rows say that they belong to it."""

    def __str__(self) -> str:
        return f"{self.chain_id}:{self.period}"


@dataclass(frozen=True, order=True)
class PeriodKey(PartitionKey):
    """A period of one chain, as partitions and people name it."""

    chain_id: str
    epoch: EpochNumber

    __str__ = PartitionKey.__str__

    @property
    def period(self) -> str:
        """The epoch in seven digits, or in as many as it has."""
        return f"{self.epoch:0{DIGITS_MIN}d}"

    @property
    def digested(self) -> int | str:
        """The epoch's number."""
        return self.epoch

    @property
    def columns(self) -> dict[str, int | str]:
        """Chain and epoch."""
        return {"chain_id": self.chain_id, "epoch": self.epoch}

    @classmethod
    def parse(cls, text: str) -> PeriodKey:
        """Read a key as printed; anything else is refused with an example."""
        match = _PERIOD.match(text)
        if match is None:
            raise PeriodNotUnderstood(f"{text!r} is no period key", "write it like solana-mainnet:0000850")
        return cls(match.group(1), EpochNumber(int(match.group(2))))


@dataclass(frozen=True, order=True)
class MonthKey(PartitionKey):
    """A calendar month (UTC) of one chain, as partitions and people name it."""

    chain_id: str
    month: str
    """Like 2026-03."""

    __str__ = PartitionKey.__str__

    @property
    def period(self) -> str:
        """The month."""
        return self.month

    @property
    def digested(self) -> int | str:
        """The month as text."""
        return self.month

    @property
    def columns(self) -> dict[str, int | str]:
        """Chain and month."""
        return {"chain_id": self.chain_id, "month": self.month}

    @property
    def started_at(self) -> datetime:
        """Its first instant."""
        return datetime(int(self.month[:4]), int(self.month[5:]), 1, tzinfo=UTC)

    @property
    def ended_at(self) -> datetime:
        """The first instant after it."""
        return (self.started_at + timedelta(days=32)).replace(day=1)

    @property
    def next(self) -> MonthKey:
        """The month after it."""
        return self.of(self.chain_id, self.ended_at)

    @classmethod
    def of(cls, chain_id: str, instant: datetime) -> MonthKey:
        """The month of an instant."""
        return cls(chain_id, month_of(instant))

    @classmethod
    def parse(cls, text: str) -> MonthKey:
        """Read a key as printed; anything else is refused with an example."""
        match = _MONTH.match(text)
        if match is None:
            raise PeriodNotUnderstood(f"{text!r} is no month's key", "write it like solana-mainnet:2026-03")
        return cls(match.group(1), match.group(2))


def parse_key(text: str) -> PartitionKey:
    """Read a key of either grain as printed."""
    if _MONTH.match(text):
        return MonthKey.parse(text)
    return PeriodKey.parse(text)


def month_of(instant: datetime) -> str:
    """The calendar month (UTC) of an instant, like 2026-03."""
    return instant.astimezone(UTC).strftime("%Y-%m")

"""Epochs and chains as a command line names them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final

import typer

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.errors import PeriodNotUnderstood, RangeBackwards
from aurora_pipeline.foundation.period_key import MonthKey, PartitionKey, PeriodKey
from aurora_pipeline.foundation.units import EpochNumber, EpochRange
from aurora_pipeline.periods.errors import TooManyPeriods

PERIODS_MAX: Final = 10_000
"""So many periods one command works on at most."""
_EPOCHS: Final = re.compile(r"([0-9]{1,15})(?:\.\.([0-9]{1,15}))?\Z")
_MONTH: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])\Z")

ChainArgument = Annotated[str, typer.Argument(help="A chain of chains.yaml.", show_default=False)]
EpochsArgument = Annotated[str, typer.Argument(help="One epoch, or FROM..TO.", show_default=False)]


def parse_span(text: str) -> Span:
    """One epoch or a range FROM..TO, as it was written."""
    match = _EPOCHS.match(text)
    if match is None:
        raise PeriodNotUnderstood(f"{text!r} names no epochs", "write 850 or 850..855")
    first = EpochNumber(int(match.group(1)))
    last = first if match.group(2) is None else EpochNumber(int(match.group(2)))
    return Span.of(first, last, "{}..{}")


def parse_keys(chain: Chain, text: str) -> list[PartitionKey]:
    """One epoch, a range FROM..TO, or a month like 2026-08, of a chain."""
    if _MONTH.match(text):
        return [MonthKey(chain.chain_id, text)]
    return [PeriodKey(chain.chain_id, epoch) for epoch in parse_span(text).periods_of(chain)]


def parse_month(chain_id: str, text: str) -> MonthKey:
    """A month of a chain; anything else is refused with an example."""
    if not _MONTH.match(text):
        raise PeriodNotUnderstood(f"{text!r} is no month", "write it like 2026-08")
    return MonthKey(chain_id, text)


@dataclass(frozen=True)
class Span:
    """Epochs from one to another, both included, as a person wrote them."""

    first: EpochNumber
    last: EpochNumber
    written: str

    @classmethod
    def of(cls, first: EpochNumber, last: EpochNumber, named: str) -> Span:
        """Refused where it runs backwards. `named` is how it was written, with places for the first and the last."""
        if last < first:
            raise RangeBackwards(f"{named.format(first, last)} runs backwards", f"write {named.format(last, first)}")
        return cls(first, last, named.format(first, last))

    def periods_of(self, chain: Chain) -> EpochRange:
        """The periods of a chain that these lie in, by their numbers; refused where they are too many for one go."""
        step, start = chain.period_step, chain.first_period
        first, last = (max(0, start + (number - start) // step * step) for number in (self.first, self.last))
        found = EpochRange(EpochNumber(first), EpochNumber(last + 1), step)
        if len(found) > PERIODS_MAX:
            raise TooManyPeriods(
                f"{self.written} names {len(found)} periods of {chain.chain_id}", f"do at most {PERIODS_MAX} at a time"
            )
        return found

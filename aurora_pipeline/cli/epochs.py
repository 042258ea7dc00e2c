"""Epochs and chains as a command line names them."""

from __future__ import annotations

import re
from typing import Annotated, Final

import typer

from aurora_pipeline.foundation.errors import PeriodNotUnderstood, RangeBackwards
from aurora_pipeline.foundation.period_key import MonthKey, PartitionKey, PeriodKey
from aurora_pipeline.foundation.units import EpochNumber, EpochRange
from aurora_pipeline.periods.errors import TooManyPeriods

EPOCHS_MAX: Final = 10_000
"""So many epochs one command works on at most."""
_EPOCHS: Final = re.compile(r"([0-9]{1,15})(?:\.\.([0-9]{1,15}))?\Z")
_MONTH: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])\Z")

ChainArgument = Annotated[str, typer.Argument(help="A chain of chains.yaml.", show_default=False)]
EpochsArgument = Annotated[str, typer.Argument(help="One epoch, or FROM..TO.", show_default=False)]


def parse_epochs(text: str) -> list[EpochNumber]:
    """One epoch or a range FROM..TO, both included."""
    match = _EPOCHS.match(text)
    if match is None:
        raise PeriodNotUnderstood(f"{text!r} names no epochs", "write 850 or 850..855")
    first = EpochNumber(int(match.group(1)))
    last = first if match.group(2) is None else EpochNumber(int(match.group(2)))
    return list(epoch_range(first, last, "{}..{}"))


def parse_keys(chain_id: str, text: str) -> list[PartitionKey]:
    """One epoch, a range FROM..TO, or a month like 2026-08, of a chain."""
    if _MONTH.match(text):
        return [MonthKey(chain_id, text)]
    return [PeriodKey(chain_id, epoch) for epoch in parse_epochs(text)]


def parse_month(chain_id: str, text: str) -> MonthKey:
    """A month of a chain; anything else is refused with an example."""
    if not _MONTH.match(text):
        raise PeriodNotUnderstood(f"{text!r} is no month", "write it like 2026-08")
    return MonthKey(chain_id, text)


def epoch_range(first: EpochNumber, last: EpochNumber, named: str) -> EpochRange:
    """The epochs from one to another, both included; refused where they run backwards or are too many for one go.

    `named` is how the person wrote them, with places for the first and the last.
    """
    if last < first:
        raise RangeBackwards(f"{named.format(first, last)} runs backwards", f"write {named.format(last, first)}")
    if last - first >= EPOCHS_MAX:
        raise TooManyPeriods(
            f"{named.format(first, last)} names {last - first + 1} epochs", f"do at most {EPOCHS_MAX} at a time"
        )
    return EpochRange(first, last + 1)

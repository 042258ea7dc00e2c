"""Reading what waits in a state: deposits that are not credited yet, and balances that are going to move."""

from __future__ import annotations

from dataclasses import dataclass

from aurora_pipeline.asking.reading import reader
from aurora_pipeline.foundation.units import Gwei
from aurora_pipeline.sources.beacon.answers.envelope import data, gwei
from aurora_pipeline.sources.hex_values import public_key_of
from aurora_pipeline.store.payloads.answers import Answer


@dataclass(frozen=True, slots=True)
class WaitingDeposit:
    """Money that is the validator's already and not in its balance."""

    pubkey: str
    amount: Gwei
    slot: int
    """Of the block that brought it; 0 where it was taken out of the balance when the validator began to compound."""


@dataclass(frozen=True, slots=True)
class WaitingConsolidation:
    """A validator whose balance is going to be moved to another."""

    source_index: int
    target_index: int


@reader
def read_pending_deposits(answer: Answer, provider: str) -> tuple[WaitingDeposit, ...]:
    """/eth/v1/beacon/states/{slot}/pending_deposits: all of them."""
    return tuple(
        WaitingDeposit(public_key_of(row["pubkey"]), gwei(row["amount"]), row["slot"].whole_text())
        for row in data(answer, provider).items()
    )


@reader
def read_pending_consolidations(answer: Answer, provider: str) -> tuple[WaitingConsolidation, ...]:
    """/eth/v1/beacon/states/{slot}/pending_consolidations: all of them."""
    return tuple(
        WaitingConsolidation(row["source_index"].whole_text(), row["target_index"].whole_text())
        for row in data(answer, provider).items()
    )

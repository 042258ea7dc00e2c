"""What sources tell of single blocks: who proposed them, what they paid, and what relays claim of them.

Where a family's blocks each pay one proposer, figures of fees and tips are made from these, block by block.
"""

from __future__ import annotations

from dataclasses import dataclass

from aurora_pipeline.foundation.units import Wei


@dataclass(frozen=True)
class Payload:
    """The execution block inside a beacon block, as the beacon chain has it."""

    number: int
    block_hash: str
    fee_recipient: str
    base_fee: Wei
    gas_used: int


@dataclass(frozen=True)
class ProposedSlot:
    """A slot that a validator had to propose a block in."""

    slot: int
    payload: Payload | None
    """None: it proposed none, and the slot is empty."""


@dataclass(frozen=True)
class Transfer:
    """Coins that a transaction of a block moved; only those that moved by its own value, not inside contracts."""

    transaction_hash: str
    sender: str
    recipient: str
    value: Wei
    tips: bool
    """Whether it paid the block a tip as well."""
    last: bool
    """Whether it is the block's last transaction."""


@dataclass(frozen=True)
class ExecutedBlock:
    """A block as the execution chain has it, with what it paid."""

    number: int
    block_hash: str
    fee_recipient: str
    base_fee: Wei
    gas_used: int
    tips: Wei
    """What its transactions paid above the base fee, failed ones too; they go to the fee recipient."""
    burned: Wei
    transfers: tuple[Transfer, ...]


@dataclass(frozen=True)
class Delivered:
    """A block that a relay says it delivered."""

    relay: str
    slot: int
    block_hash: str
    builder_key: str
    proposer_key: str
    proposer_recipient: str
    """The address that the proposer had registered for its payment."""
    claim: Wei
    """What the relay says was paid: a claim, never a figure."""

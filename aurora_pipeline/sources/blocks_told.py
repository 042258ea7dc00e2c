"""What sources tell of single blocks: what they paid, and what relays claim of them.

Where a family's blocks each pay one proposer, figures of fees and tips are made from these, block by block.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aurora_pipeline.asking.proposals import Payload
from aurora_pipeline.foundation.units import Wei
from aurora_pipeline.sources.told import Missing


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


@dataclass(frozen=True)
class BlocksTold:
    """The blocks of a validator by number, as far as they are told; of the others why not."""

    blocks: Mapping[int, ExecutedBlock | Missing]


@dataclass(frozen=True)
class DeliveredTold:
    """All that one relay delivered in a period, or why that is not known."""

    relay: str
    rows: Sequence[Delivered] | Missing
    slots: frozenset[int] | None = None
    """The slots that it was asked about one by one; None: all of the period."""

    def silence(self, slot: int) -> str | None:
        """Why it says nothing of a slot, in a sentence that names it; None where it was heard."""
        if isinstance(self.rows, Missing):
            return f"{self.relay}: {self.rows.reason}"
        if self.slots is None or slot in self.slots:
            return None
        return f"{self.relay}: it is asked slot by slot, and was not asked about this one (--refetch asks)"


def disagreement(payload: Payload, block: ExecutedBlock) -> str | None:
    """How the execution chain's block differs from the one the beacon chain has; None where it is the same."""
    for what, here, there in (
        ("number", payload.number, block.number),
        ("hash", payload.block_hash, block.block_hash),
        ("fee recipient", payload.fee_recipient, block.fee_recipient),
        ("base fee", payload.base_fee, block.base_fee),
        ("gas used", payload.gas_used, block.gas_used),
    ):
        if here != there:
            return f"block {payload.number} has the {what} {here} on the beacon chain and {there} on the execution node"
    return None

"""The slots that validators had to propose blocks in, as a fetch about those blocks needs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aurora_pipeline.foundation.units import Wei

NO_SUCH_VALIDATOR: Final = (
    "the chain has no such validator: its key is of another network, or it was registered (valid_from) before its"
    " deposit was credited"
)


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
    """None where the slot is empty, or its block has none."""
    has_block: bool = False
    """Of a slot without a payload: whether it is not empty. Blocks had none before the merge; some fork may end it."""

    @property
    def is_missed(self) -> bool:
        """Whether nothing was proposed."""
        return self.payload is None and not self.has_block


@dataclass(frozen=True)
class Proposals:
    """Every slot that validators had to propose in; a validator that is not named is not known of."""

    slots: Mapping[str, tuple[ProposedSlot, ...]] = field(default_factory=dict)
    tells_missed: bool = False
    """Whether those without a block are among them: nodes forget soon who had to propose."""
    absent: frozenset[str] = frozenset()
    """Validators that the chain was asked about and does not have."""

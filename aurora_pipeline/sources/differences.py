"""A figure of which a second provider says something else, with all that may explain it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aurora_pipeline.config.vocabulary import DataType

STAKE_OF_NEXT_EPOCH: Final = "STAKE_OF_NEXT_EPOCH"
"""The other provider looked after the epoch's end: activating stake counts there, deactivating no longer does."""


@dataclass(frozen=True)
class FoundDifference:
    """A difference with what is around it: both rows' amounts, and the validator's or account's stake."""

    role: DataType
    figure: str
    subject: str
    stated: int
    other: int
    row: Mapping[str, int | None]
    """The amounts of the row that counts."""
    other_row: Mapping[str, int | None]
    """The amounts of the other provider's row."""
    stake_next: int | None = None
    """The subject's active stake of the following epoch: active + activating - deactivating."""

    @property
    def is_stake_of_next_epoch(self) -> bool:
        """Whether the other provider has exactly the stake of the following epoch."""
        return self.figure == "active_stake" and self.stake_next is not None and self.other == self.stake_next

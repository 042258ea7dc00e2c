"""The one key of a period: `chain:epoch`, zero-padded so that text order is time order."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aurora_pipeline.foundation.errors import AuroraError

EPOCH_MAX = 9_999_999
"""Seven digits, so that text order is time order; the oldest chains are not at a tenth of it."""
_KEY = re.compile(r"([a-z0-9][a-z0-9-]*):([0-9]{7})\Z")


@dataclass(frozen=True, order=True)
class PeriodKey:
    """A period of one chain, as partitions and people name it."""

    chain_id: str
    epoch: int

    def __str__(self) -> str:
        return f"{self.chain_id}:{self.epoch:07d}"

    @classmethod
    def parse(cls, text: str) -> PeriodKey:
        """Read a key as printed; anything else is refused with an example."""
        match = _KEY.match(text)
        if match is None:
            raise AuroraError(f"{text!r} is no period key", "write it like solana-mainnet:0000850")
        return cls(match.group(1), int(match.group(2)))

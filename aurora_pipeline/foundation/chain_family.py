"""Which families of chains there are."""

from __future__ import annotations

from enum import StrEnum


class Family(StrEnum):
    """Which protocol a chain speaks; it decides how periods, payloads and base units are read."""

    SOLANA = "solana"
    ETHEREUM = "ethereum"

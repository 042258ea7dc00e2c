"""Reading validators as a state has them: balance, effective balance, credentials, and when they came and go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from aurora_pipeline.asking.reading import Node, reader
from aurora_pipeline.foundation.units import EpochNumber, Gwei
from aurora_pipeline.sources.beacon.answers.envelope import FAR_FUTURE, data, gwei
from aurora_pipeline.sources.hex_values import hash_of, public_key_of
from aurora_pipeline.store.payloads.answers import Answer

COMPOUNDING: Final = "0x02"
_TO_ADDRESS: Final = ("0x01", COMPOUNDING)
"""Credentials that name an address of the execution layer; older ones name a key."""
_ADDRESS_DIGITS: Final = 40


@dataclass(frozen=True, slots=True)
class ValidatorState:
    """A validator in one state of the chain: after the block of its slot."""

    index: int
    pubkey: str
    balance: Gwei
    effective_balance: Gwei
    status: str
    credentials: str
    slashed: bool
    activation_epoch: int
    exit_epoch: int
    withdrawable_epoch: int

    @property
    def address(self) -> str | None:
        """Where its withdrawals go, in small letters; None while its credentials name a key."""
        return f"0x{self.credentials[-_ADDRESS_DIGITS:]}" if self.credentials.startswith(_TO_ADDRESS) else None

    @property
    def compounds(self) -> bool:
        """Whether what it earns stays and counts."""
        return self.credentials.startswith(COMPOUNDING)

    def is_active_in(self, epoch: EpochNumber) -> bool:
        """Whether it had duties in an epoch."""
        return self.activation_epoch <= epoch < self.exit_epoch


@reader
def read_validators(answer: Answer, provider: str) -> dict[str, ValidatorState]:
    """/eth/v1/beacon/states/{slot}/validators, by public key; ids that the state does not know are left out of it."""
    told = data(answer, provider, "the state is")
    found: dict[str, ValidatorState] = {}
    for row in told.items():
        one = _validator(row)
        if one.pubkey in found:
            row.refuse(f"validator {one.index} is listed twice")
        found[one.pubkey] = one
    return found


def _validator(row: Node) -> ValidatorState:
    validator = row["validator"]
    return ValidatorState(
        index=row["index"].whole_text(),
        pubkey=public_key_of(validator["pubkey"]),
        balance=gwei(row["balance"]),
        effective_balance=gwei(validator["effective_balance"]),
        status=row["status"].text(),
        credentials=hash_of(validator["withdrawal_credentials"]),
        slashed=validator["slashed"].flag(),
        activation_epoch=validator["activation_epoch"].whole_text(FAR_FUTURE),
        exit_epoch=validator["exit_epoch"].whole_text(FAR_FUTURE),
        withdrawable_epoch=validator["withdrawable_epoch"].whole_text(FAR_FUTURE),
    )


def merged(pages: Iterable[dict[str, ValidatorState]]) -> dict[str, ValidatorState]:
    """Validators of several answers about one state."""
    return {key: one for page in pages for key, one in page.items()}

"""Chains of Ethereum's protocol: wei, public keys of validators, addresses with a checksum, windows of epochs."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from aurora_pipeline.config.families.traits import FamilyTraits
from aurora_pipeline.config.vocabulary import DataType, PeriodType
from aurora_pipeline.foundation.addresses import checksummed

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}\Z")
_PUBLIC_KEY: Final = re.compile(r"0x[0-9a-fA-F]{96}\Z")


def check_address(text: str) -> str:
    """Return an address with its EIP-55 checksum, else raise ValueError saying what is wrong with it.

    An address all in one case carries no checksum and is accepted; in mixed case it must be the right one.
    """
    if _ADDRESS.match(text) is None:
        raise ValueError(f"{text!r} is no Ethereum address: it is not 0x and 40 hexadecimal digits")
    digits = text[2:]
    checked = checksummed(digits)
    if digits not in (digits.lower(), digits.upper(), checked[2:]):
        raise ValueError(f"{text!r} has a wrong checksum (EIP-55): a letter is mistyped, or it should read {checked!r}")
    return checked


def check_public_key(text: str) -> str:
    """Return a validator's public key in small letters, else raise ValueError saying what is wrong with it."""
    if _PUBLIC_KEY.match(text) is None:
        raise ValueError(f"{text!r} is no public key of an Ethereum validator: it is not 0x and 96 hexadecimal digits")
    return text.lower()


ETHEREUM: Final = FamilyTraits(
    title="Ethereum",
    base_unit="wei",
    units=MappingProxyType({"wei": 0, "gwei": 9, "ETH": 18}),
    period_types=frozenset(PeriodType),
    why_period_types="an Ethereum period is a window of epochs, blocks or slots",
    spans_epochs=True,
    period_epochs=225,
    validator_key_is="public key",
    numbers_validators=True,
    check_validator_key=check_public_key,
    check_address=check_address,
    address_pattern="^0x[0-9a-fA-F]{40}$",
    options=frozenset(),
    shares_tips=False,
    own_balances=True,
    forgets_states=False,
    leaders_told_with=DataType.REWARDS,
    always_costs=frozenset(),
    income_by_block=True,
)

"""Ids that stay: UUIDv5 over a business key, so that computing again gives the same ids and the same bytes."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.digests import Value, encode_value

NAMESPACE: Final = uuid.UUID("6f8f6bd8-4d09-5d5e-9a3c-1d9b7f2c0a54")
"""The namespace of every id Aurora derives. Changing it changes every id ever published."""

# The two highest bits of the ninth byte are the variant of RFC 4122.
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def business_id(kind: str, *key: Value) -> str:
    """UUIDv5 in Aurora's namespace over a kind and a key, each field encoded as digests encode it."""
    return _uuid5(NAMESPACE.bytes + _encoded(kind, *key))


def line_id(
    agreement_id: str,
    rule_key: str,
    validator_key: str,
    wallet_address: str,
    chain_id: str,
    epoch: EpochNumber,
    kind: str,
) -> str:
    """The id of a commission line; it does not depend on the version of the terms."""
    return business_id("line", agreement_id, rule_key, validator_key, wallet_address, chain_id, epoch, kind)


def line_ids(
    agreement_id: str,
    rule_key: str,
    validator_key: str,
    wallet_addresses: Sequence[str],
    chain_id: str,
    epoch: EpochNumber,
    kind: str,
) -> list[str]:
    """`line_id` of many wallets."""
    before = NAMESPACE.bytes + _encoded("line", agreement_id, rule_key, validator_key)
    after = _encoded(chain_id, epoch, kind)
    return [_uuid5(before + _field(wallet) + after) for wallet in wallet_addresses]


def part_id(chain_id: str, epoch: EpochNumber, validator_key: str, component: str, party: str) -> str:
    """The id of a part of a component that goes to no line."""
    return business_id("part", chain_id, epoch, validator_key, component, party)


def statement_id(partner_id: str, chain_id: str, epoch: EpochNumber) -> str:
    """The id of a partner's statement for one epoch."""
    return business_id("statement", partner_id, chain_id, epoch, "EPOCH")


def monthly_statement_id(partner_id: str, chain_id: str, month: str) -> str:
    """The id of a partner's statement for one calendar month."""
    return business_id("statement", partner_id, chain_id, month, "MONTH")


def top_up_id(agreement_id: str, rule_key: str, chain_id: str, month: str) -> str:
    """The id of what a floor per MONTH adds to a month; that of the line it is."""
    return business_id("line", agreement_id, rule_key, "", "", chain_id, month, "FLOOR_TOP_UP")


def adjustment_ids(line_ids: Sequence[str], numbers: Sequence[int]) -> list[str]:
    """The ids of adjustments: of the line they adjust, and the how manyth entry about it each is."""
    before = NAMESPACE.bytes + _encoded("adjustment")
    # Each line is named once, so that to remember how it is encoded would only cost.
    return [_uuid5(before + encode_value(of) + _field(number)) for of, number in zip(line_ids, numbers, strict=True)]


def _encoded(*values: Value) -> bytes:
    return b"".join([_field(value) for value in values])


# The same few thousand keys stand in millions of names. Typed, because 1 and True are equal and encoded differently.
_field = lru_cache(maxsize=50_000, typed=True)(encode_value)


def _uuid5(namespace_and_name: bytes) -> str:
    """RFC 4122, 4.3, without the objects of `uuid`, which take longer than the hash."""
    digits = hashlib.sha1(namespace_and_name, usedforsecurity=False).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:32]}"

"""Values that Ethereum's APIs write in hexadecimal: hashes, addresses and quantities, each in one spelling."""

from __future__ import annotations

import re
from typing import Final

from aurora_pipeline.asking.reading import U64_MAX, Node

U256_MAX: Final = 2**256 - 1
_QUANTITY: Final = re.compile(r"0x(?:0|[1-9a-fA-F][0-9a-fA-F]{0,63})\Z")
_HASH: Final = re.compile(r"0x[0-9a-fA-F]{64}\Z")
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}\Z")
_PUBLIC_KEY: Final = re.compile(r"0x[0-9a-fA-F]{96}\Z")


def quantity(node: Node, maximum: int = U64_MAX) -> int:
    """A number of JSON-RPC: 0x and hexadecimal digits, none of them a leading zero."""
    number = int(_matching(node, _QUANTITY, "a quantity (0x and hexadecimal digits without leading zeros)"), 16)
    if number > maximum:
        node.refuse(f"expected a quantity up to {maximum}, got {number}")
    return number


def hash_of(node: Node) -> str:
    """A hash of 32 bytes, in small letters."""
    return _matching(node, _HASH, "a hash (0x and 64 hexadecimal digits)")


def address_of(node: Node) -> str:
    """An address in small letters: clients write capitals or not, and some the checksum."""
    return _matching(node, _ADDRESS, "an address (0x and 40 hexadecimal digits)")


def public_key_of(node: Node) -> str:
    """A public key of BLS in small letters."""
    return _matching(node, _PUBLIC_KEY, "a public key (0x and 96 hexadecimal digits)")


def _matching(node: Node, shape: re.Pattern[str], what: str) -> str:
    value = node.value
    if not isinstance(value, str) or shape.match(value) is None:
        node.refuse(f"expected {what}, got {_shown(value)}")
    return value.lower()


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    return "null" if value is None else repr(value)[:80]

"""Addresses of the chain families: parsing and checking, so that a typo never becomes a partner or a validator."""

from __future__ import annotations

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_VALUE = {letter: value for value, letter in enumerate(_BASE58)}
SOLANA_KEY_BYTES = 32


def base58_encode(raw: bytes) -> str:
    """Base58 text of some bytes (Bitcoin alphabet, as Solana uses it)."""
    number = int.from_bytes(raw, "big")
    letters = []
    while number:
        number, digit = divmod(number, 58)
        letters.append(_BASE58[digit])
    zeros = len(raw) - len(raw.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(letters))


def base58_decode(text: str) -> bytes:
    """Bytes of some base58 text; raises ValueError naming the letter that is none of the alphabet."""
    number = 0
    for letter in text:
        if letter not in _BASE58_VALUE:
            raise ValueError(f"{letter!r} is not a base58 letter")
        number = number * 58 + _BASE58_VALUE[letter]
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def check_solana_key(text: str) -> str:
    """Return `text` if it is base58 of 32 bytes, else raise ValueError saying what is wrong with it."""
    if not 32 <= len(text) <= 44:
        raise ValueError(f"{text!r} is no Solana key: it has {len(text)} characters, not 32 to 44")
    try:
        raw = base58_decode(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no Solana key: {error}") from None
    if len(raw) != SOLANA_KEY_BYTES:
        raise ValueError(f"{text!r} is no Solana key: it decodes to {len(raw)} bytes, not 32")
    return text

"""How keys and addresses are written: base58 of 32 bytes, and hexadecimal digits with a checksum (EIP-55)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_VALUE = {letter: value for value, letter in enumerate(_BASE58)}
KEY_BYTES = 32


# A key that begins with no zero byte has 43 or 44 letters, and these are the first and the last of them.
_FULL_LENGTH_KEY = re.compile(f"[{_BASE58[1:]}][{_BASE58}]{{42,43}}\\Z")
_SMALLEST_FULL_KEY = "4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM"
_LARGEST_KEY = "JEKNVnkbo3jma5nREBBJCDoXFVeKkD56V3xKrvRmWxFG"


def base58_encode(raw: bytes) -> str:
    """Base58 text of some bytes (Bitcoin alphabet)."""
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


def key_problem(text: str) -> str | None:
    """What is wrong with a text that should be base58 of 32 bytes; None where it is."""
    if _is_surely_a_key(text):
        return None
    if not 32 <= len(text) <= 44:
        return f"it has {len(text)} characters, not 32 to 44"
    try:
        raw = base58_decode(text)
    except ValueError as error:
        return str(error)
    return None if len(raw) == KEY_BYTES else f"it decodes to {len(raw)} bytes, not {KEY_BYTES}"


def _is_surely_a_key(text: str) -> bool:
    """Whether nearly any key is one, without decoding it: base58's letters sort as their values do."""
    if not _FULL_LENGTH_KEY.match(text):
        return False
    return text <= _LARGEST_KEY if len(text) == len(_LARGEST_KEY) else text >= _SMALLEST_FULL_KEY


@lru_cache(maxsize=2**16)
def checksummed(digits: str) -> str:
    """The EIP-55 spelling of 40 hexadecimal digits, with 0x before them."""
    small = digits.lower()
    nibbles = keccak_256(small.encode()).hex()
    return "0x" + "".join(
        letter.upper() if int(nibble, 16) >= 8 else letter for letter, nibble in zip(small, nibbles, strict=False)
    )


_RATE_BYTES = 136
_MASK = (1 << 64) - 1


def keccak_256(message: bytes) -> bytes:
    """Keccak-256 with its original padding, as Ethereum uses it; hashlib's sha3_256 is padded differently."""
    return sponge_256(message, 0x01)


def sponge_256(message: bytes, suffix: int) -> bytes:
    """The sponge that Keccak-256 (suffix 0x01) and SHA3-256 (0x06) share, so that one proves the other."""
    padding = bytearray(_RATE_BYTES - len(message) % _RATE_BYTES)
    padding[0] |= suffix
    padding[-1] |= 0x80
    padded = message + padding
    lanes = [0] * 25
    for start in range(0, len(padded), _RATE_BYTES):
        for index in range(_RATE_BYTES // 8):
            place = start + 8 * index
            lanes[index] ^= int.from_bytes(padded[place : place + 8], "little")
        lanes = _permuted(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


def _permuted(lanes: list[int]) -> list[int]:
    """Keccak-f[1600]: 24 rounds over 25 lanes of 64 bits, lane (x, y) at x + 5y."""
    for constant in _CONSTANTS:
        columns = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        mixed = [columns[(x - 1) % 5] ^ _rotated(columns[(x + 1) % 5], 1) for x in range(5)] * 5
        lanes = [lane ^ mix for lane, mix in zip(lanes, mixed, strict=True)]
        moving = lanes[1]
        for place, bits in _MOVES:
            moving, lanes[place] = lanes[place], (moving << bits | moving >> 64 - bits) & _MASK
        lanes = [lanes[one] ^ (~lanes[two] & _MASK & lanes[three]) for one, two, three in _MIXES]
        lanes[0] ^= constant
    return lanes


def _moves() -> list[tuple[int, int]]:
    """Where each lane moves to in a round, one after the other, and by how many bits it is turned."""
    x, y, found = 1, 0, []
    for step in range(24):
        x, y = y, (2 * x + 3 * y) % 5
        found.append((x + 5 * y, (step + 1) * (step + 2) // 2 % 64))
    return found


def _constants() -> list[int]:
    """What is added to the first lane in each round."""
    register, found = 1, []
    for _ in range(24):
        constant = 0
        for power in range(7):
            register = ((register << 1) ^ ((register >> 7) * 0x71)) % 256
            if register & 2:
                constant ^= 1 << ((1 << power) - 1)
        found.append(constant)
    return found


def _rotated(lane: int, bits: int) -> int:
    return ((lane << bits % 64) | (lane >> (64 - bits % 64))) & _MASK


_MOVES: Final = _moves()
_CONSTANTS: Final = _constants()
_MIXES: Final = [(x + y, (x + 1) % 5 + y, (x + 2) % 5 + y) for y in range(0, 25, 5) for x in range(5)]
"""Of each lane after a round, the three that it is made of."""

"""How keys and addresses are written: base58 of 32 bytes, and the hash that a checksum needs."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from solders.pubkey import Pubkey

from aurora_pipeline.foundation.addresses import base58_decode, base58_encode, keccak_256, key_problem, sponge_256

KEYS = st.binary(min_size=32, max_size=32)


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
    ],
)
def test_keccak_256__known_messages__known_digests(message: bytes, digest: str) -> None:
    assert keccak_256(message).hex() == digest


@given(st.binary(max_size=300))
def test_sponge_256__with_the_suffix_of_sha3__is_sha3_256(message: bytes) -> None:
    assert sponge_256(message, 0x06) == hashlib.sha3_256(message).digest()


@pytest.mark.parametrize("length", [135, 136, 137, 271, 272, 273])
def test_sponge_256__at_the_ends_of_blocks__is_sha3_256(length: int) -> None:
    assert sponge_256(b"a" * length, 0x06) == hashlib.sha3_256(b"a" * length).digest()


@given(st.binary(max_size=40))
def test_base58__encoded_and_decoded__the_same_bytes(raw: bytes) -> None:
    assert base58_decode(base58_encode(raw)) == raw


@given(KEYS)
def test_key__of_32_bytes__is_written_as_the_node_writes_it_and_accepted(raw: bytes) -> None:
    text = str(Pubkey(raw))
    assert base58_encode(raw) == text
    assert key_problem(text) is None


@given(KEYS, st.integers(min_value=0), st.sampled_from("0OIl +/\u00e9"))
def test_key__with_a_letter_of_no_alphabet__a_problem_naming_it(raw: bytes, place: int, letter: str) -> None:
    text = base58_encode(raw)
    at = place % len(text)
    assert key_problem(text[:at] + letter + text[at + 1 :]) == f"{letter!r} is not a base58 letter"


@pytest.mark.parametrize("size", [31, 33])
def test_key__of_another_length__a_problem(size: int) -> None:
    assert key_problem(base58_encode(b"\xff" * size)) is not None


@pytest.mark.parametrize("text", ["", "1" * 31, "1" * 45, "So11111111111111111111111111111111111111112 "])
def test_key__cut_off_or_padded__a_problem(text: str) -> None:
    assert key_problem(text) is not None


_EDGES = [bytes(32), b"\0" + b"\xff" * 31, b"\1" + bytes(31), b"\xff" * 32, b"\0\1" + bytes(30)]


@given(st.binary(min_size=30, max_size=34) | st.sampled_from(_EDGES), st.integers(-2, 2))
def test_key_problem__any_bytes_and_their_neighbours__none_exactly_where_they_are_32(raw: bytes, step: int) -> None:
    text = base58_encode(max(0, int.from_bytes(raw, "big") + step).to_bytes(35, "big").lstrip(b"\0") or b"\0")
    text = "1" * (len(raw) - len(raw.lstrip(b"\0"))) + text
    assert (key_problem(text) is None) == (len(base58_decode(text)) == 32)

"""Addresses: base58 of 32 bytes on Solana, the EIP-55 checksum on Ethereum, and the hash that it needs."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from solders.pubkey import Pubkey

from aurora_pipeline.foundation.addresses import (
    base58_decode,
    base58_encode,
    check_address,
    check_ethereum_address,
    check_solana_key,
    keccak_256,
    sponge_256,
)
from aurora_pipeline.foundation.chain_family import Family

KEYS = st.binary(min_size=32, max_size=32)
# From EIP-55 itself.
CHECKSUMMED = (
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0xde709f2102306220921060314715629080e2fb77",
)


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


@pytest.mark.parametrize("address", CHECKSUMMED)
def test_check_ethereum_address__right_checksum_or_none__checksummed(address: str) -> None:
    digits = address[2:]
    for spelling in (digits, digits.lower(), digits.upper()):
        assert check_ethereum_address(f"0x{spelling}") == address


def test_check_ethereum_address__one_letter_in_the_wrong_case__refused_with_the_right_spelling() -> None:
    with pytest.raises(ValueError, match=f"wrong checksum .*{CHECKSUMMED[0]}"):
        check_ethereum_address(CHECKSUMMED[0].replace("5aA", "5AA"))


@pytest.mark.parametrize(
    "text", ["", "0x", CHECKSUMMED[0][:-1], CHECKSUMMED[0] + "0", CHECKSUMMED[0][2:], "0x" + "g" * 40]
)
def test_check_ethereum_address__no_40_digits__refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no Ethereum address"):
        check_ethereum_address(text)


@given(st.binary(max_size=40))
def test_base58__encoded_and_decoded__the_same_bytes(raw: bytes) -> None:
    assert base58_decode(base58_encode(raw)) == raw


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0" * 32, "'0' is not a base58 letter"),
        ("abc", "3 characters"),
        (base58_encode(b"\xff" * 31), "31 bytes, not 32"),
        (CHECKSUMMED[0], "is no Solana key"),
    ],
)
def test_check_address__of_solana_and_not_base58_of_32_bytes__refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_address(Family.SOLANA, text)


@given(KEYS)
def test_key__of_32_bytes__is_written_as_the_node_writes_it_and_accepted(raw: bytes) -> None:
    text = str(Pubkey(raw))
    assert base58_encode(raw) == text
    assert check_solana_key(text) == text


@given(KEYS, st.integers(min_value=0), st.sampled_from("0OIl +/\u00e9"))
def test_key__with_a_letter_of_no_alphabet__refused_naming_it(raw: bytes, place: int, letter: str) -> None:
    text = base58_encode(raw)
    at = place % len(text)
    with pytest.raises(ValueError, match=r"is no Solana key: .* is not a base58 letter"):
        check_solana_key(text[:at] + letter + text[at + 1 :])


@pytest.mark.parametrize("size", [31, 33])
def test_key__of_another_length__refused(size: int) -> None:
    with pytest.raises(ValueError, match="is no Solana key"):
        check_solana_key(base58_encode(b"\xff" * size))


@pytest.mark.parametrize("text", ["", "1" * 31, "1" * 45, "So11111111111111111111111111111111111111112 "])
def test_key__cut_off_or_padded__refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no Solana key"):
        check_solana_key(text)


_EDGES = [bytes(32), b"\0" + b"\xff" * 31, b"\1" + bytes(31), b"\xff" * 32, b"\0\1" + bytes(30)]


@given(st.binary(min_size=30, max_size=34) | st.sampled_from(_EDGES), st.integers(-2, 2))
def test_check_solana_key__any_bytes_and_their_neighbours__a_key_exactly_where_they_are_32(
    raw: bytes, step: int
) -> None:
    text = base58_encode(max(0, int.from_bytes(raw, "big") + step).to_bytes(35, "big").lstrip(b"\0") or b"\0")
    text = "1" * (len(raw) - len(raw.lstrip(b"\0"))) + text
    if len(base58_decode(text)) == 32:
        assert check_solana_key(text) == text
    else:
        with pytest.raises(ValueError, match="is no Solana key"):
            check_solana_key(text)

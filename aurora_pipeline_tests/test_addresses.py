"""Base58 and Solana keys: a typo never becomes a partner."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from solders.pubkey import Pubkey

from aurora_pipeline.addresses import base58_decode, base58_encode, check_solana_key

KEYS = st.binary(min_size=32, max_size=32)


@given(st.binary(max_size=64))
def test_base58__encoded_and_decoded__is_the_same(raw: bytes) -> None:
    assert base58_decode(base58_encode(raw)) == raw


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

"""Secrets in any spelling: none survives being taken out, and none is found where it does not stand."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.foundation.secret_encodings import Spellings

Encoder = Callable[[str], str]


def lower_hex(text: str) -> str:
    first, *others = text.split("%")
    return "%".join([first, *(part[:2].lower() + part[2:] for part in others)])


ENCODERS: list[Encoder] = [
    str,
    lambda text: quote(text, safe=""),
    lambda text: quote(text, safe="/"),
    lambda text: quote(quote(text, safe=""), safe=""),
    lambda text: lower_hex(quote(text, safe="")),
    quote_plus,
    lambda text: urlencode({"api-key": text}),
    lambda text: "".join(f"%{byte:02X}" if byte in b"-._~" else chr(byte) for byte in quote(text, safe="").encode()),
    json.dumps,
    lambda text: json.dumps(text, ensure_ascii=False),
    lambda text: json.dumps(text).replace("/", r"\/"),
    lambda text: json.dumps(json.dumps(text)),
    lambda text: json.dumps(html.escape(text)),
    html.escape,
    lambda text: "".join(letter if letter.isalnum() else f"&#{ord(letter)};" for letter in text),
    lambda text: "".join(letter if letter.isalnum() else f"&#x{ord(letter):X};" for letter in text),
    lambda text: "".join(letter if letter.isalnum() else rf"\u{ord(letter):04X}" for letter in text),
    repr,
    lambda text: f"Bearer {text}",
    lambda text: "Basic " + base64.b64encode(text.encode()).decode(),
    lambda text: json.dumps("Basic " + base64.b64encode(text.encode()).decode()).replace("/", r"\/"),
    lambda text: quote("Basic " + base64.b64encode(text.encode()).decode(), safe=""),
    lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
]
# What keys are made of, and what people put into passwords.
KEYS = st.text(st.sampled_from("abcdefgXYZ0123456789-._~+/=:%!@$&'()*,; \"\\<>ä"), min_size=8, max_size=40).filter(
    lambda text: len(text.encode()) >= 8 and text.strip() == text
)


@given(KEYS, st.sampled_from(ENCODERS), st.booleans())
def test_spellings__any_key_in_any_encoding__found_and_taken_out(key: str, encode: Encoder, written: bool) -> None:
    # An address holds the key percent-encoded; what a server repeats may be that, or what it reads as.
    spellings = Spellings([quote(key, safe="") if written else key], 5)
    echoed = f"no access with {encode(key)} to it"
    told = spellings.taken_out(echoed, "…")
    assert key not in told
    assert encode(key) not in told
    assert told.startswith("no access with ")
    assert told.endswith(" to it")
    assert len(told) < len("no access with  to it") + len("Bearer api-key=..........")
    assert spellings.are_in(echoed.encode())


@pytest.mark.parametrize("encode", ENCODERS)
def test_spellings__the_key_of_an_address__found_however_repeated(encode: Encoder) -> None:
    spellings = Spellings(["FAKEQUERY%2FKEY987654"], 8)
    assert "987654" not in spellings.taken_out(f"x {encode('FAKEQUERY/KEY987654')} y", "…")
    assert spellings.are_in(f"x {encode('FAKEQUERY/KEY987654')} y".encode())


def test_spellings__other_texts__left_alone() -> None:
    spellings = Spellings(["FAKEQUERY%2FKEY987654", "%2F%2F%2F%2F%2F"], 8)
    for text in ("https://host/path///", "FAKEQUERY and KEY987654", ""):
        assert spellings.taken_out(text, "…") == text
        assert not spellings.are_in(text.encode())

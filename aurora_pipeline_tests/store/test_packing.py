"""Long bodies are stored packed and come back to the byte; whatever is done to what is stored is no body any more."""

from __future__ import annotations

import hashlib
import sys
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.payloads.answers import Answer, answers_by_id, store_answers
from aurora_pipeline.store.payloads.packing import packed, unpacked

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LONG = b'{"data":[' + b",".join(b'{"validator_index":"%d","head":"2856"}' % number for number in range(2_000)) + b"]}"
NOISE = hashlib.shake_128(b"noise").digest(2**17)


@given(st.binary(max_size=200), st.integers(0, 600))
def test_packed__any_body__comes_back_to_the_byte(piece: bytes, times: int) -> None:
    body = piece * times
    stored, size = packed(body)
    assert unpacked(stored, size) == body
    assert len(stored) <= len(body)
    assert size is None or (len(body) >= 2**15 and size == len(body))


def test_packed__what_is_short_or_does_not_shrink__stands_as_it_came() -> None:
    assert packed(LONG[:1000]) == (LONG[:1000], None)
    assert packed(NOISE) == (NOISE, None)
    assert len(packed(LONG)[0]) * 5 < len(LONG)


@pytest.mark.parametrize(
    ("stored", "size"),
    [
        (zlib.compress(LONG), len(LONG) + 1),
        (zlib.compress(LONG), len(LONG) - 1),
        (zlib.compress(LONG), -5),
        (zlib.compress(LONG)[:-1], len(LONG)),
        (zlib.compress(LONG) + b"x", len(LONG)),
        (b"x" + zlib.compress(LONG), len(LONG)),
        (LONG, len(LONG)),
        (zstd.compress(LONG), len(LONG) + 1),
        (zstd.compress(LONG), len(LONG) - 1),
        (zstd.compress(LONG)[:-1], len(LONG)),
        (zstd.compress(LONG)[:5] + b"xxxx" + zstd.compress(LONG)[9:], len(LONG)),
        (zstd.compress(LONG) + b"x", len(LONG)),
        # A bomb is opened no further than its row says.
        (zlib.compress(bytes(10**8)), 1000),
        (zstd.compress(bytes(10**8)), 1000),
    ],
)
def test_unpacked__of_bytes_that_were_changed__nothing(stored: bytes, size: int) -> None:
    assert unpacked(stored, size) == b""


def test_unpacked__of_what_was_packed_before__the_body_as_it_came() -> None:
    assert unpacked(zlib.compress(LONG, 1), len(LONG)) == LONG


def test_answers__with_a_long_body__are_stored_packed_and_read_whole(database: Database) -> None:
    bodies = [LONG, NOISE, b"{}"]
    answers = [
        Answer(f"q{place}", {"path": f"/{place}"}, 200, {}, body, datetime.now(UTC))
        for place, body in enumerate(bodies)
    ]
    with database.connect() as connection:
        stored = store_answers(connection, "chain", EpochNumber(1), "rewards", "node", answers)
        found = answers_by_id(connection, [one.payload_id for one in stored])
        assert [found[one.payload_id].body for one in stored] == bodies
        rows = connection.execute(
            """SELECT b.packed_from, octet_length(b.body) AS size, j.body_json IS NULL AS hidden
               FROM staging_payloads_json j JOIN staging_bodies b USING (chain_id, epoch, response_hash)
               ORDER BY j.payload_id"""
        ).fetchall()
    assert [(row["packed_from"], row["hidden"]) for row in rows] == [(len(LONG), True), (None, True), (None, False)]
    assert rows[0]["size"] < len(LONG) // 5

"""Answers of providers, stored exactly as they came, with their hashes, and read again."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.digests import Value, body_hash, encode_value
from aurora_pipeline.store.file_bodies import is_file, load_file_bodies, store_file_bodies
from aurora_pipeline.store.merkle import leaf_hash
from aurora_pipeline.store.payloads.packing import packed, unpacked
from aurora_pipeline.store.payloads.tables import RESPONSE_TAG
from aurora_pipeline.store.ranges import require_here, room_for


@dataclass(frozen=True)
class Answer:
    """One answer of a provider, as stored. `payload_id` is 0 until it is."""

    request_key: str
    request: Mapping[str, object]
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime
    payload_id: int = 0
    question: str = ""
    """What kind of question it answers, as its source names it; see `Question.kind`."""

    @cached_property
    def response_hash(self) -> str:
        """SHA-256 of the body, computed from it once."""
        return body_hash(self.body)

    @property
    def kept(self) -> Kept:
        """What remains of it once it was read."""
        asked = (self.request_key, self.question, request_text(self.request))
        told = answer_leaf(*asked, self.status, self.response_hash)
        return Kept(self.request_key, self.payload_id, told)


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored answer without its bytes, where an epoch's answers together are larger than memory."""

    request_key: str
    payload_id: int
    leaf: bytes
    """What the fetch's digest is made of."""

    @property
    def kept(self) -> Kept:
        """It is."""
        return self


def request_text(request: Mapping[str, object]) -> str:
    """A request as fetch digests write it: compact JSON with sorted keys."""
    return json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def answer_leaf(request_key: str, question: str, request: str, status: int, response_hash: str) -> bytes:
    """What a fetch commits to of an answer: what was asked, in words, by kind and as sent; the status; the body's hash.

    Readers look at the request to know what an answer is about, so it must not change unnoticed either.
    """
    values: list[Value] = [RESPONSE_TAG, request_key, question, request, status, response_hash]
    return leaf_hash(b"".join(encode_value(value) for value in values))


_LARGE_BODY_BYTES = 2**20
_INSERT_BODY = """
    INSERT INTO staging_bodies (chain_id, epoch, response_hash, body, packed_from)
    VALUES (%s, %s, %s, %b, %s) ON CONFLICT DO NOTHING
"""


def store_answers(
    connection: Connection, chain_id: str, epoch: EpochNumber, data_type: str, provider: str, answers: Sequence[Answer]
) -> list[Answer]:
    """Store answers with their bodies and return them with their payload ids, in order."""
    if not answers:
        return []
    room_for(connection, chain_id, epoch)
    bodies = {answer.response_hash: answer.body for answer in answers if not is_file(answer.request)}
    store_file_bodies(connection, {one.response_hash: one.body for one in answers if is_file(one.request)})
    stored = []
    with connection.cursor() as cursor:
        large = {digest for digest, body in bodies.items() if len(body) >= _LARGE_BODY_BYTES}
        small = [(chain_id, epoch, digest, *packed(body)) for digest, body in bodies.items() if digest not in large]
        cursor.executemany(_INSERT_BODY, small)
        for digest in large:
            # Each by itself: in a pipeline all of them wait in one buffer, which is moved with every piece sent.
            cursor.execute(_INSERT_BODY, (chain_id, epoch, digest, *packed(bodies[digest])))
        cursor.executemany(
            """INSERT INTO staging_payloads
                   (chain_id, epoch, data_type, provider, request_key, question, request, status, headers,
                    response_hash, fetched_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING payload_id""",
            [
                (
                    chain_id,
                    epoch,
                    data_type,
                    provider,
                    answer.request_key,
                    answer.question,
                    json.dumps(answer.request),
                    answer.status,
                    json.dumps(dict(answer.headers)),
                    answer.response_hash,
                    answer.fetched_at,
                )
                for answer in answers
            ],
            returning=True,
        )
        for answer in answers:
            row = cursor.fetchone()
            assert row is not None  # each INSERT ... RETURNING gives one row
            kept = replace(answer, payload_id=row["payload_id"])
            # It was hashed to be stored; a copy of the same bytes need not be hashed again.
            vars(kept)["response_hash"] = answer.response_hash
            stored.append(kept)
            cursor.nextset()
    return stored


def stored_answers(
    connection: Connection,
    chain_id: str,
    epoch: EpochNumber,
    data_type: str,
    provider: str,
    request_keys: Collection[str],
) -> dict[str, Answer]:
    """The newest answer to each of some questions already stored for a period, so that nobody is asked twice."""
    rows = connection.execute(
        """SELECT DISTINCT ON (request_key) * FROM staging_payloads
           WHERE chain_id = %s AND epoch = %s AND data_type = %s AND provider = %s AND request_key = ANY(%s)
           ORDER BY request_key, payload_id DESC""",
        [chain_id, epoch, data_type, provider, list(request_keys)],
    ).fetchall()
    return {answer.request_key: answer for answer in _with_bodies(connection, rows)}


def answers_by_id(
    connection: Connection, payload_ids: Iterable[int], questions: Collection[str] | None = None
) -> dict[int, Answer]:
    """Stored answers by payload id; only those to some kinds of questions, where these are given."""
    kinds = None if questions is None else list(questions)
    rows = connection.execute(
        "SELECT * FROM staging_payloads WHERE payload_id = ANY(%s) AND (%s::text[] IS NULL OR question = ANY(%s))",
        [list(set(payload_ids)), kinds, kinds],
    ).fetchall()
    return {answer.payload_id: answer for answer in _with_bodies(connection, rows)}


def ids_about(connection: Connection, payload_ids: Sequence[int], questions: Collection[str]) -> list[int]:
    """Those of some payloads that answer questions of some kinds, in their order, without reading a body."""
    rows = connection.execute(
        "SELECT payload_id FROM staging_payloads WHERE payload_id = ANY(%s) AND question = ANY(%s)",
        [list(payload_ids), list(questions)],
    ).fetchall()
    found = {row["payload_id"] for row in rows}
    return [number for number in payload_ids if number in found]


def _with_bodies(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> Iterator[Answer]:
    """Payload rows with their bodies, in order.

    Bodies are looked up by hash, not joined: just after a bulk load the planner has no statistics, and its join of
    20,000 payloads compares each with each. They come row by row and binary: as text they would be twice as long, and
    all at once stand twice in memory.
    """
    wanted: dict[tuple[str, EpochNumber], set[str]] = {}
    files = load_file_bodies(connection, {row["response_hash"] for row in rows if is_file(row["request"])})
    for row in rows:
        if not is_file(row["request"]):
            wanted.setdefault((row["chain_id"], row["epoch"]), set()).add(row["response_hash"])
    bodies: dict[tuple[str, EpochNumber, str], bytes] = {}
    for (chain_id, epoch), hashes in wanted.items():
        query = b"""SELECT response_hash, body, packed_from FROM staging_bodies
                    WHERE chain_id = %s AND epoch = %s AND response_hash = ANY(%s)"""
        with connection.cursor() as cursor:
            for found in cursor.stream(query, [chain_id, epoch, list(hashes)], binary=True):
                body = unpacked(found["body"], found["packed_from"])
                bodies[chain_id, epoch, found["response_hash"]] = body
        if any((chain_id, epoch, digest) not in bodies for digest in hashes):
            require_here(connection, chain_id, epoch)
    for row in rows:
        place = (row["chain_id"], row["epoch"], row["response_hash"])
        yield Answer(
            request_key=row["request_key"],
            request=row["request"],
            status=row["status"],
            headers=row["headers"],
            body=files[row["response_hash"]] if is_file(row["request"]) else bodies[place],
            fetched_at=row["fetched_at"],
            payload_id=row["payload_id"],
            question=row["question"],
        )


def requests_of(connection: Connection, payload_ids: Collection[int], question: str) -> list[Mapping[str, object]]:
    """What was asked by questions of one kind, of some stored answers, without reading a body."""
    rows = connection.execute(
        "SELECT request FROM staging_payloads WHERE payload_id = ANY(%s) AND question = %s",
        [list(payload_ids), question],
    ).fetchall()
    return [row["request"] for row in rows]


def said(connection: Connection, payload_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Of stored answers what was asked (as digests write it) and the hash of the body, without reading the body."""
    rows = connection.execute(
        "SELECT payload_id, request, response_hash FROM staging_payloads WHERE payload_id = ANY(%s)",
        [list(payload_ids)],
    ).fetchall()
    return {row["payload_id"]: (request_text(row["request"]), row["response_hash"]) for row in rows}

"""Bytes first: what providers answered, stored exactly as it came with its SHA-256 before anything reads it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, overload

from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import (
    CHAIN_ID,
    EPOCH,
    Column,
    ColumnKind,
    FigureState,
    Table,
    TableKind,
    integer,
    text,
)
from aurora_pipeline.store.digests import (
    Input,
    Value,
    body_hash,
    encode_value,
    leaf_hash,
    record_digest,
    root_above,
)
from aurora_pipeline.store.file_bodies import FILE_BODIES, is_file, load_file_bodies, store_file_bodies
from aurora_pipeline.store.row_chains import ENTRY_HASH, PREVIOUS_HASH
from aurora_pipeline.store.tables import identity, written_at
from aurora_pipeline.store.tables import json as json_column

RESPONSE_TAG = "aurora.response.2"
FETCH_TAG = "aurora.fetch.2"
EVERYONE = "*"
"""The subject of a fetch whose answers cover all validators."""
NO_PROVIDER: Final = "none"
"""Name and kind of the provider of a fetch for which there was nobody to ask."""


class Verdict(StrEnum):
    """What a fetch says beside its state. Its reason is for people: no figure goes by the wording of a sentence."""

    TOLD = "TOLD"
    """Just what its state says."""
    AWAITS_MORE = "AWAITS_MORE"
    """It came from a fallback that does not tell all that the provider before it will: that one is asked again."""
    STAKES_IN_DOUBT = "STAKES_IN_DOUBT"
    """Of some stake accounts only: those that were observed do not hold all the stake of their validator."""
    RETRACTS = "RETRACTS"
    """The provider was heard in full and no longer has what its final fetch said, which counts no more."""


DATA_TYPE = text(
    "data_type",
    "fees, mev, rewards, meta, positions, costs; period for what defines a period; fees@NAME for what NAME says as"
    " a cross-check.",
)
PROVIDER = text("provider", "The provider's name in providers.yaml.")
SUBJECT = text("subject", "The validator asked about, or * where the answers cover all.")
RESPONSE_HASH = Column("response_hash", ColumnKind.DIGEST, "SHA-256 of the body.")

BODIES = Table(
    name="staging_bodies",
    kind=TableKind.LEDGER,
    description="Bodies of provider answers, byte for byte, once per chain, period and hash; files apart.",
    columns=(CHAIN_ID, EPOCH, RESPONSE_HASH, Column("body", ColumnKind.BYTES, "The exact bytes.", digested=False)),
    key=("chain_id", "epoch", "response_hash"),
)

PAYLOADS = Table(
    name="staging_payloads",
    kind=TableKind.LEDGER,
    description="Every answer a provider gave: what was asked (without secrets), the status, and the body's hash.",
    columns=(
        identity("payload_id", "The payload's number."),
        CHAIN_ID,
        EPOCH,
        DATA_TYPE,
        PROVIDER,
        text("request_key", "What was asked, in words that never hold a secret; equal questions have equal keys."),
        text("question", "What kind of question that is, where answers are told apart by it; else empty."),
        json_column("request", "The request: verb, path, parameters or body; no host credentials, no keys."),
        integer("status", "The HTTP status."),
        json_column("headers", "Response headers worth keeping (type, date, rate limits)."),
        RESPONSE_HASH,
        Column("fetched_at", ColumnKind.INSTANT, "When the answer was complete.", digested=False),
        written_at(),
    ),
    key=("payload_id",),
    indexes=(("chain_id", "epoch", "data_type", "provider", "request_key"), ("response_hash",)),
)

FETCHES = Table(
    name="staging_fetches",
    kind=TableKind.LEDGER,
    description="One attempt to learn a data type of a period about a validator (or all): its state and its answers.",
    columns=(
        identity("fetch_id", "The fetch's number; the newest final one not retracted since counts, else the newest."),
        CHAIN_ID,
        EPOCH,
        DATA_TYPE,
        PROVIDER,
        text("kind", "The adapter that asked and knows how to read the answers."),
        SUBJECT,
        text("state", "How much the answers say.", one_of=[member.value for member in FigureState]),
        text("verdict", "What it says beside its state.", one_of=[member.value for member in Verdict]),
        text("reason", "Why the state is what it is, for people.", nullable=True),
        Column("payload_ids", ColumnKind.INTEGERS, "The answers in the order of the plan."),
        Column("fetch_digest", ColumnKind.DIGEST, "Commits to kind, state, verdict, reason and every answer in order."),
        text("dagster_run", "The run that fetched; null outside Dagster.", nullable=True),
        written_at(),
    ),
    key=("fetch_id",),
    indexes=(("chain_id", "epoch", "data_type", "subject"),),
)

OBSERVATIONS = Table(
    name="observations",
    kind=TableKind.LEDGER,
    description="Now-only data sampled while its period ran: what a chain will not tell about a past period.",
    columns=(
        integer("observation_id", "Its place in the order of all observations, from 1 without gaps.", minimum=1),
        CHAIN_ID,
        EPOCH,
        text("data_type", "positions, meta or leader_schedule."),
        PROVIDER,
        text("kind", "The adapter that asked and knows how to read the answers."),
        SUBJECT,
        integer("slot", "The chain's slot before the first question."),
        Column("observed_at", ColumnKind.INSTANT, "When the first question was asked.", digested=False),
        Column("payload_ids", ColumnKind.INTEGERS, "The answers in the order of the plan."),
        written_at(),
        PREVIOUS_HASH,
        ENTRY_HASH,
    ),
    key=("observation_id",),
    indexes=(("chain_id", "epoch", "data_type", "subject"),),
)

INGESTION_RUNS = Table(
    name="ingestion_runs",
    kind=TableKind.LEDGER,
    description="One line per staging run of a data type: what it asked, what it reused, and how it ended.",
    columns=(
        identity("ingestion_run_id", "The run's number."),
        CHAIN_ID,
        EPOCH,
        DATA_TYPE,
        text("dagster_run", "The Dagster run; null outside Dagster.", nullable=True),
        integer("requests", "Questions asked over the network."),
        integer("reused", "Answers taken from earlier runs."),
        integer("body_bytes", "Bytes received."),
        json_column("states", "How many subjects ended in which state."),
        Column("started_at", ColumnKind.INSTANT, "When it started.", digested=False),
        written_at("When it ended."),
    ),
    key=("ingestion_run_id",),
    indexes=(("chain_id", "epoch"),),
)

PAYLOAD_TABLES = (BODIES, FILE_BODIES, PAYLOADS, FETCHES, OBSERVATIONS, INGESTION_RUNS)


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


RecordedAnswer = Answer | Kept


@dataclass(frozen=True)
class StagedFetch:
    """What a canonical layer reads about a subject: the state and the answers in the order of the plan."""

    fetch_id: int
    data_type: str
    provider: str
    kind: str
    subject: str
    state: FigureState
    reason: str | None
    answers: Sequence[Answer] = field(repr=False)
    fetch_digest: str = ""
    verdict: Verdict = Verdict.TOLD

    @property
    def as_input(self) -> Input:
        """How a canonical snapshot names this fetch in its lineage."""
        return Input("fetch", f"{self.data_type}/{self.provider}/{self.subject}", self.fetch_digest)

    def as_input_of(self, period: str) -> Input:
        """How a snapshot of another period names it: with the period the fetch is of."""
        return self.as_input._replace(name=f"{self.as_input.name}@{period}")


def request_text(request: Mapping[str, object]) -> str:
    """A request as fetch digests write it: compact JSON with sorted keys."""
    return json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def answer_leaf(request_key: str, question: str, request: str, status: int, response_hash: str) -> bytes:
    """What a fetch commits to of an answer: what was asked, in words, by kind and as sent; the status; the body's hash.

    Readers look at the request to know what an answer is about, so it must not change unnoticed either.
    """
    values: list[Value] = [RESPONSE_TAG, request_key, question, request, status, response_hash]
    return leaf_hash(b"".join(encode_value(value) for value in values))


def fetch_digest(kind: str, state: FigureState, verdict: Verdict, reason: str | None, answers: Iterable[bytes]) -> str:
    """The commitment of a fetch: how its answers are read, what it says and why, and the leaf of each in order."""
    return record_digest(FETCH_TAG, kind, state.value, verdict.value, reason, root_above(answers))


_LARGE_BODY_BYTES = 2**20
_INSERT_BODY = """
    INSERT INTO staging_bodies (chain_id, epoch, response_hash, body) VALUES (%s, %s, %s, %b) ON CONFLICT DO NOTHING
"""


def store_answers(
    connection: Connection, chain_id: str, epoch: EpochNumber, data_type: str, provider: str, answers: Sequence[Answer]
) -> list[Answer]:
    """Store answers with their bodies and return them with their payload ids, in order."""
    if not answers:
        return []
    bodies = {answer.response_hash: answer.body for answer in answers if not is_file(answer.request)}
    store_file_bodies(connection, {one.response_hash: one.body for one in answers if is_file(one.request)})
    stored = []
    with connection.cursor() as cursor:
        large = {digest for digest, body in bodies.items() if len(body) >= _LARGE_BODY_BYTES}
        small = [(chain_id, epoch, digest, body) for digest, body in bodies.items() if digest not in large]
        cursor.executemany(_INSERT_BODY, small)
        for digest in large:
            # Each by itself: in a pipeline all of them wait in one buffer, which is moved with every piece sent.
            cursor.execute(_INSERT_BODY, (chain_id, epoch, digest, bodies[digest]))
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


def _with_bodies(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> Iterator[Answer]:
    """Payload rows with their bodies, in order.

    Bodies are looked up by hash, not joined: just after a bulk load the planner has no statistics, and its join of
    20,000 payloads compares each with each. They come row by row and binary: as text they would be twice as long, and
    all at once stand twice in memory.
    """
    wanted: dict[tuple[str, int], set[str]] = {}
    files = load_file_bodies(connection, {row["response_hash"] for row in rows if is_file(row["request"])})
    for row in rows:
        if not is_file(row["request"]):
            wanted.setdefault((row["chain_id"], row["epoch"]), set()).add(row["response_hash"])
    bodies: dict[tuple[str, int, str], bytes] = {}
    for (chain_id, epoch), hashes in wanted.items():
        query = b"""SELECT response_hash, body FROM staging_bodies
                    WHERE chain_id = %s AND epoch = %s AND response_hash = ANY(%s)"""
        with connection.cursor() as cursor:
            for found in cursor.stream(query, [chain_id, epoch, list(hashes)], binary=True):
                bodies[chain_id, epoch, found["response_hash"]] = found["body"]
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


def record_fetch(
    connection: Connection,
    chain_id: str,
    epoch: EpochNumber,
    data_type: str,
    provider: str,
    kind: str,
    subject: str,
    state: FigureState,
    verdict: Verdict,
    reason: str | None,
    answers: Sequence[RecordedAnswer],
    dagster_run: str | None,
) -> None:
    """Append the end of a fetch; its answers must have been stored."""
    if any(answer.payload_id == 0 for answer in answers):
        raise ValueError("a fetch can only name answers that are stored")
    digest = fetch_digest(kind, state, verdict, reason, [answer.kept.leaf for answer in answers])
    connection.execute(
        """INSERT INTO staging_fetches (chain_id, epoch, data_type, provider, kind, subject, state, verdict, reason,
                                        payload_ids, fetch_digest, dagster_run)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            chain_id,
            epoch,
            data_type,
            provider,
            kind,
            subject,
            state,
            verdict,
            reason,
            [answer.payload_id for answer in answers],
            digest,
            dagster_run,
        ],
    )


NOT_RETRACTED: Final = f"""fetch_id > coalesce(max(fetch_id) FILTER (WHERE verdict = '{Verdict.RETRACTS}')
    OVER (PARTITION BY chain_id, epoch, data_type, subject), 0) AS not_retracted"""
"""SQL: whether a fetch of staging_fetches came after the last retraction of its subject."""
COUNTING_FIRST: Final = "(state = 'final' AND not_retracted) DESC, fetch_id DESC"
"""SQL: the order in which the first fetch of a subject is the one that counts."""
_FETCHES_THAT_COUNT: Final = f"""
    SELECT DISTINCT ON (subject) fetch_id, data_type, provider, kind, subject, state, verdict, reason, payload_ids,
           fetch_digest
    FROM (SELECT *, {NOT_RETRACTED} FROM staging_fetches WHERE chain_id = %s AND epoch = %s AND data_type = %s) fetches
    ORDER BY subject, {COUNTING_FIRST}
""".encode()


@dataclass(frozen=True)
class FetchInForce:
    """The fetch of a subject that counts, without its answers."""

    state: FigureState
    provider: str
    payload_ids: tuple[int, ...]


def fetches_in_force(
    connection: Connection, chain_id: str, epoch: EpochNumber, data_type: str
) -> dict[str, FetchInForce]:
    """Each subject's fetch that counts, without reading any body."""
    rows = connection.execute(_FETCHES_THAT_COUNT, [chain_id, epoch, data_type]).fetchall()
    return {
        row["subject"]: FetchInForce(FigureState(row["state"]), row["provider"], tuple(row["payload_ids"]))
        for row in rows
    }


def fetch_states(connection: Connection, chain_id: str, epoch: EpochNumber, data_type: str) -> dict[str, FigureState]:
    """The state of each subject's fetch that counts, without reading any body."""
    return {name: one.state for name, one in fetches_in_force(connection, chain_id, epoch, data_type).items()}


def said(connection: Connection, payload_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Of stored answers what was asked (as digests write it) and the hash of the body, without reading the body."""
    rows = connection.execute(
        "SELECT payload_id, request, response_hash FROM staging_payloads WHERE payload_id = ANY(%s)",
        [list(payload_ids)],
    ).fetchall()
    return {row["payload_id"]: (request_text(row["request"]), row["response_hash"]) for row in rows}


def last_read(
    connection: Connection, chain_id: str, epoch: EpochNumber, data_type: str, provider: str, subjects: Collection[str]
) -> dict[str, int]:
    """The first answer of a provider's newest fetch of some subjects that has any, whether that fetch counts or not."""
    rows = connection.execute(
        """SELECT DISTINCT ON (subject) subject, payload_ids[1] AS payload_id FROM staging_fetches
           WHERE chain_id = %s AND epoch = %s AND data_type = %s AND provider = %s AND subject = ANY(%s)
             AND cardinality(payload_ids) > 0
           ORDER BY subject, fetch_id DESC""",
        [chain_id, epoch, data_type, provider, list(subjects)],
    ).fetchall()
    return {row["subject"]: row["payload_id"] for row in rows}


@dataclass(frozen=True)
class FetchIdentity:
    """Who answered a fetch, and what commits to every payload it rests on."""

    fetch_id: int
    data_type: str
    provider: str
    subject: str
    fetch_digest: str

    @property
    def as_input(self) -> Input:
        """How a snapshot names this fetch in its lineage."""
        return Input("fetch", f"{self.data_type}/{self.provider}/{self.subject}", self.fetch_digest)


def fetch_identities(connection: Connection, fetch_ids: Iterable[int]) -> dict[int, FetchIdentity]:
    """Fetches by their number, without any body."""
    rows = connection.execute(
        """SELECT fetch_id, data_type, provider, subject, fetch_digest FROM staging_fetches
           WHERE fetch_id = ANY(%s)""",
        [list(fetch_ids)],
    ).fetchall()
    return {row["fetch_id"]: FetchIdentity(**row) for row in rows}


def staged_providers(
    connection: Connection, chain_id: str, epoch: EpochNumber, data_types_like: str
) -> list[tuple[str, str]]:
    """Name and kind of the providers of whom something is staged under data types of a pattern (SQL LIKE)."""
    rows = connection.execute(
        """SELECT DISTINCT provider, kind FROM staging_fetches
           WHERE chain_id = %s AND epoch = %s AND data_type LIKE %s AND provider <> 'none' ORDER BY provider, kind""",
        [chain_id, epoch, data_types_like],
    ).fetchall()
    return [(row["provider"], row["kind"]) for row in rows]


ANSWERS_AT_ONCE: Final = 64
"""So many answers are in memory at once where they are gone through in slices: a block can have some megabytes."""


class StoredAnswers(Sequence[Answer]):
    """Answers of a fetch that are read from the database, a slice at a time, whenever they are gone through."""

    def __init__(self, connection: Connection, payload_ids: Sequence[int]) -> None:
        self._connection = connection
        self._payload_ids = payload_ids

    def __len__(self) -> int:
        """How many there are, without reading any."""
        return len(self._payload_ids)

    @overload
    def __getitem__(self, index: int) -> Answer: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Answer, ...]: ...
    def __getitem__(self, index: int | slice) -> Answer | tuple[Answer, ...]:
        """Read one of them, or several at once."""
        wanted = self._payload_ids[index] if isinstance(index, slice) else [self._payload_ids[index]]
        found = answers_by_id(self._connection, wanted)
        answers = tuple(found[number] for number in wanted)
        return answers if isinstance(index, slice) else answers[0]

    def __iter__(self) -> Iterator[Answer]:
        """All of them in order; none is held longer than its slice."""
        for start in range(0, len(self), ANSWERS_AT_ONCE):
            yield from self[start : start + ANSWERS_AT_ONCE]


def load_fetches_in_slices(
    connection: Connection, chain_id: str, epoch: EpochNumber, data_type: str
) -> list[StagedFetch]:
    """As `load_fetches`, for fetches whose answers may be larger than memory: go through them once, and keep none."""
    rows = connection.execute(_FETCHES_THAT_COUNT, [chain_id, epoch, data_type]).fetchall()
    return [_staged(row, StoredAnswers(connection, row["payload_ids"])) for row in rows]


def load_fetches(
    connection: Connection, chain_id: str, epoch: EpochNumber, data_type: str, questions: Collection[str] | None = None
) -> list[StagedFetch]:
    """The fetch that counts of every subject, with its answers; sorted by subject.

    The newest final fetch counts unless its provider retracted it since, else the newest: asking again while a
    provider is down never takes a figure away, and what a provider no longer has is not paid by its earlier word.
    Where only the answers to some kinds of questions are needed, the others, and their bodies, are left out.
    """
    rows = connection.execute(_FETCHES_THAT_COUNT, [chain_id, epoch, data_type]).fetchall()
    answers = answers_by_id(connection, [number for row in rows for number in row["payload_ids"]], questions)
    # Only a choice of questions leaves answers out; one that should be there and is not must not go unnoticed.
    return [
        _staged(row, tuple(answers[n] for n in row["payload_ids"] if n in answers or questions is None)) for row in rows
    ]


def _staged(row: Mapping[str, Any], answers: Sequence[Answer]) -> StagedFetch:
    return StagedFetch(
        fetch_id=row["fetch_id"],
        data_type=row["data_type"],
        provider=row["provider"],
        kind=row["kind"],
        subject=row["subject"],
        state=FigureState(row["state"]),
        reason=row["reason"],
        answers=answers,
        fetch_digest=row["fetch_digest"],
        verdict=Verdict(row["verdict"]),
    )

"""Fetches: what was asked of one provider about one data type, with all its answers, and which of them count."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, overload

from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import (
    FigureState,
)
from aurora_pipeline.store.digests import Input, record_digest
from aurora_pipeline.store.merkle import root_above
from aurora_pipeline.store.payloads.answers import Answer, Kept, answers_by_id, ids_about
from aurora_pipeline.store.payloads.tables import EVERYONE, FETCH_TAG, Verdict

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


def fetch_digest(kind: str, state: FigureState, verdict: Verdict, reason: str | None, answers: Iterable[bytes]) -> str:
    """The commitment of a fetch: how its answers are read, what it says and why, and the leaf of each in order."""
    return record_digest(FETCH_TAG, kind, state.value, verdict.value, reason, root_above(answers))


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

_IDENTITIES_THAT_COUNT: Final = f"""
    SELECT DISTINCT ON (epoch, data_type, subject) epoch, fetch_id, data_type, provider, subject, fetch_digest
    FROM (SELECT *, {NOT_RETRACTED} FROM staging_fetches
          WHERE chain_id = %s AND epoch = ANY(%s) AND data_type = ANY(%s)) fetches
    ORDER BY epoch, data_type, subject, {COUNTING_FIRST}
""".encode()


@dataclass(frozen=True)
class FetchInForce:
    """The fetch of a subject that counts, without its answers."""

    state: FigureState
    provider: str
    payload_ids: tuple[int, ...]
    kind: str = ""
    fetch_id: int = 0


def fetches_in_force(
    connection: Connection, chain_id: str, epoch: EpochNumber, data_type: str
) -> dict[str, FetchInForce]:
    """Each subject's fetch that counts, without reading any body."""
    rows = connection.execute(_FETCHES_THAT_COUNT, [chain_id, epoch, data_type]).fetchall()
    return {
        row["subject"]: FetchInForce(
            FigureState(row["state"]), row["provider"], tuple(row["payload_ids"]), row["kind"], row["fetch_id"]
        )
        for row in rows
    }


def fetch_states(connection: Connection, chain_id: str, epoch: EpochNumber, data_type: str) -> dict[str, FigureState]:
    """The state of each subject's fetch that counts, without reading any body."""
    in_force = fetches_in_force(connection, chain_id, epoch, data_type)
    of_all = in_force.get(EVERYONE)
    return {
        name: one.state
        for name, one in in_force.items()
        if name == EVERYONE or of_all is None or not takes_the_place(of_all, one)
    }


def takes_the_place(of_all: StagedFetch | FetchInForce, own: StagedFetch | FetchInForce) -> bool:
    """Whether a fetch about everyone is the newer word about a validator than one of its own that is not final."""
    is_final = of_all.state is FigureState.FINAL and own.state is not FigureState.FINAL
    return is_final and of_all.fetch_id > own.fetch_id


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

    def as_input_of(self, period: str) -> Input:
        """How a snapshot of another period names it: with the period the fetch is of."""
        return self.as_input._replace(name=f"{self.as_input.name}@{period}")


def identities_that_count(
    connection: Connection, chain_id: str, epochs: Collection[EpochNumber], data_types: Collection[str]
) -> dict[EpochNumber, list[FetchIdentity]]:
    """By epoch, the fetch that counts of every subject of some data types, without any body."""
    rows = connection.execute(_IDENTITIES_THAT_COUNT, [chain_id, list(epochs), list(data_types)])
    found: dict[EpochNumber, list[FetchIdentity]] = {}
    for row in rows:
        found.setdefault(row.pop("epoch"), []).append(FetchIdentity(**row))
    return found


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

    def about(self, questions: Collection[str]) -> StoredAnswers:
        """Those of them that answer questions of some kinds; no body of another is read."""
        return StoredAnswers(self._connection, ids_about(self._connection, self._payload_ids, questions))

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


def answers_about(answers: Sequence[Answer], questions: Collection[str]) -> Iterable[Answer]:
    """Of a fetch's answers those to questions of some kinds."""
    if isinstance(answers, StoredAnswers):
        return answers.about(questions)
    return (answer for answer in answers if answer.question in questions)


def load_fetches_in_slices(
    connection: Connection, chain_id: str, epoch: EpochNumber, data_type: str
) -> list[StagedFetch]:
    """As `load_fetches`, for fetches whose answers may be larger than memory: go through them once, and keep none."""
    rows = connection.execute(_FETCHES_THAT_COUNT, [chain_id, epoch, data_type]).fetchall()
    return [_staged(row, StoredAnswers(connection, row["payload_ids"])) for row in rows]


def load_named_in_slices(connection: Connection, numbers: Iterable[int]) -> list[StagedFetch]:
    """Fetches by their number, whether they still count or not: what published rows name, they rest on."""
    rows = connection.execute(
        """SELECT fetch_id, data_type, provider, kind, subject, state, verdict, reason, payload_ids, fetch_digest
           FROM staging_fetches WHERE fetch_id = ANY(%s) ORDER BY fetch_id""",
        [sorted(set(numbers))],
    ).fetchall()
    return [_staged(row, StoredAnswers(connection, row["payload_ids"])) for row in rows]


def load_fetches(
    connection: Connection, chain_id: str, epoch: EpochNumber, data_type: str, questions: Collection[str] | None = None
) -> list[StagedFetch]:
    """The fetch that counts of every subject, with its answers; sorted by subject.

    The newest final fetch counts unless its provider retracted it since; else the newest does. So asking again while
    a provider is down never takes a figure away, and what a provider no longer has is not paid by its earlier word.
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

"""Stored answers: what a fetch commits to without their bytes, and going through more of them than memory holds."""

from __future__ import annotations

import weakref
from datetime import UTC, datetime

from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.answers import Answer, answers_by_id, store_answers
from aurora_pipeline.store.payloads.fetches import (
    ANSWERS_AT_ONCE,
    RecordedAnswer,
    load_fetches,
    load_fetches_in_slices,
    record_fetch,
)
from aurora_pipeline.store.payloads.tables import Verdict

CHAIN, EPOCH, DATA_TYPE = "solana-test", EpochNumber(7), "costs"


def stored(connection: Connection, count: int) -> list[Answer]:
    asked = [
        Answer(f"getBlock {n}", {"body": {"n": n}}, 200, {}, b"body %d" % (n // 2), datetime(2026, 9, 1, tzinfo=UTC))
        for n in range(count)
    ]
    return store_answers(connection, CHAIN, EPOCH, DATA_TYPE, "node", asked)


def record(connection: Connection, subject: str, answers: list[RecordedAnswer]) -> None:
    told = (CHAIN, EPOCH, DATA_TYPE, "node", "solana_rpc", subject, FigureState.FINAL, Verdict.TOLD, None)
    record_fetch(connection, *told, answers, None)


def test_fetch__answers_without_their_bytes__the_same_commitment(database: Database) -> None:
    with database.connect() as connection:
        answers = stored(connection, 5)
        record(connection, "whole", [*answers])
        record(connection, "kept", [answers[0], *(answer.kept for answer in answers[1:])])
        kept, whole = load_fetches(connection, CHAIN, EPOCH, DATA_TYPE)
    assert kept.fetch_digest == whole.fetch_digest
    assert kept.answers == whole.answers == tuple(answers)


def test_files__of_many_periods_and_data_types__stored_once_and_read_for_each(database: Database) -> None:
    body = b"vote,epoch\n" * 1000
    with database.connect() as connection:
        for epoch in (7, 8):
            for data_type in ("fees", "mev"):
                request = {"verb": "READ", "path": "all.csv", "query": {"epoch": epoch}, "body": {}}
                asked = Answer("file all.csv", request, 200, {}, body, datetime(2026, 9, 1, tzinfo=UTC))
                (answer,) = store_answers(connection, CHAIN, EpochNumber(epoch), data_type, "books", [asked])
                assert answers_by_id(connection, [answer.payload_id]) == {answer.payload_id: answer}
        counts = connection.execute(
            """SELECT (SELECT count(*) FROM staging_file_bodies) AS files,
                      (SELECT count(*) FROM staging_bodies) AS others,
                      (SELECT count(*) FROM staging_payloads) AS payloads"""
        ).fetchone()
    assert counts == {"files": 1, "others": 0, "payloads": 4}


def test_fetches_in_slices__gone_through__the_same_answers_and_one_slice_held(database: Database) -> None:
    count = 3 * ANSWERS_AT_ONCE + 1
    with database.connect() as connection:
        # Against the order in which they were stored: a fetch has its own.
        record(connection, "*", [*reversed(stored(connection, count))])
        (whole,) = load_fetches(connection, CHAIN, EPOCH, DATA_TYPE)
        (sliced,) = load_fetches_in_slices(connection, CHAIN, EPOCH, DATA_TYPE)
        assert len(sliced.answers) == count
        assert (sliced.answers[-1], sliced.answers[1:3]) == (whole.answers[-1], whole.answers[1:3])
        before: list[weakref.ref[Answer]] = []
        held_max = 0
        for answer, expected in zip(sliced.answers, whole.answers, strict=True):
            assert answer == expected
            before.append(weakref.ref(answer))
            held_max = max(held_max, sum(one() is not None for one in before))
        assert held_max <= ANSWERS_AT_ONCE
        assert [answer.request_key for answer in sliced.answers] == [answer.request_key for answer in whole.answers]

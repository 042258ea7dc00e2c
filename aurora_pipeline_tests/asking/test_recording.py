"""The recording Ask: every byte is stored before it is used, nothing is asked twice, and nothing secret is kept."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from aurora_pipeline.asking.adapter import Answer, ProviderDown, Question
from aurora_pipeline.asking.recording import RecordingAsk, StoredUnder, asking
from aurora_pipeline.config import Provider
from aurora_pipeline.foundation.errors import Outage
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.sources.solana.ask import SolanaRpc
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.payloads.answers import stored_answers
from aurora_pipeline_tests.asking.asked import NODE, block, fee, provider
from aurora_pipeline_tests.faults.server import FaultServer, Reply, Seen, rpc_error, rpc_result

CHAIN, EPOCH = "solana-test", EpochNumber(7)
PLACE = StoredUnder(CHAIN, EPOCH, "fees")
SECRET = "sEcReT-0123456789"


def blocks_of(seen: Seen) -> Reply:
    return rpc_result(seen, block(seen.rpc["params"][0], rewards=[fee(5_000)]))


def run(
    database: Database,
    settings: Provider,
    call: Callable[[RecordingAsk], Any],
    *,
    reuse: bool = True,
    keep: bool = True,
) -> Any:
    async def go() -> Any:
        async with asking(database, settings, SolanaRpc(NODE), PLACE, reuse=reuse, keep=keep) as ask:
            return await call(ask)

    return asyncio.run(go())


def ask_once(database: Database, settings: Provider, asked: Sequence[Question]) -> tuple[list[Answer], int, int]:
    """Answers, requests sent, answers reused."""

    async def call(ask: RecordingAsk) -> tuple[list[Answer], int, int]:
        answers = await ask(asked)
        return answers, ask.requests, ask.reused

    result: tuple[list[Answer], int, int] = run(database, settings, call)
    return result


def stored(database: Database) -> dict[str, Answer]:
    with database.connect() as connection:
        keys = [row["request_key"] for row in connection.execute("SELECT request_key FROM staging_payloads").fetchall()]
        return stored_answers(connection, CHAIN, EPOCH, "fees", NODE, keys)


def test_ask__many_questions__stored_and_in_order(database: Database) -> None:
    asked = [questions.block(slot) for slot in range(500, 0, -1)]
    with FaultServer(blocks_of) as server:
        answers, requests, reused = ask_once(database, provider(server.url), asked)
    assert [answer.request_key for answer in answers] == [question.key for question in asked]
    assert (requests, reused, len(server.seen)) == (500, 0, 500)
    kept = stored(database)
    assert all(kept[answer.request_key] == answer and answer.payload_id > 0 for answer in answers)


def heard_each(
    database: Database, answers_of: Callable[[Seen], Reply], asked: Sequence[Question]
) -> list[tuple[str, int, int]]:
    """Asked one by one over four connections: what came, and how many before it were held and how many asked then."""
    heard: list[tuple[str, int, int]] = []

    async def call(ask: RecordingAsk) -> None:
        before: list[weakref.ref[Answer]] = []
        async with aclosing(ask.each(iter(asked))) as answers:
            async for answer in answers:
                held = sum(one() is not None for one in before)
                before.append(weakref.ref(answer))
                heard.append((answer.request_key, held, len(server.seen)))

    with FaultServer(answers_of) as server:
        run(database, provider(server.url, concurrency=4, batch=1), call)
    return heard


def test_each__many_long_answers__in_order_a_little_ahead_and_none_held(database: Database) -> None:
    asked = [questions.block(slot) for slot in range(40, 0, -1)]

    def long(seen: Seen) -> Reply:
        short = blocks_of(seen)
        return replace(short, body=short.body + b" " * 2**22)

    heard = heard_each(database, long, asked)
    assert [key for key, _, _ in heard] == [question.key for question in asked]
    # Four at a time: the slice that is read, and two ahead of it. The thread that stored them lets go when it can.
    assert max(held for _, held, _ in heard) <= 3 * 4
    assert all(seen <= number + 3 * 4 for number, (_, _, seen) in enumerate(heard))
    assert len(stored(database)) == 40


def test_each__many_short_answers__are_asked_and_stored_in_larger_slices(database: Database) -> None:
    asked = [questions.block(slot) for slot in range(1_000, 0, -1)]
    heard = heard_each(database, blocks_of, asked)
    assert [key for key, _, _ in heard] == [question.key for question in asked]
    # Two slices of four come before it is known how long answers are; then it is 200, of which the next two are asked.
    assert all(seen <= 12 for _, _, seen in heard[:4])
    assert max(seen - number for number, (_, _, seen) in enumerate(heard)) in range(200, 3 * 200 + 1)
    assert max(held for _, held, _ in heard) <= 3 * 200
    assert len(stored(database)) == 1_000


def test_each__not_read_to_its_end__asks_no_more_and_the_next_run_resumes(database: Database) -> None:
    asked = [questions.block(slot) for slot in range(1, 101)]

    async def some(ask: RecordingAsk) -> None:
        async with aclosing(ask.each(asked)) as answers:
            async for _ in answers:
                break

    async def everything(ask: RecordingAsk) -> tuple[int, int, int]:
        count = len([answer async for answer in ask.each(asked)])
        return count, ask.requests, ask.reused

    with FaultServer(blocks_of) as server:
        run(database, provider(server.url, concurrency=4), some)
        first, known = len(server.seen), len(stored(database))
        told = run(database, provider(server.url, concurrency=4), everything)
    assert 4 <= known <= first <= 12
    assert told == (100, 100 - known, known)


def test_each__down_in_the_middle__what_came_is_stored(database: Database) -> None:
    def dies_at_51(seen: Seen) -> Reply:
        return blocks_of(seen) if len(server.seen) <= 50 else Reply(status=500)

    async def call(ask: RecordingAsk) -> None:
        async for _ in ask.each(questions.block(slot) for slot in range(1, 201)):
            pass

    with FaultServer(dies_at_51) as server, pytest.raises(ProviderDown):
        run(database, provider(server.url), call)
    assert 40 <= len(stored(database)) <= 50


def test_ask__again__served_from_the_store(database: Database) -> None:
    asked = [questions.block(slot) for slot in (1, 2)]
    with FaultServer(blocks_of) as server:
        first, _, _ = ask_once(database, provider(server.url), asked)
        again, requests, reused = ask_once(database, provider(server.url), [*asked, questions.block(3)])
    assert again[:2] == first
    assert (requests, reused, len(server.seen)) == (1, 2, 3)


def test_ask__equal_questions__asked_once_per_run(database: Database) -> None:
    async def call(ask: RecordingAsk) -> list[Answer]:
        one = await ask([questions.block(1), questions.block(1)])
        return one + await ask([questions.block(1)])

    with FaultServer(blocks_of) as server:
        answers = run(database, provider(server.url), call)
    assert len(server.seen) == 1
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize(
    "useless",
    [
        lambda seen: rpc_error(-32017),
        lambda seen: rpc_result(seen, None),
        lambda seen: Reply(b"{cut"),
        lambda seen: Reply(b"not found", status=404),
    ],
    ids=["error", "null", "garbage", "404"],
)
def test_ask__stored_answer_is_none__stored_and_asked_again(
    database: Database, useless: Callable[[Seen], Reply]
) -> None:
    with FaultServer(useless) as server:
        ask_once(database, provider(server.url), [questions.block(1)])
        server.handler = blocks_of
        (answer,), requests, reused = ask_once(database, provider(server.url), [questions.block(1)])
    assert (requests, reused) == (1, 0)
    assert b"parentSlot" in answer.body
    with database.connect() as connection:
        (count,) = connection.execute("SELECT count(*) AS n FROM staging_payloads").fetchall()
    assert count["n"] == 2


def test_ask__without_reuse__asked_again(database: Database) -> None:
    with FaultServer(blocks_of) as server:
        for _ in range(2):
            run(database, provider(server.url), lambda ask: ask([questions.block(1)]), reuse=False)
    assert len(server.seen) == 2


def test_ask__without_keeping__each_look_is_new(database: Database) -> None:
    async def look_twice(ask: RecordingAsk) -> list[Answer]:
        return await ask([questions.epoch_info()]) + await ask([questions.epoch_info()])

    with FaultServer(lambda seen: rpc_result(seen, len(server.seen))) as server:
        before, after = run(database, provider(server.url), look_twice, reuse=False, keep=False)
    assert before.body != after.body
    assert before.payload_id != after.payload_id


def test_ask__down_in_the_middle__what_came_is_stored_and_resumed(database: Database) -> None:
    def dies_at_51(seen: Seen) -> Reply:
        return blocks_of(seen) if len(server.seen) <= 50 else Reply(status=500)

    asked = [questions.block(slot) for slot in range(1, 201)]
    with FaultServer(dies_at_51) as server:
        with pytest.raises(ProviderDown):
            ask_once(database, provider(server.url), asked)
        known = len(stored(database))
        assert 40 <= known <= 50
        server.handler = blocks_of
        answers, requests, reused = ask_once(database, provider(server.url), asked)
    assert (len(answers), requests, reused) == (200, 200 - known, known)


_RUN_FOR_EVER = """
import asyncio, sys
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.asking.recording import asking
from aurora_pipeline.sources.solana.ask import SolanaRpc
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.asking.asked import provider
from aurora_pipeline_tests.asking.test_recording import PLACE

async def go():
    async with asking(Database(sys.argv[1]), provider(sys.argv[2]), SolanaRpc("node"), PLACE) as ask:
        await ask([questions.block(slot) for slot in range(1, 3001)])
asyncio.run(go())
"""


def test_ask__process_killed__the_next_one_resumes(database: Database) -> None:
    reached = threading.Event()

    def hangs_after_1000(seen: Seen) -> Reply:
        if len(server.seen) <= 1000:
            return blocks_of(seen)
        reached.set()
        return Reply(stalls=True)

    with FaultServer(hangs_after_1000) as server:
        child = subprocess.Popen([sys.executable, "-c", _RUN_FOR_EVER, database.conninfo, server.url])
        assert reached.wait(60)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        known = len(stored(database))
        server.handler = blocks_of
        _, requests, reused = ask_once(
            database, provider(server.url), [questions.block(slot) for slot in range(1, 3001)]
        )
    assert known >= 500
    assert (requests, reused) == (3000 - known, known)


def test_ask__cancelled__the_begun_batch_is_stored(database: Database) -> None:
    async def call(ask: RecordingAsk) -> None:
        task = asyncio.ensure_future(ask([questions.block(slot) for slot in range(1, 401)]))
        await asyncio.to_thread(fifty.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    fifty = threading.Event()

    def counted(seen: Seen) -> Reply:
        if len(server.seen) >= 50:
            fifty.set()
        return blocks_of(seen)

    with FaultServer(counted) as server:
        run(database, provider(server.url), call)
    assert 0 < len(stored(database)) < 400


def test_ask__cancelled_while_answers_are_being_stored__its_connection_is_not_used(
    database: Database,
) -> None:
    released: list[str] = []

    def release(by: str) -> None:
        released.append(by)
        holder.rollback()

    async def call(ask: RecordingAsk) -> None:
        task = asyncio.ensure_future(ask([questions.block(slot) for slot in range(1, 5)]))
        waiting = "SELECT 1 FROM pg_locks WHERE NOT granted"
        # A database has no event for this: somebody waits for the lock that is held below.
        while not watcher.execute(waiting).fetchall():  # noqa: ASYNC110 - as said
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # Whoever used that connection now would hold up the event loop, and with it the first of these.
        asyncio.get_running_loop().call_later(0.1, release, "the event loop")
        rescue.start()

    rescue = threading.Timer(5, release, ["the rescue"])
    with (
        FaultServer(blocks_of) as server,
        psycopg.connect(database.conninfo) as holder,
        psycopg.connect(database.conninfo, autocommit=True) as watcher,
    ):
        holder.execute("LOCK TABLE staging_payloads IN EXCLUSIVE MODE")
        run(database, provider(server.url), call)
        rescue.cancel()
    assert released[0] == "the event loop"
    assert len(stored(database)) == 4


def test_ask__keys_in_the_configuration__in_no_stored_byte(database: Database) -> None:
    with FaultServer(blocks_of) as server:
        base = server.url.replace("http://", f"http://me:{SECRET}@")
        settings = provider(f"{base}/{SECRET}?api-key={SECRET}")
        ask_once(database, settings, [questions.block(1)])
    with database.connect() as connection:
        rows = connection.execute("SELECT p::text AS shown FROM staging_payloads p").fetchall()
    assert rows
    assert SECRET not in repr(rows)


def test_ask__database_gone__says_so_instead_of_hanging(database: Database) -> None:
    def breaks_the_database(seen: Seen) -> Reply:
        with Database(database.conninfo).autocommit() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid()"
            )
        return blocks_of(seen)

    with FaultServer(breaks_the_database) as server, pytest.raises(Outage, match="the database was lost"):
        ask_once(database, provider(server.url, concurrency=1), [questions.block(1), questions.block(2)])

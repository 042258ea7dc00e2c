"""The recording Ask: answers are stored as they arrive, and what an earlier run was told is not asked again.

Unless it did not serve: what its question does not accept, or what the adapter doubts, is asked for again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Coroutine, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import psycopg

from aurora_pipeline.asking.adapter import Adapter, Answer, NamesKeyHeader, Question
from aurora_pipeline.asking.file_line import FileLine
from aurora_pipeline.asking.http import ProviderClient
from aurora_pipeline.asking.rpc_batch import grouped
from aurora_pipeline.config.provider import FILE_KIND, Provider
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.payloads.answers import store_answers, stored_answers

BATCH_ANSWERS: Final = 200
"""So many answers are stored in one transaction; a killed run loses no more than that."""
_BATCH_SECONDS: Final = 0.03
_SLICES_AHEAD: Final = 2
_SLICE_BYTES: Final = 8 * 2**20
"""So much is asked for at once, about."""

ProviderLine = ProviderClient | FileLine


@dataclass(frozen=True)
class StoredUnder:
    """Where answers are stored."""

    chain_id: str
    epoch: EpochNumber
    data_type: str


class RecordingAsk:
    """An Ask of one provider for one data type of one period. Made by `asking`."""

    def __init__(
        self, client: ProviderLine, recorder: _Recorder, provider: Provider, *, reuse: bool, keep: bool
    ) -> None:
        self.reused = 0
        self._client = client
        self._recorder = recorder
        self._workers = provider.concurrency
        self._reuse = reuse
        self._keep = keep
        self._asked: set[str] = set()
        """What was asked in this run, or settled by what an earlier one stored; the answers are in the database."""
        self._from_earlier: set[str] = set()
        """What an earlier run settled."""
        self._doubted: set[str] = set()
        """What an earlier run settled that did not serve."""

    @property
    def requests(self) -> int:
        """Requests sent so far, retries included."""
        return self._client.requests

    @property
    def body_bytes(self) -> int:
        """Bytes of bodies received so far."""
        return self._client.body_bytes

    @property
    def from_earlier(self) -> frozenset[str]:
        """The questions that an earlier run's answers settled."""
        return frozenset(self._from_earlier)

    def doubt(self, request_keys: Collection[str]) -> bool:
        """Have questions asked anew where an earlier run's answer was served; whether there are any such."""
        stale = self._from_earlier.intersection(request_keys)
        self._from_earlier -= stale
        self._asked -= stale
        self._doubted |= stale
        return bool(stale)

    async def __call__(self, questions: Sequence[Question]) -> list[Answer]:
        """Answers in the order of the questions; stored. Raises ProviderDown, after storing what did come."""
        by_key = {question.key: question for question in questions}
        known = await self._known(by_key)
        known |= await self._ask_all({key: question for key, question in by_key.items() if key not in known})
        return [known[question.key] for question in questions]

    async def each(self, questions: Iterable[Question]) -> AsyncGenerator[Answer, None]:
        """As when called, answer by answer: asked for a little ahead of who reads them, and then let go.

        Close it where it is not read to its end: until then it goes on asking.
        """
        left, read, read_bytes = iter(questions), 0, 0
        ahead: deque[asyncio.Task[list[Answer]]] = deque()
        try:
            while True:
                while len(ahead) < _SLICES_AHEAD:
                    some = list(islice(left, self._slice(read, read_bytes)))
                    if not some:
                        break
                    ahead.append(asyncio.create_task(self(some)))
                if not ahead:
                    return
                answers = deque(await ahead.popleft())
                while answers:
                    read, read_bytes = read + 1, read_bytes + len(answers[0].body)
                    yield answers.popleft()
                    # Reading takes its time; meanwhile the connections want to be served.
                    await asyncio.sleep(0)
        finally:
            for task in ahead:
                task.cancel()
            await asyncio.gather(*ahead, return_exceptions=True)

    def _slice(self, read: int, read_bytes: int) -> int:
        """How many questions to ask at once: no fewer than keep all connections busy while those before them are read.

        Each slice waits until it is stored, so short answers, by those read so far, come in larger ones.
        """
        fewest = self._workers * self._client.batch_size
        return max(fewest, min(_SLICE_BYTES * read // max(read_bytes, 1), BATCH_ANSWERS))

    async def _known(self, questions: dict[str, Question]) -> dict[str, Answer]:
        """What need not be asked: it was in this run, or an earlier run stored what settles it."""
        may_serve = questions.keys() - self._doubted if self._reuse else set[str]()
        wanted = [key for key in questions if key in self._asked or key in may_serve]
        if not wanted:
            return {}
        stored = await self._recorder.stored(wanted)
        known = {key: answer for key, answer in stored.items() if key in self._asked or questions[key].accepts(answer)}
        from_earlier = known.keys() - self._asked
        self.reused += len(from_earlier)
        self._from_earlier |= from_earlier
        self._asked |= from_earlier
        return known

    async def _ask_all(self, questions: dict[str, Question]) -> dict[str, Answer]:
        """Ask with as many workers as the provider takes; storing goes on beside them and is awaited at the end."""
        storing: list[asyncio.Future[Answer]] = []
        groups = grouped(questions.values(), self._client.batch_size, self._workers)
        left = iter(groups)
        workers = [asyncio.create_task(self._work(left, storing)) for _ in range(min(self._workers, len(groups)))]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            # Nothing more comes to wait for. If storing fails, the answers' futures say so.
            with suppress(psycopg.Error):
                await _shielded(self._recorder.flush())
            stored = await asyncio.gather(*storing)
            answers = {answer.request_key: answer for answer in stored}
            if self._keep:
                self._asked |= answers.keys()
        return answers

    async def _work(self, groups: Iterator[Sequence[Question]], storing: list[asyncio.Future[Answer]]) -> None:
        for group in groups:
            async for answer in self._client.ask_together(group):
                storing.append(self._recorder.add(answer))


class _Recorder:
    """Stores answers in batches, in a thread beside the event loop, in the order in which they came."""

    def __init__(self, connection: Connection, place: StoredUnder, provider: str) -> None:
        self._connection = connection
        self._place = place
        self._provider = provider
        self._waiting: list[tuple[Answer, asyncio.Future[Answer]]] = []
        self._some = asyncio.Event()
        self._many = asyncio.Event()
        self._storing = asyncio.Lock()

    async def stored(self, request_keys: Collection[str]) -> dict[str, Answer]:
        """What is stored here of the answers to some questions."""
        # Shielded, as storing is: a thread cannot be cancelled, and until it is done the connection is not free.
        return await asyncio.shield(self._stored(request_keys))

    async def _stored(self, request_keys: Collection[str]) -> dict[str, Answer]:
        place = self._place
        async with self._storing:
            return await asyncio.to_thread(
                stored_answers,
                self._connection,
                place.chain_id,
                place.epoch,
                place.data_type,
                self._provider,
                request_keys,
            )

    def add(self, answer: Answer) -> asyncio.Future[Answer]:
        """Hand an answer over; the future gives it with its payload id once it is stored."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((answer, future))
        self._some.set()
        if len(self._waiting) >= BATCH_ANSWERS:
            self._many.set()
        return future

    async def run(self) -> None:
        """Store what was handed over, until cancelled."""
        while True:
            await self._some.wait()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._many.wait(), _BATCH_SECONDS)
            # Whoever waits for an answer gets the error.
            with suppress(psycopg.Error):
                await self.flush()

    async def flush(self) -> None:
        """Store everything that waits, after what is being stored.

        Shielded, as everything that works on the connection in a thread: no cancelling stops a thread, and whoever
        comes next has to wait for it. What one caller flushes may be what another waits for.
        """
        await _shielded(self._flush())

    async def _flush(self) -> None:
        async with self._storing:
            batch, self._waiting = self._waiting, []
            self._some.clear()
            self._many.clear()
            if not batch:
                return
            try:
                stored = await asyncio.to_thread(self._store, [answer for answer, _ in batch])
            except psycopg.Error as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                raise
            for (_, future), answer in zip(batch, stored, strict=True):
                if not future.done():
                    future.set_result(answer)

    def _store(self, answers: list[Answer]) -> list[Answer]:
        place = self._place
        with self._connection.transaction():
            return store_answers(
                self._connection, place.chain_id, place.epoch, place.data_type, self._provider, answers
            )


def _shielded(work: Coroutine[Any, Any, None]) -> asyncio.Future[None]:
    """Work that no cancelling stops. What it meets is told to whoever waits for the answers, as nobody may for this."""
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return asyncio.shield(task)


def line_to(provider: Provider, adapter: Adapter) -> ProviderLine:
    """The open line to a provider: over HTTP, or to the operator's own files."""
    if provider.kind == FILE_KIND:
        return FileLine(provider)
    key_header = adapter.key_header if isinstance(adapter, NamesKeyHeader) else None
    return ProviderClient(provider, adapter.passing_trouble, key_header)


@asynccontextmanager
async def asking(
    database: Database,
    provider: Provider,
    adapter: Adapter,
    place: StoredUnder,
    *,
    reuse: bool = True,
    keep: bool = True,
) -> AsyncIterator[RecordingAsk]:
    """An Ask that stores every answer.

    `reuse`: answers stored by earlier runs serve again where they settle the question. `keep`: an equal question
    within this run is asked once; without it (observations) each one is asked anew.
    """
    with database.autocommit() as connection:
        recorder = _Recorder(connection, place, provider.name)
        storing = asyncio.create_task(recorder.run())
        try:
            async with line_to(provider, adapter) as client:
                yield RecordingAsk(client, recorder, provider, reuse=reuse, keep=keep)
        finally:
            storing.cancel()
            await asyncio.gather(storing, return_exceptions=True)
            await recorder.flush()


@asynccontextmanager
async def asking_unrecorded(provider: Provider, adapter: Adapter) -> AsyncIterator[DirectAsk]:
    """An Ask that stores nothing, for questions no figure rests on: where the chain's head is, whether all is well."""
    async with line_to(provider, adapter) as client:
        yield DirectAsk(client)


class DirectAsk:
    """An Ask without a memory. Made by `asking_unrecorded`."""

    def __init__(self, client: ProviderLine) -> None:
        self._client = client

    async def __call__(self, questions: Sequence[Question]) -> list[Answer]:
        """Answers in the order of the questions. Raises ProviderDown."""
        return [await self._client.ask(question) for question in questions]

    async def each(self, questions: Iterable[Question]) -> AsyncGenerator[Answer, None]:
        """The same, answer by answer."""
        for question in questions:
            yield await self._client.ask(question)

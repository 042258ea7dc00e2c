"""Asking one provider over HTTP: limits, retries and the breaker. Nothing secret leaves this module but to the wire."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from types import TracebackType
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from aiolimiter import AsyncLimiter
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from aurora_pipeline.asking.adapter import Answer, ProviderDown, Question
from aurora_pipeline.asking.provider_secrets import secrets_of, spelled_keys, spelled_secrets
from aurora_pipeline.asking.rate_headers import limits_left, pause_when_used_up, retry_after
from aurora_pipeline.asking.rpc_batch import batch_of, taken_apart
from aurora_pipeline.config.provider import Provider, RateLimit
from aurora_pipeline.foundation.log import HIDDEN, event, hide, logger
from aurora_pipeline.foundation.traces import span

# These loggers write addresses and headers, which may hold keys, at levels that people do switch on.
for _name in ("httpx", "httpcore", "hpack", "h2"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_log = logger("providers")

FAILED_QUESTIONS_MAX: Final = 3
"""So many questions in a row fail after all their retries, and the provider counts as down for the rest of the run."""

_PASSING_STATUSES: Final = frozenset((408, 425, 429))
_REFUSING_STATUSES: Final = frozenset((401, 403, 407))
_KEPT_HEADERS: Final = frozenset(("content-type", "date", "age", "retry-after", "x-rpc-node"))
_KEPT_PREFIXES: Final = ("x-ratelimit-", "ratelimit-", "solana-beach-")
# An answer may take several read timeouts in all, as each piece of it starts a new one; but it has to end.
_READS_PER_ATTEMPT: Final = 5
_FIRST_PAUSE_SECONDS: Final = 0.5
# A server that says "nothing left" and not until when, and no rate_limit that would tell.
_WINDOW_SECONDS: Final = 10.0
# Of the allowance so much may go out at once; the rest is spread evenly, so that no stretch of time exceeds the limit.
_BURST_SHARE: Final = 10


class _Passing(Exception):
    """An attempt failed for a reason that may pass. `answer` is what to fall back to when the attempts are used up."""

    def __init__(self, reason: str, answer: Answer | None = None, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.answer = answer
        self.retry_after = retry_after


class ProviderClient:
    """An open line to one provider, for one run: an async context manager."""

    def __init__(
        self,
        provider: Provider,
        passing_trouble: Callable[[Answer], str | None] = lambda answer: None,
        key_header: str | None = None,
    ) -> None:
        """`key_header` names the header for the key where it is not sent as `Authorization: Bearer`."""
        self.requests = 0
        self.body_bytes = 0
        self.limits_left: dict[str, str] = {}
        """What the newest answer said is left of the provider's own limits, by header."""
        self._provider = provider
        self._passing_trouble = passing_trouble
        self._lines = _Lines(provider, key_header)
        self._limiter = None if provider.rate_limit is None else _limiter(provider.rate_limit)
        # A node counts each question of a batch, so a batch must fit into what may go out at once.
        self.batch_size = provider.batch if self._limiter is None else min(provider.batch, int(self._limiter.max_rate))
        """How many questions go into one request at most; 1 once the node has refused more."""
        self._attempt_seconds_max = provider.timeouts.connect_seconds + (
            _READS_PER_ATTEMPT * provider.timeouts.read_seconds
        )
        self._pauses = wait_exponential_jitter(
            multiplier=_FIRST_PAUSE_SECONDS, max=provider.retries.wait_seconds_max, jitter=_FIRST_PAUSE_SECONDS
        )
        self._paused_until = 0.0
        self._refusals = 0
        self._failures = 0
        self._down: ProviderDown | None = None
        self._base = urlsplit(provider.base_url)
        self._window = _WINDOW_SECONDS if provider.rate_limit is None else provider.rate_limit.per_seconds
        self._secrets = spelled_secrets(provider)
        self._keys = spelled_keys(provider)
        hide(secrets_of(provider))

    async def __aenter__(self) -> ProviderClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._lines.close()

    async def ask(self, question: Question) -> Answer:
        """The answer to a question, retried while its failures may pass. Raises ProviderDown with a safe reason."""
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._provider.retries.attempts),
            wait=self._pause,
            retry=retry_if_exception_type(_Passing),
            before_sleep=lambda state: self._tell_of_retry(question, state),
            reraise=True,
        )
        try:
            answer: Answer = await retrying(self._attempt, question)
        except _Passing as trouble:
            if trouble.answer is not None:
                return trouble.answer
            attempts = self._provider.retries.attempts
            tried = f"after {attempts} attempts" if attempts > 1 else "at the only attempt"
            event(
                _log,
                logging.WARNING,
                f"not answered {tried}",
                provider=self._provider.name,
                question=question.key,
                reason=trouble.reason,
            )
            raise self._failed(f"{trouble.reason} ({tried})", may_pass=True) from None
        self._failures = 0
        return answer

    async def ask_together(self, questions: Sequence[Question]) -> AsyncIterator[Answer]:
        """Answers to questions that fit into one request; those it does not settle are asked one by one."""
        told: Mapping[str, Answer] = {}
        if 1 < len(questions) <= self.batch_size:
            told = await self._batch(questions)
        for question in questions:
            answer = told.get(question.key)
            is_settled = answer is not None and self._passing_trouble(answer) is None
            yield answer if answer is not None and is_settled else await self.ask(question)

    async def _batch(self, questions: Sequence[Question]) -> Mapping[str, Answer]:
        problem = "no element of the answer is to a question"
        told: Mapping[str, Answer] = {}
        try:
            told = taken_apart(await self.ask(batch_of(questions)), questions)
        except ProviderDown as error:
            # Too long an answer, or a node that takes no batches; if it is down, the single questions will say so.
            problem = error.reason
        if not told:
            self.batch_size = 1
            event(_log, logging.WARNING, "takes no batches", provider=self._provider.name, reason=problem)
        return told

    def _failed(self, reason: str, down: bool = False, may_pass: bool = False) -> ProviderDown:
        self._failures += 1
        failed = ProviderDown(self._provider.name, reason, self._provider.shown_url, may_pass)
        if self._down is None and (down or self._failures >= FAILED_QUESTIONS_MAX):
            self._down = failed
            event(_log, logging.WARNING, "not asked any more in this run", provider=self._provider.name, reason=reason)
        return failed

    def _pause(self, state: RetryCallState) -> float:
        trouble = state.outcome.exception() if state.outcome is not None else None
        wanted = trouble.retry_after if isinstance(trouble, _Passing) else 0.0
        return max(self._pauses(state), min(wanted, self._provider.retries.wait_seconds_max))

    def _tell_of_retry(self, question: Question, state: RetryCallState) -> None:
        trouble = state.outcome.exception() if state.outcome is not None else None
        event(
            _log,
            logging.INFO,
            "asked again after a pause",
            provider=self._provider.name,
            question=question.key,
            attempt=state.attempt_number,
            reason=str(trouble),
            pause_seconds=round(state.upcoming_sleep, 3),
        )

    async def _attempt(self, question: Question) -> Answer:
        async with self._lines.one() as line:
            await self._wait_for_turn(len(question.body) if isinstance(question.body, list) else 1)
            if self._down is not None:
                told = f"{self._down.reason}; not asked again in this run"
                raise ProviderDown(self._provider.name, told, may_pass=self._down.may_pass)
            self.requests += 1
            try:
                async with asyncio.timeout(self._attempt_seconds_max):
                    answer = await self._exchange(question, line)
            except TimeoutError:
                raise _Passing(f"no complete answer within {self._attempt_seconds_max:g} seconds") from None
            except httpx.HTTPError as error:
                raise _Passing(_words(error, self._provider)) from None
        return self._judged(question, answer)

    async def _wait_for_turn(self, questions: int) -> None:
        loop = asyncio.get_running_loop()
        if (left := self._paused_until - loop.time()) > 0:
            await asyncio.sleep(left)
        if self._limiter is not None:
            await self._limiter.acquire(questions)

    def _judged(self, question: Question, answer: Answer) -> Answer:
        status = answer.status
        self._heed_limits(answer)
        if status in _REFUSING_STATUSES:
            raise self._failed(f"HTTP {status}: it refuses access; check its api_key in providers.yaml", down=True)
        if 300 <= status < 400:
            raise self._failed(
                f"HTTP {status}: it redirects, which is not followed; give its final address as base_url", down=True
            )
        if status in _PASSING_STATUSES or status >= 500:
            wanted = retry_after(answer.headers, datetime.now(UTC)) if status in (429, 503) else 0.0
            is_answer = status in question.final_statuses
            raise _Passing(f"HTTP {status}", answer if is_answer else None, wanted)
        trouble = self._passing_trouble(answer)
        if trouble is not None:
            raise _Passing(trouble, answer)
        return answer

    def _heed_limits(self, answer: Answer) -> None:
        """Make all questions wait where a limit is used up, not this one alone: each request into it lengthens it."""
        now = datetime.now(UTC)
        pause = pause_when_used_up(answer.headers, now, self._window)
        if answer.status == 429:
            self._refusals += 1
            growing = _FIRST_PAUSE_SECONDS * 2 ** min(self._refusals, 10)
            pause = max(pause, retry_after(answer.headers, now) or growing)
        else:
            self._refusals = 0
        self.limits_left = limits_left(answer.headers) or self.limits_left
        if pause > 0:
            pause = min(pause, self._provider.retries.wait_seconds_max)
            self._paused_until = max(self._paused_until, asyncio.get_running_loop().time() + pause)
            event(_log, logging.INFO, "its limit is used up", provider=self._provider.name, pause_seconds=pause)

    async def _exchange(self, question: Question, line: httpx.AsyncClient) -> Answer:
        headers = {} if question.body is None else {"Content-Type": "application/json"}
        content = None if question.body is None else json.dumps(question.body, separators=(",", ":")).encode()
        verb = "GET" if content is None else "POST"
        request = line.build_request(verb, self._url(question), content=content, headers=headers)
        with span(f"ask {self._provider.name}", provider=self._provider.name, question=question.key):
            response = await line.send(request, stream=True)
            try:
                body = await self._body(response)
            finally:
                await response.aclose()
        self.body_bytes += len(body)
        if self._keys.are_in(body):
            # What is stored is kept for ever, and shown to partners in proofs.
            raise self._failed("its answer repeats the key it was asked with, and was not stored", down=True)
        return Answer(
            request_key=question.key,
            request=_shown_request(verb, question),
            status=response.status_code,
            headers=self._kept_headers(response.headers),
            body=body,
            fetched_at=datetime.now(UTC),
            question=question.kind,
        )

    async def _body(self, response: httpx.Response) -> bytes:
        limit = self._provider.max_body_bytes
        announced = response.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > limit:
            raise self._failed(f"its answer has {announced} bytes, more than max_body_bytes ({limit})")
        if "," in response.headers.get("content-encoding", ""):
            # Compressed twice: one small piece could become gigabytes before anything is counted.
            raise self._failed("its answer is compressed more than once")
        pieces: list[bytes] = []
        size = 0
        async for piece in response.aiter_bytes():
            size += len(piece)
            if size > limit:
                raise self._failed(f"its answer is longer than max_body_bytes ({limit})")
            pieces.append(piece)
        return b"".join(pieces)

    def _url(self, question: Question) -> str:
        query = [*parse_qsl(self._base.query, keep_blank_values=True), *question.query.items()]
        path = self._base.path.rstrip("/") + question.path
        return self._base._replace(path=path or "/", query=urlencode(query, doseq=True), fragment="").geturl()

    def _kept_headers(self, headers: httpx.Headers) -> dict[str, str]:
        kept = {}
        for name, value in headers.items():
            if name in _KEPT_HEADERS or name.startswith(_KEPT_PREFIXES):
                kept[name] = self._secrets.taken_out(value, HIDDEN)
        return kept


@cache
def _trusted() -> ssl.SSLContext:
    """Whose certificates are accepted; reading them all takes a tenth of a second, so once for every client."""
    return httpx.create_ssl_context()


@cache
def _nobody() -> ssl.SSLContext:
    """For lines that are never encrypted: whoever wanted to be would not be trusted."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class _Lines:
    """As many connections as may be used at once, each opened when it is needed and kept open.

    A client per connection: a pool of many looks at all of them twice per request, which costs more than the rest.
    """

    def __init__(self, provider: Provider, key_header: str | None) -> None:
        self._provider = provider
        self._key_header = key_header
        self._places = asyncio.Semaphore(provider.concurrency)
        self._idle: list[httpx.AsyncClient] = []
        self._all: list[httpx.AsyncClient] = []

    @asynccontextmanager
    async def one(self) -> AsyncIterator[httpx.AsyncClient]:
        """A connection of one's own; waits while all are in use."""
        async with self._places:
            line = self._idle.pop() if self._idle else self._opened()
            try:
                yield line
            except BaseException:
                # What was broken off in the middle, by cancelling it above all, may never be free for another request.
                self._all.remove(line)
                await line.aclose()
                raise
            self._idle.append(line)

    async def close(self) -> None:
        """Close all of them."""
        for line in self._all:
            await line.aclose()

    def _opened(self) -> httpx.AsyncClient:
        provider = self._provider
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip, deflate", "User-Agent": "aurora-pipeline"}
        if provider.api_key is not None:
            key = provider.api_key.get_secret_value()
            headers |= {"Authorization": f"Bearer {key}"} if self._key_header is None else {self._key_header: key}
        base = urlsplit(provider.base_url)
        # A proxy of the environment serves the outside world, not this machine.
        may_leave = base.hostname not in ("localhost", "127.0.0.1", "::1")
        line = httpx.AsyncClient(
            http2=True,
            verify=_trusted() if may_leave or base.scheme == "https" else _nobody(),
            headers=headers,
            follow_redirects=False,
            trust_env=may_leave,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=30),
            timeout=httpx.Timeout(provider.timeouts.read_seconds, connect=provider.timeouts.connect_seconds, pool=None),
        )
        self._all.append(line)
        return line


def _limiter(limit: RateLimit) -> AsyncLimiter:
    burst = max(1, limit.requests // _BURST_SHARE)
    per_second = max(1, limit.requests - burst) / limit.per_seconds
    return AsyncLimiter(burst, burst / per_second)


def _shown_request(verb: str, question: Question) -> Mapping[str, object]:
    request: dict[str, object] = {"verb": verb, "path": question.path}
    if question.query:
        request["query"] = dict(question.query)
    if question.body is not None:
        request["body"] = question.body
    return request


def _words(error: httpx.HTTPError, provider: Provider) -> str:
    # The text of these errors may repeat the address; their kind says enough.
    match error:
        case httpx.ConnectTimeout():
            return f"no connection within {provider.timeouts.connect_seconds:g} seconds"
        case httpx.TimeoutException():
            return f"no data for {provider.timeouts.read_seconds:g} seconds"
        case httpx.ConnectError() if "CERTIFICATE" in str(error):
            return "its certificate is not accepted"
        case httpx.ConnectError():
            return "no connection: the host is unknown or refuses"
        case httpx.DecodingError():
            return "its answer is compressed wrongly"
        case _:
            return f"the connection broke off ({type(error).__name__})"

"""Asking one provider over HTTP: limits, retries and the breaker. Nothing secret leaves this module but to the wire."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from aiolimiter import AsyncLimiter
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import (
    BuilderError,
    ConnectError,
    ConnectTimeoutError,
    DecodeError,
    RequestError,
    RequestTimeoutError,
)
from pyreqwest.http import HeaderMap
from pyreqwest.response import Response
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from aurora_pipeline.asking.adapter import Answer, ProviderDown, Question
from aurora_pipeline.asking.provider_secrets import secrets_of, spelled_keys, spelled_secrets
from aurora_pipeline.asking.rate_headers import limits_left, pause_when_used_up, retry_after
from aurora_pipeline.asking.rpc_batch import batch_of, taken_apart
from aurora_pipeline.config.provider import Provider, RateLimit
from aurora_pipeline.foundation.log import HIDDEN, event, hide, logger

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
_IDLE: Final = timedelta(seconds=30)
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
        self._key_header = key_header
        self._client: Client | None = None
        self._places = asyncio.Semaphore(provider.concurrency)
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
        if self._client is not None:
            await self._client.close()

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
        async with self._places:
            await self._wait_for_turn(len(question.body) if isinstance(question.body, list) else 1)
            if self._down is not None:
                told = f"{self._down.reason}; not asked again in this run"
                raise ProviderDown(self._provider.name, told, may_pass=self._down.may_pass)
            self.requests += 1
            try:
                async with asyncio.timeout(self._attempt_seconds_max):
                    answer = await self._exchange(question)
            # A timeout of the line is a TimeoutError too.
            except RequestError as error:
                raise _Passing(_words(error, self._provider)) from None
            except TimeoutError:
                raise _Passing(f"no complete answer within {self._attempt_seconds_max:g} seconds") from None
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

    async def _exchange(self, question: Question) -> Answer:
        content = None if question.body is None else json.dumps(question.body, separators=(",", ":")).encode()
        verb = "GET" if content is None else "POST"
        request = self._line().request(verb, self._url(question))
        if content is not None:
            request = request.header("Content-Type", "application/json").body_bytes(content)
        async with request.build_streamed() as response:
            body = await self._body(response)
            status, headers = response.status, self._kept_headers(response.headers)
        self.body_bytes += len(body)
        if self._keys.are_in(body):
            # What is stored is kept for ever, and shown to partners in proofs.
            raise self._failed("its answer repeats the key it was asked with, and was not stored", down=True)
        return Answer(
            request_key=question.key,
            request=_shown_request(verb, question),
            status=status,
            headers=headers,
            body=body,
            fetched_at=datetime.now(UTC),
            question=question.kind,
        )

    def _line(self) -> Client:
        if self._client is None:
            try:
                self._client = _opened(self._provider, self._key_header)
            except BuilderError:
                told = (
                    "this machine has no list of certificates to trust; install ca-certificates, or set SSL_CERT_FILE"
                )
                raise self._failed(told, down=True) from None
        return self._client

    async def _body(self, response: Response) -> bytes:
        limit = self._provider.max_body_bytes
        announced = _text(response.headers, "content-length")
        if announced.isdigit() and int(announced) > limit:
            raise self._failed(f"its answer has {announced} bytes, more than max_body_bytes ({limit})")
        if "," in _text(response.headers, "content-encoding"):
            # Compressed twice: one small piece could become gigabytes before anything is counted.
            raise self._failed("its answer is compressed more than once")
        body = bytes(await response.body_reader.read(limit + 1) or b"")
        if len(body) > limit:
            raise self._failed(f"its answer is longer than max_body_bytes ({limit})")
        return body

    def _url(self, question: Question) -> str:
        query = [*parse_qsl(self._base.query, keep_blank_values=True), *question.query.items()]
        path = self._base.path.rstrip("/") + question.path
        return self._base._replace(path=path or "/", query=urlencode(query, doseq=True), fragment="").geturl()

    def _kept_headers(self, headers: HeaderMap) -> dict[str, str]:
        kept = {}
        for name in headers:
            if name in _KEPT_HEADERS or name.startswith(_KEPT_PREFIXES):
                kept[name] = self._secrets.taken_out(_text(headers, name), HIDDEN)
        return kept


def _text(headers: HeaderMap, name: str) -> str:
    """What a header says; nothing where it is not there, or no text."""
    try:
        return ", ".join(headers.getall(name)) if name in headers else ""
    except ValueError:
        return ""


def _opened(provider: Provider, key_header: str | None) -> Client:
    """A line of as many connections as may be used at once, each opened when it is needed and kept open."""
    headers = {"Accept": "application/json", "User-Agent": "aurora-pipeline"}
    if provider.api_key is not None:
        key = provider.api_key.get_secret_value()
        headers |= {"Authorization": f"Bearer {key}"} if key_header is None else {key_header: key}
    line = (
        ClientBuilder()
        .default_headers(headers)
        .gzip(True)
        .deflate(True)
        .brotli(False)
        .zstd(False)
        .follow_redirects(False)
        .referer(False)
        .pool_idle_timeout(_IDLE)
        .connect_timeout(timedelta(seconds=provider.timeouts.connect_seconds))
        .read_timeout(timedelta(seconds=provider.timeouts.read_seconds))
    )
    # A proxy of the environment serves the outside world, not this machine.
    is_here = urlsplit(provider.base_url).hostname in ("localhost", "127.0.0.1", "::1")
    return (line.no_proxy() if is_here else line).build()


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


def _words(error: RequestError, provider: Provider) -> str:
    # The text of these errors may repeat the address; their kind says enough.
    match error:
        case ConnectTimeoutError() if _is_caused_by(error, "Connect"):
            return f"no connection within {provider.timeouts.connect_seconds:g} seconds"
        case RequestTimeoutError():
            return f"no data for {provider.timeouts.read_seconds:g} seconds"
        case ConnectError() if _is_caused_by(error, "certificate"):
            return "its certificate is not accepted"
        case ConnectError():
            return "no connection: the host is unknown or refuses"
        case DecodeError():
            return "its answer is compressed wrongly"
        case _:
            return f"the connection broke off ({type(error).__name__})"


def _is_caused_by(error: RequestError, word: str) -> bool:
    return any(word in cause["message"] for cause in error.details["causes"] or ())

"""Asking over HTTP: what is retried, what is refused, what is never said."""

from __future__ import annotations

import asyncio
import gzip
import logging
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain, repeat
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from aurora_pipeline.asking.adapter import Answer, ProviderDown, Question
from aurora_pipeline.asking.http import FAILED_QUESTIONS_MAX, ProviderClient, _trusted
from aurora_pipeline.config import Provider
from aurora_pipeline_tests.asking.asked import provider
from aurora_pipeline_tests.faults.server import FaultServer, Reply, json_reply

OK = Reply(b'{"fine":1}')
SECRET = "sEcReT-0123456789"


def in_turn(*replies: Reply) -> Callable[[object], Reply]:
    """Each reply once, the last one for ever."""
    turns: Iterator[Reply] = chain(replies, repeat(replies[-1]))
    return lambda seen: next(turns)


def ask(settings: Provider, *questions: Question, trouble: Any = lambda answer: None) -> list[Answer | ProviderDown]:
    """Ask one question after the other over one line; a provider that is down is a result."""

    async def run() -> list[Answer | ProviderDown]:
        results: list[Answer | ProviderDown] = []
        async with ProviderClient(settings, trouble) as client:
            for question in questions:
                try:
                    results.append(await client.ask(question))
                except ProviderDown as error:
                    results.append(error)
        return results

    return asyncio.run(run())


def question(number: int = 1, **fields: Any) -> Question:
    return Question(key=f"question {number}", path="/thing", query={"n": number}, **fields)


def down_reason(result: Answer | ProviderDown) -> str:
    assert isinstance(result, ProviderDown)
    return result.reason


def test_ask__get_with_query__body_exactly_as_sent() -> None:
    body = b' {"a": 1.10,\n "b":"\xc3\xa4"} '
    with FaultServer(in_turn(Reply(body, headers={"content-type": "application/json", "set-cookie": "a=b"}))) as server:
        (answer,) = ask(provider(server.url + "/base"), question())
    assert isinstance(answer, Answer)
    assert (answer.status, answer.body) == (200, body)
    assert answer.request == {"verb": "GET", "path": "/thing", "query": {"n": 1}}
    assert answer.headers == {"content-type": "application/json"}
    assert (server.seen[0].path, server.seen[0].query) == ("/base/thing", {"n": "1"})


def test_ask__post__body_is_compact_json() -> None:
    with FaultServer(in_turn(OK)) as server:
        ask(provider(server.url), Question(key="k", path="", body={"b": [1, 2], "a": None}))
    assert (server.seen[0].verb, server.seen[0].body) == ("POST", b'{"b":[1,2],"a":null}')


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_ask__passing_status__retried_until_it_is_over(status: int) -> None:
    with FaultServer(in_turn(Reply(status=status), Reply(status=status), OK)) as server:
        (answer,) = ask(provider(server.url), question())
    assert isinstance(answer, Answer)
    assert answer.body == OK.body
    assert len(server.seen) == 3


def test_ask__passing_status_for_ever__provider_down_after_all_attempts() -> None:
    with FaultServer(in_turn(Reply(status=503))) as server:
        (result,) = ask(provider(server.url), question())
    assert down_reason(result).startswith("HTTP 503 (after 3 attempts)")
    assert len(server.seen) == 3


@pytest.mark.parametrize("status", [400, 404, 410, 413, 422])
def test_ask__permanent_failure__is_an_answer_at_once(status: int) -> None:
    with FaultServer(in_turn(Reply(b"no", status=status))) as server:
        (answer,) = ask(provider(server.url), question())
    assert isinstance(answer, Answer)
    assert (answer.status, answer.body, len(server.seen)) == (status, b"no", 1)


def test_ask__final_status__is_the_answer_after_the_retries() -> None:
    with FaultServer(in_turn(Reply(b"{}", status=500))) as server:
        (answer,) = ask(provider(server.url), question(final_statuses=frozenset({500})))
    assert isinstance(answer, Answer)
    assert (answer.status, len(server.seen)) == (500, 3)


@pytest.mark.parametrize("status", [401, 403, 407])
def test_ask__access_refused__down_at_once_with_a_remedy(status: int) -> None:
    with FaultServer(in_turn(Reply(status=status))) as server:
        first, second = ask(provider(server.url), question(1), question(2))
    assert "check its api_key" in down_reason(first)
    assert "not asked again" in down_reason(second)
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_ask__redirect__refused_and_not_followed(status: int) -> None:
    with FaultServer(in_turn(OK)) as elsewhere:
        target = {"location": elsewhere.url + "/steal"}
        with FaultServer(in_turn(Reply(status=status, headers=target))) as server:
            (result,) = ask(provider(server.url, api_key=SECRET), question())
    assert "redirects" in down_reason(result)
    assert elsewhere.seen == []


def test_ask__half_a_body__retried() -> None:
    with FaultServer(in_turn(Reply(b'{"whole":true}', cut_after=5), OK)) as server:
        (answer,) = ask(provider(server.url), question())
    assert isinstance(answer, Answer)
    assert answer.body == OK.body


def test_ask__gzip__body_as_before_compression() -> None:
    body = b'{"a":' + b"1" * 5000 + b"}"
    with FaultServer(in_turn(Reply(gzip.compress(body), headers={"content-encoding": "gzip"}))) as server:
        (answer,) = ask(provider(server.url), question())
    assert isinstance(answer, Answer)
    assert answer.body == body


def test_ask__broken_gzip__down() -> None:
    with FaultServer(in_turn(Reply(b"this is no gzip", headers={"content-encoding": "gzip"}))) as server:
        (result,) = ask(provider(server.url), question())
    assert "compressed wrongly" in down_reason(result)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(gzip.compress(b" " * 3_000_000), headers={"content-encoding": "gzip"}),
        Reply(gzip.compress(gzip.compress(b" " * 3_000_000)), headers={"content-encoding": "gzip, gzip"}),
        Reply(b" " * 20_000),
    ],
    ids=["bomb", "bomb in a bomb", "announced"],
)
def test_ask__longer_than_allowed__refused_without_retry(reply: Reply) -> None:
    with FaultServer(in_turn(reply)) as server:
        (result,) = ask(provider(server.url, max_body_bytes=10_000), question())
    assert "max_body_bytes" in down_reason(result) or "more than once" in down_reason(result)
    assert len(server.seen) == 1


def test_ask__no_data__times_out_and_says_so() -> None:
    settings = provider("http://unset", timeouts={"connect_seconds": 1, "read_seconds": 0.05})
    with FaultServer(in_turn(Reply(stalls=True))) as server:
        (result,) = ask(settings.model_copy(update={"base_url": server.url}), question())
    assert down_reason(result).startswith("no data for 0.05 seconds")
    assert len(server.seen) == 3


def test_ask__drop_by_drop_for_ever__ends_at_the_total_limit() -> None:
    timeouts = {"connect_seconds": 0.5, "read_seconds": 0.5}
    with FaultServer(in_turn(Reply(dribbles=True))) as server:
        settings = provider(server.url, timeouts=timeouts, retries={"attempts": 1, "wait_seconds_max": 0})
        (result,) = ask(settings, question())
    assert down_reason(result).startswith("no complete answer within 3 seconds")


def test_ask__nobody_listens__down_without_an_address_in_the_words() -> None:
    (result,) = ask(provider(f"http://user:{SECRET}@127.0.0.1:9/{SECRET}?key={SECRET}"), question())
    assert down_reason(result).startswith("no connection")
    assert SECRET not in str(result)


def test_ask__down_again_and_again__breaker_stops_asking() -> None:
    count = FAILED_QUESTIONS_MAX + 2
    with FaultServer(in_turn(Reply(status=500))) as server:
        results = ask(provider(server.url), *(question(number) for number in range(count)))
    assert len(server.seen) == 3 * FAILED_QUESTIONS_MAX
    assert all("not asked again" in down_reason(result) for result in results[FAILED_QUESTIONS_MAX:])


def test_ask__success_between_failures__breaker_stays_closed() -> None:
    broken = [Reply(status=500)] * 3
    with FaultServer(in_turn(*broken, *broken, OK, *broken, *broken, OK)) as server:
        results = ask(provider(server.url), *(question(number) for number in range(6)))
    assert [isinstance(result, Answer) for result in results] == [False, False, True, False, False, True]


def test_ask__retry_after__waited_for_by_all_but_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    real_sleep = asyncio.sleep

    async def sleep(seconds: float, *rest: Any) -> Any:
        waits.append(seconds)
        await real_sleep(0, *rest)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    for header in ("2", "3600", in_an_hour):
        waits.clear()
        with FaultServer(in_turn(Reply(status=429, headers={"retry-after": header}), OK)) as server:
            settings = provider(server.url, retries={"attempts": 2, "wait_seconds_max": 7})
            (answer,) = ask(settings, question())
        assert isinstance(answer, Answer)
        longest = max(waits)
        assert longest == (2 if header == "2" else 7)


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"ratelimit-remaining": "0", "ratelimit-reset": "3"}, 3),
        ({"X-Ratelimit-Method-Remaining": "0", "x-ratelimit-rps-remaining": "9"}, 5),
        ({"Solana-Beach-Standard-Credits-Remaining": "0"}, 5),
        ({"Solana-Beach-On-Demand-Credits-Remaining": "12"}, 0),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "600"}, 7),
    ],
)
def test_ask__limit_used_up__the_next_question_waits(
    headers: dict[str, str], pause: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    real_sleep = asyncio.sleep

    async def sleep(seconds: float, *rest: Any) -> Any:
        waits.append(round(seconds))
        await real_sleep(0, *rest)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with FaultServer(in_turn(Reply(OK.body, headers=headers))) as server:
        settings = provider(
            server.url,
            retries={"attempts": 1, "wait_seconds_max": 7},
            rate_limit={"requests": 1_000, "per_seconds": 5},
        )
        answers = ask(settings, question(1), question(2))
    assert all(isinstance(answer, Answer) for answer in answers)
    assert max([wait for wait in waits if wait >= 1], default=0) == pause


def test_ask__429_again_and_again_without_a_word__pauses_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    real_sleep = asyncio.sleep

    async def sleep(seconds: float, *rest: Any) -> Any:
        waits.append(seconds)
        await real_sleep(0, *rest)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with FaultServer(in_turn(*[Reply(status=429)] * 4, OK)) as server:
        (answer,) = ask(provider(server.url, retries={"attempts": 5, "wait_seconds_max": 60}), question())
    assert isinstance(answer, Answer)
    assert max(waits) >= 4


def test_ask__answer_repeats_the_key__refused_before_anything_is_stored() -> None:
    with FaultServer(in_turn(Reply(f'{{"error":"bad key {SECRET}"}}'.encode()))) as server:
        (result,) = ask(provider(server.url, api_key=SECRET), question())
    assert "repeats the key" in down_reason(result)
    assert SECRET not in str(result)


def test_ask__retries_and_breaker__logged_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="aurora")
    with FaultServer(in_turn(Reply(status=500))) as server:
        settings = provider(f"{server.url}/{SECRET}", api_key=SECRET)
        ask(settings, *(question(number) for number in range(FAILED_QUESTIONS_MAX)))
    messages = [record.getMessage() for record in caplog.records]
    assert sum(message.startswith("asked again after a pause ") for message in messages) == 2 * FAILED_QUESTIONS_MAX
    (given_up,) = [message for message in messages if message.startswith("not asked any more in this run ")]
    assert f"provider={settings.name} reason=HTTP 500" in given_up
    assert all(SECRET not in str(vars(record)) for record in caplog.records)


@pytest.mark.parametrize("header", ["", "soon", "-3", "1e9", "²"])
def test_ask__unusable_retry_after__ignored(header: str) -> None:
    with FaultServer(in_turn(Reply(status=429, headers={"retry-after": header}), OK)) as server:
        (answer,) = ask(provider(server.url, retries={"attempts": 2, "wait_seconds_max": 0}), question())
    assert isinstance(answer, Answer)


def test_ask__many_at_once__no_more_than_concurrency_and_one_connection_each() -> None:
    async def run(settings: Provider) -> None:
        async with ProviderClient(settings) as client:
            await asyncio.gather(*(client.ask(question(number)) for number in range(40)))

    with FaultServer(in_turn(OK)) as server:
        asyncio.run(run(provider(server.url, concurrency=3)))
    assert (server.busiest, len(server.seen)) == (3, 40)


def test_ask__rate_limit__no_stretch_of_time_sees_more() -> None:
    stamps: list[float] = []

    def handler(seen: object) -> Reply:
        stamps.append(asyncio.get_running_loop().time())
        return OK

    async def run(settings: Provider) -> None:
        async with ProviderClient(settings) as client:
            await asyncio.gather(*(client.ask(question(number)) for number in range(25)))

    with FaultServer(handler) as server:
        asyncio.run(run(provider(server.url, concurrency=25, rate_limit={"requests": 10, "per_seconds": 0.3})))
    # A little slack at the edges: a request takes its time from its permit to the server.
    assert all(len([late for late in stamps if 0 <= late - start < 0.28]) <= 10 for start in stamps)
    assert len(stamps) == 25


def test_ask__passing_trouble_in_a_good_answer__retried_then_given_as_it_is() -> None:
    behind, fine = json_reply({"behind": True}), json_reply({"behind": False})

    def trouble(answer: Answer) -> str | None:
        return "behind" if b"true" in answer.body else None

    with FaultServer(in_turn(behind, fine)) as server:
        (recovered,) = ask(provider(server.url), question(), trouble=trouble)
    with FaultServer(in_turn(behind)) as server:
        (stuck,) = ask(provider(server.url), question(), trouble=trouble)
    assert isinstance(recovered, Answer)
    assert isinstance(stuck, Answer)
    assert (recovered.body, stuck.body, len(server.seen)) == (fine.body, behind.body, 3)


def test_ask__keys__sent_but_never_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    # The loggers of the libraries keep their level when the root's is lowered.
    echo = {"x-rpc-node": f"node for {SECRET}", "content-type": "application/json"}
    with FaultServer(in_turn(Reply(b"{}", headers=echo), Reply(status=400), Reply(status=500))) as server:
        base = server.url.replace("http://", f"http://me:{SECRET}@")
        settings = provider(f"{base}/{SECRET}/rpc?api-key={SECRET}")
        results = ask(settings, question(1), question(2), question(3))
    assert server.seen[0].headers["authorization"]
    assert server.seen[0].path == f"/{SECRET}/rpc/thing"
    assert server.seen[0].query == {"api-key": SECRET, "n": "1"}
    said = f"{results!r} {results[-1]!s} {caplog.text}"
    assert SECRET not in said
    assert isinstance(results[0], Answer)
    assert results[0].headers["x-rpc-node"] == "node for …"


def test_ask__api_key_of_an_api_with_a_header_of_its_own__sent_there_alone() -> None:
    async def run(settings: Provider) -> None:
        async with ProviderClient(settings, key_header="X-Key") as client:
            await client.ask(question())

    with FaultServer(in_turn(Reply(b"{}"))) as server:
        asyncio.run(run(provider(server.url, api_key=SECRET)))
    assert (server.seen[0].headers["x-key"], "authorization" in server.seen[0].headers) == (SECRET, False)


def test_ask__api_key__sent_as_bearer() -> None:
    with FaultServer(in_turn(OK)) as server:
        ask(provider(server.url, api_key=SECRET), question())
    assert server.seen[0].headers["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize(
    ("address", "echo"),
    [
        ("{url}/rpc?api-key=FAKEQUERY%2FKEY987654", "/rpc?api-key=FAKEQUERY%2FKEY987654&n=1"),
        ("{url}/rpc?api-key=FAKEQUERY%2FKEY987654", "/rpc?api-key=FAKEQUERY%2fKEY987654"),
        ("{url}/rpc?api-key=FAKEQUERY%2FKEY987654", "key FAKEQUERY/KEY987654"),
        ("{url}/rpc?api-key=FAKEQUERY%2FKEY987654", r"key FAKEQUERY\\/KEY987654"),
        ("{url}/rpc?api-key=FAKEQUERY/KEY987654", "key FAKEQUERY%2FKEY987654"),
        ("{url}/rpc?FAKEQUERY-KEY987654", "rpc?FAKEQUERY-KEY987654="),
        ("{url}/rpc?v=ANOTHER-FAKEQUERY-KEY987654", "v=ANOTHER-FAKEQUERY-KEY987654"),
        ("{url}/v2/FAKEPATH%2DKEY0987654321", "no path /v2/FAKEPATH-KEY0987654321"),
        ("{login}/rpc", "authorization: Basic bWU6cEBzcy13b3Jk"),
        ("{login}/rpc", "user me, password p@ss-word"),
        ("{login}/rpc", "user me, password p%40ss-word"),
    ],
)
def test_ask__answer_repeats_the_key_of_the_address__not_stored_not_said(address: str, echo: str) -> None:
    with FaultServer(in_turn(Reply(f'{{"error":"{echo}"}}'.encode()))) as server:
        url = address.format(url=server.url, login=server.url.replace("http://", "http://me:p%40ss-word@"))
        (refused,) = ask(provider(url), question())
    assert "repeats the key" in down_reason(refused)
    for word in ("987654", "0987654321", "word", "bWU6"):
        assert word not in str(refused)


def test_ask__header_repeats_the_key_in_another_spelling__taken_out() -> None:
    echo = {"x-rpc-node": "for FAKEQUERY%2fKEY987654 at last"}
    with FaultServer(in_turn(Reply(b"{}", headers=echo))) as server:
        (answer,) = ask(provider(f"{server.url}/rpc?api-key=FAKEQUERY%2FKEY987654"), question())
    assert isinstance(answer, Answer)
    assert answer.headers["x-rpc-node"] == "for … at last"


@contextmanager
def self_signed_server() -> Iterator[str]:
    """An HTTPS server whose certificate nobody vouches for; its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("self_signed.pem"))
    with ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"https://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_ask__certificate_nobody_vouches_for__refused() -> None:
    with self_signed_server() as url:
        (answer,) = ask(provider(url, retries={"attempts": 1}), question())
    assert "its certificate is not accepted" in down_reason(answer)


def test_client__many_of_them__read_the_trusted_certificates_once_and_only_to_encrypt() -> None:
    _trusted.cache_clear()
    with FaultServer(in_turn(OK)) as server:
        ask(provider(server.url), question())
    assert _trusted.cache_info().misses == 0
    with self_signed_server() as url:
        for _ in range(2):
            ask(provider(url, retries={"attempts": 1}), question())
    assert _trusted.cache_info().misses == 1

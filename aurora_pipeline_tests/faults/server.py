"""A local HTTP/1.1 server whose every answer a test decides: cut off, stalled, dribbled, compressed, redirected."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    verb: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    parameters: tuple[tuple[str, str], ...] = ()
    """The query with what is repeated in it."""

    @property
    def rpc(self) -> Any:
        """The JSON-RPC request in the body."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What to send back."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    """Send only so many bytes of the body and close, though all were announced."""
    stalls: bool = False
    """Never answer."""
    dribbles: bool = False
    """Send the body byte by byte, slowly, for ever."""


Handler = Callable[[Seen], Reply]


def json_reply(value: object, status: int = 200, **headers: str) -> Reply:
    """A JSON answer."""
    return Reply(json.dumps(value).encode(), status, {"content-type": "application/json", **headers})


def rpc_result(seen: Seen, result: object) -> Reply:
    """A JSON-RPC result."""
    return json_reply({"jsonrpc": "2.0", "result": result, "id": seen.rpc["id"]})


def rpc_error(code: int, message: str = "it failed") -> Reply:
    """A JSON-RPC error, which comes with HTTP 200."""
    return json_reply({"jsonrpc": "2.0", "error": {"code": code, "message": message}, "id": 1})


class FaultServer:
    """A server in a thread; `handler` answers, and `seen` keeps the requests."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.seen: list[Seen] = []
        self.busiest = 0
        self._busy = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()
        self._ended = asyncio.Event()
        self.url = ""

    def __enter__(self) -> FaultServer:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._ended.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._exchange(reader, writer):
                pass
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        seen = await _request(reader)
        self.seen.append(seen)
        self._busy += 1
        self.busiest = max(self.busiest, self._busy)
        try:
            # One turn of the loop, so that requests under way at once are counted as such.
            await asyncio.sleep(0.002)
            reply = self.handler(seen)
            if reply.stalls:
                await self._ended.wait()
            return await self._send(reply, writer)
        finally:
            self._busy -= 1

    async def _send(self, reply: Reply, writer: asyncio.StreamWriter) -> bool:
        headers = {"content-length": str(len(reply.body)), **reply.headers}
        if reply.dribbles:
            headers["content-length"] = "1000000"
        head = f"HTTP/1.1 {reply.status} Something\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items())
        writer.write(head.encode() + b"\r\n")
        while reply.dribbles:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)
        writer.write(reply.body if reply.cut_after is None else reply.body[: reply.cut_after])
        await writer.drain()
        return reply.cut_after is None


async def _request(reader: asyncio.StreamReader) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    verb, target, _ = head[0].split(" ", 2)
    headers = {}
    for line in head[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    parts = urlsplit(target)
    pairs = tuple(parse_qsl(parts.query))
    return Seen(verb, parts.path, dict(pairs), headers, body, pairs)

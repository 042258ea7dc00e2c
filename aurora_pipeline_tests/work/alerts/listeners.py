"""A webhook's server and a mail server that listen on this machine, and that can be made to fail."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any


class Hook:
    """What a webhook heard, and how it answers: a status, or seconds of silence."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.status = 200
        self.silent_seconds = 0.0
        self.url = ""


@contextmanager
def webhook() -> Iterator[Hook]:
    """A server that takes messages by POST."""
    hook = Hook()

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(hook.silent_seconds)
            if hook.status < 300 and not hook.silent_seconds:
                hook.heard.append(json.loads(body))
            self.send_response(hook.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_request(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    hook.url = f"http://127.0.0.1:{server.server_address[1]}/T0/secret-of-the-hook"
    with _serving(server):
        yield hook


class Postbox:
    """The mails a server took, and which replies it gives to a command instead of the usual one."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.replies: dict[str, str] = {}
        self.port = 0


@contextmanager
def mail_server() -> Iterator[Postbox]:
    """A server that speaks as much of SMTP as a mail needs."""
    box = Postbox()

    class Speaking(StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 here")
            while line := self.rfile.readline():
                verb = line.split()[0].upper().decode() if line.split() else ""
                if verb in box.replies:
                    self._say(box.replies[verb])
                elif verb == "DATA":
                    self._say("354 go on")
                    box.mails.append(message_from_bytes(b"".join(self._lines()), policy=default))
                    self._say("250 taken")
                else:
                    self._say("221 bye" if verb == "QUIT" else "250 well")

        def _lines(self) -> Iterator[bytes]:
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                yield line

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    server = ThreadingTCPServer(("127.0.0.1", 0), Speaking)
    box.port = server.server_address[1]
    with _serving(server):
        yield box


@contextmanager
def _serving(server: ThreadingTCPServer | ThreadingHTTPServer) -> Iterator[None]:
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()

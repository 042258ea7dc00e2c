"""A Chromium without a window, driven over its debugging socket: a page opened from a file, and what it does."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_PATIENCE = 60.0


@dataclass
class Tab:
    """One page; `seen` is what it asked the network for, wrote to the console, or failed with."""

    socket: ClientConnection
    number: int = 0
    seen: list[str] = field(default_factory=list)

    def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            told = json.loads(self.socket.recv(timeout=_PATIENCE))
            if told.get("id") == self.number:
                assert "error" not in told, told
                return dict(told["result"])
            self.note(told)

    def note(self, told: dict[str, Any]) -> None:
        parameters = told.get("params", {})
        if told["method"] == "Network.requestWillBeSent":
            self.seen.append(parameters["request"]["url"])
        elif told["method"] in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"):
            self.seen.append(json.dumps(parameters))

    def value(self, expression: str) -> Any:
        return self.ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def choose(self, selector: str, *paths: Path) -> None:
        root = self.ask("DOM.getDocument")["root"]["nodeId"]
        node = self.ask("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.ask("DOM.setFileInputFiles", nodeId=node, files=[str(path) for path in paths])

    def wait_for(self, expression: str) -> Any:
        deadline = time.monotonic() + _PATIENCE
        while not (found := self.value(expression)):
            assert time.monotonic() < deadline, (expression, self.seen)
            time.sleep(0.05)
        return found


@contextlib.contextmanager
def opened(page: Path, folder: Path, width: int = 1100) -> Iterator[Tab]:
    """Open a page from its file, as a double click would."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0"]
    command = [str(CHROMIUM), *options, f"--user-data-dir={folder / 'profile'}", "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port = _port(folder / "profile" / "DevToolsActivePort")
        target = httpx.put(f"http://127.0.0.1:{port}/json/new?about:blank", timeout=_PATIENCE).json()
        with connect(target["webSocketDebuggerUrl"], max_size=None) as socket:
            tab = Tab(socket)
            for domain in ("Network", "Runtime", "Log", "DOM", "Page"):
                tab.ask(f"{domain}.enable")
            tab.ask("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
            tab.ask("Page.navigate", url=page.as_uri())
            tab.wait_for("document.readyState === 'complete' && document.getElementById('file') !== null")
            yield tab
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def _port(file: Path) -> str:
    deadline = time.monotonic() + _PATIENCE
    while not (file.exists() and file.read_text().strip()):
        assert time.monotonic() < deadline, "the browser does not start"
        time.sleep(0.05)
    return file.read_text().split()[0]

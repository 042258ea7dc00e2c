"""A real execution node: Anvil, installed by npm into a folder of its own and started there."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import pytest

PACKAGE: Final = "@foundry-rs/anvil@1.7.1"
_INSTALL_SECONDS: Final = 180
_START_SECONDS: Final = 60


def installed(folder: Path) -> Path:
    """The program; the test is skipped where npm is not there, or cannot have the package."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed here, so there is no real execution node to ask")
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), PACKAGE]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not install {PACKAGE} within {_INSTALL_SECONDS} s")
    found = sorted(folder.glob("node_modules/@foundry-rs/anvil-*/bin/anvil"))
    if ended.returncode != 0 or not found:
        pytest.skip(f"npm cannot install {PACKAGE}: {ended.stderr[-300:]}")
    return found[0]


class Anvil:
    """A running node."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, method: str, *params: Any) -> Any:
        """The result of a JSON-RPC question."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as response:
            told = json.loads(response.read())
        assert "error" not in told, (method, told)
        return told["result"]

    def balance(self, address: str) -> int:
        """What an account has, in wei."""
        return int(self("eth_getBalance", address, "latest"), 16)

    def block(self, coinbase: str, *transactions: dict[str, Any]) -> dict[str, Any]:
        """Mine a block of some transactions, whose tips go to `coinbase`."""
        self("anvil_setCoinbase", coinbase)
        for one in transactions:
            self("eth_sendTransaction", one)
        self("evm_mine")
        mined: dict[str, Any] = self("eth_getBlockByNumber", "latest", True)
        assert len(mined["transactions"]) == len(transactions)
        return mined


@contextmanager
def running(program: Path) -> Iterator[Anvil]:
    """The node on a port of this machine, mining only when it is told to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(program), "--port", str(port), "--no-mining", "--silent"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        node = Anvil(f"http://127.0.0.1:{port}")
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until and process.poll() is None:
            with suppress(OSError):
                node("eth_chainId")
                break
            time.sleep(0.05)
        else:
            pytest.fail("the node did not answer")
        yield node
    finally:
        process.terminate()
        process.wait()

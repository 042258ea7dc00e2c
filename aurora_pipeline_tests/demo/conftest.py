"""A running simulator, and a client that asks it as a pipeline would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from aurora_pipeline.demo.process import SimulatorProcess
from aurora_pipeline.demo.solana.parameters import Parameters

SMALL = Parameters(seed=7, validators=8, stake_accounts=300)


class ProviderClient:
    """Asks one simulator over HTTP."""

    def __init__(self, simulator: SimulatorProcess) -> None:
        self.simulator = simulator
        self.http = httpx.Client(base_url=simulator.url)

    def rpc_text(self, method: str, *params: Any) -> str:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        response = self.http.post("/rpc", json=body)
        assert response.status_code == 200
        return response.text

    def rpc(self, method: str, *params: Any) -> Any:
        return json.loads(self.rpc_text(method, *params))["result"]

    def rpc_error(self, method: str, *params: Any) -> dict[str, Any]:
        error: dict[str, Any] = json.loads(self.rpc_text(method, *params))["error"]
        return error

    def kobe(self, path: str, **query: Any) -> Any:
        response = self.http.get(f"/kobe/api/v1/{path}", params=query)
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[ProviderClient]:
    """A small chain of this test's own, at the start of its first epoch."""
    with SimulatorProcess(tmp_path / "simulator.json", **SMALL.as_dict()) as simulator:
        client = ProviderClient(simulator)
        yield client
        client.http.close()


@pytest.fixture(scope="package")
def late(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProviderClient]:
    """A small chain in the middle of its fifth epoch; tests that share it only read."""
    path = tmp_path_factory.mktemp("simulator") / "simulator.json"
    with SimulatorProcess(path, **SMALL.as_dict()) as simulator:
        simulator.advance(epoch=854, fraction_bps=5000)
        client = ProviderClient(simulator)
        yield client
        client.http.close()

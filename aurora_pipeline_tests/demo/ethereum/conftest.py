"""A simulator whose Ethereum chain is asked as a pipeline would, and the truth about the same chain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from aurora_pipeline.demo.ethereum.parameters import EthereumParameters
from aurora_pipeline.demo.ethereum.truth import EthereumTruth, truth_of
from aurora_pipeline.demo.process import SimulatorProcess

TINY = EthereumParameters(seed=7, validators=16, strangers=32)
LAST_EPOCH = 26
"""After the leak, so that all of the story is there and final."""
Json = dict[str, Any]


class EthereumClient:
    """Asks the beacon node, the execution node and the relays of one simulator."""

    def __init__(self, simulator: SimulatorProcess) -> None:
        self.simulator = simulator
        self.http = httpx.Client(base_url=simulator.url)

    def get(self, path: str, status: int = 200) -> Json:
        """What the beacon node answers to a GET."""
        return self._told(self.http.get(f"/ethereum/beacon/eth/{path}"), status)

    def post(self, path: str, body: object, status: int = 200) -> Json:
        return self._told(self.http.post(f"/ethereum/beacon/eth/{path}", json=body), status)

    def call(self, method: str, *params: object) -> Json:
        """What the execution node answers."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        return self._told(self.http.post("/ethereum/execution", json=body), 200)

    def delivered(self, relay: str, status: int = 200, **query: object) -> Any:
        """What a relay answers."""
        path = f"/ethereum/{relay}/relay/v1/data/bidtraces/proposer_payload_delivered"
        response = self.http.get(path, params={name: str(value) for name, value in query.items()})
        assert response.status_code == status, response.text
        return response.json()

    @staticmethod
    def _told(response: httpx.Response, status: int) -> Json:
        assert response.status_code == status, response.text
        told: Json = response.json()
        return told


@pytest.fixture
def new_chain(tmp_path: Path) -> Iterator[EthereumClient]:
    """A tiny chain of this test's own, at genesis."""
    with _simulator(tmp_path) as simulator:
        client = EthereumClient(simulator)
        yield client
        client.http.close()


@pytest.fixture(scope="package")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EthereumClient]:
    """A tiny chain whose story is over; tests that share it only read."""
    with _simulator(tmp_path_factory.mktemp("ethereum")) as simulator:
        simulator.advance_ethereum(epoch=LAST_EPOCH, fraction_bps=9_999)
        client = EthereumClient(simulator)
        yield client
        client.http.close()


def _simulator(folder: Path) -> SimulatorProcess:
    options = {f"ethereum_{name}": value for name, value in TINY.as_dict().items()}
    return SimulatorProcess(folder / "simulator.json", **options)


@pytest.fixture(scope="package")
def known() -> EthereumTruth:
    """The truth about that chain."""
    return truth_of(TINY)

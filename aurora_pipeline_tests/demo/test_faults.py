"""Faults strike where and as often as ordered, and then the provider is well again."""

from __future__ import annotations

import json

import httpx
import pytest

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline_tests.demo.conftest import ProviderClient

EPOCH_INFO = {"jsonrpc": "2.0", "id": 1, "method": "getEpochInfo"}
HEALTH = {"jsonrpc": "2.0", "id": 1, "method": "getHealth"}


def test_status__ordered_twice_for_a_method__strikes_twice_and_nothing_else(fresh: ProviderClient) -> None:
    fresh.simulator.fault("getEpoch", "status", status=429, retry_after=2, count=2)
    assert fresh.http.post("/rpc", json=HEALTH).status_code == 200
    for _ in range(2):
        response = fresh.http.post("/rpc", json=EPOCH_INFO)
        assert (response.status_code, response.headers["retry-after"]) == (429, "2")
    assert fresh.http.post("/rpc", json=EPOCH_INFO).status_code == 200


def test_garbage_and_half__are_no_json(fresh: ProviderClient) -> None:
    for kind in ("garbage", "half"):
        fresh.simulator.fault("/kobe/api/v1/validators", kind)
        response = fresh.http.post("/kobe/api/v1/validators", json={"epoch": 850})
        assert response.status_code == 200
        with pytest.raises(json.JSONDecodeError):
            response.json()
    assert len(fresh.http.post("/kobe/api/v1/validators", json={"epoch": 850}).json()["validators"]) > 0


def test_wrong_epoch__labels_the_answer_with_the_epoch_before(fresh: ProviderClient) -> None:
    fresh.simulator.fault("/rpc", "wrong_epoch")
    epochs = [fresh.http.post("/rpc", json=EPOCH_INFO).json()["result"]["epoch"] for _ in range(2)]
    assert epochs == [849, 850]


def test_slow__outlasts_an_impatient_client(fresh: ProviderClient) -> None:
    fresh.simulator.fault("getHealth", "slow", seconds=300)
    with pytest.raises(httpx.ReadTimeout):
        fresh.http.post("/rpc", json=HEALTH, timeout=0.05)
    assert fresh.http.post("/rpc", json=HEALTH).status_code == 200


@pytest.mark.parametrize("order", [("", "status", {}), ("/rpc", "rain", {}), ("/rpc", "status", {"count": 0})])
def test_fault__senseless_order__is_refused(fresh: ProviderClient, order: tuple[str, str, dict[str, int]]) -> None:
    match, kind, details = order
    with pytest.raises(AuroraError, match=r"a fault|of a fault"):
        fresh.simulator.fault(match, kind, **details)


def test_clear__forgets_what_has_not_struck(fresh: ProviderClient) -> None:
    fresh.simulator.fault("/rpc", "status", count=100)
    assert fresh.simulator.clear_faults() == {"faults": []}
    assert fresh.http.post("/rpc", json=HEALTH).status_code == 200

"""`aurora providers check`: what it says, what it exits with, and that it says no secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from aurora_pipeline.cli import build_app
from aurora_pipeline.errors import AuroraError
from aurora_pipeline.providers.checking import _CHEAP
from aurora_pipeline.providers.kinds import KINDS
from aurora_pipeline_tests.faults.server import FaultServer, Reply, json_reply

SECRET = "sEcReT-0123456789"
PROVIDERS = """
providers:
  wiz: {{enabled: true, kind: stakewiz, base_url: {url}, api_key: {key}, retries: {{attempts: 1}}}}
  gone: {{enabled: {gone}, kind: trillium, base_url: "http://127.0.0.1:9/{key}"}}
  off: {{enabled: false, kind: solanabeach, base_url: "http://127.0.0.1:9", api_key: "${{BEACH_KEY}}"}}
"""
CHAINS = """
chains:
  - {chain_id: some, name: S, enabled: false, family: solana, period_type: EPOCH, first_period: 1, native_unit: SOL,
     native_decimals: 9, finality_lag: 32, roles: {}}
"""


def check(home: Path, monkeypatch: pytest.MonkeyPatch, reply: Reply, *arguments: str, gone: bool = False) -> Result:
    with FaultServer(lambda seen: reply) as server:
        text = PROVIDERS.format(url=server.url, gone=str(gone).lower(), key=SECRET)
        (home / "providers.yaml").write_text(text)
        (home / "chains.yaml").write_text(CHAINS)
        monkeypatch.setenv("AURORA_HOME", str(home))
        monkeypatch.delenv("AURORA_DEMO", raising=False)
        return CliRunner().invoke(build_app(["providers"]), ["providers", "check", *arguments])


FINE = json_reply({"epoch": 842, "slot_height": 5}, **{"ratelimit-remaining": "19"})


def test_check__all_up__exit_0_with_epoch_and_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = check(tmp_path, monkeypatch, FINE, "--json")
    assert result.exit_code == 0
    (one,) = json.loads(result.stdout)
    assert (one["name"], one["up"], one["epoch"], one["observes"]) == ("wiz", True, 842, ["meta"])
    assert one["limits_left"] == {"ratelimit-remaining": "19"}


def test_check__one_down__exit_1_and_why_without_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = check(tmp_path, monkeypatch, FINE, "--json", gone=True)
    assert result.exit_code == 1
    assert [one["up"] for one in json.loads(result.stdout)] == [True, False]
    assert "no connection" in result.stdout
    assert SECRET not in result.stdout


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(b"<html>"), "no JSON"),
        (json_reply({"slot_height": 5}), "epoch"),
        (Reply(b"", 404), "HTTP 404"),
        (Reply(b"", 500), "HTTP 500"),
        (Reply(b"", 403), "refuses access"),
        (json_reply({"epoch": 1, "key": SECRET}), "repeats the key"),
    ],
)
def test_check__answers_nonsense__down(reply: Reply, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = check(tmp_path, monkeypatch, reply, "wiz", "--json")
    (one,) = json.loads(result.stdout)
    assert (result.exit_code, one["up"]) == (1, False)
    assert why in one["problem"]
    assert SECRET not in result.stdout


def test_check__unknown_or_disabled_name__refused_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, remedy in (("wizz", 'did you mean "wiz"?'), ("off", "BEACH_KEY")):
        error = check(tmp_path, monkeypatch, FINE, name).exception
        assert isinstance(error, AuroraError)
        assert remedy in str(error.remedy)


def test_cheap_questions__every_kind_that_has_a_server__has_one() -> None:
    assert set(_CHEAP) == set(KINDS) - {"file"}

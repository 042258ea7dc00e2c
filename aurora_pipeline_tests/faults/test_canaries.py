"""Canaries: secrets planted in addresses, headers and the environment are found nowhere that anybody reads."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

import pytest

from aurora_pipeline.demo.process import SimulatorProcess
from aurora_pipeline.demo.solana.parameters import CHAIN_ID
from aurora_pipeline.demo.story import register_cast
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import DATABASE_VARIABLE, DEMO_URL_VARIABLE, HOME_VARIABLE, Workspace
from aurora_pipeline.local_postgres.programs import run_program
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.faults.small_life import FIRST, TINY

pytestmark = pytest.mark.slow
IN_QUERY, IN_USER, IN_PATH, IN_HEADER, IN_DOWN, UNUSED = (
    f"cAnAry+{place}/{hashlib.sha256(place.encode()).hexdigest()[:20]}"
    for place in ("query", "user", "path", "header", "down", "unused")
)
CANARIES = {
    "RPC_URL": f"/rpc?api-key={quote(IN_QUERY, safe='')}",
    "KOBE_KEY": IN_HEADER,
    "STAKEWIZ_URL": f"http://{quote(IN_USER, safe='')}@127.0.0.1:9/{quote(IN_PATH, safe='')}",
    "DOWN_URL": f"http://127.0.0.1:9/?token={quote(IN_DOWN, safe='')}",
    "SOME_SECRET_KEY": UNUSED,
}


def spellings(secret: str) -> list[bytes]:
    """How a secret could stand in a text, each long enough to be no accident."""
    encoded = base64.b64encode(f"{secret}:".encode()).decode().rstrip("=")[:-2]
    return [
        text.encode() for text in (secret, quote(secret), quote(secret, safe=""), encoded, secret[7:], secret[-16:])
    ]


def workspace(home: Path) -> None:
    """The demo's chains and providers; some of them with keys, one that is down."""
    demo = files("aurora_pipeline.demo")
    told = (demo / "providers.yaml").read_text()
    told = told.replace("${AURORA_DEMO_URL}/rpc\n", "${RPC_URL}\n").replace(
        "${AURORA_DEMO_URL}/stakewiz", "${STAKEWIZ_URL}"
    )
    told = told.replace("/kobe/api/v1\n", "/kobe/api/v1\n    api_key: ${KOBE_KEY}\n")
    assert all(f"${{{name}}}" in told for name in ("RPC_URL", "STAKEWIZ_URL", "KOBE_KEY"))
    down = "  down:\n    enabled: true\n    kind: solana_rpc\n    base_url: ${DOWN_URL}\n    retries: {attempts: 1}\n"
    (home / "providers.yaml").write_text(told.rstrip() + "\n" + down)
    chains = (demo / "chains.yaml").read_text()
    assert "fees: [demo-rpc]" in chains
    (home / "chains.yaml").write_text(chains.replace("fees: [demo-rpc]", "fees: [down, demo-rpc]"))


def test_canaries__after_a_life_with_trouble__nowhere(tmp_path: Path) -> None:
    home = tmp_path / "home"
    told: list[tuple[str, bytes]] = []
    home.mkdir()
    workspace(home)
    with SimulatorProcess(tmp_path / "simulator.json", **TINY.as_dict()) as simulator:
        simulator.advance(slot=TINY.first_slot(EpochNumber(FIRST + 1)) + 40)
        planted = {**CANARIES, "RPC_URL": simulator.url + CANARIES["RPC_URL"], DEMO_URL_VARIABLE: simulator.url}
        variables = {name: value for name, value in os.environ.items() if name != DATABASE_VARIABLE} | planted
        with Aurora(Workspace(home, False, variables)) as aurora:
            register_cast(aurora, TINY, range(FIRST, FIRST + 1))

            def said(*arguments: str, **more: str) -> None:
                ended = subprocess.run(
                    [sys.executable, "-m", "aurora_pipeline", *arguments],
                    env={**variables, HOME_VARIABLE: str(home), "AURORA_LOG_LEVEL": "DEBUG", **more},
                    capture_output=True,
                    check=False,
                )
                told.append((" ".join(arguments), ended.stdout + ended.stderr))

            said("backfill", CHAIN_ID, str(FIRST))
            said("backfill", CHAIN_ID, str(FIRST), "--refetch", RPC_URL=planted["DOWN_URL"], AURORA_LOG_FORMAT="json")
            said("providers", "check")
            said("config", "check", "--json")
            said("status", CHAIN_ID, str(FIRST), "--json")
            said("backup", str(tmp_path / "backup"))
            said("providers", "check", RPC_URL="ftp://x" + CANARIES["RPC_URL"])
            for name in ("aurora", "dagster"):
                dump = tmp_path / f"{name}.sql"
                database = Database(aurora.located().conninfo.replace("dbname=aurora", f"dbname={name}"))
                assert run_program("pg_dump", f"--dbname={database.conninfo}", f"--file={dump}") is None
                told.append((f"database {name}", dump.read_bytes()))
    # The server's own files, too: what was deleted, or never committed, may still stand there.
    kept = [path for folder in (home, tmp_path / "backup") for path in folder.rglob("*") if path.is_file()]
    assert b"published" in told[0][1], told[0][1].decode()
    assert {path.relative_to(tmp_path).parts[0] for path in kept} == {"home", "backup"}
    assert any("pg_wal" in path.parts for path in kept)
    texts = [text for one in (IN_QUERY, IN_USER, IN_PATH, IN_HEADER, IN_DOWN, UNUSED) for text in spellings(one)]
    found = [(name, text) for name, content in told for text in texts if text in content]
    for path in kept:
        content = path.read_bytes()
        found += [(str(path), text) for text in texts if text in content]
    assert found == []

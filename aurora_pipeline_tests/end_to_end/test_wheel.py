"""The wheel alone is Aurora: installed with what it depends on into an empty environment, used in an empty folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
_LOADED = """{workspaceOrError {__typename ... on Workspace {locationEntries {locationOrLoadError {
    __typename ... on RepositoryLocation {repositories {assetNodes {id} sensors {name}}}}}}}}"""
# A package index is asked for some hundred packages, where no cache of an installer has them.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Installed:
    """An environment outside this checkout that the wheel was installed into, and a folder to work in."""

    environment: Path
    home: Path

    def run(self, name: str, *arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment as a newcomer's shell does: no variable of ours, no checkout in sight."""
        return subprocess.run(
            [str(self.environment / "bin" / name), *arguments],
            cwd=folder or self.home,
            env=_variables(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


def _variables() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AURORA", "PYTHON", "DAGSTER", "VIRTUAL"))
    }


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    base = tmp_path_factory.mktemp("wheel")
    environment = base / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    _install(environment, _built(base))
    home = base / "home"
    home.mkdir()
    return Installed(environment, home)


def _built(base: Path) -> Path:
    """The wheel of this checkout, made by the steps of the Dockerfile in a folder with nothing but what it copies."""
    source, steps = base / "source", (ROOT / "Dockerfile").read_text("utf-8")
    source.mkdir()
    for names in re.findall(r"^COPY (?!--from)(.+) \S+$", steps, re.MULTILINE):
        for name in names.split():
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, source / name)
    for step in re.findall(r"^RUN (python -c .+|python -m pip wheel .+)$", steps, re.MULTILINE):
        line = step.replace("python", sys.executable, 1).replace("/dist", str(base))
        subprocess.run(line, shell=True, cwd=source, check=True, capture_output=True, timeout=250)
    wanted = set((source / "requirements.txt").read_text("utf-8").splitlines())
    assert wanted == set(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"])
    (wheel,) = base.glob("*.whl")
    return wheel


def _install(environment: Path, wheel: Path) -> None:
    """Install as `make` does: with uv, from its cache alone where that has everything, else with pip."""
    python, wanted = str(environment / "bin" / "python"), ["--constraint", str(ROOT / "constraints.txt"), str(wheel)]
    said = []
    for command in _installers(python):
        ran = subprocess.run([*command, *wanted], capture_output=True, text=True, check=False, env=_variables())
        if ran.returncode == 0:
            return
        said.append(f"{' '.join(command)}: {ran.stderr}")
    if not _index_answers(environment.parent / "probe"):
        pytest.skip("no package index can be reached, and no cache holds all that Aurora depends on")
    pytest.fail("\n".join(said))


def _installers(python: str) -> Iterator[Sequence[str]]:
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv is not None:
        for more in (["--offline"], []):
            yield [uv, "pip", "install", "--quiet", *more, "--python", python]
    yield [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]


def _index_answers(folder: Path) -> bool:
    """Whether one small package can be had afresh."""
    fresh = ["--no-deps", "--no-cache-dir", "--dest", str(folder), "sniffio"]
    ran = subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", *fresh], capture_output=True, check=False)
    return ran.returncode == 0


def test_wheel__installed__is_found_alone_and_has_all_it_needs(installed: Installed) -> None:
    told = installed.run("python", "-c", "import aurora_pipeline, sys; print(aurora_pipeline.__file__, sys.path)")
    assert told.stdout.startswith(str(installed.environment))
    assert str(ROOT) not in told.stdout
    version = installed.run("aurora", "--version")
    assert version.stdout.startswith("aurora "), version.stderr
    checked = subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(installed.environment / "bin" / "python"), "check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


def test_wheel__in_an_empty_folder__writes_a_workspace_that_is_right(installed: Installed) -> None:
    begun = installed.run("aurora", "init", "mine")
    assert begun.returncode == 0, begun.stderr
    checked = installed.run("aurora", "config", "check", folder=installed.home / "mine")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_wheel__demo_and_dagster__compute_load_and_serve_what_they_do_in_a_checkout(installed: Installed) -> None:
    demo = installed.run("aurora", "demo", "--epochs", "1", "--validators", "4", "--stake-accounts", "60")
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert "equal what the simulator knows" in demo.stdout
    again = installed.run("aurora", "--demo", "backfill", "solana-demo", "850")
    assert "nothing changed" in again.stdout, again.stderr
    module = "aurora_pipeline.orchestration.definitions"
    loaded = installed.run("dagster", "definitions", "validate", "-m", module)
    assert loaded.returncode == 0, loaded.stdout + loaded.stderr
    served = _served(installed)
    assert {"finalized_periods", "observe_open_period"} <= {sensor["name"] for sensor in served["sensors"]}
    assert len(served["assetNodes"]) > 15


def _served(installed: Installed) -> dict[str, Any]:
    """What the UI of `aurora up` has loaded."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [str(installed.environment / "bin" / "aurora"), "--demo", "up", "--port", str(port)],
        cwd=installed.home,
        env=_variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = ""
    try:
        while "Sensors are running" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        body = json.dumps({"query": _LOADED}).encode()
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}/graphql", body, {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(asked, timeout=120) as answer:
            told = json.load(answer)["data"]["workspaceOrError"]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=90)
    (entry,) = told["locationEntries"]
    (repository,) = entry["locationOrLoadError"]["repositories"]
    return dict(repository)

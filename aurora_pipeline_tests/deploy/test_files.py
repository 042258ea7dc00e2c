"""The files of a deployment: right by their schemas, and about nothing that is not there."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from typer.testing import CliRunner

from aurora_pipeline.cli.app import build_app
from aurora_pipeline.orchestration.services import CodeAt, workspace_text
from aurora_pipeline.orchestration.systemd import TARGET, Installed, units
from aurora_pipeline_tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: one for name, one in SERVICES.items() if str(one["image"]).startswith("aurora:")}


def test_compose__by_the_specification__is_right() -> None:
    schema = json.loads(Path(__file__).with_name("compose-spec.json").read_text("utf-8"))
    found = Draft7Validator(schema).iter_errors({key: value for key, value in COMPOSE.items() if key != "name"})
    assert [f"{list(one.absolute_path)}: {one.message}" for one in found] == []


def test_compose__every_service__is_there_bounded_and_watched() -> None:
    assert set(SERVICES) == {
        *("postgres", "pgbouncer", "migrate", "code", "web", "audit", "daemon", "metrics", "prometheus", "grafana"),
    }
    for name, one in SERVICES.items():
        assert one["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}, name
        assert ":" in one["image"], name
        assert not one["image"].endswith(":latest"), name
        assert "healthcheck" in one or one.get("profiles"), name
        for text in one.get("ports", ()):
            assert ":-127.0.0.1}:" in text, f"{name} listens to the whole world"


def test_compose__our_services__run_as_nobody_in_particular_and_hold_no_secret() -> None:
    for name, one in OURS.items():
        assert (one["user"], one["read_only"], one["cap_drop"]) == ("10001:10001", True, ["ALL"]), name
        assert not re.search(r"password|://[^/]*:[^/]*@", json.dumps(one).lower().replace("postgres_password_file", ""))


def test_compose__who_speaks_to_providers__reaches_the_outside_and_the_database_does_not() -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert "outside" in SERVICES["code"]["networks"]
    assert SERVICES["postgres"]["networks"] == SERVICES["daemon"]["networks"] == ["inside"]


@pytest.mark.parametrize("name", OURS)
def test_compose__commands__are_commands_of_aurora(name: str) -> None:
    words = OURS[name]["command"]
    ended = CliRunner().invoke(build_app(words), [*words, "--help"])
    assert ended.exit_code == 0, ended.output
    for option in (one for one in words if one.startswith("--")):
        assert option in ended.output


def test_compose__every_file_and_variable__is_there_or_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    for path in re.findall(r"- \./(deploy[^:]+):", text):
        assert (ROOT / path).is_dir(), path
    example = (ROOT / "deploy" / "compose.env.example").read_text("utf-8")
    assert set(re.findall(r"\$\{([A-Z_]+)\}", text)) == set()  # each has a default
    named = set(re.findall(r"\$\{([A-Z_]+):", text)) - {"PGBOUNCER_DB_PASSWORD"}
    assert {name for name in named if f"{name}=" not in example} == set()


def test_env_example__as_it_is__sets_no_secret() -> None:
    lines = [
        one
        for one in (ROOT / "deploy" / "compose.env.example").read_text("utf-8").splitlines()
        if one and not one.startswith("#")
    ]
    assert all(re.fullmatch(r"[A-Z0-9_]+=\S*", one) for one in lines)
    assert not [one for one in lines if re.search(r"(KEY|SMTP|WEBHOOK|PASSWORD)=.", one)]


def test_dockerfile__stages_and_user__as_promised() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    assert text.count("\nFROM ") == 3
    assert "USER 10001:10001" in text
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    allowed = (ROOT / ".dockerignore").read_text("utf-8")
    for name in " ".join(copied).split():
        assert (ROOT / name).exists(), name
        assert f"!{name}\n" in allowed, name


def test_image__version__is_that_of_the_package() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert OURS["code"]["image"] == f"aurora:${{AURORA_VERSION:-{version}}}"
    assert f"AURORA_VERSION={version}\n" in (ROOT / "deploy" / "compose.env.example").read_text("utf-8")
    values = yaml.safe_load((ROOT / "deploy" / "kubernetes" / "values.yaml").read_text("utf-8"))
    assert values["dagster-user-deployments"]["deployments"][0]["image"]["tag"] == version


def test_kubernetes__charts_below__whose_images_are_gone__are_off() -> None:
    values = yaml.safe_load((ROOT / "deploy" / "kubernetes" / "values.yaml").read_text("utf-8"))
    assert not any(values[name]["enabled"] for name in ("postgresql", "redis", "rabbitmq"))
    assert values["dagsterDaemon"]["runMonitoring"]["freeSlotsAfterRunEndSeconds"] == 60


def test_workspace_text__names_the_code_server() -> None:
    (server,) = yaml.safe_load(workspace_text(CodeAt("code", 4000)))["load_from"]
    assert server == {"grpc_server": {"host": "code", "port": 4000, "location_name": "aurora"}}


@pytest.mark.parametrize("own_server", [True, False])
def test_units__of_either_kind__are_what_systemd_takes(own_server: bool, tmp_path: Path) -> None:
    program = tmp_path / "with blank" / "aurora"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    made = units(Installed(program, "daemon", tmp_path), own_server=own_server)
    assert TARGET in made
    for name, text in made.items():
        (tmp_path / name).write_text(text)
        read = configparser.ConfigParser(strict=False, interpolation=None)
        read.optionxform = str  # type: ignore[assignment, method-assign]  # as configparser's documentation has it
        read.read_string(text)
        if name != TARGET:
            assert (read["Service"]["User"], read["Service"]["Restart"]) == ("daemon", "always")
            assert read["Service"]["ReadWritePaths"] == str(tmp_path)
            assert read["Service"]["ExecStart"].startswith(f'"{program}" ')
    if shutil.which("systemd-analyze"):
        files = [str(tmp_path / name) for name in made if name != TARGET]
        ran = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False)
        assert not [one for one in ran.stderr.splitlines() if "aurora-" in one and "PIDFile" not in one], ran.stderr


def test_install__writes_units_of_this_workspace(run: Run, tmp_path: Path) -> None:
    to = tmp_path / "units"
    to.mkdir()
    ended = run("service", "install", "--to", str(to), "--user", "aurora")
    assert ended.code == 0, ended.err
    assert {one.name for one in to.iterdir()} == {
        TARGET,
        *(f"aurora-{name}.service" for name in ("code", "web", "audit", "daemon", "metrics")),
    }
    assert run("service", "install", "--to", str(tmp_path / "none")).code == 2


def test_run__without_a_database_of_its_own_or_a_place__is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("service", "run", "web", "--code", "nowhere").code == 2
    monkeypatch.delenv("AURORA_DATABASE_URL")
    ended = run("service", "run", "web", "--json")
    assert ended.code == 2


def test_database_url__in_a_file__is_read(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from os import environ

    (tmp_path / "url").write_text(environ["AURORA_DATABASE_URL"] + "\n")
    monkeypatch.delenv("AURORA_DATABASE_URL")
    monkeypatch.setenv("AURORA_DATABASE_URL_FILE", str(tmp_path / "url"))
    assert run("health", "ready").code == 0
    monkeypatch.setenv("AURORA_DATABASE_URL_FILE", str(tmp_path / "none"))
    ended = run("health", "ready")
    assert (ended.code, "AURORA_DATABASE_URL_FILE" in ended.err) == (2, True)

"""What people and the worker do all day, each with a login of its own; the audit holds afterwards."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from aurora_pipeline.cli import app as cli
from aurora_pipeline.foundation.period_key import MonthKey, parse_key
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import find_workspace
from aurora_pipeline.layers import ALL_LAYERS
from aurora_pipeline.store.access.declared import Role
from aurora_pipeline.store.snapshots import write_check_publish
from aurora_pipeline_tests.store.access.conftest import (
    ADMIN,
    ANALYST,
    AUDITOR,
    FINANCE,
    OPS,
    OVERRODE,
    PARTNER,
    SECOND,
    Guarded,
    secret,
)

Run = Callable[..., str]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's directory with the demo's configuration."""
    for name in ("chains.yaml", "providers.yaml"):
        shutil.copy(str(files("aurora_pipeline.demo") / name), tmp_path / name)
    monkeypatch.setenv("AURORA_HOME", str(tmp_path))
    monkeypatch.setenv("AURORA_DEMO_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("LOGNAME", "somebody-else")
    monkeypatch.delenv("AURORA_DEMO", raising=False)
    return tmp_path


def url(guarded: Guarded, login: str) -> str:
    """The address of a login, as AURORA_DATABASE_URL has it."""
    place = f"host={quote(str(guarded.server.socket_dir))}&port=5432"
    return f"postgresql://{login}:{quote(secret(login))}@/{guarded.name}?{place}"


@pytest.fixture
def run(guarded: Guarded, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command as somebody; what it says, and for one that is refused, its error."""

    def ran(login: str, *arguments: str) -> str:
        monkeypatch.setenv("AURORA_DATABASE_URL", url(guarded, login))
        monkeypatch.setattr(sys, "argv", ["aurora", *arguments])
        capsys.readouterr()
        try:
            cli.main()
        except SystemExit as leaving:
            if leaving.code:
                return f"refused: {' '.join(capsys.readouterr().err.split())}"
        return " ".join(capsys.readouterr().out.split())

    return ran


def test_people__a_statements_life__each_step_by_who_may_and_under_the_own_name(guarded: Guarded, run: Run) -> None:
    (draft,) = guarded.rows(
        "SELECT statement_id::text AS id FROM monthly_statements WHERE partner_id = 'northwind' AND month = '2026-09'"
    )
    why = ("--reason", "in time")
    for login in (OPS, ADMIN, ANALYST, AUDITOR):
        assert run(login, "statements", "submit", draft["id"], *why).startswith("refused: ")
    assert "submitted" in run(FINANCE, "statements", "submit", draft["id"], *why)
    assert "somebody else has to" in run(FINANCE, "statements", "approve", draft["id"], *why)
    assert "overrode a figure of statement" in run(OVERRODE, "statements", "approve", draft["id"], *why)
    assert "approved" in run(SECOND, "statements", "approve", draft["id"], *why)
    assert guarded.rows("SELECT period FROM released_statements", PARTNER) == [{"period": "2026-08"}]
    assert "somebody else has to" in run(SECOND, "statements", "release", draft["id"], *why)
    assert "released" in run(FINANCE, "statements", "release", draft["id"], *why)
    seen = guarded.rows("SELECT period FROM released_statements ORDER BY 1", PARTNER)
    assert seen == [{"period": "2026-08"}, {"period": "2026-09"}]
    told = run(ANALYST, "statements", "history", draft["id"])
    assert "duties are not separated" not in told
    assert [told.index(name) for name in (FINANCE, SECOND)]
    assert "audit log and chains holds" in run(AUDITOR, "audit")


def test_history__of_what_came_through_the_owners_login__says_that_duties_are_not_separated(
    guarded: Guarded, run: Run
) -> None:
    (stated,) = guarded.rows("SELECT statement_id::text AS id FROM released_statements WHERE partner_id = 'lumen'")
    told = run(ANALYST, "statements", "history", stated["id"])
    assert "note: duties are not separated in" in told
    assert "a login not recorded" in told


def test_status__as_a_person__says_which_server_is_needed(run: Run) -> None:
    told = run(ANALYST, "status")
    assert "18.6 or newer is needed in production" in told
    assert "duties are not separated" not in told


@pytest.mark.parametrize(
    ("login", "command"),
    [
        (ADMIN, ("agreements", "list")),
        (ADMIN, ("overrides", "list")),
        (ANALYST, ("audit",)),
        (ANALYST, ("users", "list")),
        (OPS, ("partners", "rename", "lumen", "Mine", "--reason", "x")),
        (FINANCE, ("users", "disable", "anna", "--reason", "x")),
        (PARTNER, ("statements", "list", "solana-demo")),
        (PARTNER, ("status",)),
    ],
)
def test_command__of_who_may_not__is_refused_in_words(run: Run, login: str, command: tuple[str, ...]) -> None:
    assert run(login, *command).startswith("refused: Error: the database does not let this login do that: permission")


def test_users__by_the_command_line__are_made_changed_and_closed(guarded: Guarded, run: Run, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{secret('zoe')}\n")
    start = ("--from", "2026-01-01", "--reason", "joined us")
    given = ("--password-file", str(tmp_path / "password"))
    assert "1 change(s) recorded" in run(
        ADMIN, "users", "add", "zoe", "--name", "Z", "--role", "ANALYST", *start, *given, "--chain", "solana-demo"
    )
    with guarded.session("zoe") as session:
        assert session.execute("SELECT 1 FROM validator_pnl LIMIT 1").fetchall()
    listed = run(ADMIN, "users", "list")
    assert "zoe" in listed
    assert "1 change(s) recorded" in run(ADMIN, "users", "role", "zoe", "OPS", "--reason", "changed teams")
    assert guarded.rows("SELECT access_chains() AS only", "zoe") == [{"only": ["solana-demo"]}]
    assert "1 change(s) recorded" in run(ADMIN, "users", "disable", "zoe", "--reason", "left us")
    with pytest.raises(psycopg.OperationalError), guarded.session("zoe"):
        pass
    assert "there is no user" in run(ADMIN, "users", "disable", "zo", "--reason", "left us")


def test_users__of_a_partner_on_the_embedded_server__get_no_login(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AURORA_DATABASE_URL", raising=False)
    (home / "password").write_text("a long enough secret\n")
    who = ["p_1", "--name", "P", "--role", "PARTNER", "--partner", "acme", "--from", "2026-01-01"]
    told = ["users", "add", *who, "--reason", "x", "--password-file"]
    monkeypatch.setattr(sys, "argv", ["aurora", *told, str(home / "password")])
    with pytest.raises(SystemExit):
        cli.main()
    said = " ".join(capsys.readouterr().err.split())
    assert "gets no login on the embedded server: it trusts its one user" in said
    assert "A partner's login would see everybody's figures" in said


def test_worker__computes_and_publishes__and_decides_nothing(guarded: Guarded, home: Path) -> None:
    variables = {**os.environ, "AURORA_DATABASE_URL": url(guarded, guarded.roles.of_role(Role.WORKER))}
    key = parse_key("solana-demo:0000856")
    with Aurora(find_workspace(env=variables)) as aurora:
        for layer in ALL_LAYERS:
            if layer.is_monthly == isinstance(key, MonthKey):
                with aurora.database.connect() as connection:
                    drafts = layer.draft(aurora.configuration, connection, key)
                write_check_publish(aurora.database, drafts)
        for table in ("partners", "statement_approvals", "users", "audit_log", "audit_rows"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), aurora.database.connect() as connection:
                connection.execute(f"INSERT INTO {table} DEFAULT VALUES".encode())

"""What people and the worker do all day, each with a login of its own; the audit holds afterwards."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from aurora_pipeline.canonical.tables import FEES
from aurora_pipeline.cli import app as cli
from aurora_pipeline.foundation.period_key import MonthKey, parse_key
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import find_workspace
from aurora_pipeline.layers import ALL_LAYERS, GATE
from aurora_pipeline.proof.verifying.verify import verify_audit
from aurora_pipeline.sources.result import grounds
from aurora_pipeline.store import snapshots
from aurora_pipeline.store.access.declared import Role
from aurora_pipeline.store.declaration import Completeness
from aurora_pipeline.store.drafts import Draft, DraftStanding, Rejected
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline_tests.gated import write_check_publish
from aurora_pipeline_tests.store.access.conftest import (
    ADMIN,
    ANALYST,
    AUDITOR,
    FINANCE,
    OPS,
    OVERRODE,
    PARTNER,
    PEOPLE,
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


def test_ops__whose_file_says_that_one_person_is_enough__leaves_an_entry(
    guarded: Guarded, run: Run, home: Path
) -> None:
    """chains.yaml decides whether a second person releases: who makes the table say otherwise is on record."""
    before = guarded.rows("SELECT max(sequence) AS last FROM audit_log")[0]["last"]
    shown = "SELECT chain_id, dual_approval FROM chains ORDER BY 1"
    entry = "SELECT * FROM audit_log ORDER BY sequence DESC LIMIT 1"
    text = (home / "chains.yaml").read_text()
    try:
        for login, said in ((OPS, "false"), (ADMIN, "true")):
            (home / "chains.yaml").write_text(_dual_approval(text, said))
            run(login, "validators", "import", "no-such-file.csv")
            (found,) = guarded.rows(entry)
            assert (found["actor"], found["action"], found["subject"]) == (login, "chains.mirrored", "chains.yaml")
            assert f'"dual_approval":{said}' in found["after"]
            assert found["actor_role"] == PEOPLE[login][0]
            assert found["request"] == "aurora validators import no-such-file.csv"
            assert {row["dual_approval"] for row in guarded.rows(shown)} == {said == "true"}
        assert guarded.rows(entry)[0]["sequence"] == before + 2
        with guarded.database.connect() as connection:
            assert verify_audit(connection).holds
    finally:
        (home / "chains.yaml").write_text(text)
        run(OPS, "validators", "import", "no-such-file.csv")
    assert {row["dual_approval"] for row in guarded.rows(shown)} == {True}


def _dual_approval(text: str, said: str) -> str:
    """The file with another word for every chain."""
    plain = re.sub(r"\n +dual_approval: \w+", "", text)
    return re.sub(r"(\n +native_decimals: \d+)", rf"\1\n    dual_approval: {said}", plain)


def test_log__an_admin_makes_its_key_and_the_service_alone_signs_it(
    guarded: Guarded, run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People decide, and write nothing that is signed; the service signs, and decides nothing."""
    monkeypatch.setenv("AURORA_LOG_KEY", str(home / "log.key"))
    worker = guarded.roles.of_role(Role.WORKER)
    new = ("keys", "new", "example.com/aurora", "--reason", "partners verify by it")
    for login in (FINANCE, OPS, ANALYST, worker):
        assert run(login, *new).startswith("refused"), login
        assert list(home.glob("log.key*")) == [], login
    assert "PRIVATE" not in run(ADMIN, *new)
    (key,) = guarded.rows("SELECT recorded_by, recorded_through, public_key FROM log_keys")
    assert (key["recorded_by"], key["recorded_through"]) == (ADMIN, ADMIN)
    for login in (ADMIN, FINANCE, ANALYST, PARTNER):
        assert run(login, "checkpoint").startswith("refused"), login
    assert guarded.rows("SELECT FROM log_leaves") == []
    assert "Signed the checkpoint of" in run(worker, "checkpoint")
    (signed,) = guarded.rows("SELECT size, note FROM log_checkpoints")
    kept = home / "kept.checkpoint"
    kept.write_text(signed["note"])
    for login in (ADMIN, FINANCE, ANALYST, AUDITOR, worker):
        assert "holds" in run(login, "checkpoint", "verify", str(kept), "--key", key["public_key"]), login
    assert run(PARTNER, "checkpoint", "list").startswith("refused")
    with guarded.database.connect() as connection:
        assert verify_audit(connection).holds


def test_people__a_rejected_snapshot__is_read_by_many_and_released_by_finance_alone(guarded: Guarded, run: Run) -> None:
    one = unbalanced_slots()
    with pytest.raises(Rejected) as caught:
        snapshots.write_check_publish(guarded.database, [one], GATE)
    number = str(caught.value.outcomes[0].snapshot_id)
    why = ("--reason", "a second node says so")
    for login in (OPS, ANALYST, AUDITOR, ADMIN):
        assert "slots_add_up" in run(login, "snapshots", "show", number)
        assert run(login, "snapshots", "release", number, *why).startswith("refused")
    assert "counts although it breaks slots_add_up" in run(FINANCE, "snapshots", "release", number, *why)
    assert "snapshot.released" in run(AUDITOR, "audit", "--list", "--subject", f"snapshot/{number}")
    (row,) = guarded.rows(f"SELECT recorded_by, recorded_through FROM snapshot_releases WHERE snapshot_id = {number}")
    assert (row["recorded_by"], row["recorded_through"]) == (FINANCE, FINANCE)
    (outcome,) = snapshots.write_check_publish(guarded.database, [one], GATE)
    assert outcome.standing is DraftStanding.PUBLISHED


def unbalanced_slots() -> Draft:
    """Fees of a period that nothing else is of, whose slots do not add up."""
    key = parse_key("solana-demo:0000123")
    counts = {"leader_slots": 4, "blocks_produced": 3, "slots_skipped": 2, "fees": 10}
    frame = frame_of(FEES, [{**key.columns, **counts, "validator_key": "V1", "state": "final"}])
    return Draft(FEES, key, frame, (), Completeness.FINAL, grounds(["V1"], [True]))

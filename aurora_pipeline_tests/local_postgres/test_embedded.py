"""The embedded PostgreSQL: who starts and stops it, what it survives, and what it says when it cannot run."""

from __future__ import annotations

import os
import pwd
import signal
import stat
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from aurora_pipeline.foundation.errors import TRY_AGAIN, AuroraError
from aurora_pipeline.local_postgres.cluster import find_programs
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.local_postgres.postmaster import running_postmaster

_REPOSITORY = Path(__file__).resolve().parents[2]

# Says where the server is once it has it, and holds it until its standard input ends.
_CLIENT = """
import sys
from pathlib import Path
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
server = EmbeddedPostgres.start(Path(sys.argv[1]))
print(server.dsn("postgres"), flush=True)
sys.stdin.read()
"""


def _open_directory() -> tempfile.TemporaryDirectory[str]:
    """A short path that other accounts may enter, unlike pytest's own."""
    directory = tempfile.TemporaryDirectory(prefix="aurora-test-", ignore_cleanup_errors=True)
    Path(directory.name).chmod(0o755)
    return directory


@pytest.fixture
def new_dir() -> Iterator[Path]:
    """Where nothing is yet."""
    with _open_directory() as directory:
        yield Path(directory).resolve() / "postgres"


@pytest.fixture(scope="session")
def shared_dir() -> Iterator[Path]:
    with _open_directory() as directory:
        EmbeddedPostgres.start(Path(directory).resolve() / "postgres").release()
        yield Path(directory).resolve() / "postgres"


@pytest.fixture
def data_dir(shared_dir: Path) -> Iterator[Path]:
    """A stopped server's directory; shared, for initdb takes longer than the tests, which leave it as they found it."""
    yield shared_dir
    assert _pid(shared_dir) is None


@pytest.fixture
def moved_dir(request: pytest.FixtureRequest, data_dir: Path) -> Iterator[Path]:
    """The stopped server's directory under another name, the test's parameter."""
    moved = data_dir.parent / request.param / "postgres"
    moved.parent.mkdir()
    data_dir.rename(moved)
    yield moved
    moved.rename(data_dir)
    moved.parent.rmdir()


class _Client:
    """Another process that uses the server."""

    def __init__(self, data_dir: Path, python: str = sys.executable, user: int | None = None) -> None:
        self.process = subprocess.Popen(
            [python, "-c", _CLIENT, str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_REPOSITORY,
            user=user,
        )

    def wait_until_connected(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.communicate()
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def _answer(dsn: str, query: str = "SELECT 1") -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]


def _pid(data_dir: Path) -> int | None:
    running = running_postmaster(data_dir / "cluster")
    return running.pid if running is not None else None


def test_start__new_directory__serves_and_stops_with_its_only_client(new_dir: Path) -> None:
    with EmbeddedPostgres.start(new_dir) as server:
        server.ensure_database("aurora")
        server.ensure_database("aurora")
        assert _answer(server.dsn("aurora"), "SHOW fsync") == "on"
        assert _answer(server.dsn("aurora"), "SHOW timezone") == "UTC"
        assert _answer(server.dsn("aurora"), "SHOW listen_addresses") == ""
        for url in (server.url("aurora"), server.dagster_url("aurora")):
            with sqlalchemy.create_engine(url).connect() as connection:
                assert connection.execute(sqlalchemy.text("SELECT current_database()")).scalar() == "aurora"
        server.drop_database("aurora")
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            psycopg.connect(server.dsn("aurora"))
    server.release()
    assert _pid(new_dir) is None
    assert not (new_dir / "cluster" / "postmaster.pid").exists()


def test_start__after_clean_stop__keeps_the_data(data_dir: Path) -> None:
    with EmbeddedPostgres.start(data_dir) as server, psycopg.connect(server.dsn("postgres")) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer")
    with EmbeddedPostgres.start(data_dir) as server:
        assert _answer(server.dsn("postgres"), "SELECT answer FROM kept") == 42


def test_release__other_process_still_connected__leaves_the_server_to_it(data_dir: Path) -> None:
    with EmbeddedPostgres.start(data_dir) as server:
        other = _Client(data_dir)
        assert other.wait_until_connected() == server.dsn("postgres")
        pid = _pid(data_dir)
    assert _pid(data_dir) == pid
    assert _answer(server.dsn("postgres")) == 1
    other.leave()
    assert _pid(data_dir) is None


def test_start__client_killed__adopts_its_server_and_stops_it_as_the_last(data_dir: Path) -> None:
    client = _Client(data_dir)
    dsn = client.wait_until_connected()
    pid = _pid(data_dir)
    client.kill()
    assert _answer(dsn) == 1
    with EmbeddedPostgres.start(data_dir):
        assert _pid(data_dir) == pid
    assert _pid(data_dir) is None


def test_start__interrupted_terminal__does_not_reach_the_server(data_dir: Path) -> None:
    with EmbeddedPostgres.start(data_dir):
        pid = _pid(data_dir)
        assert pid is not None
        assert os.getpgid(pid) != os.getpgid(0)
        assert os.getsid(pid) != os.getsid(0)


def test_start__many_at_once__share_one_server(new_dir: Path) -> None:
    others = [_Client(new_dir) for _ in range(2)]
    with ThreadPoolExecutor() as threads:
        servers = list(threads.map(EmbeddedPostgres.start, [new_dir] * 4))
        assert {server.dsn("postgres") for server in servers} == {client.wait_until_connected() for client in others}
        list(threads.map(lambda server: server.ensure_database("raced"), servers))
        pid = _pid(new_dir)
        list(threads.map(EmbeddedPostgres.release, servers))
    assert _pid(new_dir) == pid
    for client in others:
        client.leave()
    assert _pid(new_dir) is None


def test_start__while_another_stops__every_client_gets_a_server(data_dir: Path) -> None:
    def come_and_go(_: int) -> object:
        with EmbeddedPostgres.start(data_dir) as server:
            return _answer(server.dsn("postgres"))

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(come_and_go, range(8))) == [1] * 8
    assert _pid(data_dir) is None


def test_release__in_a_forked_child__does_not_take_the_server_from_the_parent(data_dir: Path) -> None:
    with EmbeddedPostgres.start(data_dir) as server:
        child = os.fork()
        if child == 0:
            server.release()
            os._exit(0)
        os.waitpid(child, 0)
        assert _answer(server.dsn("postgres")) == 1


def test_release__child_process_outlives_it__the_server_stops_all_the_same(data_dir: Path) -> None:
    server = EmbeddedPostgres.start(data_dir)
    sleeper = os.fork()
    if sleeper == 0:
        signal.pause()
    try:
        server.release()
        assert _pid(data_dir) is None
    finally:
        os.kill(sleeper, signal.SIGKILL)
        os.waitpid(sleeper, 0)


_DEEP = "deep-" * 30


@pytest.mark.parametrize("moved_dir", [_DEEP, "with, comma", "with space and 'quotes\" $HOME %20"], indirect=True)
def test_start__awkward_path__works(moved_dir: Path) -> None:
    with EmbeddedPostgres.start(moved_dir) as server:
        assert _answer(server.dsn("postgres")) == 1
        for url in (server.url("postgres"), server.dagster_url("postgres")):
            with sqlalchemy.create_engine(url).connect() as connection:
                assert connection.execute(sqlalchemy.text("SELECT 1")).scalar() == 1
        assert stat.S_IMODE(server.socket_dir.stat().st_mode) == 0o700
        is_elsewhere = server.socket_dir.parent != moved_dir
    assert not (is_elsewhere and server.socket_dir.exists())


@pytest.mark.parametrize("moved_dir", [_DEEP], indirect=True)
def test_start__socket_directory_planted_by_another__is_refused(moved_dir: Path) -> None:
    with EmbeddedPostgres.start(moved_dir) as server:
        planted = server.socket_dir
    planted.mkdir()
    planted.chmod(0o755)
    try:
        with pytest.raises(AuroraError, match="not a private directory"):
            EmbeddedPostgres.start(moved_dir)
    finally:
        planted.rmdir()


def test_start__pid_file_names_a_process_of_somebody_else__starts(data_dir: Path) -> None:
    client = _Client(data_dir)
    client.wait_until_connected()
    pid = _pid(data_dir)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    client.leave()
    pid_file = data_dir / "cluster" / "postmaster.pid"
    _, rest = pid_file.read_text().split("\n", 1)
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    pid_file.write_text(f"{bystander.pid}\n{rest}")
    with EmbeddedPostgres.start(data_dir) as server:
        assert _answer(server.dsn("postgres")) == 1
    assert bystander.poll() is None
    bystander.communicate()


def test_start__pid_file_of_a_crash__starts(data_dir: Path) -> None:
    for content in ("", "not a number\n", "999999999\n"):
        (data_dir / "cluster" / "postmaster.pid").write_text(content)
        with EmbeddedPostgres.start(data_dir) as server:
            assert _answer(server.dsn("postgres")) == 1


def test_start__socket_deleted__restarts_only_when_nobody_else_uses_it(data_dir: Path) -> None:
    server = EmbeddedPostgres.start(data_dir)
    next(server.socket_dir.glob(".s.PGSQL.*[0-9]")).unlink()
    with pytest.raises(AuroraError, match="is gone"):
        EmbeddedPostgres.start(data_dir)
    server.release()
    client = _Client(data_dir)
    client.wait_until_connected()
    client.kill()
    next(server.socket_dir.glob(".s.PGSQL.*[0-9]")).unlink()
    with EmbeddedPostgres.start(data_dir) as server:
        assert _answer(server.dsn("postgres")) == 1


def test_start__half_finished_initdb__is_cleared_away(new_dir: Path) -> None:
    abandoned = new_dir / "cluster.new-abandoned"
    abandoned.mkdir(parents=True)
    (abandoned / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres.start(new_dir) as server:
        assert _answer(server.dsn("postgres")) == 1
    assert [path.name for path in new_dir.glob("cluster*")] == ["cluster"]


def test_start__data_of_another_major_version__is_refused_untouched(new_dir: Path) -> None:
    cluster = new_dir / "cluster"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("16\n")
    with pytest.raises(AuroraError, match=r"written by PostgreSQL 16; this Aurora comes with 18") as refused:
        EmbeddedPostgres.start(new_dir)
    assert str(new_dir) in str(refused.value.remedy)
    assert [path.name for path in cluster.iterdir()] == ["PG_VERSION"]


def test_start__that_the_server_does_not_survive__shows_its_log_and_is_an_outage(data_dir: Path) -> None:
    damaged = data_dir / "cluster" / "postgresql.auto.conf"
    damaged.write_text("no_such_setting = 1\n")
    try:
        with pytest.raises(AuroraError, match="no_such_setting") as failed:
            EmbeddedPostgres.start(data_dir)
        assert (failed.value.code, failed.value.exit_code) == ("server-failed", TRY_AGAIN)
    finally:
        damaged.write_text("")


def test_start__file_in_the_way__says_so(new_dir: Path) -> None:
    new_dir.write_text("")
    with pytest.raises(AuroraError, match="A file is in its place"):
        EmbeddedPostgres.start(new_dir)


def test_release__directory_moved_meanwhile__is_quiet_and_the_next_start_names_the_server(data_dir: Path) -> None:
    server = EmbeddedPostgres.start(data_dir)
    pid = _pid(data_dir)
    assert pid is not None
    moved = data_dir.rename(data_dir.with_name("moved"))
    server.release()
    try:
        with pytest.raises(AuroraError, match="since before the directory was moved") as refused:
            EmbeddedPostgres.start(moved)
        assert str(pid) in str(refused.value.remedy)
    finally:
        os.kill(pid, signal.SIGINT)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        moved.rename(data_dir)


def test_start__any_account__leaves_the_directories_above_as_they_were(data_dir: Path) -> None:
    above = data_dir.parent
    before = [(path, path.stat().st_mode, path.stat().st_uid) for path in (above, above.parent)]
    EmbeddedPostgres.start(data_dir).release()
    assert [(path, path.stat().st_mode, path.stat().st_uid) for path in (above, above.parent)] == before


as_root = pytest.mark.skipif(
    os.geteuid() != 0 or sys.platform != "linux",
    reason="takes root to lend root's accounts, and /proc to see them lent",
)


@pytest.fixture
def nobody() -> pwd.struct_passwd:
    """An unprivileged account that can run the installed PostgreSQL, which may lie hidden under root's home."""
    account = pwd.getpwnam("nobody")
    command = ["/bin/sh", "-c", 'exec "$1" --version', "sh", str(find_programs() / "postgres")]
    if subprocess.run(command, user=account.pw_uid, cwd="/", capture_output=True, check=False).returncode != 0:
        pytest.skip("an unprivileged account cannot reach the installed PostgreSQL")
    return account


def _owners(directory: Path) -> set[int]:
    return {path.stat().st_uid for path in directory.iterdir()}


@as_root
def test_start__root_without_namespaces__runs_as_nobody(
    new_dir: Path, nobody: pwd.struct_passwd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")  # no unshare to be found
    for _ in range(2):
        with EmbeddedPostgres.start(new_dir) as server:
            assert Path(f"/proc/{_pid(new_dir)}").stat().st_uid == nobody.pw_uid
            assert _answer(server.dsn("postgres")) == 1
        assert (new_dir / "cluster").stat().st_uid == nobody.pw_uid
    assert new_dir.stat().st_uid == 0


@as_root
def test_start__root_loses_namespaces__hands_its_data_to_nobody(
    new_dir: Path, nobody: pwd.struct_passwd, monkeypatch: pytest.MonkeyPatch
) -> None:
    EmbeddedPostgres.start(new_dir).release()
    monkeypatch.setenv("PATH", "/nonexistent")
    with EmbeddedPostgres.start(new_dir) as server:
        assert _answer(server.dsn("postgres")) == 1
    assert _owners(new_dir / "cluster") == _owners(new_dir / "cluster" / "base") == {nobody.pw_uid}


@as_root
def test_start__root_where_no_account_can_go__says_what_to_do(new_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    new_dir.parent.chmod(0o700)
    with pytest.raises(AuroraError, match="does not run as root") as refused:
        EmbeddedPostgres.start(new_dir)
    assert "AURORA_DATABASE_URL" in str(refused.value.remedy)
    assert not (new_dir / "cluster").exists()


@as_root
def test_start__root_on_somebody_elses_data__keeps_it_theirs(new_dir: Path, nobody: pwd.struct_passwd) -> None:
    new_dir.mkdir()
    os.chown(new_dir, nobody.pw_uid, nobody.pw_gid)
    EmbeddedPostgres.start(new_dir).release()
    assert _owners(new_dir) == {nobody.pw_uid}


@as_root
def test_start__ordinary_user__runs_as_itself_and_refuses_roots_data(
    data_dir: Path, new_dir: Path, nobody: pwd.struct_passwd
) -> None:
    new_dir.mkdir()
    os.chown(new_dir, nobody.pw_uid, nobody.pw_gid)
    child = os.fork()
    if child == 0:
        failures = 1
        try:
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
            with EmbeddedPostgres.start(new_dir / "postgres") as server:
                assert Path(f"/proc/{_pid(new_dir / 'postgres')}").stat().st_uid == nobody.pw_uid
                assert _answer(server.dsn("postgres")) == 1
            with pytest.raises(AuroraError, match="Permission denied"):
                EmbeddedPostgres.start(data_dir)
            failures = 0
        except BaseException:  # whatever it is, it is for the parent's report, and must not run the parent's tests on
            traceback.print_exc()
        finally:
            os._exit(failures)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert _owners(new_dir / "postgres") == {nobody.pw_uid}

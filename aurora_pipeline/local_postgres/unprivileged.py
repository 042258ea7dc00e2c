"""Under which operating-system account PostgreSQL runs: it refuses root, so root has to lend it another one."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aurora_pipeline.local_postgres.errors import ServerAccountMissing

_LENDABLE_ACCOUNTS = ("daemon", "bin", "nobody")
"""Accounts every Linux and macOS has, in the order a user namespace borrows them: initdb insists on a named one."""

_OWN_FOLDER = ".aurora"


@dataclass(frozen=True)
class RunAs:
    """How to run a program of PostgreSQL: behind which command, and as whom where that is not the caller."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def popen(
        self,
        command: Sequence[str | Path],
        *,
        output: int,
        own_session: bool = False,
        variables: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a program as this account, without stdin, from `/`, and deaf to the caller's PG* and locale variables.

        A program in a session of its own outlives the caller's terminal and its Ctrl-C.
        """
        return subprocess.Popen(
            [*self.prefix, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=_environment() | dict(variables or {}),
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            start_new_session=own_session,
        )

    def own(self, path: Path) -> None:
        """Hand a directory and what is in it to this account, unless it owns it already."""
        uid = os.geteuid() if self.uid is None else self.uid
        if path.lstat().st_uid == uid:
            return
        gid = os.getegid() if self.gid is None else self.gid
        for folder, _, files in os.walk(path, topdown=False):  # the top last: its owner tells whether all is done
            for entry in (*(Path(folder, name) for name in files), Path(folder)):
                os.chown(entry, uid, gid, follow_symlinks=False)


def choose_account(program: Path, data_dir: Path, cluster: Path) -> RunAs:
    """The first account that PostgreSQL accepts and that reaches both its programs and its data.

    An ordinary user runs PostgreSQL as itself. Root runs it as the owner of the data where that is somebody else, else
    in a user namespace of its own, else as `nobody`. Nothing outside the data directory is changed for it.
    """
    if os.geteuid() != 0 and _is_named(os.geteuid()):
        return RunAs()
    for account in _accounts_for_root(data_dir, cluster) if os.geteuid() == 0 else _accounts_for_nameless():
        if account.uid not in (None, os.geteuid()):
            _let_pass(data_dir)
        if _reaches(account, program, data_dir):
            return account
    raise ServerAccountMissing(
        f"PostgreSQL does not run as {'root' if os.geteuid() == 0 else f'user id {os.geteuid()}, which has no name'},"
        f" and no other account can run {program} on {data_dir}: user namespaces are not available,"
        " and an unprivileged account cannot reach both places.",
        "Run Aurora as an ordinary user, from a directory of that user;"
        " or set AURORA_DATABASE_URL to a PostgreSQL of your own.",
    )


def _let_pass(data_dir: Path) -> None:
    """Let another account walk through the folders that are Aurora's own, which nobody but their owner may list."""
    folders = [data_dir, *data_dir.parents]
    own = next((number for number, folder in enumerate(folders) if folder.name == _OWN_FOLDER), -1)
    for folder in folders[: own + 1]:
        if folder.stat().st_uid == os.geteuid():
            folder.chmod(folder.stat().st_mode | stat.S_IXGRP | stat.S_IXOTH)


def _accounts_for_root(data_dir: Path, cluster: Path) -> Iterator[RunAs]:
    owner = (cluster if cluster.exists() else data_dir).stat()
    if owner.st_uid != 0:
        # Kept theirs: data that changed hands under `sudo` would lock its owner out of it.
        yield RunAs(uid=owner.st_uid, gid=owner.st_gid)
        return
    yield from _namespaces()
    for name in ("nobody", "daemon"):
        entry = _named(name)
        if entry is not None:
            yield RunAs(uid=entry.pw_uid, gid=entry.pw_gid)


def _accounts_for_nameless() -> Iterator[RunAs]:
    """For a user id without a passwd entry, as in containers: initdb refuses it, a namespace gives it a name."""
    yield from _namespaces()
    yield RunAs()


def _namespaces() -> Iterator[RunAs]:
    """A user namespace in which the caller has another name; its files stay the caller's own."""
    unshare = shutil.which("unshare")
    entry = next(filter(None, map(_named, _LENDABLE_ACCOUNTS)), None)
    if unshare is not None and entry is not None:
        yield RunAs(prefix=(unshare, "--user", f"--map-user={entry.pw_uid}", f"--map-group={entry.pw_gid}", "--"))


def _reaches(account: RunAs, program: Path, data_dir: Path) -> bool:
    """Whether the account can be assumed, enters the data directory and executes the program: found by doing it."""
    script = 'cd -- "$1" && exec "$2" --version'
    try:
        command: list[str | Path] = ["/bin/sh", "-c", script, "sh", data_dir, program]
        return account.popen(command, output=subprocess.DEVNULL).wait() == 0
    except (OSError, subprocess.SubprocessError):
        return False


def _named(name: str) -> pwd.struct_passwd | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return entry if 0 < entry.pw_uid < 2**31 else None  # macOS has nobody at -2, which no setuid call takes


def _is_named(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _environment() -> dict[str, str]:
    """The caller's environment without PGDATA, PGPORT and their like, which PostgreSQL would take as settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C"}

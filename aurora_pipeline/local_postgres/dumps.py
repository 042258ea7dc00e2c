"""Dumps of single databases, for servers that somebody else runs: written as of a snapshot, and read back."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from aurora_pipeline.local_postgres.programs import copying_failed, run_program

_OURS: Final = ("--no-owner", "--no-privileges", "--no-policies")
"""Who may do what is declared in Aurora, and granted anew: the roles of another server are not there."""


def dump(conninfo: str, target: Path, snapshot: str) -> None:
    """Write what a database held when the snapshot was taken. Fails loudly for a login that does not see every row."""
    address, secret = _apart(conninfo)
    said = run_program(
        "pg_dump",
        *(f"--dbname={address}", f"--file={target}", "--format=custom", f"--snapshot={snapshot}", "--no-password"),
        *_OURS,
        variables=secret,
    )
    if said is not None:
        raise copying_failed("the database can't be dumped", said, target.parent)


def read_back(conninfo: str, source: Path) -> None:
    """Put a dump into an empty database, whole or not at all."""
    address, secret = _apart(conninfo)
    said = run_program(
        "pg_restore",
        *(f"--dbname={address}", "--single-transaction", "--exit-on-error", "--no-password", *_OURS, source),
        variables=secret,
    )
    if said is not None:
        raise copying_failed(f"{source.name} can't be put into the database", said, source.parent)


def _apart(conninfo: str) -> tuple[str, dict[str, str]]:
    """The address without its password, which every user of the machine would see among the processes."""
    parts = {name: str(value) for name, value in conninfo_to_dict(conninfo).items() if value is not None}
    password = parts.pop("password", None)
    return make_conninfo(**parts), {} if password is None else {"PGPASSWORD": password}

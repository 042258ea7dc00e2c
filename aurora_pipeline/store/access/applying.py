"""Roles, grants and what everybody may do, brought in line in one transaction, and taken away with the schema."""

from __future__ import annotations

from typing import Final

import psycopg

from aurora_pipeline.store.access.everybody import take_from_everybody
from aurora_pipeline.store.access.granting import (
    create_roles,
    grant_declared,
    grant_reading,
    may_bypass,
    take_back,
)
from aurora_pipeline.store.access.logins import follow, logins
from aurora_pipeline.store.access.names import Roles, is_ours, roles_of
from aurora_pipeline.store.access.objects import Objects, named
from aurora_pipeline.store.access.rows import drop_policies, lay_rows_open, secure_rows
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.errors import DatabaseRoleUnusable

MIGRATION_LOCK: Final = 4717_2
"""Held while the schema, or what is granted on it, is changed."""


def grant_access(database: Database) -> None:
    """Make the roles unless they are there, and grant them what is declared; repeating changes nothing."""
    try:
        with database.connect() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
            roles = roles_of(connection)
            create_roles(connection, roles)
            grant_whole(connection)
            take_from_everybody(connection, roles)
            for login in logins(connection):
                follow(connection, login, None)
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction) as error:
        said = (error.diag.message_primary or str(error)).strip().splitlines()[0]
        raise DatabaseRoleUnusable(
            f"the roles of {database.shown} can't be made or granted: {said}",
            "have `aurora db upgrade` run by a user who may create roles and owns the database",
        ) from None


def grant_whole(connection: Connection) -> None:
    """Policies and grants of roles that are there. Rows are secured before anybody is let at them."""
    roles, schema = roles_of(connection), Objects.of(connection)
    secure_rows(connection, roles, schema, forced=may_bypass(connection))
    grant_declared(connection, roles, schema)
    grant_reading(connection, roles)


def is_granted(connection: Connection) -> bool:
    """Whether the database at hand has roles of its own; a copy has none until `aurora db upgrade`."""
    names = list(roles_of(connection).marks)
    row = connection.execute("SELECT count(*) AS n FROM pg_roles WHERE rolname = ANY(%s)", [names]).fetchone()
    return row is not None and row["n"] == len(names)


def pause_access(database: Database) -> None:
    """Before the schema moves up: nobody but who passes policies sees a row until they are put back."""
    with database.connect() as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
        drop_policies(connection)


def withdraw_rights(database: Database) -> None:
    """Before the schema moves down, below what policies rest on: nobody but the owner holds anything any more."""
    with database.connect() as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
        schema = Objects.of(connection)
        take_back(connection, roles_of(connection), schema)
        lay_rows_open(connection, schema)


def withdraw_access(database: Database) -> None:
    """Take the roles away with the schema; one that something else rests on stays, and can read nothing here."""
    with database.autocommit() as connection:
        roles = roles_of(connection)
        for role in reversed(list(roles.marks)):
            _drop(connection, roles, role)


def _drop(connection: Connection, roles: Roles, role: str) -> None:
    if not is_ours(connection, role, roles.marks[role]):
        return
    try:
        connection.execute(named("DROP OWNED BY {}", role))
        connection.execute(named("DROP ROLE {}", role))
    except (psycopg.errors.DependentObjectsStillExist, psycopg.errors.InsufficientPrivilege):
        return

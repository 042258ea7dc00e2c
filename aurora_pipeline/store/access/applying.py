"""Roles, grants and what everybody may do, brought in line in one transaction, and taken away with the schema."""

from __future__ import annotations

from typing import Final

import psycopg

from aurora_pipeline.store.access.everybody import take_from_everybody
from aurora_pipeline.store.access.granting import create_roles, grant_declared, grant_reading, named
from aurora_pipeline.store.access.names import Roles, is_ours, roles_of
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
            grant_declared(connection, roles)
            grant_reading(connection, roles)
            take_from_everybody(connection, roles)
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction) as error:
        said = (error.diag.message_primary or str(error)).strip().splitlines()[0]
        raise DatabaseRoleUnusable(
            f"the roles of {database.shown} can't be made or granted: {said}",
            "have `aurora db upgrade` run by a user who may create roles and owns the database",
        ) from None


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

"""An opened instance of Aurora: its configuration and its database, migrated and held open while it is used."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlencode, urlsplit

import psycopg

from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.foundation.errors import FolderUnusable, SettingRefused
from aurora_pipeline.foundation.outages import explained, read_only
from aurora_pipeline.foundation.private_folder import private_folder
from aurora_pipeline.instance.chains import may_sync, sync_registry
from aurora_pipeline.instance.partner_login import admitted, refuse_partner
from aurora_pipeline.instance.workspace import DATABASE_VARIABLE, Workspace, database_named
from aurora_pipeline.local_postgres.cluster import POSTGRES_MAJOR
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.store.access.safety import require_safe_logins
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.errors import DatabaseNotMade, SchemaOutdated
from aurora_pipeline.store.frames import GATE_SWITCHES, assert_validation_is_on
from aurora_pipeline.store.revision import revision
from aurora_pipeline.store.session import url_query

_LEDGER, _DAGSTER = "aurora", "dagster"
_DAGSTER_SUFFIX = "_dagster"
# Dagster's storages pool their connections through this plugin of ours; see store/pooling.py.
_POOLED = "plugin=aurora_pool"
# Dagster commits each of its events by itself, some hundred per run. On our own server they need not wait for the disk:
# a power cut may cost the last half second of its event log, never a figure, for the ledger is another database.
_RELAXED = {"synchronous_commit": "off"}


class Aurora:
    """What assets, sensors and commands work with. The database is opened on first use and let go by `close`.

    One that `reads_only` works on a standby and on a database that is closed to writing, and writes nothing anywhere.
    A partner's login is refused before anything is read, but by what is `for_partners` too.
    """

    def __init__(self, workspace: Workspace, *, reads_only: bool = False, for_partners: bool = False) -> None:
        self.workspace = workspace
        self.reads_only = reads_only
        self.for_partners = for_partners
        self._partner: str | None = None
        self._opening = threading.Lock()
        self._server: EmbeddedPostgres | None = None
        self._database: Database | None = None

    @cached_property
    def configuration(self) -> Configuration:
        """The checked configuration."""
        return self.workspace.configuration()

    @property
    def database(self) -> Database:
        """The ledger's database: started if it is ours to start, at the schema this version needs."""
        with self._opening:
            if self._database is None:
                self._database = self._open()
            return self._database

    @property
    def partner(self) -> str | None:
        """The partner whose login this is; None for everybody else."""
        _ = self.database
        return self._partner

    def located(self) -> Database:
        """The database as it is, without touching its schema."""
        url = self.workspace.database_url
        if url is not None:
            return database_named(url)
        if self._server is None:
            self._server = EmbeddedPostgres.start(self._folder() / "postgres")
            for name in (_LEDGER, _DAGSTER):
                self._server.ensure_database(name)
        return Database(self._server.dsn(_LEDGER))

    def administered(self) -> Database:
        """The database as it is, whatever its schema, for who administers it; a partner's login is refused."""
        database = self.located()
        if revision(database).is_hidden:
            refuse_partner(admitted(database))
        return database

    def own_server(self) -> EmbeddedPostgres | None:
        """The server that is ours, started; None where somebody else runs the database."""
        self.located()
        return self._server

    def _folder(self) -> Path:
        """The folder of everything this instance writes, its owner's alone."""
        folder = self.workspace.data_dir
        try:
            return private_folder(folder)
        except OSError as error:
            raise explained(error) or FolderUnusable(
                f"{folder} can't be used: {error.strerror} ({error.filename})",
                "make room for that folder, or set AURORA_HOME to another one that is yours",
            ) from None

    def _open(self) -> Database:
        if any(name in os.environ for name in GATE_SWITCHES):
            assert_validation_is_on()
        database = self.located()
        present = revision(database)
        if present.is_hidden:
            self._partner = admitted(database)
            if not self.for_partners:
                refuse_partner(self._partner)
            return replace(database, reads_only=True)
        if not present.is_current:
            if self.workspace.database_url is not None:
                raise SchemaOutdated(
                    f"the schema of {database.shown} is at {present.present or 'nothing'}, this version needs"
                    f" {present.wanted}",
                    "run `aurora db upgrade` when nothing else is writing",
                )
            # Imported here: Alembic takes a fifth of a second, and only the first command on new data needs it.
            from aurora_pipeline.store.migrate import upgrade

            upgrade(database)
        if self.workspace.database_url is not None:
            with database.connect() as connection:
                require_safe_logins(connection)
        if self.reads_only:
            database.let_go()
            return replace(database, reads_only=True)
        with database.connect() as connection:
            _refuse_read_only(connection)
            # Whoever may not change the tables works by what the files said where somebody may.
            if may_sync(connection):
                sync_registry(connection, self.configuration)
        return database

    def dagster_records(self) -> Database:
        """Dagster's own records as they are, if there are any yet; nothing is made for them."""
        url = self.workspace.database_url
        if url is not None:
            return database_named(url, _DAGSTER_SUFFIX)
        with self.database.connect():
            pass  # starts the server
        assert self._server is not None
        return Database(self._server.dsn(_DAGSTER))

    def dagster_url(self) -> str:
        """Where Dagster keeps its own records: a second database of the same server."""
        url = self.workspace.database_url
        if url is not None:
            return _beside(url, self.administered)
        self.located()
        assert self._server is not None  # locating our own database has started it
        return f"{self._server.dagster_url(_DAGSTER)}&{_POOLED}&{url_query(POSTGRES_MAJOR * 10_000, **_RELAXED)}"

    def close(self) -> None:
        """Let go of the database; our own server stops when nobody else uses it."""
        if self._database is not None:
            self._database.let_go()
        if self._server is not None:
            self._server.release()
        self._server = self._database = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _refuse_read_only(connection: Connection) -> None:
    """Refuse a database that takes no writes before anybody is asked for what could not be stored."""
    row = connection.execute("SELECT current_setting('transaction_read_only') AS state").fetchone()
    if row is not None and row["state"] == "on":
        raise read_only("it refuses every write")


def _beside(url: str, admit: Callable[[], object]) -> str:
    """The SQLAlchemy URL of Dagster's database beside an external one; created if it may be."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise SettingRefused(
            f"{DATABASE_VARIABLE} must be an URL that names a database",
            "write it like postgresql://user:password@host:5432/aurora",
        )
    name = f"{parts.path.strip('/')}{_DAGSTER_SUFFIX}"
    dagster = database_named(url, _DAGSTER_SUFFIX)
    version = _server_version(dagster)
    if version is None:
        admit()
        _create_database(database_named(url), name)
        version = _server_version(dagster) or 0
    given = dict(parse_qsl(parts.query))
    kept = urlencode({name: value for name, value in given.items() if name not in {"options", "client_encoding"}})
    query = "&".join(filter(None, [kept, _POOLED, url_query(version, given.get("options", ""))]))
    return parts._replace(scheme="postgresql+psycopg2", path=f"/{name}", query=query).geturl()


def _server_version(database: Database) -> int | None:
    """The version of the server that answers for a database; None where none does."""
    try:
        with psycopg.connect(database.conninfo) as session:
            return session.info.server_version
    except psycopg.OperationalError:
        return None


def _create_database(beside: Database, name: str) -> None:
    """Create a database unless it exists; safe from several processes at once."""
    with beside.autocommit() as connection:
        try:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            # Another process was first: it lost no time between the look and this.
            return
        except psycopg.Error as error:
            raise explained(error) or DatabaseNotMade(
                f"Dagster's database {name} beside Aurora's can't be created: {str(error).splitlines()[0]}",
                f"have it created: CREATE DATABASE {name}",
            ) from None

"""Where an instance of Aurora lives: its configuration files, its data directory, its database."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from dotenv import dotenv_values
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from aurora_pipeline.foundation.errors import FileUnreadable, SettingRefused

if TYPE_CHECKING:
    # What reads the files and speaks to providers takes most of a second to import: a probe waits for none of it.
    from aurora_pipeline.config.configuration import Configuration
    from aurora_pipeline.store.database import Database

ENV_FILE = ".env"
HOME_VARIABLE = "AURORA_HOME"
DEMO_VARIABLE = "AURORA_DEMO"
DATABASE_VARIABLE = "AURORA_DATABASE_URL"
DATABASE_FILE_VARIABLE = "AURORA_DATABASE_URL_FILE"
KEY_VARIABLE = "AURORA_LOG_KEY"
DEMO_URL_VARIABLE = "AURORA_DEMO_URL"
DAGSTER_URL_VARIABLE = "AURORA_DAGSTER_URL"
CELERY_BROKER_VARIABLE = "AURORA_CELERY_BROKER"
"""Where Celery's broker is, if runs are spread over several machines."""
DEMO_LAST_ADDRESS = "providers.url"
"""Where a demo keeps its providers' last address: what is recorded of them stays true when they are stopped."""
# Nothing listens there: the demo's configuration must load for commands that ask nobody.
_NO_SIMULATOR = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Workspace:
    """One instance: the demo's or the operator's own. They share nothing but the code."""

    home: Path
    is_demo: bool
    env: Mapping[str, str]

    @property
    def data_dir(self) -> Path:
        """Where everything this instance writes lives."""
        return self.home / ".aurora" / ("demo" if self.is_demo else "main")

    @property
    def chains_path(self) -> Path:
        """The chains.yaml in force."""
        return (_demo_files() if self.is_demo else self.home) / "chains.yaml"

    @property
    def providers_path(self) -> Path:
        """The providers.yaml in force."""
        return (_demo_files() if self.is_demo else self.home) / "providers.yaml"

    @property
    def dagster_home(self) -> Path:
        """Dagster's home directory of this instance."""
        return self.data_dir / "dagster"

    def configuration(self) -> Configuration:
        """The checked configuration; raises ConfigurationError with every mistake."""
        from aurora_pipeline.config.loading import load_configuration
        from aurora_pipeline.sources.kinds import KINDS

        env = dict(self.env)
        if self.is_demo:
            env.setdefault(DEMO_URL_VARIABLE, _last_address(self.data_dir) or _NO_SIMULATOR)
        return load_configuration(self.chains_path, self.providers_path, env, KINDS)

    @property
    def database_url(self) -> str | None:
        """The database somebody else runs, if one is named; the demo always runs its own."""
        return None if self.is_demo else self.env.get(DATABASE_VARIABLE) or self._database_url_in_a_file() or None

    def _database_url_in_a_file(self) -> str:
        """What the file says that AURORA_DATABASE_URL_FILE names: secrets of containers come as files."""
        named = self.env.get(DATABASE_FILE_VARIABLE)
        if not named:
            return ""
        try:
            return Path(named).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise FileUnreadable(
                f"{DATABASE_FILE_VARIABLE}: {named} can't be read: {error}", "name a file that holds the address"
            ) from None

    @property
    def celery_broker(self) -> str | None:
        """The broker from which workers take runs, if they are spread over several machines."""
        return None if self.is_demo else self.env.get(CELERY_BROKER_VARIABLE) or None

    @property
    def log_key_path(self) -> Path:
        """The file of the key that signs the log, which may be on a machine or disk of its own."""
        named = None if self.is_demo else self.env.get(KEY_VARIABLE)
        return Path(named) if named else self.data_dir / "keys" / "log.key"

    def variables(self) -> dict[str, str]:
        """The environment by which another process finds this workspace."""
        return {HOME_VARIABLE: str(self.home), DEMO_VARIABLE: "1" if self.is_demo else "0"}


def find_workspace(demo: bool = False, env: Mapping[str, str] | None = None) -> Workspace:
    """The workspace of this process: AURORA_HOME or the current directory; the demo's if asked for or AURORA_DEMO=1."""
    variables = os.environ if env is None else env
    home = Path(variables.get(HOME_VARIABLE) or Path.cwd()).resolve()
    is_demo = demo or variables.get(DEMO_VARIABLE) == "1"
    return Workspace(home, is_demo, variables if is_demo else {**_written_down(home), **variables})


def _written_down(home: Path) -> dict[str, str]:
    """The variables of the workspace's .env; those of the environment itself win over them."""
    path = home / ENV_FILE
    if not path.is_file():
        return {}
    try:
        told = dotenv_values(path, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadable(f"{path} can't be read: {error}", "write it in UTF-8, one NAME=value per line") from None
    return {name: value for name, value in told.items() if value is not None}


def _last_address(data_dir: Path) -> str:
    """Where the demo's providers were reached last; empty before the first time."""
    path = data_dir / DEMO_LAST_ADDRESS
    return path.read_text(encoding="utf-8", errors="replace").strip() if path.is_file() else ""


def _demo_files() -> Path:
    return Path(str(files("aurora_pipeline.demo")))


def database_named(url: str, suffix: str = "") -> Database:
    """The database of an URL or conninfo, or the one beside it whose name ends in `suffix`."""
    from aurora_pipeline.store.database import Database

    return Database(conninfo_of(url, suffix))


def conninfo_of(url: str, suffix: str = "") -> str:
    """How libpq reaches the database of an URL, or the one beside it whose name ends in `suffix`."""
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError:
        raise SettingRefused(
            f"{DATABASE_VARIABLE} is no PostgreSQL address", "write it like postgresql://user:password@host:5432/aurora"
        ) from None
    name = str(parts.get("dbname") or parts.get("user") or "aurora")
    return make_conninfo(url, dbname=f"{name}{suffix}")

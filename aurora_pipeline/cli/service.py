"""`aurora service`: one part of Dagster as a process of its own, and units for systemd."""

from __future__ import annotations

import getpass
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from aurora_pipeline.cli.errors import ArgumentsNotFit, ServiceNeedsBroker, ServiceNeedsDatabase
from aurora_pipeline.cli.terminal import err, opened, out, workspace
from aurora_pipeline.foundation.errors import FolderUnusable
from aurora_pipeline.foundation.whole_file import write_whole
from aurora_pipeline.instance.workspace import CELERY_BROKER_VARIABLE, Workspace
from aurora_pipeline.orchestration.dagster_home import prepare_dagster_home
from aurora_pipeline.orchestration.services import PORTS, CodeAt, Service, command, workspace_file, workspace_text
from aurora_pipeline.orchestration.systemd import TARGET, Installed, units

service = typer.Typer(
    help="Parts of Dagster as services: in containers, on several machines, under systemd.", no_args_is_help=True
)
_CODE_PORT = PORTS[Service.CODE]
_ASKS_CODE = frozenset({Service.WEB, Service.AUDIT, Service.DAEMON})


@service.command("run")
def run(
    name: Annotated[Service, typer.Argument(help="code, web, audit (the UI, read only), daemon or worker.")],
    host: Annotated[str, typer.Option(help="The address it listens at.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port it listens at.")] = None,
    code: Annotated[str, typer.Option(help="Where the code server is, HOST:PORT.")] = f"127.0.0.1:{_CODE_PORT}",
    at_once: Annotated[int, typer.Option(min=1, help="How many runs a worker takes at once.")] = 1,
) -> None:
    """Become one part of Dagster on the database of AURORA_DATABASE_URL; `aurora db upgrade` comes first."""
    place = workspace()
    if place.database_url is None:
        raise ServiceNeedsDatabase(
            "services work on a PostgreSQL that somebody runs: AURORA_DATABASE_URL is not set",
            "set it, or let `aurora up` run everything with a server of its own",
        )
    _check_celery(place, name)
    found = _code_at(code)
    with opened() as aurora:
        # Opened before Dagster is started: an outdated schema is said here, and not by every run.
        shown = aurora.database.shown
        variables = {**os.environ, **prepare_dagster_home(aurora)}
        file = workspace_file(place.dagster_home)
        text = workspace_text(found)
        if name in _ASKS_CODE and (not file.exists() or file.read_text(encoding="utf-8") != text):
            write_whole(file, text.encode())
    line = command(name, host, port or PORTS[name], file, at_once)
    err.print(f"{name.value}: {' '.join(line)}   (database {shown})", markup=False, soft_wrap=True)
    sys.stderr.flush()
    os.execve(line[0], line, variables)


def _check_celery(place: Workspace, name: Service) -> None:
    if place.celery_broker is None:
        if name is not Service.WORKER:
            return
        raise ServiceNeedsBroker(
            f"a worker takes runs from Celery's broker: {CELERY_BROKER_VARIABLE} is not set",
            "set it for every part, to something like redis://HOST:6379/0",
        )
    if find_spec("dagster_celery") is None:
        raise ServiceNeedsBroker(
            "Celery is not installed",
            "install it with Aurora: pip install -c constraints.txt 'aurora-pipeline[celery]'",
        )


def _code_at(text: str) -> CodeAt:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ArgumentsNotFit(f"{text!r} is no HOST:PORT", f"write it like code:{_CODE_PORT}")
    return CodeAt(host, int(port))


@service.command("install")
def install(
    to: Annotated[Path, typer.Option(help="The folder of units.", file_okay=False)] = Path("/etc/systemd/system"),
    user: Annotated[str | None, typer.Option(help="The account they run as; yours unless it is given.")] = None,
) -> None:
    """Write units for systemd that run this workspace: with AURORA_DATABASE_URL each part apart, else `aurora up`."""
    place = workspace()
    named = user or getpass.getuser()
    found = Installed(_program(), named, place.home)
    made = units(found, own_server=place.database_url is None)
    if not to.is_dir():
        raise FolderUnusable(f"{to} is no folder", "make it, or name another one with --to")
    for file, text in made.items():
        write_whole(to / file, text.encode())
        out.print(f"{to / file}", markup=False)
    out.print(f"Now: systemctl daemon-reload && systemctl enable --now {TARGET}", markup=False)


def _program() -> Path:
    """The `aurora` of this installation."""
    return Path(sys.executable).with_name("aurora")

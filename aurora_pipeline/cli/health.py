"""`aurora health`: whether the instance lives, is ready and works, for the probes of containers and monitors."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.terminal import out, workspace

health = typer.Typer(help="Whether the instance lives, is ready and works: for probes.", no_args_is_help=True)


@health.command("live")
def live(as_json: Json = False) -> None:
    """Exit with 0 where the program and its files are there. Asks no database: no restart mends one."""
    _answer("live", as_json)


@health.command("ready")
def ready(as_json: Json = False) -> None:
    """Exit with 0 where the database answers at the schema of this version, else with 75. Starts nothing."""
    _answer("ready", as_json)


@health.command("daemon")
def daemon(as_json: Json = False) -> None:
    """Exit with 0 where sensors and the run queue gave a sign of life within five minutes, else with 1."""
    _answer("daemon", as_json)


def _answer(question: str, as_json: bool) -> None:
    from aurora_pipeline.work.probes import Probe, probe

    well = probe(workspace(), Probe(question), datetime.now(UTC))
    if as_json:
        print_json("health", well)
    else:
        out.print(well.told, markup=False)

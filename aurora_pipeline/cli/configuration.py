"""`aurora config` and `aurora db`: is the configuration sound, and at which schema is the database."""

from __future__ import annotations

from typing import Annotated

import typer

from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.terminal import opened, out, print_table, workspace
from aurora_pipeline.config.report import config_report, provider_report
from aurora_pipeline.store.revision import Revision, revision
from aurora_pipeline.work.reads import configuration as reads

config = typer.Typer(help="The configuration files.", no_args_is_help=True)
db = typer.Typer(help="The database's schema.", no_args_is_help=True)


@config.command("check")
def config_check(as_json: Json = False) -> None:
    """Check chains.yaml and providers.yaml; every mistake is shown at once, with its place and remedy."""
    place = workspace()
    configuration = place.configuration()
    if as_json:
        print_json("config_check", reads.configuration(configuration))
        return
    roles, providers = config_report(configuration), provider_report(configuration)
    for title, rows in (("Who is asked for what", roles), ("Providers", providers)):
        names = [name.replace("_", " ") for name in vars(rows[0])] if rows else []
        shown = [[_cell(value) for value in vars(row).values()] for row in rows]
        print_table(title, names, shown, prose=["asked", "skipped", "limits", "unset variables"])
    for sentence in configuration.not_set_up():
        out.print(sentence, markup=False)
    out.print(f"{place.chains_path.name} and {place.providers_path.name} are sound.")


def _cell(value: object) -> object:
    return ", ".join(str(item) for item in value) if isinstance(value, (tuple, list)) else value


def _print_revision(found: Revision, shown: str) -> None:
    verdict = "as this version needs it" if found.is_current else f"this version needs {found.wanted}"
    out.print(f"{shown}: revision {found.present or 'none'}, {verdict}.", markup=False)


@db.command("current")
def db_current(as_json: Json = False) -> None:
    """Show the schema's revision."""
    with opened() as aurora:
        located = aurora.administered()
        if as_json:
            print_json("db_current", reads.database(located))
        else:
            _print_revision(revision(located), located.shown)


@db.command("upgrade")
def db_upgrade(target: Annotated[str, typer.Argument(help="A revision.")] = "head") -> None:
    """Bring the schema up to date (or to a revision)."""
    from aurora_pipeline.store.migrate import upgrade

    with opened() as aurora:
        located = aurora.administered()
        _print_revision(upgrade(located, target), located.shown)


@db.command("downgrade", context_settings={"ignore_unknown_options": True})  # -1 is no option
def db_downgrade(
    target: Annotated[str, typer.Argument(help="A revision, -1 for one step, base for an empty schema.")],
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it: `base` loses everything; else only where nothing is lost.")
    ] = False,
) -> None:
    """Take the schema back; refuses without --yes."""
    if not yes:
        raise typer.BadParameter("a downgrade drops data; repeat with --yes")
    from aurora_pipeline.store.migrate import downgrade

    with opened() as aurora:
        located = aurora.administered()
        _print_revision(downgrade(located, target), located.shown)

"""The front door for people: `aurora ...`, every command listed by name."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any, Final, NamedTuple

import typer
from typer.exceptions import TyperException

from aurora_pipeline.cli.errors import CommandNotUnderstood, path_not_usable, right_missing
from aurora_pipeline.cli.examples import example
from aurora_pipeline.cli.json_output import OPTION as JSON_OPTION
from aurora_pipeline.cli.terminal import INTERRUPTED, err, print_error, use_demo
from aurora_pipeline.decisions.came_with import coming_with
from aurora_pipeline.foundation import traces
from aurora_pipeline.foundation.errors import BAD_INPUT, AuroraError, NotUtf8
from aurora_pipeline.foundation.gc_pause import importing
from aurora_pipeline.foundation.log import set_up
from aurora_pipeline.foundation.outages import explained

NAME: Final = "aurora"
_BEGIN, _COMPUTE, _READ, _PROVE = "To begin", "To compute", "To read", "To prove"
_TELL, _PARTNERS, _INSIDE = "What the operator enters", "Partners and what they are paid", "The instance"
_COMPLETED: Final = ("COMP_WORDS", "_TYPER_COMPLETE_ARGS")
"""Where a shell that completes puts the words that are typed so far."""


class Command(NamedTuple):
    """Where a command stands, under which heading, and what it is for."""

    module: str
    """In `cli/`, where it has the command's name or the one behind the colon."""
    panel: str
    help: str


COMMANDS: Final[Mapping[str, Command]] = {
    "demo": Command("demo", _BEGIN, "Run the whole pipeline on a simulated chain, from nothing to proven statements."),
    "init": Command("init", _BEGIN, "Write a workspace of your own: configuration and sample files."),
    "up": Command("up", _BEGIN, "Open the Dagster UI on this data, with sensors working, until Ctrl-C."),
    "status": Command("status", _COMPUTE, "What is known of each chain's periods, and what needs a person."),
    "backfill": Command("running", _COMPUTE, "Fetch what is missing of some epochs and compute every layer."),
    "recompute": Command("running", _COMPUTE, "Compute layers again from what is stored."),
    "snapshots": Command("snapshots", _COMPUTE, "What layers wrote, and what was wrong with it."),
    "warnings": Command("warnings", _COMPUTE, "What looks odd, and whose cause is known."),
    "periods": Command("periods", _COMPUTE, "Finalized periods and their partitions."),
    "pnl": Command("figures", _READ, "What each validator earned and cost."),
    "lines": Command("figures", _READ, "What each partner is owed under which rule."),
    "allocation": Command("figures", _READ, "Who gets every unit of each component."),
    "statements": Command(
        "statement_commands:statements", _READ, "What each partner is owed, and who decides what next."
    ),
    "disputes": Command("disputes", _PARTNERS, "Lines that partners hold for wrong, and what is answered."),
    "diff": Command("diff", _READ, "What changed of a period, and what it does to partners."),
    "sql": Command("sql", _READ, "Ask the database in SQL, read only unless --write is given."),
    "trace": Command("proof", _PROVE, "Where a line or a statement comes from, down to payload hashes."),
    "verify": Command("proof", _PROVE, "Recompute every hash from the stored bytes."),
    "replay": Command("replay", _PROVE, "Compute a period again beside the database, and compare."),
    "audit": Command("audit", _PROVE, "Verify the log of decisions, list it, or take it elsewhere."),
    "checkpoint": Command("checkpoints:checkpoint_commands", _PROVE, "Sign the head of the log, or prove by one."),
    "keys": Command("keys", _PROVE, "The key that signs the log."),
    "validators": Command("registry", _TELL, "Which validators the operator runs, dated."),
    "operator-wallets": Command("registry:operator_wallets", _TELL, "Whose stake is the operator's own, dated."),
    "fee-recipients": Command("registry:fee_recipients", _TELL, "Whose addresses receive what blocks earn, dated."),
    "costs": Command("registry", _TELL, "Costs and other income that no provider knows."),
    "partners": Command("partners", _PARTNERS, "Who is paid."),
    "wallets": Command("wallets", _PARTNERS, "Which partner introduced which wallet, dated."),
    "agreements": Command("agreements", _PARTNERS, "Agreements with partners."),
    "override": Command("overrides", _PARTNERS, "Pay something else for a line or a rule than what was computed."),
    "overrides": Command("overrides", _PARTNERS, "What is paid instead of what was computed."),
    "users": Command("users", _INSIDE, "Who works with Aurora, and what each may do."),
    "service": Command("service", _INSIDE, "Parts of Dagster as services, and units for systemd."),
    "metrics": Command("metrics", _INSIDE, "Numbers about the instance for Prometheus."),
    "alerts": Command("alerts", _INSIDE, "Telling people what needs one, by webhook and mail."),
    "health": Command("health", _INSIDE, "Whether the instance lives, is ready and works: for probes."),
    "providers": Command("providers", _INSIDE, "Whom Aurora asks."),
    "backup": Command("backup", _INSIDE, "Keep everything this instance has, as of one instant, in a folder."),
    "restore": Command("backup", _INSIDE, "Put a backup back where nothing is."),
    "archives": Command("archives", _INSIDE, "Old evidence outside the database, and back again."),
    "config": Command("configuration", _INSIDE, "The configuration files."),
    "db": Command("configuration", _INSIDE, "The database's schema."),
}


def build_app(arguments: Sequence[str]) -> typer.Typer:
    """The application for some arguments: only what they name is imported, for every import delays the answer."""
    app = typer.Typer(
        name=NAME,
        help="What each validator earned and cost, what each partner is owed, and the proof down to the bytes.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(root)
    first = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name, command in COMMANDS.items():
        _add(app, name, command, _loaded(name, command) if name == first else _not_loaded)
    return app


def _add(app: typer.Typer, name: str, command: Command, found: Callable[..., Any] | typer.Typer) -> None:
    if isinstance(found, typer.Typer):
        for one in found.registered_commands:
            one.epilog = example(f"{name} {one.name}")
        app.add_typer(found, name=name, rich_help_panel=command.panel, epilog=example(name))
        return
    # A negative amount is an amount that is refused, not an option that nobody knows.
    lenient = {"ignore_unknown_options": name == "override"}
    summary = command.help if found is _not_loaded else None
    app.command(name, help=summary, rich_help_panel=command.panel, epilog=example(name), context_settings=lenient)(
        found
    )


def _loaded(name: str, command: Command) -> Callable[..., Any] | typer.Typer:
    module, _, attribute = command.module.partition(":")
    with importing():
        found: Callable[..., Any] | typer.Typer = getattr(
            import_module(f"aurora_pipeline.cli.{module}"), attribute or name
        )
    return found


def _not_loaded() -> None:
    """Stands for every command that was not named."""


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"{NAME} {version('aurora-pipeline')} (Python {sys.version.split()[0]})")
        raise typer.Exit


def root(
    on_demo: Annotated[
        bool, typer.Option("--demo", help="Work on the demo's data instead of this directory's.")
    ] = False,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """What each validator earned and cost, what each partner is owed, and the proof down to the bytes."""
    if on_demo:
        use_demo()


def _refuse_unreadable(arguments: Sequence[str]) -> None:
    """Arguments that are no text can be neither recorded nor shown."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            shown = os.fsencode(argument).decode(errors="replace")
            raise NotUtf8(f'"{shown}" is no UTF-8 text', "type it in UTF-8; a file may have to be renamed") from None


def _run(arguments: Sequence[str]) -> None:
    typed = next((os.environ[name].split()[1:] for name in _COMPLETED if name in os.environ), arguments)
    app = build_app(typed)
    if JSON_OPTION not in arguments:
        app(prog_name=NAME)
    try:
        code = app(prog_name=NAME, standalone_mode=False)
    except TyperException as error:
        raise CommandNotUnderstood(error.format_message(), f"see `{NAME} --help`, or `--help` of the command") from None
    sys.exit(code)


def main() -> None:
    """Run the command line. Exit codes: 0, 1 (a check failed), 2 (bad input), 75 (try again: something is away)."""
    try:
        try:
            # What a command has to say it says itself, once; the log is for those who ask for more of it.
            set_up(os.environ, usual="ERROR")
            traces.set_up(os.environ)
            _refuse_unreadable(sys.argv[1:])
            with coming_with(shlex.join([NAME, *sys.argv[1:]])):
                _run(sys.argv[1:])
        finally:
            # While somebody can still say why it cannot be written.
            sys.stdout.flush()
    except AuroraError as error:
        sys.exit(print_error(error))
    except SystemExit as leaving:
        # Typer turns Ctrl-C into this code and says nothing.
        if leaving.code == INTERRUPTED:
            err.print("Interrupted; whatever was published before stands. Repeat the command to go on.")
        raise
    except BrokenPipeError:
        # The reader of our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(BAD_INPUT)
    except Exception as error:
        told = explained(error) or right_missing(error) or path_not_usable(error)
        if told is None:
            raise
        sys.exit(print_error(told))

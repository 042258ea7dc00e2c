"""The front door for people: `aurora ...`, every command listed by name."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from aurora_pipeline.cli.terminal import INTERRUPTED, err, print_error, use_demo
from aurora_pipeline.foundation.errors import BAD_INPUT, AuroraError
from aurora_pipeline.foundation.gc_pause import importing
from aurora_pipeline.foundation.log import set_up
from aurora_pipeline.foundation.outages import explained

COMMANDS = {
    "demo": "demo",
    "up": "up",
    "status": "status",
    "backfill": "running",
    "recompute": "running",
    "trace": "proof",
    "verify": "proof",
    "audit": "proof",
    "periods": "periods",
    "validators": "registry",
    "operator-wallets": "registry:operator_wallets",
    "costs": "registry",
    "providers": "providers",
    "partners": "partners",
    "wallets": "wallets",
    "agreements": "agreements",
    "override": "overrides",
    "overrides": "overrides",
    "users": "partners",
    "config": "configuration",
    "db": "configuration",
}
"""Each command and its module in `cli/`, where it has the command's name or the one behind the colon."""


def build_app(arguments: Sequence[str]) -> typer.Typer:
    """The application for some arguments: only what they name is imported, for every import delays the answer."""
    app = typer.Typer(
        name="aurora",
        help="What each validator earned and cost, what each partner is owed, and the proof down to the bytes.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(root)
    first = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name in [first] if first in COMMANDS else COMMANDS:
        module, _, attribute = COMMANDS[name].partition(":")
        with importing():
            command = getattr(import_module(f"aurora_pipeline.cli.{module}"), attribute or name)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            # A negative amount is an amount that is refused, not an option that nobody knows.
            lenient = {"ignore_unknown_options": name == "override"}
            app.command(name, context_settings=lenient)(command)
    return app


def root(
    on_demo: Annotated[
        bool, typer.Option("--demo", help="Work on the demo's data instead of this directory's.")
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
            raise AuroraError(
                f'"{shown}" is no UTF-8 text', "type it in UTF-8; a file may have to be renamed"
            ) from None


def main() -> None:
    """Run the command line. Exit codes: 0, 1 (a check failed), 2 (bad input), 75 (try again: something is away)."""
    try:
        try:
            set_up(os.environ)
            _refuse_unreadable(sys.argv[1:])
            build_app(sys.argv[1:])()
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
        told = explained(error)
        if told is None:
            raise
        sys.exit(print_error(told))

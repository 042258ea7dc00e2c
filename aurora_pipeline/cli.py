"""The front door for people: `aurora ...`, every command listed by name."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from aurora_pipeline.commands.agreements import agreements
from aurora_pipeline.commands.configuration import config, db
from aurora_pipeline.commands.demo import demo
from aurora_pipeline.commands.periods import periods
from aurora_pipeline.commands.proof import audit, trace, verify
from aurora_pipeline.commands.providers import providers
from aurora_pipeline.commands.registry import costs, validators, wallets
from aurora_pipeline.commands.running import backfill, recompute, status
from aurora_pipeline.commands.terminal import BAD_INPUT, err, print_error, use_demo
from aurora_pipeline.commands.up import up
from aurora_pipeline.errors import AuroraError
from aurora_pipeline.log import set_up

app = typer.Typer(
    name="aurora",
    help="What each validator earned and cost, what each partner is owed, and the proof down to the bytes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def root(
    on_demo: Annotated[
        bool, typer.Option("--demo", help="Work on the demo's data instead of this directory's.")
    ] = False,
) -> None:
    """What each validator earned and cost, what each partner is owed, and the proof down to the bytes."""
    if on_demo:
        use_demo()


app.command()(demo)
app.command()(up)
app.command()(status)
app.command()(backfill)
app.command()(recompute)
app.command()(trace)
app.command()(verify)
app.command()(audit)
app.add_typer(periods, name="periods")
app.add_typer(validators, name="validators")
app.add_typer(wallets, name="operator-wallets")
app.add_typer(costs, name="costs")
app.add_typer(agreements, name="agreements")
app.add_typer(providers, name="providers")
app.add_typer(config, name="config")
app.add_typer(db, name="db")


def main() -> None:
    """Run the command line. Exit codes: 0, 1 (a check failed), 2 (bad input)."""
    try:
        set_up(os.environ)
        app()
    except AuroraError as error:
        sys.exit(print_error(error))
    except KeyboardInterrupt:
        err.print("Interrupted; whatever was published before stands.")
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(BAD_INPUT)


if __name__ == "__main__":
    main()

"""`aurora warnings list | acknowledge`: what looks odd, and saying for a time that its cause is known."""

from __future__ import annotations

from typing import Annotated

import typer

from aurora_pipeline.cli.epochs import ChainArgument
from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.statement_steps import Reason
from aurora_pipeline.cli.terminal import opened, print_table, read_day, tell_recorded
from aurora_pipeline.decisions.person import deciding
from aurora_pipeline.work.acknowledging import acknowledge as record_acknowledgement
from aurora_pipeline.work.reads import warnings as reads

warnings = typer.Typer(help="What looks odd, and whose cause is known.", no_args_is_help=True)
Period = Annotated[str | None, typer.Option("--period", help="Of this period or month; else of each layer's newest.")]


@warnings.command("list")
def list_warnings(chain_id: ChainArgument, period: Period = None, as_json: Json = False) -> None:
    """Show what looks odd in published layers, and until when somebody acknowledged it."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        chain = aurora.configuration.usable_chain(chain_id)
        found = reads.warnings(connection, chain.chain_id, period)
    if as_json:
        print_json("warnings_list", found)
        return
    rows = [
        [
            one.period,
            one.asset,
            one.rule,
            one.words,
            "" if one.acknowledged_until is None else f"until {one.acknowledged_until:%Y-%m-%d}: {one.because}",
        ]
        for one in found
    ]
    known = sum(one.acknowledged_until is not None for one in found)
    columns = ["period", "layer", "rule", "what", "acknowledged"]
    print_table(
        f"{len(rows)} warning(s)" + (f", {known} acknowledged" if known else ""),
        columns,
        rows,
        prose=["what", "acknowledged"],
    )


@warnings.command("acknowledge")
def acknowledge(
    chain_id: ChainArgument,
    rule: Annotated[str, typer.Argument(help="The rule that warns, as the list names it.", show_default=False)],
    until: Annotated[str, typer.Option("--until", help="Until which day (excluded).", show_default=False)],
    reason: Reason,
    about: Annotated[
        str | None,
        typer.Option("--about", help="The validator's key, or the first words, where there are several."),
    ] = None,
    layer: Annotated[str | None, typer.Option("--layer", help="The layer, where several warn.")] = None,
    period: Period = None,
    as_json: Json = False,
) -> None:
    """Say that the cause of a warning is known, for a time: it is told as before, and is no news."""
    end = read_day(until, "--until")
    with opened() as aurora, aurora.database.connect() as connection:
        chain = aurora.configuration.usable_chain(chain_id)
        known = reads.one_warned_of(connection, chain.chain_id, period, rule, layer, about)
        person = deciding(aurora.database)
        change = record_acknowledgement(connection, chain.chain_id, known, end, person, reason)
    tell_recorded([change], as_json)

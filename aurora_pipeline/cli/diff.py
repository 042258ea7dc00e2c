"""`aurora diff`: what changed of a period, row by row, and what it does to partners."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Annotated

import typer

from aurora_pipeline.cli.epochs import ChainArgument
from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.terminal import opened, out, print_table, read_day
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.errors import RangeBackwards
from aurora_pipeline.foundation.money import amount as checked
from aurora_pipeline.foundation.money import format_coins
from aurora_pipeline.foundation.period_key import EPOCH_MAX, PeriodKey
from aurora_pipeline.foundation.units import EpochNumber, EpochRange
from aurora_pipeline.work.asked_epochs import require_recorded
from aurora_pipeline.work.changes import Changed, LayerChange, PeriodChange, names_of, period_changes
from aurora_pipeline.work.json_form import plain
from aurora_pipeline.work.reads.changes import changed_period

_ROWS_SHOWN = 40


def diff(
    chain_id: ChainArgument,
    epoch: Annotated[int, typer.Argument(help="The epoch.", min=0, max=EPOCH_MAX, show_default=False)],
    since: Annotated[
        str | None, typer.Option("--from", help="The state at this moment; else before the last change.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="The state at this moment; else now.")] = None,
    as_json: Json = False,
) -> None:
    """Show what changed of a period between two states: by row and column, and what it does to partners."""
    first, last = (
        None if text is None else read_day(text, name) for text, name in ((since, "--from"), (until, "--to"))
    )
    if first is not None and last is not None and last < first:
        raise RangeBackwards("--to lies before --from", "give the earlier moment with --from")
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        chain = aurora.configuration.chain(chain_id)
        key = PeriodKey(chain_id, EpochNumber(epoch))
        require_recorded(connection, chain_id, EpochRange(key.epoch, key.epoch + 1))
        change = period_changes(connection, key, first, last)
        names = names_of(connection, chain_id)
    if as_json:
        print_json("diff", changed_period(change, chain, names))
        return
    if not change.layers:
        out.print(f"nothing of {change.key} was published again: it is as it was first")
        return
    for layer in change.layers:
        _print_layer(layer, chain, names)
    _print_partners(change, chain, names)
    days = {layer.changed_at.date() for layer in change.layers if layer.changed_at is not None}
    if first is None and len(days) > 1:
        out.print("These changes are of different days; `--from MOMENT` shows what changed since one.")


def _print_layer(layer: LayerChange, chain: Chain, names: Mapping[str, str]) -> None:
    rows = len({one.row for one in layer.changes})
    came_and_went = f", {layer.rows_came} came, {layer.rows_went} went" if layer.rows_came or layer.rows_went else ""
    when = "" if layer.changed_at is None else f", on {layer.changed_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    title = (
        f"{layer.table}{when}, snapshot {layer.before or 'none'} -> {layer.after}: {rows} row(s) differ{came_and_went}"
    )
    shown = [
        [
            " ".join(named(part, names) for part in one.row if part),
            one.column,
            _text(one, one.was, chain),
            _text(one, one.now, chain),
        ]
        for one in layer.changes[:_ROWS_SHOWN]
    ]
    if not shown:
        out.print(title, style="bold", markup=False)
        return
    print_table(title, ["row", "column", "was", "is"], shown, prose=["was", "is"])
    more = len(layer.changes) - len(shown)
    if more:
        out.print(f"and {more} more changes: all of them with --json")


def named(key: str, names: Mapping[str, str]) -> str:
    """A key as people read it: with the name of whom it is, where it is somebody's."""
    return f"{names[key]} ({key})" if key in names else key


def _print_partners(change: PeriodChange, chain: Chain, names: Mapping[str, str]) -> None:
    if not change.partners:
        out.print("No partner is owed another amount.")
        return
    rows = [
        [
            named(one.partner_id, names),
            *(format_coins(value, chain.native_decimals) for value in (one.was, one.now, one.now - one.was)),
        ]
        for one in change.partners
    ]
    columns = ["partner", "was", "is", "difference"]
    print_table(f"What partners are owed, in {chain.native_unit}", columns, rows, right=columns[1:])


def _text(one: Changed, value: object, chain: Chain) -> str:
    if value is None:
        return "-"
    if one.is_amount and isinstance(value, int):
        return f"{format_coins(checked(value), chain.native_decimals)} {chain.native_unit}"
    return str(plain(value))

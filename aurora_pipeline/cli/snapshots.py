"""`aurora snapshots list | show | diff | release`: what was written, what was wrong with it, and letting it count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import typer

from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.running import job_runner
from aurora_pipeline.cli.statement_steps import Reason
from aurora_pipeline.cli.terminal import NUMBER_MAX, err, opened, out, print_changes, print_table
from aurora_pipeline.decisions.person import deciding
from aurora_pipeline.foundation.period_key import PartitionKey, PeriodKey
from aurora_pipeline.work.backfill import recompute
from aurora_pipeline.work.reads import snapshots as reads
from aurora_pipeline.work.reads.recorded import recorded
from aurora_pipeline.work.releasing import may_compute
from aurora_pipeline.work.releasing import release as record_release
from aurora_pipeline.work.runs import require_published

snapshots = typer.Typer(help="What layers wrote, and what was wrong with it.", no_args_is_help=True)
Number = Annotated[int, typer.Argument(help="The snapshot's number.", show_default=False, min=1, max=NUMBER_MAX)]
_DIFFERENCES_SHOWN: Final = 50


@snapshots.command("list")
def list_snapshots(
    chain: Annotated[str | None, typer.Option("--chain", help="Only this chain.")] = None,
    period: Annotated[str | None, typer.Option("--period", help="Only this period or month.")] = None,
    rejected: Annotated[bool, typer.Option("--rejected", help="Only those that a rule held back.")] = False,
    at_most: Annotated[int, typer.Option("--most", help="How many, the newest first.", min=1, max=10_000)] = 50,
    as_json: Json = False,
) -> None:
    """Show the newest snapshots, whether each counts, and how many things the rules found."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        found = reads.snapshots(connection, chain, period, only_rejected=rejected, at_most=at_most)
    if as_json:
        print_json("snapshots_list", found)
        return
    rows = [
        [
            one.snapshot_id,
            f"{one.chain_id}:{one.period}",
            one.asset,
            one.standing,
            f"{one.written_at:%Y-%m-%d %H:%M}",
            one.row_count,
            _rules(one.violations),
            len(one.warnings),
        ]
        for one in found
    ]
    columns = ["snapshot", "period", "layer", "standing", "written", "rows", "breaks", "warnings"]
    print_table(f"{len(rows)} snapshot(s)", columns, rows, right=["snapshot", "rows", "warnings"])


def _rules(found: Sequence[reads.Found]) -> str:
    return ", ".join(sorted({one.rule for one in found}))


@snapshots.command("show")
def show(snapshot: Number, as_json: Json = False) -> None:
    """Show one snapshot: each thing that a rule found, where, and the figures."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        one = reads.snapshot(connection, snapshot)
    if as_json:
        print_json("snapshots_show", one)
        return
    out.print(f"snapshot {one.snapshot_id}: {one.asset} of {one.chain_id}:{one.period}", style="bold", markup=False)
    out.print(f"  {one.standing}; written {one.written_at:%Y-%m-%d %H:%M}; {one.row_count} row(s)", markup=False)
    out.print(f"  content {one.content_digest}", markup=False)
    if one.released_by is not None:
        out.print(f"  released by {one.released_by}: {one.released_because}", markup=False)
    for title, found in (("Breaks", one.violations), ("Warned of", one.warnings)):
        if found:
            print_table(title, ["rule", "where", "what", "figures"], list(map(_cells, found)), prose=["what"])
    if one.may_be_released and one.released_by is None:
        out.print(f'It may be released: `aurora snapshots release {snapshot} --reason "..."`', markup=False)
    elif one.standing == "rejected" and one.violations and one.released_by is None:
        out.print("It may not be released; docs/gates.md says what to do about each rule.", markup=False)


def _cells(one: reads.Found) -> list[object]:
    return [one.rule, _pairs(one.where), one.words, _pairs(one.figures)]


def _pairs(named: Sequence[reads.Named]) -> str:
    return ", ".join(map(str, named))


@snapshots.command("diff")
def diff(snapshot: Number, as_json: Json = False) -> None:
    """Compare a snapshot with what is in force of the same layer and period, row by row."""
    with opened(reads_only=True) as aurora, aurora.database.connect() as connection:
        told = reads.differences(connection, snapshot)
    if as_json:
        print_json("snapshots_diff", told)
        return
    against = "nothing, for nothing is in force" if told.in_force is None else f"snapshot {told.in_force}, in force"
    rows = [
        [_pairs(one.row), one.column or "the whole row", one.in_force, one.snapshot]
        for one in told.differences[:_DIFFERENCES_SHOWN]
    ]
    title = f"snapshot {snapshot} beside {against}: {len(told.differences)} difference(s)"
    print_table(title, ["row", "column", "in force", f"snapshot {snapshot}"], rows, prose=["row"])
    if len(told.differences) > _DIFFERENCES_SHOWN:
        out.print(f"and {len(told.differences) - _DIFFERENCES_SHOWN} more: --json shows all", markup=False)


@snapshots.command("release")
def release(snapshot: Number, reason: Reason, as_json: Json = False) -> None:
    """Let a rejected snapshot count, where each rule it breaks may be released; then compute the period again.

    What comes out the same is published. What comes out otherwise meets the rules as always. A login that may decide
    and not compute leaves that to one that may.
    """
    with opened() as aurora:
        with aurora.database.connect() as connection:
            one = reads.snapshot(connection, snapshot)
        key, person = reads.key_of(one), deciding(aurora.database)
        with aurora.database.connect() as connection:
            change = record_release(connection, snapshot, person, reason)
            computes = may_compute(connection)
        if as_json:
            print_json("recorded", recorded([change]))
        else:
            print_changes([change])
        if not computes or not isinstance(key, PeriodKey):
            err.print(f"It counts when it is computed again: {_computing(key)}", markup=False)
            return
        chain = aurora.configuration.usable_chain(key.chain_id)
        computed = recompute(aurora, job_runner(aurora), chain, [key.epoch])
    require_published(computed.runs)


def _computing(key: PartitionKey) -> str:
    if isinstance(key, PeriodKey):
        return f"`aurora recompute {key.chain_id} {key.epoch}`"
    return f"`aurora statements compute {key.chain_id} {key.period}`"

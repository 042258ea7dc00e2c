"""`aurora status`: what is known of each chain's periods, what needs a person, and one period in full."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from textwrap import shorten
from typing import Annotated

import typer

from aurora_pipeline.cli.errors import ArgumentsNotFit
from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.terminal import is_demo, opened, out, print_table
from aurora_pipeline.foundation.errors import CHECK_FAILED
from aurora_pipeline.foundation.listing import listed, spans
from aurora_pipeline.foundation.period_key import EPOCH_MAX
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.published import NotPublished
from aurora_pipeline.work.attention import age
from aurora_pipeline.work.condition import Health
from aurora_pipeline.work.month_end import MonthEnd
from aurora_pipeline.work.reads import status as reads
from aurora_pipeline.work.what_is_next import DueRun, what_is_next

_PERIODS_SHOWN = 20
_MISSING_SHOWN = 160
_WARNINGS_SHOWN = 20
_COLOURS = {"HEALTHY": "green", "DEGRADED": "yellow", "UNHEALTHY": "red"}


def status(
    chain_id: Annotated[str | None, typer.Argument(help="Only this chain.")] = None,
    epoch: Annotated[int | None, typer.Argument(help="Only this epoch, in full.", min=0, max=EPOCH_MAX)] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 1 unless all is HEALTHY and nothing needs a person.")
    ] = False,
    coming: Annotated[
        bool, typer.Option("--next", help="Only which runs are to be started next, in order, and why.")
    ] = False,
    as_json: Json = False,
) -> None:
    """What is known of each chain's periods, and what needs a person. With an epoch: why, and until when.

    Asks no provider: it shows what is recorded.
    """
    now = datetime.now(UTC)
    if coming and (check or epoch is not None):
        raise ArgumentsNotFit("--next goes with a chain alone", "leave out the epoch and --check")
    with opened(reads_only=True) as aurora:
        chains = [aurora.configuration.chain(chain_id)] if chain_id else list(aurora.configuration.enabled_chains())
        if coming:
            with aurora.database.connect() as connection:
                due = [one for chain in chains for one in what_is_next(connection, chain, now)]
            _show_next(due, as_json)
            return
        if epoch is not None:
            with aurora.database.connect() as connection:
                _show_epoch(reads.epoch_status(connection, chains[0], EpochNumber(epoch), now), as_json)
            return
        told = reads.status(aurora, chains, now, only=chain_id, clock_runs=not is_demo())
    if as_json:
        print_json("status", told)
    else:
        _show(told, now)
        for text in told.attention:
            out.print(f"[yellow]needs a person:[/] {text}")
    if check and (told.attention or told.condition != Health.HEALTHY):
        raise typer.Exit(CHECK_FAILED)


def _show_next(due: Sequence[DueRun], as_json: bool) -> None:
    if as_json:
        print_json("status_next", due)
        return
    if not due:
        out.print("nothing is to be run: everything rests on what counts")
        return
    print_table(
        f"{len(due)} run(s) to be started; sensors do it by themselves, and so does `aurora recompute CHAIN --stale`",
        ["period", "job", "why", "after epoch"],
        [[one.period, one.job, one.why, ", ".join(map(str, one.after))] for one in due],
        prose=["why", "after epoch"],
    )


def _show(told: reads.Status, now: datetime) -> None:
    for chain in told.chains:
        _show_chain(chain, now)
    heard, sensors = told.providers, told.sensors
    silent = [one.provider for one in heard if one.last_contact_at is None]
    for one in heard:
        if one.trouble is not None:
            out.print(f"{one.provider} {one.in_words}", markup=False)
    answered = [f"{one.provider} {_ago(one.last_contact_at, now)}" for one in heard if one.last_contact_at is not None]
    if heard:
        words = [f"providers answered: {', '.join(answered)}"] if answered else []
        words += [f"no answer lately from {', '.join(silent)}"] if silent else []
        out.print("; ".join(words), markup=False)
    if sensors:
        newest = max(one.last_tick_at for one in sensors)
        failing = sum(one.problem is not None for one in sensors)
        out.print(f"sensors: {len(sensors)} known, the last ran {_ago(newest, now)}, {failing} failing", markup=False)
    kept = "no backup is noted here" if told.last_backup_at is None else f"last backup {_ago(told.last_backup_at, now)}"
    signed = "never signed" if told.last_checkpoint_at is None else f"signed {_ago(told.last_checkpoint_at, now)}"
    why = "" if told.cannot_sign is None else f"; {told.cannot_sign}"
    out.print(f"{kept}; the log was {signed}{why}", markup=False)
    for sentence in told.not_set_up:
        out.print(sentence, markup=False)
    for note in told.access:
        out.print(f"note: {note}", markup=False)


def _show_chain(chain: reads.ChainStatus, now: datetime) -> None:
    colour = _COLOURS[chain.condition]
    out.print(f"[bold]{chain.chain_id}[/]  [{colour}]{chain.condition}[/]  {chain.in_words}")
    if chain.head_epoch is not None:
        out.print(f"  {_head_in_words(chain, now)}", markup=False)
    shown = [one for one in chain.periods if one.is_published][-_PERIODS_SHOWN:]
    rows = [
        [
            period.epoch,
            f"{period.ended_at:%Y-%m-%d %H:%M}",
            f"{period.layers_published}/{period.layers}",
            period.completeness,
            "" if period.stale is None else f"stale: {period.stale}",
            period.lacking or "",
            shorten(period.missing or "", _MISSING_SHOWN, placeholder=" ..."),
        ]
        for period in shown
    ]
    if rows:
        columns = ["epoch", "ended (UTC)", "layers", "state", "stale", "not final", "missing"]
        print_table("", columns, rows, right=["epoch"], prose=columns[-3:])
    if any(len(one.missing or "") > _MISSING_SHOWN for one in shown):
        out.print(f"what is missing, and why, in full: `aurora status {chain.chain_id} EPOCH`", markup=False)
    untouched = [EpochNumber(period.epoch) for period in chain.periods if not period.is_published]
    if untouched:
        out.print(f"nothing is published of epoch {spans(untouched)}", markup=False)
    if chain.month_end is not None:
        out.print(f"month {chain.month_end.month}: {_month_in_words(chain.chain_id, chain.month_end)}", markup=False)
    for sentence in chain.late[-_PERIODS_SHOWN:]:
        out.print(sentence, markup=False)
    if len(chain.late) > _PERIODS_SHOWN:
        out.print(f"and {len(chain.late) - _PERIODS_SHOWN} more pending: all of them with --json", markup=False)


def _head_in_words(summary: reads.ChainStatus, now: datetime) -> str:
    head = f"the chain is in epoch {summary.head_epoch} or later"
    if summary.behind is not None:
        head += f", {summary.behind} ended and not published" if summary.behind else ", all before it is published"
    if not summary.is_observed:
        return head
    if summary.seen is None:
        return f"{head}; nobody observed it"
    return f"{head}; epoch {summary.seen.epoch} last observed {_ago(summary.seen.observed_at, now)}"


def _month_in_words(chain_id: str, month: MonthEnd) -> str:
    if month.waits_for is not None:
        return f"not ready, {month.waits_for}"
    stages = ", ".join(f"{one.count} {one.stage}" for one in month.statements)
    told = f"over, and all its periods are published; {stages or 'no statement of it is computed yet'}"
    if stages and month.to_compute is not None:
        told += f"; {month.to_compute}: `aurora statements compute {chain_id} {month.month}`"
    return told


def _ago(moment: datetime, now: datetime) -> str:
    return f"{age(now - moment)} ago"


def _show_epoch(told: reads.EpochStatus, as_json: bool) -> None:
    if as_json:
        print_json("status_epoch", told)
        return
    if not told.data_types:
        raise NotPublished(
            f"{told.layers_published} of the {told.layers} layers of {told.period} are published, and what says how"
            " complete it is is not among them: a run ended early"
            if told.layers_published
            else f"nothing is published of {told.period}",
            f"`aurora backfill {told.chain_id} {told.epoch}` computes what is missing, and says what stops it",
        )
    rows = [[one.data_type, one.state, one.validators, one.reason or "", listed(one.names)] for one in told.data_types]
    columns = ["data type", "state", "validators", "reason", "which"]
    print_table(told.period, columns, rows, right=["validators"], prose=["reason", "which"])
    for line in told.late:
        out.print(line, markup=False)
    _show_oddities(told)


def _show_oddities(told: reads.EpochStatus) -> None:
    for words in told.outdated:
        out.print(f"figures are those of an earlier reading: {words}", markup=False)
    for data_type in told.unusable:
        again = f"`aurora backfill {told.chain_id} {told.epoch} --refetch`"
        out.print(f"{data_type}: every answer came, and not all can be used: {again} asks again", markup=False)
    if told.differences:
        out.print(
            f"cross-checks: {told.differences} difference(s), {told.unexplained} unexplained"
            " (table cross_check_differences)",
            markup=False,
        )
    if told.warnings:
        known = f", {told.acknowledged} acknowledged" if told.acknowledged else ""
        out.print(f"{sum(one.count for one in told.warnings)} warning(s) of published layers{known}:", markup=False)
        for one in told.warnings[:_WARNINGS_SHOWN]:
            out.print(f"  {one}", markup=False)
        if len(told.warnings) > _WARNINGS_SHOWN:
            out.print(f"  and {len(told.warnings) - _WARNINGS_SHOWN} more kinds: --json shows all", markup=False)

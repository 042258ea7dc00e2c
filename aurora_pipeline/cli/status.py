"""`aurora status`: what is known of each chain's periods, what needs a person, and one period in full."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from aurora_pipeline.cli.errors import ArgumentsNotFit
from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.shapes import ChainStatus as ChainShape
from aurora_pipeline.cli.shapes import Contact as ContactShape
from aurora_pipeline.cli.shapes import DataTypeStatus as TypeShape
from aurora_pipeline.cli.shapes import EpochStatus as EpochShape
from aurora_pipeline.cli.shapes import PeriodStatus as PeriodShape
from aurora_pipeline.cli.shapes import Seen as SeenShape
from aurora_pipeline.cli.shapes import Sensor as SensorShape
from aurora_pipeline.cli.shapes import Status
from aurora_pipeline.cli.shapes import Warned as WarnedShape
from aurora_pipeline.cli.terminal import is_demo, opened, out, print_table
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.errors import CHECK_FAILED
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber, EpochRange
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.snapshots import NotPublished
from aurora_pipeline.tables import PERIOD_LAYER_TABLES
from aurora_pipeline.work.asked_epochs import require_recorded, spans
from aurora_pipeline.work.attention import ChainState, age, of_chain, of_sensors
from aurora_pipeline.work.epoch_status import EpochStatus, WarningKind, epoch_status, kinds, known_names
from aurora_pipeline.work.grouped_sentences import listed as listed_names
from aurora_pipeline.work.health import Contact, Ticking, contacts, ticking
from aurora_pipeline.work.json_form import shaped
from aurora_pipeline.work.late import in_words, load_pending
from aurora_pipeline.work.status import ChainStatus, PeriodStatus, chain_status, period_statuses
from aurora_pipeline.work.what_is_next import DueRun, what_is_next

_PERIODS_SHOWN = 20
_WARNINGS_SHOWN = 20


def status(
    chain_id: Annotated[str | None, typer.Argument(help="Only this chain.")] = None,
    epoch: Annotated[int | None, typer.Argument(help="Only this epoch, in full.", min=0)] = None,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 where something needs a person.")] = False,
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
        with aurora.database.connect() as connection:
            if coming:
                _show_next([one for chain in chains for one in what_is_next(connection, chain, now)], as_json)
                return
            if epoch is not None:
                key = PeriodKey(chains[0].chain_id, EpochNumber(epoch))
                require_recorded(connection, key.chain_id, EpochRange(key.epoch, key.epoch + 1))
                told = epoch_status(connection, key, now)
                _show_epoch(told, kinds(told.oddities.warnings, known_names(connection, key.chain_id)), as_json)
                return
            states = [_state(connection, chain) for chain in chains]
            heard = contacts(connection, _asked(aurora, chains))
        sensors = ticking(aurora.dagster_records())
    attention = [text for state in states for text in of_chain(state, now, not is_demo())]
    attention += of_sensors(sensors, now, not is_demo())
    if as_json:
        _print_json(states, heard, sensors, attention, now)
    else:
        _show(states, heard, sensors, now)
        for text in attention:
            out.print(f"[yellow]needs a person:[/] {text}")
    if check and attention:
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


def _state(connection: Connection, chain: Chain) -> ChainState:
    periods = period_statuses(connection, chain)
    pending = load_pending(connection, chain.chain_id)
    return ChainState(chain_status(connection, chain, periods), periods, pending)


def _asked(aurora: Aurora, chains: Sequence[Chain]) -> list[str]:
    """The enabled providers that some of the chains name, in the order of the file."""
    named = {
        name for chain in chains for names in (*chain.roles.values(), *chain.cross_checks.values()) for name in names
    }
    return [one.name for one in aurora.configuration.providers.values() if one.enabled and one.name in named]


def _print_json(
    states: Sequence[ChainState],
    heard: Sequence[Contact],
    sensors: Sequence[Ticking],
    attention: Sequence[str],
    now: datetime,
) -> None:
    chains = [
        shaped(
            ChainShape,
            vars(state.status),
            seen=None if state.status.seen is None else shaped(SeenShape, vars(state.status.seen)),
            periods=[_period(state.status.chain_id, period) for period in state.periods],
            late=[in_words(one, now) for one in state.pending],
        )
        for state in states
    ]
    providers = [shaped(ContactShape, vars(one)) for one in heard]
    print_json("status", Status(chains, providers, [shaped(SensorShape, vars(one)) for one in sensors], attention))


def _period(chain_id: str, period: PeriodStatus) -> PeriodShape:
    return shaped(PeriodShape, vars(period), chain_id=chain_id, layers=len(PERIOD_LAYER_TABLES))


def _show(states: Sequence[ChainState], heard: Sequence[Contact], sensors: Sequence[Ticking], now: datetime) -> None:
    for state in states:
        _show_chain(state, now)
    silent = [one.provider for one in heard if one.last_contact_at is None]
    told = [f"{one.provider} {_ago(one.last_contact_at, now)}" for one in heard if one.last_contact_at is not None]
    if heard:
        told += [f"not lately: {', '.join(silent)}"] if silent else []
        out.print(f"providers answered: {', '.join(told)}", markup=False)
    if sensors:
        newest = max(one.last_tick_at for one in sensors)
        failing = sum(one.problem is not None for one in sensors)
        out.print(f"sensors: {len(sensors)} known, the last ran {_ago(newest, now)}, {failing} failing", markup=False)


def _show_chain(state: ChainState, now: datetime) -> None:
    summary = state.status
    out.print(f"[bold]{summary.chain_id}[/]  {summary.in_words}")
    if summary.head_epoch is not None:
        out.print(f"  {_head_in_words(summary, now)}", markup=False)
    rows = [
        [
            period.epoch,
            f"{period.ended_at:%Y-%m-%d %H:%M}",
            f"{period.layers_published}/{len(PERIOD_LAYER_TABLES)}",
            period.completeness,
            "" if period.stale is None else f"stale: {period.stale}",
            period.lacking or "",
            period.missing or "",
        ]
        for period in [one for one in state.periods if one.is_published][-_PERIODS_SHOWN:]
    ]
    if rows:
        columns = ["epoch", "ended (UTC)", "layers", "state", "stale", "not final", "missing"]
        print_table("", columns, rows, right=["epoch"], prose=columns[-3:])
    untouched = [period.epoch for period in state.periods if not period.is_published]
    if untouched:
        out.print(f"nothing is published of epoch {spans(untouched)}", markup=False)
    for one in state.pending[-_PERIODS_SHOWN:]:
        out.print(in_words(one, now), markup=False)
    if len(state.pending) > _PERIODS_SHOWN:
        out.print(f"and {len(state.pending) - _PERIODS_SHOWN} more pending: all of them with --json", markup=False)


def _head_in_words(summary: ChainStatus, now: datetime) -> str:
    head = f"the chain is in epoch {summary.head_epoch} or later"
    if summary.behind is not None:
        head += f", {summary.behind} ended and not published" if summary.behind else ", all before it is published"
    if summary.seen is None:
        return f"{head}; nobody observed it"
    return f"{head}; epoch {summary.seen.epoch} last observed {_ago(summary.seen.observed_at, now)}"


def _ago(moment: datetime, now: datetime) -> str:
    return f"{age(now - moment)} ago"


def _show_epoch(told: EpochStatus, warnings: Sequence[WarningKind], as_json: bool) -> None:
    if as_json:
        types = [shaped(TypeShape, vars(one)) for one in told.data_types]
        key = {"chain_id": told.key.chain_id, "epoch": told.key.epoch, "period": str(told.key)}
        layers = {"layers_published": told.published, "layers": len(PERIOD_LAYER_TABLES)}
        shown = [WarnedShape(one.asset, len(one.texts), one.text, one.texts) for one in warnings]
        more = {**vars(told.oddities), **key, **layers, "late": told.late, "warnings": shown}
        print_json("status_epoch", shaped(EpochShape, more, data_types=types))
        return
    if not told.data_types:
        raise NotPublished(
            f"{told.published} of the {len(PERIOD_LAYER_TABLES)} layers of {told.key} are published, and what says how"
            " complete it is is not among them: a run ended early"
            if told.published
            else f"nothing is published of {told.key}",
            f"`aurora backfill {told.key.chain_id} {told.key.epoch}` computes what is missing, and says what stops it",
        )
    rows = [
        [one.data_type, one.state, one.validators, one.reason or "", listed_names(one.names)] for one in told.data_types
    ]
    columns = ["data type", "state", "validators", "reason", "which"]
    print_table(str(told.key), columns, rows, right=["validators"], prose=["reason", "which"])
    for line in told.late:
        out.print(line, markup=False)
    _show_oddities(told, warnings)


def _show_oddities(told: EpochStatus, warnings: Sequence[WarningKind]) -> None:
    odd = told.oddities
    for words in odd.outdated:
        out.print(f"figures are those of an earlier reading: {words}", markup=False)
    for data_type in odd.unusable:
        again = f"`aurora backfill {told.key.chain_id} {told.key.epoch} --refetch`"
        out.print(f"{data_type}: every answer came, and not all can be used: {again} asks again", markup=False)
    if odd.differences:
        out.print(
            f"cross-checks: {odd.differences} difference(s), {odd.unexplained} unexplained"
            " (table cross_check_differences)",
            markup=False,
        )
    if warnings:
        out.print(f"{len(odd.warnings)} warning(s) of published layers:", markup=False)
        for one in warnings[:_WARNINGS_SHOWN]:
            out.print(f"  {one}", markup=False)
        if len(warnings) > _WARNINGS_SHOWN:
            out.print(f"  and {len(warnings) - _WARNINGS_SHOWN} more kinds: --json shows all", markup=False)

"""`aurora status`: what is known of each chain's periods, and of one period in full."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from aurora_pipeline.cli.epochs import listed
from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.shapes import ChainStatus as ChainShape
from aurora_pipeline.cli.shapes import DataTypeStatus as TypeShape
from aurora_pipeline.cli.shapes import EpochStatus as EpochShape
from aurora_pipeline.cli.shapes import PeriodStatus as PeriodShape
from aurora_pipeline.cli.shapes import shaped
from aurora_pipeline.cli.terminal import opened, out, print_table
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.staging.late import in_words, load_pending
from aurora_pipeline.tables import LAYER_TABLES
from aurora_pipeline.work.epoch_status import EpochStatus, epoch_status
from aurora_pipeline.work.status import PeriodStatus, chain_status, period_statuses

_PERIODS_SHOWN = 20
_NAMES_SHOWN = 3
_WARNINGS_SHOWN = 20


def status(
    chain_id: Annotated[str | None, typer.Argument(help="Only this chain.")] = None,
    epoch: Annotated[int | None, typer.Argument(help="Only this epoch, in full.", min=0)] = None,
    as_json: Json = False,
) -> None:
    """What is known of each chain's periods: published, partial, failed, missing; of one epoch why, and until when."""
    with opened(reads_only=True) as aurora:
        chains = [aurora.configuration.chain(chain_id)] if chain_id else list(aurora.configuration.enabled_chains())
        with aurora.database.connect() as connection:
            if epoch is not None:
                _show_epoch(epoch_status(connection, PeriodKey(chains[0].chain_id, epoch), datetime.now(UTC)), as_json)
                return
            summaries = [chain_status(connection, chain) for chain in chains]
            details = {chain.chain_id: period_statuses(connection, chain) for chain in chains}
            now = datetime.now(UTC)
            late = {c.chain_id: [in_words(one, now) for one in load_pending(connection, c.chain_id)] for c in chains}
    if as_json:
        told = [
            shaped(
                ChainShape,
                vars(summary),
                periods=[_period(summary.chain_id, period) for period in details[summary.chain_id]],
                late=late[summary.chain_id],
            )
            for summary in summaries
        ]
        print_json("status", told)
        return
    for summary in summaries:
        out.print(f"[bold]{summary.chain_id}[/]  {summary.in_words}")
        rows = [
            [
                period.epoch,
                period.ended_at,
                period.published,
                period.completeness,
                period.lacking or "",
                period.missing or "",
            ]
            for period in [one for one in details[summary.chain_id] if one.is_published][-_PERIODS_SHOWN:]
        ]
        if rows:
            columns = ["epoch", "ended", "layers", "state", "not final", "missing"]
            print_table("", columns, rows, right=["epoch"], prose=columns[-2:])
        untouched = [period.epoch for period in details[summary.chain_id] if not period.is_published]
        if untouched:
            out.print(f"nothing is published of epoch {listed(untouched)}", markup=False)
        for line in late[summary.chain_id][-_PERIODS_SHOWN:]:
            out.print(line, markup=False)


def _period(chain_id: str, period: PeriodStatus) -> PeriodShape:
    published, _, layers = period.published.partition("/")
    return shaped(
        PeriodShape,
        vars(period),
        chain_id=chain_id,
        layers_published=int(published),
        layers=int(layers),
        completeness=period.completeness if period.is_published else None,
    )


def _show_epoch(told: EpochStatus, as_json: bool) -> None:
    if as_json:
        types = [shaped(TypeShape, vars(one)) for one in told.data_types]
        key = {"chain_id": told.key.chain_id, "epoch": told.key.epoch, "period": str(told.key)}
        layers = {"layers_published": told.published, "layers": len(LAYER_TABLES)}
        more = {**vars(told.oddities), **key, **layers, "late": told.late}
        print_json("status_epoch", shaped(EpochShape, more, data_types=types))
        return
    if not told.data_types:
        raise AuroraError(
            f"{told.published} of the {len(LAYER_TABLES)} layers of {told.key} are published, and what says how"
            " complete it is is not among them: a run ended early"
            if told.published
            else f"nothing is published of {told.key}",
            f"`aurora backfill {told.key.chain_id} {told.key.epoch}` computes what is missing, and says what stops it",
        )
    rows = [
        [one.data_type, one.state, one.validators, one.reason or "", _listed_names(one.names)]
        for one in told.data_types
    ]
    columns = ["data type", "state", "validators", "reason", "which"]
    print_table(str(told.key), columns, rows, right=["validators"], prose=["reason", "which"])
    for line in told.late:
        out.print(line, markup=False)
    odd = told.oddities
    for words in odd.outdated:
        out.print(f"figures are those of an earlier reading: {words}", markup=False, soft_wrap=True)
    for data_type in odd.unusable:
        out.print(
            f"{data_type}: every answer came, and not all can be used: `aurora backfill --refetch` asks again",
            markup=False,
        )
    if odd.differences:
        out.print(
            f"cross-checks: {odd.differences} difference(s), {odd.unexplained} unexplained"
            " (table cross_check_differences)",
            markup=False,
        )
    if odd.warnings:
        out.print(f"{len(odd.warnings)} warning(s) of published layers:", markup=False)
        for line in odd.warnings[:_WARNINGS_SHOWN]:
            out.print(f"  {line}", markup=False)
        if len(odd.warnings) > _WARNINGS_SHOWN:
            out.print(f"  and {len(odd.warnings) - _WARNINGS_SHOWN} more: --json shows all", markup=False)


def _listed_names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMES_SHOWN])
    return f"{shown} and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else shown

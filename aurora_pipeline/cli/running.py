"""`aurora backfill`, `recompute`, `status`: computing periods in this process, and what is known of them."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from aurora_pipeline.canonical.stale_events import stale_stake_events
from aurora_pipeline.cli.epochs import ChainArgument, EpochsArgument, listed, parse_epochs, usable_chain
from aurora_pipeline.cli.errors import ArgumentsNotFit
from aurora_pipeline.cli.json_output import Json, amount, known_amount, print_json
from aurora_pipeline.cli.shapes import AssetEnd, Computed, Run, shaped
from aurora_pipeline.cli.shapes import Restated as RestatedShape
from aurora_pipeline.cli.shapes import RestatedPartner as RestatedPartnerShape
from aurora_pipeline.cli.terminal import err, opened, out
from aurora_pipeline.commissions.ordering import Stale, present_periods, ready, stale_periods
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.gc_pause import importing
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.orchestration.errors import FilesRefused
from aurora_pipeline.orchestration.jobs import COMMISSIONS_JOB, STAKE_EVENTS_JOB
from aurora_pipeline.orchestration.runs import JobRunner, RunEnd, failed
from aurora_pipeline.orchestration.staging_assets import REFETCH_TAG
from aurora_pipeline.periods.discovery import discover_periods
from aurora_pipeline.periods.errors import PeriodBeforeFirst, PeriodNotFinal, PeriodUnknown
from aurora_pipeline.periods.record import Period, recorded_periods
from aurora_pipeline.work.epoch_status import kinds, known_names, oddities, together
from aurora_pipeline.work.restated import (
    OwedNow,
    Restated,
    in_lines,
    owed_to_partners,
    partner_lines,
    published_figures,
    restated,
    restated_partners,
)

_LACKING_SHOWN = 300
_KINDS_SHOWN = 10


def backfill(
    chain_id: ChainArgument,
    epochs: EpochsArgument,
    refetch: Annotated[bool, typer.Option("--refetch", help="Ask again also for what is complete.")] = False,
    as_json: Json = False,
) -> None:
    """Fetch what is missing of some epochs and compute every layer. What is complete is not asked again."""
    wanted = parse_epochs(epochs)
    with opened(asks_providers=True, meanwhile=load_dagster) as aurora:
        chain = usable_chain(aurora, chain_id)
        runner = job_runner(aurora)
        keys = final_keys(aurora, chain, wanted)
        runner.register_periods(chain_id)
        with aurora.database.connect() as connection:
            before, owed = published_figures(connection, keys), owed_to_partners(connection, chain_id)
        ends = run_all(runner, "period", keys, {REFETCH_TAG: "true"} if refetch else {})
        with aurora.database.connect() as connection:
            changed = restated(before, published_figures(connection, keys))
        tell_restated(chain, changed)
        ends += run_following(aurora, runner, chain, keys)
        ends += run_stale_events(aurora, runner, chain, keys)
        partners = _tell_partners(aurora, chain, owed)
        tell_oddities(aurora, keys)
    report(ends, as_json, [_restated(one, chain.base_unit) for one in changed], partners)


def recompute(
    chain_id: ChainArgument,
    epochs: Annotated[
        str | None, typer.Argument(help="One epoch, or FROM..TO; not with --stale.", show_default=False)
    ] = None,
    stale: Annotated[
        bool,
        typer.Option(
            "--stale", help="Lines, statements and stake events that rest on what no longer counts, in order."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Compute every layer of some epochs again from what is stored, and the later ones that go on from these.

    Never touches the network.
    """
    if stale == (epochs is not None):
        raise ArgumentsNotFit("give either epochs or --stale", f"aurora recompute {chain_id} 850..855, or --stale")
    if epochs is None:
        with opened() as aurora:
            chain = usable_chain(aurora, chain_id)
            runner = job_runner(aurora)
            runner.register_periods(chain_id)
            with aurora.database.connect() as connection:
                owed = owed_to_partners(connection, chain_id)
            ends = run_stale(aurora, runner, chain)
            ends += run_stale_events(aurora, runner, chain)
            partners = _tell_partners(aurora, chain, owed)
        report(ends, as_json, (), partners)
        return
    wanted = parse_epochs(epochs)
    with opened() as aurora:
        chain = usable_chain(aurora, chain_id)
        with aurora.database.connect() as connection:
            known = {period.key.epoch for period in recorded_periods(connection, chain_id)}
        missing = [epoch for epoch in wanted if epoch not in known]
        if missing:
            raise PeriodUnknown(
                f"nothing is stored of {chain_id} epoch {listed(missing)}",
                f"run `aurora backfill {chain_id} {epochs}`",
            )
        runner = job_runner(aurora)
        runner.register_periods(chain_id)
        keys = [PeriodKey(chain_id, epoch) for epoch in wanted]
        with aurora.database.connect() as connection:
            before, owed = published_figures(connection, keys), owed_to_partners(connection, chain_id)
        ends = run_all(runner, "recompute", keys)
        with aurora.database.connect() as connection:
            changed = restated(before, published_figures(connection, keys))
        tell_restated(chain, changed)
        ends += run_following(aurora, runner, chain, keys)
        ends += run_stale_events(aurora, runner, chain, keys)
        partners = _tell_partners(aurora, chain, owed)
        tell_oddities(aurora, keys)
    report(ends, as_json, [_restated(one, chain.base_unit) for one in changed], partners)


def load_dagster() -> None:
    """Import what a run needs, which takes most of a second: the definitions, Dagster's storage, Pandera."""
    with importing():
        for name in ("aurora_pipeline.orchestration.definitions", "dagster_postgres", "pandera.polars"):
            import_module(name)


def job_runner(aurora: Aurora) -> JobRunner:
    """The runner of this instance's jobs. Only commands that run something pay for loading Dagster."""
    with importing():
        from aurora_pipeline.orchestration.definitions import Overrides, build_definitions

        return JobRunner(aurora, build_definitions(Overrides(aurora=aurora)))


def final_keys(aurora: Aurora, chain: Chain, wanted: list[int]) -> list[PeriodKey]:
    """The keys of epochs that are known to be final, asking the chain about those that are not known yet."""
    early = [epoch for epoch in wanted if epoch < chain.first_period]
    if early:
        raise PeriodBeforeFirst(
            f"{chain.chain_id} is computed from epoch {chain.first_period} on, not {listed(early)}",
            "lower first_period in chains.yaml",
        )
    with aurora.database.connect() as connection:
        known = {period.key.epoch for period in recorded_periods(connection, chain.chain_id)}
    if not known.issuperset(wanted):
        found = discover_periods(aurora.database, aurora.configuration, chain, wanted=wanted, tell=tell_of_period)
        if found.troubles:
            raise found.troubles[0]
        known |= {period.key.epoch for period in found.recorded}
        open_epochs = [epoch for epoch in wanted if epoch not in known]
        if open_epochs:
            raise PeriodNotFinal(
                f"{chain.chain_id} epoch {listed(open_epochs)} is not final: the chain is in epoch {found.head_epoch}"
                f" and periods count {chain.finality_lag} slots after their end",
                "wait for its end; the sensor finalized_periods starts it by itself",
            )
    return [PeriodKey(chain.chain_id, epoch) for epoch in wanted]


def tell_of_period(period: Period) -> None:
    """Say that a period was found to be final."""
    err.print(f"  {period.key} is final: {period.started_at} to {period.ended_at}", markup=False)


def run_all(runner: JobRunner, job: str, keys: Iterable[PeriodKey], tags: dict[str, str] | None = None) -> list[RunEnd]:
    """Run a job for each period in order, with progress; a failed period does not stop the others."""
    ordered = list(keys)
    ends = []
    columns = [
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    ]
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task(job, total=len(ordered))
        for key in ordered:
            progress.update(task, description=f"{job} {key}")
            started = time.monotonic()
            end = runner.run(job, key, tags)
            ends.append(end)
            progress.advance(task)
            err.print(f"  {one_line(end)} in {time.monotonic() - started:.1f} s", markup=False)
            for asset in end.assets:
                if asset.lacking is not None:
                    err.print(f"    {asset.asset}: {textwrap.shorten(asset.lacking, _LACKING_SHOWN)}", markup=False)
    return ends


def tell_restated(chain: Chain, changes: Sequence[Restated]) -> None:
    """Say which published figures are others now, what each was and is, and why it is not known any more."""
    for line in in_lines(changes, chain.native_decimals):
        err.print(f"  {line}", markup=False)
    for key in dict.fromkeys(one.period for one in changes):
        err.print(f"  all that changed: `aurora diff {key.chain_id} {key.epoch}`", markup=False)


def _tell_partners(aurora: Aurora, chain: Chain, owed: OwedNow) -> list[RestatedPartnerShape]:
    """Say what partners are owed otherwise than before, by name."""
    with aurora.database.connect() as connection:
        changes = restated_partners(chain.chain_id, owed, owed_to_partners(connection, chain.chain_id))
    for line in partner_lines(changes, chain.native_decimals):
        err.print(f"  {line}", markup=False)
    unit = chain.base_unit
    return [
        RestatedPartnerShape(
            one.period.chain_id,
            one.period.epoch,
            str(one.period),
            one.partner_id,
            one.name,
            known_amount(one.was, unit),
            known_amount(one.now, unit),
        )
        for one in changes
    ]


def tell_oddities(aurora: Aurora, keys: Iterable[PeriodKey]) -> None:
    """Say in one line how much looks odd in some periods, of many what, each kind once, and where to look."""
    with aurora.database.connect() as connection:
        found = {key: odd for key in keys if (odd := oddities(connection, key)).in_words is not None}
        if not found:
            return
        first, *others = found
        where = f"{first} and {len(others)} later period(s)" if others else str(first)
        whole = together(found.values())
        err.print(f"  {where}: {whole.in_words}; see `aurora status {first.chain_id} {first.epoch}`", markup=False)
        told = kinds(whole.warnings, known_names(connection, first.chain_id)) if others else []
    for one in told[:_KINDS_SHOWN]:
        err.print(f"    {one}", markup=False)
    if len(told) > _KINDS_SHOWN:
        err.print(f"    and {len(told) - _KINDS_SHOWN} more kinds", markup=False)


def run_stale(aurora: Aurora, runner: JobRunner, chain: Chain) -> list[RunEnd]:
    """Compute the lines and statements of every stale period, those first that others read, and say why."""
    return _run_ready(aurora, runner, chain, 0, lambda stale: True)


def run_following(aurora: Aurora, runner: JobRunner, chain: Chain, done: Sequence[PeriodKey]) -> list[RunEnd]:
    """Compute the later periods whose windows go on from some periods that were just computed, in order."""
    computed = {key.epoch for key in done}

    def follows(stale: Stale) -> bool:
        is_due = stale.key.epoch not in computed and not computed.isdisjoint(stale.reads)
        computed.update([stale.key.epoch] if is_due else [])
        return is_due

    return _run_ready(aurora, runner, chain, min(computed) + 1, follows)


def run_stale_events(
    aurora: Aurora, runner: JobRunner, chain: Chain, done: Sequence[PeriodKey] | None = None
) -> list[RunEnd]:
    """Compute stake events again that rest on outdated positions: all of them, or those after some periods."""
    epochs = None if done is None else {key.epoch + 1 for key in done}
    with aurora.database.connect() as connection:
        stale = [one.key for one in stale_stake_events(connection, chain.chain_id)]
    return run_all(runner, STAKE_EVENTS_JOB, [key for key in stale if epochs is None or key.epoch in epochs])


def _run_ready(
    aurora: Aurora, runner: JobRunner, chain: Chain, since: int, is_due: Callable[[Stale], bool]
) -> list[RunEnd]:
    """Run what can be computed at once, look again, until nothing is left that was not tried yet."""
    ends: list[RunEnd] = []
    tried: set[PeriodKey] = set()
    while True:
        with aurora.database.connect() as connection:
            stale = stale_periods(present_periods(connection, chain, since))
        due = [one for one in ready(stale) if one.key not in tried and is_due(one)]
        if not due:
            break
        tried.update(one.key for one in due)
        for one in due:
            err.print(f"  {one.key}: {one.why}", markup=False)
        ends += run_all(runner, COMMISSIONS_JOB, [one.key for one in due])
    for one in stale:
        if one.key in tried or (one.after and is_due(one)):
            err.print(f"  {one.key} is left as it is: {one.why}", markup=False)
    return ends


def one_line(end: RunEnd) -> str:
    """How a period's run ended, in one line."""
    counts = [
        f"{end.count(standing)} {standing}"
        for standing in ("published", "attested", "unchanged")
        if end.count(standing)
    ]
    partial = [asset.asset for asset in end.assets if asset.completeness == "PARTIAL"]
    told = ", ".join(counts) or "nothing computed"
    missing = f"; PARTIAL: {', '.join(partial)}" if partial else ""
    failed = f"; FAILED: {len(end.failures)} asset(s)" if end.failures else ""
    return f"{end.key}  {told}{missing}{failed}"


def report(
    ends: list[RunEnd],
    as_json: bool,
    restated: Sequence[RestatedShape] = (),
    partners: Sequence[RestatedPartnerShape] = (),
) -> None:
    """Print how the runs ended; a failed one makes the command fail with what each said."""
    if as_json:
        print_json("computed", Computed([_run(end) for end in ends], restated, partners))
    refused = [f"{end.key}  {problem}" for end in ends for problem in end.files_refused]
    problem = failed("some assets were not published:", ends, "correct the cause and repeat", also=refused)
    if problem is not None:
        raise problem
    if refused:
        raise FilesRefused(
            "\n  ".join(["files could not be read, and figures that rest on what they said before stay:", *refused]),
            "put them back or correct them (or their columns in providers.yaml), and repeat",
        )
    if not as_json:
        changed = sum(end.count("published") for end in ends)
        verdict = f"{changed} layer(s) published" if changed else "nothing changed"
        out.print(f"{len(ends)} period(s): {verdict}.")


def _run(end: RunEnd) -> Run:
    assets = [shaped(AssetEnd, vars(asset)) for asset in end.assets]
    epoch = end.key.epoch if isinstance(end.key, PeriodKey) else None
    return Run(end.key.chain_id, epoch, str(end.key), end.run_id, assets, end.failures)


def _restated(one: Restated, unit: str) -> RestatedShape:
    return RestatedShape(
        chain_id=one.period.chain_id,
        epoch=one.period.epoch,
        period=str(one.period),
        validator_key=one.validator_key,
        name=one.name,
        figure=one.figure,
        was=amount(one.was, unit),
        now=amount(one.now, unit),
        reason=one.reason,
    )

"""`aurora backfill`, `recompute`: computing periods in this process."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Annotated

import typer

from aurora_pipeline.cli.epochs import ChainArgument, EpochsArgument, parse_span
from aurora_pipeline.cli.errors import ArgumentsNotFit
from aurora_pipeline.cli.json_output import Json, print_json
from aurora_pipeline.cli.progress import Steps
from aurora_pipeline.cli.terminal import err, opened, out
from aurora_pipeline.foundation.gc_pause import importing
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.work import backfill as work
from aurora_pipeline.work.computing import Computed
from aurora_pipeline.work.epoch_status import kinds, known_names, oddities, together
from aurora_pipeline.work.runs import Runner, require_published

_KINDS_SHOWN = 10


def backfill(
    chain_id: ChainArgument,
    epochs: EpochsArgument,
    refetch: Annotated[bool, typer.Option("--refetch", help="Ask again also for what is complete.")] = False,
    as_json: Json = False,
) -> None:
    """Fetch what is missing of some epochs and compute every layer. What is complete is not asked again."""
    span = parse_span(epochs)
    with opened(asks_providers=True, meanwhile=load_dagster) as aurora:
        chain = aurora.configuration.usable_chain(chain_id)
        wanted = span.periods_of(chain)
        runner = job_runner(aurora)
        with Steps(chain) as steps:
            computed = work.backfill(aurora, runner, chain, wanted, refetch=refetch, tell=steps)
        tell_oddities(aurora, [PeriodKey(chain_id, epoch) for epoch in wanted])
    report(computed, as_json)


def recompute(
    chain_id: ChainArgument,
    epochs: Annotated[
        str | None, typer.Argument(help="One epoch, or FROM..TO; not with --stale.", show_default=False)
    ] = None,
    stale: Annotated[
        bool,
        typer.Option("--stale", help="What rests on entries, terms or earlier periods that no longer count, in order."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Compute every layer of some epochs again from what is stored, and the later ones that go on from these.

    Never touches the network.
    """
    if stale == (epochs is not None):
        raise ArgumentsNotFit("give either epochs or --stale", f"aurora recompute {chain_id} 850..855, or --stale")
    span = None if epochs is None else parse_span(epochs)
    with opened() as aurora:
        chain = aurora.configuration.usable_chain(chain_id)
        wanted = [] if span is None else span.periods_of(chain)
        with Steps(chain) as steps:
            if stale:
                computed = work.recompute_stale(aurora, job_runner(aurora), chain, tell=steps)
            else:
                work.require_stored(aurora, chain, wanted)
                computed = work.recompute(aurora, job_runner(aurora), chain, wanted, tell=steps)
        tell_oddities(aurora, [PeriodKey(chain_id, epoch) for epoch in wanted])
    report(computed, as_json)


def load_dagster() -> None:
    """Import what a run needs, which takes most of a second: the definitions, Dagster's storage, Pandera."""
    with importing():
        for name in ("aurora_pipeline.orchestration.definitions", "dagster_postgres", "pandera.polars"):
            import_module(name)


def job_runner(aurora: Aurora) -> Runner:
    """The runner of this instance's jobs. Only commands that run something pay for loading Dagster."""
    with importing():
        from aurora_pipeline.orchestration.definitions import Overrides, build_definitions
        from aurora_pipeline.orchestration.runs import JobRunner

        return JobRunner(aurora, build_definitions(Overrides(aurora=aurora)))


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


def report(computed: Computed, as_json: bool) -> None:
    """Print how the runs ended; a failed one makes the command fail with what each said."""
    if as_json:
        print_json("computed", computed)
    require_published(computed.runs)
    if not as_json:
        changed = sum(end.count("published") for end in computed.runs)
        verdict = f"{changed} layer(s) published" if changed else "nothing changed"
        out.print(f"{len(computed.runs)} period(s): {verdict}.")

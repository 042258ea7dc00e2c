"""Epochs of Solana from staged bytes, by one worker and by two; a month again; one further epoch by `aurora backfill`.

`python -m benchmarks.epochs [--epochs 100] [--validators 50]`. Beside each: as many empty runs of Dagster in a process
of their own. Servers of databases run already, and so does the simulated provider, as they do in production.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from aurora_pipeline.demo.solana.parameters import CHAIN_ID, Parameters
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.work.runs import Job
from benchmarks.empty_runs import EmptyRuns, empty_runs
from benchmarks.measured import Budget, Measured, program, tell
from benchmarks.staged_chain import living, run, run_together, served
from benchmarks.taken import Took, fastest, peak_of_started_mib, scratch, took

_MONTH: Final = 15
"""So many epochs of two days a month has."""
_FURTHER: Final = 3
"""So many further epochs are tried; the fastest counts, of ours and of the empty runs."""
_STAKES_OF_EACH: Final = 100


def rows(folder: Path, epochs: int, validators: int) -> Iterator[Measured]:
    """One chain, lived through once, and computed in both ways."""
    parameters = Parameters(validators=validators, stake_accounts=_STAKES_OF_EACH * validators)
    first = parameters.first_epoch
    span = range(first, first + epochs)
    alone, together = folder / "alone", folder / "together"
    with living(alone, parameters, range(first, first + epochs + _FURTHER)) as chain:
        for epoch in span:
            chain.let_pass(epoch)
            chain.stage(epoch)
    shutil.copytree(alone, together)
    what = f"{epochs} epochs of {validators} validators from staged bytes"
    with empty_runs(folder / "empty") as empty:
        with served(alone) as aurora:
            one = took(partial(run, alone, "recompute", CHAIN_ID, _written(span)), folder)
            empties = took(partial(empty.run, Job.RECOMPUTE, epochs), folder)
            name, peak = f"{epochs} empty runs", peak_of_started_mib()
            yield Measured.of(f"{what}, one worker", one, empties, name, Budget(times=2), peak)
            month = span[-_MONTH:]
            again = took(partial(run, alone, "recompute", CHAIN_ID, _written(month)), folder)
            empties = took(partial(empty.run, Job.RECOMPUTE, len(month)), folder)
            of_month = f"a month of {len(month)} epochs of {validators} validators computed again"
            yield Measured.of(of_month, again, empties, f"{len(month)} empty runs", Budget(times=1.6))
            computed = _in_force(aurora)
        yield from further(alone, folder, parameters, epochs, empty)
    with served(together) as aurora:
        middle = _begin_of_a_month(aurora, span)
        parts = [range(first, middle), range(middle, first + epochs)]
        commands = [("recompute", CHAIN_ID, _written(part)) for part in parts]
        two = took(partial(run_together, together, *commands), folder)
        assert _in_force(aurora) == computed, "two workers came to other figures than one"
    yield Measured.of(f"{what}, two workers", two, one, "one worker", Budget(times=0.6))


def further(home: Path, folder: Path, parameters: Parameters, epochs: int, empty: EmptyRuns) -> Iterator[Measured]:
    """The epochs after those that are computed, one at a time: fetched, and through all layers."""
    first = parameters.first_epoch + epochs
    ours: list[Took] = []
    raw: list[Took] = []
    with living(home, parameters, range(first, first + _FURTHER)) as chain:
        for epoch in range(first, first + _FURTHER):
            chain.let_pass(epoch)
            url = chain.simulator.url
            ours += fastest(1, [partial(run, home, "backfill", CHAIN_ID, str(epoch), url=url)], folder)
            raw += fastest(1, [partial(empty.run, Job.PERIOD)], folder)
    what = f"one further epoch of {parameters.validators} validators by `aurora backfill`, whole process"
    best, beside = (min(runs, key=lambda one: one.seconds) for runs in (ours, raw))
    yield Measured.of(what, best, beside, "an empty run in its own process", Budget(times=1.5), peak_of_started_mib())


def _written(span: range) -> str:
    return f"{span[0]}..{span[-1]}"


def _begin_of_a_month(aurora: Aurora, span: range) -> int:
    """The epoch nearest to the middle with which a month begins: what is capped by the month needs no earlier one."""
    with aurora.database.connect() as connection:
        query = b"SELECT min(epoch) AS epoch FROM period_months WHERE chain_id = %s GROUP BY month"
        begins = {int(row["epoch"]) for row in connection.execute(query, [CHAIN_ID])} - {span[0]}
    return min(begins, key=lambda epoch: abs(epoch - span[len(span) // 2]))


def _in_force(aurora: Aurora) -> dict[tuple[str, int], str]:
    """The digest of what is in force of every layer and epoch."""
    with aurora.database.connect() as connection:
        found = connection.execute("SELECT asset, epoch, content_digest FROM in_force WHERE epoch IS NOT NULL")
        return {(row["asset"], row["epoch"]): row["content_digest"] for row in found}


def main() -> None:
    """Measure on a chain that is gone afterwards."""
    parser = program(__doc__)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--validators", type=int, default=50)
    options = parser.parse_args()
    with scratch() as folder:
        tell(rows(folder, options.epochs, options.validators), options)


if __name__ == "__main__":
    main()

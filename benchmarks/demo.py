"""`aurora demo` from nothing, both chains: what a newcomer waits for once everything is installed.

Beside it, as many empty runs of Dagster as the demo made, in a process of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import HOME_VARIABLE, find_workspace
from aurora_pipeline.work.runs import Job
from benchmarks.empty_runs import empty_runs
from benchmarks.measured import Budget, Measured, program, tell
from benchmarks.staged_chain import run
from benchmarks.taken import peak_of_started_mib, scratch, took


def rows(folder: Path) -> Iterator[Measured]:
    """The whole story once."""
    home = folder / "home"
    home.mkdir()
    whole = took(partial(run, home, "demo"))
    peak = peak_of_started_mib()
    place = find_workspace(demo=True, env={HOME_VARIABLE: str(home)})
    with Aurora(place) as aurora, aurora.dagster_records().autocommit() as connection:
        [row] = connection.execute("SELECT count(*) AS n FROM runs").fetchall()
    with empty_runs(folder / "empty") as empty:
        raw = took(partial(empty.run, Job.PERIOD, row["n"]), folder)
    yield Measured.of("`aurora demo` from nothing", whole, raw, f"{row['n']} empty runs", Budget(at_most=60), peak)


def main() -> None:
    """Measure in a folder that is gone afterwards."""
    options = program(__doc__).parse_args()
    with scratch() as folder:
        tell(rows(folder), options)


if __name__ == "__main__":
    main()

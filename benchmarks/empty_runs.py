"""Empty runs of Dagster, beside which Aurora's are measured: as many assets and checks, in a process of its own.

They keep their records as Aurora's do: in a database of the same kind of server, by the same configuration.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import Workspace
from aurora_pipeline.orchestration.dagster_home import prepare_dagster_home
from aurora_pipeline.orchestration.layer_assets import LAYER_ASSETS
from aurora_pipeline.orchestration.staging_assets import STAGING_ASSETS
from aurora_pipeline.periods.partitions import MONTHS
from aurora_pipeline.work.runs import Job
from benchmarks.empty_job import Shape


class EmptyRuns:
    """A Dagster of its own in which nothing is computed."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self.folder = folder
        self._variables = variables
        self._numbers = count()

    def run(self, job: Job, runs: int = 1) -> None:
        """So many empty runs of a job, one after the other, in one process."""
        shape = self.folder / f"{job}.json"
        shape.write_text(json.dumps(shapes(job)), encoding="utf-8")
        numbers = [next(self._numbers) for _ in range(runs)]
        command = [sys.executable, "-m", "benchmarks.empty_job", str(shape), str(numbers[0]), str(runs)]
        subprocess.run(command, env=self._variables, check=True)


@contextmanager
def empty_runs(folder: Path) -> Iterator[EmptyRuns]:
    """A Dagster whose server runs and whose tables are made: the first run paid for that."""
    folder.mkdir()
    with Aurora(Workspace(folder, False, {})) as aurora:
        made = EmptyRuns(folder, {**os.environ, **prepare_dagster_home(aurora)})
        made.run(Job.MONTH)
        yield made


def shapes(job: Job) -> list[Shape]:
    """The assets and checks of a job of Aurora's."""
    layers = [one for one in LAYER_ASSETS if (one.partitions_def == MONTHS) == (job is Job.MONTH)]
    assets = [*STAGING_ASSETS, *layers] if job is Job.PERIOD else layers
    return [
        Shape(
            assets={
                spec.key.to_user_string(): [dep.asset_key.to_user_string() for dep in spec.deps] for spec in one.specs
            },
            checks=[(check.asset_key.to_user_string(), check.name, check.blocking) for check in one.check_specs],
        )
        for one in assets
    ]

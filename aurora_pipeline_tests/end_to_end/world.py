"""A demo workspace that lives: its simulator, its opened instance, and the runner of its jobs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.definitions import Overrides, build_definitions
from aurora_pipeline.demo.parameters import CHAIN_ID, Parameters
from aurora_pipeline.demo.process import SimulatorProcess
from aurora_pipeline.demo.story import live_through, register_cast
from aurora_pipeline.demo.truth import EpochTruth, truth
from aurora_pipeline.operations.runs import JobRunner, RunEnd
from aurora_pipeline.periods.discovery import discover_periods
from aurora_pipeline.periods.key import PeriodKey
from aurora_pipeline.runtime import Aurora
from aurora_pipeline.staging.assets import REFETCH_TAG
from aurora_pipeline.workspace import DAGSTER_URL_VARIABLE, DEMO_URL_VARIABLE, Workspace

SMALL = Parameters(seed=11, validators=6, stake_accounts=300, slots_per_epoch=120)
SECRET = bytes(range(32))
"""The instance secret of these tests, so that digests of salted rows can be compared with golden ones."""

Row = dict[str, Any]


@dataclass(frozen=True)
class World:
    """What a test works with."""

    aurora: Aurora
    simulator: SimulatorProcess
    runner: JobRunner
    parameters: Parameters

    @property
    def chain(self) -> Chain:
        return self.aurora.configuration.chain(CHAIN_ID)

    def key(self, epoch: int) -> PeriodKey:
        return PeriodKey(CHAIN_ID, epoch)

    def truth(self, epoch: int) -> EpochTruth:
        return truth(self.parameters, epoch)

    def live(self, epoch: int) -> RunEnd:
        """Observe an epoch while it runs and compute it once it is final."""
        return live_through(self.aurora, self.runner, self.simulator, epoch, lambda text: None)

    def discover(self) -> None:
        """Record what has become final."""
        discover_periods(self.aurora.database, self.aurora.configuration, self.chain)
        self.runner.register_periods(CHAIN_ID)

    def backfill(self, epoch: int, refetch: bool = False) -> RunEnd:
        return self.runner.run("period", self.key(epoch), {REFETCH_TAG: "true"} if refetch else {})

    def recompute(self, epoch: int) -> RunEnd:
        return self.runner.run("recompute", self.key(epoch))

    def rows(self, query: str, *parameters: object) -> list[Row]:
        with self.aurora.database.connect() as connection:
            return connection.execute(query.encode(), parameters).fetchall()

    def row(self, query: str, *parameters: object) -> Row:
        (row,) = self.rows(query, *parameters)
        return row

    def in_force(self, epoch: int) -> dict[str, tuple[str, str, str]]:
        """Completeness, content digest and lineage digest of every layer of an epoch."""
        rows = self.rows(
            "SELECT asset, completeness, content_digest, lineage_digest FROM in_force WHERE epoch = %s ORDER BY asset",
            epoch,
        )
        return {row["asset"]: (row["completeness"], row["content_digest"], row["lineage_digest"]) for row in rows}

    def publications(self) -> int:
        return int(self.row("SELECT count(*) AS n FROM publications")["n"])


def variables(simulator: SimulatorProcess) -> dict[str, str]:
    """The environment of a demo whose simulator somebody else started."""
    return {**os.environ, DEMO_URL_VARIABLE: simulator.url}


@contextmanager
def world(home: Path, epochs: range, parameters: Parameters = SMALL) -> Iterator[World]:
    """A new demo workspace with its cast registered, at the start of its first epoch."""
    with (
        kept_environment("DAGSTER_HOME", DAGSTER_URL_VARIABLE, "AURORA_HOME", "AURORA_DEMO"),
        SimulatorProcess(home / "simulator.json", **parameters.as_dict()) as simulator,
        Aurora(Workspace(home, True, variables(simulator))) as aurora,
    ):
        set_secret(aurora)
        register_cast(aurora, parameters, epochs)
        runner = JobRunner(aurora, build_definitions(Overrides(aurora=aurora)))
        yield World(aurora, simulator, runner, parameters)
        runner.instance.dispose()


@contextmanager
def kept_environment(*names: str) -> Iterator[None]:
    """Put variables of this process back that entering a Dagster home changes."""
    before: Mapping[str, str | None] = {name: os.environ.get(name) for name in names}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def set_secret(aurora: Aurora) -> None:
    """Exchange the instance's secret; only sensible before anything salted is written."""
    with aurora.database.connect() as connection:
        assert connection.execute("UPDATE instance_secret SET secret = %s", [SECRET]).rowcount == 1
    with aurora.database.autocommit() as connection:
        # Tests outlive no power cut; without waiting for the disk a fresh server takes a third of the time.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")

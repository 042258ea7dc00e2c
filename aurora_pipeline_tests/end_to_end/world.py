"""A demo workspace that lives: its simulator, its opened instance, and the runner of its jobs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.demo.process import SimulatorProcess
from aurora_pipeline.demo.solana.parameters import CHAIN_ID, Parameters
from aurora_pipeline.demo.solana.truth import EpochTruth, truth
from aurora_pipeline.demo.story import live_through, register_cast
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import (
    DAGSTER_URL_VARIABLE,
    DATABASE_VARIABLE,
    DEMO_URL_VARIABLE,
    DEMO_VARIABLE,
    HOME_VARIABLE,
    Workspace,
)
from aurora_pipeline.orchestration.definitions import Overrides, build_definitions
from aurora_pipeline.orchestration.runs import JobRunner
from aurora_pipeline.periods.discovery import discover_periods
from aurora_pipeline.staging.running_period import observe_running_period
from aurora_pipeline.work.computing import Computing
from aurora_pipeline.work.runs import Job, RunEnd

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
        return PeriodKey(CHAIN_ID, EpochNumber(epoch))

    def truth(self, epoch: int) -> EpochTruth:
        return truth(self.parameters, epoch)

    def live(self, epoch: int) -> RunEnd:
        """Observe an epoch while it runs and compute it once it is final."""
        return live_through(self.aurora, self.runner, self.simulator, epoch, lambda text: None)

    def observe(self, epoch: int, part_bps: int = 8_000) -> None:
        """Let some part of an epoch pass and sample what the chain will forget."""
        self.simulator.advance(epoch=epoch, fraction_bps=part_bps)
        observe_running_period(self.aurora.database, self.aurora.configuration, self.chain)

    def end(self, epoch: int, slots: int) -> None:
        """Let an epoch end and so many slots of the next pass, and record what has become final."""
        self.simulator.advance(slot=self.parameters.first_slot(epoch + 1) + slots)
        discover_periods(self.aurora.database, self.aurora.configuration, self.chain)
        self.runner.register_periods(CHAIN_ID)

    @property
    def computing(self) -> Computing:
        """A go at the chain that nobody watches."""
        return Computing(self.aurora, self.runner, self.chain)

    def backfill(self, epoch: int, refetch: bool = False) -> RunEnd:
        return self.runner.run(Job.PERIOD, self.key(epoch), refetch=refetch)

    def recompute(self, epoch: int) -> RunEnd:
        return self.runner.run(Job.RECOMPUTE, self.key(epoch))

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


@contextmanager
def world(home: Path, epochs: range, parameters: Parameters = SMALL) -> Iterator[World]:
    """A new demo workspace with a server of its own and its cast registered, at the start of its first epoch."""
    with SimulatorProcess(home / "simulator.json", **parameters.as_dict()) as simulator:
        workspace = Workspace(home, True, {**os.environ, DEMO_URL_VARIABLE: simulator.url})
        with _lived_in(workspace, simulator, epochs, parameters) as lived:
            yield lived


@contextmanager
def production_world(
    home: Path,
    database_url: str,
    epochs: range,
    parameters: Parameters,
    changed: Mapping[str, str] = MappingProxyType({}),
    more_providers: str = "",
) -> Iterator[World]:
    """As an operator has it: own YAML files, a database that somebody else runs, the simulator as its providers.

    Periods are final two slots after their end, which leaves time in which nothing is paid or published yet. `changed`
    gives lines of chains.yaml by what they replace.
    """
    demo = files("aurora_pipeline.demo")
    chains = (demo / "chains.yaml").read_text().replace("finality_lag: 32", "finality_lag: 2")
    providers = (demo / "providers.yaml").read_text()
    retries = "retries: {attempts: 3, wait_seconds_max: 1}"
    assert "finality_lag: 2" in chains
    assert retries in providers
    for old, new in changed.items():
        assert old in chains
        chains = chains.replace(old, new)
    providers += more_providers
    (home / "chains.yaml").write_text(chains)
    (home / "providers.yaml").write_text(providers.replace(retries, "retries: {attempts: 2, wait_seconds_max: 0}"))
    with SimulatorProcess(home / "simulator.json", **parameters.as_dict()) as simulator:
        variables = {**os.environ, DEMO_URL_VARIABLE: simulator.url, DATABASE_VARIABLE: database_url}
        with _lived_in(Workspace(home, False, variables), simulator, epochs, parameters) as lived:
            yield lived


@contextmanager
def _lived_in(
    workspace: Workspace, simulator: SimulatorProcess, epochs: range, parameters: Parameters
) -> Iterator[World]:
    with (
        kept_environment("DAGSTER_HOME", DAGSTER_URL_VARIABLE, HOME_VARIABLE, DEMO_VARIABLE),
        Aurora(workspace) as aurora,
    ):
        set_secret(aurora)
        register_cast(aurora, parameters, epochs)
        runner = JobRunner(aurora, build_definitions(Overrides(aurora=aurora)))
        try:
            yield World(aurora, simulator, runner, parameters)
        finally:
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

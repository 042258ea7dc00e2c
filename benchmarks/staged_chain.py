"""A simulated Solana chain that is lived through: every epoch observed and staged, none computed.

Its workspace is configured as an operator's is: vote fees are estimated, and nothing but Solana is enabled. The terms
are the demo's, but that no losses are carried on: a month needs none before it, so that two workers can share them out.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from aurora_pipeline.agreements.apply import apply
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.demo.agreements import agreements_yaml
from aurora_pipeline.demo.process import SimulatorProcess
from aurora_pipeline.demo.solana.parameters import CHAIN_ID, Parameters
from aurora_pipeline.demo.solana.truth import cast_of, validators_csv
from aurora_pipeline.demo.story import demo_chain, let_pass, register_cast
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import DEMO_URL_VARIABLE, HOME_VARIABLE, Workspace
from aurora_pipeline.periods.discovery import discover_periods
from aurora_pipeline.registry.validator_files import import_validators
from aurora_pipeline.staging.run import stage_period

_IN_ORDER = (
    DataType.META,
    DataType.POSITIONS,
    DataType.REWARDS,
    DataType.FEES,
    DataType.MEV,
    DataType.COSTS,
)
"""What others need is staged before them."""
_ELSEWHERE = "http://127.0.0.1:9"


def key(epoch: int) -> PeriodKey:
    """An epoch of the chain."""
    return PeriodKey(CHAIN_ID, EpochNumber(epoch))


@dataclass(frozen=True)
class StagedChain:
    """The opened instance, and its providers."""

    aurora: Aurora
    simulator: SimulatorProcess
    parameters: Parameters

    def let_pass(self, epoch: int) -> None:
        """Time passes, observed as production would, until the epoch is final; nothing is fetched of it yet."""
        let_pass(self.aurora, self.simulator, epoch, lambda text: None)

    def stage(self, epoch: int) -> None:
        """Ask for everything about an epoch that is final, and keep the bytes."""
        database, configuration = self.aurora.database, self.aurora.configuration
        found = discover_periods(database, configuration, demo_chain(self.aurora), wanted=[EpochNumber(epoch)])
        assert not found.troubles, found.troubles
        for data_type in _IN_ORDER:
            report = stage_period(self.aurora, key(epoch), data_type)
            assert set(report.states) == {"final"}, (data_type, report)


@contextmanager
def living(home: Path, parameters: Parameters, epochs: range) -> Iterator[StagedChain]:
    """The chain of a workspace and its opened instance: new, or as they were left."""
    demo = files("aurora_pipeline.demo")
    providers = (demo / "providers.yaml").read_text(encoding="utf-8")
    solana, _, _ = (demo / "chains.yaml").read_text(encoding="utf-8").partition("  - chain_id: ethereum")
    home.mkdir(exist_ok=True)
    (home / "chains.yaml").write_text(solana.replace("exact_vote_fees: true", "exact_vote_fees: false"), "utf-8")
    (home / "providers.yaml").write_text(providers, encoding="utf-8")
    with (
        SimulatorProcess(home / "simulator.json", **parameters.as_dict()) as simulator,
        Aurora(_workspace(home, simulator.url)) as aurora,
    ):
        _agree(aurora, parameters)
        register_cast(aurora, parameters, epochs)
        yield StagedChain(aurora, simulator, parameters)


def _agree(aurora: Aurora, parameters: Parameters) -> None:
    """Register validators and terms, if they are not; `register_cast` leaves both alone then."""
    path = aurora.workspace.home / "validators.csv"
    path.write_text(validators_csv(parameters), encoding="utf-8")
    import_validators(aurora.database, aurora.configuration, path, "ada", "bench")
    path = aurora.workspace.home / "agreements.yaml"
    path.write_text(agreements_yaml(cast_of(parameters)).replace("        carry_losses: true\n", ""), encoding="utf-8")
    apply(aurora.database, path, "ada", "bench")


@contextmanager
def served(home: Path) -> Iterator[Aurora]:
    """The instance of a workspace, its server held open; its providers are away."""
    with Aurora(_workspace(home, _ELSEWHERE)) as aurora:
        aurora.own_server()
        yield aurora


def run(home: Path, *arguments: str, url: str = _ELSEWHERE) -> None:
    """A command as a person would give it, in a process of its own."""
    run_together(home, arguments, url=url)


def run_together(home: Path, *commands: Sequence[str], url: str = _ELSEWHERE) -> None:
    """Commands that are given at the same time, until all have ended; each has to succeed."""
    variables = _workspace(home, url).env
    begun = []
    for arguments in commands:
        asked = [sys.executable, "-m", "aurora_pipeline", *arguments]
        begun.append(
            subprocess.Popen(asked, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        )
    for arguments, process in zip(commands, begun, strict=True):
        told, _ = process.communicate()
        if process.returncode:
            raise SystemExit(f"aurora {' '.join(arguments)} failed:\n{told}")


def _workspace(home: Path, url: str) -> Workspace:
    own = {name: value for name, value in os.environ.items() if not name.startswith("AURORA_")}
    return Workspace(home, False, {**own, HOME_VARIABLE: str(home), DEMO_URL_VARIABLE: url})

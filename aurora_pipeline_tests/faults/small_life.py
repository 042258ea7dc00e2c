"""A small life that faults happen to: one epoch is observed, found final, fetched and computed, and a name is decided.

Each go is a process of its own, forked from one that has imported everything. Repeating a life changes nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aurora_pipeline.agreements.partners import rename
from aurora_pipeline.demo.process import SimulatorProcess
from aurora_pipeline.demo.solana.parameters import CHAIN_ID, Parameters
from aurora_pipeline.demo.story import register_cast
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import DATABASE_VARIABLE, DEMO_URL_VARIABLE, Workspace
from aurora_pipeline.orchestration.definitions import Overrides, build_definitions
from aurora_pipeline.orchestration.runs import JobRunner
from aurora_pipeline.periods.discovery import discover_periods
from aurora_pipeline.proof.verifying.everything import recorded_keys
from aurora_pipeline.proof.verifying.verify import verify_audit, verify_period
from aurora_pipeline.staging.running_period import observe_running_period
from aurora_pipeline.work.computing import Computing
from aurora_pipeline.work.runs import Job, require_published
from aurora_pipeline_tests.end_to_end.world import World, set_secret
from aurora_pipeline_tests.faults.points import Point, Strike, put_in, striking

TINY = Parameters(seed=23, validators=3, stake_accounts=40, slots_per_epoch=60)
FIRST, NEXT = EpochNumber(TINY.first_epoch), EpochNumber(TINY.first_epoch + 1)
_PARTNER, _NAME = "northwind", "Northwind Ltd"
_FROZEN_SECONDS_MAX = 240
_GOES_MAX = 3


@dataclass(frozen=True)
class Outcome:
    """What a life came to: what is in force, what of it waits for answers, and what does not hold."""

    digests: dict[str, str]
    waiting: list[str]
    problems: list[str]


@dataclass(frozen=True)
class Life:
    """A home that has lived one epoch, to be copied, and the simulator that stands after the next one."""

    home: Path
    simulator: str
    undisturbed: Outcome

    def copied(self, folder: Path) -> Path:
        """A home of its own for one case."""
        shutil.copytree(self.home, folder, ignore=shutil.ignore_patterns("socket"))
        return folder


@contextmanager
def life(folder: Path) -> Iterator[Life]:
    """Make the home, stop it, and live on undisturbed in a copy to know what comes of it."""
    home = folder / "home"
    home.mkdir()
    with SimulatorProcess(folder / "simulator.json", **TINY.as_dict()) as simulator:
        require(forked(lambda: _begin(home, simulator)))
        simulator.advance(slot=TINY.first_slot(EpochNumber(NEXT + 1)) + 40)
        begun = Life(home, simulator.url, Outcome({}, [], []))
        yield Life(home, simulator.url, lived_out(begun.copied(folder / "undisturbed"), simulator.url))


@contextmanager
def _opened(home: Path, url: str) -> Iterator[tuple[Aurora, JobRunner]]:
    variables = {name: value for name, value in os.environ.items() if name != DATABASE_VARIABLE}
    with Aurora(Workspace(home, True, {**variables, DEMO_URL_VARIABLE: url})) as aurora:
        yield aurora, JobRunner(aurora, build_definitions(Overrides(aurora=aurora)))


def _begin(home: Path, simulator: SimulatorProcess) -> None:
    variables = {name: value for name, value in os.environ.items() if name != DATABASE_VARIABLE}
    with Aurora(Workspace(home, True, {**variables, DEMO_URL_VARIABLE: simulator.url})) as aurora:
        set_secret(aurora)
        register_cast(aurora, TINY, range(FIRST, NEXT + 1))
        runner = JobRunner(aurora, build_definitions(Overrides(aurora=aurora)))
        world = World(aurora, simulator, runner, TINY)
        require_published([world.live(FIRST)])
        world.observe(NEXT)


def live(home: Path, url: str) -> None:
    """What happens once the next epoch is over; done as often as it takes."""
    with _opened(home, url) as (aurora, runner):
        chain = aurora.configuration.chain(CHAIN_ID)
        observe_running_period(aurora.database, aurora.configuration, chain)
        discover_periods(aurora.database, aurora.configuration, chain)
        runner.register_periods(CHAIN_ID)
        require_published([runner.run(Job.PERIOD, PeriodKey(CHAIN_ID, NEXT))])
        rename(aurora.database, _PARTNER, _NAME, "ada", "merged")
        require_published(Computing(aurora, runner, chain).stale().runs)


def lived_out(home: Path, url: str) -> Outcome:
    """Live until nothing waits: on a machine that is slow an answer may come too late, and is asked for again."""
    for _ in range(_GOES_MAX):
        require(forked(lambda: live(home, url)))
        outcome = looked_at(home, url)
        if not outcome.waiting:
            break
    return outcome


def looked_at(home: Path, url: str) -> Outcome:
    """What is in force in a home, and what of it does not hold; found by a process of its own."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as told:
        require(forked(lambda: _look(home, url, Path(told.name))))
        return Outcome(**json.load(told))


def _look(home: Path, url: str, target: Path) -> None:
    variables = {name: value for name, value in os.environ.items() if name != DATABASE_VARIABLE}
    problems: list[str] = []
    with Aurora(Workspace(home, True, {**variables, DEMO_URL_VARIABLE: url})) as aurora:
        with aurora.database.connect() as connection:
            rows = connection.execute("SELECT asset, epoch, completeness, content_digest FROM in_force").fetchall()
            keys = recorded_keys(connection)
        for key in keys:
            with aurora.database.connect() as connection:
                problems += map(str, verify_period(connection, key).failures)
        with aurora.database.connect() as connection:
            problems += map(str, verify_audit(connection).failures)
    digests = {f"{row['asset']} {row['epoch']}": row["content_digest"] for row in rows}
    waiting = [f"{row['asset']} {row['epoch']}" for row in rows if row["completeness"] != "FINAL"]
    target.write_text(json.dumps({"digests": digests, "waiting": waiting, "problems": problems}))


@dataclass(frozen=True)
class Forked:
    """A process that was forked to do something."""

    pid: int
    log: Path

    def waited(self) -> int:
        """How it ended; one that stops itself is looked on as ended by SIGSTOP until it is let go on."""
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        return -signal.SIGSTOP if os.WIFSTOPPED(status) else os.waitstatus_to_exitcode(status)

    def go_on(self) -> None:
        """Let it go on after it stopped itself."""
        os.kill(self.pid, signal.SIGCONT)


def forked(do: Callable[[], Any]) -> Forked:
    """Do something in a process of its own, whose words go to a file."""
    with tempfile.NamedTemporaryFile(prefix="forked-", suffix=".log", delete=False) as log:
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            _child(do, log.fileno())
        return Forked(pid, Path(log.name))


def _child(do: Callable[[], Any], log: int) -> None:
    os.dup2(log, 1)
    os.dup2(log, 2)
    code = 1
    try:
        signal.alarm(_FROZEN_SECONDS_MAX)
        do()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def require(process: Forked) -> None:
    """Wait for a process that must not fail."""
    code = process.waited()
    told = process.log.read_text(errors="replace")
    process.log.unlink()
    assert code == 0, f"ended with {code}:\n{told[-6000:]}"


def struck(begun: Life, home: Path, point: Point, how: Strike) -> Outcome:
    """Live with a strike at a point, look at what is visible then, live on, and say what it came to."""
    mark, data_dir = home / "struck", home / ".aurora" / "demo"

    def disturbed() -> None:
        put_in(point, striking(how, data_dir, mark))
        live(home, begun.simulator)

    process = forked(disturbed)
    code = process.waited()
    assert mark.exists(), f"{point.name} was never come to: {process.log.read_text()[-3000:]}"
    if code == -signal.SIGSTOP:
        visible = looked_at(home, begun.simulator)
        assert visible.problems == []
        process.go_on()
        code = process.waited()
        assert code == 0, process.log.read_text()[-6000:]
    process.log.unlink()
    visible = looked_at(home, begun.simulator)
    assert visible.problems == []
    return lived_out(home, begun.simulator)

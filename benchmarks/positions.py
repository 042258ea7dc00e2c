"""A million stake accounts: observed over HTTP, staged, read, normalised, checked and published."""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from aurora_pipeline.asking.adapter import FetchScope, ValidatorAsked
from aurora_pipeline.canonical.positions import canonical_positions
from aurora_pipeline.canonical.tables import POSITIONS
from aurora_pipeline.config import load_configuration
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.layers import GATE
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.periods.record import Period
from aurora_pipeline.sources.kinds import KINDS
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.staging.run import stage
from aurora_pipeline.staging.sampling import observe
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline.store.payloads.fetches import load_fetches
from aurora_pipeline.store.snapshots import write_check_publish
from benchmarks.node_of_stakes import EPOCH, SLOT_INDEX, SLOTS, vote_key

Done = TypeVar("Done")
CHAIN = "solana-demo"


@contextmanager
def node(validators: int, accounts: int) -> Iterator[str]:
    """A node in a process of its own; its address."""
    command = [sys.executable, "-m", "benchmarks.node_of_stakes"]
    command += ["--validators", str(validators), "--accounts", str(accounts)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None  # they are pipes
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait()


def configuration(home: Path, url: str) -> Configuration:
    """The demo's, with this node and nobody else to observe."""
    demo = Path(str(files("aurora_pipeline.demo")))
    chains = (demo / "chains.yaml").read_text(encoding="utf-8").replace("[demo-stakewiz, demo-rpc]", "[demo-rpc]")
    (home / "chains.yaml").write_text(chains, encoding="utf-8")
    return load_configuration(home / "chains.yaml", demo / "providers.yaml", {"AURORA_DEMO_URL": url}, KINDS)


def told(what: str, action: Callable[[], Done]) -> Done:
    """Do it, and print what it took."""
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    done = action()
    after, seconds = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter() - started
    used = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    Console().print(
        f"{what:<44} {seconds:6.1f} s wall  {used[0]:6.1f} s user  {used[1]:5.1f} s sys"
        f"  {after.ru_maxrss // 1024:5d} MiB peak so far",
        highlight=False,
    )
    return done


def run(home: Path, validators: int, accounts: int) -> None:
    """One pass over everything, each part measured."""
    keys = [vote_key(number) for number in range(validators)]
    asked = tuple(ValidatorAsked(key, None) for key in keys)
    first, last = EPOCH * SLOTS, (EPOCH + 1) * SLOTS - 1
    start, end = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 9, 3, tzinfo=UTC)
    period = Period(PeriodKey(CHAIN, EpochNumber(EPOCH)), first, last, first, last, start, end)
    operated = tuple(OperatedValidator(key, None, key, "OPERATOR") for key in keys)
    reference = Reference(CHAIN, EpochNumber(EPOCH), first, last, start, end, operated)
    with EmbeddedPostgres.start(home / "postgres") as server, node(validators, accounts) as url:
        server.ensure_database("bench")
        database = Database(server.dsn("bench"))
        upgrade(database)
        settings = configuration(home, url)
        chain = settings.chain(CHAIN)
        scope = FetchScope(CHAIN, EpochNumber(EPOCH), first, last, asked, family=chain.family)
        everything = time.perf_counter()
        told("observed (asked, stored, read)", lambda: observe(database, settings, chain, scope, first + SLOT_INDEX))
        report = told("staged", lambda: stage(database, settings, chain, period, "positions", asked))
        assert report.states == {"final": validators}, report

        def normalised() -> tuple[LayerResult, int]:
            with database.connect() as connection:
                fetches = load_fetches(connection, CHAIN, EpochNumber(EPOCH), "positions")
            return canonical_positions(reference, fetches), len(fetches)

        result, _ = told("loaded, read and normalised", normalised)
        assert len(result.frame) == validators * (accounts + 1)
        assert result.completeness == "FINAL", result.warnings
        draft = Draft(
            POSITIONS, PeriodKey(CHAIN, EpochNumber(EPOCH)), result.frame, (), result.completeness, result.grounds
        )
        told("checked, written, published", lambda: write_check_publish(database, [draft], GATE))
        seconds = time.perf_counter() - everything
    Console().print(f"{validators * accounts} stake accounts in {seconds:.1f} s; budget 60 s and 3 GB", highlight=False)


def main() -> None:
    """Measure, as often as wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--validators", type=int, default=50)
    parser.add_argument("--accounts", type=int, default=20_000, help="of each validator")
    parser.add_argument("--repeat", type=int, default=1)
    options = parser.parse_args()
    os.environ.setdefault("POLARS_MAX_THREADS", "2")
    for _ in range(options.repeat):
        with tempfile.TemporaryDirectory(prefix="aurora-bench-") as name:
            run(Path(name), options.validators, options.accounts)


if __name__ == "__main__":
    main()

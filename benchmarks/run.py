"""Runs every benchmark in a fresh directory and prints what each took beside its budget."""

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
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table

from aurora_pipeline.canonical.tables import POSITIONS
from aurora_pipeline.demo.session import demo_providers
from aurora_pipeline.demo.story import let_pass
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import Workspace
from aurora_pipeline.layers import GATE
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.sources.result import grounds
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import Completeness
from aurora_pipeline.store.digests import Input, content_digest
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline.store.snapshots import write_check_publish

_MILLION = 1_000_000


@dataclass(frozen=True)
class Measured:
    """One figure: what was done, the seconds of each repetition, and the budget."""

    what: str
    seconds: list[float]
    budget: float | None


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="aurora-bench-") as name:
        yield Path(name)


def timed(action: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def aurora(home: Path, *arguments: str) -> None:
    """Run a command as a person would, in a process of its own."""
    command = [sys.executable, "-m", "aurora_pipeline", *arguments]
    environment = {**os.environ, "AURORA_HOME": str(home)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def let_an_epoch_pass(home: Path, epoch: int) -> None:
    """Time passes on the simulated chain, observed as production would, and nothing is computed."""
    place = Workspace(home, True, os.environ)
    with demo_providers(place) as simulator, Aurora(place) as instance:
        let_pass(instance, simulator, epoch, lambda text: None)


def bench_import(repeat: int) -> Iterator[Measured]:
    """Loading the definitions, as every Dagster process does."""
    command = [sys.executable, "-c", "import aurora_pipeline.orchestration.definitions"]
    seconds = [timed(lambda: subprocess.run(command, check=True)) for _ in range(repeat)]
    yield Measured("import aurora_pipeline.orchestration.definitions", seconds, 2.0)


def bench_demo(repeat: int) -> Iterator[Measured]:
    """The demo from nothing, one epoch more, and an epoch by backfill."""
    with scratch() as home:
        first = timed(lambda: aurora(home, "demo"))
        again = [timed(lambda: aurora(home, "demo")) for _ in range(repeat)]
        # One epoch's worth of time passes; then its backfill is measured as an operator would run it.
        backfills = []
        for number in range(repeat):
            epoch = 856 + number
            let_an_epoch_pass(home, epoch)
            backfills.append(timed(partial(aurora, home, "--demo", "backfill", "solana-demo", str(epoch))))
        recomputes = [timed(lambda: aurora(home, "--demo", "recompute", "solana-demo", "855")) for _ in range(repeat)]
    yield Measured("aurora demo: 20 validators, 2,000 stake accounts, 6 epochs, from nothing", [first], 45.0)
    yield Measured("aurora demo again: nothing changes", again, None)
    yield Measured("aurora backfill of one further epoch, through all layers", backfills, 3.0)
    yield Measured("aurora recompute of one epoch", recomputes, None)


def positions(rows: int) -> pl.DataFrame:
    """Stake positions of that many accounts."""
    numbers = pl.int_range(rows, eager=True)
    known = {
        "chain_id": pl.repeat("bench", rows, eager=True),
        "epoch": pl.repeat(1, rows, dtype=pl.Int64, eager=True),
        "validator_key": (numbers % 50).cast(pl.String),
        "row_kind": pl.repeat("ACCOUNT", rows, eager=True),
        "account_key": "account-" + numbers.cast(pl.String),
        "staker_key": "staker-" + (numbers % 1000).cast(pl.String),
        "withdrawer_key": "withdrawer-" + (numbers % 1000).cast(pl.String),
        "active_stake": (numbers * 1_000_003).cast(pl.String).cast(pl.Decimal(38, 0)),
        "activating_stake": pl.repeat(0, rows, eager=True).cast(pl.Decimal(38, 0)),
        "deactivating_stake": pl.repeat(0, rows, eager=True).cast(pl.Decimal(38, 0)),
        "state": pl.repeat("final", rows, eager=True),
        "reason": pl.repeat(None, rows, dtype=pl.String, eager=True),
        "source_fetch": pl.repeat(1, rows, dtype=pl.Int64, eager=True),
    }
    return pl.DataFrame({name: known[name] for name in POSITIONS.names})


def bench_publish(repeat: int) -> Iterator[Measured]:
    """A million rows: digested, and written, checked and published."""
    frame = positions(_MILLION)
    digests = [timed(lambda: content_digest(POSITIONS, frame)) for _ in range(repeat)]
    with scratch() as home, EmbeddedPostgres.start(home / "postgres") as server:
        server.ensure_database("bench")
        database = Database(server.dsn("bench"))
        upgrade(database)
        published = []
        for number in range(repeat):
            inputs = (Input("fetch", str(number), "0" * 64),)
            fresh = frame.with_columns(epoch=pl.lit(number, pl.Int64))
            draft = Draft(
                POSITIONS,
                PeriodKey("bench", EpochNumber(number)),
                fresh,
                inputs,
                Completeness.FINAL,
                grounds(map(str, range(50)), [True]),
            )
            published.append(timed(partial(write_check_publish, database, [draft], GATE)))
    yield Measured("content digest of 1,000,000 rows", digests, None)
    yield Measured("1,000,000 rows checked, written, published", published, None)


BENCHMARKS = {"import": bench_import, "demo": bench_demo, "publish": bench_publish}


def main() -> None:
    """Run the chosen benchmarks, all by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], help="which ones; all by default")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    table = Table(title="Seconds", title_justify="left")
    for column in ("what", "min", "median", "max", "budget"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for name in options.names or BENCHMARKS:
        for measured in BENCHMARKS[name](options.repeat):
            ordered = sorted(measured.seconds)
            figures = (ordered[0], ordered[len(ordered) // 2], ordered[-1])
            budget = "" if measured.budget is None else f"{measured.budget:.0f}"
            table.add_row(measured.what, *[f"{seconds:.2f}" for seconds in figures], budget)
    Console().print(table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    Console().print(f"peak memory of this process: {peak // 1024} MiB")


if __name__ == "__main__":
    main()

"""A million stake accounts: observed over HTTP, staged, read, normalised, checked and published."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Final

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
from aurora_pipeline.staging.run import stage
from aurora_pipeline.staging.sampling import observe
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline.store.payloads.fetches import load_fetches
from aurora_pipeline.store.snapshots import write_check_publish
from benchmarks.measured import NONE, Budget, Measured, program, tell
from benchmarks.node_of_stakes import EPOCH, SLOT_INDEX, SLOTS, vote_key
from benchmarks.raw import BYTES_AND_ROWS, copied, parsed, together
from benchmarks.taken import peak_mib, scratch, took

CHAIN: Final = "solana-demo"
_MANY: Final = 1_000_000


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


def rows(home: Path, validators: int, accounts: int) -> Iterator[Measured]:
    """One pass over everything; beside it the same bytes parsed and the same rows copied."""
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

        def everything() -> None:
            observe(database, settings, chain, scope, first + SLOT_INDEX)
            report = stage(database, settings, chain, period, "positions", asked)
            assert report.states == {"final": validators}, report
            with database.connect() as connection:
                fetches = load_fetches(connection, CHAIN, EpochNumber(EPOCH), "positions")
            result = canonical_positions(reference, fetches)
            assert len(result.frame) == validators * (accounts + 1)
            assert result.completeness == "FINAL", result.warnings
            draft = Draft(POSITIONS, period.key, result.frame, (), result.completeness, result.grounds)
            write_check_publish(database, [draft], GATE)

        ours, peak = took(everything, home), peak_mib()
        table = f"layers.{POSITIONS.name}"
        raw = together([parsed(database), copied(database, {table: f"SELECT * FROM {table}"}, home)])
    many = validators * accounts
    budget = Budget(at_most=60, mib=3 * 1024) if many == _MANY else NONE
    what = f"{many:,} stake accounts observed, staged, read, checked and published"
    yield Measured.of(what, ours, raw, BYTES_AND_ROWS, budget, peak)


def main() -> None:
    """Measure once: memory is that of the process."""
    parser = program(__doc__)
    parser.add_argument("--validators", type=int, default=50)
    parser.add_argument("--accounts", type=int, default=20_000, help="of each validator")
    options = parser.parse_args()
    with scratch() as folder:
        tell(rows(folder, options.validators, options.accounts), options)


if __name__ == "__main__":
    main()

"""A beacon day of many Ethereum validators through the whole pipeline: fetched from a local server, stored, normalised,
checked, P&L and lines published.

Within 120 s and 3 GB for 10,000 validators on two cores, which the server and Postgres share, and 20 s for 1,000;
beside it, what the same bytes cost raw: json.loads of every answer, and COPY of every body into a bare table.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, Final

from psycopg import Cursor
from rich.console import Console

from aurora_pipeline.agreements.apply import apply
from aurora_pipeline.config import Configuration, load_configuration
from aurora_pipeline.config.vocabulary import ROLES, DataType
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.chains import sync_registry
from aurora_pipeline.layers import GATE, LAYERS
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.periods.discovery import discover_periods
from aurora_pipeline.registry.fee_recipients import import_fee_recipients
from aurora_pipeline.registry.validators import import_validators
from aurora_pipeline.sources.kinds import KINDS
from aurora_pipeline.staging.run import period_and_validators, stage
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline.store.payloads.packing import unpacked
from aurora_pipeline.store.published import load_published
from aurora_pipeline.store.snapshots import write_check_publish
from benchmarks.node_of_validators import FIRST_EPOCH, Day, pubkey, recipient, serving

CHAIN: Final = "ethereum-bench"
KEY: Final = PeriodKey(CHAIN, EpochNumber(FIRST_EPOCH))
CHAINS: Final = """
chains:
  - chain_id: {chain}
    name: Bench
    enabled: true
    family: ethereum
    period_type: EPOCH
    period_size: {epochs}
    first_period: {first}
    native_unit: ETH
    native_decimals: 18
    finality_lag: 64
    costs_due: [CONSENSUS_PENALTY]
    roles: {{fees: [el], mev: [relay-a, relay-b], rewards: [bn], meta: [bn], positions: [bn], costs: []}}
"""
PROVIDERS: Final = """
providers:
  bn: {{enabled: true, kind: beacon_api, base_url: "{url}/beacon", concurrency: 4}}
  el: {{enabled: true, kind: evm_rpc, base_url: "{url}/execution", batch: 10, concurrency: 2}}
  relay-a: {{enabled: true, kind: mev_relay, base_url: "{url}/relay-a"}}
  relay-b: {{enabled: true, kind: mev_relay, base_url: "{url}/relay-b"}}
"""
AGREEMENTS: Final = f"""
partners: [{{partner: acme, name: Acme}}]
agreements:
  - agreement: acme-2026
    partner: acme
    active_from: 2020-01-01
    rules:
      - {{rule: net, chain: {CHAIN}, component: VOTE_REWARDS, method: FIXED_SHARE, basis: NET, rate_bps: 1000}}
      - {{rule: tips, chain: {CHAIN}, component: MEV_TIPS, method: FIXED_SHARE, rate_bps: 500}}
"""
_BUDGETS: Final = {(1_000, 225): "20 s", (10_000, 225): "120 s and 3 GB"}
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Meter:
    """What each part takes: wall, the pipeline's processor seconds, those of Postgres, and peak memory."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def told(self, what: str, action: Callable[[], Any]) -> Any:
        """Do it, and print what it took."""
        before, started = self._spent(), time.perf_counter()
        done = action()
        after, seconds = self._spent(), time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        Console(width=120).print(
            f"{what:<42} {seconds:6.1f} s wall {after[0] - before[0]:6.1f} s processor"
            f" {after[1] - before[1]:6.1f} s Postgres {peak:5d} MiB peak so far",
            highlight=False,
        )
        return done

    def _spent(self) -> tuple[float, float]:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime, self._of_postgres()

    def _of_postgres(self) -> float:
        """The processor seconds of the server and all it started, those that ended included."""
        [file] = self._home.rglob("postmaster.pid")
        postmaster = int(file.read_text().splitlines()[0])
        total = 0
        for process in Path("/proc").glob("[0-9]*"):
            try:
                fields = (process / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(process.name) == postmaster:
                total += sum(map(int, fields[11:15]))
            elif int(fields[1]) == postmaster:
                total += sum(map(int, fields[11:13]))
        return total / _TICKS


def configured(folder: Path, url: str, epochs: int) -> Configuration:
    """The chain and whom to ask."""
    (folder / "chains.yaml").write_text(CHAINS.format(chain=CHAIN, epochs=epochs, first=FIRST_EPOCH))
    (folder / "providers.yaml").write_text(PROVIDERS.format(url=url))
    return load_configuration(folder / "chains.yaml", folder / "providers.yaml", {}, KINDS)


def register(database: Database, configuration: Configuration, folder: Path, validators: int) -> None:
    """All validators from one file, their fee recipients from another, and the terms."""
    with database.connect() as connection:
        sync_registry(connection, configuration)
    rows = [f"{CHAIN},{pubkey(index)},v{index},OPERATOR,2020-01-01" for index in range(validators)]
    (folder / "validators.csv").write_text("\n".join(["chain_id,validator_key,name,ownership,valid_from", *rows, ""]))
    rows = [f"{CHAIN},{pubkey(index)},{recipient(index)},2020-01-01" for index in range(validators)]
    text = "\n".join(["chain_id,validator_key,fee_recipient,valid_from", *rows, ""])
    (folder / "recipients.csv").write_text(text)
    import_validators(database, configuration, folder / "validators.csv", "ada", "bench")
    import_fee_recipients(database, configuration, folder / "recipients.csv", "ada", "bench")
    (folder / "agreements.yaml").write_text(AGREEMENTS)
    apply(database, folder / "agreements.yaml", "ada", "bench")


def whole_day(meter: Meter, database: Database, configuration: Configuration) -> None:
    """Everything that is done about the day, part by part."""
    period, validators = period_and_validators(database, KEY)
    chain = configuration.chain(CHAIN)
    for role in (DataType.REWARDS, *(role for role in ROLES if role is not DataType.REWARDS)):
        staged = partial(stage, database, configuration, chain, period, role, validators)
        report = meter.told(f"staged {role}", staged)
        # What was lost follows from balances: nobody is asked for costs.
        assert set(report.states) == {"final"} or role is DataType.COSTS, report.reasons
    for layer in LAYERS:

        def computed(layer: Any = layer) -> None:
            with database.connect() as connection:
                drafts = layer.draft(configuration, connection, KEY)
            write_check_publish(database, drafts, GATE)

        meter.told(layer.name, computed)


def raw(database: Database) -> None:
    """What the same bytes cost without a pipeline: parsed, and copied into a bare table."""
    with database.connect() as connection, connection.cursor() as cursor:
        parsing, sizes = 0.0, 0
        for body in _bodies(cursor):
            started = time.process_time()
            json.loads(body)
            parsing += time.process_time() - started
            sizes += len(body)
    Console().print(f"json.loads of all {sizes / 2**20:.0f} MiB once: {parsing:.1f} s processor", highlight=False)


def copied(database: Database) -> None:
    """COPY every body into a table without anything else."""
    with database.connect() as reading, database.connect() as writing:
        writing.execute("CREATE TABLE bare (body bytea)")
        with reading.cursor() as cursor, writing.cursor() as into, into.copy("COPY bare FROM STDIN") as copy:
            for body in _bodies(cursor):
                copy.write_row((body,))


def _bodies(cursor: Cursor[Any]) -> Iterator[bytes]:
    """Every body as it came."""
    for row in cursor.stream("SELECT body, packed_from FROM staging_bodies", binary=True):
        yield unpacked(row["body"], row["packed_from"])


@contextmanager
def set_up(home: Path, day: Day) -> Iterator[tuple[Database, Configuration]]:
    """A database, the served day, and everything registered."""
    with EmbeddedPostgres.start(home / "postgres") as server, serving(day) as url:
        server.ensure_database("bench")
        database = Database(server.dsn("bench"))
        upgrade(database)
        configuration = configured(home, url, day.epochs)
        register(database, configuration, home, day.validators)
        yield database, configuration


def run(home: Path, day: Day, baseline: bool) -> None:
    """One pass."""
    meter = Meter(home)
    with set_up(home, day) as (database, configuration):
        budget = _BUDGETS.get((day.validators, day.epochs), "none")
        Console().print(
            f"{day.validators} validators, {day.epochs} epochs, blocks of {day.block_kilobytes} KiB,"
            f" {datetime.now(UTC):%H:%M} UTC, load {os.getloadavg()[0]:.1f};"
            f" budget {budget}",
            highlight=False,
        )
        found = meter.told(
            "discovered", lambda: discover_periods(database, configuration, configuration.chain(CHAIN), at_most=1)
        )
        assert [one.key for one in found.recorded] == [KEY], found.troubles
        meter.told("all together", lambda: whole_day(meter, database, configuration))
        with database.connect() as connection:
            for asset in ("canonical_validator_balances", "validator_pnl"):
                table = next(one for layer in LAYERS for one in layer.tables if one.name == asset)
                published = load_published(connection, table, KEY)
                assert (len(published.frame), published.completeness) == (day.validators, "FINAL"), asset
            size = connection.execute("SELECT pg_total_relation_size('staging_bodies') AS size").fetchone()
        assert size is not None
        Console().print(f"staging_bodies on disk: {size['size'] / 2**20:.0f} MiB", highlight=False)
        if baseline:
            raw(database)
            meter.told("COPY of the same bodies into a bare table", lambda: copied(database))


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--validators", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--block-kilobytes", type=int, default=200, help="of each block's JSON; mainnet has about that")
    parser.add_argument("--epochs", type=int, nargs="+", default=[225])
    parser.add_argument("--no-baseline", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("POLARS_MAX_THREADS", "2")
    for validators, epochs in product(options.validators, options.epochs):
        with tempfile.TemporaryDirectory(prefix="aurora-bench-") as name:
            run(Path(name), Day(validators, options.block_kilobytes, epochs), not options.no_baseline)


if __name__ == "__main__":
    main()

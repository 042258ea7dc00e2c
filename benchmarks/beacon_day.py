"""A beacon day of many Ethereum validators through the whole pipeline: fetched from a local server, stored, normalised,
checked, P&L and lines published.

Within 120 s and 3 GB for 10,000 validators on two cores, which the server and Postgres share, and 20 s for 1,000;
beside it, what the same bytes cost raw: json.loads of every answer, and COPY of every body into a bare table.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

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
from aurora_pipeline.registry.validator_files import import_validators
from aurora_pipeline.sources.kinds import KINDS
from aurora_pipeline.staging.run import period_and_validators, stage
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline.store.published import load_published
from aurora_pipeline.store.snapshots import write_check_publish
from benchmarks.measured import NONE, Budget, Measured, program, tell
from benchmarks.node_of_validators import FIRST_EPOCH, Day, pubkey, recipient, serving
from benchmarks.raw import bodies, parsed, together
from benchmarks.taken import peak_mib, scratch, took

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
_BUDGETS: Final = {(1_000, 225): Budget(at_most=20), (10_000, 225): Budget(at_most=120, mib=3 * 1024)}


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


def whole_day(database: Database, configuration: Configuration) -> None:
    """Everything that is done about the day."""
    period, validators = period_and_validators(database, KEY)
    chain = configuration.chain(CHAIN)
    for role in (DataType.REWARDS, *(role for role in ROLES if role is not DataType.REWARDS)):
        report = stage(database, configuration, chain, period, role, validators)
        # What was lost follows from balances: nobody is asked for costs.
        assert set(report.states) == {"final"} or role is DataType.COSTS, report.reasons
    for layer in LAYERS:
        with database.connect() as connection:
            drafts = layer.draft(configuration, connection, KEY)
        write_check_publish(database, drafts, GATE)


def copied_bodies(database: Database) -> None:
    """COPY every body into a table without anything else."""
    with database.connect() as reading, database.connect() as writing:
        writing.execute("CREATE TABLE bare (body bytea)")
        with writing.cursor() as into, into.copy("COPY bare FROM STDIN") as copy:
            for body in bodies(reading):
                copy.write_row((body,))


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


def rows(home: Path, day: Day) -> Iterator[Measured]:
    """One pass; beside it the same bytes parsed, stored and copied."""
    with set_up(home, day) as (database, configuration):
        found = discover_periods(database, configuration, configuration.chain(CHAIN), at_most=1)
        assert [one.key for one in found.recorded] == [KEY], found.troubles
        ours, peak = took(partial(whole_day, database, configuration), home / "postgres"), peak_mib()
        with database.connect() as connection:
            for asset in ("canonical_validator_balances", "validator_pnl"):
                table = next(one for layer in LAYERS for one in layer.tables if one.name == asset)
                published = load_published(connection, table, KEY)
                assert (len(published.frame), published.completeness) == (day.validators, "FINAL"), asset
        raw = together([parsed(database), took(partial(copied_bodies, database), home / "postgres")])
    what = f"{day.validators:,} Ethereum validators, {day.epochs} epochs, from a served node to lines"
    budget = _BUDGETS.get((day.validators, day.epochs), NONE)
    yield Measured.of(what, ours, raw, "json.loads and COPY of the same bodies", budget, peak)


def main() -> None:
    """Measure one size: memory is that of the process."""
    parser = program(__doc__)
    parser.add_argument("--validators", type=int, default=1_000)
    parser.add_argument("--block-kilobytes", type=int, default=200, help="of each block's JSON; mainnet has about that")
    parser.add_argument("--epochs", type=int, default=225)
    options = parser.parse_args()
    with scratch() as folder:
        tell(rows(folder, Day(options.validators, options.block_kilobytes, options.epochs)), options)


if __name__ == "__main__":
    main()

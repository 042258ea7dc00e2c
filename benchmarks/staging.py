"""An epoch of fifty validators with 20,000 leader slots: fetched from the simulated chain and staged.

Within 40 s on two cores, which the simulator and Postgres share, and in flat memory. With costs every block of the
epoch comes with its transactions, more than a gigabyte of them; then also the other two who read all of them are
measured: the canonical layer, which adds up the vote fees, and the verification, which hashes every body. Their peak
shows only where it is higher than that of what ran before; `--slots` tells whether memory grows with the blocks.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from functools import partial
from importlib.resources import files
from pathlib import Path

from rich.console import Console

from aurora_pipeline.asking.adapter import FetchScope, ValidatorAsked
from aurora_pipeline.asking.recording import asking_unrecorded
from aurora_pipeline.canonical.costs import canonical_costs
from aurora_pipeline.config import load_configuration
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.families import Family
from aurora_pipeline.config.provider import Provider
from aurora_pipeline.config.vocabulary import CostType
from aurora_pipeline.demo.process import SimulatorProcess
from aurora_pipeline.demo.solana.parameters import CHAIN_ID, Parameters
from aurora_pipeline.demo.solana.truth import cast_of, truth
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.periods.record import Period
from aurora_pipeline.proof.findings import Findings
from aurora_pipeline.proof.verifying.staged import verify_staged
from aurora_pipeline.registry.cost_entries import entries_in_force
from aurora_pipeline.sources.family import PeriodBounds
from aurora_pipeline.sources.kinds import KINDS, adapter_for
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.sources.solana.periods import bounds
from aurora_pipeline.staging.run import stage
from aurora_pipeline.staging.sampling import observe
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline.store.payloads.fetches import load_fetches_in_slices
from benchmarks.positions import told

DATA_TYPES = ("meta", "positions", "fees", "rewards", "mev")


def configuration(url: str) -> Configuration:
    """The demo's configuration for a simulator."""
    demo = Path(str(files("aurora_pipeline.demo")))
    return load_configuration(demo / "chains.yaml", demo / "providers.yaml", {"AURORA_DEMO_URL": url}, KINDS)


def epoch_bounds(provider: Provider, epoch: int) -> PeriodBounds:
    """Where an epoch begins and ends, as the node says."""

    async def go() -> PeriodBounds:
        async with asking_unrecorded(provider, adapter_for(provider)) as ask:
            return await bounds(EpochNumber(epoch), ask, provider.name)

    return asyncio.run(go())


def run(home: Path, parameters: Parameters, data_types: tuple[str, ...]) -> None:
    """One pass; each data type is measured."""
    epoch = parameters.first_epoch
    validators = tuple(
        ValidatorAsked(one.vote, None) for one in cast_of(parameters).validators[: parameters.validators]
    )
    led = sum(one.leader_slots for one in truth(parameters, epoch).validators)
    with (
        EmbeddedPostgres.start(home / "postgres") as server,
        SimulatorProcess(home / "chain" / "state.json", **parameters.as_dict()) as simulator,
    ):
        server.ensure_database("bench")
        database = Database(server.dsn("bench"))
        upgrade(database)
        settings = configuration(simulator.url)
        chain = settings.chain(CHAIN_ID)
        simulator.advance(epoch=epoch, fraction_bps=5_000)
        first, last = parameters.first_slot(epoch), parameters.last_slot(epoch)
        scope = FetchScope(CHAIN_ID, EpochNumber(epoch), first, last, validators, family=Family.SOLANA)
        observe(database, settings, chain, scope, simulator.clock()["head_slot"])
        simulator.advance(epoch=epoch + 1, fraction_bps=9_000)
        found = epoch_bounds(settings.providers["demo-rpc"], epoch)
        period = Period(
            PeriodKey(CHAIN_ID, EpochNumber(epoch)),
            found.first_slot,
            found.last_slot,
            found.first_block_slot,
            found.last_block_slot,
            found.started_at,
            found.ended_at,
        )
        Console().print(f"{len(validators)} validators, {led} leader slots; budget 40 s for all", highlight=False)

        def everything() -> None:
            for name in data_types:
                report = told(name, partial(stage, database, settings, chain, period, name, validators))
                assert set(report.states) == {"final"}, report

        told("all together", everything)
        if "costs" in data_types:
            operated = tuple(
                OperatedValidator(one.validator_key, None, one.validator_key, "OPERATOR") for one in validators
            )
            reference = Reference(
                CHAIN_ID, EpochNumber(epoch), first, last, period.started_at, period.ended_at, operated
            )
            read_again(database, reference, period.key)


def read_again(database: Database, reference: Reference, key: PeriodKey) -> None:
    """The costs of a staged epoch from its blocks, and every body's hash."""

    def canonical() -> LayerResult:
        with database.connect() as connection:
            fetches = load_fetches_in_slices(connection, key.chain_id, key.epoch, "costs")
            entries = entries_in_force(connection, key.chain_id, key.epoch)
            return canonical_costs(reference, fetches, entries.frame, [CostType.VOTE_FEES])

    def verified() -> Findings:
        findings = Findings()
        with database.connect() as connection:
            verify_staged(connection, key, findings)
        return findings

    result = told("costs, canonical", canonical)
    assert result.completeness == "FINAL", result.warnings
    assert told("all bodies, payloads and fetches verified", verified).report(str(key)).holds


def main() -> None:
    """Measure, as often as wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slots", type=int, default=26_400, help="per epoch; about three quarters are led by ours")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--with-costs", action="store_true", help="also every block with the fees of its transactions")
    options = parser.parse_args()
    os.environ.setdefault("POLARS_MAX_THREADS", "2")
    parameters = Parameters(validators=50, stake_accounts=2_000, slots_per_epoch=options.slots)
    names = (*DATA_TYPES, "costs") if options.with_costs else DATA_TYPES
    for _ in range(options.repeat):
        with tempfile.TemporaryDirectory(prefix="aurora-bench-") as name:
            run(Path(name), parameters, names)


if __name__ == "__main__":
    main()

"""An epoch of fifty validators with 20,000 leader slots: fetched from the simulated chain and staged.

Within 40 s on two cores, which the simulator and Postgres share, and in flat memory. With costs every block of the
epoch comes with its transactions, more than a gigabyte of them; then also the other two who read all of them are
measured: the canonical layer, which adds up the vote fees, and the verification, which hashes every body. Their peak
shows only where it is higher than that of what ran before; `--slots` tells whether memory grows with the blocks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Final

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
from aurora_pipeline.sources.solana.periods import bounds
from aurora_pipeline.staging.run import stage
from aurora_pipeline.staging.sampling import observe
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline.store.payloads.fetches import load_fetches_in_slices
from benchmarks.measured import NONE, Budget, Measured, program, tell
from benchmarks.raw import BYTES_AND_ROWS, copied, parsed, together
from benchmarks.taken import peak_mib, scratch, took

DATA_TYPES: Final = ("meta", "positions", "fees", "rewards", "mev")
_SLOTS: Final = 26_400
_STORED: Final = {name: f"SELECT * FROM {name}" for name in ("staging_bodies", "staging_payloads")}


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


def rows(home: Path, parameters: Parameters, data_types: tuple[str, ...]) -> Iterator[Measured]:
    """One pass over all data types; with costs, also who reads the blocks again."""
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

        def everything() -> None:
            for name in data_types:
                report = stage(database, settings, chain, period, name, validators)
                assert set(report.states) == {"final"}, report

        ours, peak = took(everything, home / "postgres"), peak_mib()
        raw = together([parsed(database), copied(database, _STORED, home / "postgres")])
        what = f"an epoch of {len(validators)} validators with {led:,} leader slots staged ({', '.join(data_types)})"
        budget = Budget(at_most=40) if (parameters.slots_per_epoch, data_types) == (_SLOTS, DATA_TYPES) else NONE
        yield Measured.of(what, ours, raw, BYTES_AND_ROWS, budget, peak)
        if "costs" in data_types:
            operated = tuple(
                OperatedValidator(one.validator_key, None, one.validator_key, "OPERATOR") for one in validators
            )
            reference = Reference(
                CHAIN_ID, EpochNumber(epoch), first, last, period.started_at, period.ended_at, operated
            )
            yield from read_again(database, reference, period.key)


def read_again(database: Database, reference: Reference, key: PeriodKey) -> Iterator[Measured]:
    """The costs of a staged epoch from its blocks, and every body's hash; beside both, its bytes parsed."""

    def canonical() -> None:
        with database.connect() as connection:
            fetches = load_fetches_in_slices(connection, key.chain_id, key.epoch, "costs")
            entries = entries_in_force(connection, key.chain_id, key.epoch)
            result = canonical_costs(reference, fetches, entries.frame, [CostType.VOTE_FEES])
        assert result.completeness == "FINAL", result.warnings

    def verified() -> None:
        findings = Findings()
        with database.connect() as connection:
            verify_staged(connection, key, findings)
        assert findings.report(str(key)).holds

    raw, name = parsed(database), "json.loads of the same bytes"
    yield Measured.of("costs of the epoch, canonical", took(canonical), raw, name, peak_mib=peak_mib())
    yield Measured.of("its bodies, payloads and fetches verified", took(verified), raw, name, peak_mib=peak_mib())


def main() -> None:
    """Measure once: memory is that of the process."""
    parser = program(__doc__)
    parser.add_argument("--slots", type=int, default=_SLOTS, help="per epoch; about three quarters are led by ours")
    parser.add_argument("--with-costs", action="store_true", help="also every block with the fees of its transactions")
    options = parser.parse_args()
    parameters = Parameters(validators=50, stake_accounts=2_000, slots_per_epoch=options.slots)
    names = (*DATA_TYPES, "costs") if options.with_costs else DATA_TYPES
    with scratch() as folder:
        tell(rows(folder, parameters, names), options)


if __name__ == "__main__":
    main()

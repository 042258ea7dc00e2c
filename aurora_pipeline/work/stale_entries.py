"""Periods whose layers rest on what the operator entered as it no longer counts: costs, own wallets, fee recipients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aurora_pipeline.canonical.balance_tables import EXECUTION_INCOME
from aurora_pipeline.canonical.tables import COSTS
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.periods.record import recorded_periods
from aurora_pipeline.pnl.tables import VALIDATOR_PNL
from aurora_pipeline.registry.cost_entries import entry_inputs_by_epoch
from aurora_pipeline.registry.fee_recipients import recipients_of
from aurora_pipeline.registry.tables import COST_ENTRIES, FEE_RECIPIENTS, OPERATOR_WALLETS
from aurora_pipeline.registry.validators import own_stake_of, registered_wallets
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import Input, record_digest
from aurora_pipeline.store.lineages import decisions_read

_STALE_TAG = "aurora.stale-entries.1"
_WORDS = {
    COST_ENTRIES.name: "what was entered of its costs",
    OPERATOR_WALLETS.name: "the operator's own wallets",
    FEE_RECIPIENTS.name: "the fee recipients",
}
Entered = Mapping[EpochNumber, frozenset[Input]]
"""By epoch, how a lineage names what counts now of a table; an epoch that is left out has none."""


@dataclass(frozen=True)
class StaleEntries:
    """A period whose layers are to be computed again from what is stored."""

    key: PeriodKey
    digest: str
    """Commits to what was entered, and to what is in force instead: one request for each such case."""
    why: str


def stale_entries(connection: Connection, chain: Chain) -> list[StaleEntries]:
    """Periods of which no lineage names what the operator entered as it counts now, in the order of time."""
    found: dict[EpochNumber, StaleEntries] = {}
    for layer, table, entered in _entered(connection, chain.chain_id):
        for epoch, read in decisions_read(connection, chain.chain_id, layer, table).items():
            now = entered.get(EpochNumber(epoch), frozenset())
            if epoch < chain.first_period or now in read.lineages:
                continue
            key = PeriodKey(chain.chain_id, EpochNumber(epoch))
            before = found.get(key.epoch)
            digest = record_digest(
                _STALE_TAG,
                str(key),
                read.sequence,
                None if before is None else before.digest,
                *(item.digest for item in sorted(now)),
            )
            why = f"{_WORDS[table.name]} changed"
            found[key.epoch] = StaleEntries(key, digest, why if before is None else f"{before.why}; {why}")
    return [found[epoch] for epoch in sorted(found)]


def _entered(connection: Connection, chain_id: str) -> Iterator[tuple[Table, Table, Entered]]:
    """What reads which table of the operator's entries, and what it would read of it now."""
    periods = recorded_periods(connection, chain_id)
    wallets = registered_wallets(connection, chain_id)
    recipients = frozenset(recipients_of(connection, chain_id).inputs)
    yield COSTS, COST_ENTRIES, entry_inputs_by_epoch(connection, chain_id)
    yield (
        VALIDATOR_PNL,
        OPERATOR_WALLETS,
        {period.key.epoch: frozenset(own_stake_of(wallets, period.last_instant).inputs) for period in periods},
    )
    yield EXECUTION_INCOME, FEE_RECIPIENTS, {period.key.epoch: recipients for period in periods}

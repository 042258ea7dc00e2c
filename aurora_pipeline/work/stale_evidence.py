"""Layers that rest on fetches of the epoch before that no longer count: it was computed, or heard of, only later."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from aurora_pipeline.canonical.balance_tables import ACCOUNT_BALANCES
from aurora_pipeline.canonical.tables import REWARDS
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.decisions.revisions import Row, holds_at
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.periods.record import Period, recorded_periods
from aurora_pipeline.registry.tables import VALIDATOR_IDENTITIES
from aurora_pipeline.registry.validators import registered_validators, validators_named
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import record_digest
from aurora_pipeline.store.lineages import (
    FetchesRead,
    counting_fetches_digested,
    fetches_read_of_others,
    other_fetches_digested,
)
from aurora_pipeline.store.payloads.fetches import FetchIdentity, identities_that_count
from aurora_pipeline.store.payloads.tables import EVERYONE

_STALE_TAG = "aurora.stale-evidence.1"
READ_OF_BEFORE: Mapping[Table, tuple[DataType, ...]] = {
    REWARDS: (DataType.POSITIONS,),
    ACCOUNT_BALANCES: (DataType.REWARDS, DataType.FEES),
}
"""What each of these layers reads of the epoch before; a test holds it against what their lineages name."""


@dataclass(frozen=True)
class StaleEvidence:
    """A period whose layers are to be computed again from what is stored."""

    key: PeriodKey
    digest: str
    """Commits to what they would be computed from, and to what is in force instead: one request for each such case."""


def stale_evidence(
    connection: Connection, chain: Chain, epochs: Collection[EpochNumber] | None = None
) -> list[StaleEvidence]:
    """Periods, all or some, of which a layer names other fetches of the period before than those that count now."""
    periods = {
        one.key.epoch: one
        for one in recorded_periods(connection, chain.chain_id)
        if one.key.epoch >= chain.first_period and (epochs is None or one.key.epoch in epochs)
    }
    doubtful = {layer: _doubtful(connection, chain, layer, list(periods)) for layer in READ_OF_BEFORE}
    if not any(doubtful.values()):
        return []
    registered = registered_validators(connection, chain.chain_id)
    stale: dict[PeriodKey, list[str | int]] = {}
    for layer, epochs_in_doubt in doubtful.items():
        before = [chain.period_before(epoch) for epoch in epochs_in_doubt]
        counting = identities_that_count(connection, chain.chain_id, before, READ_OF_BEFORE[layer])
        found = fetches_read_of_others(connection, chain.chain_id, layer, VALIDATOR_IDENTITIES, epochs_in_doubt)
        for epoch, read in found.items():
            period = periods[EpochNumber(epoch)]
            of = PeriodKey(chain.chain_id, chain.period_before(period.key.epoch))
            now = list(_other_evidence(period, registered, read, of, counting.get(of.epoch, ())))
            if now:
                stale.setdefault(period.key, []).extend([layer.name, read.sequence, *now])
    return [StaleEvidence(key, record_digest(_STALE_TAG, str(key), *told)) for key, told in sorted(stale.items())]


def _doubtful(connection: Connection, chain: Chain, layer: Table, epochs: Sequence[EpochNumber]) -> list[EpochNumber]:
    """Epochs whose layer does not name just all the fetches of the period before that count."""
    before = [chain.period_before(epoch) for epoch in epochs]
    types = READ_OF_BEFORE[layer]
    counting = counting_fetches_digested(connection, chain.chain_id, before, types)
    read = other_fetches_digested(connection, chain.chain_id, layer, epochs)
    doubtful = []
    for epoch in epochs:
        of = chain.period_before(epoch)
        now = {str(one): counting[of, one] for one in types if (of, one) in counting}
        if epoch in read and now not in read[epoch]:
            doubtful.append(epoch)
    return doubtful


def _other_evidence(
    period: Period, registered: Sequence[Row], read: FetchesRead, of: PeriodKey, counting: Sequence[FetchIdentity]
) -> Iterator[str]:
    """Digests of the fetches that count, where no lineage of a layer names just these.

    Only validators count that the layer was computed for: others that were registered since have no answers yet.
    """
    by_input = {one.as_input_of(str(of)): one for one in counting}
    operated = {row["validator_key"] for row in registered if holds_at(row, period.last_instant)}
    for fetches, rows in read.lineages:
        concerned = {EVERYONE, *(operated & validators_named(rows))}
        if (
            fetches <= by_input.keys()
            and {name for name, one in by_input.items() if one.subject in concerned} <= fetches
        ):
            return
    yield from sorted(one.digest for one in by_input)

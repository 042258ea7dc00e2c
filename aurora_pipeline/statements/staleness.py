"""Which months have statements to compute: those that are over and have none, or rest on what no longer counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aurora_pipeline.agreements.tables import Series
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.foundation.period_key import MonthKey, PartitionKey, PeriodKey
from aurora_pipeline.statements.due import ChainAccounts, load_chain_accounts, place_in_time
from aurora_pipeline.statements.payable_drafts import inputs_now, why_open
from aurora_pipeline.statements.tables import EPOCH_PAYABLES, MONTHLY_STATEMENTS
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import Input, lineage_digest, record_digest

_STALE_TAG: Final = "aurora.stale.1"


@dataclass(frozen=True)
class StaleStatements:
    """A month, or an epoch of partners who are paid by EPOCH, whose statements are to be computed."""

    key: PartitionKey
    digest: str
    """Commits to what they would be computed from: one request for each such case."""
    why: str


def first_stale(configuration: Configuration, connection: Connection, chain_id: str) -> StaleStatements | None:
    """The earliest place of a chain whose statements are to be computed; later ones open with what it closes with."""
    chain = load_chain_accounts(connection, configuration.chain(chain_id))
    for key in _places(chain):
        table = MONTHLY_STATEMENTS if isinstance(key, MonthKey) else EPOCH_PAYABLES
        inputs = inputs_now(connection, chain, key)
        why = _why(connection, table, key, inputs)
        if why is not None:
            named = [text for item in sorted(inputs) for text in item]
            return StaleStatements(key, record_digest(_STALE_TAG, table.name, str(key), why, *named), why)
    return None


def why_stale(connection: Connection, chain: ChainAccounts, key: MonthKey) -> str | None:
    """Why the statements of a month that is over are to be computed; None: they stand on what counts now."""
    return _why(connection, MONTHLY_STATEMENTS, key, inputs_now(connection, chain, key))


def closed_months(chain: ChainAccounts) -> list[MonthKey]:
    """The months of a chain that are over and whose periods are all published, in order."""
    months = sorted({month for epoch, month in chain.timeline.months.items() if epoch >= chain.first_period})
    keys = [MonthKey(chain.timeline.chain_id, month) for month in months]
    return [key for key in keys if why_open(chain, key) is None]


def _places(chain: ChainAccounts) -> list[MonthKey | PeriodKey]:
    """Months that are over, and epochs in months in which somebody is paid by EPOCH, in the order of time."""
    chain_id = chain.timeline.chain_id
    found: list[tuple[tuple[str, int], MonthKey | PeriodKey]] = [
        (place_in_time(key.month, None), key) for key in closed_months(chain)
    ]
    by_epoch = {
        month
        for month in set(chain.timeline.months.values())
        if any(chain.series(partner_id, month) is Series.EPOCH for partner_id in chain.partners)
    }
    # Drafts of epochs of which the partner is paid by MONTH by now: computed again, they are nobody's.
    left_over = {one.epoch for one in chain.drafts if one.epoch is not None and not chain.is_paid_by(one)}
    for epoch, month in chain.timeline.months.items():
        if (
            (month in by_epoch or epoch in left_over)
            and epoch in chain.timeline.in_force
            and epoch >= chain.first_period
        ):
            found.append((place_in_time(month, epoch), PeriodKey(chain_id, epoch)))
    return [key for _, key in sorted(found, key=lambda one: one[0])]


def _why(connection: Connection, table: Table, key: PartitionKey, inputs: Sequence[Input]) -> str | None:
    """Why the statements in force are stale; None where one of their lineages names just the inputs."""
    row = connection.execute(
        """SELECT f.snapshot_id, f.content_digest,
                  array(SELECT s.lineage_digest FROM snapshots s WHERE s.snapshot_id = f.snapshot_id
                        UNION ALL SELECT a.lineage_digest FROM attestations a WHERE a.snapshot_id = f.snapshot_id)
                  AS lineages
           FROM in_force f WHERE asset = %s AND chain_id = %s AND period = %s""",
        [table.name, key.chain_id, key.period],
    ).fetchone()
    if row is None:
        return "no statements are in force"
    if lineage_digest(table, key, row["content_digest"], inputs) in row["lineages"]:
        return None
    return "they rest on what no longer counts"

"""One chain under two names: the second is rejected by the store itself, as long as both are enabled."""

from __future__ import annotations

import polars as pl
import pytest

from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.instance.chains import sync_registry
from aurora_pipeline.layers import GATE
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.drafts import Draft, Rejected
from aurora_pipeline.store.gate.rule import Gate
from aurora_pipeline.store.snapshots import write_check_publish
from aurora_pipeline_tests.pnl.frames import EPOCH, complete
from aurora_pipeline_tests.statements.books import demo_configuration

ONE, OTHER = "solana-demo", "ethereum-demo"
"""Two enabled chains; that they are of two families does not matter here."""


def _publish(database: Database, chain: str, epoch: int = EPOCH, more: int = 0) -> None:
    result = complete().pnl("ABC")
    key = PeriodKey(chain, type(EPOCH)(epoch))
    amounts = [pl.col(name) + more for name in ("exec_fees", "known_revenue", "total_revenue", "net", "known_net")]
    here = {"chain_id": pl.lit(chain), "epoch": pl.lit(epoch, pl.Int64)}
    frame = result.frame.with_columns(*(one.cast(pl.Decimal(38, 0)) for one in amounts), **here)
    draft = Draft(result.table, key, frame, (), result.completeness, result.grounds)
    write_check_publish(database, [draft], Gate({result.table.name: GATE.of(result.table)}))


def test_income__of_one_chain_under_two_names__is_rejected_until_one_is_disabled(database: Database) -> None:
    with database.connect() as connection:
        sync_registry(connection, demo_configuration())
    _publish(database, ONE)
    _publish(database, ONE)
    _publish(database, OTHER, EPOCH + 1)
    _publish(database, OTHER, more=1)
    with pytest.raises(Rejected, match=f"ABC: {ONE} has the same income of the same epoch, to the unit"):
        _publish(database, OTHER)
    with database.connect() as connection:
        connection.execute("UPDATE chains SET enabled = false WHERE chain_id = %s", [ONE])
    _publish(database, OTHER)

"""One chain under two names: the second is rejected by the store itself, as long as both are enabled."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import polars as pl
import pytest

from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.instance.chains import sync_registry
from aurora_pipeline.layers import GATE
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.drafts import Draft, Rejected
from aurora_pipeline.store.gate.rule import Gate, GateRule, Violation
from aurora_pipeline.store.snapshots import write_check_publish
from aurora_pipeline_tests.pnl.frames import EPOCH, complete
from aurora_pipeline_tests.statements.books import demo_configuration

ONE, OTHER = "solana-demo", "ethereum-demo"
"""Two enabled chains; that they are of two families does not matter here."""


def _publish(database: Database, chain: str, epoch: int = EPOCH, more: int = 0, also: Sequence[GateRule] = ()) -> None:
    result = complete().pnl("ABC")
    key = PeriodKey(chain, type(EPOCH)(epoch))
    amounts = [pl.col(name) + more for name in ("exec_fees", "known_revenue", "total_revenue", "net", "known_net")]
    here = {"chain_id": pl.lit(chain), "epoch": pl.lit(epoch, pl.Int64)}
    frame = result.frame.with_columns(*(one.cast(pl.Decimal(38, 0)) for one in amounts), **here)
    draft = Draft(result.table, key, frame, (), result.completeness, result.grounds)
    write_check_publish(database, [draft], Gate({result.table.name: (*GATE.of(result.table), *also)}))


def test_income__of_one_chain_under_two_names_at_the_same_instant__is_published_once(database: Database) -> None:
    with database.connect() as connection:
        sync_registry(connection, demo_configuration())
    both_were_looked_at = Barrier(2)

    def meet(*_: object) -> list[Violation]:
        both_were_looked_at.wait(60)
        return []

    meeting = GateRule("meeting", "nothing", "tests", "nothing", meet)

    def publish(chain: str) -> bool:
        try:
            _publish(database, chain, also=[meeting])
        except Rejected:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(publish, [ONE, OTHER])) == [False, True]
    with database.connect() as connection:
        rejected = connection.execute("SELECT violations FROM snapshot_reports WHERE NOT accepted").fetchall()
    assert [len(row["violations"]) for row in rejected] == [1]
    assert "has the same income of the same epoch" in str(rejected[0]["violations"])


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

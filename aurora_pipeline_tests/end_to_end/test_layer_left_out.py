"""A run that was struck left one layer out: whatever it is, the epoch is not whole, and the demo computes it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from aurora_pipeline.config.families.ethereum import ETHEREUM
from aurora_pipeline.config.families.solana import SOLANA
from aurora_pipeline.demo.story import is_computed
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.tables import PERIOD_LAYER_TABLES, layer_tables_of
from aurora_pipeline.work.epoch_status import epoch_status
from aurora_pipeline.work.status import period_statuses
from aurora_pipeline_tests.end_to_end.world import World, world

EPOCH = EpochNumber(850)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("lived"), range(EPOCH, EPOCH + 1)) as demo:
        assert demo.live(EPOCH).failures == ()
        yield demo


def test_layers__of_both_families__are_all_that_there_are() -> None:
    solana, ethereum = ({table.name for table in layer_tables_of(traits)} for traits in (SOLANA, ETHEREUM))
    assert solana | ethereum == {table.name for table in PERIOD_LAYER_TABLES}
    assert solana - ethereum == {"canonical_account_balances"}
    assert ethereum - solana == {"canonical_validator_balances", "canonical_execution_income"}


@pytest.mark.parametrize("table", layer_tables_of(SOLANA), ids=lambda table: table.name)
def test_epoch__with_any_one_layer_unpublished__is_not_whole(lived: World, table: Table) -> None:
    # Nothing is computed from what accounts held: an epoch whose run left just that out passed for whole.
    with lived.aurora.database.connect() as connection:
        assert is_computed(connection, lived.chain, EPOCH)
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("DELETE FROM publications WHERE asset = %s", [table.name])
        statuses = period_statuses(connection, lived.chain)
        computed = is_computed(connection, lived.chain, EPOCH)
        told = epoch_status(connection, lived.chain, EPOCH, datetime.now(UTC))
        connection.rollback()
    assert [one.is_whole for one in statuses] == [computed] == [False]
    assert told.layers - told.published == 1

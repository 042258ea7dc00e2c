"""The one list of layers: it names every layer table once, and a layer reads only what stands before it."""

from __future__ import annotations

from aurora_pipeline.layers import ALL_LAYERS
from aurora_pipeline.tables import LAYER_TABLES


def test_layers__every_layer_table__is_in_one_of_them() -> None:
    assert sorted(table.name for layer in ALL_LAYERS for table in layer.tables) == sorted(t.name for t in LAYER_TABLES)


def test_layers__in_order__read_only_staging_and_layers_before_them() -> None:
    before: set[str] = set()
    for layer in ALL_LAYERS:
        assert {name for name in layer.reads if not name.startswith("staging_")} <= before, layer.name
        before |= {table.name for table in layer.tables}

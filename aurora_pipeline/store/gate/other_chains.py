"""What other chains have in force of the same epoch, for rules that look whether one chain is counted as two."""

from __future__ import annotations

from typing import Final

import polars as pl
from psycopg import sql

from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.store.database import Connection, read_frame, table_kinds
from aurora_pipeline.store.ddl import LAYER_SCHEMA
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.gate.rule import Ground

OTHER_CHAINS: Final = Ground[pl.DataFrame]("other_chains", "what is in force of the same epoch on other enabled chains")


def load_other_chains(connection: Connection, table: Table, key: PeriodKey) -> pl.DataFrame:
    """The rows in force on other chains."""
    kinds = table_kinds(table)
    query = sql.SQL(
        """SELECT {} FROM {} WHERE snapshot_id IN
               (SELECT snapshot_id FROM in_force WHERE asset = %s AND chain_id <> %s AND epoch = %s
                AND chain_id IN (SELECT chain_id FROM chains WHERE enabled))
           ORDER BY chain_id"""
    ).format(sql.SQL(", ").join(map(sql.Identifier, kinds)), sql.Identifier(LAYER_SCHEMA, table.name))
    return read_frame(connection, query, kinds, [table.name, key.chain_id, key.epoch])

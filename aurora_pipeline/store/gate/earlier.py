"""The periods before, as rules that compare look at them: what is in force of the same layer, and how long each was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl
from psycopg import sql

from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.store.database import Connection, read_frame, table_kinds
from aurora_pipeline.store.ddl import LAYER_SCHEMA
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.gate.rule import Ground
from aurora_pipeline.store.gate.series import PERIODS_MAX

_SMALL_DIGITS: Final = 3
"""Figures that differ by less than a thousandth of a coin differ by nothing worth telling."""


@dataclass(frozen=True)
class EarlierRows:
    """Up to thirty periods before: the rows in force of the same layer, none of single accounts, and lengths."""

    rows: pl.DataFrame
    seconds: Mapping[int, int]
    """How long each period was, by epoch; the own one too."""
    small: int = 0
    """What is little, in base units."""

    def last(self) -> pl.DataFrame:
        """The rows of the newest period of them."""
        return self.rows if self.rows.is_empty() else self.rows.filter(pl.col("epoch") == pl.col("epoch").max())


EARLIER: Final = Ground[EarlierRows]("earlier", "the rows in force of up to 30 periods before, and how long each was")


def load_earlier(connection: Connection, table: Table, key: PeriodKey) -> EarlierRows:
    """What is in force of the periods before one."""
    found = connection.execute(
        """SELECT snapshot_id FROM in_force WHERE asset = %s AND chain_id = %s AND epoch < %s
           ORDER BY epoch DESC LIMIT %s""",
        [table.name, key.chain_id, key.epoch, PERIODS_MAX],
    ).fetchall()
    lengths = connection.execute(
        """SELECT epoch, extract(epoch FROM ended_at - started_at)::bigint AS seconds FROM canonical_periods
           WHERE chain_id = %s AND epoch <= %s ORDER BY epoch DESC LIMIT %s""",
        [key.chain_id, key.epoch, PERIODS_MAX + 1],
    ).fetchall()
    chain = connection.execute("SELECT native_decimals FROM chains WHERE chain_id = %s", [key.chain_id]).fetchone()
    digits = 0 if chain is None else max(chain["native_decimals"] - _SMALL_DIGITS, 0)
    rows = _rows(connection, table, [row["snapshot_id"] for row in found])
    return EarlierRows(rows, {row["epoch"]: row["seconds"] for row in lengths}, 10**digits)


def _rows(connection: Connection, table: Table, snapshots: list[int]) -> pl.DataFrame:
    if not snapshots:
        return frame_of(table, [])
    kinds = table_kinds(table)
    whole = sql.SQL(" AND row_kind = 'VALIDATOR'" if "row_kind" in table.names else "")
    query = sql.SQL("SELECT {} FROM {} WHERE snapshot_id = ANY(%s){}").format(
        sql.SQL(", ").join(map(sql.Identifier, kinds)), sql.Identifier(LAYER_SCHEMA, table.name), whole
    )
    return read_frame(connection, query, kinds, [snapshots])

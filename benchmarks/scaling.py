"""What grows with what: requests, bytes, rows and seconds of a window of Ethereum, by validators and by epochs.

Three days are lived through: a small one, one of more validators, and one of more epochs; what a validator and an
epoch add is the difference. From that it says what a million validators would take.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from aurora_pipeline.periods.discovery import discover_periods
from aurora_pipeline.store.database import Database
from benchmarks.beacon_day import CHAIN, set_up, whole_day
from benchmarks.node_of_validators import Day

EVERYBODY: Final = 1_000_000
DAY: Final = 225
_LAYERS: Final = """
SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) AS bytes
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'
  AND (n.nspname = 'layers' OR n.nspname = 'ranges' AND c.relname LIKE 'canonical%')
"""
_ROWS: Final = """
SELECT coalesce(sum(n_live_tup), 0)::bigint AS rows FROM pg_stat_user_tables
WHERE schemaname = 'layers' OR schemaname = 'ranges' AND relname LIKE 'canonical%'
"""
_STAGED: Final = """
SELECT count(*) AS requests,
       (SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('staging_bodies'))::bigint
           + pg_total_relation_size('staging_payloads') AS bytes
FROM staging_payloads
"""


@dataclass(frozen=True)
class Taken:
    """What one window took."""

    requests: float
    staged_bytes: float
    layer_rows: float
    layer_bytes: float
    processor_seconds: float


def lived(validators: int, epochs: int) -> Taken:
    """One window, asked for, stored and computed."""
    day = Day(validators, 200, epochs)
    with tempfile.TemporaryDirectory(prefix="aurora-bench-") as name:
        home = Path(name)
        with set_up(home, day) as (database, configuration):
            discover_periods(database, configuration, configuration.chain(CHAIN), at_most=1)
            before = time.process_time()
            whole_day(database, configuration)
            return _taken(database, time.process_time() - before)


def _taken(database: Database, seconds: float) -> Taken:
    with database.autocommit() as connection:
        connection.execute("ANALYZE")
        [staged] = connection.execute(_STAGED.encode()).fetchall()
        [layers] = connection.execute(_LAYERS.encode()).fetchall()
        [rows] = connection.execute(_ROWS.encode()).fetchall()
    return Taken(
        float(staged["requests"]), float(staged["bytes"]), float(rows["rows"]), float(layers["bytes"]), seconds
    )


def main() -> None:
    """Live three windows and print what follows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--validators", type=int, nargs=2, default=[1_000, 5_000])
    parser.add_argument("--epochs", type=int, nargs=2, default=[5, 25])
    options = parser.parse_args()
    (few, many), (short, long) = options.validators, options.epochs
    base, wide, lengthy = lived(few, short), lived(many, short), lived(few, long)
    table = Table(title=f"{few:,} validators and {short} epochs, and what more of them add", title_justify="left")
    for column in ("", f"{few:,} x {short}", "a validator", "an epoch", f"{EVERYBODY:,} validators x {DAY} epochs"):
        table.add_column(column, justify="left" if not column else "right")
    for field, whole, wider, longer in zip(fields(Taken), astuple(base), astuple(wide), astuple(lengthy), strict=True):
        validator, epoch = (wider - whole) / (many - few), (longer - whole) / (long - short)
        all_of_them = whole + validator * (EVERYBODY - few) + epoch * (DAY - short)
        told = [f"{one:,.0f}" if abs(one) >= 100 else f"{one:,.4f}" for one in (whole, validator, epoch, all_of_them)]
        table.add_row(field.name.replace("_", " "), *told)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()

"""Recomputes what inputs name besides snapshots and fetches: period bounds, decision rows, configuration values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from psycopg import sql

from aurora_pipeline.canonical.loading import CONFIG_TAG
from aurora_pipeline.canonical.promised_costs import COSTS_PROMISED, promises_of
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.decisions.rows import decision_input
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.periods.record import find_period
from aurora_pipeline.proof.verifying.snapshots import Configured
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table, TableKind
from aurora_pipeline.store.digests import Input, record_digest
from aurora_pipeline.store.row_amounts import with_amounts


def period_digests(connection: Connection, names: Iterable[str]) -> dict[str, str]:
    """The digests of some recorded periods by their keys, recomputed from their bounds."""
    rows = connection.execute(
        "SELECT chain_id, epoch FROM canonical_periods WHERE period_key = ANY(%s)", [sorted(set(names))]
    ).fetchall()
    keys = [PeriodKey(row["chain_id"], row["epoch"]) for row in rows]
    periods = [find_period(connection, key) for key in keys]
    return {str(period.key): period.digest for period in periods if period is not None}


def decision_digests(connection: Connection, names: Iterable[str], tables: Sequence[Table]) -> dict[str, str]:
    """The digests of decision rows by input name, recomputed from all rows of the tables that are named."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for name in names:
        wanted[name.partition(":")[0]].add(name)
    found: dict[str, str] = {}
    for table in tables:
        if table.kind is not TableKind.DECISION or table.name not in wanted:
            continue
        columns = sql.SQL(", ").join(sql.Identifier(column) for column in table.names)
        query = sql.SQL("SELECT {} FROM {}").format(columns, sql.Identifier(table.name))
        with connection.cursor() as cursor:
            for row in cursor.stream(query):
                item = _as_read(table, row)
                if item.name in wanted[table.name]:
                    found[item.name] = item.digest
    return found


def _as_read(table: Table, row: dict[str, object]) -> Input:
    # The driver gives an amount as a Decimal; digests read it as the integer it is.
    return decision_input(table, with_amounts(row, table.amounts))


def configured_values(connection: Connection, configuration: Configuration) -> Configured:
    """How configuration values of a period would be named now."""

    def digest(key: PeriodKey, name: str) -> str | None:
        chain = configuration.chains.get(key.chain_id)
        period = find_period(connection, key)
        prefix = f"chains.{key.chain_id}."
        if chain is None or period is None or not name.startswith(prefix):
            return None
        path = name.removeprefix(prefix)
        if path == COSTS_PROMISED:
            return promises_of(configuration, key.chain_id).digest
        try:
            text = chain.values_read(path, at=period.last_instant)[path]
        except KeyError:
            return None
        return record_digest(CONFIG_TAG, path, text)

    return digest

"""Mirrors chains.yaml and providers.yaml into the registry tables, so that SQL can join them. The files win."""

from __future__ import annotations

from typing import Any

from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.store.database import Connection, insert_rows


def sync_registry(connection: Connection, configuration: Configuration) -> None:
    """Make the registry tables say what the files say, in the caller's transaction; nothing is written if they do."""
    wanted = registry_rows(configuration)
    if all(_present(connection, table) == _sorted(rows) for table, rows in wanted.items()):
        return
    connection.execute("LOCK TABLE chains, providers, chain_provider_mappings IN SHARE ROW EXCLUSIVE MODE")
    for table, rows in wanted.items():
        connection.execute(f"DELETE FROM {table}".encode())
        insert_rows(connection, table, rows)


def may_sync(connection: Connection) -> bool:
    """Whether who is connected may make the tables say what the files say."""
    row = connection.execute(
        """SELECT bool_and(has_table_privilege(name, 'INSERT') AND has_table_privilege(name, 'DELETE')) AS it
           FROM unnest(ARRAY['chains', 'providers', 'chain_provider_mappings']) name"""
    ).fetchone()
    return row is not None and bool(row["it"])


def _present(connection: Connection, table: str) -> list[dict[str, Any]]:
    return _sorted(connection.execute(f"SELECT * FROM {table}".encode()).fetchall())


def _sorted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: [str(value) for value in row.values()])


def registry_rows(configuration: Configuration) -> dict[str, list[dict[str, Any]]]:
    """The rows of each registry table as the files say them."""
    return {
        "chains": [
            {
                "chain_id": chain.chain_id,
                "name": chain.name,
                "enabled": chain.enabled,
                "family": chain.family.value,
                "period_type": chain.period_type.value,
                "first_period": chain.first_period,
                "native_unit": chain.native_unit,
                "native_decimals": chain.native_decimals,
                "finality_lag": chain.finality_lag,
                "dual_approval": chain.dual_approval,
            }
            for chain in configuration.chains.values()
        ],
        "providers": [
            {
                "provider": provider.name,
                "enabled": provider.enabled,
                "kind": provider.kind,
                "base_url": provider.shown_url,
            }
            for provider in configuration.providers.values()
        ],
        "chain_provider_mappings": [
            {"chain_id": chain.chain_id, "role": role.value, "priority": priority, "provider": name}
            for chain in configuration.chains.values()
            for role, names in chain.roles.items()
            for priority, name in enumerate(names)
        ],
    }

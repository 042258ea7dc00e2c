"""Mirrors chains.yaml and providers.yaml into the registry tables, so that SQL can join them. The files win."""

from __future__ import annotations

from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.store.database import Connection, insert_rows


def sync_registry(connection: Connection, configuration: Configuration) -> None:
    """Make the registry tables say what the files say, in the caller's transaction."""
    connection.execute("LOCK TABLE chains, providers, chain_provider_mappings IN SHARE ROW EXCLUSIVE MODE")
    connection.execute("DELETE FROM chain_provider_mappings")
    connection.execute("DELETE FROM providers")
    connection.execute("DELETE FROM chains")
    insert_rows(
        connection,
        "chains",
        [
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
            }
            for chain in configuration.chains.values()
        ],
    )
    insert_rows(
        connection,
        "providers",
        [
            {
                "provider": provider.name,
                "enabled": provider.enabled,
                "kind": provider.kind,
                "base_url": provider.shown_url,
            }
            for provider in configuration.providers.values()
        ],
    )
    insert_rows(
        connection,
        "chain_provider_mappings",
        [
            {"chain_id": chain.chain_id, "role": role.value, "priority": priority, "provider": name}
            for chain in configuration.chains.values()
            for role, names in chain.roles.items()
            for priority, name in enumerate(names)
        ],
    )

"""Mirrors chains.yaml and providers.yaml into the registry tables, so that SQL can join them. The files win."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.decisions.log import append
from aurora_pipeline.decisions.person import actor
from aurora_pipeline.decisions.signing import connected_as
from aurora_pipeline.store.database import Connection, insert_rows

_CHAINS: Final = "chains"


def sync_registry(connection: Connection, configuration: Configuration) -> None:
    """Make the registry tables say what the files say, in the caller's transaction; nothing is written if they do."""
    wanted = registry_rows(configuration)
    if not _otherwise(connection, wanted):
        return
    connection.execute("LOCK TABLE chains, providers, chain_provider_mappings IN SHARE ROW EXCLUSIVE MODE")
    _log(connection, _present(connection, _CHAINS), wanted[_CHAINS])
    for table in _otherwise(connection, wanted):
        connection.execute(f"DELETE FROM {table}".encode())
        insert_rows(connection, table, wanted[table])


def _otherwise(connection: Connection, wanted: dict[str, list[dict[str, Any]]]) -> list[str]:
    """The tables that say something else than the files."""
    return [table for table, rows in wanted.items() if _present(connection, table) != _sorted(rows)]


def _log(connection: Connection, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    """Record who made the chains say otherwise: among it is whether a second person has to release.

    An instance that knows no chain yet is told its first ones without an entry, except by a person's own login.
    Aurora's service decides nothing, and leaves none.
    """
    person = connected_as(connection)
    changed = {name: states for name, *states in _changed(before, after)}
    if not changed or not (before or person) or not _may_log(connection):
        return
    old, new = ({name: states[place] for name, states in changed.items()} for place in (0, 1))
    append(connection, person or actor(), "chains.mirrored", "chains.yaml", old, new)


def _changed(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> Iterator[tuple[str, dict[str, Any] | None, dict[str, Any] | None]]:
    """The chains that the table has otherwise than the file: of those in both, what differs."""
    old, new = ({row["chain_id"]: row for row in rows} for rows in (before, after))
    for name in sorted({*old, *new}):
        one, other = old.get(name), new.get(name)
        if one is None or other is None:
            yield name, one, other
        elif names := [key for key in one if one[key] != other[key]]:
            yield name, {key: one[key] for key in names}, {key: other[key] for key in names}


def _may_log(connection: Connection) -> bool:
    row = connection.execute("SELECT has_any_column_privilege('audit_log', 'INSERT') AS it").fetchone()
    return row is not None and bool(row["it"])


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
                "period_size": chain.period_step,
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

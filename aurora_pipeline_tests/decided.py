"""Decisions that a test starts from, recorded as Aurora records them: rows and their entry in the log together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aurora_pipeline.decisions.recording import Recording
from aurora_pipeline.registry.tables import VALIDATOR_IDENTITIES
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table

LOGGED_SINCE = "(SELECT * FROM audit_log WHERE action <> 'test.decided') logged"
"""The entries of the audit log without those that a test began with, for a FROM clause."""


def decide(connection: Connection, table: Table, *rows: dict[str, Any]) -> None:
    """Write rows of a table of decisions with one entry of the audit log."""
    recording = Recording.begin(connection, "ada", "a test begins with it")
    recording.write(table, *rows)
    recording.note(f"test/{table.name}", "test.decided", None, {}, [])


def register_validator(connection: Connection, vote: str, chain_id: str = "solana-demo", name: str = "V") -> None:
    """Make a validator one that the operator runs."""
    row = {"chain_id": chain_id, "validator_key": vote, "revision": 1, "name": name, "ownership": "OPERATOR"}
    decide(connection, VALIDATOR_IDENTITIES, {**row, "valid_from": datetime(2020, 1, 1, tzinfo=UTC)})

"""A ledger with one Solana chain, and agreements files written from text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from aurora_pipeline.agreements.apply import ApplyReport, apply
from aurora_pipeline.agreements.tables import AGREEMENT_TABLES
from aurora_pipeline.decisions.log import entries, verify
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.decided import LOGGED_SINCE, register_validator

VOTE = "9QU2QSxhb24FUX3Tu2FpczXjpK3VYrvRudywSZaM29mF"
OTHER_VOTE = "7Np41oeYqPefeNQEHSv1UDhYrehxin3NStELsSKCT4K2"
STRANGER = "5ZWgXcyqrrNpQHCme5SdC5hCeYb2o3fEJhF7Gok3bTVN"

Apply = Callable[..., ApplyReport]


@pytest.fixture
def ledger(database: Database) -> Database:
    """A database whose registry knows two chains, with two validators on `solana-demo`."""
    return _with_registry(database)


@pytest.fixture(scope="module")
def shared_ledger(shared_database: Database) -> Database:
    """The same for a module's tests that write nothing, or are refused."""
    return _with_registry(shared_database)


def _with_registry(database: Database) -> Database:
    with database.connect() as connection:
        connection.execute(
            "INSERT INTO chains VALUES ('solana-demo', 'Demo', true, 'solana', 'EPOCH', 850, 'SOL', 9, 32, true),"
            " ('ethereum-demo', 'Demo', true, 'ethereum', 'EPOCH', 1, 'ETH', 18, 64, true)"
        )
        for vote in (VOTE, OTHER_VOTE):
            register_validator(connection, vote)
    return database


@pytest.fixture
def apply_text(ledger: Database, tmp_path: Path) -> Apply:
    """Apply a file given as text."""
    return _applying(ledger, tmp_path)


@pytest.fixture
def apply_shared(shared_ledger: Database, tmp_path: Path) -> Apply:
    """The same to the module's ledger."""
    return _applying(shared_ledger, tmp_path)


def _applying(ledger: Database, folder: Path) -> Apply:
    def run(text: str, reason: str = "signed", actor: str = "ada", preview: bool = False) -> ApplyReport:
        path = folder / "agreements.yaml"
        path.write_text(dedent(text))
        return apply(ledger, path, actor, reason, preview=preview)

    return run


def agreement(
    rules: str = "- {rule: tips, chain: solana-demo, component: MEV_TIPS, method: FIXED_SHARE, rate_bps: 500}",
    head: str = "agreement: acme-2026, partner: acme, active_from: 2026-01-01",
) -> str:
    """A file with the partner Acme and one agreement."""
    fields = "\n".join(f"    {part}" for part in head.split(", ")).strip()
    items = "\n".join(f"      {line}" for line in dedent(rules).strip().splitlines())
    return f"partners:\n  - {{partner: acme, name: Acme}}\nagreements:\n  - {fields}\n    rules:\n{items}\n"


def written(database: Database) -> int:
    """How many rows all decisions and the audit log have."""
    tables = [*(table.name for table in AGREEMENT_TABLES), LOGGED_SINCE]
    with database.connect() as connection:
        rows = [connection.execute(f"SELECT count(*) AS n FROM {name}".encode()).fetchone() for name in tables]
    return sum(row["n"] for row in rows if row is not None)


def audited(database: Database) -> list[tuple[str, str]]:
    """Action and subject of every entry of the audit log, whose chain holds."""
    with database.connect() as connection:
        assert verify(connection).holds
        decided = [(entry.action, entry.subject) for entry in entries(connection)]
        return [one for one in decided if one[0] != "test.decided"]

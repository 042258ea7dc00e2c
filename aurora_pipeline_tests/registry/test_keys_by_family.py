"""Validators and the operator's wallets are registered under keys as their chain's family spells them."""

from __future__ import annotations

from pathlib import Path

import pytest

from aurora_pipeline.config import Configuration, load_configuration
from aurora_pipeline.foundation.addresses import base58_encode
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.registry.validator_files import import_operator_wallets, import_validators
from aurora_pipeline.registry.validators import registered_validators, registered_wallets
from aurora_pipeline.sources.kinds import KINDS
from aurora_pipeline.store.database import Database

STARTER = Path(__file__).parents[2] / "aurora_pipeline" / "instance" / "starter"
SOLANA, ETHEREUM = "solana-mainnet", "ethereum-mainnet"
KEY = base58_encode(bytes([7]) * 32)
PUBLIC_KEY = "0x" + "aB" * 48
ADDRESS = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    """A chain that is computed, and one that is described."""
    env = {"SOLANA_RPC_URL": "http://127.0.0.1:1"}
    return load_configuration(STARTER / "chains.yaml", STARTER / "providers.yaml", env, KINDS)


def _file(folder: Path, text: str) -> Path:
    path = folder / "given.csv"
    path.write_text(text)
    return path


def test_validators__keys_of_their_families__registered_in_one_spelling(
    database: Database, configuration: Configuration, tmp_path: Path
) -> None:
    lines = f"{SOLANA},{KEY},A,2026-01-01\n{ETHEREUM},{PUBLIC_KEY},B,2026-01-01\n"
    path = _file(tmp_path, f"chain_id,validator_key,name,valid_from\n{lines}")
    import_validators(database, configuration, path, "ada", "ours")
    with database.connect() as connection:
        found = {row["chain_id"]: row["validator_key"] for row in registered_validators(connection)}
    assert found == {SOLANA: KEY, ETHEREUM: PUBLIC_KEY.lower()}


@pytest.mark.parametrize(
    ("chain", "key", "words"),
    [
        (SOLANA, PUBLIC_KEY, "is no Solana key"),
        (ETHEREUM, KEY, "is no public key of an Ethereum validator"),
        (ETHEREUM, ADDRESS, "is no public key of an Ethereum validator"),
    ],
)
def test_validator__key_of_another_family__refused(
    database: Database, configuration: Configuration, tmp_path: Path, chain: str, key: str, words: str
) -> None:
    path = _file(tmp_path, f"chain_id,validator_key,name,valid_from\n{chain},{key},A,2026-01-01\n")
    with pytest.raises(AuroraError, match=words):
        import_validators(database, configuration, path, "ada", "ours")
    with database.connect() as connection:
        assert registered_validators(connection) == []


def test_operator_wallets__addresses_of_their_families__registered_and_others_refused(
    database: Database, configuration: Configuration, tmp_path: Path
) -> None:
    head = "chain_id,wallet_address,valid_from\n"
    good = _file(tmp_path, f"{head}{SOLANA},{KEY},2026-01-01\n{ETHEREUM},{ADDRESS.lower()},2026-01-01\n")
    import_operator_wallets(database, configuration, good, "ada", "ours")
    with database.connect() as connection:
        found = {row["chain_id"]: row["wallet_address"] for row in registered_wallets(connection)}
    assert found == {SOLANA: KEY, ETHEREUM: ADDRESS}
    bad = _file(tmp_path, f"{head}{ETHEREUM},{PUBLIC_KEY},2026-01-01\n")
    with pytest.raises(AuroraError, match="is no Ethereum address"):
        import_operator_wallets(database, configuration, bad, "ada", "ours")

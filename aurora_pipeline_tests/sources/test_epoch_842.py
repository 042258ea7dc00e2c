"""Epoch 842 of a real operator, from a CSV file through every layer to P&L: real Dagster, real Postgres, no server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.foundation.addresses import base58_encode
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import (
    DAGSTER_URL_VARIABLE,
    DATABASE_VARIABLE,
    DEMO_VARIABLE,
    HOME_VARIABLE,
    Workspace,
)
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.orchestration.definitions import Overrides, build_definitions
from aurora_pipeline.orchestration.runs import JobRunner
from aurora_pipeline.periods.record import Period, record_period
from aurora_pipeline.registry.cost_entries import import_costs
from aurora_pipeline.registry.validator_files import import_validators
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline.work.runs import Job
from aurora_pipeline_tests.end_to_end.world import kept_environment
from aurora_pipeline_tests.sources.files.workbook import workbook

CHAIN, EPOCH = "solana-mainnet", EpochNumber(842)
VOTE = "CcaHc2L43ZWjwCHART3oZoJvHLAe9hzT2DJNUpBzoTN1"
IDENTITY = "Fd7btgySsrjuo25CJCj7oE7VPMyezDhnx7pZkj2v69Nk"
STAKE = 9_722_905_981_190_890
CHAINS = """
chains:
  - chain_id: solana-mainnet
    name: Solana
    enabled: true
    family: solana
    period_type: EPOCH
    first_period: 842
    native_unit: SOL
    native_decimals: 9
    finality_lag: 32
    protocol_fee_bps: [{from: 2025-01-01, bps: 309}]
    costs_due: [VOTE_FEES, NETWORK_FEE]
    roles: {fees: [books], mev: [books], rewards: [books], meta: [books], positions: [books], costs: [books]}
"""
PROVIDERS = """
providers:
  books:
    enabled: true
    kind: file
    base_url: file:books
    files:
      - data_type: fees
        path: earnings_epoch{epoch}.csv
        columns:
          validator: {column: votekey}
          fees: {column: block_rewards, unit: SOL, rounding: half_up}
      - data_type: mev
        path: earnings_epoch{epoch}.csv
        columns:
          validator: {column: votekey}
          total_tips: {column: mev_rewards, unit: SOL, rounding: half_up}
          mev_commission: {column: mev_commission, unit: percent}
      - data_type: rewards
        path: earnings_epoch{epoch}.csv
        columns:
          validator: {column: votekey}
          total_rewards: {column: inflation, unit: SOL, rounding: half_up}
          commission_rate: {column: commission, unit: percent}
      - data_type: meta
        path: earnings_epoch{epoch}.csv
        columns:
          validator: {column: votekey}
          identity: {column: pubkey}
          commission_rate: {column: commission, unit: percent}
          mev_commission: {column: mev_commission, unit: percent}
          active_stake: {column: stake, unit: SOL, rounding: half_up}
      - data_type: positions
        path: delegations.xlsx
        columns:
          validator: {column: Validator Vote Pubkey}
          epoch: {column: Epoch}
          account: {column: Stake Account Pubkey}
          staker: {column: Staker Wallet}
          withdrawer: {column: Withdrawer Wallet}
          stake: {column: Stake Lamports, unit: lamports}
          activation_epoch: {column: Activation Epoch}
          deactivation_epoch: {column: Deactivation Epoch}
      - data_type: costs
        path: earnings_epoch{epoch}.csv
        columns:
          validator: {column: votekey}
          NETWORK_FEE: {column: dz_fee, unit: SOL, rounding: half_up}
"""
SHEET = [
    "Validator Vote Pubkey",
    "Epoch",
    "Stake Account Pubkey",
    "Staker Wallet",
    "Withdrawer Wallet",
    "Stake Lamports",
    "Activation Epoch",
    "Deactivation Epoch",
]
_FIRST_SLOT = EPOCH * 432_000


@pytest.fixture
def aurora(tmp_path: Path, server: EmbeddedPostgres, shared_data: Path) -> Iterator[Aurora]:
    """An operator's workspace whose only provider is a folder of files."""
    (tmp_path / "books").mkdir()
    shutil.copy(shared_data / "solana" / "doublezero" / "earnings_epoch842.csv", tmp_path / "books")
    wallets = [base58_encode(bytes([number]) * 32) for number in (1, 2, 3)]
    row: list[Any] = [VOTE, ("n", "842"), *wallets, ("n", str(STAKE)), ("n", "700"), None]
    (tmp_path / "books" / "delegations.xlsx").write_bytes(workbook([SHEET, row]))
    (tmp_path / "chains.yaml").write_text(CHAINS)
    (tmp_path / "providers.yaml").write_text(PROVIDERS)
    name = tmp_path.name.replace("-", "_")
    server.ensure_database(name)
    upgrade(Database(server.dsn(name)))
    url = server.url(name).replace("postgresql+psycopg://", "postgresql://")
    variables = {**os.environ, DATABASE_VARIABLE: url}
    with (
        kept_environment("DAGSTER_HOME", DAGSTER_URL_VARIABLE, HOME_VARIABLE, DEMO_VARIABLE),
        Aurora(Workspace(tmp_path, False, variables)) as opened,
    ):
        validators = tmp_path / "validators.csv"
        validators.write_text(
            "chain_id,validator_key,identity_key,name,ownership,operator_fee_bps,valid_from,valid_until\n"
            f"{CHAIN},{VOTE},{IDENTITY},Galaxy,OPERATOR,,2025-01-01,\n"
        )
        import_validators(opened.database, opened.configuration, validators, "ada", "ours")
        entered = f"chain_id,epoch,validator_key,cost_type,amount,unit,notes\n{CHAIN},842,{VOTE},VOTE_FEES,2.155,SOL,\n"
        import_costs(opened.database, entered, "costs.csv", opened.configuration.chains, "ada", "invoices")
        yield opened


@pytest.mark.slow
def test_epoch_842__from_the_file_to_pnl__the_worked_example(aurora: Aurora) -> None:
    key = PeriodKey(CHAIN, EPOCH)
    last_slot = _FIRST_SLOT + 431_999
    began, ended = datetime(2025, 8, 30, tzinfo=UTC), datetime(2025, 9, 1, tzinfo=UTC)
    with aurora.database.connect() as connection:
        record_period(connection, Period(key, _FIRST_SLOT, last_slot, _FIRST_SLOT, last_slot, began, ended), [])
    runner = JobRunner(aurora, build_definitions(Overrides(aurora=aurora)))
    try:
        runner.register_periods(CHAIN)
        end = runner.run(Job.PERIOD, key)
    finally:
        runner.instance.dispose()
    assert end.failures == ()
    with aurora.database.connect() as connection:
        pnl = connection.execute("SELECT * FROM validator_pnl").fetchone()
        costs = connection.execute("SELECT entry_type, amount, state FROM canonical_validator_costs").fetchall()
        bodies = connection.execute("SELECT response_hash, length(body) AS size FROM staging_file_bodies").fetchall()
        told = connection.execute("SELECT reason FROM canonical_stake_rewards WHERE row_kind = 'VALIDATOR'").fetchone()
    assert pnl is not None
    assert told is not None
    assert (pnl["exec_fees"], pnl["mev_tips"], pnl["commission"], pnl["vote_rewards"]) == (
        241_071_861_667,
        6_199_587_124,
        240_394_314_937,
        0,
    )
    assert {row["entry_type"]: row["amount"] for row in costs} == {
        "NETWORK_FEE": 12_053_593_083,
        "VOTE_FEES": 2_155_000_000,
    }
    assert (pnl["net"], pnl["state"]) == (473_457_170_645, "final")
    assert told["reason"] == "UPPER_BOUND"
    # One file tells five data types, and its bytes are stored once; the sheet beside it.
    assert len(bodies) == 2

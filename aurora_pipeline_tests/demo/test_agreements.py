"""The demo's agreements: they apply without a mistake, and the conflict in them is foreseen and held."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from aurora_pipeline.agreements.apply import apply
from aurora_pipeline.agreements.in_force import terms_in_force
from aurora_pipeline.agreements.wallets import import_wallets
from aurora_pipeline.canonical.tables import POSITIONS, REWARDS
from aurora_pipeline.commissions.compute import commission_lines
from aurora_pipeline.demo.agreements import agreements_yaml, partner_wallets_csv
from aurora_pipeline.demo.owed import owed
from aurora_pipeline.demo.solana.cast import Cast
from aurora_pipeline.demo.solana.parameters import CHAIN_ID, FIRST_EPOCH_STARTED_AT, Parameters
from aurora_pipeline.demo.solana.truth import truth
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.pnl.tables import VALIDATOR_PNL, Component
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline_tests.decided import register_validator
from aurora_pipeline_tests.gated import broken


@pytest.mark.parametrize("validators", [1, 2, 3, 20])
def test_agreements_yaml__applied__four_partners_one_conflict_and_nothing_else_held(
    database: Database, tmp_path: Path, validators: int
) -> None:
    cast = Cast(Parameters(validators=validators))
    (tmp_path / "agreements.yaml").write_text(agreements_yaml(cast))
    (tmp_path / "wallets.csv").write_text(partner_wallets_csv(cast))
    with database.connect() as connection:
        connection.execute(
            "INSERT INTO chains VALUES (%s, 'Demo', true, 'solana', 'EPOCH', 850, 'SOL', 9, 32, true)", [CHAIN_ID]
        )
        for validator in cast.operated:
            register_validator(connection, validator.vote, CHAIN_ID, validator.name)
    report = apply(database, tmp_path / "agreements.yaml", "ada", "demo")
    # The pattern of one agreement may match nobody where there are few validators.
    (warning,) = [warning for warning in report.warnings if "matches none" not in warning]
    # Of one or two validators the first is also the one whose network costs something.
    networked = {("lumen-network", "fees")} if validators < 3 else set()
    names = sorted({"halcyon-fees/anchor", "meridian-anchor/fees", *map("/".join, networked)})
    bps = 12_000 if networked else 11_000
    assert f"{' and '.join(names)} together claim up to {bps} bps of EXEC_FEES" in warning
    imported = import_wallets(database, tmp_path / "wallets.csv", None, "ada", "demo")
    assert len(imported.changes) == len(cast.client_wallets)
    with database.connect() as connection:
        terms = terms_in_force(connection, CHAIN_ID, datetime.fromtimestamp(FIRST_EPOCH_STARTED_AT, UTC))
    rows = []
    for validator in cast.operated:
        row = {"chain_id": CHAIN_ID, "epoch": 850, "validator_key": validator.vote, "name": validator.name}
        for component in Component:
            row |= {component.column: 10**9, f"{component.column}_state": "final"}
        rows.append(row)
    nobody = (frame_of(POSITIONS, []), frame_of(REWARDS, []))
    result = commission_lines(CHAIN_ID, EpochNumber(850), frame_of(VALIDATOR_PNL, rows), *nobody, terms)
    assert len(terms.partners) == 4
    assert {wallet.partner_id for wallet in terms.wallets} == {"northwind", "halcyon"}
    assert broken(result.lines) == broken(result.allocation) == ()
    held = {(line["agreement_id"], line["rule_key"]) for line in result.lines.frame.to_dicts() if line["held"]}
    assert held == {("halcyon-fees", "anchor"), ("meridian-anchor", "fees")} | networked
    assert set(result.lines.frame["partner_id"]) >= {"northwind", "halcyon", "meridian"}
    # What the demo's own sums say is owed names the same lines, but those of wallets, of which there are none here.
    of_rules = {("northwind-2026", "tips"), ("northwind-2026", "launch-bonus"), ("meridian-anchor", "rewards")}
    of_rules |= {("halcyon-fees", "anchor"), ("halcyon-fees", "others"), ("meridian-anchor", "fees")}
    (named,) = owed([truth(cast.parameters, 850)], {}, {}).values()
    assert {(key.agreement, key.rule, key.validator) for key in named if key[:2] in of_rules} == {
        (line["agreement_id"], line["rule_key"], line["validator_key"])
        for line in result.lines.frame.to_dicts()
        if (line["agreement_id"], line["rule_key"]) in of_rules
    }

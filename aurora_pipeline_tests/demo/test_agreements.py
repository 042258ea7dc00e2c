"""The demo's agreements: they apply without a mistake, and the conflict in them is foreseen and held."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from aurora_pipeline.agreements.apply import apply
from aurora_pipeline.agreements.in_force import terms_in_force
from aurora_pipeline.commissions.compute import commission_lines
from aurora_pipeline.demo.agreements import agreements_yaml
from aurora_pipeline.demo.cast import Cast
from aurora_pipeline.demo.parameters import CHAIN_ID, FIRST_EPOCH_STARTED_AT, Parameters
from aurora_pipeline.pnl.tables import VALIDATOR_PNL, Component
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.frames import frame_of


@pytest.mark.parametrize("validators", [1, 3, 20])
def test_agreements_yaml__applied__four_partners_one_conflict_and_nothing_else_held(
    database: Database, tmp_path: Path, validators: int
) -> None:
    cast = Cast(Parameters(validators=validators))
    path = tmp_path / "agreements.yaml"
    path.write_text(agreements_yaml(cast))
    with database.connect() as connection:
        connection.execute(
            "INSERT INTO chains VALUES (%s, 'Demo', true, 'solana', 'EPOCH', 850, 'SOL', 9, 32)", [CHAIN_ID]
        )
    report = apply(database, path, "ada", "demo")
    (warning,) = report.warnings
    assert "halcyon-fees/anchor and meridian-anchor/fees together claim 11000 bps of EXEC_FEES" in warning
    with database.connect() as connection:
        terms = terms_in_force(connection, CHAIN_ID, datetime.fromtimestamp(FIRST_EPOCH_STARTED_AT, UTC))
    rows = []
    for validator in cast.operated:
        row = {"chain_id": CHAIN_ID, "epoch": 850, "validator_key": validator.vote, "name": validator.name}
        for component in Component:
            row |= {component.column: 10**9, f"{component.column}_state": "final"}
        rows.append(row)
    result = commission_lines(CHAIN_ID, 850, frame_of(VALIDATOR_PNL, rows), terms)
    assert len(terms.partners) == 4
    assert result.lines.violations == result.allocation.violations == ()
    held = {(line["agreement_id"], line["rule_key"]) for line in result.lines.frame.to_dicts() if line["held"]}
    assert held == {("halcyon-fees", "anchor"), ("meridian-anchor", "fees")}
    assert set(result.lines.frame["partner_id"]) >= {"northwind", "halcyon", "meridian"}

"""A window of slots of a chain that is as old as real ones: its first slot has eight digits, and so has its key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.agreements.apply import apply
from aurora_pipeline.canonical.balance_tables import BALANCES
from aurora_pipeline.config import Configuration
from aurora_pipeline.config.vocabulary import ROLES, DataType
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.chains import sync_registry
from aurora_pipeline.layers import LAYERS
from aurora_pipeline.periods.discovery import discover_periods
from aurora_pipeline.proof.tracing.trace import trace_line
from aurora_pipeline.proof.verifying.verify import verify_period
from aurora_pipeline.staging.run import stage_period
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.devchain.configured import CHAIN, WHOLE_PROVIDERS, WHOLE_ROLES, configured
from aurora_pipeline_tests.devchain.files import expected
from aurora_pipeline_tests.devchain.server import DevChain, pubkeys, serving
from aurora_pipeline_tests.devchain.staged import aurora_of, register, register_recipients
from aurora_pipeline_tests.faults.server import Reply, Seen, json_reply
from aurora_pipeline_tests.gated import write_check_publish

SLOTS = 13_000_000
"""So much later everything happens; whole epochs of eight slots."""
EPOCHS = SLOTS // 8
KEY = PeriodKey(CHAIN, EpochNumber(SLOTS + 16))
_SLOT_PATHS = re.compile(r"/(headers|blocks|states|sync_committee)/(\d+)")
_EPOCH_PATHS = re.compile(r"/(attestations|proposer)/(\d+)")
_EPOCH_NAMES = frozenset({"epoch", "activation_epoch", "activation_eligibility_epoch", "exit_epoch"})
AGREEMENTS = f"""
partners: [{{partner: acme, name: Acme, payable_series: {{{CHAIN}: EPOCH}}}}]
agreements:
  - agreement: acme-2026
    partner: acme
    active_from: 2026-01-01
    rules:
      - {{rule: net, chain: {CHAIN}, component: VOTE_REWARDS, method: FIXED_SHARE, basis: NET, rate_bps: 1000}}
"""


class OldChain(DevChain):
    """The generated chain, begun thirteen million slots earlier than it says."""

    def __call__(self, seen: Seen) -> Reply:
        path = _SLOT_PATHS.sub(lambda found: f"/{found[1]}/{int(found[2]) - SLOTS}", seen.path)
        path = _EPOCH_PATHS.sub(lambda found: f"/{found[1]}/{int(found[2]) - EPOCHS}", path)
        query = {name: str(int(text) - SLOTS) if name == "cursor" else text for name, text in seen.query.items()}
        told = super().__call__(replace(seen, path=path, query=query))
        if path.startswith("/execution") or told.status != 200:
            return told
        return json_reply(_later(Seen("", "", {}, {}, told.body).rpc))


def _later(value: Any) -> Any:
    if isinstance(value, list):
        return [_later(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: _moved(name, one) for name, one in value.items()}


def _moved(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return _later(value)
    if name == "slot":
        return str(int(value) + SLOTS)
    if name in _EPOCH_NAMES or name == "withdrawable_epoch":
        return value if int(value) > EPOCHS else str(int(value) + EPOCHS)
    return str(int(value) - SLOTS * 6) if name == "genesis_time" else value


@pytest.fixture
def configuration(tmp_path: Path) -> Iterator[Configuration]:
    changes = (
        ("EPOCH\n    period_size: 13", "SLOT_RANGE\n    period_size: 104"),
        ("first_period: 2", f"first_period: {KEY.epoch}"),
    )
    with serving(OldChain()) as server:
        yield configured(tmp_path, server.url, WHOLE_ROLES, *changes, providers=WHOLE_PROVIDERS)


def test_window__whose_key_has_eight_digits__goes_through_every_layer_and_is_verified(
    database: Database, configuration: Configuration, tmp_path: Path
) -> None:
    register(database)
    register_recipients(database)
    with database.connect() as connection:
        sync_registry(connection, configuration)
    (tmp_path / "agreements.yaml").write_text(AGREEMENTS)
    apply(database, tmp_path / "agreements.yaml", "ada", "signed")
    found = discover_periods(database, configuration, configuration.chain(CHAIN))
    assert (found.troubles, [str(one.key) for one in found.recorded]) == ((), ["ethereum-dev:13000016"])
    assert PeriodKey.parse("ethereum-dev:13000016") == KEY
    aurora = aurora_of(database, configuration)
    for role in (DataType.REWARDS, *(role for role in ROLES if role is not DataType.REWARDS)):
        stage_period(aurora, KEY, role)
    for layer in LAYERS:
        with database.connect() as connection:
            drafts = layer.draft(configuration, connection, KEY)
        write_check_publish(database, drafts)
    with database.connect() as connection:
        in_force = connection.execute("SELECT DISTINCT period, epoch, completeness FROM in_force").fetchall()
        rows = connection.execute(f"SELECT validator_key, profit FROM {BALANCES.name}".encode()).fetchall()
        [statement] = connection.execute("SELECT * FROM partner_commission_statements").fetchall()
        line = connection.execute("SELECT * FROM partner_commission_lines WHERE final > 0 LIMIT 1").fetchone()
        assert in_force == [{"period": "13000016", "epoch": 13_000_016, "completeness": "FINAL"}]
        profits = {row["validator_key"]: int(row["profit"]) for row in rows}
        assert profits == {
            pubkeys()[row["validator_index"]]: int(row["cl_pnl_gwei"]) * 10**9 for row in expected("by_validator")
        }
        assert line is not None
        assert statement["lines_total"] > line["final"] > 0
        assert "ethereum-dev:13000016" in str(
            [one.title for one in trace_line(connection, str(line["line_id"])).walk()]
        )
        assert verify_period(connection, KEY, aurora=aurora).failures == ()

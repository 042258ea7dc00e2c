"""A window of an Ethereum chain through every layer, from served JSON to statements, whoever owns the validators."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.agreements.apply import apply
from aurora_pipeline.agreements.wallets import Duplicates, import_wallets
from aurora_pipeline.canonical.balance_tables import BALANCES
from aurora_pipeline.canonical.drafts import draft_meta
from aurora_pipeline.canonical.income_drafts import draft_execution_income
from aurora_pipeline.config import Configuration
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.families.ethereum import check_address
from aurora_pipeline.config.vocabulary import ROLES, DataType
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.instance.chains import sync_registry
from aurora_pipeline.layers import LAYERS
from aurora_pipeline.proof.tracing.trace import trace_line
from aurora_pipeline.proof.verifying.verify import verify_period
from aurora_pipeline.registry.fee_recipients import import_fee_recipients
from aurora_pipeline.store.database import Database
from aurora_pipeline.work.stale_entries import stale_entries
from aurora_pipeline_tests.devchain.configured import CHAIN, KEY, WHOLE_PROVIDERS, WHOLE_ROLES, configured
from aurora_pipeline_tests.devchain.files import expected, held
from aurora_pipeline_tests.devchain.server import pubkeys, serving
from aurora_pipeline_tests.devchain.staged import aurora_of, register, register_recipients, staged
from aurora_pipeline_tests.gated import write_check_publish

GWEI = 10**9
CLIENTS: dict[int, int | None] = dict.fromkeys(range(32, 36), 500)
"""One client has four validators, at 5 percent; all others are the operator's own."""
AGREEMENTS = f"""
partners:
  - {{partner: acme, name: Acme, payable_series: {{{CHAIN}: EPOCH}}}}
agreements:
  - agreement: acme-2026
    partner: acme
    active_from: 2026-01-01
    rules:
      - {{rule: net, chain: {CHAIN}, component: VOTE_REWARDS, method: FIXED_SHARE, basis: NET, rate_bps: 1000}}
      - {{rule: fees, chain: {CHAIN}, component: EXEC_FEES, method: FIXED_SHARE, rate_bps: 1000}}
      - {{rule: tips, chain: {CHAIN}, component: MEV_TIPS, method: FIXED_SHARE, rate_bps: 1000}}
      - {{rule: brought, chain: {CHAIN}, component: COMMISSION, method: CLIENT_REVENUE, rate_bps: 2000}}
"""


@pytest.fixture
def configuration(tmp_path: Path) -> Iterator[Configuration]:
    with serving() as server:
        yield configured(tmp_path, server.url, WHOLE_ROLES, providers=WHOLE_PROVIDERS)


def lived(database: Database, configuration: Configuration, folder: Path) -> None:
    """Everything that is computed of the window."""
    register(database, clients=CLIENTS)
    register_recipients(database)
    with database.connect() as connection:
        sync_registry(connection, configuration)
    (folder / "agreements.yaml").write_text(AGREEMENTS)
    apply(database, folder / "agreements.yaml", "ada", "signed")
    address = held("validators_by_slot")["119"][32]["validator"]["withdrawal_credentials"][-40:]
    lines = (
        f"chain_id,wallet_address,introduced_date,partner\n{CHAIN},{check_address('0x' + address)},2026-01-01,acme\n"
    )
    (folder / "wallets.csv").write_text(lines)
    import_wallets(database, folder / "wallets.csv", None, "ada", "signed", Duplicates.REFUSE)
    staged(database, configuration, DataType.REWARDS, *(role for role in ROLES if role is not DataType.REWARDS))
    for layer in LAYERS:
        with database.connect() as connection:
            drafts = layer.draft(configuration, connection, KEY)
        write_check_publish(database, drafts)


def rows_of(database: Database, table: str) -> list[dict[str, Any]]:
    with database.connect() as connection:
        return connection.execute(f"SELECT * FROM {table}".encode()).fetchall()


def test_window__through_every_layer__lines_and_statements_to_the_wei(
    database: Database, configuration: Configuration, tmp_path: Path
) -> None:
    lived(database, configuration, tmp_path)
    layers = {row["asset"]: row["completeness"] for row in rows_of(database, "in_force")}
    assert set(layers.values()) == {"FINAL"}
    balances = {row["validator_key"]: row for row in rows_of(database, BALANCES.name)}
    lines = {(row["rule_key"], row["validator_key"]): row for row in rows_of(database, "partner_commission_lines")}
    for row in expected("by_validator"):
        index, key = int(row["validator_index"]), pubkeys()[row["validator_index"]]
        fees, tips, rewards = int(row["priority_fees_wei"]), int(row["mev_payments_wei"]), int(balances[key]["rewards"])
        final = {
            rule: 0 if (line := lines.get((rule, key))) is None else int(line["final"])
            for rule in ("net", "fees", "tips", "brought")
        }
        if index in CLIENTS:
            commission = sum(one * 500 // 10_000 for one in (rewards, fees, tips))
            assert final == {"net": 0, "fees": 0, "tips": 0, "brought": commission * 2000 // 10_000}
        else:
            profit = max(0, int(row["cl_pnl_gwei"]) * GWEI)
            shares = {"net": profit // 10, "fees": fees // 10, "tips": tips // 10}
            assert final == {**shares, "brought": 0}
    [statement] = rows_of(database, "partner_commission_statements")
    assert int(statement["lines_total"]) == sum(int(line["final"]) for line in lines.values())
    with database.connect() as connection:
        for rule, payload in (("net", ": validators at the end: "), ("tips", ": eth_getBlockReceipts ")):
            line = next(line for (name, _), line in lines.items() if name == rule and line["final"])
            told = [node.title for node in trace_line(connection, str(line["line_id"])).walk()]
            assert [title for title in told if title.startswith("payload ") and payload in title]
        report = verify_period(connection, KEY, aurora=aurora_of(database, configuration))
    assert report.failures == ()


def test_window__what_is_looked_at__reads_well(
    database: Database, configuration: Configuration, tmp_path: Path
) -> None:
    lived(database, configuration, tmp_path)
    complete = {(row["data_type"], row["state"]) for row in rows_of(database, "canonical_completeness")}
    assert complete == {(role.value, "final") for role in ROLES}
    pnl = {row["name"]: row for row in rows_of(database, "validator_pnl_in_coins")}
    # A slashed one, one that left, one that won many proposals, one of a client.
    assert (str(pnl["v20"]["net"]), str(pnl["v20"]["consensus_penalty"])) == (
        "-0.010345820000000000",
        str(pnl["v20"]["vote_rewards"] + pnl["v20"]["exec_fees"] + pnl["v20"]["mev_tips"] - pnl["v20"]["net"]),
    )
    assert str(pnl["v21"]["net"]) == "0.007089068000000000"
    assert pnl["v51"]["vote_rewards"] > 0.8
    assert (pnl["v32"]["net"], pnl["v32"]["vote_rewards_reason"]) == (pnl["v32"]["commission"], "CLIENT_OWNED")


def test_fee_recipient__registered_after_the_window__makes_it_stale_until_it_is_computed_again(
    database: Database, configuration: Configuration, tmp_path: Path
) -> None:
    chain, late, builders = configuration.chain(CHAIN), "2", "0x" + "be" * 20
    right = held("fee_recipients")[late]
    register(database, [int(late)])
    register_recipients(database, {late: builders})
    staged(database, configuration, DataType.REWARDS, DataType.FEES, DataType.MEV, DataType.META)
    assert _tips_of(database, configuration, late) is None
    assert stale(database, chain) == []
    file = tmp_path / "recipients.csv"
    row = f"{CHAIN},{pubkeys()[late]},{right},2020-01-01"
    file.write_text(f"chain_id,validator_key,fee_recipient,valid_from\n{row}\n", encoding="utf-8")
    import_fee_recipients(database, configuration, file, "ada", "it was mistyped")
    assert stale(database, chain) == [(KEY, "the fee recipients changed")]
    # The worked example's validator 2: its tips were a stranger's, and are its own now.
    assert _tips_of(database, configuration, late) == 210_000_032_592_000
    assert stale(database, chain) == []
    meta = {row["validator_key"]: row["fee_recipient"] for row in rows_of(database, "canonical_validator_meta")}
    assert meta[pubkeys()[late]] == right.lower()


def stale(database: Database, chain: Chain) -> list[tuple[PeriodKey, str]]:
    with database.connect() as connection:
        return [(one.key, one.why) for one in stale_entries(connection, chain)]


def _tips_of(database: Database, configuration: Configuration, index: str) -> int | None:
    """The fees of a validator after what rests on fee recipients was computed."""
    for draft in (draft_execution_income, draft_meta):
        with database.connect() as connection:
            drafts = draft(configuration, connection, KEY)
        write_check_publish(database, drafts if isinstance(drafts, list) else [drafts])
    [row] = [
        row
        for row in rows_of(database, "canonical_execution_income")
        if (row["validator_key"], row["row_kind"]) == (pubkeys()[index], "VALIDATOR")
    ]
    return None if row["fees"] is None else int(row["fees"])

"""A chain of a known family takes YAML alone; one whose nodes have no address holds up nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from aurora_pipeline.config import Configuration, load_configuration
from aurora_pipeline.demo.process import SimulatorProcess
from aurora_pipeline.instance.chains import sync_registry
from aurora_pipeline.orchestration.period_sensors import finalized_periods
from aurora_pipeline.periods.discovery import discover_periods
from aurora_pipeline.sources.kinds import KINDS
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.devchain.staged import aurora_of

SOLANA = """\
  - chain_id: {name}
    name: {name}
    enabled: true
    family: solana
    period_type: EPOCH
    first_period: 850
    native_unit: SOL
    native_decimals: 9
    finality_lag: 32
    protocol_fee_bps: [{{from: 2025-01-01, bps: 309}}]
    roles: {{fees: [rpc], mev: [], rewards: [rpc], meta: [rpc], positions: [rpc], costs: [rpc]}}
"""
ETHEREUM = """\
  - chain_id: {name}
    name: {name}
    enabled: true
    family: ethereum
    period_type: EPOCH
    period_size: 4
    first_period: 2
    native_unit: {coin}
    native_decimals: 18
    finality_lag: 0
    costs_due: [CONSENSUS_PENALTY]
    roles: {{fees: [], mev: [], rewards: [{node}], meta: [{node}], positions: [{node}], costs: []}}
"""
PROVIDERS = """\
providers:
  rpc: {{enabled: true, kind: solana_rpc, base_url: "{url}/rpc"}}
  beacon: {{enabled: true, kind: beacon_api, base_url: "{url}/ethereum/beacon"}}
  none-yet: {{enabled: true, kind: beacon_api, base_url: "${{BEACON_URL:-}}"}}
"""
CHAINS = "chains:\n" + "".join(
    [
        ETHEREUM.format(name="ethereum-mainnet", coin="ETH", node="none-yet"),
        SOLANA.format(name="solana-testnet"),
        *(
            ETHEREUM.format(name=name, coin=coin, node="beacon")
            for name, coin in (("sepolia", "ETH"), ("hoodi", "ETH"), ("gnosis", "xDAI"))
        ),
    ]
)


@pytest.fixture
def configuration(tmp_path: Path) -> Iterator[Configuration]:
    """Chains whose nodes are simulated, one beside them whose node has no address."""
    parameters = {"validators": 3, "stake_accounts": 40, "slots_per_epoch": 120}
    with SimulatorProcess(tmp_path / "simulator.json", **parameters) as simulator:
        simulator.advance(epoch=851, fraction_bps=9_000)
        simulator.advance_ethereum(epoch=9)
        (tmp_path / "chains.yaml").write_text(CHAINS)
        (tmp_path / "providers.yaml").write_text(PROVIDERS.format(url=simulator.url))
        yield load_configuration(tmp_path / "chains.yaml", tmp_path / "providers.yaml", {}, KINDS)


def test_chains__of_known_families__are_discovered_with_yaml_alone(
    database: Database, configuration: Configuration
) -> None:
    found = {}
    for chain in configuration.enabled_chains():
        told = discover_periods(database, configuration, chain)
        assert told.troubles == ()
        found[chain.chain_id] = [str(one.key) for one in told.recorded]
    windows = {name: [f"{name}:0000002"] for name in ("sepolia", "hoodi", "gnosis")}
    assert found == {"solana-testnet": ["solana-testnet:0000850"], **windows}


def test_sensor__beside_a_chain_that_is_not_set_up__looks_at_the_others(
    database: Database, configuration: Configuration
) -> None:
    with database.connect() as connection:
        sync_registry(connection, configuration)
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance, resources={"aurora": aurora_of(database, configuration)})
        with pytest.raises(Exception, match="no validator is registered") as caught:
            finalized_periods(context)
    assert "solana-testnet" in str(caught.value)
    assert "ethereum-mainnet" not in str(caught.value)

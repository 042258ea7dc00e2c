"""The generated chain in chains.yaml and providers.yaml: one window of the epochs of which the results are known."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from aurora_pipeline.config import Configuration, load_configuration
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.kinds import KINDS

CHAIN: Final = "ethereum-dev"
KEY: Final = PeriodKey(CHAIN, EpochNumber(2))
"""Epochs 2 to 14, which the expected results are of."""
CHAINS: Final = """
chains:
  - chain_id: ethereum-dev
    name: Generated chain
    enabled: false
    family: ethereum
    period_type: EPOCH
    period_size: 13
    first_period: 2
    native_unit: ETH
    native_decimals: 18
    finality_lag: 0
    costs_due: [CONSENSUS_PENALTY]
    roles: {fees: [], mev: [], rewards: [beacon], meta: [beacon], positions: [beacon], costs: []}
"""
PROVIDERS: Final = """
providers:
  beacon: {{enabled: true, kind: beacon_api, base_url: "{url}", retries: {{attempts: 1}}}}
"""


WHOLE_ROLES: Final = (
    "{fees: [], mev: [], rewards: [beacon], meta: [beacon], positions: [beacon], costs: []}",
    "{fees: [execution], mev: [relay-a, relay-b], rewards: [beacon], meta: [beacon], positions: [beacon], costs: []}",
)
"""The change of chains.yaml that has execution income asked for, too."""
WHOLE_PROVIDERS: Final = """
providers:
  beacon: {{enabled: true, kind: beacon_api, base_url: "{url}", retries: {{attempts: 1}}}}
  execution: {{enabled: true, kind: evm_rpc, base_url: "{url}/execution", batch: 10, retries: {{attempts: 1}}}}
  relay-a: {{enabled: true, kind: mev_relay, base_url: "{url}/relay_a", retries: {{attempts: 1}}}}
  relay-b: {{enabled: true, kind: mev_relay, base_url: "{url}/relay_b", retries: {{attempts: 1}}}}
"""


def configured(folder: Path, url: str, *changes: tuple[str, str], providers: str = PROVIDERS) -> Configuration:
    """The configuration with some texts of chains.yaml replaced; `url` is where the chain is served."""
    chains = CHAINS
    for old, new in changes:
        assert old in chains
        chains = chains.replace(old, new)
    (folder / "chains.yaml").write_text(chains)
    (folder / "providers.yaml").write_text(providers.format(url=url))
    return load_configuration(folder / "chains.yaml", folder / "providers.yaml", {}, KINDS)

"""A small valid pair of files, and a way to load a changed copy of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest

from aurora_pipeline.config import Configuration, ConfigurationError, load_configuration
from aurora_pipeline.foundation.mistakes import Mistake

KINDS: Final = {
    "solana_rpc": frozenset({"fees", "rewards", "meta", "positions", "costs"}),
    "jito": frozenset({"mev"}),
    "stakewiz": frozenset({"meta"}),
    "beacon_api": frozenset({"rewards", "meta", "positions"}),
    "evm_rpc": frozenset({"fees"}),
    "mev_relay": frozenset({"mev"}),
    "file": frozenset({"fees", "mev", "rewards", "meta", "positions", "costs"}),
}

CHAINS: Final = """\
chains:
  - chain_id: solana-test
    name: Solana test
    enabled: true
    family: solana
    period_type: EPOCH
    first_period: 850
    native_unit: SOL
    native_decimals: 9
    finality_lag: 32
    protocol_fee_bps:
      - {from: 2025-01-01, bps: 300}
      - {from: 2025-06-01, bps: 309}
    costs_due: [VOTE_FEES]
    roles:
      fees: [rpc, beach]
      mev: [kobe]
      rewards: [rpc]
      meta: [wiz, rpc]
      positions: [rpc]
      costs: [rpc]
"""

PROVIDERS: Final = """\
providers:
  rpc:
    enabled: true
    kind: solana_rpc
    base_url: http://127.0.0.1:1/rpc
    concurrency: 4
    rate_limit: {requests: 10, per_seconds: 1}
  kobe:
    enabled: true
    kind: jito
    base_url: http://127.0.0.1:1/kobe
  wiz:
    enabled: true
    kind: stakewiz
    base_url: http://127.0.0.1:1/wiz
  beach:
    enabled: false
    kind: solanabeach
    base_url: http://127.0.0.1:1/beach
    api_key: ${BEACH_KEY}
"""

Load = Callable[..., Configuration]
Problems = Callable[..., tuple[Mistake, ...]]


def changed(text: str, *changes: tuple[str, str]) -> str:
    """The text with each (old, new) applied once; an old text that is not there would make a test say nothing."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


@pytest.fixture
def kinds() -> dict[str, frozenset[str]]:
    """The adapters that exist, as the providers room hands them in."""
    return KINDS


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load CHAINS and PROVIDERS, or other texts, with an environment."""

    def load_texts(
        chains: str | bytes = CHAINS, providers: str | bytes = PROVIDERS, env: Mapping[str, str] | None = None
    ) -> Configuration:
        paths = (tmp_path / "chains.yaml", tmp_path / "providers.yaml")
        for path, text in zip(paths, (chains, providers), strict=True):
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_configuration(*paths, env or {}, KINDS)

    return load_texts


@pytest.fixture
def problems_of(load: Load) -> Problems:
    """Load texts that must be refused and return the problems."""

    def problems(
        chains: str | bytes = CHAINS, providers: str | bytes = PROVIDERS, env: Mapping[str, str] | None = None
    ) -> tuple[Mistake, ...]:
        with pytest.raises(ConfigurationError) as refused:
            load(chains, providers, env)
        return refused.value.mistakes

    return problems


@pytest.fixture
def chains_with() -> Callable[..., str]:
    """CHAINS with replacements."""
    return lambda *changes: changed(CHAINS, *changes)


@pytest.fixture
def providers_with() -> Callable[..., str]:
    """PROVIDERS with replacements."""
    return lambda *changes: changed(PROVIDERS, *changes)

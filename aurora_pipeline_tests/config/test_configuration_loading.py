"""Valid files become frozen models; what is disabled or not asked binds nobody; the shipped files load."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

import aurora_pipeline
from aurora_pipeline.config import (
    ROLES,
    Configuration,
    ConfigurationError,
    CostType,
    DataType,
    Family,
    PeriodType,
    config_report,
    load_configuration,
    provider_report,
)
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.units import EpochNumber

Load = Callable[..., Configuration]
With = Callable[..., str]
Kinds = dict[str, frozenset[str]]
ROOT = Path(__file__).parents[2]
DEMO = Path(aurora_pipeline.__file__).parent / "demo"


def test_chain__valid_file__every_value_as_written(load: Load) -> None:
    chain = load().chain("solana-test")
    assert (chain.name, chain.enabled, chain.family) == ("Solana test", True, Family.SOLANA)
    assert (chain.period_type, chain.period_size, chain.first_period) == (PeriodType.EPOCH, None, 850)
    assert (chain.native_unit, chain.base_unit, chain.native_decimals) == ("SOL", "lamport", 9)
    assert (chain.finality_lag, chain.costs_due) == (32, (CostType.VOTE_FEES,))
    assert [(entry.from_date, entry.bps) for entry in chain.protocol_fee_bps] == [
        (date(2025, 1, 1), 300),
        (date(2025, 6, 1), 309),
    ]
    assert tuple(chain.roles) == ROLES
    assert chain.roles[DataType.META] == ("wiz", "rpc")


def test_provider__keys_left_out__defaults(load: Load) -> None:
    provider = load().providers["kobe"]
    assert (provider.rate_limit, provider.api_key, provider.concurrency) == (None, None, 8)
    assert (provider.timeouts.connect_seconds, provider.timeouts.read_seconds) == (10.0, 60.0)
    assert (provider.retries.attempts, provider.retries.wait_seconds_max) == (5, 30.0)


def test_provider__trailing_slash__dropped_but_never_inside_a_query(load: Load, providers_with: With) -> None:
    text = providers_with(("127.0.0.1:1/rpc", "127.0.0.1:1/rpc/"), ("127.0.0.1:1/kobe", "127.0.0.1:1/?k=a/"))
    providers = load(providers=text).providers
    assert providers["rpc"].base_url == "http://127.0.0.1:1/rpc"
    assert providers["kobe"].base_url == "http://127.0.0.1:1/?k=a/"


def test_models__any_assignment__refused(load: Load) -> None:
    configuration = load()
    with pytest.raises(ValidationError):
        configuration.chain("solana-test").enabled = False  # type: ignore[misc]  # the point of the test
    with pytest.raises(TypeError):
        configuration.chain("solana-test").roles[DataType.MEV] = ()  # type: ignore[index]  # the point of the test
    with pytest.raises(TypeError):
        configuration.chains["other"] = configuration.chain("solana-test")  # type: ignore[index]  # the same


def test_protocol_fee__around_its_days__the_entry_in_force_at_midnight_utc(load: Load) -> None:
    chain = load().chain("solana-test")
    change = datetime(2025, 6, 1, tzinfo=UTC)
    assert chain.protocol_fee_at(change - timedelta(microseconds=1)) == 300
    assert chain.protocol_fee_at(change) == 309
    assert chain.protocol_fee_at(datetime(2025, 1, 1, tzinfo=UTC)) == 300
    with pytest.raises(AuroraError, match="no protocol_fee_bps for 2024-12-31"):
        chain.protocol_fee_at(datetime(2024, 12, 31, 23, 59, tzinfo=UTC))
    with pytest.raises(ValueError, match="time zone"):
        chain.protocol_fee_at(datetime(2025, 6, 1))  # noqa: DTZ001 - an instant without a zone is the case


def test_values_read__paths__canonical_json_under_the_keys_of_the_file(load: Load) -> None:
    chain = load().chain("solana-test")
    assert chain.values_read("roles.meta", "native_decimals", "costs_due", "period_size", "name") == {
        "costs_due": '["VOTE_FEES"]',
        "name": '"Solana test"',
        "native_decimals": "9",
        "period_size": "null",
        "roles.meta": '["wiz","rpc"]',
    }
    assert chain.values_read("protocol_fee_bps") == {
        "protocol_fee_bps": '[{"bps":300,"from":"2025-01-01"},{"bps":309,"from":"2025-06-01"}]'
    }
    with pytest.raises(KeyError, match=r"roles\.mevv"):
        chain.values_read("roles.mevv")


def test_values_read__at_an_instant__a_later_entry_does_not_change_the_past(load: Load, chains_with: With) -> None:
    then = datetime(2025, 3, 1, tzinfo=UTC)
    before = load().chain("solana-test").values_read("protocol_fee_bps", at=then)
    text = chains_with(
        ("2025-06-01, bps: 309}", "2025-06-01, bps: 309}\n      - {from: 2026-01-01, bps: 1}"),
    )
    assert load(chains=text).chain("solana-test").values_read("protocol_fee_bps", at=then) == before
    assert before == {"protocol_fee_bps": "300"}


def test_chain_lookup__unknown_id__names_the_nearest(load: Load) -> None:
    with pytest.raises(AuroraError) as refused:
        load().chain("solana-tset")
    assert refused.value.remedy == 'did you mean "solana-test"?'


def test_disabled_chain__unknown_providers_and_no_roles__no_mistake(load: Load, chains_with: With) -> None:
    disabled = """\
  - {chain_id: eth, name: E, enabled: false, family: ethereum, period_type: EPOCH, period_size: 225,
     first_period: 0, native_unit: ETH, native_decimals: 18, finality_lag: 64, roles: {fees: [nobody]}}
"""
    configuration = load(chains=chains_with() + disabled)
    assert [chain.chain_id for chain in configuration.enabled_chains()] == ["solana-test"]
    assert configuration.chain("eth").base_unit == "wei"
    # A window of epochs has the number of its first.
    steps = {"eth": (EpochNumber(225), EpochNumber(675)), "solana-test": (EpochNumber(449), EpochNumber(451))}
    for name, neighbours in steps.items():
        chain = configuration.chain(name)
        assert (chain.period_before(EpochNumber(450)), chain.period_after(EpochNumber(450))) == neighbours
    assert configuration.providers_for("eth", DataType.FEES) == ()


def test_disabled_provider__kind_and_variables__not_looked_at(load: Load) -> None:
    configuration = load()
    assert configuration.providers["beach"].api_key is None
    assert configuration.unset_variables == {"beach": ("BEACH_KEY",)}
    assert [provider.name for provider in configuration.providers_for("solana-test", DataType.FEES)] == ["rpc"]


def test_enabled_provider__named_by_nobody__its_variables_may_be_unset(load: Load, providers_with: With) -> None:
    spare = """\
  spare:
    enabled: true
    kind: jito
    base_url: https://${SPARE_HOST}/x
    concurrency: ${SPARE_CONCURRENCY}
    rate_limit: {requests: "${SPARE_REQUESTS}", per_seconds: 1}
"""
    configuration = load(providers=providers_with() + spare)
    spare_provider = configuration.providers["spare"]
    assert spare_provider.base_url == "https://${SPARE_HOST}/x"
    assert (spare_provider.concurrency, spare_provider.rate_limit) == (8, None)
    assert configuration.unset_variables["spare"] == ("SPARE_HOST", "SPARE_CONCURRENCY", "SPARE_REQUESTS")


def test_role__first_provider_disabled__its_fallback_answers(load: Load, chains_with: With) -> None:
    configuration = load(chains=chains_with(("fees: [rpc, beach]", "fees: [beach, rpc]")))
    assert [provider.name for provider in configuration.providers_for("solana-test", DataType.FEES)] == ["rpc"]


def test_environment__numbers_flags_and_keys__typed_by_the_field(
    load: Load, chains_with: With, providers_with: With
) -> None:
    configuration = load(
        chains=chains_with(("enabled: true", "enabled: ${ON}"), ("finality_lag: 32", "finality_lag: ${LAG:-64}")),
        providers=providers_with(("concurrency: 4", "concurrency: ${N}\n    api_key: ${KEY}")),
        env={"ON": "true", "N": "12", "KEY": "0123"},
    )
    rpc = configuration.providers["rpc"]
    assert configuration.chain("solana-test").finality_lag == 64
    assert rpc.concurrency == 12
    assert rpc.api_key is not None
    assert rpc.api_key.get_secret_value() == "0123"


def test_environment__empty_default_for_a_key__no_key(load: Load, providers_with: With) -> None:
    assert load(providers=providers_with(("concurrency: 4", "api_key: ${KEY:-}"))).providers["rpc"].api_key is None


def test_shipped_files__empty_environment__load(kinds: Kinds) -> None:
    configuration = load_configuration(ROOT / "chains.yaml", ROOT / "providers.yaml", {}, kinds)
    assert [chain.chain_id for chain in configuration.enabled_chains()] == ["solana-mainnet"]
    assert configuration.chain("ethereum-mainnet").enabled
    assert configuration.not_set_up() == [
        "ethereum-mainnet is not set up: ethereum-execution, ethereum-beacon have no address; set"
        " ETHEREUM_EXECUTION_URL and ETHEREUM_BEACON_URL, or `enabled: false` for the chain"
    ]
    with pytest.raises(AuroraError, match="ethereum-mainnet is not set up") as refused:
        configuration.usable_chain("ethereum-mainnet")
    assert "set ETHEREUM_EXECUTION_URL and ETHEREUM_BEACON_URL" in str(refused.value.remedy)
    assert not configuration.providers["solanabeach"].enabled
    assert configuration.providers["solana-rpc"].base_url == "https://api.mainnet-beta.solana.com"
    for role in ROLES:
        assert configuration.providers_for("solana-mainnet", role)


def test_shipped_files__with_both_nodes_addresses__both_chains(kinds: Kinds) -> None:
    nodes = {"ETHEREUM_BEACON_URL": "http://beacon:5052", "ETHEREUM_EXECUTION_URL": "http://execution:8545"}
    files = (ROOT / "chains.yaml", ROOT / "providers.yaml")
    configuration = load_configuration(*files, nodes, kinds)
    assert [chain.chain_id for chain in configuration.enabled_chains()] == ["solana-mainnet", "ethereum-mainnet"]
    assert configuration.not_set_up() == []
    assert len(configuration.providers_for("ethereum-mainnet", DataType.MEV)) == 6
    # One of two is not enough: nothing of the chain is computed in part because a variable was forgotten.
    beacon_alone = load_configuration(*files, {"ETHEREUM_BEACON_URL": nodes["ETHEREUM_BEACON_URL"]}, kinds)
    assert [chain.chain_id for chain in beacon_alone.enabled_chains()] == ["solana-mainnet"]
    [said] = beacon_alone.not_set_up("ethereum-mainnet")
    assert "ethereum-execution has no address; set ETHEREUM_EXECUTION_URL" in said
    assert beacon_alone.not_set_up("solana-mainnet") == []


def test_provider__without_an_address_beside_one_that_has_one__is_passed_over(
    load: Load, chains_with: With, providers_with: With
) -> None:
    spare = "  spare: {enabled: true, kind: solana_rpc, base_url: ''}\n"
    chains = chains_with(("fees: [rpc, beach]", "fees: [spare, rpc]"))
    configuration = load(chains=chains, providers=providers_with() + spare)
    assert [provider.name for provider in configuration.providers_for("solana-test", DataType.FEES)] == ["rpc"]
    assert configuration.not_set_up() == []
    alone = load(chains=chains_with(("fees: [rpc, beach]", "fees: [spare]")), providers=providers_with() + spare)
    assert alone.enabled_chains() == ()
    assert alone.not_set_up() == [
        "solana-test is not set up: spare has no address; write its base_url into providers.yaml,"
        " or `enabled: false` for the chain"
    ]


def test_shipped_demo_files__with_their_variable__ask_only_the_simulator(kinds: Kinds) -> None:
    url = "http://127.0.0.1:8899"
    files = (DEMO / "chains.yaml", DEMO / "providers.yaml")
    configuration = load_configuration(*files, {"AURORA_DEMO_URL": url}, kinds)
    assert list(configuration.chains) == ["solana-demo", "ethereum-demo"]
    assert {name: provider.base_url for name, provider in configuration.providers.items()} == {
        "demo-rpc": f"{url}/rpc",
        "demo-kobe": f"{url}/kobe/api/v1",
        "demo-stakewiz": f"{url}/stakewiz",
        "demo-beacon": f"{url}/ethereum/beacon",
        "demo-execution": f"{url}/ethereum/execution",
        "demo-relay-a": f"{url}/ethereum/relay-a",
        "demo-relay-b": f"{url}/ethereum/relay-b",
    }
    with pytest.raises(ConfigurationError, match="AURORA_DEMO_URL is not set"):
        load_configuration(*files, {}, kinds)


def test_report__every_chain_and_provider__who_is_asked_and_who_is_skipped(load: Load) -> None:
    rows = {row.role: (row.asked, row.skipped) for row in config_report(load())}
    assert rows["fees"] == (("rpc",), ("beach",))
    assert rows["meta"] == (("wiz", "rpc"), ())
    providers = {row.name: row for row in provider_report(load())}
    assert providers["rpc"].limits == "10 in 1 s, 4 at once"
    assert providers["beach"].unset_variables == ("BEACH_KEY",)


def test_provider__disabled_by_a_variable__its_other_variables_may_be_unset(load: Load, providers_with: With) -> None:
    configuration = load(providers=providers_with(("enabled: false", "enabled: ${BEACH:-false}")))
    assert not configuration.providers["beach"].enabled

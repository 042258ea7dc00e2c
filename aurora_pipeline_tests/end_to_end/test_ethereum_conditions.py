"""Nodes as they really are, through discovery, staging and the canonical layers of the simulated chain.

Whatever ails a node, nothing becomes a figure: each validator's row says for each data type what is missing and what
would fill it, and once the node is well again all of it is computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from aurora_pipeline.canonical.balance_tables import BALANCES, EXECUTION_INCOME
from aurora_pipeline.canonical.judging.tables import COMPLETENESS
from aurora_pipeline.canonical.tables import COSTS, FEES, META, MEV, POSITIONS, REWARDS
from aurora_pipeline.config import Configuration, load_configuration
from aurora_pipeline.config.vocabulary import ROLES, DataType
from aurora_pipeline.demo import ethereum_story
from aurora_pipeline.demo.ethereum import files
from aurora_pipeline.demo.ethereum.cast import EthereumCast
from aurora_pipeline.demo.ethereum.parameters import CHAIN_ID, EthereumParameters
from aurora_pipeline.demo.process import SimulatorProcess
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.layers import LAYERS
from aurora_pipeline.periods.discovery import discover_periods
from aurora_pipeline.periods.record import recorded_periods
from aurora_pipeline.pnl.tables import VALIDATOR_PNL
from aurora_pipeline.registry.fee_recipients import import_fee_recipients
from aurora_pipeline.registry.tables import VALIDATOR_IDENTITIES
from aurora_pipeline.registry.validator_files import import_operator_wallets, import_validators
from aurora_pipeline.sources.kinds import KINDS
from aurora_pipeline.staging.run import stage_period
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import ColumnKind
from aurora_pipeline.store.published import load_published
from aurora_pipeline_tests.decided import decide
from aurora_pipeline_tests.devchain.staged import aurora_of
from aurora_pipeline_tests.gated import write_check_publish

PARAMETERS = EthereumParameters(seed=5, validators=12, strangers=24)
WINDOW = range(3, 7)
KEY = PeriodKey(CHAIN_ID, EpochNumber(WINDOW[0]))
FIRST_SLOT, LAST_SLOT = PARAMETERS.first_slot(WINDOW[0]), PARAMETERS.last_slot(WINDOW[-1])
HEAD = 11
"""The epoch in which the window has just become final."""
KEYS = frozenset(
    one.pubkey for one in EthereumCast(PARAMETERS).operated if one.index in files.operated_in(PARAMETERS, WINDOW)
)
CLIENTS = frozenset(one.pubkey for one in EthereumCast(PARAMETERS).operated if one.client is not None)
STRANGER = "0x" + "ab" * 48
"""A public key of another network."""
CHAINS = f"""
chains:
  - chain_id: {CHAIN_ID}
    name: Simulated chain
    enabled: true
    family: ethereum
    period_type: EPOCH
    period_size: {len(WINDOW)}
    first_period: {WINDOW[0]}
    native_unit: ETH
    native_decimals: 18
    finality_lag: 0
    costs_due: [CONSENSUS_PENALTY]
    roles:
      {{fees: [execution], mev: [relay-a, relay-b], rewards: [beacon], meta: [beacon], positions: [beacon], costs: []}}
"""
PROVIDERS = """
providers:
  beacon: {{enabled: true, kind: beacon_api, base_url: "{url}/beacon", retries: {{attempts: 1}}}}
  execution: {{enabled: true, kind: evm_rpc, base_url: "{url}/execution", batch: 10, retries: {{attempts: 1}}}}
  relay-a: {{enabled: true, kind: mev_relay, base_url: "{url}/relay-a", retries: {{attempts: 1}}}}
  relay-b: {{enabled: true, kind: mev_relay, base_url: "{url}/relay-b", retries: {{attempts: 1}}}}
"""
CANONICAL = (BALANCES, REWARDS, COSTS, FEES, MEV, META, POSITIONS)
ROWS_OF = (FEES, MEV, REWARDS, META, POSITIONS, COSTS)
FROM_BEACON = (DataType.REWARDS, DataType.META, DataType.POSITIONS)
Lacks = Mapping[DataType, tuple[str, str]]
"""By data type the state of every validator, and words of the reason."""


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    options = {f"ethereum_{name}": value for name, value in PARAMETERS.as_dict().items()}
    with SimulatorProcess(tmp_path_factory.mktemp("chain") / "simulator.json", **options) as simulator:
        simulator.advance_ethereum(epoch=HEAD, fraction_bps=9_999)
        yield simulator


@pytest.fixture
def ailing(simulator: SimulatorProcess) -> Iterator[SimulatorProcess]:
    """The simulator, whose nodes are well again after each test."""
    yield simulator
    simulator.ethereum_condition()
    simulator.clear_faults()


@pytest.fixture
def configuration(simulator: SimulatorProcess, tmp_path: Path) -> Configuration:
    (tmp_path / "chains.yaml").write_text(CHAINS)
    (tmp_path / "providers.yaml").write_text(PROVIDERS.format(url=f"{simulator.url}/ethereum"))
    return load_configuration(tmp_path / "chains.yaml", tmp_path / "providers.yaml", {}, KINDS)


def register(database: Database, configuration: Configuration, folder: Path, *more: str) -> None:
    """Register the operator's validators and addresses as the simulator knows them, and more validators by key."""
    since = datetime(2020, 1, 1, tzinfo=UTC)
    for name, text, imported in (
        ("validators.csv", files.validators_csv, import_validators),
        ("wallets.csv", files.operator_wallets_csv, import_operator_wallets),
        ("recipients.csv", files.fee_recipients_csv, import_fee_recipients),
    ):
        (folder / name).write_text(text(PARAMETERS))
        imported(database, configuration, folder / name, "ada", "as the simulator has it")
    row = {"chain_id": CHAIN_ID, "revision": 1, "ownership": "OPERATOR", "operator_fee_bps": None, "valid_from": since}
    with database.connect() as connection:
        for key in more:
            decide(connection, VALIDATOR_IDENTITIES, {**row, "validator_key": key, "name": key[:8]})


def discovered(database: Database, configuration: Configuration) -> None:
    found = discover_periods(database, configuration, configuration.chain(CHAIN_ID), wanted=[KEY.epoch])
    if found.troubles:
        raise found.troubles[0]
    assert [period.key for period in found.recorded] == [KEY]


def computed(database: Database, configuration: Configuration) -> dict[str, pl.DataFrame]:
    """Stage everything and publish every layer of the period; the rows of each in force."""
    aurora = aurora_of(database, configuration)
    for role in (DataType.REWARDS, *(role for role in ROLES if role is not DataType.REWARDS)):
        stage_period(aurora, KEY, role)
    for layer in LAYERS:
        with database.connect() as connection:
            drafts = layer.draft(configuration, connection, KEY)
        write_check_publish(database, drafts)
    tables = (*CANONICAL, COMPLETENESS, EXECUTION_INCOME, VALIDATOR_PNL)
    with database.connect() as connection:
        return {table.name: load_published(connection, table, KEY).frame for table in tables}


def lacking(rows: Mapping[str, pl.DataFrame]) -> dict[tuple[str, DataType], tuple[str, str]]:
    """What is missing, by validator and data type: state and reason. What is missing has no figure."""
    found = {}
    for table in ROWS_OF:
        # What a validator had at stake in an earlier state says nothing of this one.
        amounts = [column.name for column in table.columns if column.kind is ColumnKind.AMOUNT]
        for row in rows[table.name].filter(pl.col("state") != "final").iter_rows(named=True):
            assert [row[name] for name in amounts] == [None] * len(amounts), row
    for row in rows[COMPLETENESS.name].iter_rows(named=True):
        if row["state"] != "final":
            found[row["validator_key"], DataType(row["data_type"])] = (row["state"], row["reason"])
    return found


def everything_is_known(database: Database, configuration: Configuration) -> None:
    assert lacking(computed(database, configuration)) == {}
    with database.connect() as connection:
        compared = ethereum_story.compare(connection, PARAMETERS, [WINDOW])
    assert compared.differences == ()
    assert compared.compared >= 5 * len(KEYS)


# Discovery: a window is recorded once a node that is well tells of it.


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"syncing": 20}, "it is syncing, 20 slots behind the chain"),
        ({"is_optimistic": True}, "is_optimistic"),
        ({"is_execution_offline": True}, "its execution client is offline"),
        ({"blocks_from": FIRST_SLOT + 3}, "the node forgot one between them, or reorganised"),
        ({"blocks_from": LAST_SLOT + 1}, "they were all missed, or its history begins later"),
    ],
)
def test_discovery__of_a_node_that_is_not_well__records_nothing_until_it_is(
    database: Database, configuration: Configuration, ailing: SimulatorProcess, condition: dict[str, Any], words: str
) -> None:
    ailing.ethereum_condition(**condition)
    with pytest.raises(AuroraError) as caught:
        discovered(database, configuration)
    assert words in str(caught.value)
    with database.connect() as connection:
        assert recorded_periods(connection, CHAIN_ID) == []
    ailing.ethereum_condition()
    discovered(database, configuration)


# Staging: what is missing is named for every validator and data type, and comes once the node is well.

BLOCKS_UNKNOWN = "which blocks it proposed is not known yet"


def lack(state: str, words: str, *roles: DataType) -> Lacks:
    return dict.fromkeys(roles or (*FROM_BEACON, DataType.COSTS), (state, words))


def pruned(slot: int) -> str:
    return f"state pruned: the node does not have the state of slot {slot}; a node that keeps history (archive) has it"


WITHOUT_BLOCKS = lack("pending", BLOCKS_UNKNOWN, DataType.FEES, DataType.MEV)
"""What lacks where the beacon node tells nothing: without it nobody knows which blocks are whose."""
EARNED = (DataType.REWARDS, DataType.COSTS)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"syncing": 20}, lack("pending", "it is syncing, 20 slots behind the chain")),
        ({"is_optimistic": True}, lack("pending", "its execution client lags behind it (is_optimistic)")),
        ({"is_execution_offline": True}, lack("pending", "its execution client is offline")),
        (
            {"pruned_before": LAST_SLOT + 1},
            {
                **lack("unavailable", pruned(FIRST_SLOT - 1), *EARNED, DataType.POSITIONS),
                **lack("unavailable", pruned(LAST_SLOT), DataType.META),
            },
        ),
        (
            {"pruned_before": FIRST_SLOT},
            lack("unavailable", pruned(FIRST_SLOT - 1), *EARNED, DataType.POSITIONS),
        ),
        (
            {"blocks_from": FIRST_SLOT + 3},
            lack("pending", "what shows that no block is missing before slot", *EARNED),
        ),
        ({"other_fork_at": LAST_SLOT}, lack("pending", "the node follows another fork", *EARNED)),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) and isinstance(next(iter(value)), str) else "",
)
def test_staging__from_a_beacon_node_that_is_not_well__names_what_is_missing_and_gets_it_later(
    database: Database,
    configuration: Configuration,
    ailing: SimulatorProcess,
    tmp_path: Path,
    condition: dict[str, Any],
    expected: Lacks,
) -> None:
    register(database, configuration, tmp_path)
    discovered(database, configuration)
    ailing.ethereum_condition(**condition)
    found = lacking(computed(database, configuration))
    expected = {**expected, **WITHOUT_BLOCKS}
    # What a client's validator lost is none of the operator's costs, whatever it is.
    due = {(key, role) for key in KEYS for role in expected}
    assert found.keys() == due - {(key, DataType.COSTS) for key in CLIENTS}
    for (_, role), (state, reason) in found.items():
        assert state == expected[role][0]
        assert expected[role][1] in reason
        assert "not observed" not in reason
    ailing.ethereum_condition()
    everything_is_known(database, configuration)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"execution_lag": 10_000}, "execution is behind: its newest block is 0, not yet"),
        ({"execution_lag": 50}, "execution is behind"),
    ],
)
def test_staging__from_an_execution_node_that_lags__names_the_blocks_that_it_does_not_have_yet(
    database: Database,
    configuration: Configuration,
    ailing: SimulatorProcess,
    tmp_path: Path,
    condition: dict[str, Any],
    words: str,
) -> None:
    register(database, configuration, tmp_path)
    discovered(database, configuration)
    ailing.ethereum_condition(**condition)
    rows = computed(database, configuration)
    found = lacking(rows)
    proposers = set(rows[EXECUTION_INCOME.name].filter(pl.col("row_kind") == "SLOT")["validator_key"])
    assert {role for _, role in found} == {DataType.FEES, DataType.MEV}
    assert {key for key, _ in found} <= proposers
    assert {state for state, _ in found.values()} == {"pending"}
    assert all(words in reason for _, reason in found.values())
    ailing.ethereum_condition()
    everything_is_known(database, configuration)


def test_staging__with_a_key_of_another_network__names_it_and_tells_of_the_others(
    database: Database, configuration: Configuration, ailing: SimulatorProcess, tmp_path: Path
) -> None:
    register(database, configuration, tmp_path, STRANGER)
    discovered(database, configuration)
    found = lacking(computed(database, configuration))
    assert {key for key, _ in found} == {STRANGER}
    assert {role for _, role in found} == set(ROLES)
    for (_, role), (state, reason) in found.items():
        assert (state, role) == ("unavailable", role)
        assert "the chain has no such validator" in reason
        assert "of another network" in reason


@pytest.mark.parametrize("relay", ["relay-a", "relay-b"])
def test_staging__where_a_relay_is_silent__blocks_that_it_may_explain_wait_and_no_others(
    database: Database, configuration: Configuration, ailing: SimulatorProcess, tmp_path: Path, relay: str
) -> None:
    register(database, configuration, tmp_path)
    discovered(database, configuration)
    for _ in range(9):
        ailing.fault(f"/ethereum/{relay}", "status", status=500)
    rows = computed(database, configuration)
    for _, reason in lacking(rows).values():
        assert f"not all relays were heard: {relay}" in reason
    ailing.clear_faults()
    everything_is_known(database, configuration)

"""What validators' balances did, through the whole pipeline from served JSON to P&L, whoever owns the validator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.canonical.balance_tables import BALANCES
from aurora_pipeline.canonical.balances import balance_rows, penalties_told, rewards_told
from aurora_pipeline.canonical.drafts import (
    draft_balances,
    draft_costs,
    draft_meta,
    draft_positions,
    draft_rewards,
    draft_stake_events,
)
from aurora_pipeline.canonical.tables import COSTS, FEES, META, MEV, POSITIONS, REWARDS
from aurora_pipeline.config import Configuration
from aurora_pipeline.config.families import Family
from aurora_pipeline.config.vocabulary import CostType, DataType
from aurora_pipeline.foundation.units import Bps
from aurora_pipeline.pnl.compute import validator_pnl
from aurora_pipeline.pnl.figure import Figure
from aurora_pipeline.pnl.one_owner import components_by_owner
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.proof.verifying.verify import verify_period
from aurora_pipeline.sources.reference import OperatedValidator
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.published import load_published
from aurora_pipeline_tests.devchain.configured import CHAIN, KEY, configured
from aurora_pipeline_tests.devchain.files import expected, held
from aurora_pipeline_tests.devchain.server import DevChain, pubkeys, serving
from aurora_pipeline_tests.devchain.staged import aurora_of, reference, register, register_recipients, staged
from aurora_pipeline_tests.faults.server import json_reply
from aurora_pipeline_tests.gated import broken, write_check_publish

GWEI = 10**9
OWN, CLIENTS = range(32), dict.fromkeys(range(32, 63), 500)
"""Half of the validators are clients', at 5 percent; of one the fee was forgotten."""
COLUMNS = {
    "balance_start": "balance_start_gwei",
    "balance_end": "balance_end_gwei",
    "withdrawals": "withdrawals_gwei",
    "profit": "cl_pnl_gwei",
    "attestation_head": "att_head",
    "attestation_target": "att_target",
    "attestation_source": "att_source",
    "inactivity": "att_inactivity",
    "proposals": "block_rewards",
    "sync_committee": "sync_rewards",
    "residual": "not_in_rewards_api_gwei",
}


@pytest.fixture
def chain() -> DevChain:
    return DevChain()


@pytest.fixture
def configuration(chain: DevChain, tmp_path: Path) -> Iterator[Configuration]:
    with serving(chain) as server:
        yield configured(tmp_path, server.url)


def published(database: Database, configuration: Configuration) -> dict[str, Any]:
    """The canonical layers of the chain, computed and published as they are in a run."""
    register(database, clients={**CLIENTS, 63: None})
    staged(database, configuration, DataType.REWARDS, DataType.META, DataType.POSITIONS, DataType.COSTS, DataType.MEV)
    for draft in (draft_balances, draft_rewards, draft_meta, draft_positions, draft_costs, draft_stake_events):
        with database.connect() as connection:
            drafts = draft(configuration, connection, KEY)
        write_check_publish(database, drafts if isinstance(drafts, list) else [drafts])
    with database.connect() as connection:
        return {
            table.name: load_published(connection, table, KEY) for table in (BALANCES, REWARDS, META, POSITIONS, COSTS)
        }


def test_layers__of_the_whole_chain__exactly_as_expected_in_wei(
    database: Database, configuration: Configuration
) -> None:
    layers = published(database, configuration)
    balances = balance_rows(layers[BALANCES.name].frame)
    rewards = {(row["validator_key"], row["row_kind"]): row for row in layers[REWARDS.name].frame.iter_rows(named=True)}
    costs = {row["validator_key"]: row for row in layers[COSTS.name].frame.iter_rows(named=True)}
    assert layers[BALANCES.name].completeness == "FINAL"
    for row in expected("by_validator"):
        index, key = int(row["validator_index"]), pubkeys()[row["validator_index"]]
        balance = balances[key]
        assert {name: balance[name] for name in COLUMNS} == {
            name: int(row[column]) * GWEI for name, column in COLUMNS.items()
        }
        assert (balance["blocks_proposed"], balance["blocks_missed"]) == (
            int(row["blocks_proposed"]),
            int(row["blocks_missed"]),
        )
        assert balance["rewards"] - balance["penalties"] == balance["profit"]
        of_validator, of_account = rewards[key, "VALIDATOR"], rewards[key, "ACCOUNT"] if index != 63 else None
        if index in OWN:
            assert (of_validator["commission"], of_validator["gross_rewards"]) == (0, balance["rewards"])
            assert costs[key]["amount"] == balance["penalties"]
        elif index in CLIENTS:
            assert of_validator["commission"] == balance["rewards"] * 500 // 10_000
            assert (costs[key]["amount"], costs[key]["reason"]) == (0, "CLIENT_OWNED")
        else:
            assert of_validator["commission"] is None
            assert "operator_fee_bps is not registered" in of_validator["reason"]
        if of_account is not None:
            assert of_account["staker_rewards"] + of_validator["commission"] == balance["rewards"]
    assert balances[pubkeys()["20"]]["residual_of"] == "SLASHING"
    positions = layers[POSITIONS.name].frame
    assert set(positions["state"]) == {"final"}


def test_meta__of_the_chain__status_credentials_recipient_and_when_they_came_and_went(
    database: Database, configuration: Configuration
) -> None:
    register(database)
    recipients = held("fee_recipients")
    register_recipients(database, {index: address for index, address in recipients.items() if index != "7"})
    staged(database, configuration, DataType.META)
    with database.connect() as connection:
        draft = draft_meta(configuration, connection, KEY)
    write_check_publish(database, [draft])
    rows = {row["validator_key"]: row for row in draft.frame.iter_rows(named=True)}
    states = {one["validator"]["pubkey"]: one for one in held("validators_by_slot")["119"]}
    assert rows.keys() == states.keys()
    for key, row in rows.items():
        told, index = states[key], states[key]["index"]
        assert (row["status"], row["withdrawal_credentials"]) == (
            told["status"],
            told["validator"]["withdrawal_credentials"],
        )
        left = int(told["validator"]["exit_epoch"])
        assert row["activation_epoch"] == int(told["validator"]["activation_epoch"])
        assert row["exit_epoch"] == (None if left == 2**64 - 1 else left)
        assert row["fee_recipient"] == (None if index == "7" else recipients[index].lower())
        assert (row["state"], row["reason"]) == ("final", None)
    assert rows[pubkeys()["20"]]["status"].endswith("slashed")
    # What it says of recipients it also rests on: new ones are new inputs.
    assert sum(one.name.startswith("fee_recipients") for one in draft.inputs) >= len(recipients) - 1


def test_layer__of_a_chain_whose_validators_have_no_balances__has_no_draft(
    database: Database, configuration: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = configuration.chain(CHAIN).model_copy(update={"family": Family("solana")})
    monkeypatch.setattr(type(configuration), "chain", lambda self, name: chain)
    with database.connect() as connection:
        assert draft_balances(configuration, connection, KEY) == []


def test_balances__that_move_without_a_reason__are_no_income_and_the_others_are(
    database: Database, configuration: Configuration, chain: DevChain
) -> None:
    def validators(seen: Any) -> Any:
        slot = seen.path.split("/")[-2]
        listed = json.loads(chain._validators(seen, slot).body)
        for one in listed["data"]:
            if one["index"] == "5" and slot == "119":
                one["balance"] = str(int(one["balance"]) + 10**9)
        return json_reply(listed)

    chain.answers[r"/eth/v1/beacon/states/\d+/validators"] = validators
    layers = published(database, configuration)
    balances = balance_rows(layers[BALANCES.name].frame)
    row = balances[pubkeys()["5"]]
    assert (row["state"], row["rewards"], row["penalties"], row["residual"]) == ("partial", None, None, 10**18)
    assert "nothing which was told explains" in row["reason"]
    assert layers[BALANCES.name].completeness == "PARTIAL"
    assert balances[pubkeys()["6"]]["state"] == "final"
    costs = {one["validator_key"]: one for one in layers[COSTS.name].frame.iter_rows(named=True)}
    assert (costs[pubkeys()["5"]]["amount"], costs[pubkeys()["5"]]["state"]) == (None, "partial")


# Whose it is: against an oracle that knows only the words of the specification.

AMOUNTS = st.integers(0, 10**24)
RATES = st.none() | st.integers(0, 10_000)
STREAMS = st.tuples(*[st.none() | AMOUNTS] * 3)


@given(STREAMS, RATES, st.sampled_from(["OPERATOR", "CLIENT"]))
def test_components__of_any_owner__each_stream_is_floored_by_itself(
    streams: tuple[int | None, int | None, int | None], rate: int | None, ownership: str
) -> None:
    validator = OperatedValidator("0xab", None, "v", ownership, None if rate is None else Bps(rate))
    figures: list[Any] = [
        Figure(name, amount, FigureState.FINAL if amount is not None else FigureState.PENDING, "late")  # type: ignore[arg-type]
        for name, amount in zip(("EXEC_FEES", "MEV_TIPS", "VOTE_REWARDS"), streams, strict=True)
    ]
    found = components_by_owner(validator, *figures)
    amounts = {component: figure.amount for component, figure in found.items()}
    fees, tips, rewards = streams
    if ownership == "OPERATOR":
        expected_amounts = {"EXEC_FEES": fees, "MEV_TIPS": tips, "VOTE_REWARDS": rewards, "COMMISSION": 0}
    else:
        whole = None if rate is None or None in streams else sum(int(one or 0) * rate // 10_000 for one in streams)
        expected_amounts = {"EXEC_FEES": 0, "MEV_TIPS": 0, "VOTE_REWARDS": 0, "COMMISSION": whole}
    assert amounts == {Component(name): amount for name, amount in expected_amounts.items()}
    assert all((figure.amount is None) == (not figure.is_final) for figure in found.values())
    assert all(figure.reason for figure in found.values() if not figure.is_final)


@given(AMOUNTS, st.integers(0, 10_000), st.sampled_from(["OPERATOR", "CLIENT"]))
def test_rewards__of_any_owner__commission_and_the_owners_part_are_the_whole(
    rewards: int, rate: int, ownership: str
) -> None:
    validator = OperatedValidator("0xab", None, "v", ownership, Bps(rate))
    told = rewards_told(validator, {"rewards": rewards, "state": "final", "reason": None})
    assert told.commission is not None
    assert told.staker_rewards is not None
    assert told.commission + told.staker_rewards == rewards == told.gross_rewards
    assert told.commission == (rewards * rate // 10_000 if ownership == "CLIENT" else 0)
    assert [account.staker_rewards for account in told.accounts] == [told.staker_rewards]


def test_penalties__of_a_validator_without_a_row__are_missing_and_not_zero() -> None:
    window = reference([3])
    [costs] = penalties_told(window, {}).values()
    assert costs["CONSENSUS_PENALTY"]["amount"] is None
    assert costs["CONSENSUS_PENALTY"]["state"] == "unavailable"


def test_pnl__of_the_whole_chain__balance_and_execution_income_of_whoever_owns_it(
    database: Database, configuration: Configuration
) -> None:
    layers = published(database, configuration)
    clients: dict[int, int | None] = {**CLIENTS, 63: None}
    operated = tuple(
        OperatedValidator(
            pubkeys()[str(index)],
            None,
            f"v{index}",
            "CLIENT" if index in clients else "OPERATOR",
            Bps(rate) if (rate := clients.get(index)) is not None else None,
        )
        for index in range(64)
    )
    window = replace(reference(), validators=operated)
    income = {pubkeys()[row["validator_index"]]: row for row in expected("by_validator")}
    fees = [{**window.row(key), "fees": int(row["priority_fees_wei"]), "state": "final"} for key, row in income.items()]
    tips = [
        {**window.row(key), "validator_tips": int(row["mev_payments_wei"]), "state": "final"}
        for key, row in income.items()
    ]
    result = validator_pnl(
        window,
        frame_of(FEES, fees),
        frame_of(MEV, tips),
        layers[REWARDS.name].frame,
        layers[POSITIONS.name].frame,
        layers[COSTS.name].frame,
        operator_wallets=(),
        costs_due=[CostType.CONSENSUS_PENALTY],
        own_balances=True,
    )
    assert broken(result) == ()
    balances = balance_rows(layers[BALANCES.name].frame)
    for line in result.frame.iter_rows(named=True):
        row, balance = income[line["validator_key"]], balances[line["validator_key"]]
        streams = [int(row["priority_fees_wei"]), int(row["mev_payments_wei"]), int(balance["rewards"])]
        index = int(row["validator_index"])
        if index in OWN:
            assert line["net"] == int(row["cl_pnl_gwei"]) * GWEI + streams[0] + streams[1]
            assert (line["commission"], line["commission_reason"]) == (0, "OPERATOR_OWNED")
        elif index in CLIENTS:
            assert line["net"] == line["commission"] == sum(one * 500 // 10_000 for one in streams)
            assert [line[name] for name in ("exec_fees", "mev_tips", "vote_rewards", "consensus_penalty")] == [0] * 4
        else:
            assert (line["commission"], line["net"]) == (None, None)
            assert "operator_fee_bps is not registered" in line["reason"]
    # The worked example of the specification: validators 0 to 3, 10 percent of both layers.
    first = result.frame.head(4)
    assert int(first["net"].sum()) == 54_271_569_038_606_406
    assert int(first["net"].sum()) * 1_000 // 10_000 == 5_427_156_903_860_640


def test_verify__the_whole_window__follows_from_the_stored_bytes(
    database: Database, configuration: Configuration
) -> None:
    published(database, configuration)
    with database.connect() as connection:
        findings = verify_period(connection, KEY, aurora=aurora_of(database, configuration), deep=True)
    assert findings.failures == ()


def test_recompute__of_the_same_answers__publishes_nothing_new(
    database: Database, configuration: Configuration
) -> None:
    before = published(database, configuration)
    for draft in (draft_balances, draft_rewards, draft_costs):
        with database.connect() as connection:
            drafts = draft(configuration, connection, KEY)
        outcomes = write_check_publish(database, drafts if isinstance(drafts, list) else [drafts])
        assert [outcome.standing.value for outcome in outcomes] == ["unchanged"]
        assert [outcome.content_digest for outcome in outcomes] == [
            before[outcome.table.name].content_digest for outcome in outcomes
        ]

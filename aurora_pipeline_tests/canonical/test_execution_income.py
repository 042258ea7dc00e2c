"""The small chain through staging and the database: what every block paid, and each validator's fees and tips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.canonical.drafts import draft_fees, draft_mev
from aurora_pipeline.canonical.income_drafts import draft_execution_income
from aurora_pipeline.config import Configuration
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.registry.tables import FEE_RECIPIENTS
from aurora_pipeline.staging.run import stage_period
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import Completeness
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.work.late import load_pending
from aurora_pipeline_tests.decided import decide
from aurora_pipeline_tests.devchain.configured import KEY, WHOLE_PROVIDERS, WHOLE_ROLES, configured
from aurora_pipeline_tests.devchain.files import expected, held
from aurora_pipeline_tests.devchain.server import DevChain, pubkeys, serving
from aurora_pipeline_tests.devchain.staged import SINCE, aurora_of, register, register_recipients, staged
from aurora_pipeline_tests.faults.server import FaultServer, Reply, Seen
from aurora_pipeline_tests.gated import write_check_publish

STAGED = (DataType.REWARDS, DataType.FEES, DataType.MEV)


@pytest.fixture
def chain() -> DevChain:
    return DevChain()


@pytest.fixture
def served(chain: DevChain) -> Iterator[FaultServer]:
    with serving(chain) as running:
        yield running


@pytest.fixture
def configuration(served: FaultServer, tmp_path: Path) -> Configuration:
    return configured(tmp_path, served.url, WHOLE_ROLES, providers=WHOLE_PROVIDERS)


def register_all(database: Database, recipients: Mapping[str, str] | None = None) -> None:
    """All validators, and the fee recipient of each."""
    register(database)
    register_recipients(database, recipients)


def drafts(database: Database, configuration: Configuration) -> tuple[Draft, Draft, Draft]:
    """The three layers, each from the one before, as they are published."""
    with database.connect() as connection:
        (income,) = draft_execution_income(configuration, connection, KEY)
    write_check_publish(database, [income], None)
    with database.connect() as connection:
        fees, mev = draft_fees(configuration, connection, KEY), draft_mev(configuration, connection, KEY)
    write_check_publish(database, [fees, mev], None)
    return income, fees, mev


def rows(draft: Draft, **where: object) -> list[dict[str, Any]]:
    return [row for row in draft.frame.to_dicts() if all(row[name] == value for name, value in where.items())]


def whole(text: str) -> int | None:
    return int(text) if text else None


def test_income__of_the_small_chain__every_slot_and_every_validator_to_the_wei(
    database: Database, configuration: Configuration
) -> None:
    register_all(database)
    reports = staged(database, configuration, *STAGED)
    assert [report.is_complete for report in reports] == [True, True, True]
    income, fees, mev = drafts(database, configuration)
    assert [one.completeness for one in (income, fees, mev)] == [Completeness.FINAL] * 3
    slots = {row["slot"]: row for row in rows(income, row_kind="SLOT")}
    told = {int(row["slot"]): row for row in expected("execution_by_slot") if 16 <= int(row["slot"]) < 120}
    assert sorted(slots) == sorted(told)
    for slot, row in slots.items():
        wanted = told[slot]
        assert row["validator_key"] == pubkeys()[wanted["proposer_index"]]
        assert (row["kind"] == "MISSED") == (wanted["kind"] == "missed")
        assert row["fees"] + row["mev"] == (whole(wanted["proposer_el_income_wei"]) or 0)
        assert row["fees"] == (whole(wanted["proposer_priority_fees_wei"]) or 0)
        assert (row["tips"], row["burned_fees"]) == (whole(wanted["priority_fees_wei"]), whole(wanted["burnt_wei"]))
        assert (row["payment"], row["claim"]) == (
            whole(wanted["builder_payment_onchain_wei"]),
            whole(wanted["relay_claimed_value_wei"]),
        )
        relays = "|".join(f"relay-{one}" for one in wanted["relays"].split("|") if one)
        assert (row["relays"] or "") == relays
    keys = {key: index for index, key in pubkeys().items()}
    by_index = {line["validator_index"]: line for line in expected("by_validator")}
    for paid, tipped in zip(fees.frame.to_dicts(), mev.frame.to_dicts(), strict=True):
        line = by_index[keys[paid["validator_key"]]]
        assert (paid["fees"], tipped["validator_tips"]) == (
            int(line["priority_fees_wei"]),
            int(line["mev_payments_wei"]),
        )
        assert (paid["blocks_produced"], paid["slots_skipped"]) == (
            int(line["blocks_proposed"]),
            int(line["blocks_missed"]),
        )
        assert (tipped["method"], tipped["staker_tips"]) == ("PAYMENTS", 0)


def test_income__the_worked_example__partner_of_validators_0_to_3(
    database: Database, configuration: Configuration
) -> None:
    register_all(database)
    staged(database, configuration, *STAGED)
    _, fees, mev = drafts(database, configuration)
    ours = {pubkeys()[str(index)] for index in range(4)}
    paid = sum(int(row["fees"]) for row in rows(fees) if row["validator_key"] in ours)
    tips = sum(int(row["validator_tips"]) for row in rows(mev) if row["validator_key"] in ours)
    assert paid + tips == 483_000_038_606_406


def test_income__its_traps__warned_of_by_name(database: Database, configuration: Configuration) -> None:
    register_all(database)
    staged(database, configuration, *STAGED)
    income, _, _ = drafts(database, configuration)
    assert len(income.warnings) == 3
    for slot, words in (
        (33, "the chain does not have"),
        (46, "the chain paid 75600001587601 of the 151200003175203"),
        (61, "shows no payment"),
    ):
        assert any(f"slot {slot}: " in text and words in text for text in income.warnings)


def test_income__a_relay_that_is_down__holds_up_only_what_it_alone_explains(
    database: Database, configuration: Configuration, chain: DevChain, served: FaultServer
) -> None:
    register_all(database)
    # Slot 61, which paid nothing, is known to relay b alone.
    chain.answers[r"/relay_b/.*"] = lambda seen: Reply(b"", 503)
    staged(database, configuration, *STAGED)
    income, fees, mev = drafts(database, configuration)
    key = pubkeys()["51"]
    (slot,) = rows(income, row_kind="SLOT", slot=61)
    assert (slot["fees"], slot["mev"], slot["mev_state"]) == (None, None, "pending")
    assert "relay-b" in slot["mev_reason"]
    assert [row["validator_key"] for row in rows(mev) if row["state"] != "final"] == [key]
    assert [row["validator_key"] for row in rows(fees) if row["state"] != "final"] == [key]
    with database.connect() as connection:
        assert {one.data_type for one in load_pending(connection, KEY.chain_id)} == {"mev+relay-b"}
    # It comes back, and is asked for alone.
    del chain.answers[r"/relay_b/.*"]
    served.seen.clear()
    report = stage_period(aurora_of(database, configuration), KEY, DataType.MEV)
    assert report.is_complete
    assert {seen.path.split("/")[1] for seen in served.seen} == {"relay_b"}
    again, _, mev = drafts(database, configuration)
    assert again.completeness is Completeness.FINAL
    assert all(row["state"] == "final" for row in rows(mev))


def test_income__execution_node_that_is_down__no_figure_but_for_who_proposed_nothing(
    database: Database, configuration: Configuration, chain: DevChain
) -> None:
    register_all(database)
    chain.answers[r"/execution/?"] = lambda seen: Reply(b"", 503)
    staged(database, configuration, *STAGED)
    _, fees, mev = drafts(database, configuration)
    idle = {row["validator_key"] for row in rows(fees) if row["blocks_produced"] == 0}
    assert {row["validator_key"] for row in rows(fees, state="final")} == idle
    assert {row["validator_key"] for row in rows(mev, state="final")} >= idle


def test_income__beacon_node_that_is_down__waits_and_says_so_of_everybody(
    database: Database, configuration: Configuration, chain: DevChain
) -> None:
    register_all(database)
    staged(database, configuration)
    chain.answers[r"/eth/.*"] = lambda seen: Reply(b"", 503)
    aurora = aurora_of(database, configuration)
    for data_type in STAGED:
        stage_period(aurora, KEY, data_type)
    income, fees, mev = drafts(database, configuration)
    assert rows(income, row_kind="SLOT") == []
    for row in (*rows(fees), *rows(mev)):
        assert (row["state"], "beacon node's blocks" in row["reason"]) == ("pending", True)
    assert {row["fees"] for row in rows(fees)} | {row["validator_tips"] for row in rows(mev)} == {None}


def test_income__no_fee_recipient_registered__no_final_zero_for_a_proposed_block(
    database: Database, configuration: Configuration
) -> None:
    register_all(database, {})
    staged(database, configuration, *STAGED)
    income, fees, mev = drafts(database, configuration)
    proposed = {row["validator_key"] for row in rows(fees) if row["blocks_produced"]}
    final = {row["validator_key"] for row in rows(fees, state="final")} & {
        row["validator_key"] for row in rows(mev, state="final")
    }
    # Who paid nothing, as a relay proves, is all that is known.
    assert proposed.isdisjoint(final)
    vanilla = [row for row in rows(income, row_kind="SLOT") if row["relays"] is None and row["kind"] != "MISSED"]
    assert vanilla
    assert all(row["fees"] is None and "import the address" in row["reason"] for row in vanilla)


def test_income__recipient_that_changed_within_the_window__each_slot_by_its_own_instant(
    database: Database, configuration: Configuration
) -> None:
    register(database)
    recipients = held("fee_recipients")
    changed = datetime.fromtimestamp(1_800_000_000 + 60 * 6, UTC)
    key, new = pubkeys()["51"], "0x" + "51" * 20
    dated = [(index, to, SINCE, changed if index == "51" else None) for index, to in recipients.items()]
    dated.append(("51", new, changed, None))
    with database.connect() as connection:
        for index, to, since, until in dated:
            row = {"chain_id": KEY.chain_id, "validator_key": pubkeys()[index], "revision": 1, "fee_recipient": to}
            decide(connection, FEE_RECIPIENTS, {**row, "valid_from": since, "valid_until": until})
    staged(database, configuration, *STAGED)
    income, _, mev = drafts(database, configuration)
    told = {row["slot"]: row["kind"] for row in rows(income, row_kind="SLOT", validator_key=key)}
    assert (told[57], told[60]) == ("MEV_PAYMENT", "PAYMENT_TO_OPERATOR")
    # What was its address stays the operator's: the income is the same.
    (tips,) = rows(mev, validator_key=key)
    line = next(line for line in expected("by_validator") if line["validator_index"] == "51")
    assert tips["validator_tips"] == int(line["mev_payments_wei"])
    assert any("slot 60: it was paid to" in text for text in income.warnings)


def test_income__execution_node_of_another_chain__waited_for_and_named(
    database: Database, configuration: Configuration, chain: DevChain
) -> None:
    register_all(database)

    def other(seen: Seen) -> Reply:
        """Its blocks have other hashes than those that the beacon chain has, and are whole."""
        body = chain._execution(seen).body.decode()
        for one in held("execution_by_slot").values():
            body = body.replace(one["block"]["hash"], "0xee" + one["block"]["hash"][4:])
        return Reply(body.encode())

    chain.answers[r"/execution/?"] = other
    staged(database, configuration, *STAGED)
    income, _, _ = drafts(database, configuration)
    (slot,) = rows(income, row_kind="SLOT", slot=44)
    assert (slot["fees"], slot["state"], slot["kind"]) == (None, "pending", "VANILLA")
    assert "on the beacon chain and" in slot["reason"]

"""Entered costs: every mistake with its line, nothing half-imported, and revisions of which the newest counts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurora_pipeline.config import ROLES, Chain, DatedBps, Family, PeriodType
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.money import format_coins
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import Amount, EpochNumber
from aurora_pipeline.registry.cost_entries import EntriesInForce, entries_in_force, import_costs, parse_cost_csv
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.frames import ints
from aurora_pipeline_tests.decided import register_validator

HEADER = "chain_id,epoch,validator_key,cost_type,amount,unit,notes\n"
CHAIN = "solana-mainnet"
CHAINS: Mapping[str, Chain] = {
    CHAIN: Chain(
        chain_id=CHAIN,
        name="Solana",
        enabled=True,
        family=Family.SOLANA,
        period_type=PeriodType.EPOCH,
        first_period=800,
        native_unit="SOL",
        native_decimals=9,
        finality_lag=32,
        protocol_fee_bps=(DatedBps(**{"from": "2025-01-01", "bps": 309}),),
        roles=MappingProxyType(dict.fromkeys(ROLES, ("rpc",))),
    )
}


def mistakes(text: str) -> list[str]:
    return [str(one) for one in parse_cost_csv(text, "costs.csv", CHAINS)[1].found]


@pytest.mark.parametrize(
    ("amount", "unit", "expected"),
    [
        ("12.5", "SOL", 12_500_000_000),
        ("0.000000001", "SOL", 1),
        ("5", "lamport", 5),
        ("7", "lamports", 7),
        ("0", "SOL", 0),
        ("withdraw", "", None),
    ],
)
def test_parse__amounts_with_units__exact_base_units(amount: str, unit: str, expected: int | None) -> None:
    entries, problems = parse_cost_csv(f"{HEADER}{CHAIN},850,V,INFRASTRUCTURE,{amount},{unit},rack\n", "f.csv", CHAINS)
    assert problems.found == []
    assert [(entry.amount, entry.notes, entry.line) for entry in entries] == [(expected, "rack", 2)]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("solana-mainet,850,V,INFRASTRUCTURE,1,SOL,", 'did you mean "solana-mainnet"'),
        (f"{CHAIN},eight,V,INFRASTRUCTURE,1,SOL,", "'eight' is no epoch"),
        (f"{CHAIN},799,V,INFRASTRUCTURE,1,SOL,", "lies before first_period 800"),
        (f"{CHAIN},850,,INFRASTRUCTURE,1,SOL,", "validator_key: must not be empty"),
        (f"{CHAIN},850,V,INFRASTUCTURE,1,SOL,", 'did you mean "INFRASTRUCTURE"'),
        (f"{CHAIN},850,V,INFRASTRUCTURE,-1,SOL,", "OTHER_INCOME"),
        (f"{CHAIN},850,V,INFRASTRUCTURE,,SOL,", "amount: must not be empty"),
        (f"{CHAIN},850,V,INFRASTRUCTURE,1,ETH,", "'ETH' is not a unit of solana-mainnet"),
        (f"{CHAIN},850,V,INFRASTRUCTURE,1,,", "'' is not a unit"),
        (f"{CHAIN},850,V,INFRASTRUCTURE,0.5,lamports,", "more digits"),
        (f"{CHAIN},850,V,INFRASTRUCTURE,0.0000000001,SOL,", "more digits"),
        (f"{CHAIN},850,V,INFRASTRUCTURE,1e99,SOL,", "bounds"),
        (f"{CHAIN},850,V,INFRASTRUCTURE,NaN,SOL,", "not a decimal number"),
        (f"{CHAIN},850,V,INFRASTRUCTURE,1,000,SOL,", "8 cells under 7 columns"),
    ],
)
def test_parse__mistake__named_with_its_line_and_a_remedy(line: str, told: str) -> None:
    good = f"{CHAIN},850,W,INFRASTRUCTURE,1,SOL,\n"
    (mistake,) = mistakes(f"{HEADER}{good}{line}\n{good.replace(',W,', ',X,')}")
    assert mistake.startswith("costs.csv:3 ")
    assert told in mistake


def test_parse__several_mistakes__all_at_once() -> None:
    assert len(mistakes(f"{HEADER}nowhere,x,,Y,-1,SOL,\n")) == 4


def test_parse__same_entry_twice__names_both_lines() -> None:
    line = f"{CHAIN},850,V,INFRASTRUCTURE,1,SOL,\n"
    (mistake,) = mistakes(HEADER + line + line)
    assert mistake.startswith("costs.csv:3 ")
    assert "is on line 2 already" in mistake


@pytest.mark.parametrize("text", ["", HEADER, "chain_id,epoch\n", HEADER.replace("amount", "amuont")])
def test_parse__no_header_or_no_entries__a_mistake(text: str) -> None:
    assert mistakes(text) != []


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**30))
def test_parse__any_amount_in_whole_coins__comes_back_exactly(lamports: int) -> None:
    text = f"{HEADER}{CHAIN},850,V,INFRASTRUCTURE,{format_coins(Amount(lamports), 9)},SOL,\n"
    assert parse_cost_csv(text, "f.csv", CHAINS)[0][0].amount == lamports


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_parse__any_text__mistakes_never_a_traceback(text: str) -> None:
    for start in ("", HEADER):
        entries, problems = parse_cost_csv(start + text, "f.csv", CHAINS)
        assert problems.found or entries


@pytest.fixture
def registered(database: Database) -> Database:
    """A database that knows the validators V and W."""
    with database.connect() as connection:
        for key in "VW":
            register_validator(connection, key, CHAIN)
    return database


def in_force(database: Database, epoch: int = 850) -> EntriesInForce:
    with database.connect() as connection:
        return entries_in_force(connection, CHAIN, EpochNumber(epoch))


def file_of(*lines: str) -> str:
    return HEADER + "".join(f"{CHAIN},{line}\n" for line in lines)


def amounts(database: Database) -> dict[tuple[str, str], tuple[int, int | None]]:
    frame = in_force(database).frame
    keys = zip(frame["validator_key"], frame["entry_type"], strict=True)
    return dict(zip(keys, zip(frame["revision"], ints(frame["amount"]), strict=True), strict=True))


def test_import__new_changed_equal_and_withdrawn__only_differences_are_written(registered: Database) -> None:
    first = import_costs(
        registered,
        file_of("850,V,INFRASTRUCTURE,12.5,SOL,rack", "850,W,INFRASTRUCTURE,1,SOL,", "851,V,INFRASTRUCTURE,2,SOL,"),
        "costs.csv",
        CHAINS,
        "ada",
        "invoices",
    )
    assert (len(first.changed), first.unchanged) == (3, 0)
    assert first.periods == (PeriodKey(CHAIN, EpochNumber(850)), PeriodKey(CHAIN, EpochNumber(851)))

    second = import_costs(
        registered,
        file_of("850,V,INFRASTRUCTURE,13,SOL,rack", "850,W,INFRASTRUCTURE,withdraw,,", "851,V,INFRASTRUCTURE,2,SOL,"),
        "costs.csv",
        CHAINS,
        "ada",
        "invoices",
    )
    assert second.changed == (
        "solana-mainnet:0000850 V INFRASTRUCTURE: 12.500000000 SOL -> 13.000000000 SOL",
        "solana-mainnet:0000850 W INFRASTRUCTURE: 1.000000000 SOL -> nothing",
    )
    assert (second.unchanged, second.periods) == (1, (PeriodKey(CHAIN, EpochNumber(850)),))
    assert amounts(registered) == {
        ("V", "INFRASTRUCTURE"): (2, 13_000_000_000),
        ("W", "INFRASTRUCTURE"): (2, None),
    }


def test_import__same_file_again__changes_nothing_and_lineage_stays(registered: Database) -> None:
    text = file_of("850,V,INFRASTRUCTURE,12.5,SOL,rack")
    import_costs(registered, text, "costs.csv", CHAINS, "ada", "invoices")
    before = in_force(registered).inputs
    again = import_costs(registered, text, "costs.csv", CHAINS, "ada", "invoices")
    assert (again.changed, again.unchanged, again.periods) == ((), 1, ())
    assert in_force(registered).inputs == before


def test_import__amount_changes__lineage_changes(registered: Database) -> None:
    import_costs(registered, file_of("850,V,INFRASTRUCTURE,1,SOL,"), "costs.csv", CHAINS, "ada", "invoices")
    before = in_force(registered).inputs
    import_costs(registered, file_of("850,V,INFRASTRUCTURE,2,SOL,"), "costs.csv", CHAINS, "ada", "invoices")
    assert in_force(registered).inputs != before


def test_import__one_validator_unknown__nothing_is_imported(registered: Database) -> None:
    text = file_of("850,V,INFRASTRUCTURE,1,SOL,", "850,Q,INFRASTRUCTURE,1,SOL,")
    with pytest.raises(AuroraError, match=r"costs\.csv:3  validator_key: 'Q' was never registered"):
        import_costs(registered, text, "costs.csv", CHAINS, "ada", "invoices")
    assert amounts(registered) == {}


def test_import__withdrawing_what_was_never_entered__writes_nothing(registered: Database) -> None:
    report = import_costs(
        registered, file_of("850,V,INFRASTRUCTURE,withdraw,,"), "costs.csv", CHAINS, "ada", "invoices"
    )
    assert (report.changed, amounts(registered)) == ((), {})

"""An operator's own files of fees and tips on a chain whose blocks pay one proposer: in wei, in place of blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.canonical.drafts import draft_fees, draft_mev
from aurora_pipeline.canonical.income_drafts import draft_execution_income
from aurora_pipeline.config import Configuration
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.money import format_coins
from aurora_pipeline.proof.verifying.verify import verify_period
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.frames import exact_rows
from aurora_pipeline_tests.devchain.configured import KEY, PROVIDERS, WHOLE_PROVIDERS, configured
from aurora_pipeline_tests.devchain.files import expected
from aurora_pipeline_tests.devchain.server import pubkeys, serving
from aurora_pipeline_tests.devchain.staged import aurora_of, register, register_recipients, staged
from aurora_pipeline_tests.gated import write_check_publish
from aurora_pipeline_tests.sources.files.workbook import workbook

ROLES_OF_CHAIN = "{fees: [], mev: [], rewards: [beacon], meta: [beacon], positions: [beacon], costs: []}"
TABLE = """
      - data_type: {data_type}
        path: {name}
        columns:
          validator: {{{{column: key}}}}
          epoch: {{{{column: window}}}}
          {field}: {{{{column: {column}, unit: {unit}}}}}
"""
BOOKS = """
  books:
    enabled: true
    kind: file
    base_url: file:.
    files:"""
Rows = dict[str, dict[str, Any]]


@contextmanager
def chain_with(
    folder: Path,
    unit: str = "wei",
    roles: str = "fees: [books], mev: [books]",
    name: str = "books.csv",
    nodes: str = PROVIDERS,
) -> Iterator[Configuration]:
    """The chain with books in some roles."""
    wanted = ROLES_OF_CHAIN.replace("fees: [], mev: []", roles)
    with serving() as server:
        tables = [
            TABLE.format(data_type=data_type, name=name, unit=unit, field=field, column=column)
            for data_type, field, column in (("fees", "fees", "tips"), ("mev", "validator_tips", "paid"))
        ]
        providers = nodes + BOOKS + "".join(tables)
        yield configured(folder, server.url, (ROLES_OF_CHAIN, wanted), providers=providers)


def earned(index: int, times: int = 1_000) -> tuple[int, int]:
    """Tips and payments of a validator in the window; a thousand of them are more wei than there are lamports."""
    row = expected("by_validator")[index]
    return int(row["priority_fees_wei"]) * times, int(row["mev_payments_wei"]) * times


def written(folder: Path, text_of: Callable[[int], str], indices: range = range(8)) -> None:
    rows = [f"{pubkeys()[str(one)]},2,{text_of(earned(one)[0])},{text_of(earned(one)[1])}" for one in indices]
    (folder / "books.csv").write_text("\n".join(["key,window,tips,paid", *rows, ""]))


def computed(database: Database, configuration: Configuration, indices: range = range(8)) -> tuple[Rows, Rows]:
    """Rows of fees and of tips by validator, published as a run does."""
    register(database, indices)
    register_recipients(database)
    staged(database, configuration, DataType.REWARDS, DataType.FEES, DataType.MEV)
    found: list[Rows] = []
    for draft in (draft_execution_income, draft_fees, draft_mev):
        with database.connect() as connection:
            made = draft(configuration, connection, KEY)
        drafts = made if isinstance(made, list) else [made]
        write_check_publish(database, drafts)
        found.append({row["validator_key"]: dict(row) for row in exact_rows(drafts[0].table, drafts[0].frame)})
    with database.connect() as connection:
        assert verify_period(connection, KEY, aurora=aurora_of(database, configuration), deep=True).failures == ()
    return found[1], found[2]


def exactly(fees: Rows, tips: Rows, times: int = 1_000) -> None:
    for index in range(8):
        key, (of_tips, paid) = pubkeys()[str(index)], earned(index, times)
        assert (fees[key]["fees"], fees[key]["state"]) == (of_tips, "final")
        assert {name: tips[key][name] for name in ("total_tips", "validator_tips", "protocol_tips", "staker_tips")} == {
            "total_tips": paid,
            "validator_tips": paid,
            "protocol_tips": 0,
            "staker_tips": 0,
        }


@pytest.mark.parametrize(
    ("unit", "text_of"),
    [
        ("wei", str),
        ("gwei", lambda wei: f"{wei // 10**9}.{wei % 10**9:09d}"),
        ("ETH", lambda wei: format_coins(wei, 18)),
    ],
)
def test_files__of_fees_and_tips__to_the_wei_in_the_unit_that_the_mapping_names(
    database: Database, tmp_path: Path, unit: str, text_of: Callable[[int], str]
) -> None:
    written(tmp_path, text_of)
    with chain_with(tmp_path, unit) as configuration:
        fees, tips = computed(database, configuration)
    exactly(fees, tips)
    proposer = fees[pubkeys()["2"]]
    # How many blocks that was, the beacon chain tells.
    counted = expected("by_validator")[2]
    assert proposer["blocks_produced"] == int(counted["blocks_proposed"]) > 0
    assert proposer["slots_skipped"] == int(counted["blocks_missed"])


def test_files__of_a_workbook__written_out_as_text__to_the_wei(database: Database, tmp_path: Path) -> None:
    rows = [[pubkeys()[str(one)], "2", *map(str, earned(one))] for one in range(8)]
    (tmp_path / "books.xlsx").write_bytes(workbook([["key", "window", "tips", "paid"], *rows]))
    with chain_with(tmp_path, name="books.xlsx") as configuration:
        exactly(*computed(database, configuration))


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("9" * 78, "exceeds the bound"),
        ("1" + "0" * 25 + "1", "is more than 10000000 ETH"),
        ("-1", "is negative"),
        ("0.5", "has more digits than"),
    ],
)
def test_files__amounts_that_nobody_earns__are_refused_with_row_and_column(
    database: Database, tmp_path: Path, cell: str, said: str
) -> None:
    written(tmp_path, str, range(1))
    text = (tmp_path / "books.csv").read_text()
    (tmp_path / "books.csv").write_text(f"{text}{pubkeys()['2']},2,{cell},0\n")
    with chain_with(tmp_path) as configuration:
        fees, _ = computed(database, configuration, range(3))
    row = fees[pubkeys()["2"]]
    assert (row["fees"], row["state"]) == (None, "unavailable")
    assert "row 3, column 'tips'" in row["reason"]
    assert said in row["reason"]


def test_files__of_another_familys_unit__are_refused(database: Database, tmp_path: Path) -> None:
    written(tmp_path, str)
    with chain_with(tmp_path, "lamports") as configuration:
        fees, _ = computed(database, configuration)
    assert "lamports is no unit of ethereum: write unit: wei or gwei or ETH" in str(fees[pubkeys()["0"]]["reason"])


def test_files__beside_a_node_that_tells_the_blocks__the_blocks_count(database: Database, tmp_path: Path) -> None:
    written(tmp_path, str)
    roles = "fees: [execution, books], mev: [relay-a, relay-b, books]"
    with chain_with(tmp_path, roles=roles, nodes=WHOLE_PROVIDERS) as configuration:
        fees, tips = computed(database, configuration)
    exactly(fees, tips, times=1)
    assert {row["method"] for row in tips.values()} == {"PAYMENTS"}

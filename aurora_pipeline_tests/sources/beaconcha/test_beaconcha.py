"""beaconcha.in as a second opinion on what own blocks paid: read exactly, compared, never taken for a figure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.canonical.judging.tables import CROSS_CHECKS
from aurora_pipeline.config import Configuration
from aurora_pipeline.config.vocabulary import ROLES, DataType
from aurora_pipeline.layers import LAYERS
from aurora_pipeline.sources.beaconcha.answers import BlockPaid, read_block_paid
from aurora_pipeline.sources.beaconcha.source import BEACONCHA
from aurora_pipeline.staging.cross_checks import stage_cross_checks
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline_tests.devchain.configured import CHAIN, KEY, WHOLE_PROVIDERS, WHOLE_ROLES, configured
from aurora_pipeline_tests.devchain.files import expected
from aurora_pipeline_tests.devchain.server import DevChain, pubkeys, serving
from aurora_pipeline_tests.devchain.staged import aurora_of, register, register_recipients, staged
from aurora_pipeline_tests.faults.server import Reply, Seen, json_reply
from aurora_pipeline_tests.gated import write_check_publish

WITH_A_CHECKER = (
    f"{WHOLE_ROLES[1]}",
    f"{WHOLE_ROLES[1]}\n    cross_checks: {{fees: [explorer], mev: [explorer]}}",
)
EXPLORER = """  explorer:
    enabled: true
    kind: beaconcha
    base_url: "{url}/api/v2/ethereum"
    api_key: shown-to-nobody
    retries: {{attempts: 1}}
"""
OWN, BUILDER = "0x0fdA" + "ab" * 18, "0x690B" + "cd" * 18


def _side(amount: int, address: str) -> dict[str, Any]:
    return {"amount": str(amount), "recipient": {"address": address, "is_contract": False}}


def _told(total: int, tips: tuple[int, str], paid: tuple[int, str] | None, **more: Any) -> Any:
    data = {"total_reward": _side(total, OWN), "priority_fees": _side(*tips), "mining": None, "finality": "finalized"}
    return {"data": {**data, "mev": None if paid is None else _side(*paid), **more}}


def read(body: Any, status: int = 200) -> BlockPaid:
    request = {"path": "/block/rewards", "body": {"block": {"number": 15_824_493}, "chain": "mainnet"}}
    return read_block_paid(Answer("x", request, status, {}, json.dumps(body).encode(), datetime.now(UTC)), "explorer")


def test_read__a_real_block__the_payment_and_never_the_tips_beside_it() -> None:
    # As the API has it of mainnet's block 15824493.
    whole = _told(126458404824519798, (126419309459217215, BUILDER), (126458404824519798, OWN))
    assert read(whole) == BlockPaid(15_824_493, 0, 126458404824519798)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "fees", "payment"),
    [
        (_told(7, (7, OWN), None), 7, 0),
        # What was paid to whom the tips went to holds the tips already.
        (_told(9, (7, OWN), (9, OWN.lower())), 9, 0),
        (_told(0, (7, BUILDER), (0, OWN)), 0, 0),
    ],
)
def test_read__own_and_built_blocks__one_of_the_two(body: Any, fees: int, payment: int) -> None:
    assert (read(body).fees, read(body).payment) == (fees, payment)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (_told(16, (7, BUILDER), (9, OWN)), 200, "is neither its tips nor its payment"),
        (_told(7, (7, OWN), None, finality="not_finalized"), 200, "the block is not_finalized"),
        ({"data": {}}, 200, "is missing"),
        (_told(7, (7, OWN), None), 403, "HTTP 403"),
        (_told(7, (7, "0x12"), None), 200, "an address"),
        (_told(2**256, (2**256, OWN), None), 200, "115792"),
        ({"data": {"total_reward": {"amount": 1.5, "recipient": {"address": OWN}}}}, 200, ""),
    ],
)
def test_read__what_is_no_answer__refused(body: Any, status: int, words: str) -> None:
    with pytest.raises(UnreadableAnswer, match=words):
        read(body, status)


class Explorer(DevChain):
    """The generated chain, and an explorer that knows what its blocks paid; of one block it may say otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: dict[str, int] = {}
        self.asked: list[int] = []
        self.answers["/api/v2/ethereum/block/rewards"] = self._rewards

    def _rewards(self, seen: Seen) -> Reply:
        asked = json.loads(seen.body)
        assert asked["chain"] == "dev"
        assert seen.headers["authorization"] == "Bearer shown-to-nobody"
        number = str(asked["block"]["number"])
        self.asked.append(int(number))
        [row] = [row for row in expected("execution_by_slot") if row["block_number"] == number]
        more = self.wrong.get(number, 0)
        tips = (int(row["priority_fees_wei"]), row["block_fee_recipient"])
        if row["kind"] == "vanilla":
            return json_reply(_told(tips[0] + more, (tips[0] + more, tips[1]), None))
        paid = int(row["proposer_el_income_wei"]) + more
        return json_reply(_told(paid, tips, (paid, row["proposer_fee_recipient"])))


@pytest.fixture
def explorer() -> Explorer:
    return Explorer()


@pytest.fixture
def configuration(explorer: Explorer, tmp_path: Path) -> Iterator[Configuration]:
    with serving(explorer) as server:
        providers = WHOLE_PROVIDERS + EXPLORER
        yield configured(tmp_path, server.url, WHOLE_ROLES, WITH_A_CHECKER, providers=providers)


def differences(
    database: Database, configuration: Configuration
) -> dict[tuple[str, str], tuple[int | None, int | None]]:
    """Fees and tips that the explorer says otherwise, by validator and column."""
    register(database)
    register_recipients(database)
    staged(database, configuration, DataType.REWARDS, *(role for role in ROLES if role is not DataType.REWARDS))
    reports = stage_cross_checks(aurora_of(database, configuration), KEY)
    assert [report.states for report in reports] == [{"final": 64}, {"final": 64}]
    for layer in LAYERS:
        with database.connect() as connection:
            drafts = layer.draft(configuration, connection, KEY)
        write_check_publish(database, drafts)
        if layer.tables[0] is CROSS_CHECKS:
            break
    with database.connect() as connection:
        rows = connection.execute(f"SELECT * FROM {CROSS_CHECKS.name}".encode()).fetchall()
    return {
        (row["validator_key"], row["figure"]): (_number(row["stated"]), _number(row["other_stated"])) for row in rows
    }


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def test_cross_check__that_agrees__finds_nothing_and_asks_for_own_blocks_once(
    database: Database, configuration: Configuration, explorer: Explorer
) -> None:
    assert differences(database, configuration) == {}
    blocks = [int(row["block_number"]) for row in expected("execution_by_slot") if row["block_number"]]
    window = [int(row["slot"]) in range(16, 120) for row in expected("execution_by_slot") if row["block_number"]]
    assert set(explorer.asked) == {number for number, is_in in zip(blocks, window, strict=True) if is_in}


def test_cross_check__that_differs_in_one_block__is_shown_by_validator(
    database: Database, configuration: Configuration, explorer: Explorer
) -> None:
    [row] = [row for row in expected("execution_by_slot") if row["slot"] == "60"]
    explorer.wrong[row["block_number"]] = 5
    found = differences(database, configuration)
    assert {key for key, _ in found} == {pubkeys()[row["proposer_index"]]}
    assert all(ours is not None and other == ours + 5 for ours, other in found.values())
    assert CHAIN in configuration.chains


def test_source__of_the_kind__keeps_its_promises() -> None:
    assert BEACONCHA.broken_promises() == []

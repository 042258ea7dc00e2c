"""Validators that a file names by their numbers: registered under the keys that a node tells for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from aurora_pipeline.config import Configuration
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.registry.validator_files import import_validators
from aurora_pipeline.registry.validators import registered_validators
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.devchain.configured import CHAIN, configured
from aurora_pipeline_tests.devchain.server import DevChain, pubkeys, serving
from aurora_pipeline_tests.faults.server import Reply, Seen, json_reply

HEADER = "chain_id,validator_key,name,ownership,operator_fee_bps,valid_from\n"


@pytest.fixture
def chain() -> DevChain:
    return DevChain()


@pytest.fixture
def configuration(chain: DevChain, tmp_path: Path) -> Iterator[Configuration]:
    with serving(chain) as server:
        yield configured(tmp_path, server.url)


def imported(
    database: Database, configuration: Configuration, folder: Path, lines: list[str]
) -> dict[str, tuple[str, str, int | None]]:
    path = folder / "validators.csv"
    path.write_text(HEADER + "".join(f"{CHAIN},{line}\n" for line in lines))
    import_validators(database, configuration, path, "ada", "ours")
    with database.connect() as connection:
        rows = registered_validators(connection, CHAIN)
    return {row["validator_key"]: (row["name"], row["ownership"], row["operator_fee_bps"]) for row in rows}


def test_validators__by_number_and_by_key_in_one_file__registered_by_key(
    database: Database, configuration: Configuration, tmp_path: Path
) -> None:
    keys = pubkeys()
    lines = ["3,three,OPERATOR,,2026-01-01", f"{keys['7']},seven,CLIENT,500,2026-01-01", "63,last,CLIENT,0,2026-01-01"]
    assert imported(database, configuration, tmp_path, lines) == {
        keys["3"]: ("three", "OPERATOR", None),
        keys["7"]: ("seven", "CLIENT", 500),
        keys["63"]: ("last", "CLIENT", 0),
    }


def test_validators__a_number_that_the_chain_does_not_have__refuses_the_file_with_its_line(
    database: Database, configuration: Configuration, tmp_path: Path
) -> None:
    with pytest.raises(AuroraError, match=r"validators.csv:3.*validator number 64: ethereum-dev has no such validator"):
        imported(database, configuration, tmp_path, ["3,a,,,2026-01-01", "64,b,,,2026-01-01"])
    with database.connect() as connection:
        assert registered_validators(connection, CHAIN) == []


def test_validators__by_number_while_no_node_can_be_had__refused_by_name(
    database: Database, configuration: Configuration, chain: DevChain, tmp_path: Path
) -> None:
    chain.answers[r".*/validators"] = lambda seen: json_reply({"message": "no"}, 404)
    with pytest.raises(AuroraError, match="no node told its public key: beacon: it does not have the finalized state"):
        imported(database, configuration, tmp_path, ["3,a,,,2026-01-01"])


def test_validators__the_same_one_by_number_and_by_key__refused(
    database: Database, configuration: Configuration, tmp_path: Path
) -> None:
    with pytest.raises(AuroraError, match="overlap"):
        imported(database, configuration, tmp_path, ["3,a,,,2026-01-01", f"{pubkeys()['3']},b,,,2026-01-01"])


def test_validators__ten_thousand_by_number_in_one_file__in_batches(
    database: Database, configuration: Configuration, chain: DevChain, tmp_path: Path
) -> None:
    asked: list[int] = []

    def many(seen: Seen) -> Reply:
        ids = json.loads(seen.body)["ids"]
        asked.append(len(ids))
        template = json.dumps(_template(chain))
        rows = []
        for index in ids:
            one = json.loads(template)
            one["index"], one["validator"]["pubkey"] = index, f"0x{int(index):096x}"
            rows.append(one)
        return json_reply({"execution_optimistic": False, "finalized": True, "data": rows})

    chain.answers[r".*/validators"] = many
    lines = [f"{number},v{number},,,2026-01-01" for number in range(10_000)]
    assert len(imported(database, configuration, tmp_path, lines)) == 10_000
    assert asked == [1_000] * 10


def _template(chain: DevChain) -> object:
    seen = Seen("POST", "", {}, {}, b'{"ids": ["0"]}')
    return json.loads(chain._validators(seen, "127").body)["data"][0]

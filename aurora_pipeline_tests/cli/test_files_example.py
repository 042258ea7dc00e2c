"""docs/files.md as it stands: its files are written, its commands run, and what they print is what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline_tests.cli.conftest import Command
from aurora_pipeline_tests.faults.server import FaultServer, Reply, Seen, rpc_result

PAGE = (Path(__file__).parents[2] / "docs" / "files.md").read_text(encoding="utf-8")
_FILE = re.compile(r"^`([^`\n]+)`(?:(?!\n\n).)*\n\n```(?:yaml|csv)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
SLOTS, HEAD = 432_000, 845 * 432_000 + 1_000


def node(seen: Seen) -> Reply:
    """A node that knows the bounds of epochs and nothing else: what the files tell is not asked of it."""
    method, params = seen.rpc["method"], seen.rpc.get("params", [])
    if method == "getEpochInfo":
        place = {"epoch": HEAD // SLOTS, "slotIndex": HEAD % SLOTS, "slotsInEpoch": SLOTS}
        return rpc_result(seen, {"absoluteSlot": HEAD, "blockHeight": 1, "transactionCount": None, **place})
    if method == "getEpochSchedule":
        schedule = {"slotsPerEpoch": SLOTS, "leaderScheduleSlotOffset": SLOTS, "warmup": False}
        return rpc_result(seen, {**schedule, "firstNormalEpoch": 0, "firstNormalSlot": 0})
    assert method in ("getBlocksWithLimit", "getBlock"), method
    slot = params[0]
    if method == "getBlocksWithLimit":
        return rpc_result(seen, [slot])
    # Epoch 842 begins on 29 August 2025.
    time = 1_756_425_600 + (slot - 842 * SLOTS) * 2 // 5
    block = {"blockHeight": slot, "blockTime": time, "blockhash": f"h{slot}", "rewards": []}
    return rpc_result(seen, {**block, "parentSlot": slot - 1, "previousBlockhash": f"h{slot - 1}"})


def files_of_the_page() -> dict[str, str]:
    return dict(_FILE.findall(PAGE))


def transcript() -> list[tuple[str, str]]:
    """The commands and what each prints."""
    (text,) = _CONSOLE.findall(PAGE)
    return [tuple(part.partition("\n")[::2]) for part in re.split(r"^\$ aurora ", text, flags=re.MULTILINE)[1:]]


def matches(expected: str, found: str) -> bool:
    """Whether they are the same line by line, but for spaces at ends and what `…` stands for."""
    wanted = "\n".join(line.rstrip() for line in expected.strip("\n").splitlines())
    pattern = ".*".join(re.escape(part) for part in wanted.split("…"))
    told = "\n".join(line.rstrip() for line in found.strip("\n").splitlines())
    return re.fullmatch(pattern, told, re.DOTALL) is not None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The page's files."""
    for name, text in files_of_the_page().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def database_url(server: EmbeddedPostgres, folder: Path) -> Iterator[str]:
    """An empty, migrated database of a name, as an operator has it; Dagster gets one beside it."""
    name = folder.name.replace("-", "_")
    server.ensure_database(name)
    upgrade(Database(server.dsn(name)))
    yield server.url(name).replace("postgresql+psycopg://", "postgresql://")
    server.drop_database(f"{name}_dagster")
    server.drop_database(name)


@pytest.mark.slow
def test_page__its_files_and_commands__print_what_it_says(
    folder: Path, database_url: str, aurora: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(files_of_the_page()) == set(PAGE.split("## The folder")[1].split("```")[1].split())
    monkeypatch.chdir(folder)
    with FaultServer(node) as node_server:
        variables = {"AURORA_DATABASE_URL": database_url, "SOLANA_RPC_URL": node_server.url}
        for command, expected in transcript():
            ended = aurora(folder, *command.split(), **variables)
            told = ended.err + ended.out
            assert ended.code == 0, told
            assert matches(expected, told), f"$ aurora {command}\n{told}"
    titles, *rows = (row.strip("| ").split("|") for row in PAGE.split("```\n\n| name")[1].split("\n\n")[0].splitlines())
    with psycopg.connect(database_url) as connection:
        found = connection.execute(PAGE.split("```sql\n")[1].split("```")[0].encode()).fetchall()
    shown = [["" if value is None else str(value) for value in row] for row in found]
    assert shown == [[cell.strip() for cell in row] for row in rows[1:]], titles

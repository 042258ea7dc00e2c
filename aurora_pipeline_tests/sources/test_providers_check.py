"""`aurora providers check`: what it says, what it exits with, and that it says no secret."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from aurora_pipeline.cli.app import build_app
from aurora_pipeline.foundation.addresses import base58_encode
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.sources.kinds import SOURCES
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.cli.documents import data_of
from aurora_pipeline_tests.decided import register_validator
from aurora_pipeline_tests.faults.server import FaultServer, Reply, json_reply
from aurora_pipeline_tests.sources.files.workbook import workbook

SECRET = "sEcReT-0123456789"
PROVIDERS = """
providers:
  wiz: {{enabled: true, kind: stakewiz, base_url: {url}, api_key: {key}, retries: {{attempts: 1}}}}
  gone: {{enabled: {gone}, kind: trillium, base_url: "http://127.0.0.1:9/{key}"}}
  off: {{enabled: false, kind: solanabeach, base_url: "http://127.0.0.1:9", api_key: "${{BEACH_KEY}}"}}
"""
CHAINS = """
chains:
  - {chain_id: some, name: S, enabled: false, family: solana, period_type: EPOCH, first_period: 1, native_unit: SOL,
     native_decimals: 9, finality_lag: 32, roles: {}}
"""


def check(home: Path, monkeypatch: pytest.MonkeyPatch, reply: Reply, *arguments: str, gone: bool = False) -> Result:
    with FaultServer(lambda seen: reply) as server:
        text = PROVIDERS.format(url=server.url, gone=str(gone).lower(), key=SECRET)
        (home / "providers.yaml").write_text(text)
        (home / "chains.yaml").write_text(CHAINS)
        monkeypatch.setenv("AURORA_HOME", str(home))
        monkeypatch.delenv("AURORA_DEMO", raising=False)
        return CliRunner().invoke(build_app(["providers"]), ["providers", "check", *arguments])


FINE = json_reply({"epoch": 842, "slot_height": 5}, 200, **{"ratelimit-remaining": "19"})


def test_check__all_up__exit_0_with_epoch_and_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = check(tmp_path, monkeypatch, FINE, "--json")
    assert result.exit_code == 0
    (one,) = data_of(result.stdout)
    assert (one["provider"], one["up"], one["epoch"], one["observes"]) == ("wiz", True, 842, ["meta"])
    assert one["limits_left"] == [{"header": "ratelimit-remaining", "left": "19"}]


def test_check__one_unreachable__exit_75_and_why_without_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = check(tmp_path, monkeypatch, FINE, "--json", gone=True)
    assert result.exit_code == 75
    assert [one["up"] for one in data_of(result.stdout)] == [True, False]
    assert "no connection" in result.stdout
    assert SECRET not in result.stdout


@pytest.mark.parametrize(
    ("reply", "why", "code"),
    [
        (Reply(b"<html>"), "no JSON", 1),
        (json_reply({"slot_height": 5}), "epoch", 1),
        (Reply(b"", 404), "HTTP 404", 1),
        (Reply(b"", 500), "HTTP 500", 75),
        (Reply(b"", 403), "refuses access", 1),
        (json_reply({"epoch": 1, "key": SECRET}), "repeats the key", 1),
    ],
)
def test_check__answers_nonsense__down(
    reply: Reply, why: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = check(tmp_path, monkeypatch, reply, "wiz", "--json")
    (one,) = data_of(result.stdout)
    assert (result.exit_code, one["up"]) == (code, False)
    assert why in one["problem"]
    assert SECRET not in result.stdout


def test_check__one_unreachable_and_one_refused__exit_1_for_somebody_has_to_act(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check(tmp_path, monkeypatch, Reply(b"", 403), gone=True).exit_code == 1


def test_check__unknown_or_disabled_name__refused_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, remedy in (("wizz", 'did you mean "wiz"?'), ("off", "BEACH_KEY")):
        error = check(tmp_path, monkeypatch, FINE, name).exception
        assert isinstance(error, AuroraError)
        assert remedy in str(error.remedy)


def test_cheap_questions__every_kind_that_has_a_server__has_one() -> None:
    assert {kind for kind, source in SOURCES.items() if source.alive is None} == {"file"}


OWN = """
providers:
  books:
    enabled: true
    kind: file
    base_url: file:bo[o]ks
    files:
      - data_type: fees
        path: fees[new]_{epoch}.csv
        columns: {validator: {column: vote}, fees: {column: fees, unit: SOL}}
      - data_type: positions
        path: positions.xlsx
        columns:
          validator: {column: vote}
          epoch: {column: epoch}
          account: {column: a}
          withdrawer: {column: w}
          stake: {column: s, unit: lamports}
          activation_epoch: {column: on}
          deactivation_epoch: {column: off}
"""
CHAIN_OF_BOOKS = """
chains:
  - {chain_id: some, name: S, enabled: true, family: solana, period_type: EPOCH, first_period: 1, native_unit: SOL,
     native_decimals: 9, finality_lag: 32, protocol_fee_bps: [{from: 2025-01-01, bps: 309}],
     roles: {fees: [books], mev: [], rewards: [], meta: [], positions: [books], costs: []}}
"""
OURS, STRANGER = base58_encode(bytes([1]) * 32), base58_encode(bytes([2]) * 32)


def position(epoch: str, account: str = OURS, on: str = "1") -> list[str]:
    return [OURS, epoch, account, OURS, "5", on, ""]


HEADER = ["vote", "epoch", "a", "w", "s", "on", "off"]


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "providers.yaml").write_text(OWN)
    (tmp_path / "chains.yaml").write_text(CHAINS)
    monkeypatch.setenv("AURORA_HOME", str(tmp_path))
    monkeypatch.delenv("AURORA_DEMO", raising=False)
    folder = tmp_path / "bo[o]ks"
    folder.mkdir()
    for epoch in (9, 99, 842):
        (folder / f"fees[new]_{epoch}.csv").write_text("vote,fees\n")
    (folder / "fees[new]_old.csv").write_text("nothing")
    (folder / "positions.xlsx").write_bytes(workbook([HEADER]))
    return folder


def check_books() -> tuple[int, str, list[str]]:
    result = CliRunner().invoke(build_app(["providers"]), ["providers", "check", "books", "--json"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    (one,) = data_of(result.stdout)
    assert one["up"] == (one["problem"] is None)
    return result.exit_code, str(one["problem"]), one["looked_at"]


def test_check__own_files_in_order__says_which_it_looked_at(books: Path) -> None:
    (books / "fees[new]_842.csv").write_text(f"vote,fees\n{OURS},1\n{STRANGER},2\n")
    (books / "positions.xlsx").write_bytes(workbook([HEADER, *(position(epoch) for epoch in ("841", "842"))]))
    fees = "fees: fees[new]_842.csv, fees[new]_99.csv, fees[new]_9.csv: 2 validators in epoch 842 (and 2 more epochs)"
    positions = "positions: positions.xlsx: 1 validators in epoch 842 (and 1 more epoch)"
    assert check_books() == (0, "None", [fees, positions])


def test_check__a_bad_cell_far_down__not_up_and_every_one_of_them_listed(books: Path) -> None:
    rows = [[OURS, "842", *position("842")[2:]]] + [position("842", account=str(n), on="later") for n in range(9)]
    (books / "positions.xlsx").write_bytes(workbook([HEADER, *rows]))
    code, problem, _ = check_books()
    assert code == 1
    assert "positions.xlsx (positions): 18 mistakes: 9 mistakes in rows 3-11, column 'a'" in problem
    assert "9 mistakes in rows 3-11, column 'on', the first: the number is not a decimal number: 'later'" in problem


def test_check__ours_are_registered__counted_and_strangers_only_warned_of(
    books: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    (books.parent / "chains.yaml").write_text(CHAIN_OF_BOOKS)
    monkeypatch.setenv("AURORA_DATABASE_URL", database.conninfo)
    with database.connect() as connection:
        register_validator(connection, OURS, "some")
    (books / "fees[new]_842.csv").write_text(f"vote,fees\n{OURS},1\n{STRANGER},many\n")
    result = CliRunner().invoke(build_app(["providers"]), ["providers", "check", "books", "--json"])
    (one,) = data_of(result.stdout)
    assert one["problem"] is None, one
    assert one["looked_at"][0].endswith(": 1 validators in epoch 842, 1 of your 1 (and 2 more epochs)")
    (odd,) = one["odd"]
    assert odd.startswith(f"fees: rows about 1 validator that is not operated ({STRANGER}) can't be read")
    (books / "fees[new]_842.csv").write_text(f"vote,fees\n{OURS},many\n{STRANGER},1\n")
    assert check_books()[0] == 1


def test_check__an_older_file_without_its_column__found(books: Path) -> None:
    (books / "fees[new]_9.csv").write_text("vote;fees\n")
    (books / "fees[new]_99.csv").write_text("vote,fee\n")
    code, problem, _ = check_books()
    assert code == 1
    assert "fees[new]_99.csv (fees): the column 'fees' (fees) is not in its header; did you mean 'fee'?" in problem
    assert "fees[new]_9.csv (fees): the column 'fees' (fees) is not in its header, which is one cell" in problem
    assert "separator: semicolon" in problem


def test_check__very_many_files__the_newest_are_opened_and_the_others_counted(books: Path) -> None:
    for epoch in range(1_000, 1_060):
        (books / f"fees[new]_{epoch}.csv").write_text("vote,fees\n")
    (_, problem, (fees, _)) = check_books()
    assert problem == "None"
    assert fees.startswith("fees: fees[new]_1059.csv, ")
    assert fees.endswith("and 47 more, not the 13 older ones: 0 validators in epoch 1059 (and 49 more epochs)")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: (path.unlink(), path.mkdir()), "can't be read: Is a directory"),
        (lambda path: path.write_bytes(b"PK\x03\x04 cut off"), "no XLSX file that can be opened"),
        (lambda path: path.write_bytes(workbook([HEADER])[:-40]), "no XLSX file that can be opened"),
        (lambda path: path.unlink(), "there is no file positions.xlsx"),
        (lambda path: (path.unlink(), path.symlink_to(path)), "can't be read: "),
    ],
)
def test_check__file_that_cannot_be_opened__said_without_a_traceback(
    books: Path, spoil: Callable[[Path], object], words: str
) -> None:
    spoil(books / "positions.xlsx")
    code, problem, _ = check_books()
    assert (code, words in problem) == (1, True), problem


def test_check__no_folder__said(books: Path) -> None:
    books.rename(books.with_name("elsewhere"))
    assert "there is no folder" in check_books()[1]

"""Corrected, shortened, broken and vanished files: what a source retracts counts no more, an outage takes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from aurora_pipeline.asking.adapter import EVERYONE, ValidatorAsked
from aurora_pipeline.canonical.fees import canonical_fees
from aurora_pipeline.canonical.meta import canonical_meta
from aurora_pipeline.config import Configuration, load_configuration
from aurora_pipeline.foundation.addresses import base58_encode
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.periods.record import Period
from aurora_pipeline.sources.kinds import KINDS
from aurora_pipeline.staging.report import StagingReport
from aurora_pipeline.staging.run import stage
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import fetch_states, load_fetches
from aurora_pipeline.work.epoch_status import Oddities, oddities
from aurora_pipeline_tests.canonical.answers import reference
from aurora_pipeline_tests.faults.server import FaultServer, Reply, json_reply
from aurora_pipeline_tests.sources.trillium.test_trillium import trillium_row

CHAIN, EPOCH = "solana-mainnet", EpochNumber(842)
KEYS = [base58_encode(bytes([number]) * 32) for number in (7, 8, 9)]
CHAINS = """
chains:
  - chain_id: solana-mainnet
    name: Solana
    enabled: true
    family: solana
    period_type: EPOCH
    first_period: 842
    native_unit: SOL
    native_decimals: 9
    finality_lag: 32
    protocol_fee_bps: [{from: 2025-01-01, bps: 309}]
    costs_due: []
    roles: {fees: [books, spare], mev: [], rewards: [], meta: [books], positions: [], costs: []}
"""
TABLE = """
      - data_type: %s
        path: %s
        columns: {validator: {column: vote}, epoch: {column: epoch}, %s}
"""
PROVIDERS = (
    """
providers:
  books:
    enabled: true
    kind: file
    base_url: file:%s/books
    files:"""
    + TABLE % ("fees", "fees.csv", "fees: {column: fees, unit: SOL}")
    + TABLE % ("meta", "meta.csv", "commission_rate: {column: rate, unit: bps}")
    + """
  spare:
    enabled: true
    kind: trillium
    base_url: %s
    retries: {attempts: 1, wait_seconds_max: 0}
"""
)


class Books:
    """An operator's folder of files, staged into a database; `spare` is asked after them."""

    def __init__(self, home: Path, database: Database, spare: str) -> None:
        self.folder, self.database = home / "books", database
        self.folder.mkdir()
        (home / "chains.yaml").write_text(CHAINS)
        (home / "providers.yaml").write_text(PROVIDERS % (home, spare))
        self.home = home

    def write(self, name: str, rows: dict[str, str], title: str = "fees") -> None:
        lines = [f"vote,epoch,{title}", *(f"{key},{EPOCH},{value}" for key, value in rows.items())]
        (self.folder / name).write_text("\n".join(lines) + "\n")

    @property
    def configuration(self) -> Configuration:
        return load_configuration(self.home / "chains.yaml", self.home / "providers.yaml", {}, KINDS)

    def stage(self, data_type: str = "fees", *, refetch: bool = False) -> StagingReport:
        began, ended = datetime(2025, 8, 30, tzinfo=UTC), datetime(2025, 9, 1, tzinfo=UTC)
        first = EPOCH * 432_000
        period = Period(PeriodKey(CHAIN, EPOCH), first, first + 431_999, first, first + 431_999, began, ended)
        asked = [ValidatorAsked(key, None) for key in KEYS]
        configuration = self.configuration
        return stage(self.database, configuration, configuration.chain(CHAIN), period, data_type, asked, refetch)

    def fees(self) -> dict[str, tuple[int | None, str]]:
        """The canonical fees made of what counts now, by validator, each with its state."""
        with self.database.connect() as connection:
            fetches = load_fetches(connection, CHAIN, EPOCH, "fees")
        frame = canonical_fees(reference(*KEYS), fetches).frame
        return {
            row["validator_key"]: (None if row["fees"] is None else int(row["fees"]), row["state"])
            for row in frame.iter_rows(named=True)
        }

    def oddities(self) -> Oddities:
        with self.database.connect() as connection:
            return oddities(connection, PeriodKey(CHAIN, EPOCH))

    def states(self, data_type: str = "fees") -> dict[str, FigureState]:
        with self.database.connect() as connection:
            return fetch_states(connection, CHAIN, EPOCH, data_type)


@pytest.fixture
def books(tmp_path: Path, database: Database) -> Books:
    """A folder whose spare provider can't be had."""
    return Books(tmp_path, database, "http://127.0.0.1:9")


FULL = dict(zip(KEYS, ("1", "2", "3.94"), strict=True))
PAID = {KEYS[0]: (10**9, "final"), KEYS[1]: (2 * 10**9, "final"), KEYS[2]: (3_940_000_000, "final")}
LESS = {key: FULL[key] for key in KEYS[:2]}


@pytest.mark.parametrize("refetch", [True, False])
def test_row_deleted__file_read_again__the_figure_is_no_longer_final_though_the_next_provider_is_down(
    books: Books, refetch: bool
) -> None:
    books.write("fees.csv", FULL)
    assert books.stage().files_refused == ()
    assert books.fees() == PAID
    books.write("fees.csv", LESS)
    report = books.stage(refetch=refetch)
    assert books.fees() == PAID | {KEYS[2]: (None, "pending")}
    (told,) = report.retracted
    assert told.startswith("books has it no longer (the file fees.csv has no row of epoch 842")
    assert told.endswith(KEYS[2])
    # A second look finds nothing new to retract, and changes nothing.
    assert books.stage().retracted == ()
    assert books.fees() == PAID | {KEYS[2]: (None, "pending")}
    books.write("fees.csv", FULL)
    assert books.stage().retracted == ()
    assert books.fees() == PAID


def test_row_changed__without_refetch__read_again_at_once(books: Books) -> None:
    books.write("fees.csv", FULL)
    books.stage()
    assert books.stage().requests == 0
    books.write("fees.csv", FULL | {KEYS[0]: "1.5"})
    assert books.stage().requests > 0
    assert books.fees()[KEYS[0]] == (1_500_000_000, "final")


def test_mapping_changed__without_refetch__read_again_at_once(books: Books) -> None:
    books.write("fees.csv", dict.fromkeys(KEYS, "7"))
    books.stage()
    mapping = books.home / "providers.yaml"
    mapping.write_text(mapping.read_text().replace("{column: fees, unit: SOL}", "{column: fees, unit: lamports}"))
    books.stage()
    assert books.fees() == dict.fromkeys(KEYS, (7, "final"))


def test_file_gone__refetch__figures_stay_and_it_is_said(books: Books) -> None:
    mapping = books.home / "chains.yaml"
    mapping.write_text(mapping.read_text().replace("[books, spare]", "[books]"))
    books.write("fees.csv", FULL)
    books.stage()
    (books.folder / "fees.csv").unlink()
    assert books.stage().files_refused == ()
    report = books.stage(refetch=True)
    assert books.fees() == PAID
    assert report.retracted == ()
    assert report.files_refused == (f"books: there is no file fees.csv in file:{books.folder}",)
    # A file does not come back by waiting five seconds.
    assert not report.nothing_heard


@pytest.mark.parametrize("refetch", [True, False])
def test_file_broken__read_again__figures_stay_and_it_is_said(books: Books, refetch: bool) -> None:
    books.write("fees.csv", FULL)
    books.stage()
    books.write("fees.csv", FULL | {KEYS[2]: "many"})
    report = books.stage(refetch=refetch)
    assert books.fees() == PAID
    (problem,) = report.files_refused
    assert "row 4, column 'fees'" in problem


def test_file_broken_and_put_back__read_again__nothing_says_that_it_could_not_be_read(books: Books) -> None:
    mapping = books.home / "chains.yaml"
    mapping.write_text(mapping.read_text().replace("[books, spare]", "[books]"))
    books.write("fees.csv", FULL)
    books.stage()
    books.write("fees.csv", FULL | {KEYS[2]: "many"})
    assert len(books.stage().files_refused) == 1
    assert len(books.stage().files_refused) == 1, "as long as it is broken, every reading says so"
    assert books.oddities().outdated
    books.write("fees.csv", FULL)
    assert books.stage().files_refused == ()
    assert (books.fees(), books.oddities().outdated) == (PAID, ())
    assert books.stage().requests == 0


def test_file_broken_from_the_start__unavailable__since_no_waiting_mends_it(books: Books) -> None:
    mapping = books.home / "chains.yaml"
    mapping.write_text(mapping.read_text().replace("[books, spare]", "[books]"))
    books.write("fees.csv", FULL | {KEYS[2]: "many"})
    assert len(books.stage().files_refused) == 1
    assert set(books.states().values()) == {FigureState.UNAVAILABLE}


def test_file_of_meta_broken__said_without_that_nobody_observed_it(books: Books) -> None:
    books.write("meta.csv", dict.fromkeys(KEYS, "700"), "rate")
    books.stage("meta")
    books.write("meta.csv", dict.fromkeys(KEYS, "many"), "rate")
    (problem,) = books.stage("meta").files_refused
    assert problem.startswith("books: meta.csv can't be read as providers.yaml says: row 2")


def test_row_deleted_from_meta__word_about_everyone__the_rest_stays_known(books: Books) -> None:
    books.write("meta.csv", dict.fromkeys(KEYS, "700"), "rate")
    books.stage("meta")
    assert books.states("meta") == {EVERYONE: FigureState.FINAL}
    books.write("meta.csv", dict.fromkeys(KEYS[:2], "700"), "rate")
    (told,) = books.stage("meta").retracted
    assert told.startswith("books no longer has all it had (the file meta.csv has no row of epoch 842")
    assert KEYS[2] in told
    assert "everyone" not in told
    assert books.states("meta") == {EVERYONE: FigureState.PARTIAL}
    with books.database.connect() as connection:
        frame = canonical_meta(reference(*KEYS), load_fetches(connection, CHAIN, EPOCH, "meta")).frame
    rates = {row["validator_key"]: row["commission_bps"] for row in frame.iter_rows(named=True)}
    assert rates == {KEYS[0]: 700, KEYS[1]: 700, KEYS[2]: None}
    # What lacks as much as before retracts nothing once more.
    assert books.stage("meta").retracted == ()
    books.write("meta.csv", {}, "rate")
    books.stage("meta")
    assert books.states("meta") == {EVERYONE: FigureState.UNAVAILABLE}


def test_role_left_to_nobody__unavailable_with_that_reason(books: Books) -> None:
    report = books.stage("mev")
    assert report.states == {"unavailable": len(KEYS)}
    (reason,) = report.reasons
    assert reason == "unavailable: no provider is named for the role mev in chains.yaml"


def rows_of(*keys: str) -> list[dict[str, object]]:
    """Trillium's list of the epoch, with the fees of some validators."""
    return [trillium_row(vote_account_pubkey=key, epoch=EPOCH) for key in keys]


def test_api_list_without_it__retracts__and_an_outage_or_an_empty_list_does_not(
    tmp_path: Path, database: Database
) -> None:
    replies: list[Reply] = []
    with FaultServer(lambda seen: replies[-1]) as server:
        books = Books(tmp_path, database, server.url)
        mapping = tmp_path / "chains.yaml"
        mapping.write_text(mapping.read_text().replace("[books, spare]", "[spare]"))
        replies.append(json_reply(rows_of(*KEYS)))
        books.stage()
        paid = books.fees()
        assert {state for _, state in paid.values()} == {"final"}
        for quiet in (Reply(status=503, body=b"down"), json_reply([]), Reply(status=200, body=b"{"), Reply(status=404)):
            replies.append(quiet)
            assert books.stage(refetch=True).retracted == ()
            assert books.fees() == paid, quiet
        replies.append(json_reply(rows_of(*KEYS[:2])))
        (told,) = books.stage(refetch=True).retracted
        assert "does not list it" in told
        assert books.fees() == paid | {KEYS[2]: (None, "unavailable")}


def test_fallback_told_it__first_provider_has_no_row__stays(tmp_path: Path, database: Database) -> None:
    replies = [json_reply(rows_of(*KEYS))]
    with FaultServer(lambda seen: replies[-1]) as server:
        books = Books(tmp_path, database, server.url)
        books.write("fees.csv", LESS)
        books.stage()
        known = books.fees()
        assert {state for _, state in known.values()} == {"final"}
        replies.append(Reply(status=503, body=b"down"))
        # The file never had the row: that it still has none is no word against what the other said.
        assert books.stage(refetch=True).retracted == ()
        assert books.fees() == known


def test_row_back_in_the_file__after_another_told_it__the_file_counts_again(tmp_path: Path, database: Database) -> None:
    with FaultServer(lambda seen: json_reply(rows_of(*KEYS))) as server:
        books = Books(tmp_path, database, server.url)
        books.write("fees.csv", FULL)
        books.stage()
        books.write("fees.csv", LESS)
        books.stage()
        assert books.fees()[KEYS[2]] == (241_071_861_667, "final")
        books.write("fees.csv", FULL)
        books.stage()
        assert books.fees() == PAID


def test_retraction__as_recorded__says_who_and_why(books: Books) -> None:
    books.write("fees.csv", FULL)
    books.stage()
    books.write("fees.csv", LESS)
    books.stage()
    with books.database.connect() as connection:
        rows = connection.execute(
            "SELECT provider, reason, verdict FROM staging_fetches WHERE subject = %s ORDER BY fetch_id", [KEYS[2]]
        ).fetchall()
    first, retraction, last = [(row["provider"], row["reason"], row["verdict"]) for row in rows]
    assert (first, retraction[0], retraction[2]) == (("books", None, "TOLD"), "books", "RETRACTS")
    assert str(retraction[1]).startswith("RETRACTED: the file fees.csv has no row of epoch 842")
    assert last[0] == "spare"


def test_retraction__every_reason_reworded__counts_as_before(books: Books) -> None:
    books.write("fees.csv", FULL)
    books.stage()
    books.write("fees.csv", LESS)
    books.stage()
    before = books.states("fees"), books.fees()
    with psycopg.connect(books.database.conninfo) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE staging_fetches SET reason = 'RETRACTED: no, it is there: ' || fetch_id")
    assert (books.states("fees"), books.fees()) == before

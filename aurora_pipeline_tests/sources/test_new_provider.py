"""A provider that only its own folder knows: registered, checked, asked over HTTP, counted, traced and verified."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from aurora_pipeline.foundation.addresses import base58_encode
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline_tests.cli.conftest import Command, Ended, aurora
from aurora_pipeline_tests.faults.server import FaultServer, Reply, Seen, json_reply
from aurora_pipeline_tests.sources import good
from aurora_pipeline_tests.sources.tally.source import TALLY

__all__ = ["aurora"]

CHAIN, EPOCH = "solana-mainnet", 842
THEIRS = "THIRD_PARTY: as counted has it"
NORTH, SOUTH = (base58_encode(bytes([number]) * 32) for number in (7, 8))
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
    periods: [books]
    roles: {fees: [counted], mev: [], rewards: [], meta: [], positions: [], costs: []}
"""
PROVIDERS = """
providers:
  counted: {enabled: true, kind: tally, base_url: "%s", retries: {attempts: 1, wait_seconds_max: 0}}
  books:
    enabled: true
    kind: file
    base_url: file:books
    files:
      - data_type: period
        path: epochs.csv
        columns:
          epoch: {column: epoch}
          first_slot: {column: from}
          last_slot: {column: to}
          started_at: {column: began}
          ended_at: {column: ended}
"""
EPOCHS = "epoch,from,to,began,ended\n842,363744000,364175999,2025-08-30,2025-09-01T01:02:03Z\n"


@pytest.fixture
def tally() -> Iterator[None]:
    """Tally is a kind of provider while the test runs."""
    with good.registered(TALLY):
        yield


class Tallies:
    """What the API answers at the moment."""

    def __init__(self) -> None:
        self.fees: dict[str, tuple[str | None, int, int]] = {}
        self.cut_at: int | None = None
        """How many bytes of the list come, with HTTP 200 all the same."""

    def answer(self, seen: Seen) -> Reply:
        if seen.path == "/epochs":
            return json_reply({"newest": EPOCH})
        if seen.path != f"/epochs/{EPOCH}/fees" or not self.fees:
            return json_reply({"error": "unknown"}, status=404)
        rows = [{"vote": key, "fees": fees, "led": led, "blocks": made} for key, (fees, led, made) in self.fees.items()]
        reply = json_reply({"epoch": EPOCH, "count": len(rows), "validators": rows})
        return replace(reply, body=reply.body[: self.cut_at])


@pytest.fixture
def tallies() -> Tallies:
    return Tallies()


class Operator:
    """A workspace that asks Tally alone, and the commands run in it."""

    def __init__(self, home: Path, url: str, command: Command) -> None:
        self.home, self.url, self._command = home, url, command

    def run(self, *arguments: str) -> Ended:
        return self._command(self.home, *arguments, AURORA_DATABASE_URL=self.url)

    def fees(self) -> dict[str, tuple[int | None, str, str | None]]:
        """What each validator earned by its blocks, in the P&L in force."""
        with psycopg.connect(self.url) as connection:
            rows = connection.execute("SELECT name, exec_fees, exec_fees_state, exec_fees_reason FROM validator_pnl")
            return {
                name: (None if fees is None else int(fees), state, reason)
                for name, fees, state, reason in rows.fetchall()
            }


@pytest.fixture
def operator(
    tmp_path: Path, server: EmbeddedPostgres, aurora: Command, tallies: Tallies, tally: None
) -> Iterator[Operator]:
    name = tmp_path.name.replace("-", "_")
    server.ensure_database(name)
    upgrade(Database(server.dsn(name)))
    with FaultServer(tallies.answer) as api:
        (tmp_path / "chains.yaml").write_text(CHAINS)
        (tmp_path / "providers.yaml").write_text(PROVIDERS % api.url)
        (tmp_path / "books").mkdir()
        (tmp_path / "books" / "epochs.csv").write_text(EPOCHS)
        listed = ["chain_id,validator_key,identity_key,name,ownership,operator_fee_bps,valid_from,valid_until"]
        listed += [f"{CHAIN},{key},,{name},OPERATOR,,2025-01-01," for key, name in ((NORTH, "North"), (SOUTH, "South"))]
        (tmp_path / "validators.csv").write_text("\n".join(listed) + "\n")
        url = server.url(name).replace("postgresql+psycopg://", "postgresql://")
        operator = Operator(tmp_path, url, aurora)
        assert operator.run("validators", "import", str(tmp_path / "validators.csv")).code == 0
        yield operator
    server.drop_database(f"{name}_dagster")
    server.drop_database(name)


def test_new_provider__asked_checked_and_counted__nothing_else_knows_it(operator: Operator, tallies: Tallies) -> None:
    tallies.fees = {NORTH: ("1500000000", 8, 7), SOUTH: ("4", 4, 4)}
    checked = operator.run("providers", "check", "counted")
    assert (checked.code, "842" in checked.told) == (0, True), checked.told
    ended = operator.run("backfill", CHAIN, str(EPOCH))
    assert ended.code == 0, ended.told
    assert operator.fees() == {"North": (1_500_000_000, "final", THEIRS), "South": (4, "final", THEIRS)}
    assert operator.run("verify", CHAIN, str(EPOCH)).code == 0


@pytest.mark.slow
def test_new_provider__late_then_without_one_of_them__no_zero_is_made_of_it(
    operator: Operator, tallies: Tallies
) -> None:
    assert operator.run("backfill", CHAIN, str(EPOCH)).code == 0
    late = "counted has not published epoch 842 yet"
    assert operator.fees() == dict.fromkeys(("North", "South"), (None, "pending", late))
    tallies.fees = {NORTH: ("12", 8, 8)}
    assert operator.run("backfill", CHAIN, str(EPOCH)).code == 0
    found = operator.fees()
    assert (found["North"], found["South"][:2]) == ((12, "final", THEIRS), (None, "unavailable"))


def test_new_provider__list_was_cut_off__a_plain_backfill_asks_for_it_again(
    operator: Operator, tallies: Tallies
) -> None:
    tallies.fees, tallies.cut_at = {NORTH: ("12", 8, 8), SOUTH: ("4", 4, 4)}, 40
    assert operator.run("backfill", CHAIN, str(EPOCH)).code == 0
    assert {state for _, state, _ in operator.fees().values()} == {"pending"}
    tallies.cut_at = None
    assert operator.run("backfill", CHAIN, str(EPOCH)).code == 0
    assert operator.fees() == {"North": (12, "final", THEIRS), "South": (4, "final", THEIRS)}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (("0", 8, 8), "counted has 8 blocks of it, and fees of 0"),
        ((str(2**63), 8, 8), "is more than 10000000 SOL"),
        (("5", 7, 8), "8 blocks in 7 led slots"),
        ((None, 8, 8), "counted has no fees in its row"),
    ],
    ids=["0 of 8 blocks", "2^63", "8 blocks in 7 slots", "null"],
)
@pytest.mark.slow
def test_new_provider__row_that_cannot_be__no_figure_until_it_is_mended_and_the_other_validator_stands(
    operator: Operator, tallies: Tallies, row: tuple[str | None, int, int], why: str
) -> None:
    tallies.fees = {NORTH: row, SOUTH: ("4", 4, 4)}
    assert operator.run("backfill", CHAIN, str(EPOCH)).code == 0
    found = operator.fees()
    assert (found["North"][0], found["South"]) == (None, (4, "final", THEIRS))
    assert why in str(found["North"][2])
    tallies.fees[NORTH] = ("12", 8, 8)
    assert operator.run("backfill", CHAIN, str(EPOCH)).code == 0
    assert operator.fees()["North"] == (12, "final", THEIRS)


def test_new_provider__not_registered__refused_with_the_kinds_there_are(tmp_path: Path, aurora: Command) -> None:
    (tmp_path / "chains.yaml").write_text(CHAINS)
    (tmp_path / "providers.yaml").write_text(PROVIDERS % "http://127.0.0.1:9")
    ended = aurora(tmp_path, "config", "check")
    assert (ended.code, "tally" in ended.told, "solana_rpc" in ended.told) == (2, True, True), ended.told

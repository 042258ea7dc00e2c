"""An operator with nothing but files: corrected, they restate what was published, and the command says what and why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from aurora_pipeline.foundation.addresses import base58_encode
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline_tests.cli.conftest import Command, Ended, aurora
from aurora_pipeline_tests.cli.documents import data_of

__all__ = ["aurora"]
pytestmark = pytest.mark.slow

CHAIN, EPOCH = "solana-mainnet", 842
KEYS = {name: base58_encode(bytes([number]) * 32) for number, name in enumerate(("North", "South", "West"), 7)}
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
    roles: {fees: [books], mev: [books], rewards: [books], meta: [], positions: [], costs: []}
"""
TABLE = """
      - data_type: %s
        path: earnings_{epoch}.csv
        columns: {validator: {column: vote}, %s}
"""
PERIODS = """
      - data_type: period
        path: epochs.csv
        columns:
          epoch: {column: epoch}
          first_slot: {column: from}
          last_slot: {column: to}
          started_at: {column: began}
          ended_at: {column: ended}
"""
PROVIDERS = (
    """
providers:
  books:
    enabled: true
    kind: file
    base_url: file:books
    files:"""
    + TABLE % ("fees", "fees: {column: fees, unit: SOL}")
    + TABLE % ("mev", "validator_tips: {column: tips, unit: SOL}")
    + TABLE % ("rewards", "commission: {column: commission, unit: SOL}")
    + PERIODS
)
EPOCHS = """\
epoch,from,to,began,ended
842,363744000,364175999,2025-08-30,2025-09-01T01:02:03Z
843,364176000,364607999,2025-09-01T01:02:03Z,2025-09-03T04:00:00+02:00
"""
ROWS = {"North": "1.5,0.25,0.5", "South": "2,0,0.1", "West": "3.94,1,0.2"}


AGREEMENTS = f"""
partners: [{{partner: acme, name: Acme, payable_series: {{{CHAIN}: EPOCH}}}}]
agreements:
  - agreement: acme-2025
    partner: acme
    active_from: 2025-01-01
    rules: [{{rule: fees, chain: {CHAIN}, component: EXEC_FEES, method: FIXED_SHARE, rate_bps: 1000}}]
"""


class Books:
    """A workspace of files alone, and the commands run in it."""

    def __init__(self, home: Path, url: str, command: Command) -> None:
        self.home, self.url, self._command = home, url, command
        (home / "books").mkdir()
        (home / "chains.yaml").write_text(CHAINS)
        (home / "providers.yaml").write_text(PROVIDERS)
        (home / "books" / "epochs.csv").write_text(EPOCHS)
        self.write(ROWS)

    def write(self, rows: dict[str, str]) -> None:
        lines = ["vote,fees,tips,commission", *(f"{KEYS[name]},{row}" for name, row in rows.items())]
        (self.home / "books" / f"earnings_{EPOCH}.csv").write_text("\n".join(lines) + "\n")

    def run(self, *arguments: str) -> Ended:
        return self._command(self.home, *arguments, AURORA_DATABASE_URL=self.url)

    def line_of(self, name: str) -> str:
        with psycopg.connect(self.url) as connection:
            query = """SELECT line_id::text FROM partner_commission_lines
                       WHERE validator_key = %s AND component = 'EXEC_FEES'"""
            (line,) = connection.execute(query, [KEYS[name]]).fetchone() or ("",)
        return str(line)

    def owed(self, name: str) -> int | None:
        """What the partner is owed of a validator's fees."""
        with psycopg.connect(self.url) as connection:
            query = "SELECT final FROM partner_commission_lines WHERE validator_key = %s"
            (amount,) = connection.execute(query, [KEYS[name]]).fetchone() or (None,)
        return None if amount is None else int(amount)

    def bodies(self) -> int:
        """How many times the bytes of files are stored."""
        with psycopg.connect(self.url) as connection:
            (files, others) = connection.execute(
                "SELECT (SELECT count(*) FROM staging_file_bodies), (SELECT count(*) FROM staging_bodies)"
            ).fetchone() or (0, 1)
        assert others == 0
        return int(files)

    def pnl(self) -> dict[str, dict[str, Any]]:
        with psycopg.connect(self.url, row_factory=dict_row) as connection:
            return {row["name"]: row for row in connection.execute("SELECT * FROM validator_pnl").fetchall()}


@pytest.fixture
def books(tmp_path: Path, server: EmbeddedPostgres, aurora: Command) -> Iterator[Books]:
    name = tmp_path.name.replace("-", "_")
    server.ensure_database(name)
    database = Database(server.dsn(name))
    upgrade(database)
    books = Books(tmp_path, server.url(name).replace("postgresql+psycopg://", "postgresql://"), aurora)
    listed = ["chain_id,validator_key,identity_key,name,ownership,operator_fee_bps,valid_from,valid_until"]
    listed += [
        f"{CHAIN},{key},{base58_encode(bytes([99]) * 32)},{name},OPERATOR,,2025-01-01," for name, key in KEYS.items()
    ]
    (tmp_path / "validators.csv").write_text("\n".join(listed) + "\n")
    assert books.run("validators", "import", str(tmp_path / "validators.csv")).code == 0
    (tmp_path / "agreements.yaml").write_text(AGREEMENTS)
    applied = books.run("agreements", "apply", str(tmp_path / "agreements.yaml"), "--reason", "signed")
    assert applied.code == 0, applied.told
    yield books
    server.drop_database(f"{name}_dagster")
    server.drop_database(name)


def test_books__a_row_less__then_broken__then_gone(books: Books) -> None:
    ended = books.run("backfill", CHAIN, str(EPOCH))
    assert ended.code == 0, ended.told
    assert books.pnl()["West"]["exec_fees"] == 3_940_000_000
    assert books.bodies() == 2
    assert books.owed("West") == 394_000_000
    traced = books.run("trace", books.line_of("West")).told
    assert "file earnings_842.csv, row 4; fees in column 'fees' (SOL)" in traced
    assert "None blocks" not in traced
    assert "HTTP" not in traced
    books.write({name: row for name, row in ROWS.items() if name != "West"})
    ended = books.run("backfill", CHAIN, str(EPOCH), "--refetch")
    assert ended.code == 0, ended.told
    assert books.owed("West") is None
    line = books.pnl()["West"]
    assert (line["vote_rewards"], line["vote_rewards_reason"]) == (0, "NO_OPERATOR_WALLETS")
    assert (line["exec_fees"], line["exec_fees_state"], line["net"]) == (None, "unavailable", None)
    assert (
        f"exec_fees of West ({KEYS['West']}) was 3.940000000, is not known: the file earnings_842.csv has no row"
        in ended.told
    )
    books.write(ROWS | {"West": "4,1,0.2", "South": "2,0,0.15"})
    ended = books.run("backfill", CHAIN, str(EPOCH))
    assert f"commission of South ({KEYS['South']}) was 0.100000000, is 0.150000000" in ended.told
    assert books.pnl()["West"]["exec_fees"] == 4_000_000_000
    before = books.pnl()
    books.write(ROWS | {"West": "4,1,0.2", "South": "2,0,many"})
    ended = books.run("backfill", CHAIN, str(EPOCH))
    assert (ended.code, books.pnl()) == (1, before), ended.told
    assert "earnings_842.csv can't be read as providers.yaml says: row 3, column 'commission'" in ended.told
    status = books.run("status", CHAIN, str(EPOCH)).told
    assert "figures are those of an earlier reading: rewards: books: earnings_842.csv can't be read" in status
    assert "earlier reading: fees" not in status
    (books.home / "books" / f"earnings_{EPOCH}.csv").unlink()
    ended = books.run("backfill", CHAIN, str(EPOCH), "--refetch")
    assert (ended.code, books.pnl()) == (1, before)
    assert "there is no file earnings_842.csv" in ended.told
    assert "nothing changed" not in ended.told


def test_periods__told_by_a_file__no_node_is_needed_and_they_are_marked(books: Books) -> None:
    assert books.run("periods", "list", CHAIN, "--discover").code == 0
    listed = data_of(books.run("periods", "list", CHAIN, "--json").out)
    assert [(one["first_slot"], one["ended_at"], one["told_by"]) for one in listed] == [
        (363_744_000, "2025-09-01T01:02:03Z", "books"),
        (364_176_000, "2025-09-03T02:00:00Z", "books"),
    ]
    ended = books.run("backfill", CHAIN, str(EPOCH))
    assert ended.code == 0, ended.told
    assert "no chain proved it" in books.run("trace", books.line_of("West")).told
    ended = books.run("backfill", CHAIN, "900")
    assert ended.code == 2
    assert f"no file of books tells when epoch 900 of {CHAIN} began and ended, and no node is asked" in ended.told


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("364175999", "363743999"), "are in no order"),
        (("2025-09-01T01:02:03Z\n", "2999-09-01T01:02:03Z\n"), "has not come yet"),
        (("2025-08-30", "2025-10-30"), "before it began"),
        (("2025-08-30", "30.8.2025"), "'30.8.2025' is no date"),
        (("2025-09-01T01:02:03Z\n843", "2025-09-01T01:02:03\n843"), "has no time zone"),
        (("843,", "842,"), "it has 2 rows of epoch 842"),
    ],
)
def test_periods__file_that_cannot_be_true__refused_and_says_where(
    books: Books, changed: tuple[str, str], said: str
) -> None:
    (books.home / "books" / "epochs.csv").write_text(EPOCHS.replace(*changed, 1))
    ended = books.run("backfill", CHAIN, str(EPOCH))
    assert ended.code == 2
    assert said in ended.told
    assert "epochs.csv can't be read" in ended.told
    check = books.run("providers", "check")
    assert (check.code, said in check.told) == (1, True)


@pytest.mark.parametrize(
    ("tampering", "said"),
    [
        ("UPDATE staging_file_bodies SET body = set_byte(body, 60, get_byte(body, 60) # 1)", "its bytes were changed"),
        ("DELETE FROM staging_file_bodies", "its body is gone"),
    ],
)
def test_verify__bytes_of_a_file_tampered_with__found(books: Books, tampering: str, said: str) -> None:
    assert books.run("backfill", CHAIN, str(EPOCH)).code == 0
    assert books.run("verify", CHAIN, str(EPOCH)).code == 0
    with psycopg.connect(books.url) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(tampering.encode())
    ended = books.run("verify", CHAIN, str(EPOCH))
    assert ended.code == 1
    assert said in ended.told

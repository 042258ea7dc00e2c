"""Partners' wallets: imported all or not at all, one partner per wallet and chain at any instant, dated and kept."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from aurora_pipeline.agreements.in_force import terms_in_force
from aurora_pipeline.agreements.wallets import (
    Duplicates,
    WalletReport,
    end_wallet,
    export_wallets,
    import_wallets,
    wallet_rows,
)
from aurora_pipeline.foundation.addresses import base58_encode
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.registry.tables import OPERATOR_WALLETS
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.agreements.conftest import Apply, agreement, audited, written
from aurora_pipeline_tests.decided import LOGGED_SINCE, decide

A, B, C = (base58_encode(bytes([number]) * 32) for number in (7, 8, 9))
ETHEREUM = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
HEADER = "chain_id,wallet_address,introduced_date,ended_date,partner,notes\n"


@pytest.fixture
def partners(ledger: Database, apply_text: Apply) -> Database:
    apply_text("partners: [{partner: acme, name: Acme}, {partner: halcyon, name: Halcyon Fund}]")
    return ledger


def _import(
    database: Database,
    folder: Path,
    *lines: str,
    partner: str | None = None,
    duplicates: Duplicates = Duplicates.REFUSE,
) -> WalletReport:
    path = folder / "wallets.csv"
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines))
    return import_wallets(database, path, partner, "ada", "signed", duplicates)


def _line(wallet: str, introduced: str = "2026-01-01", ended: str = "", partner: str = "acme", notes: str = "") -> str:
    return f"solana-demo,{wallet},{introduced},{ended},{partner},{notes}"


def _owners(database: Database, day: str, chain: str = "solana-demo") -> dict[str, str]:
    with database.connect() as connection:
        rows = wallet_rows(connection, chain, instant=datetime.fromisoformat(day).replace(tzinfo=UTC))
    return {row["wallet_address"]: row["partner_id"] for row in rows}


def test_import_wallets__new_ones__held_from_their_day_on(partners: Database, tmp_path: Path) -> None:
    report = _import(partners, tmp_path, _line(A), _line(B, "2026-02-01", "2026-03-01"), _line(C, partner="halcyon"))
    assert [change.action for change in report.changes] == ["wallet.introduced"] * 3
    assert _owners(partners, "2025-12-31") == {}
    assert _owners(partners, "2026-02-28") == {A: "acme", B: "acme", C: "halcyon"}
    assert _owners(partners, "2026-03-01") == {A: "acme", C: "halcyon"}
    assert audited(partners)[-1] == ("wallet.introduced", f"wallet/solana-demo/{C}")


def test_import_wallets__partner_as_argument_and_only_the_needed_columns__imported(
    partners: Database, tmp_path: Path
) -> None:
    path = tmp_path / "wallets.csv"
    path.write_text(f"chain_id,wallet_address,introduced_date,notes\nsolana-demo,{A},2026-01-01,treasury\n")
    import_wallets(partners, path, "acme", "ada", "signed")
    with partners.connect() as connection:
        (row,) = wallet_rows(connection)
    assert (row["partner_id"], row["notes"]) == ("acme", "treasury")


def test_import_wallets__every_mistake__told_with_its_line_and_nothing_imported(
    partners: Database, tmp_path: Path
) -> None:
    _import(partners, tmp_path, _line(A, partner="halcyon"))
    before = written(partners)
    with pytest.raises(AuroraError) as refused:
        _import(
            partners,
            tmp_path,
            _line(A),
            _line(B[:-1] + "0"),
            _line(B, "yesterday"),
            _line(B, "2026-02-01", "2026-02-01"),
            _line(B, partner="acne"),
            _line(B, partner=""),
            f"solana-dmo,{B},2026-01-01,,acme,",
            f"ethereum-demo,{ETHEREUM.replace('aA', 'AA')},2026-01-01,,acme,",
            _line(C, "2026-01-01", "2026-06-01"),
            _line(C, "2026-05-31", partner="halcyon"),
            _line(C, "2026-04-01"),
            "solana-demo,x",
        )
    told = refused.value.message.splitlines()[1:]
    expected = [
        ":2  wallet_address: " + A + ' belongs to "halcyon" (Halcyon Fund) on solana-demo since 2026-01-01',
        ":3  wallet_address: ",
        ":4  introduced_date: 'yesterday' is no date",
        ":5  ended_date: 2026-02-01 is not after",
        ':6  partner: there is no partner "acne"; did you mean "acme"?',
        ":7  partner: whose wallet is it?",
        ':8  chain_id: there is no chain "solana-dmo"; did you mean "solana-demo"?',
        ":9  wallet_address: ",
        ":11  wallet_address: " + C + ' belongs to "acme" (Acme) on solana-demo since 2026-01-01 until 2026-06-01, says'
        " line 10",
        ":12  wallet_address: " + C + " stands on line 10 already",
        ":13  2 cells under 6 columns",
    ]
    assert len(told) == len(expected)
    for words in expected:
        assert any(words in line for line in told), (words, told)
    assert "wrong checksum" in refused.value.message
    assert "is not a base58 letter" in refused.value.message
    assert written(partners) == before


def test_import_wallets__argument_and_column_disagree__refused(partners: Database, tmp_path: Path) -> None:
    with pytest.raises(AuroraError, match='the line says "acme", the command says "halcyon"'):
        _import(partners, tmp_path, _line(A), partner="halcyon")
    with pytest.raises(AuroraError, match="no partner 'nobody'"):
        _import(partners, tmp_path, _line(A), partner="nobody")


def test_import_wallets__the_same_partners_already__refused_skipped_or_replaced(
    partners: Database, tmp_path: Path
) -> None:
    _import(partners, tmp_path, _line(A, notes="old"))
    before = written(partners)
    with pytest.raises(AuroraError, match=r":2 .*belongs to \"acme\".*already.*--skip-duplicates.*--replace"):
        _import(partners, tmp_path, _line(A))
    report = _import(partners, tmp_path, _line(A, "2026-02-01"), duplicates=Duplicates.SKIP)
    assert (report.skipped, report.changes, written(partners)) == (1, [], before)
    report = _import(partners, tmp_path, _line(A, notes="old"), duplicates=Duplicates.REPLACE)
    assert (report.changes, written(partners)) == ([], before)
    (change,) = _import(partners, tmp_path, _line(A, "2026-02-01"), duplicates=Duplicates.REPLACE).changes
    assert change.action == "wallet.changed"
    assert _owners(partners, "2026-01-15") == {}
    assert _owners(partners, "2026-02-15") == {A: "acme"}


@pytest.mark.parametrize("duplicates", [Duplicates.SKIP, Duplicates.REPLACE])
def test_import_wallets__of_somebody_else__refused_whatever_is_said_of_duplicates(
    partners: Database, tmp_path: Path, duplicates: Duplicates
) -> None:
    _import(partners, tmp_path, _line(A, "2026-03-01", "2026-06-01", "halcyon"))
    for introduced, ended in (("2026-01-01", ""), ("2026-05-31", ""), ("2026-01-01", "2026-03-02")):
        with pytest.raises(AuroraError, match='belongs to "halcyon"'):
            _import(partners, tmp_path, _line(A, introduced, ended), duplicates=duplicates)
    _import(partners, tmp_path, _line(A, "2026-01-01", "2026-03-01"), duplicates=duplicates)
    _import(partners, tmp_path, _line(A, "2026-06-01"), duplicates=duplicates)
    days = ("2026-02-28", "2026-03-01", "2026-05-31", "2026-06-01")
    assert [_owners(partners, day)[A] for day in days] == ["acme", "halcyon", "halcyon", "acme"]


def test_import_wallets__on_two_chains__two_wallets(partners: Database, tmp_path: Path) -> None:
    small = f"ethereum-demo,{ETHEREUM.lower()},2026-01-01,,halcyon,"
    _import(partners, tmp_path, small)
    assert _owners(partners, "2026-02-01", "ethereum-demo") == {ETHEREUM: "halcyon"}
    assert _owners(partners, "2026-02-01") == {}


def test_end_wallet__then_introduced_to_another__each_in_its_time(partners: Database, tmp_path: Path) -> None:
    _import(partners, tmp_path, _line(A, notes="n"))
    day = datetime(2026, 4, 1, tzinfo=UTC)
    change, _ = end_wallet(partners, "solana-demo", A, day, "ada", "sold")
    assert change.words == ('belongs to "acme" since 2026-01-01 until 2026-04-01',)
    _import(partners, tmp_path, _line(A, "2026-04-01", partner="halcyon"))
    assert [_owners(partners, day)[A] for day in ("2026-03-31", "2026-04-01")] == ["acme", "halcyon"]


@pytest.mark.parametrize(
    ("wallet", "chain", "day", "words"),
    [
        (A, "solana-demo", 1, 'cannot end on 2026-01-01: it belongs to "acme" since 2026-01-01'),
        (B, "solana-demo", 5, "it belongs to nobody"),
        ("x", "solana-demo", 5, "is no Solana key"),
        (A, "solana-dmo", 5, "no chain 'solana-dmo'"),
    ],
)
def test_end_wallet__that_cannot_end__refused(
    partners: Database, tmp_path: Path, wallet: str, chain: str, day: int, words: str
) -> None:
    _import(partners, tmp_path, _line(A))
    before = written(partners)
    with pytest.raises(AuroraError, match=words):
        end_wallet(partners, chain, wallet, datetime(2026, 1, day, tzinfo=UTC), "ada", "why")
    assert written(partners) == before


def test_export_wallets__imported_elsewhere__the_same_rows(partners: Database, tmp_path: Path) -> None:
    _import(partners, tmp_path, _line(A, notes='the "old" one'), _line(B, "2026-02-01", "2026-03-01", "halcyon"))
    with partners.connect() as connection:
        text = export_wallets(wallet_rows(connection))
    path = tmp_path / "exported.csv"
    path.write_text(text)
    report = import_wallets(partners, path, None, "ada", "again", Duplicates.REPLACE)
    assert (report.changes, report.skipped) == ([], 0)


def test_terms_in_force__wallets__of_partners_whose_rules_look_at_them(
    partners: Database, apply_text: Apply, tmp_path: Path
) -> None:
    fixed = "- {rule: tips, chain: solana-demo, component: MEV_TIPS, method: FIXED_SHARE, rate_bps: 500}"
    weighted = fixed.replace("FIXED_SHARE", "STAKE_WEIGHT")
    apply_text(agreement(fixed))
    _import(partners, tmp_path, _line(A), _line(B, "2026-02-01"), _line(C, partner="halcyon"))
    with partners.connect() as connection:
        at = datetime(2026, 1, 15, tzinfo=UTC)
        terms = terms_in_force(connection, "solana-demo", at)
        assert terms.wallets == ()
        assert not [item for item in terms.inputs if "wallets" in item.name]
    apply_text(agreement(weighted, "agreement: second, partner: acme, active_from: 2026-01-01"))
    with partners.connect() as connection:
        terms = terms_in_force(connection, "solana-demo", at)
        row = connection.execute("SELECT record_instant() AS instant").fetchone()
    assert row is not None
    assert [(wallet.wallet_address, wallet.partner_id) for wallet in terms.wallets] == [(A, "acme")]
    (named,) = [item.name for item in terms.inputs if "wallets" in item.name]
    assert named == f"partner_wallets:solana-demo/{A}/1/2026-01-01T00:00:00+00:00"
    end_wallet(partners, "solana-demo", A, datetime(2026, 1, 10, tzinfo=UTC), "ada", "sold")
    with partners.connect() as connection:
        assert terms_in_force(connection, "solana-demo", at).wallets == ()
        assert terms_in_force(connection, "solana-demo", at, as_of=row["instant"]).wallets == terms.wallets


def test_import_wallets__that_are_the_operators_own__warned(partners: Database, tmp_path: Path) -> None:
    with partners.connect() as connection:
        decide(
            connection,
            OPERATOR_WALLETS,
            {
                "chain_id": "solana-demo",
                "wallet_address": A,
                "revision": 1,
                "valid_from": datetime(2026, 1, 1, tzinfo=UTC),
            },
        )
    (warning,) = _import(partners, tmp_path, _line(A), _line(B)).warnings
    assert f"{A} on solana-demo is also among the operator's own wallets" in warning


def test_import_wallets__reaching_back_over_finalized_periods__says_what_to_recompute(
    partners: Database, tmp_path: Path
) -> None:
    with partners.connect() as connection:
        for epoch, end in ((850, "2026-01-02"), (851, "2026-03-02"), (852, "2026-05-02")):
            connection.execute(
                """INSERT INTO canonical_periods
                   (chain_id, epoch, period_key, first_slot, last_slot, first_block_slot, last_block_slot,
                    started_at, ended_at, period_digest, payload_ids)
                   VALUES ('solana-demo', %s, %s, 0, 1, 0, 1, '2025-12-30', %s, %s, '{}')""",
                [epoch, f"solana-demo:{epoch:07d}", end, "0" * 64],
            )
    (warning,) = _import(partners, tmp_path, _line(A), _line(B, "2026-04-01")).warnings
    assert "solana-demo:0000850 to solana-demo:0000852 are computed already" in warning
    _, (warning,) = end_wallet(partners, "solana-demo", A, datetime(2026, 3, 1, tzinfo=UTC), "ada", "sold")
    assert "solana-demo:0000851 to solana-demo:0000852 are computed already" in warning


def test_import_wallets__thousands__in_one_go_with_an_unbroken_audit_chain(partners: Database, tmp_path: Path) -> None:
    wallets = [base58_encode(number.to_bytes(32, "big")) for number in range(2**255, 2**255 + 3000)]
    report = _import(partners, tmp_path, *[_line(wallet) for wallet in wallets])
    assert len(report.changes) == len(_owners(partners, "2026-05-01")) == 3000
    assert audited(partners)[-3000:] == [("wallet.introduced", f"wallet/solana-demo/{one}") for one in wallets]
    with partners.connect() as connection:
        row = connection.execute(
            f"SELECT count(DISTINCT recorded_at) AS moments FROM {LOGGED_SINCE}".encode()
        ).fetchone()
        assert row is not None
        # One for the import, and one for the file of the partners.
        assert row["moments"] == 2


@pytest.mark.parametrize("reason", ["be\0cause", "two\nlines", "\udcff", "x" * 3000])
def test_import_wallets__reason_that_is_not_one_printable_line__refused(
    partners: Database, tmp_path: Path, reason: str
) -> None:
    before = written(partners)
    (tmp_path / "wallets.csv").write_text(HEADER + _line(A) + "\n")
    with pytest.raises(AuroraError, match="the reason cannot be recorded"):
        import_wallets(partners, tmp_path / "wallets.csv", None, "ada", reason)
    assert written(partners) == before


def test_import_wallets__date_before_every_chain__refused(partners: Database, tmp_path: Path) -> None:
    with pytest.raises(AuroraError, match="lies before every chain"):
        _import(partners, tmp_path, _line(A, introduced="0001-01-01"))

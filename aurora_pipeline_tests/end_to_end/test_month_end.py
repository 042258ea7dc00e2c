"""The demo's month ends: August is closed by three people, and what is found out afterwards comes back in September."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.agreements.tables import AGREEMENT_EVENTS, COMMISSION_OVERRIDES, PARTNER_WALLETS
from aurora_pipeline.agreements.wallets import wallet_rows
from aurora_pipeline.cli.demo import close_months
from aurora_pipeline.cli.demo_bundle import hand_out
from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES
from aurora_pipeline.demo.closing import CARRIED, CLOSED_PARTNERS, CORRECTED, DISPUTING, FIRST_MONTH
from aurora_pipeline.demo.comparing import compare_with_terms
from aurora_pipeline.demo.settling import settled_line
from aurora_pipeline.demo.solana.parameters import CHAIN_ID
from aurora_pipeline.foundation.period_key import MonthKey
from aurora_pipeline.proof.replay.compared import ReplayVerdict
from aurora_pipeline.proof.replay.walk import replay
from aurora_pipeline.statements.documents import PayableStatement, payable_statements
from aurora_pipeline.statements.stated import Stage
from aurora_pipeline.statements.tables import MONTHLY_TABLES
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.work.stale_lines import present_periods
from aurora_pipeline_tests.decided import decide
from aurora_pipeline_tests.end_to_end.world import SMALL, Row, World, world

EPOCHS = range(SMALL.first_epoch, SMALL.first_epoch + 7)
AUGUST_IS_OVER, SEPTEMBER_IS_OVER = SMALL.first_epoch + 3, SMALL.first_epoch + 6
SECOND_MONTH = MonthKey(CHAIN_ID, "2026-09")
MONTHS = (FIRST_MONTH, SECOND_MONTH)
GOLDEN = Path(__file__).parents[1] / "golden" / "months.json"
SIGNED = {"reason", "recorded_by", "recorded_at"}
Found = dict[tuple[str, MonthKey], PayableStatement]


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two months of a chain, closed and handed out as the demo does it, the second one not yet decided about."""
    with two_months(tmp_path_factory.mktemp("closed")) as demo:
        hand_out(demo.aurora, CHAIN_ID)
        yield demo


@contextmanager
def two_months(home: Path) -> Iterator[World]:
    with world(home, EPOCHS) as demo:
        for epoch in EPOCHS:
            demo.live(epoch)
            if epoch == AUGUST_IS_OVER:
                assert close_months(demo.aurora, demo.parameters) > 0
        assert close_months(demo.aurora, demo.parameters) > 0
        yield demo


@pytest.fixture
def found(closed: World) -> Found:
    with closed.aurora.database.connect() as connection:
        every = payable_statements(connection, CHAIN_ID)
    return {(one.row["partner_id"], MonthKey(CHAIN_ID, one.key.period)): one for one in every}


def test_close_months__august__is_closed_by_three_people_and_one_partner_is_left(closed: World, found: Found) -> None:
    stages = {partner: one.stage for (partner, month), one in found.items() if month == FIRST_MONTH}
    assert stages == {
        DISPUTING: Stage.PAID,
        CORRECTED: Stage.PAID,
        CARRIED: Stage.RELEASED,
        "meridian": Stage.DRAFT,
    }
    people = closed.rows("""SELECT s.recorded_by AS submitter, a.recorded_by AS approver, r.recorded_by AS releaser
                            FROM statement_submissions s JOIN statement_approvals a USING (statement_id)
                            JOIN statement_releases r USING (statement_id)""")
    assert [len(set(one.values())) for one in people] == [3] * len(CLOSED_PARTNERS)


def test_close_months__held_lines__are_accepted_by_name_and_the_small_total_is_carried_on(found: Found) -> None:
    august, september = found[CARRIED, FIRST_MONTH], found[CARRIED, SECOND_MONTH]
    assert august.stated is not None
    assert len(august.stated.accepted) == august.row["held_count"] == 3
    assert august.row["payable"] == 0
    assert august.row["closing"] == august.row["lines"] == september.row["opening"] > 0


def test_close_months__what_was_found_out_later__is_adjusted_in_september(closed: World, found: Found) -> None:
    entries = adjusted(closed)
    by_cause = {(one["partner_id"], one["cause"]) for one in entries}
    assert by_cause == {(DISPUTING, "OVERRIDE"), (CORRECTED, "RULE")}
    (settled,) = [one for one in entries if one["partner_id"] == DISPUTING]
    assert str(settled["disputed_on"]) == found[DISPUTING, FIRST_MONTH].statement_id
    for partner in CLOSED_PARTNERS:
        row = found[partner, SECOND_MONTH].row
        assert row["adjustments"] == sum(one["amount"] for one in entries if one["partner_id"] == partner)
    for (_, month), one in found.items():
        assert one.stage is Stage.DRAFT or month == FIRST_MONTH


def test_compare__both_months__every_figure_is_as_computed_by_other_code(closed: World) -> None:
    with closed.aurora.database.connect() as connection:
        compared = compare_with_terms(connection, closed.parameters, EPOCHS)
        without = compare_with_terms(connection, closed.parameters, EPOCHS[:-1])
    assert compared is not None
    assert without is not None
    assert compared.differences == without.differences == ()
    # September is over only where its last epoch is followed by one.
    assert compared.compared - without.compared > len(adjusted(closed))


def test_golden__two_months__whole_statements_with_every_figure_and_digest(closed: World) -> None:
    """Content that changes without a raised layer version is a mistake. To accept: run this file as a program."""
    assert told_months(closed) == json.loads(GOLDEN.read_text(encoding="utf-8"))


def told_months(closed: World) -> dict[str, Any]:
    """By month and layer its version, content digest and rows."""
    return {month.month: {table.name: _layer(closed, table, month) for table in MONTHLY_TABLES} for month in MONTHS}


def _layer(closed: World, table: Table, month: MonthKey) -> dict[str, Any]:
    query = "SELECT content_digest FROM in_force WHERE asset = %s AND period = %s"
    columns = ", ".join(table.names)
    rows = closed.rows(
        f"SELECT {columns} FROM {table.name} WHERE month = %s ORDER BY {', '.join(table.key)}", month.month
    )
    return {
        "version": table.version,
        "content": closed.row(query, table.name, month.period)["content_digest"],
        # As text: amounts have more digits than every JSON reader keeps.
        "rows": [{name: None if value is None else str(value) for name, value in row.items()} for row in rows],
    }


@pytest.mark.parametrize("column", ["opening", "lines", "adjustments", "closing"])
def test_compare__a_figure_of_september_that_is_wrong__is_named(closed: World, column: str) -> None:
    with closed.aurora.database.connect() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            f"UPDATE layers.monthly_statements SET {column} = {column} + 1 WHERE month = '2026-09'".encode()
        )
        compared = compare_with_terms(connection, closed.parameters, EPOCHS)
        connection.rollback()
    assert compared is not None
    assert len(compared.differences) == len(CLOSED_PARTNERS) + 1
    assert all(f"2026-09 {column}: " in difference for difference in compared.differences)


def test_compare__an_adjustment_that_is_wrong__is_named(closed: World) -> None:
    with closed.aurora.database.connect() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE layers.monthly_statement_entries SET amount = amount - 1 WHERE partner_id = %s", [DISPUTING]
        )
        compared = compare_with_terms(connection, closed.parameters, EPOCHS)
        connection.rollback()
    assert compared is not None
    assert [text.partition(":")[0] for text in compared.differences] == [
        f"{DISPUTING} 2026-09 adjusts epoch 852 northwind-2026 tips {closed.truth(852).validators[0].vote}  LINE"
    ]


@pytest.mark.parametrize("month", MONTHS, ids=str)
def test_replay__of_a_month__comes_out_as_it_is_in_force(closed: World, month: MonthKey) -> None:
    found = replay(closed.aurora, month)
    assert [(one.asset, one.key, one.why) for one in found.layers if one.verdict is not ReplayVerdict.EQUAL] == []
    assert found.bytes_changed == ()
    assert {table.name for table in MONTHLY_TABLES} <= {one.asset for one in found.layers if one.key == month}


def test_close_months__again__changes_nothing(closed: World) -> None:
    before = closed.publications(), closed.row("SELECT count(*) AS n FROM audit_log")["n"]
    assert close_months(closed.aurora, closed.parameters) == 0
    assert (closed.publications(), closed.row("SELECT count(*) AS n FROM audit_log")["n"]) == before


def test_time__standstill_of_the_chain__ends_september_in_its_seventh_epoch(closed: World) -> None:
    months = {row["epoch"]: row["month"] for row in closed.rows("SELECT epoch, month FROM period_months")}
    assert [months[epoch] for epoch in EPOCHS] == ["2026-08"] * 3 + ["2026-09"] * 3 + ["2026-10"]
    (slots,) = {SMALL.slots_per_epoch}
    before = [SMALL.slot_time(slot + 1) - SMALL.slot_time(slot) for slot in range(850 * slots, 856 * slots)]
    assert set(before) == {48 * 3600 // slots}


def end_of_a_wallet(connection: Connection) -> None:
    row = wallet_rows(connection, CHAIN_ID, "halcyon")[0]
    changed = {"revision": row["revision"] + 1, "ended_at": datetime(2026, 8, 29, tzinfo=UTC)}
    decide(
        connection, PARTNER_WALLETS, {name: row[name] for name in PARTNER_WALLETS.names if name not in SIGNED} | changed
    )


def an_override(connection: Connection, amount: int | None = 5, revision: int = 1, epoch: int = 854) -> None:
    line = settled_line(SMALL, epoch)
    row: Row = {"target": "LINE", "agreement_id": line.agreement_id, "rule_key": line.rule_key, "chain_id": CHAIN_ID}
    row |= {"epoch": epoch, "validator_key": line.validator_key, "wallet_address": "", "computed_seen": None}
    decide(connection, COMMISSION_OVERRIDES, {**row, "revision": revision, "amount": amount})


def a_suspension(connection: Connection) -> None:
    event = {"agreement_id": "meridian-net", "event_number": 3, "status": "SUSPENDED"}
    decide(connection, AGREEMENT_EVENTS, {**event, "effective_from": datetime(2026, 8, 30, tzinfo=UTC)})


def other_pnl(connection: Connection) -> None:
    """As if the P&L in force of an epoch were another."""
    connection.execute(
        "UPDATE snapshots SET lineage_digest = repeat('f', 64) WHERE (asset, epoch) = ('validator_pnl', 852)"
    )


CHANGES: dict[str, tuple[Callable[[Connection], None], set[int]]] = {
    "nothing": (lambda connection: None, set()),
    "an override": (an_override, {854}),
    "an override withdrawn": (lambda connection: an_override(connection, None, 2, 852), {852}),
    "a wallet that ended": (end_of_a_wallet, set(EPOCHS)),
    "a suspension": (a_suspension, {852, 853, 854, 855, 856}),
    "other P&L": (other_pnl, {852}),
}


@pytest.mark.parametrize("what", CHANGES)
def test_current__lines_of_a_lived_chain__as_the_rule_of_what_is_stale_says(closed: World, what: str) -> None:
    change, expected = CHANGES[what]
    with closed.aurora.database.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        change(connection)
        periods = present_periods(connection, closed.chain)
        rows = connection.execute(
            "SELECT epoch FROM in_force WHERE asset = %s AND NOT lines_are_current(snapshot_id)",
            [PARTNER_COMMISSION_LINES.name],
        ).fetchall()
        connection.rollback()
    assert {one.key.epoch for one in periods if one.inputs not in one.lineages} == expected
    assert {row["epoch"] for row in rows} == expected


def adjusted(closed: World) -> list[Row]:
    return closed.rows("SELECT * FROM monthly_statement_entries WHERE kind = 'ADJUSTMENT'")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, two_months(Path(folder)) as accepted:
        GOLDEN.write_text(json.dumps(told_months(accepted), indent=1) + "\n", encoding="utf-8")

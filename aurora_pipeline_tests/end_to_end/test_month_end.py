"""The demo's month ends: August is closed by three people, and what is found out afterwards comes back in September."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aurora_pipeline.cli.demo import close_months
from aurora_pipeline.demo.closing import CARRIED, CLOSED_PARTNERS, CORRECTED, DISPUTING, FIRST_MONTH
from aurora_pipeline.demo.comparing import compare_with_terms
from aurora_pipeline.demo.parameters import CHAIN_ID
from aurora_pipeline.foundation.period_key import MonthKey
from aurora_pipeline.statements.documents import PayableStatement, payable_statements
from aurora_pipeline.statements.stated import Stage
from aurora_pipeline_tests.end_to_end.world import SMALL, Row, World, world

EPOCHS = range(SMALL.first_epoch, SMALL.first_epoch + 7)
AUGUST_IS_OVER, SEPTEMBER_IS_OVER = SMALL.first_epoch + 3, SMALL.first_epoch + 6
SECOND_MONTH = MonthKey(CHAIN_ID, "2026-09")
Found = dict[tuple[str, MonthKey], PayableStatement]


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two months of a chain that were closed as the demo closes them, the second one not yet decided about."""
    with world(tmp_path_factory.mktemp("closed"), EPOCHS) as demo:
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


def adjusted(closed: World) -> list[Row]:
    return closed.rows("SELECT * FROM monthly_statement_entries WHERE kind = 'ADJUSTMENT'")

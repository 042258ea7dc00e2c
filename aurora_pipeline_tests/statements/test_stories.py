"""Months closed, corrected, carried on and paid: stories on a real database, every figure worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from aurora_pipeline.agreements.tables import AGREEMENT_EVENTS, COMMISSION_OVERRIDES, Series
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.period_key import MonthKey, PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.statements.documents import payable_statements
from aurora_pipeline.statements.payable_drafts import draft_month
from aurora_pipeline.statements.stated import Stage
from aurora_pipeline.statements.transitions.opening import import_openings
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.decided import decide
from aurora_pipeline_tests.statements.books import CHAIN, HELD, Books, line_of

_FIGURES = ("number", "opening", "lines", "adjustments", "known_total", "payable", "closing")
AUGUST, SEPTEMBER, OCTOBER = "2026-08", "2026-09", "2026-10"


@pytest.fixture
def books(database: Database) -> Books:
    """Two partners; in August acme has lines of 100 and 50, in September 30."""
    made = Books(database).begin()
    made.set(850, "acme", "v1", 100)
    made.set(851, "acme", "v1", 50)
    made.set(852, "acme", "v1", 30)
    made.live(AUGUST)
    made.settle()
    return made


def figures(books: Books, partner: str, period: str) -> tuple[int, ...]:
    row = books.statement(partner, period).row
    return tuple(
        row[name] for name in ("number", "opening", "lines", "adjustments", "known_total", "payable", "closing")
    )


def frozen_bytes(books: Books, partner: str, period: str) -> list[dict[str, object]]:
    """A statement's row, and its entries, as they stand in the snapshot that is in force now."""
    return books.rows(
        "SELECT s.*, NULL AS published_at, NULL AS content_digest, NULL AS lineage_digest, NULL AS snapshot_id,"
        " NULL AS completeness FROM monthly_statements s WHERE partner_id = %s AND month = %s",
        partner,
        period,
    )


def test_month__over__from_opening_to_closing(books: Books) -> None:
    assert figures(books, "acme", AUGUST) == (1, 0, 150, 0, 150, 150, 0)
    assert figures(books, "brook", AUGUST) == (1, 0, 0, 0, 0, 0, 0)
    assert books.settle() == []


def test_month__not_over_or_never_there__is_refused_with_those_that_are(books: Books) -> None:
    with books.database.connect() as connection:
        with pytest.raises(AuroraError, match="no period that ends after it is known") as refused:
            draft_month(books.configuration, connection, MonthKey(CHAIN, SEPTEMBER))
        assert "2026-08" in str(refused.value.remedy)
        with pytest.raises(AuroraError, match="no period of solana-demo ended in it"):
            draft_month(books.configuration, connection, MonthKey(CHAIN, "2026-05"))


def test_restated__twice_and_back__both_differences_visible_and_the_frozen_month_unchanged(books: Books) -> None:
    books.freeze("acme", AUGUST)
    before = frozen_bytes(books, "acme", AUGUST)
    books.set(850, "acme", "v1", 130)
    books.publish(850)
    books.live(SEPTEMBER)
    books.settle()
    assert figures(books, "acme", SEPTEMBER) == (2, 0, 30, 30, 60, 60, 0)
    assert books.entries("acme", SEPTEMBER) == [("0000850", 30, "DATA")]
    books.freeze("acme", SEPTEMBER)
    books.set(850, "acme", "v1", 100)
    books.publish(850)
    books.live(OCTOBER)
    books.settle()
    # Back to what was stated at first: the second difference takes the first one back.
    assert books.entries("acme", OCTOBER) == [("0000850", -30, "DATA")]
    assert figures(books, "acme", OCTOBER) == (3, 0, 0, -30, -30, 0, -30)
    assert frozen_bytes(books, "acme", AUGUST) == before
    assert books.statement("acme", AUGUST).stage is Stage.RELEASED


def test_restated__new_line_and_removed_line__adjusted_by_the_terms_that_reach_back(books: Books) -> None:
    books.freeze("acme", AUGUST)
    books.set(850, "acme", "v2", 40)
    books.remove(851, "acme", "v1")
    books.correct("acme", 2)
    for epoch in (850, 851):
        books.publish(epoch, version=2)
    books.live(SEPTEMBER)
    books.settle()
    assert sorted(books.entries("acme", SEPTEMBER)) == [("0000850", 40, "RULE"), ("0000851", -50, "RULE")]
    assert figures(books, "acme", SEPTEMBER)[3:5] == (-10, 20)


def test_restated__by_an_override__names_it(books: Books) -> None:
    books.freeze("acme", AUGUST)
    books.publish(850, override={("acme", "v1"): 175})
    books.live(SEPTEMBER)
    books.settle()
    assert books.entries("acme", SEPTEMBER) == [("0000850", 75, "OVERRIDE")]


def test_pending__changes_meanwhile__stay_out_until_it_is_approved(books: Books) -> None:
    books.submit("acme", AUGUST)
    books.set(850, "acme", "v1", 500)
    books.publish(850)
    books.live(SEPTEMBER)
    books.settle()
    assert figures(books, "acme", AUGUST)[4] == 150
    assert figures(books, "acme", SEPTEMBER) == (2, 0, 30, 0, 30, 30, 0)
    books.approve("acme", AUGUST)
    books.settle()
    assert figures(books, "acme", SEPTEMBER) == (2, 0, 30, 400, 430, 430, 0)


def test_rejected__is_a_draft_again__and_follows_what_changed(books: Books) -> None:
    books.submit("acme", AUGUST)
    books.set(850, "acme", "v1", 500)
    books.publish(850)
    books.reject("acme", AUGUST)
    books.settle()
    assert figures(books, "acme", AUGUST)[4] == 550
    books.submit("acme", AUGUST)
    assert books.statement("acme", AUGUST).stated is not None
    assert books.statement("acme", AUGUST).stated.attempt == 2  # type: ignore[union-attr]  # it was submitted


def test_carried_forward__small_and_negative_totals__open_the_next(books: Books) -> None:
    books.minimum("acme", 1_000)
    books.settle()
    assert figures(books, "acme", AUGUST) == (1, 0, 150, 0, 150, 0, 150)
    books.freeze("acme", AUGUST)
    books.remove(850, "acme", "v1")
    books.publish(850)
    books.remove(851, "acme", "v1")
    books.publish(851)
    books.set(852, "acme", "v1", -10)
    books.publish(852)
    books.live(SEPTEMBER)
    books.settle()
    assert figures(books, "acme", SEPTEMBER) == (2, 150, -10, -150, -10, 0, -10)
    books.freeze("acme", SEPTEMBER)
    books.set(854, "acme", "v1", 5_000)
    books.publish(854)
    books.live(OCTOBER)
    books.settle()
    assert figures(books, "acme", OCTOBER) == (3, -10, 5_000, 0, 4_990, 4_990, 0)


def test_series__changed_mid_life__balances_go_on_in_one_chain(books: Books) -> None:
    books.minimum("acme", 200)
    books.pay_by("acme", Series.EPOCH, SEPTEMBER)
    books.settle()
    books.freeze("acme", AUGUST)
    books.set(852, "acme", "v1", 30)
    books.set(853, "acme", "v1", 300)
    books.live(SEPTEMBER)
    books.settle()
    assert figures(books, "acme", "0000852") == (2, 150, 30, 0, 180, 0, 180)
    assert figures(books, "acme", "0000853") == (3, 180, 300, 0, 480, 480, 0)
    assert books.statement("acme", SEPTEMBER).row["number"] is None
    books.freeze("acme", "0000852")
    books.set(851, "acme", "v1", 57)
    books.publish(851)
    books.settle()
    assert books.entries("acme", "0000853") == [("0000851", 7, "DATA")]
    assert figures(books, "acme", "0000853") == (3, 180, 300, 7, 487, 487, 0)


def test_terminated__with_an_open_balance__still_gets_statements(books: Books) -> None:
    books.minimum("acme", 1_000)
    books.settle()
    books.freeze("acme", AUGUST)
    with books.database.connect() as connection:
        ended = {"agreement_id": "acme-1", "event_number": 2, "status": "TERMINATED"}
        decide(
            connection,
            AGREEMENT_EVENTS,
            {**ended, "effective_from": datetime(2026, 9, 1, tzinfo=UTC)},
        )
    books.lines[852] = {}
    books.publish(852)
    books.live(SEPTEMBER)
    books.settle()
    assert figures(books, "acme", SEPTEMBER) == (2, 150, 0, 0, 150, 0, 150)


def test_floor__over_a_month_with_a_missing_base__is_not_known_and_accepted_by_name(database: Database) -> None:
    books = Books(database, ("acme",), floor=1_000).begin()
    books.set(850, "acme", "v1", 100)
    books.set(851, "acme", "v1", None)
    books.live(AUGUST)
    books.settle()
    row = books.statement("acme", AUGUST).row
    assert (row["top_ups"], row["missing_count"], row["unsettled_count"], row["total"]) == (0, 2, 2, None)
    top_up = books.rows("SELECT entry_id::text AS id FROM monthly_statement_entries")[0]["id"]
    with pytest.raises(AuroraError, match="1 figure"):
        books.submit("acme", AUGUST, [line_of("acme", "v1", 851)])
    books.freeze("acme", AUGUST, [line_of("acme", "v1", 851), top_up])
    books.set(851, "acme", "v1", 300)
    books.publish(851)
    books.live(SEPTEMBER)
    books.settle()
    assert sorted(books.entries("acme", SEPTEMBER)) == [("0000851", 300, "DATA"), (AUGUST, 600, "DATA")]


def test_held__accepted_at_nothing__comes_as_an_adjustment_once_it_is_settled(books: Books) -> None:
    books.set(850, "acme", "v2", HELD)
    books.publish(850)
    books.settle()
    with pytest.raises(AuroraError, match="missing or held and were not accepted"):
        books.submit("acme", AUGUST)
    books.freeze("acme", AUGUST, [line_of("acme", "v2", 850)[:8]])
    books.live(SEPTEMBER)
    books.settle()
    assert books.entries("acme", SEPTEMBER) == []
    books.set(850, "acme", "v2", 9)
    books.publish(850)
    books.settle()
    assert books.entries("acme", SEPTEMBER) == [("0000850", 9, "DATA")]


def test_paid__in_parts__paid_when_they_sum_to_what_is_payable(books: Books) -> None:
    books.freeze("acme", AUGUST)
    for amount in (0, 151, 149):
        with pytest.raises(AuroraError, match="is not what is due"):
            books.pay("acme", AUGUST, amount)
    books.pay("acme", AUGUST, 149, is_part=True)
    assert books.statement("acme", AUGUST).stage is Stage.RELEASED
    books.pay("acme", AUGUST, 1)
    assert books.statement("acme", AUGUST).stage is Stage.PAID
    with pytest.raises(AuroraError, match="is PAID, not RELEASED"):
        books.pay("acme", AUGUST, 1)


def test_override__without_a_target__blocks_its_statement(books: Books) -> None:
    override = {"target": "LINE", "agreement_id": "acme-1", "rule_key": "r", "chain_id": CHAIN, "epoch": 850}
    with books.database.connect() as connection:
        row = {**override, "validator_key": "gone", "wallet_address": "", "revision": 1}
        decide(connection, COMMISSION_OVERRIDES, {**row, "amount": 5, "computed_seen": None})
    books.publish(850)
    books.settle()
    assert books.statement("acme", AUGUST).row["blocked_count"] == 1
    with pytest.raises(AuroraError, match="have no target"):
        books.submit("acme", AUGUST)


def test_as_of__before_and_after_each_step__answers_as_it_was(books: Books) -> None:
    moments, stages = [], []
    for step in (lambda: None, books.submit, books.approve, books.release):
        step(*(() if step.__name__ == "<lambda>" else ("acme", AUGUST)))
        with books.database.connect() as connection:
            now = connection.execute("SELECT clock_timestamp() AS now").fetchone()
        assert now is not None
        moments.append(now["now"])
        stages.append(books.statement("acme", AUGUST).stage)
    books.set(850, "acme", "v1", 999)
    books.publish(850)
    books.settle()
    for moment, stage in zip(moments, stages, strict=True):
        with books.database.connect() as connection:
            found = payable_statements(connection, CHAIN, partner_id="acme", as_of=moment)
        assert [(one.stage, one.row["known_total"]) for one in found if one.key.period == AUGUST] == [(stage, 150)]


def test_periods__of_a_month_that_was_paid_elsewhere__are_never_adjusted(books: Books, tmp_path: Path) -> None:
    file = tmp_path / "balances.csv"
    file.write_text(f"partner,chain_id,opening,paid_through\nacme,{CHAIN},-40 lamports,{AUGUST}\n", encoding="utf-8")
    import_openings(books.database, file, "ann", "cut-over")
    books.settle()
    assert books.statement("acme", AUGUST).row["number"] is None
    books.set(850, "acme", "v1", 999)
    books.publish(850)
    books.live(SEPTEMBER)
    books.settle()
    assert figures(books, "acme", SEPTEMBER) == (1, -40, 30, 0, -10, 0, -10)
    books.freeze("acme", SEPTEMBER)
    for partner, why in (("acme", "already"), ("nobody", "no partner")):
        file.write_text(f"partner,chain_id,opening,paid_through\n{partner},{CHAIN},1 SOL,\n", encoding="utf-8")
        with pytest.raises(AuroraError, match=why):
            import_openings(books.database, file, "ann", "again")
    assert PeriodKey(CHAIN, EpochNumber(850)).period == "0000850"


def test_restated__a_line_that_came_after_the_statement_and_went_again__is_taken_back(books: Books) -> None:
    books.freeze("acme", AUGUST)
    books.set(850, "acme", "v2", 40)
    books.publish(850)
    books.live(SEPTEMBER)
    books.settle()
    assert books.entries("acme", SEPTEMBER) == [("0000850", 40, "DATA")]
    books.freeze("acme", SEPTEMBER)
    books.remove(850, "acme", "v2")
    books.publish(850)
    books.live(OCTOBER)
    books.settle()
    # It stands in neither the stated lines nor those in force: only the adjustment told of it.
    assert books.entries("acme", OCTOBER) == [("0000850", -40, "DATA")]

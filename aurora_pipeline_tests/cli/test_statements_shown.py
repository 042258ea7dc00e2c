"""`aurora statements show`: what an accountant looks for in it, after a line was disputed and overridden."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from aurora_pipeline.instance.workspace import DATABASE_VARIABLE
from aurora_pipeline.statements.decided import DisputeVerdict
from aurora_pipeline.statements.formulas import formulas
from aurora_pipeline.statements.transitions.answer import answer, dispute
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.cli.conftest import Command
from aurora_pipeline_tests.statements.books import CHAIN, Books
from aurora_pipeline_tests.statements.forging import AUGUST, LINE, SEPTEMBER, override

Show = Callable[..., str]


@pytest.fixture
def books(database: Database) -> Books:
    """August released, one of its lines disputed and settled by an override, and September computed."""
    made = Books(database).begin()
    made.set(850, "acme", "v1", 100)
    made.set(850, "brook", "v1", 7)
    made.live(AUGUST)
    made.settle()
    for partner in ("acme", "brook"):
        made.freeze(partner, AUGUST)
    identifier = made.statement("acme", AUGUST).statement_id
    dispute(database, identifier, [CHAIN], LINE, "175 lamports", "ann", "it was promised", "acme")
    override(made, "sam", 850, 175)
    answer(database, identifier, [CHAIN], LINE, DisputeVerdict.ACCEPTED, "acme-1/r", "rob", "so it was")
    made.publish(850, override={("acme", "v1"): 175})
    made.live(SEPTEMBER)
    made.settle()
    return made


@pytest.fixture
def show(books: Books, aurora: Command, tmp_path: Path) -> Show:
    """What a command about statements says, in one line."""
    (tmp_path / "chains.yaml").write_text((Path(_DEMO) / "chains.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "providers.yaml").write_text(
        (Path(_DEMO) / "providers.yaml").read_text(encoding="utf-8"), encoding="utf-8"
    )

    def said(*arguments: str, code: int = 0) -> str:
        variables = {DATABASE_VARIABLE: books.database.conninfo, "AURORA_DEMO_URL": "http://x"}
        ended = aurora(tmp_path, "statements", *arguments, **variables)
        assert ended.code == code, ended.told
        return ended.told

    return said


_DEMO = Path(__file__).parents[2] / "aurora_pipeline" / "demo"


def test_show__the_statement_after_a_dispute__says_both_sides_words_and_who_overrode_what_and_why(
    books: Books, show: Show
) -> None:
    for period in (AUGUST, SEPTEMBER):
        told = show("show", "acme", CHAIN, period)
        assert f"of {AUGUST}, ann: line {LINE[:8]} should say 0.000000175, not 0.000000100: it was promised" in told
        assert f"ACCEPTED, settled by commission_overrides:acme-1/r/{CHAIN}/850/LINE/v1//1; rob: so it was" in told
    assert re.search(r"is 0\.000000175", told)
    assert not re.search(r"is 175\b", told)
    assert re.search(r"0\.000000175 . 0\.000000100 . sam . settled", told)
    assert "Disputes" not in show("show", "brook", CHAIN, AUGUST)


def test_list__any__tells_what_is_paid_and_who_has_to_do_what_next(books: Books, show: Show) -> None:
    told = " ".join(re.sub("[│┃]", " ", show("list")).split())
    assert "statement partner period stage payable carried on next" in told
    for row in (
        f"Acme {AUGUST} RELEASED 0.000000100 0.000000000 pay it",
        f"Acme {SEPTEMBER} DRAFT 0.000000075 0.000000000 submit it",
        f"Brook {AUGUST} RELEASED 0.000000007 0.000000000 pay it",
        f"Brook {SEPTEMBER} DRAFT 0.000000000 0.000000000 submit it",
    ):
        assert row in told


def test_show__what_one_correction_does_to_many_lines__is_said_once(books: Books, show: Show) -> None:
    for validator in ("v1", "v2", "v3"):
        books.set(851, "brook", validator, 5)
    books.publish(851)
    books.settle()
    told = " ".join(show("show", "brook", CHAIN, SEPTEMBER).split())
    assert told.count("the line was not there") == 1
    assert "Adjustments of what was stated before, and top-ups; of each: the line was not there" in told
    assert "of each" not in " ".join(show("show", "acme", CHAIN, SEPTEMBER).split())


def test_show__as_json__has_the_overrides_and_disputes_too(books: Books, show: Show) -> None:
    told = json.loads(show("show", "acme", CHAIN, SEPTEMBER, "--json"))["data"]
    (overridden,), (disputed,) = told["overridden"], told["disputes"]
    assert (overridden["amount"]["amount"], overridden["recorded_by"], overridden["validator_key"]) == (
        "175",
        "sam",
        "v1",
    )
    assert (disputed["claimed"]["amount"], disputed["state"], disputed["answer"]) == ("175", "ACCEPTED", "so it was")
    assert disputed["why"] == "it was promised"


def test_show__any_statement__names_both_parties_and_the_formula_of_each_rule(books: Books, show: Show) -> None:
    told = show("show", "acme", CHAIN, AUGUST)
    assert f"from Aurora Validators to Acme (acme), for {CHAIN}:{AUGUST}, in SOL" in told
    words = " ".join(re.sub("[│┃]", " ", told).split())
    assert (
        "acme-1/r version 1 each validator and epoch FIXED_SHARE, GROSS: base = MEV_TIPS floor(base x 500 / 10000)"
        in (words)
    )


def test_formulas__of_tiers_caps_weights_and_losses__say_whose_amount_is_shared() -> None:
    plain = {
        "agreement_id": "a",
        "rule_key": "r",
        "agreement_version": 2,
        "rule_order": 1,
        "kind": "LINE",
        "epoch": 850,
    }
    plain |= {"component": "EXEC_FEES", "basis": "GROSS", "attribution_method": "FIXED_SHARE", "rate_bps": None}
    plain |= {"weight": None, "loss_before": None, "rule_amount": None, "rule_trace": None}
    tiers = plain | {"rule_trace": "floor((100 x 1000) / 10000)", "rule_amount": 10, "basis": "NET", "loss_before": 1}
    cut = plain | {"kind": "CAP_REDUCTION", "rule_trace": "min(10, 15) - 15 = -5", "rule_amount": -5}
    flat = plain | {"rule_key": "s", "rate_bps": 500, "weight": 1, "attribution_method": "STAKE_WEIGHT"}
    top_up = plain | {"kind": "FLOOR_TOP_UP", "epoch": 851, "rule_trace": "max(0, 5 - 1)"}
    unknown = plain | {"rule_key": "t"}
    a = "a/r version 2"
    assert formulas([flat, top_up, cut, tiers, {**flat, "epoch": 851}, unknown]) == [
        (
            a,
            "850",
            "FIXED_SHARE, NET: base = max(0, EXEC_FEES - its costs - losses carried on)",
            "floor((100 x 1000) / 10000), shared by base",
        ),
        (a, "850", "CAP_REDUCTION", "min(10, 15) - 15 = -5, shared by amount"),
        (a, "851", "FLOOR_TOP_UP", "max(0, 5 - 1)"),
        (
            "a/s version 2",
            "each validator and epoch",
            "STAKE_WEIGHT, GROSS: base = EXEC_FEES x weight / all weight",
            "floor(base x 500 / 10000)",
        ),
    ]


def test_show__as_it_was_before_the_dispute__says_nothing_of_it(books: Books, show: Show) -> None:
    (row,) = books.rows("SELECT max(recorded_at) AS at FROM statement_releases")
    told = show("show", "acme", CHAIN, AUGUST, "--as-of", row["at"].isoformat())
    assert "RELEASED" in told
    assert "Disputes" not in told


def test_show__as_it_was_before_the_answer__says_that_it_is_open(books: Books, show: Show) -> None:
    (row,) = books.rows("SELECT max(recorded_at) AS at FROM statement_disputes")
    told = show("show", "acme", CHAIN, AUGUST, "--as-of", row["at"].isoformat())
    assert "OPEN; not answered yet" in told
    assert "ACCEPTED" not in told


def test_show__overridden_anew_since__says_what_the_statement_rests_on(books: Books, show: Show) -> None:
    books.submit("acme", SEPTEMBER)
    (before,) = books.rows("SELECT clock_timestamp() AS at")
    override(books, "ann", 850, 180, revision=2)
    for moment in ((), ("--as-of", before["at"].isoformat())):
        told = show("show", "acme", CHAIN, SEPTEMBER, *moment)
        assert re.search(r"0\.000000175 . 0\.000000100 . sam . settled", told)
        assert "0.000000180" not in told


def test_history__figures_that_were_accepted__are_named_by_the_beginning_of_their_ids(books: Books, show: Show) -> None:
    books.set(852, "acme", "v1", None)
    books.publish(852)
    books.settle()
    show("submit", "acme", code=2)
    (missing,) = books.rows("SELECT line_id::text AS id FROM partner_commission_lines WHERE final IS NULL")
    books.submit("acme", SEPTEMBER, [missing["id"]])
    told = show("history", books.statement("acme", SEPTEMBER).statement_id)
    assert f"(accepted at 0: {missing['id'][:8]})" in told.replace(" │ ", " ")


def test_diff__statements_of_two_partners__is_refused(books: Books, show: Show) -> None:
    ids = [books.statement(partner, AUGUST).statement_id for partner in ("acme", "brook")]
    assert "these are statements of two partners, acme and brook" in show("diff", *ids, code=2)

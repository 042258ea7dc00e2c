"""The views of restatements: what each published amount was and is, since when and why, against a plain comparison."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aurora_pipeline.decisions.recording import Recording
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.pnl.tables import VALIDATOR_PNL
from aurora_pipeline.registry.tables import COST_ENTRIES
from aurora_pipeline.store.declaration import Completeness
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.drafts import Draft, DraftStanding
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.published import load_published, stored_rows
from aurora_pipeline.tables import LAYER_TABLES
from aurora_pipeline.work.changes import period_changes
from aurora_pipeline_tests.documents.test_analysts import QUESTIONS
from aurora_pipeline_tests.gated import write_check_publish
from aurora_pipeline_tests.proof.conftest import EPOCH, KEY
from aurora_pipeline_tests.work.test_figures import computed_anew, more_for_a_line

FOLLOWED = {table.name: table for table in LAYER_TABLES if table.restated}
QUESTION = QUESTIONS["Which published figures became others later (restatements), since when, and why?"]
_INPUT = Input("fetch", "costs/nobody", "a" * 64)
_AMOUNTS = st.none() | st.integers(0, 10**18)


def _whole(value: object) -> object:
    return int(value) if isinstance(value, Decimal) else value


def asked(aurora: Aurora, query: str = "SELECT * FROM restatements") -> list[dict[str, Any]]:
    with aurora.database.connect() as connection:
        return connection.execute(query.encode()).fetchall()


def test_restatements__nothing_was_published_again__none(copied: Aurora) -> None:
    assert asked(copied) == []
    assert set(FOLLOWED) == {
        "validator_pnl",
        "partner_commission_lines",
        "partner_commission_statements",
        "monthly_statements",
        "epoch_payables",
    }


def test_restatements__an_override__are_what_diff_says_with_the_decision_and_the_moment(copied: Aurora) -> None:
    more_for_a_line(copied)
    rows = asked(copied)
    with copied.database.connect() as connection:
        change = period_changes(connection, KEY)
    told = {
        (layer.table, layer.after, layer.changed_at, one.column, one.validator_key, one.partner_id, one.was, one.now)
        for layer in change.layers
        for one in layer.changes
        if one.is_amount and layer.table in FOLLOWED and one.column not in FOLLOWED[layer.table].repeated
    }
    names = ("asset", "snapshot_id", "restated_at", "figure", "validator_key", "partner_id", "was", "now")
    assert {tuple(row[name] for name in names) for row in rows} == told
    assert {row["asset"] for row in rows} == {"partner_commission_lines", "partner_commission_statements"}
    for row in rows:
        (cause,) = row["why"]
        assert cause.startswith("decision commission_overrides:northwind-")
        assert (row["epoch"], row["period"], row["is_in_force"]) == (EPOCH, "0000850", True)
        assert row["month"] is not None
        assert row["partner_name"]
        assert row["was_published_at"] < row["restated_at"]


def test_question_of_the_page__after_an_override__names_partner_line_amounts_and_reason(copied: Aurora) -> None:
    more_for_a_line(copied)
    rows = {(row["asset"], row["figure"]): row for row in asked(copied, QUESTION)}
    line = rows["partner_commission_lines", "final"]
    assert line["difference"] == Decimal("0.000000001")
    assert re.fullmatch("[0-9a-f-]{36}", line["trace_id"])
    assert "commission_overrides" in str(line["why"])
    assert rows["partner_commission_statements", "lines_total"]["difference"] == line["difference"]


def test_restatements__a_cost_and_then_an_override__each_with_its_own_cause_and_order(copied: Aurora) -> None:
    with copied.database.connect() as connection:
        old = connection.execute("SELECT * FROM cost_entries WHERE epoch = %s LIMIT 1", [EPOCH]).fetchone()
        assert old is not None
        recording = Recording.begin(connection, "ada", "an invoice more")
        columns = ("chain_id", "epoch", "validator_key", "entry_type", "file_hash")
        key = {name: old[name] for name in columns}
        recording.write(COST_ENTRIES, {**key, "revision": old["revision"] + 1, "amount": int(old["amount"]) + 7})
        recording.note("cost/x", "cost.changed", None, {}, [])
    computed_anew(copied)
    (net,) = [row for row in asked(copied) if (row["asset"], row["figure"]) == ("validator_pnl", "net")]
    assert (net["difference"], net["validator_key"]) == (-7, old["validator_key"])
    # The new revision of the entry, and the one it replaces.
    decided = [cause.split(":")[0] for cause in net["why"] if "decision" in cause]
    assert decided == ["decision cost_entries", "no more decision cost_entries"]
    more_for_a_line(copied)
    rows = asked(copied, "SELECT * FROM restatements WHERE asset = 'partner_commission_lines' ORDER BY restated_at")
    assert {cause.split(":")[0] for cause in rows[-1]["why"]} == {"decision commission_overrides"}
    for earlier, later in pairwise(rows):
        if earlier["line_id"] == later["line_id"] and earlier["figure"] == later["figure"]:
            assert earlier["now"] == later["was"]
            assert not earlier["is_in_force"]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.booleans(), _AMOUNTS, _AMOUNTS), min_size=3, max_size=3))
def test_restatements__any_rows_and_amounts_after_others__every_difference_and_no_other(
    copied: Aurora, wanted: list[tuple[bool, int | None, int | None]]
) -> None:
    with copied.database.connect() as connection:
        before = load_published(connection, VALIDATOR_PNL, KEY)
        first = connection.execute("SELECT min(snapshot_id) AS id FROM layers.validator_pnl").fetchone()
        assert first is not None
        models = stored_rows(connection, VALIDATOR_PNL, first["id"]).to_dicts()
    rows = [
        {**{name: _whole(value) for name, value in model.items()}, "exec_fees": fees, "net": net}
        for model, (is_there, fees, net) in zip(models, wanted, strict=True)
        if is_there
    ]
    draft = Draft(VALIDATOR_PNL, KEY, frame_of(VALIDATOR_PNL, rows), (_INPUT,), Completeness.PARTIAL)
    (outcome,) = write_check_publish(copied.database, [draft])
    if outcome.standing is not DraftStanding.PUBLISHED:
        return
    told = asked(copied, "SELECT * FROM restatements WHERE asset = 'validator_pnl' AND is_in_force")
    was, now = (
        {row["validator_key"]: row for row in frame.to_dicts()}
        for frame in (before.frame, frame_of(VALIDATOR_PNL, rows))
    )
    expected = {
        (key, figure, was.get(key, {}).get(figure), now.get(key, {}).get(figure))
        for key in was.keys() | now.keys()
        for figure in VALIDATOR_PNL.amounts
        if was.get(key, {}).get(figure) != now.get(key, {}).get(figure)
    }
    assert {(row["validator_key"], row["figure"], row["was"], row["now"]) for row in told} == expected
    assert len(told) == len(expected)
    for row in told:
        assert (row["state_was"] is None, row["state"] is None) == (
            row["validator_key"] not in was,
            row["validator_key"] not in now,
        )
